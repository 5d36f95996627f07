"""The frames behind processed-to-curated: which processed files to read, and the tables that a batch of dates becomes."""

from dataclasses import dataclass
from datetime import date

import polars as pl

from contracts import CURATED, DELIVERED
from contracts.model import Dataset
from jobs.curated_state import Day
from jobs.ledger import Entry, LedgerImbalanceError
from jobs.zones import Zones
from transforms.enrich import enriched
from transforms.market import market_daily
from transforms.newest import VERSION_ORDER, newest_versions, occurs_again
from transforms.schema import empty_frame, file_schema, frame_schema
from transforms.totals import Totals, totals_by

__all__ = ["MOVED", "Batch", "Dimensions", "compute_batch", "newest_dimension", "versions_of_keys"]

MOVED = "_moved_transactions.parquet"
"""In the ledger: the trades that a correction moved to another date, with the date where they are now."""

_TRADES = DELIVERED["transactions"]
_KEY = "transaction_id"
_ROWS_PER_PASS = 4_000_000


@dataclass(frozen=True)
class Dimensions:
    """What trades are enriched with: one row per provider, one per client."""

    providers: pl.DataFrame
    clients: pl.DataFrame


@dataclass(frozen=True)
class Batch:
    """The curated tables of some dates, by name, and what became of each date's processed trades."""

    tables: dict[str, pl.DataFrame]
    days: dict[str, Day]


def newest_dimension(zones: Zones, entries: list[Entry], delivered: Dataset, curated: Dataset) -> pl.DataFrame:
    """The newest version of every provider or client that any of the entries delivered, ordered by key."""
    paths = [output.path for entry in entries for output in entry.processed()]
    if not paths:
        return empty_frame(curated)
    files = [zones.processed.local(path) for path in sorted(paths)]
    versions = pl.scan_parquet(files, schema=file_schema(delivered), hive_partitioning=False, glob=False).collect()
    return newest_versions(versions, delivered.key).select(curated.column_names).sort(delivered.key)


def compute_batch(
    zones: Zones, days: list[str], files: dict[str, list[str]], moved: pl.DataFrame, dimensions: Dimensions
) -> Batch:
    """The curated tables of the `days`, from the processed `files` of each.

    Raises `LedgerImbalanceError` where a file the ledger names is not there.
    """
    contract = CURATED[_TRADES.name]
    versions = _read(zones, files)
    before = totals_by(versions, "date", _TRADES)
    current = newest_versions(_staying(versions, moved), _TRADES.key).sort("date", "delivery_start", _KEY)
    del versions  # a batch is the run's peak of memory
    trades = enriched(current.lazy(), dimensions.providers, dimensions.clients, contract).collect()
    market = CURATED["market_daily"]
    tables = {
        _TRADES.name: trades.cast(frame_schema(contract)),
        "market_daily": market_daily(trades.lazy(), market).collect(),
    }
    return Batch(tables, _days(days, before, trades))


def versions_of_keys(zones: Zones, new: list[Entry], entries: list[Entry]) -> pl.DataFrame:
    """Every version of the trades in `new` that could lie on several dates: columns key, `date`, `VERSION_ORDER`.

    Only keys within the range of the new ones, and only files whose own range touches it, are looked at: of any key beyond
    it the files at hand may lack versions, and a key that is half seen would be moved to the wrong date. A first look at
    hashes leaves the keys that occur on more than one date; the versions returned are compared by key.
    """
    low = min((entry.key_range[0] for entry in new if entry.valid.rows), default="")
    high = max((entry.key_range[1] for entry in new if entry.valid.rows), default="")
    near = [e for e in entries if e.valid.rows and e.key_range[0] <= high and e.key_range[1] >= low]
    files: dict[str, list[str]] = {}
    for entry in near:
        for output in entry.processed():
            files.setdefault(output.date, []).append(output.path)
    if not files:
        return pl.DataFrame(schema={name: frame_schema(_TRADES)[name] for name in (_KEY, "date", *VERSION_ORDER)})
    scanned = (
        _scan(zones, files)
        .select(_KEY, "date", *VERSION_ORDER)
        .filter(pl.col(_KEY).is_between(pl.lit(low), pl.lit(high)))
    )
    rows = sum(entry.valid.rows for entry in near)
    passes = -(-rows // _ROWS_PER_PASS)
    hashed = scanned.select(pl.col(_KEY).hash().alias("hash"), "date")
    several = []
    for part in range(passes):
        seen = hashed.filter(pl.col("hash") % passes == part) if passes > 1 else hashed
        several.append(_on_several_dates(seen.collect(engine="streaming")))
    candidates = pl.concat(several)
    if candidates.is_empty():
        return scanned.clear().collect()
    return scanned.filter(pl.col(_KEY).hash().is_in(candidates.implode())).collect(engine="streaming")


def _on_several_dates(seen: pl.DataFrame) -> pl.Series:
    """The hashes that occur on more than one date."""
    dates = seen.filter(occurs_again(seen["hash"])).unique()
    return dates.filter(pl.col("hash").is_duplicated())["hash"].unique()


def _read(zones: Zones, files: dict[str, list[str]]) -> pl.DataFrame:
    if not any(files.values()):
        return empty_frame(_TRADES)
    return _scan(zones, files).collect(engine="streaming")


def _scan(zones: Zones, files: dict[str, list[str]]) -> pl.LazyFrame:
    """Processed trades with their `date`, which stands in the file's path and not in the file."""
    dates: dict[str, date] = {}
    try:
        for day, paths in files.items():
            dates |= {str(zones.processed.local(path)): date.fromisoformat(day) for path in paths}
    except FileNotFoundError as error:
        raise LedgerImbalanceError(
            f"{error}, but the ledger says it is part of the lake; restore it and run again"
        ) from error
    scanned = pl.scan_parquet(
        list(dates), schema=file_schema(_TRADES), hive_partitioning=False, include_file_paths="_path", glob=False
    )
    day_of = pl.col("_path").replace_strict(dates, return_dtype=pl.Date)
    return scanned.with_columns(day_of.alias("date")).select(_TRADES.column_names)


def _staying(versions: pl.DataFrame, moved: pl.DataFrame) -> pl.DataFrame:
    """The versions without those of trades that a correction moved to another date."""
    now = versions.select(_KEY, "date").join(moved.rename({"date": "_now"}), on=_KEY, how="left", maintain_order="left")
    stays = now.select((pl.col("_now") == pl.col("date")).fill_null(True)).to_series()
    return versions if stays.all() else versions.filter(stays)


def _days(days: list[str], before: dict[str, Totals], trades: pl.DataFrame) -> dict[str, Day]:
    after = totals_by(trades, "date", _TRADES)
    is_stranger = ~pl.col("is_provider_known").fill_null(True) | ~pl.col("is_client_known").fill_null(True)
    strangers = {str(day): count for day, count in trades.filter(is_stranger).group_by("date").len().iter_rows()}
    found = {}
    for day in days:
        current = after.get(day, Totals())
        found[day] = Day(current, before.get(day, Totals()) - current, strangers.get(day, 0))
    return found
