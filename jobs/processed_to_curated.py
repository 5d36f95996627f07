"""The second job, processed-to-curated: the newest version of everything, enriched, aggregated, for the touched dates only.

What is touched: the dates of deliveries that are new to the curated zone; the dates that a correction took a trade away
from; the dates whose trades name a provider or client that changed. `curated_tables.py` computes a batch of dates;
everything is published at once, after rows, MWh and money were found to be those of the ledger.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from pathlib import Path

import polars as pl

from contracts import CURATED, DELIVERED
from jobs.curated_state import CuratedState, Day
from jobs.curated_tables import MOVED, Batch, Dimensions, compute_batch, newest_dimension, versions_of_keys
from jobs.ledger import Entry, Ledger, LedgerImbalanceError
from jobs.locking import only_run
from jobs.parquet import by_day, write_parquet, write_parquets
from jobs.publish import Publication, curated_file, finish, load_state
from jobs.raw_to_processed import effective
from jobs.reports import CuratedReport, TableReport
from jobs.zones import Zones
from transforms.enrich import CLIENT_ATTRIBUTES, PROVIDER_ATTRIBUTES
from transforms.newest import moved_keys
from transforms.schema import empty_frame
from transforms.totals import Totals

__all__ = ["is_due", "run"]

_ROWS_PER_BATCH = 150_000
"""A batch is held in memory several times over, as it is read, joined, sorted and cut."""
_TRADES = "transactions"
_MARTS = ("market_daily",)
_BY_DATE = (_TRADES, *_MARTS)

Progress = Callable[[str, int, int], None]


def run(zones: Zones, *, progress: Progress = lambda *_: None) -> CuratedReport:
    """Brings the curated zone up to date with the ledger. Nothing is written where nothing is due.

    Raises `LedgerImbalanceError`, with the old lake still in place, where curated and superseded rows, MWh or money are
    not what the ledger published, and `LakeBusyError` where another run holds the lake.
    """
    with only_run(zones, "processed-to-curated"):
        started = time.perf_counter()
        report = _run(zones, progress)
        report.seconds = time.perf_counter() - started
    return report


def is_due(zones: Zones) -> bool:
    """Whether the ledger has deliveries that the curated zone does not show yet."""
    state = CuratedState.from_json(load_state(zones))
    return _inputs(effective(Ledger(zones.ledger).entries())) != {n: sorted(ids) for n, ids in state.inputs.items()}


def _run(zones: Zones, progress: Progress) -> CuratedReport:
    finish(zones)
    state = CuratedState.from_json(load_state(zones))
    entries = effective(Ledger(zones.ledger).entries())
    report = CuratedReport()
    if _inputs(entries) != {name: sorted(ids) for name, ids in state.inputs.items()}:
        scratch = Path(tempfile.mkdtemp(prefix="energy-lake-"))
        try:
            _bring_up_to_date(zones, state, entries, scratch, report, progress)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    for table in CURATED if state.inputs else ():
        report.tables.setdefault(table, TableReport()).rows = state.rows(table)
    if state.inputs:
        trades = report.tables[_TRADES]
        trades.superseded = sum(day.superseded.rows for day in state.days.values())
        trades.unknown_counterparties = sum(day.unknown_counterparties for day in state.days.values())
    return report


def _inputs(entries: dict[str, Entry]) -> dict[str, list[str]]:
    by_dataset: dict[str, list[str]] = {}
    for identifier, entry in entries.items():
        by_dataset.setdefault(entry.dataset, []).append(identifier)
    return {dataset: sorted(ids) for dataset, ids in by_dataset.items()}


def _bring_up_to_date(
    zones: Zones,
    state: CuratedState,
    entries: dict[str, Entry],
    scratch: Path,
    report: CuratedReport,
    progress: Progress,
) -> None:
    publication = Publication(zones)
    dimensions, touched = _dimensions(zones, state, entries, publication, scratch, report)
    moved, dates = _moves(zones, state, entries, publication, scratch)
    touched |= dates
    trades = [entry for entry in entries.values() if entry.dataset == _TRADES]
    done, total = 0, len(touched)
    for days, files in _batches(trades, touched):
        progress(f"{days[0]} to {days[-1]}", done, total)
        batch = compute_batch(zones, days, files, moved, dimensions)
        _stage_batch(batch, days, state, publication, scratch)
        done += len(days)
        progress(f"{days[0]} to {days[-1]}", done, total)
    state.inputs = _inputs(entries)
    _check(state, trades)
    report.dates = sorted(touched)
    for table in _BY_DATE:
        report.tables.setdefault(table, TableReport()).redone = len(touched)
    publication.commit(state.to_json())


def _dimensions(
    zones: Zones,
    state: CuratedState,
    entries: dict[str, Entry],
    publication: Publication,
    scratch: Path,
    report: CuratedReport,
) -> tuple[Dimensions, set[str]]:
    """Providers and clients as they are now, and the dates of trades with one that changed."""
    now: dict[str, pl.DataFrame] = {}
    touched: set[str] = set()
    for table, attributes in (("providers", PROVIDER_ATTRIBUTES), ("clients", CLIENT_ATTRIBUTES)):
        path = f"{table}/{table}.parquet"
        known = state.files.get(table, {})
        before = (
            pl.read_parquet(curated_file(zones, path), glob=False) if path in known else empty_frame(CURATED[table])
        )
        files = [entry for entry in entries.values() if entry.dataset == table]
        if sorted(entry.id for entry in files) == sorted(state.inputs.get(table, [])):
            now[table] = before
            continue
        now[table] = newest_dimension(zones, files, DELIVERED[table], CURATED[table])
        target = scratch / f"{table}.parquet"
        write_parquet(now[table], target)
        publication.stage("curated", path, target)
        state.files[table] = {path: now[table].height}
        report.tables[table] = TableReport(redone=1)
        changed = _changed_keys(before, now[table], attributes)
        touched |= _dates_naming(zones, state, changed.name, changed)
    return Dimensions(now["providers"], now["clients"]), touched


def _changed_keys(before: pl.DataFrame, after: pl.DataFrame, attributes: Mapping[str, str]) -> pl.Series:
    """Keys whose attributes, as trades show them, are new, gone or different; a mere redelivery changes none."""
    columns = list(attributes)
    old, new = before.select(columns), after.select(columns)
    one_sided = [a.join(b, on=columns, how="anti", nulls_equal=True) for a, b in ((new, old), (old, new))]
    return pl.concat(one_sided)[columns[0]].unique()


def _dates_naming(zones: Zones, state: CuratedState, key: str, changed: pl.Series) -> set[str]:
    """The dates with a current trade that names one of the changed counterparties."""
    paths = sorted(state.files.get(_TRADES, {}))
    if not paths or changed.is_empty():
        return set()
    scanned = pl.scan_parquet([curated_file(zones, path) for path in paths], hive_partitioning=False, glob=False)
    found = scanned.filter(pl.col(key).is_in(changed.implode())).select(pl.col("date").unique())
    return {str(day) for day in found.collect(engine="streaming")["date"]}


def _moves(
    zones: Zones, state: CuratedState, entries: dict[str, Entry], publication: Publication, scratch: Path
) -> tuple[pl.DataFrame, set[str]]:
    """The trades with versions on several dates, each with the date where it is now, and the dates that are touched.

    Touched are the dates of every delivery that is new or gone, and those where an older version of one of its trades is.
    """
    known = set(state.inputs.get(_TRADES, []))
    trades = {entry.id: entry for entry in entries.values() if entry.dataset == _TRADES}
    new = [entry for identifier, entry in trades.items() if identifier not in known]
    moved = (
        pl.read_parquet(curated_file(zones, MOVED, "ledger"), glob=False)
        if zones.ledger.exists(MOVED) or known
        else None
    )
    touched = {output.date for entry in new for output in entry.processed()}
    if not new and moved is not None:
        return moved, touched
    versions = versions_of_keys(zones, new, list(trades.values()))
    several = moved_keys(versions, "transaction_id", "date")
    touched |= {str(day) for day in versions.join(several, on="transaction_id", how="semi")["date"].unique()}
    if moved is not None:
        stale = versions.select(pl.col("transaction_id").unique())
        several = pl.concat([moved.join(stale, on="transaction_id", how="anti"), several]).sort("transaction_id")
    target = scratch / "moved.parquet"
    write_parquet(several, target)
    publication.stage("ledger", MOVED, target)
    return several, touched


def _batches(trades: list[Entry], touched: set[str]) -> Iterator[tuple[list[str], dict[str, list[str]]]]:
    """The touched dates in order, so many at a time that a batch stays small; with the processed files of each date."""
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
            yield days, {d: files[d] for d in days}
            days, size = [], 0
        days.append(day)
        size += rows[day]
    if days:
        yield days, {d: files[d] for d in days}


def _stage_batch(batch: Batch, days: list[str], state: CuratedState, publication: Publication, scratch: Path) -> None:
    """Writes a batch's tables date by date, and says in the state what each date has now."""
    for table in _BY_DATE:
        files = state.files.setdefault(table, {})
        parts = dict(by_day(batch.tables[table], "date"))
        targets = {day: scratch / f"{table}{day}.parquet" for day in parts}
        write_parquets({targets[day]: part for day, part in parts.items()})
        for day in days:
            path = f"{table}/date={day}/{table}.parquet"
            if day in parts:
                publication.stage("curated", path, targets[day])
                files[path] = parts[day].height
            elif files.pop(path, None) is not None:
                publication.remove("curated", path)
    for day in days:
        state.days[day] = batch.days.get(day, Day(Totals(), Totals()))
        if state.days[day] == Day(Totals(), Totals()):
            del state.days[day]


def _check(state: CuratedState, trades: list[Entry]) -> None:
    """Current and superseded trades are together what the ledger published, in rows, MWh and money of each currency."""
    published = reduce(Totals.__add__, (entry.valid for entry in trades), Totals())
    days = state.days.values()
    found = reduce(Totals.__add__, (day.current + day.superseded for day in days), Totals())
    if found != published:
        raise LedgerImbalanceError(
            f"curated does not balance: the ledger published {published.to_json()}, current + superseded is "
            f"{found.to_json()}. Nothing was changed; a processed file may be missing, run `lake status --verify`."
        )
