"""The truth against the files themselves: read again from disk, record by record, by the rules in plain Python.

What the generator meant is in `lake/generator`; here nothing of it is used but the files, `deliveries.json` and the
truth. The other promises of the generator are in `test_generator.py`.
"""

import csv
import gzip
import json
import re
import tempfile
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import DELIVERED
from contracts.source import FieldMapping, Source
from contracts.source_reader import read_source
from lake.generator import DatasetTruth, Truth, generate

REPOSITORY = Path(__file__).parents[2]
SOURCES = {
    name: read_source(name, tomllib.loads((REPOSITORY / f"sources/{name}.toml").read_text()), DELIVERED)
    for name in ("standard", "estandar")
}
CENT = Decimal("0.01")


@dataclass
class Row:
    """A record as read: its valid values, or the reasons why not."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    values: dict[str, str | Decimal | None] = field(default_factory=dict)


def content_of(path: Path) -> bytes:
    raw = path.read_bytes()
    if path.suffix == ".gz":
        return gzip.decompress(raw)
    return zstandard.ZstdDecompressor().decompress(raw) if path.suffix == ".zst" else raw


def line_fault(line: bytes, header: bytes, source: Source) -> str:
    """The code of what is wrong with the line as a whole, or nothing."""
    try:
        text = line.decode(source.file.encoding)
    except UnicodeDecodeError:
        return "line_bad_encoding"
    if b"\0" in line:
        return "line_nul_byte"
    if text.count('"') % 2:
        return "line_unclosed_quote"
    if line in {b"", header}:
        return "line_repeated_header" if line else "line_blank"
    fields = len(next(csv.reader([text], delimiter=source.file.delimiter)))
    wanted = len(next(csv.reader([header.decode()], delimiter=source.file.delimiter)))
    return "" if fields == wanted else "line_too_few_fields" if fields < wanted else "line_too_many_fields"


def delivered_texts(record: dict[str, str], source: Source, dataset: str) -> dict[str, str | None]:
    """The cleaned text of every canonical column that the source maps."""
    texts = {}
    for name, mapping in source.datasets[dataset].fields.items():
        text: str | None = record.get(mapping.columns[0], "").strip()
        if text is None or text.casefold() in source.file.nulls:
            text = mapping.when_missing or None
        elif mapping.when and not re.search(mapping.when, text.upper()):
            text = None
        texts[name] = text.upper() if text and mapping.upper else text
    return texts


def number_of(text: str, source: Source) -> Decimal | None:
    if source.name == "estandar":
        if not re.fullmatch(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", text):
            return None
        text = text.replace(".", "").replace(",", ".")
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def instant_fault(text: str, mapping: FieldMapping, zone: ZoneInfo) -> str:
    for form in mapping.formats:
        try:
            local = datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            return "impossible"
        return "ambiguous" if local.utcoffset() != local.replace(fold=1).utcoffset() else ""
    return "bad_date"


def trade_row(texts: dict[str, str | None], source: Source) -> Row:
    row = Row(values=dict(texts))
    for name, code in (
        ("transaction_id", "transaction_id_missing"),
        ("transaction_type", "transaction_type_missing"),
        ("energy_type", "energy_type_missing"),
        ("delivery_start", "delivery_time_missing"),
        ("quantity_mwh", "quantity_missing"),
        ("price_per_mwh", "price_missing"),
        ("currency", "currency_missing"),
    ):
        row.reasons += [code] if texts[name] is None else []
    if not texts["provider_id"] and not texts["client_id"]:
        row.reasons.append("counterparty_missing")
    fields = source.datasets["transactions"].fields
    for name in ("transaction_type", "energy_type"):
        if texts[name] and texts[name].lower() not in fields[name].spellings:
            row.reasons.append(f"{name}_unknown")
    if texts["currency"] and texts["currency"] not in DELIVERED["transactions"].column("currency").allowed:
        row.reasons.append("currency_unknown")
    if texts["delivery_start"]:
        fault = instant_fault(texts["delivery_start"], fields["delivery_start"], ZoneInfo(source.zone))
        row.reasons += [f"delivery_time_{fault}"] if fault else []
    quantity = measured(row, "quantity", texts["quantity_mwh"], source, Decimal("0.001"))
    price = measured(row, "price", texts["price_per_mwh"], source, Decimal(1000))
    if quantity is not None and quantity < 0:
        row.reasons.append("quantity_negative")
    if quantity == 0:
        row.warnings.append("quantity_zero")
    money(row, quantity, price, texts["amount"], source)
    return row


def measured(row: Row, name: str, text: str | None, source: Source, factor: Decimal) -> Decimal | None:
    """The number in units of MWh; its faults are noted in the row."""
    if text is None:
        return None
    number = number_of(text, source)
    if number is None or abs(number * factor) >= 10**12:
        row.reasons.append(f"{name}_bad_number")
        return None
    if -number.normalize().as_tuple().exponent > 9:
        row.reasons.append(f"{name}_too_precise")
        return None
    return number * factor


def money(row: Row, quantity: Decimal | None, price: Decimal | None, text: str | None, source: Source) -> None:
    total = number_of(text, source) if text else None
    if text and total is None:
        row.reasons.append("total_bad_number")
    if quantity is None or price is None:
        return
    exact = quantity * price
    if abs(exact) >= 10**16:
        row.reasons.append("amount_too_large")
    if total is not None and abs(total - exact) > CENT:
        row.reasons.append("total_mismatch")
    row.values |= {"quantity_mwh": quantity, "amount": exact.quantize(CENT, ROUND_HALF_EVEN)}


def party_row(texts: dict[str, str | None], source: Source, dataset: str) -> Row:
    row, one = Row(values=dict(texts)), dataset[:-1]
    kind = "energy_type" if dataset == "providers" else "client_type"
    row.reasons += [f"{name}_missing" for name in (f"{one}_id", kind) if texts[name] is None]
    row.warnings += [f"{one}_name_missing"] if texts[f"{one}_name"] is None else []
    if texts[kind] and texts[kind].lower() not in source.datasets[dataset].fields[kind].spellings:
        row.reasons.append(f"{kind}_unknown")
    start = source.datasets[dataset].fields["contract_start_date"]
    if texts["contract_start_date"] and instant_fault(texts["contract_start_date"], start, ZoneInfo("UTC")):
        row.reasons.append("contract_start_bad_date")
    if texts.get("capacity_mw"):
        capacity = number_of(texts["capacity_mw"], source)
        row.reasons += ["capacity_bad_number"] if capacity is None else ["capacity_negative"] if capacity < 0 else []
    return row


def rows_of(lines: list[bytes], source: Source, dataset: str) -> list[Row]:
    header = next(csv.reader([lines[0].decode()], delimiter=source.file.delimiter))
    rows = []
    for line in lines[1:]:
        fault = line_fault(line, lines[0], source)
        if fault:
            rows.append(Row(reasons=[fault]))
            continue
        values = next(csv.reader([line.decode(source.file.encoding)], delimiter=source.file.delimiter))
        texts = delivered_texts(dict(zip(header, values, strict=True)), source, dataset)
        rows.append(trade_row(texts, source) if dataset == "transactions" else party_row(texts, source, dataset))
    return rows


@dataclass
class Found:
    """What the files hold, counted dataset by dataset."""

    truths: dict[str, DatasetTruth]
    current: dict[str, dict[str, Row]]
    refused: list[str]


def read_again(directory: Path) -> Found:
    """Every delivered file, read in plain Python; all of a dataset's versions, newest last."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    reasons: dict[str, Counter[str]] = defaultdict(Counter)
    warnings: dict[str, Counter[str]] = defaultdict(Counter)
    current: dict[str, dict[str, Row]] = defaultdict(dict)
    refused = []
    for delivery in json.loads((directory / "deliveries.json").read_text()):
        dataset, source = delivery["dataset"], SOURCES[delivery["source"]]
        content = content_of(directory / delivery["file"]).removeprefix(b"\xef\xbb\xbf")
        lines = [line.removesuffix(b"\r") for line in content.split(b"\n")[:-1]]
        header = set(lines[0].decode().split(source.file.delimiter)) if lines else set()
        if not set(source.datasets[dataset].wanted_columns) <= header:
            refused.append(delivery["file"])
            continue
        rows = rows_of(lines, source, dataset)
        newest: dict[str, Row] = {}
        counts[dataset].update(files=1, rows=len(rows))
        for row in rows:
            reasons[dataset].update(row.reasons)
            if row.reasons:
                counts[dataset]["rejected"] += 1
                continue
            warnings[dataset].update(row.warnings)
            key = str(row.values[f"{dataset[:-1]}_id"])
            counts[dataset]["duplicates"] += key in newest
            newest[key] = row
        counts[dataset]["superseded"] += len(newest.keys() & current[dataset].keys())
        current[dataset] |= newest
    truths = {
        dataset: DatasetTruth(
            files=count["files"],
            rows_in=count["rows"],
            rejected=count["rejected"],
            rejected_by_reason=dict(sorted(reasons[dataset].items())),
            warned_by_code=dict(sorted(warnings[dataset].items())),
            duplicates=count["duplicates"],
            superseded=count["superseded"],
            current=len(current[dataset]),
        )
        for dataset, count in counts.items()
    }
    return Found(truths, current, refused)


def assert_truth_is_what_the_files_hold(directory: Path, truth: Truth) -> None:
    found = read_again(directory)
    assert found.truths == truth.datasets
    assert sorted(found.refused) == sorted(file.file for file in truth.refused)
    trades = [row.values for row in found.current["transactions"].values()]
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for trade in trades:
        amounts[trade["currency"]] += trade["amount"]
    assert {currency: amount for currency, amount in amounts.items() if amount} == {
        currency: amount for currency, amount in truth.amounts.items() if amount
    }
    assert sum(trade["quantity_mwh"] for trade in trades) == truth.quantity_mwh
    for party, unknown in (("provider", truth.unknown_providers), ("client", truth.unknown_clients)):
        known = found.current[f"{party}s"]
        assert sum(bool(trade[f"{party}_id"]) and trade[f"{party}_id"] not in known for trade in trades) == unknown


@pytest.mark.parametrize(
    ("days", "rows", "dirt", "start"),
    [
        pytest.param(30, 20_000, 0.02, date(2026, 10, 24), id="a usual month"),
        pytest.param(3, 4_000, 0.15, date(2026, 10, 24), id="as dirty as it gets"),
        pytest.param(10, 5_000, 0.1, date(2027, 3, 25), id="the day of 23 hours"),
        pytest.param(20, 3_000, 0.0, date(2026, 10, 20), id="no dirt"),
        pytest.param(400, 5_000, 0.05, date(2026, 10, 24), id="a week per file"),
    ],
)
def test_the_truth_is_what_a_plain_reader_finds_in_the_files(tmp_path, days, rows, dirt, start):
    truth = generate(tmp_path, days=days, rows=rows, seed=11, dirt=dirt, start=start)
    assert_truth_is_what_the_files_hold(tmp_path, truth)


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(1, 12),
    rows=st.integers(1, 120),
    seed=st.integers(),
    dirt=st.floats(0, 0.15),
    start=st.sampled_from([date(2026, 10, 24), date(2026, 10, 25), date(2027, 3, 28), date(2024, 2, 28)]),
)
def test_small_periods_are_as_true_as_large_ones(days, rows, seed, dirt, start):
    with tempfile.TemporaryDirectory() as folder:
        truth = generate(Path(folder), days=days, rows=rows, seed=seed, dirt=dirt, start=start)
        assert truth.datasets["transactions"].rows_in == rows
        assert_truth_is_what_the_files_hold(Path(folder), truth)


def test_no_file_is_so_dirty_that_a_lake_publishes_nothing_of_it(tmp_path):
    generate(tmp_path, days=9, rows=1_500, seed=5, dirt=0.15)
    refused = {file.file for file in Truth.from_json((tmp_path / "truth.json").read_text()).refused}
    for delivery in json.loads((tmp_path / "deliveries.json").read_text()):
        if delivery["file"] not in refused:
            lines = content_of(tmp_path / delivery["file"]).removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1]
            lines = [line.removesuffix(b"\r") for line in lines]
            rows = rows_of(lines, SOURCES[delivery["source"]], delivery["dataset"])
            assert sum(bool(row.reasons) for row in rows) <= 0.2 * len(rows), delivery["file"]


def test_planted_kinds_add_up_to_the_reasons(tmp_path):
    truth = generate(tmp_path, days=8, rows=6_000, seed=2, dirt=0.05)
    for dataset, counted in truth.datasets.items():
        planted: Counter[str] = Counter()
        for kind in truth.planted.values():
            if kind.dataset == dataset and kind.effect == "rejected":
                planted.update(dict.fromkeys(kind.reasons, kind.count))
        assert dict(sorted(planted.items())) == counted.rejected_by_reason
        assert counted.rows_in == counted.valid + counted.rejected + counted.duplicates
        assert counted.valid == counted.current + counted.superseded


def test_deliveries_come_in_the_order_in_which_the_newest_counts(tmp_path):
    generate(tmp_path, days=8, rows=3_000, seed=2, dirt=0.05)
    deliveries = json.loads((tmp_path / "deliveries.json").read_text())
    assert all(
        (first["ingest_date"], first["file"]) < (second["ingest_date"], second["file"])
        for first, second in pairwise(deliveries)
    )
