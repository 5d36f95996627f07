"""The second job, processed-to-curated: the newest version of everything, enriched, aggregated, for the touched dates only.

What is touched: the dates of deliveries that are new to the curated zone; the dates that a correction took a trade away
from; the dates whose trades show a provider, client, rate or curve price that changed. `curated_tables.py` computes a batch
of dates, `month_marts.py` what is carried from day to day; everything is published at once, after rows, MWh and money were
found to be those of the ledger.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path

from contracts import CURATED
from jobs.curated_state import CuratedState, Day
from jobs.curated_tables import BY_DATE, Batch, compute_batch
from jobs.dimensions import bring_dimensions_up_to_date
from jobs.ledger import Entry, Ledger, LedgerImbalanceError, Redo
from jobs.locking import only_run
from jobs.month_marts import MonthMarts
from jobs.moves import bring_moves_up_to_date
from jobs.observe import Observer, Steps, unobserved
from jobs.publish import Publication, finish, load_state
from jobs.quality import QUALITY_MARTS, bring_quality_up_to_date, is_quality_due
from jobs.raw_to_processed import effective
from jobs.reports import CuratedReport, TableReport
from jobs.staging import stage_dates
from jobs.zones import Zones
from transforms.totals import Totals

__all__ = ["DEFAULT_REPORTING_CURRENCY", "is_due", "run"]

DEFAULT_REPORTING_CURRENCY = "EUR"

_ROWS_PER_BATCH = 150_000
"""A batch is held in memory several times over, as it is read, joined, sorted and cut."""
_TRADES = "transactions"

Progress = Callable[[str, int, int], None]


def run(
    zones: Zones,
    *,
    reporting_currency: str = DEFAULT_REPORTING_CURRENCY,
    progress: Progress = lambda *_: None,
    observe: Observer = unobserved,
) -> CuratedReport:
    """Brings the curated zone up to date with the ledger. Nothing is written where nothing is due.

    `reporting_currency`: an ISO 4217 code; where it is another than last time everything is done anew. Raises
    `LedgerImbalanceError`, with the old lake still in place, where curated, superseded and cancelled rows, MWh or money are
    not what the ledger published or a mart does not add up to its trades, and `LakeBusyError` where another run holds the lake.
    """
    with only_run(zones, "processed-to-curated"):
        started = time.perf_counter()
        report = _run(zones, reporting_currency, progress, Steps(observe))
        report.seconds = time.perf_counter() - started
    return report


def is_due(zones: Zones) -> bool:
    """Whether the ledger has deliveries, or notes on replayed ones, that the curated zone does not show yet."""
    ledger = Ledger(zones.ledger)
    return _differs(CuratedState.from_json(load_state(zones)), ledger.entries()) or bool(ledger.redos())


def _differs(state: CuratedState, entries: dict[str, Entry]) -> bool:
    known = {dataset: sorted(stamps) for dataset, stamps in state.inputs.items()}
    return _inputs(effective(entries)) != known or is_quality_due(state, entries)


def _run(zones: Zones, reporting_currency: str, progress: Progress, steps: Steps) -> CuratedReport:
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
            _bring_up_to_date(zones, state, entries, redos, touched, scratch, report, progress, steps)
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
    progress: Progress,
    steps: Steps,
) -> None:
    every, entries = entries, effective(entries)
    publication = Publication(zones)
    dimensions, shown = bring_dimensions_up_to_date(zones, state, entries, publication, scratch, report)
    steps.done("dimensions", touched_dates=len(shown))
    elsewhere, dates = bring_moves_up_to_date(zones, state, entries, redos, publication, scratch)
    touched = touched | shown | dates
    steps.done("moves", moved_dates=len(dates))
    trades = [entry for entry in entries.values() if entry.dataset == _TRADES]
    months = MonthMarts(zones, state, publication, dimensions, touched, scratch)
    done, total = 0, len(touched)
    for files in _batches(trades, touched):
        days = list(files)
        progress(f"{days[0]} to {days[-1]}", done, total)
        batch = compute_batch(zones, files, elsewhere, dimensions, state.reporting_currency)
        stage_dates(batch.tables, days, zones, state, publication, scratch)
        _note_days(batch, state)
        months.add(batch.of_days, days)
        done += len(days)
        steps.done("dates", _TRADES, f"{days[0]} to {days[-1]}", dates=len(days), rows=batch.tables[_TRADES].height)
        progress(f"{days[0]} to {days[-1]}", done, total)
    months.finish()
    steps.done("months")
    for redo in redos:
        publication.remove("ledger", redo.path)
    state.inputs = _inputs(entries)
    _check(state, trades)
    report.dates = sorted(touched)
    quality = dict.fromkeys(QUALITY_MARTS, bring_quality_up_to_date(zones, state, every, publication, scratch))
    for table, redone in {**dict.fromkeys(BY_DATE, len(touched)), **months.redone, **quality}.items():
        report.tables.setdefault(table, TableReport()).redone = redone
    steps.done("quality", delivery_dates=quality[QUALITY_MARTS[0]])
    publication.commit(state.to_json())
    steps.done("publish")


def _batches(trades: list[Entry], touched: set[str]) -> Iterator[dict[str, list[str]]]:
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


def _note_days(batch: Batch, state: CuratedState) -> None:
    """Says in the state what became of each date's trades."""
    for day, made in batch.days.items():
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
