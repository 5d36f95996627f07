"""The frames behind processed-to-curated: the tables that a batch of market days becomes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from contracts import CURATED, DELIVERED
from contracts.vocabulary import TRANSACTION_TYPES
from jobs.compacted import Place, meant, places
from jobs.curated_state import Day
from jobs.dimensions import Dimensions
from jobs.ledger import LedgerImbalanceError
from jobs.marts import DAY_MARTS, MARTS, MONTH_MARTS, DayMart, Inputs, check_days
from jobs.zones import Zones
from transforms.currency import with_reporting_amount
from transforms.enrich import counterparty, enriched
from transforms.places import with_places
from transforms.schema import empty_frame, file_schema
from transforms.totals import Totals, totals_by
from transforms.versions import Versions, in_order, split_versions
from transforms.words import words_of

__all__ = ["BY_DATE", "Batch", "compute_batch", "scan_processed"]

_TRADES = DELIVERED["transactions"]
_KEY = "transaction_id"
_SIDE = pl.Enum(sorted(TRANSACTION_TYPES))
_VERSIONS = ("transactions_history", "restatements")
BY_DATE = (_TRADES.name, *_VERSIONS, *(mart.contract.name for mart in DAY_MARTS))
"""The curated tables that a date is computed for by itself."""


@dataclass(frozen=True)
class Batch:
    """The curated tables of some dates, by name, and what became of each date's processed trades.

    `of_days` has the rows of month marts, not yet carried.
    """

    tables: dict[str, pl.DataFrame]
    of_days: dict[str, pl.DataFrame]
    days: dict[str, Day]


def compute_batch(
    zones: Zones,
    files: Mapping[str, list[str]],
    elsewhere: pl.DataFrame,
    dimensions: Dimensions,
    reporting_currency: str,
) -> Batch:
    """The curated tables of the days in `files`, from the processed files of each; `elsewhere` as `split_versions` takes it.

    Raises `LedgerImbalanceError` where a file the ledger names is not there, or a mart does not reconcile.
    """
    versions = _read(zones, files)
    published = totals_by(versions, "date", _TRADES)
    told = split_versions(versions, elsewhere, *(CURATED[name] for name in _VERSIONS))
    del versions  # a batch is the run's peak of memory
    trades = _trades(told, dimensions, reporting_currency)
    placed = with_places(trades)
    given = Inputs(
        trades=placed.lazy(),
        early=told.early.lazy().with_columns(counterparty()),
        late=told.late.lazy().with_columns(counterparty()),
        providers=dimensions.providers,
        clients=dimensions.clients,
        prices=dimensions.prices,
    )
    day_plans = [
        mart.compute(given, mart.contract) if mart.is_wanted(given) else empty_frame(mart.contract).lazy()
        for mart in DAY_MARTS
    ]
    month_plans = [mart.of_days(given, mart.contract) for mart in MONTH_MARTS]
    # of the streaming engine they come in pieces, which checking and writing them pays for
    frames = pl.collect_all([*day_plans, *month_plans], engine="in-memory")
    marts = dict(zip((mart.contract.name for mart in MARTS), frames, strict=True))
    days = _days(files, published, trades, told)
    _check_marts(marts, days, given)
    tables = {_TRADES.name: trades, _VERSIONS[0]: told.history, _VERSIONS[1]: told.restatements}
    tables |= {mart.contract.name: marts[mart.contract.name] for mart in DAY_MARTS}
    return Batch(tables, {mart.contract.name: marts[mart.contract.name] for mart in MONTH_MARTS}, days)


def scan_processed(zones: Zones, files: Mapping[str, list[str]]) -> pl.LazyFrame:
    """Processed trades with their `date`, which stands in the file's path and not in the file. `files`: paths by date.

    Raises `LedgerImbalanceError` where one is not there.
    """
    return _scan(_stored(zones, files))


def _stored(zones: Zones, files: Mapping[str, list[str]]) -> list[tuple[Place, Path]]:
    """Where the rows of the files lie, and a local copy of each."""
    found = places(zones, (path for paths in files.values() for path in paths))
    try:
        return [(place, zones.processed.local(place.path)) for place in found]
    except FileNotFoundError as error:
        raise LedgerImbalanceError(
            f"{error}, but the ledger says it is part of the lake; restore it and run again"
        ) from error


def _scan(stored: Iterable[tuple[Place, Path]]) -> pl.LazyFrame:
    by_day: dict[str, list[tuple[Place, Path]]] = {}
    for place, path in stored:
        by_day.setdefault(place.day, []).append((place, path))
    return pl.concat([empty_frame(_TRADES).lazy(), *(_scan_day(day, of_day) for day, of_day in by_day.items())])


def _scan_day(day: str, stored: list[tuple[Place, Path]]) -> pl.LazyFrame:
    """The trades of one date, whose `date` is written down here: looked up by path for each row it cost as much as reading."""
    found, paths = [place for place, _ in stored], [path for _, path in stored]
    is_shared = any(place.strangers for place in found)
    scanned = pl.scan_parquet(
        paths,
        schema=file_schema(_TRADES),
        hive_partitioning=False,
        include_file_paths="_path" if is_shared else None,
        glob=False,
    )
    if is_shared:
        scanned = meant(scanned, found, paths, "_path")
    return scanned.with_columns(pl.lit(date.fromisoformat(day)).alias("date")).select(_TRADES.column_names)


def _read(zones: Zones, files: Mapping[str, list[str]]) -> pl.DataFrame:
    stored = _stored(zones, files)
    read = _scan(stored).collect(engine="streaming")
    for place, _ in stored:
        zones.processed.release(place.path)
    return read


def _trades(told: Versions, dimensions: Dimensions, reporting_currency: str) -> pl.DataFrame:
    contract = CURATED[_TRADES.name]
    current = in_order(
        _worded(told.current.select(name for name in _TRADES.column_names if name in contract.column_names))
    )
    known = enriched(current, dimensions.providers, dimensions.clients, contract)
    return with_reporting_amount(known, dimensions.fx_daily, reporting_currency).select(contract.column_names)


def _worded(trades: pl.DataFrame) -> pl.DataFrame:
    """The trades with words for texts. Sides are of a list that is always the same, so that both may be asked for."""
    names = [
        name for name, dtype in trades.schema.items() if dtype == pl.String and name not in {_KEY, "transaction_type"}
    ]
    return words_of(trades, names).with_columns(pl.col("transaction_type").cast(_SIDE))


def _days(
    files: Mapping[str, list[str]], published: dict[str, Totals], trades: pl.DataFrame, told: Versions
) -> dict[str, Day]:
    current = totals_by(trades, "date", _TRADES)
    cancelled = totals_by(told.history.filter(pl.col("fate") == "cancellation"), "date", _TRADES)
    is_stranger = ~pl.col("is_provider_known").fill_null(True) | ~pl.col("is_client_known").fill_null(True)
    strangers = {str(day): count for day, count in trades.filter(is_stranger).group_by("date").len().iter_rows()}
    restated: dict[str, list[tuple[str, str, int]]] = {}
    for day, source, on, count in (
        told.restatements.group_by("date", "source", "restated_on").len().sort(pl.all()).iter_rows()
    ):
        restated.setdefault(str(day), []).append((source, str(on), count))
    return {
        day: Day(
            current=current.get(day, Totals()),
            superseded=published.get(day, Totals()) - current.get(day, Totals()) - cancelled.get(day, Totals()),
            cancelled=cancelled.get(day, Totals()),
            unknown_counterparties=strangers.get(day, 0),
            restated=tuple(restated.get(day, ())),
        )
        for day in files
    }


def _check_marts(marts: Mapping[str, pl.DataFrame], days: Mapping[str, Day], given: Inputs) -> None:
    made = {day: content.current for day, content in days.items()}
    for mart in MARTS:
        if not isinstance(mart, DayMart) or mart.is_wanted(given):
            check_days(mart.contract, mart.claims, marts[mart.contract.name], made)
