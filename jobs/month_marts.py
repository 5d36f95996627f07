"""Marts that carry something from day to day: each touched month is carried anew from the rows of its days.

The rows of touched dates come from the batches; those of the month's other dates are read back from the mart itself, so
that a correction costs a month of a small table and not a month of trades. Batches come in the order of dates, and a month
is finished as soon as the batches are past it, so only one month is held.
"""

from pathlib import Path

import polars as pl

from jobs.curated_state import CuratedState, Day
from jobs.curated_tables import Batch
from jobs.dimensions import Dimensions
from jobs.marts import MONTH_MARTS, MonthMart, check_mart
from jobs.publish import Publication, curated_file
from jobs.staging import stage_dates
from jobs.zones import Zones
from transforms.exposure import limits_of
from transforms.schema import empty_frame

__all__ = ["MonthMarts"]


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
        self._limits = limits_of(dimensions.providers.lazy(), dimensions.clients.lazy())
        self._touched, self._scratch = touched, scratch
        self._open: dict[str, dict[str, list[pl.DataFrame]]] = {}
        self.redone: dict[str, int] = {mart.contract.name: 0 for mart in MONTH_MARTS}

    def add(self, batch: Batch, days: list[str]) -> None:
        """Takes a batch's rows and finishes the months that it leaves behind."""
        for month in sorted({day[:7] for day in days}):
            rows = self._open.setdefault(month, {mart.contract.name: [] for mart in MONTH_MARTS})
            for name, frame in batch.of_days.items():
                rows[name].append(frame.filter(pl.col("date").dt.strftime("%Y-%m") == month))
        for month in [month for month in self._open if month < days[-1][:7]]:
            self._finish_month(month)

    def finish(self) -> None:
        """Finishes what is left."""
        for month in list(self._open):
            self._finish_month(month)

    def _finish_month(self, month: str) -> None:
        rows = self._open.pop(month)
        for mart in MONTH_MARTS:
            self._carry(mart, month, rows[mart.contract.name])

    def _carry(self, mart: MonthMart, month: str, fresh: list[pl.DataFrame]) -> None:
        contract = mart.contract
        files = self._state.files.setdefault(contract.name, {})
        before = {path: path.split("date=")[1][:10] for path in files if f"date={month}" in path}
        kept = [curated_file(self._zones, path) for path, day in before.items() if day not in self._touched]
        rows = pl.concat([*fresh, *(_of_day(path) for path in kept)] or [empty_frame(contract)], how="diagonal")
        carried = mart.carried(rows.lazy(), self._limits, contract).collect()
        known = {path.split("date=")[1][:10] for path in before}
        days = sorted(known | {str(day) for day in carried["date"].unique()})
        self._check(mart, month, carried)
        self.redone[contract.name] += stage_dates(
            contract.name, carried, days, self._state, self._publication, self._scratch, unless_same=self._zones
        )

    def _check(self, mart: MonthMart, month: str, carried: pl.DataFrame) -> None:
        """Every date of the month, also those that were read back, adds up to the trades that the date has now."""
        by_date = carried.partition_by("date", as_dict=True)
        found = {str(day): frame for (day,), frame in by_date.items()}
        for day in found.keys() | {day for day in self._state.days if day.startswith(month)}:
            made = self._state.days.get(day, Day()).current
            check_mart(mart.contract, mart.claims, found.get(day, empty_frame(mart.contract)), made)


def _of_day(path: Path) -> pl.DataFrame:
    """The rows of a stored day that stem from its own trades, without those that are only carried."""
    return pl.read_parquet(path, glob=False, hive_partitioning=False).filter(pl.col("trades") > 0)
