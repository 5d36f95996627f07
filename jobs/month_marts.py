"""Marts that carry something from day to day: each touched month is carried anew from its first touched date on.

The rows of touched dates come from the batches; those of the later dates are read back from the mart itself, and one date
of it stands for all before, so that a correction costs the rest of a month of a small table and not a month of trades, and
a new day only itself. Batches come in the order of dates, and a month is finished as soon as the batches are past it, so
only one month is held.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import polars as pl

from jobs.curated_state import CuratedState
from jobs.dimensions import Dimensions
from jobs.marts import MONTH_MARTS, check_days
from jobs.publish import Publication, curated_file
from jobs.staging import Made, curated_path, note_dates, stage_files, write_tables
from jobs.zones import Zones
from transforms.exposure import limits_of
from transforms.schema import empty_frame
from transforms.totals import Totals

__all__ = ["MonthMarts", "carry_month", "limits", "rows_of_month"]

_NAMES = tuple(mart.contract.name for mart in MONTH_MARTS)


class MonthMarts:
    """The months of a run: `add` every batch in the order of dates, then `finish`. `redone` counts dates by mart."""

    def __init__(
        self,
        zones: Zones,
        state: CuratedState,
        publication: Publication,
        dimensions: Dimensions,
        touched: set[str],
        scratch: Path,
    ) -> None:
        self._zones, self._state, self._publication = zones, state, publication
        self._limits = limits(dimensions)
        self._touched, self._scratch = touched, scratch
        self._open: dict[str, dict[str, list[pl.DataFrame]]] = {}
        self.redone: dict[str, int] = dict.fromkeys(_NAMES, 0)

    def add(self, of_days: Mapping[str, pl.DataFrame], days: list[str]) -> None:
        """Takes the rows of some days, as `Batch.of_days` has them, and finishes the months that they leave behind."""
        for month in sorted({day[:7] for day in days}):
            rows = self._open.setdefault(month, {name: [] for name in _NAMES})
            for name, frame in of_days.items():
                rows[name].append(frame.filter(pl.col("date").dt.strftime("%Y-%m") == month))
        for month in [month for month in self._open if month < days[-1][:7]]:
            self._finish_month(month)

    def finish(self) -> None:
        """Finishes what is left."""
        for month in list(self._open):
            self._finish_month(month)

    def _finish_month(self, month: str) -> None:
        rows = self._open.pop(month)
        made_of = {day: self._state.days[day].current for day in self._state.days if day.startswith(month)}
        touched = {day for day in self._touched if day.startswith(month)}
        for name, fresh in rows.items():
            before = rows_of_month(self._state, name, month)
            made = carry_month(self._zones, name, fresh, before, touched, made_of, self._limits, self._scratch)
            stage_files(self._zones, made)
            note_dates([name], {*before, *made_of}, made, self._state, self._publication)
            self.redone[name] += sum(one.file is not None for one in made)


def rows_of_month(state: CuratedState, name: str, month: str) -> dict[str, int]:
    """The dates of a month that the curated zone has of a mart, and the rows of each."""
    files = {path.split("date=")[1][:10]: rows for path, rows in state.files.get(name, {}).items()}
    return {day: rows for day, rows in files.items() if day.startswith(month)}


def limits(dimensions: Dimensions) -> pl.DataFrame:
    """The credit limits that months are carried with."""
    return limits_of(dimensions.providers.lazy(), dimensions.clients.lazy()).collect()


def carry_month(
    zones: Zones,
    name: str,
    fresh: Iterable[pl.DataFrame],
    before: Mapping[str, int],
    touched: set[str],
    trades: Mapping[str, Totals],
    limits: pl.DataFrame,
    scratch: Path,
) -> list[Made]:
    """Carries a mart through a month, and writes its days below `scratch`, those as they were apart; nothing is staged yet.

    `fresh`: the rows of the month's `touched` dates, in any number of frames. `before`: the dates that the curated zone has of
    the month, and the rows of each. `trades`: what every date of the month has now. Dates before the first touched one stay
    as they are, and the last of them stands for all. Raises `LedgerImbalanceError` where a date from there on, also one that
    was read back, does not add up to its trades.
    """
    mart = next(mart for mart in MONTH_MARTS if mart.contract.name == name)
    first = min(touched)
    earlier = sorted(day for day in before if day < first)
    old = {day: curated_file(zones, curated_path(name, day)) for day in sorted(before) if day not in earlier[:-1]}
    rows = [*fresh, *(mart.opening(_scanned([old.pop(day)])).collect() for day in earlier[-1:])]
    kept = [file for day, file in old.items() if day not in touched]
    if kept:  # those that are only carried have no trades
        rows.append(_scanned(kept).filter(pl.col("trades") > 0).collect(engine="streaming"))
    given = pl.concat(rows or [empty_frame(mart.contract)], how="diagonal")
    del rows
    carried = mart.carried(given.lazy(), limits.lazy(), mart.contract).collect()
    del given  # a month is large
    carried = carried.slice(before[earlier[-1]] if earlier else 0)
    check_days(mart.contract, mart.claims, carried, {day: sums for day, sums in trades.items() if day >= first})
    made = write_tables({name: carried}, scratch)
    unread = [Made(name, day, before[day], None) for day in earlier]
    return unread + [replace(one, file=None) if _is_there(one, old) else one for one in made]


def _scanned(files: list[Path]) -> pl.LazyFrame:
    return pl.scan_parquet(files, glob=False, hive_partitioning=False)


def _is_there(made: Made, old: Mapping[str, Path]) -> bool:
    """Whether the curated zone has the file already: the same rows are the same bytes."""
    stored = old.get(made.day)
    return bool(stored and made.file and stored.read_bytes() == made.file.read_bytes())
