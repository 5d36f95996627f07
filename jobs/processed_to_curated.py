"""The second job, processed-to-curated: the newest version of everything, enriched, aggregated, for the touched dates only.

What is touched: the dates of deliveries that are new to the curated zone; the dates that a correction took a trade away
from; the dates whose trades show a provider, client, rate or curve price that changed. `curated_tables.py` computes a batch
of dates, `month_marts.py` what is carried from day to day; everything is published at once, after rows, MWh and money were
found to be those of the ledger. The engine spark computes the same batches and months elsewhere (`spark_dates.py`).
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import polars as pl

from contracts import CURATED
from jobs.curated_state import CuratedState, Day
from jobs.curated_tables import BY_DATE, compute_batch
from jobs.dimensions import Dimensions, bring_dimensions_up_to_date
from jobs.engine import is_spark
from jobs.ledger import Entry, Ledger, LedgerImbalanceError, Redo
from jobs.locking import only_run
from jobs.month_marts import MonthMarts
from jobs.moves import FindVersions, bring_moves_up_to_date, versions_of_keys
from jobs.observe import Observer, Steps, unobserved
from jobs.publish import Publication, finish, load_state
from jobs.quality import QUALITY_MARTS, bring_quality_up_to_date, is_quality_due
from jobs.raw_to_processed import effective
from jobs.reports import CuratedReport, TableReport
from jobs.staging import stage_dates
from jobs.zones import Zones
from transforms.totals import Totals

__all__ = ["DEFAULT_REPORTING_CURRENCY", "Progress", "Work", "batches", "is_due", "note_days", "run"]

DEFAULT_REPORTING_CURRENCY = "EUR"

_ROWS_PER_BATCH = 350_000
"""A batch is held in memory several times over, as it is read, joined, sorted and cut."""
_TRADES = "transactions"

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Work:
    """The touched dates and all that they are computed from.

    `batches` has the processed files of each date, in the order of dates; `elsewhere` the versions of trades on several dates.
    """

    zones: Zones
    state: CuratedState
    publication: Publication
    scratch: Path
    batches: list[dict[str, list[str]]]
    touched: set[str]
    elsewhere: pl.DataFrame
    dimensions: Dimensions


@dataclass(frozen=True)
class Engine:
    """What grows with rows: finding the keys on several dates, and computing dates, of which see `_compute`."""

    versions_of_keys: FindVersions
    compute: Callable[[Work, Progress, Steps], dict[str, int]]


def run(
    zones: Zones,
    *,
    reporting_currency: str = DEFAULT_REPORTING_CURRENCY,
    engine: str = "polars",
    progress: Progress = lambda *_: None,
    observe: Observer = unobserved,
) -> CuratedReport:
    """Brings the curated zone up to date with the ledger. Nothing is written where nothing is due.

    `reporting_currency`: an ISO 4217 code; where it is another than last time everything is done anew. `engine` is one of
    `engine.ENGINES`; the lake is the same by any. Raises `EngineError` where the engine is missing,
    `LedgerImbalanceError`, with the old lake still in place, where curated, superseded and cancelled rows, MWh or money are
    not what the ledger published or a mart does not add up to its trades, and `LakeBusyError` where another run holds the lake.
    """
    with only_run(zones, "processed-to-curated"):
        started = time.perf_counter()
        report = _run(zones, reporting_currency, engine, progress, Steps(observe))
        report.seconds = time.perf_counter() - started
    return report


def is_due(zones: Zones) -> bool:
    """Whether the ledger has deliveries, or notes on replayed ones, that the curated zone does not show yet."""
    ledger = Ledger(zones.ledger)
    return _differs(CuratedState.from_json(load_state(zones)), ledger.entries()) or bool(ledger.redos())


def _differs(state: CuratedState, entries: dict[str, Entry]) -> bool:
    known = {dataset: sorted(stamps) for dataset, stamps in state.inputs.items()}
    return _inputs(effective(entries)) != known or is_quality_due(state, entries)


def _run(zones: Zones, reporting_currency: str, engine: str, progress: Progress, steps: Steps) -> CuratedReport:
    finish(zones)
    state = CuratedState.from_json(load_state(zones))
    ledger = Ledger(zones.ledger)
    entries, redos = ledger.entries(), ledger.redos()
    report = CuratedReport()
    is_other_currency = bool(state.inputs) and state.reporting_currency != reporting_currency
    if is_other_currency or redos or _differs(state, entries):
        touched = set(state.days) if is_other_currency else set()
        state.reporting_currency = reporting_currency
        scratch = Path(tempfile.mkdtemp(prefix="energy-lake-"))
        try:
            by = _engine(engine, _bytes_due(state, entries, touched))
            _bring_up_to_date(zones, state, entries, redos, touched, scratch, report, by, progress, steps)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    if state.inputs:
        report.tables = {table: report.tables.get(table, TableReport()) for table in CURATED}
    for table, done in report.tables.items():
        done.rows = state.rows(table)
    if state.inputs:
        trades = report.tables[_TRADES]
        trades.superseded = sum(day.superseded.rows for day in state.days.values())
        trades.cancelled = sum(day.cancelled.rows for day in state.days.values())
        trades.unknown_counterparties = sum(day.unknown_counterparties for day in state.days.values())
    return report


def _inputs(entries: dict[str, Entry]) -> dict[str, list[str]]:
    by_dataset: dict[str, list[str]] = {}
    for entry in entries.values():
        by_dataset.setdefault(entry.dataset, []).append(entry.stamp)
    return {dataset: sorted(stamps) for dataset, stamps in by_dataset.items()}


def _bring_up_to_date(
    zones: Zones,
    state: CuratedState,
    entries: dict[str, Entry],
    redos: list[Redo],
    touched: set[str],
    scratch: Path,
    report: CuratedReport,
    by: Engine,
    progress: Progress,
    steps: Steps,
) -> None:
    every, entries = entries, effective(entries)
    publication = Publication(zones)
    dimensions, shown = bring_dimensions_up_to_date(zones, state, entries, publication, scratch, report)
    steps.done("dimensions", touched_dates=len(shown))
    elsewhere, dates = bring_moves_up_to_date(zones, state, entries, redos, publication, scratch, by.versions_of_keys)
    touched = touched | shown | dates
    steps.done("moves", moved_dates=len(dates))
    trades = [entry for entry in entries.values() if entry.dataset == _TRADES]
    work = Work(zones, state, publication, scratch, list(batches(trades, touched)), touched, elsewhere, dimensions)
    carried = by.compute(work, progress, steps)
    steps.done("months")
    for redo in redos:
        publication.remove("ledger", redo.path)
    state.inputs = _inputs(entries)
    _check(state, trades)
    report.dates = sorted(touched)
    quality = dict.fromkeys(QUALITY_MARTS, bring_quality_up_to_date(zones, state, every, publication, scratch))
    for table, redone in {**dict.fromkeys(BY_DATE, len(touched)), **carried, **quality}.items():
        report.tables.setdefault(table, TableReport()).redone = redone
    steps.done("quality", delivery_dates=quality[QUALITY_MARTS[0]])
    publication.commit(state.to_json())
    steps.done("publish")


def _compute(work: Work, progress: Progress, steps: Steps) -> dict[str, int]:
    """Computes, stages and notes every touched date, one batch after the other; how many dates of each month mart changed."""
    zones, state, publication = work.zones, work.state, work.publication
    months = MonthMarts(zones, state, publication, work.dimensions, work.touched, work.scratch)
    done, total = 0, len(work.touched)
    for files in work.batches:
        days = list(files)
        progress(f"{days[0]} to {days[-1]}", done, total)
        batch = compute_batch(zones, files, work.elsewhere, work.dimensions, state.reporting_currency)
        stage_dates(batch.tables, days, zones, state, publication, work.scratch)
        note_days(batch.days, state)
        months.add(batch.of_days, days)
        done += len(days)
        steps.done("dates", _TRADES, f"{days[0]} to {days[-1]}", dates=len(days), rows=batch.tables[_TRADES].height)
        progress(f"{days[0]} to {days[-1]}", done, total)
    months.finish()
    return months.redone


def _engine(name: str, bytes_due: int) -> Engine:
    if not is_spark(name, bytes_due):
        return Engine(versions_of_keys, _compute)
    from jobs.spark_dates import compute_by_spark, versions_by_spark  # most machines have no Spark

    return Engine(versions_by_spark, compute_by_spark)


def _bytes_due(state: CuratedState, entries: dict[str, Entry], touched: set[str]) -> int:
    """The size, as delivered, of what the curated zone does not show yet; of everything where all dates are done anew."""
    known = set() if touched else {stamp for stamps in state.inputs.values() for stamp in stamps}
    return sum(entry.size_bytes for entry in effective(entries).values() if entry.stamp not in known)


def batches(trades: list[Entry], touched: set[str]) -> Iterator[dict[str, list[str]]]:
    """The processed files of each touched date, in the order of dates, so many dates at a time that a batch stays small."""
    files: dict[str, list[str]] = {day: [] for day in sorted(touched)}
    rows = dict.fromkeys(files, 0)
    for entry in sorted(trades, key=lambda e: (e.ingest_date, e.file)):
        for output in entry.processed():
            if output.date in files:
                files[output.date].append(output.path)
                rows[output.date] += output.rows
    days: list[str] = []
    size = 0
    for day in files:
        if days and size + rows[day] > _ROWS_PER_BATCH:
            yield {d: files[d] for d in days}
            days, size = [], 0
        days.append(day)
        size += rows[day]
    if days:
        yield {d: files[d] for d in days}


def note_days(days: Mapping[str, Day], state: CuratedState) -> None:
    """Says in the state what became of each date's trades."""
    for day, made in days.items():
        state.days[day] = made
        if made == Day():
            del state.days[day]


def _check(state: CuratedState, trades: list[Entry]) -> None:
    """Current, superseded and cancelled are together what the ledger published, in rows, MWh and money of each currency."""
    published = reduce(Totals.__add__, (entry.valid for entry in trades), Totals())
    found = reduce(Totals.__add__, (day.all for day in state.days.values()), Totals())
    if found != published:
        raise LedgerImbalanceError(
            f"curated does not balance: the ledger published {published.to_json()}, current + superseded + cancelled is "
            f"{found.to_json()}. Nothing was changed; a processed file may be missing, run `lake status --verify`."
        )
