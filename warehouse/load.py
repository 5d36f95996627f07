"""Loads a warehouse from the curated zone: only what changed, whole or not at all, and checked before it counts.

`plan.py` finds what changed, `measures.py` what files hold, `transaction.py` is the SQL. Where the rows go is one of two
warehouses: `embedded.py` (a file of this machine) and `redshift.py` (the Data API).
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from contracts.model import Dataset
from warehouse.measures import Known, check_against, measure
from warehouse.plan import CuratedFile, Loaded, Plan, TableChange, plan_of
from warehouse.report import LoadReport, TableLoad
from warehouse.shipment import Shipment

__all__ = ["Curated", "Warehouse", "load"]

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True)
class Curated:
    """The curated zone as a load sees it.

    Attributes:
        datasets: The contracts of its tables, by name.
        files: Every file that the curated state names.
        ledger: Sums that the ledger keeps of partitions, which the files have to hold.
        local: Gives a file of this machine with the content of a path.
    """

    datasets: Mapping[str, Dataset]
    files: tuple[CuratedFile, ...]
    ledger: Known
    local: Callable[[str], Path]


class Warehouse(Protocol):
    """Where rows go. All three raise `LoadError`, with the warehouse as it was."""

    def prepare(self, datasets: Mapping[str, Dataset]) -> None:
        """Makes sure that every table is what its contract says."""

    def loaded(self, datasets: Mapping[str, Dataset]) -> Loaded:
        """The warehouse's books."""

    def load(self, datasets: Mapping[str, Dataset], plan: Plan, shipment: Shipment, progress: Progress) -> None:
        """Does a plan, whole or not at all."""


def load(
    curated: Curated, warehouse: Warehouse, *, everything: bool = False, progress: Progress = lambda *_: None
) -> LoadReport:
    """Makes the warehouse what the curated zone is, and says what that took. A second load changes nothing.

    With `everything` every table is loaded anew. Raises `LoadError` where a file is not what contract, curated state or
    ledger say, or where the tables do not add up to their files afterwards: nothing is changed then.
    """
    started = time.perf_counter()
    warehouse.prepare(curated.datasets)
    loaded = warehouse.loaded(curated.datasets)
    plan = plan_of(curated.datasets, curated.files, loaded, everything=everything)
    report = LoadReport(loaded.number)
    if plan.changes:
        shipment = _shipment(curated, plan, progress)
        warehouse.load(curated.datasets, plan, shipment, progress)
        report.number, report.token = plan.number, plan.token
    for name in curated.datasets:
        report.tables[name] = TableLoad(rows=sum(file.rows for file in curated.files if file.table == name))
    for change in plan.changes:
        _tell(report.tables[change.table], change)
    report.seconds = time.perf_counter() - started
    return report


def _shipment(curated: Curated, plan: Plan, progress: Progress) -> Shipment:
    """The files that come, looked into: what they hold is what the ledger says."""
    shipment = Shipment()
    for done, change in enumerate(plan.changes):
        progress(f"measure {change.table}", done, len(plan.changes))
        files = {file: curated.local(file.path) for file in change.files}
        sums = measure(curated.datasets[change.table], files)
        check_against(curated.ledger, files, sums)
        shipment.files |= files
        shipment.sums += sums
    return shipment


def _tell(table: TableLoad, change: TableChange) -> None:
    table.loaded_rows = change.rows
    table.loaded_files = len(change.files)
    table.left_files = len(change.gone)
    table.is_mended = change.is_mended
