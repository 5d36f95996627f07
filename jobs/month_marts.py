"""Marts that carry something from day to day: each touched month is carried anew from the rows of its days.

The rows of touched dates come from the batches; those of the month's other dates are read back from the mart itself, so
that a correction costs a month of a small table and not a month of trades. Batches come in the order of dates, and a month
is finished as soon as the batches are past it, so only one month is held.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import polars as pl

from jobs.curated_state import CuratedState
from jobs.dimensions import Dimensions
from jobs.marts import MONTH_MARTS, check_days
from jobs.parquet import by_day
from jobs.publish import Publication, curated_file
from jobs.staging import Made, curated_path, note_dates, stage_files, write_tables
from jobs.zones import Zones
from transforms.exposure import limits_of
from transforms.schema import empty_frame
from transforms.totals import Totals

__all__ = ["MonthMarts", "carry_month", "limits"]

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
        for name, fresh in rows.items():
            files = self._state.files.get(name, {})
            before = [day for day in (path.split("date=")[1][:10] for path in files) if day.startswith(month)]
            made = carry_month(self._zones, name, fresh, before, self._touched, made_of, self._limits, self._scratch)
            stage_files(self._zones, made)
            note_dates([name], {*before, *made_of}, made, self._state, self._publication)
            self.redone[name] += sum(one.file is not None for one in made)


def limits(dimensions: Dimensions) -> pl.DataFrame:
    """The credit limits that months are carried with."""
    return limits_of(dimensions.providers.lazy(), dimensions.clients.lazy()).collect()


def carry_month(
    zones: Zones,
    name: str,
    fresh: Iterable[pl.DataFrame],
    before: Iterable[str],
    touched: set[str],
    trades: Mapping[str, Totals],
    limits: pl.DataFrame,
    scratch: Path,
) -> list[Made]:
    """Carries a mart through a month, and writes its days below `scratch`, those as they were apart; nothing is staged yet.

    `fresh`: the rows of the month's `touched` dates, in any number of frames. `before`: the dates that the curated zone has of
    the month. `trades`: what every date of the month has now. Raises `LedgerImbalanceError` where a date, also one that was
    read back, does not add up to its trades.
    """
    mart = next(mart for mart in MONTH_MARTS if mart.contract.name == name)
    old = {day: curated_file(zones, curated_path(name, day)) for day in before}
    stored = pl.read_parquet(list(old.values()), glob=False, hive_partitioning=False) if old else None
    rows = [*fresh]
    if stored is not None:  # those that are only carried have no trades
        kept = [day for day in old if day not in touched]
        rows.append(stored.filter(pl.col("trades") > 0, pl.col("date").cast(pl.String).is_in(kept)))
    given = pl.concat(rows or [empty_frame(mart.contract)], how="diagonal")
    carried = mart.carried(given.lazy(), limits.lazy(), mart.contract).collect()
    check_days(mart.contract, mart.claims, carried, trades)
    known = dict(by_day(stored.sort("date", maintain_order=True), "date")) if stored is not None else {}
    is_known = {day: day in known and part.equals(known[day]) for day, part in by_day(carried, "date")}
    same = [Made(name, day, known[day].height, None) for day, is_it in is_known.items() if is_it]
    if same:  # otherwise a copy of the month, which is large
        carried = carried.filter(~pl.col("date").cast(pl.String).is_in([one.day for one in same]))
    return [*same, *write_tables({name: carried}, scratch)]
