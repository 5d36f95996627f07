"""The curated tables in one piece: providers, clients, exchange rates, price curves; and the dates that a change touches."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from contracts import CURATED, DELIVERED
from contracts.model import Dataset
from jobs.compacted import meant, places
from jobs.curated_state import CuratedState
from jobs.ledger import Entry
from jobs.parquet import write_parquet
from jobs.publish import Publication, curated_file
from jobs.reports import CuratedReport, TableReport
from jobs.zones import Zones
from transforms.currency import DAYS_A_RATE_LASTS
from transforms.enrich import CLIENT_ATTRIBUTES, PROVIDER_ATTRIBUTES
from transforms.mark_to_market import newest_prices
from transforms.newest import newest_versions
from transforms.schema import empty_frame, file_schema

__all__ = ["Dimensions", "bring_dimensions_up_to_date", "newest_dimension"]

_SHOWN: dict[str, tuple[str, ...]] = {
    "providers": (*PROVIDER_ATTRIBUTES, "capacity_mw", "credit_limit", "credit_currency"),
    "clients": (*CLIENT_ATTRIBUTES, "credit_limit", "credit_currency"),
}
"""What trades and marts show of a counterparty. A change of any other column touches no date."""


@dataclass(frozen=True)
class Dimensions:
    """What trades are joined with: the newest version of every provider, client, exchange rate and curve price.

    `prices` is the curve without the prices that a newer one of the same product and period replaced.
    """

    providers: pl.DataFrame
    clients: pl.DataFrame
    fx_daily: pl.DataFrame
    curve: pl.DataFrame
    prices: pl.DataFrame


def bring_dimensions_up_to_date(
    zones: Zones,
    state: CuratedState,
    entries: Mapping[str, Entry],
    publication: Publication,
    scratch: Path,
    report: CuratedReport,
) -> tuple[Dimensions, set[str]]:
    """The tables as they are now, staged where they changed, and the dates that show what changed."""
    now: dict[str, pl.DataFrame] = {}
    touched: set[str] = set()
    for table in (name for name, contract in CURATED.items() if not contract.partition):
        path = f"{table}/{table}.parquet"
        known = state.files.get(table, {})
        before = (
            pl.read_parquet(curated_file(zones, path), glob=False) if path in known else empty_frame(CURATED[table])
        )
        files = [entry for entry in entries.values() if entry.dataset == table]
        if sorted(entry.stamp for entry in files) == sorted(state.inputs.get(table, [])):
            now[table] = before
            continue
        now[table] = newest_dimension(zones, files, DELIVERED[table], CURATED[table])
        target = scratch / f"{table}.parquet"
        write_parquet(now[table], target)
        publication.stage("curated", path, target)
        state.files[table] = {path: now[table].height}
        report.tables[table] = TableReport(redone=1)
        touched |= _touched_by(table, before, now[table], zones, state)
    prices = newest_prices(now["curve"].lazy()).collect()
    return Dimensions(**now, prices=prices), touched


def newest_dimension(zones: Zones, entries: list[Entry], delivered: Dataset, curated: Dataset) -> pl.DataFrame:
    """The newest version of every row that any of the entries delivered, ordered by key."""
    paths = [output.path for entry in entries for output in entry.processed()]
    if not paths:
        return empty_frame(curated)
    found = places(zones, sorted(paths))
    files = [zones.processed.local(place.path) for place in found]
    scanned = pl.scan_parquet(
        files, schema=file_schema(delivered), hive_partitioning=False, include_file_paths="_path", glob=False
    )
    versions = meant(scanned, found, files, "_path").drop("_path").collect()
    return newest_versions(versions, delivered.key).select(curated.column_names).sort(delivered.key)


def _touched_by(table: str, before: pl.DataFrame, after: pl.DataFrame, zones: Zones, state: CuratedState) -> set[str]:
    shown = _SHOWN.get(table, tuple(name for name in after.columns if name not in _lineage(table)))
    changed = _one_sided(before.select(shown), after.select(shown))
    if changed.is_empty():
        return set()
    if table in _SHOWN:
        return _dates_naming(zones, state, changed[shown[0]].unique())
    if table == "fx_daily":
        last = pl.col("date").dt.offset_by(f"{DAYS_A_RATE_LASTS}d")
        days = changed.select(pl.date_ranges("date", last).explode().unique())
    elif before.is_empty() or after.is_empty():
        return set(state.days)  # with the first curve every date is marked to it, if only as a trade without a price
    else:
        first, last = (pl.col(f"delivery_{end}").dt.date() for end in ("start", "end"))
        around = pl.date_ranges(first.dt.offset_by("-1d"), last.dt.offset_by("1d"))  # a market day is not a UTC day
        days = changed.select(around.explode().unique())
    return {str(day) for day in days.to_series()} & set(state.days)


def _one_sided(before: pl.DataFrame, after: pl.DataFrame) -> pl.DataFrame:
    """Rows that are new, gone or different; a mere redelivery leaves none."""
    pairs = ((after, before), (before, after))
    return pl.concat(a.join(b, on=a.columns, how="anti", nulls_equal=True) for a, b in pairs)


def _dates_naming(zones: Zones, state: CuratedState, changed: pl.Series) -> set[str]:
    """The dates with a current trade that names one of the changed counterparties."""
    paths = sorted(state.files.get("transactions", {}))
    if not paths:
        return set()
    scanned = pl.scan_parquet([curated_file(zones, path) for path in paths], hive_partitioning=False, glob=False)
    found = scanned.filter(pl.col(changed.name).is_in(changed.implode())).select(pl.col("date").unique())
    return {str(day) for day in found.collect(engine="streaming")["date"]}


def _lineage(table: str) -> set[str]:
    return {column.name for column in CURATED[table].columns if column.role == "lineage"}
