"""The Glue catalog as Athena sees it: tables with their columns, views, and the partitions that are registered."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.glue.models import glue_backends
from sqlglot import exp

from local_aws.identity import ACCOUNT_ID
from local_aws.sql.types import of_hive

__all__ = ["CATALOG", "Catalog", "NotInCatalogError", "Partition", "Table", "View", "view_text"]

CATALOG = "awsdatacatalog"
"""What the Glue catalog is called in a query; another one is not known."""

_VIEW = "/* Presto View: "
_END = " */"

Column = tuple[str, exp.DataType]


class NotInCatalogError(LookupError):
    """A database or table that is not there."""


@dataclass(frozen=True, kw_only=True)
class View:
    """What a view says, as Athena keeps it in the catalog."""

    sql: str
    database: str


@dataclass(frozen=True, kw_only=True)
class Table:
    """A table of the catalog.

    Attributes:
        database: Where it is.
        name: What it is called, in small letters.
        columns: Name and Trino type of what is in the files.
        keys: Name and Trino type of what is in the folders.
        location: The folder of an unpartitioned table; of a partitioned one, where its partitions usually lie.
        serde: The class that reads its files.
        settings: The parameters of that class and of the table.
        view: What it stands for, where it is a view.
    """

    database: str
    name: str
    columns: tuple[Column, ...]
    keys: tuple[Column, ...]
    location: str
    serde: str
    settings: Mapping[str, str] = field(default_factory=dict)
    view: View | None = None

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """Columns, then partition keys, as a query sees them."""
        return (*self.columns, *self.keys)


@dataclass(frozen=True, kw_only=True)
class Partition:
    """A registered partition: the keys' values as texts, where its files are, and its own idea of the columns' Hive types."""

    values: tuple[str, ...]
    location: str
    types: Mapping[str, str]


class Catalog:
    """The catalog of a region."""

    def __init__(self, region: str) -> None:
        self._glue: Any = glue_backends[ACCOUNT_ID][region]

    def databases(self) -> list[str]:
        """Names, sorted."""
        return sorted(database.name for database in self._glue.get_databases())

    def tables(self, database: str) -> list[str]:
        """Names of tables and views, sorted. Raises `NotInCatalogError`."""
        return sorted(table.name for table in self._database(database).tables.values())

    def table(self, database: str, name: str) -> Table:
        """A table or view. Raises `NotInCatalogError`, with Athena's words."""
        found = self._database(database).tables.get(name)
        if found is None:
            raise NotInCatalogError(f"TABLE_NOT_FOUND: Table '{CATALOG}.{database}.{name}' does not exist")
        return _table(database, found.as_dict())

    def description(self, database: str, name: str) -> dict[str, Any]:
        """A table as Glue's own API gives it."""
        self.table(database, name)
        found: dict[str, Any] = self._glue.get_table(database, name).as_dict()
        return found

    def partitions(self, table: Table) -> list[Partition]:
        """The registered partitions. A folder that nobody registered is none."""
        found = list(self._glue.get_table(table.database, table.name).partitions.values())
        return [_partition(table, partition.as_dict()) for partition in found]

    def make_database(self, name: str) -> None:
        """Adds a database. Raises `NotInCatalogError` where it is there already."""
        self._tried(lambda: self._glue.create_database(name, {"Name": name}))

    def drop_database(self, name: str) -> None:
        """Takes a database away with its tables."""
        self._tried(lambda: self._glue.delete_database(name))

    def put_table(self, database: str, name: str, definition: Mapping[str, Any], *, replace: bool = False) -> None:
        """Adds a table, or puts it in the place of one of that name."""
        if replace and name in self._database(database).tables:
            self._glue.update_table(database, name, {"Name": name, **definition})
        else:
            self._tried(lambda: self._glue.create_table(database, name, {"Name": name, **definition}))

    def drop_table(self, database: str, name: str) -> None:
        """Takes a table or view away; its files stay."""
        self._tried(lambda: self._glue.delete_table(database, name))

    def add_partition(self, table: Table, values: Sequence[str], location: str) -> bool:
        """Registers a partition, unless it is there. Says whether it was added."""
        if any(partition.values == tuple(values) for partition in self.partitions(table)):
            return False
        descriptor = self.description(table.database, table.name)["StorageDescriptor"]
        wanted = {"Values": list(values), "StorageDescriptor": {**descriptor, "Location": location}}
        self._tried(lambda: self._glue.create_partition(table.database, table.name, wanted))
        return True

    def drop_partition(self, table: Table, values: Sequence[str]) -> None:
        """Forgets a partition; its files stay."""
        self._tried(lambda: self._glue.delete_partition(table.database, table.name, list(values)))

    def _database(self, name: str) -> Any:  # noqa: ANN401 - moto's
        found = self._glue.databases.get(name)
        if found is None:
            raise NotInCatalogError(f"SCHEMA_NOT_FOUND: Schema '{name}' does not exist")
        return found

    def _tried(self, change: Any) -> None:  # noqa: ANN401 - a call of moto's
        try:
            change()
        except JsonRESTError as error:
            raise NotInCatalogError(f"FAILED: {error.message}") from error


def _table(database: str, described: Mapping[str, Any]) -> Table:
    descriptor = described.get("StorageDescriptor") or {}
    serde = descriptor.get("SerdeInfo") or {}
    return Table(
        database=database,
        name=described["Name"],
        columns=_columns(descriptor.get("Columns")),
        keys=_columns(described.get("PartitionKeys")),
        location=descriptor.get("Location") or "",
        serde=(serde.get("SerializationLibrary") or "").rsplit(".", 1)[-1],
        settings={**(described.get("Parameters") or {}), **(serde.get("Parameters") or {})},
        view=_view(described),
    )


def _columns(described: Sequence[Mapping[str, str]] | None) -> tuple[Column, ...]:
    return tuple((column["Name"].lower(), of_hive(column.get("Type") or "string")) for column in described or ())


def _view(described: Mapping[str, Any]) -> View | None:
    text = described.get("ViewOriginalText") or ""
    if described.get("TableType") != "VIRTUAL_VIEW" or not text.startswith(_VIEW):
        return None
    known = json.loads(base64.b64decode(text.removeprefix(_VIEW).removesuffix(_END)))
    return View(sql=known["originalSql"], database=known["schema"])


def _partition(table: Table, described: Mapping[str, Any]) -> Partition:
    descriptor = described.get("StorageDescriptor") or {}
    columns = descriptor.get("Columns") or ()
    return Partition(
        values=tuple(described.get("Values") or ()),
        location=descriptor.get("Location") or table.location,
        types={column["Name"].lower(): column.get("Type") or "string" for column in columns},
    )


def view_text(sql: str, database: str, columns: Sequence[tuple[str, str]]) -> str:
    """A view as Athena writes it into the catalog.

    Args:
        sql: What it stands for.
        database: Where its unqualified tables are.
        columns: Name and Trino type of each column.
    """
    known = {
        "originalSql": sql,
        "catalog": CATALOG,
        "schema": database,
        "columns": [{"name": name, "type": kind} for name, kind in columns],
    }
    return f"{_VIEW}{base64.b64encode(json.dumps(known).encode()).decode()}{_END}"
