"""What the tests of the jobs share: small lakes in a folder, deliveries into them, and what came of it."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from jobs import processed_to_curated, raw_to_processed
from jobs.ledger import Entry, Ledger
from jobs.publish import curated_file, load_state
from jobs.reports import RunReport
from jobs.source_files import load_sources
from jobs.zones import Zones
from transforms.totals import Totals

SOURCES = load_sources()
TRADE_HEADER = (
    "transaction_id,transaction_date,transaction_type,entity_id,quantity_kwh,price_per_kwh,energy_type,total_amount"
)
PROVIDER_HEADER = "provider_id,provider_name,energy_type,capacity_mw,region,contract_start_date"
CLIENT_HEADER = "client_id,id_type,identification,client_name,city,client_type,contract_start_date"
PROVIDERS = (
    f"{PROVIDER_HEADER}\nPRV-1,Sol del Sur,solar,120.5,south,2020-01-01\nPRV-2,Viento,wind,80,north,2021-06-30\n"
)
CLIENTS = f"{CLIENT_HEADER}\nCLI-1,DNI,12345678Z,Ana,Sevilla,residential,2022-02-02\n"


def trade(number: int, **changes: str) -> str:
    """A valid line of the standard export: 1 MWh for 100.00 EUR, but for the changes."""
    fields = {
        "transaction_id": f"T{number:04d}",
        "transaction_date": f"2024-05-{number % 3 + 1:02d} {number % 24:02d}:00:00",
        "transaction_type": "buy" if number % 2 else "sell",
        "entity_id": "PRV-1" if number % 2 else "CLI-1",
        "quantity_kwh": "1000",
        "price_per_kwh": "0.1",
        "energy_type": "wind",
        "total_amount": "100.00",
    }
    return ",".join((fields | changes).values())


def trades(count: int, first: int = 1) -> list[str]:
    """That many valid lines with keys of their own."""
    return [trade(number) for number in range(first, first + count)]


def text(lines: Iterable[str], header: str = TRADE_HEADER) -> str:
    """A file of the lines, with header and final line break."""
    return "".join(f"{line}\n" for line in (header, *lines))


def put_raw(
    zones: Zones,
    content: str | bytes | Path,
    name: str = "a.csv",
    *,
    dataset: str = "transactions",
    source: str = "standard",
    day: str = "2024-06-01",
) -> str:
    """Delivers a file and gives its path in the raw zone."""
    path = f"{dataset}/source={source}/ingest_date={day}/{name}"
    zones.raw.put(path, content.encode() if isinstance(content, str) else content)
    return path


def run_raw(zones: Zones, **options: Any) -> RunReport:
    """The first job."""
    return raw_to_processed.run(zones, SOURCES, **options)


def run_both(zones: Zones, **options: Any) -> RunReport:
    """Both jobs, one after the other, as `lake run` does."""
    report = run_raw(zones, **options)
    report.curated = processed_to_curated.run(zones)
    return report


def entries(zones: Zones) -> dict[str, Entry]:
    """The ledger's entries by path in the raw zone."""
    return Ledger(zones.ledger).entries()


def tree(root: Path) -> dict[str, bytes]:
    """Every file below a folder with its bytes, dotted ones left out as the lake does.

    The log of runs, and a report, which shows it, are no part of it.
    """
    return {
        file.relative_to(root).as_posix(): file.read_bytes()
        for file in sorted(root.rglob("*"))
        if file.is_file() and not file.name.startswith(".") and file.name not in {"runs.jsonl", "report.html"}
    }


def quarantined(zones: Zones, dataset: str = "transactions") -> pl.DataFrame:
    """Every rejected row of a dataset that an effective ledger entry stands for."""
    paths = [o.path for e in entries(zones).values() for o in e.outputs if o.zone == "quarantine"]
    frames = [
        pl.read_parquet(zones.quarantine.local(p), glob=False) for p in sorted(paths) if p.startswith(f"{dataset}/")
    ]
    return pl.concat(frames) if frames else pl.DataFrame({"source_row": [], "reasons": [], "raw": []})


def processed(zones: Zones, dataset: str = "transactions") -> pl.DataFrame:
    """Every current processed row that an effective ledger entry stands for, with its partition."""
    standing = raw_to_processed.effective(entries(zones)).values()
    outputs = [output for entry in standing if entry.dataset == dataset for output in entry.processed()]
    frames = [
        pl.read_parquet(zones.processed.local(output.path), hive_partitioning=False, glob=False).with_columns(
            date=pl.lit(output.date)
        )
        for output in sorted(outputs)
    ]
    return pl.concat(frames) if frames else pl.DataFrame()


def curated(zones: Zones, table: str) -> pl.DataFrame:
    """A curated table as a reader sees it who goes by the state."""
    paths = sorted(load_state(zones).get("files", {}).get(table, {}))
    frames = [pl.read_parquet(curated_file(zones, path), hive_partitioning=False, glob=False) for path in paths]
    return pl.concat(frames) if frames else pl.DataFrame()


@dataclass(frozen=True)
class Verdict:
    """What became of one delivered file.

    `why` is empty unless it was refused; `rejected` has the reasons by source row; `raw` the kept text by source row.
    """

    why: str
    received: Totals
    valid: Totals
    duplicates: Totals
    rejected: dict[int, list[str]]
    raw: dict[int, dict[str, Any]]
    names: list[str]


def verdict(
    root: Path,
    content: str | bytes,
    name: str = "a.csv",
    *,
    dataset: str = "transactions",
    source: str = "standard",
    **options: Any,
) -> Verdict:
    """Runs the file beside a sound one, which must go on whatever becomes of it, and checks what holds of every file.

    The raw bytes are untouched, rows in = valid + rejected + duplicates, the zones hold what the entry says.
    """
    zones = Zones.under(str(root))
    path = put_raw(zones, content, name, dataset=dataset, source=source)
    put_raw(zones, PROVIDERS, "neighbour.csv", dataset="providers", day="2024-12-31")
    before = tree(root / "raw")
    report = run_raw(zones, **options)
    found = entries(zones)
    assert tree(root / "raw") == before, "delivered files must never change"
    assert found.pop("providers/source=standard/ingest_date=2024-12-31/neighbour.csv").valid.rows == 2
    refusals = {refusal.file: refusal.why for refusal in report.refused}
    if path not in found:
        assert list(refusals) == [f"raw/{path}"]
        assert name in refusals[f"raw/{path}"]
        assert not found
        assert not [key for key in tree(root / "processed") if key.startswith(f"{dataset}/") and dataset != "providers"]
        assert not tree(root / "quarantine")
        return Verdict(refusals[f"raw/{path}"], Totals(), Totals(), Totals(), {}, {}, [])
    entry = found[path]
    assert not refusals
    assert entry.received == entry.valid + entry.rejected + entry.duplicates
    rows = processed(zones, dataset).filter(pl.col("source_file") == path)
    assert rows.height == entry.valid.rows
    kept = quarantined(zones, dataset)
    assert kept.height == entry.rejected.rows
    return Verdict(
        "",
        entry.received,
        entry.valid,
        entry.duplicates,
        {row: list(reasons) for row, reasons in zip(kept["source_row"], kept["reasons"], strict=True)},
        {row: json.loads(raw) for row, raw in zip(kept["source_row"], kept["raw"], strict=True)},
        rows[rows.columns[0]].to_list(),
    )
