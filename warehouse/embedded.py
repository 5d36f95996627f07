"""The embedded warehouse: one DuckDB file that holds what Redshift would, for a lake without AWS.

What is in it is made from the contracts when a load finds it missing (`embedded_ddl.py`). A load is one transaction: whoever
kills it leaves the file as it was. The file is locked while it is written, so readers and loads come one after the other.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb

from contracts.model import Dataset
from warehouse.books import BOOKS, LOAD_STATE, LOADED_FILES
from warehouse.duck import columns_of, duck_type, text, text_list
from warehouse.embedded_ddl import define, is_defined
from warehouse.plan import Loaded, LoadedFile, LoadError, Plan, TableChange
from warehouse.shipment import Shipment, staged_books
from warehouse.sql import identifier, names, qualified
from warehouse.transaction import Step, leaving, leaving_columns, load_steps, staged_name

__all__ = ["EmbeddedWarehouse"]

Progress = Callable[[str, int, int], None]

_COMPLAINT = re.compile(r"Could not convert string '(.*)' to INT32", re.DOTALL)
"""How DuckDB says that a complaint is no number."""


class EmbeddedWarehouse:
    """A warehouse in a file, made where there is none. Close it after use; as a context manager it does so itself.

    Raises `LoadError` where another program holds the file, or where it is no warehouse.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._connection = duckdb.connect(str(file))
        except duckdb.IOException as error:
            raise LoadError(
                f"{file} cannot be opened ({str(error).splitlines()[0]}); close the program that has it open, or name "
                f"another file with --file"
            ) from error
        self._connection.execute("SET TimeZone = 'UTC'")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Lets go of the file."""
        self._connection.close()

    def prepare(self, datasets: Mapping[str, Dataset]) -> None:
        """Makes tables, books and views what the contracts say. Writes nothing where they are.

        Raises `LoadError` where a table cannot follow its contract.
        """
        if not is_defined(self._connection, datasets):
            with _Transaction(self._connection):
                define(self._connection, datasets, self.file)

    def loaded(self, datasets: Mapping[str, Dataset]) -> Loaded:
        """What the books say, and how many rows each table has."""
        ((number,),) = self._rows(f"SELECT load_number FROM {qualified(LOAD_STATE.name)}")  # noqa: S608 - quoted
        files = self._rows(
            f"SELECT path, table_name, row_count, content, partition_date FROM {qualified(LOADED_FILES.name)}"  # noqa: S608 - quoted
        )
        counts = {name: self._rows(f"SELECT COUNT(*) FROM {qualified(name)}")[0][0] for name in datasets}  # noqa: S608 - quoted
        return Loaded(number, {path: LoadedFile(*rest) for path, *rest in files}, counts)

    def load(
        self, datasets: Mapping[str, Dataset], plan: Plan, shipment: Shipment, progress: Progress = lambda *_: None
    ) -> None:
        """Does the plan, in one transaction. Raises `LoadError` where it is undone."""
        steps = [step for change in plan.changes for step in self._staging(datasets[change.table], change, shipment)]
        steps += load_steps(datasets, plan, datetime.now(UTC), text)
        with _Transaction(self._connection):
            self._stage_books(plan, shipment)
            for done, step in enumerate(steps):
                progress(step.label, done, len(steps))
                self._run(step)
            for name in (*(change.table for change in plan.changes), *BOOKS):
                self._connection.execute(f"DROP TABLE IF EXISTS {staged_name(name)}")
        progress("", len(steps), len(steps))

    def _run(self, step: Step) -> None:
        try:
            self._connection.execute(step.sql)
        except duckdb.Error as error:
            found = _COMPLAINT.search(str(error))
            raise LoadError(
                f"{found[1] if found else f'{step.label}: {error}'}. The load was undone and the warehouse is what it was; "
                f"`lake status --verify` says whether the lake is sound, `lake load --all` loads every table anew"
            ) from error

    def _staging(self, dataset: Dataset, change: TableChange, shipment: Shipment) -> list[Step]:
        """A temporary table with the rows of the dataset's files, read in the columns that each file has, and what leaves."""
        files = shipment.files_of(dataset.name)
        layouts = columns_of(self._connection, dataset, files.values())
        steps = [Step(f"{dataset.name}: stage", _create_staging(dataset))]
        for columns in sorted(set(layouts.values())):
            alike = [file for file, layout in layouts.items() if layout == columns]
            steps.append(Step(f"{dataset.name}: read", _read(dataset, columns, alike)))
        return [*steps, leaving(dataset, change, text)]

    def _stage_books(self, plan: Plan, shipment: Shipment) -> None:
        for name, rows in staged_books(plan, shipment).items():
            self._connection.execute(_create_staging(BOOKS[name]))
            self._connection.register("staged_rows", rows)
            columns = names(BOOKS[name].column_names)
            insertion = f"INSERT INTO {staged_name(name)} ({columns}) SELECT {columns} FROM staged_rows"  # noqa: S608 - quoted
            self._connection.execute(insertion)
            self._connection.unregister("staged_rows")

    def _rows(self, question: str) -> list[tuple[Any, ...]]:
        return self._connection.execute(question).fetchall()


class _Transaction:
    """Commits where the body ends, and undoes everything where it is left in any other way."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def __enter__(self) -> None:
        self._connection.begin()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._connection.commit()
        else:
            self._connection.rollback()


def _create_staging(dataset: Dataset) -> str:
    """The table's columns, all of which may be null, and those for the keys that leave."""
    columns = [(column.name, column) for column in dataset.columns]
    columns += [(name, dataset.column(key)) for key, name in leaving_columns(dataset).items()]
    body = ", ".join(f"{identifier(name)} {duck_type(column)}" for name, column in columns)
    return f"CREATE TEMP TABLE {staged_name(dataset.name)} ({body})"


def _read(dataset: Dataset, columns: tuple[str, ...], files: list[Path]) -> str:
    wanted = ", ".join(
        f"CAST({identifier(name)} AT TIME ZONE 'UTC' AS TIMESTAMP)"
        if dataset.column(name).type.name == "instant"
        else f"CAST({identifier(name)} AS {duck_type(dataset.column(name))})"
        for name in columns
    )
    return (
        f"INSERT INTO {staged_name(dataset.name)} ({names(columns)}) SELECT {wanted} "  # noqa: S608 - quoted
        f"FROM read_parquet({text_list(files)}, hive_partitioning = false)"
    )
