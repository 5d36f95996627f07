"""What a crawl writes to the Data Catalog: tables and partitions, through Glue's own calls and with the crawler's own role.

A table that says already what was found is left alone, so that a crawl of the same objects makes no new version. Nothing is
ever removed: of the delete behaviours LOG alone is emulated, and the others act as it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from local_aws.glue.folders import FoundTable
from local_aws.glue.formats import Column, Found

__all__ = ["Catalog", "Written"]

_PARTITIONS_A_CALL = 100
_ABSENT = "EntityNotFoundException"


@dataclass(kw_only=True)
class Written:
    """What a crawl changed."""

    tables_created: int = 0
    tables_updated: int = 0
    partitions_created: int = 0


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """A database as a crawler writes it.

    Attributes:
        glue: A boto3 client with the keys of the crawler's role.
        database: Its name.
        crawler: Who updates it.
        merges_columns: Whether columns that a table has and the files lack stay (`MergeNewColumns`).
        updates: Whether tables that are there are changed at all (`UPDATE_IN_DATABASE`).
    """

    glue: Any
    database: str
    crawler: str
    merges_columns: bool
    updates: bool

    def write(self, table: FoundTable, found: Found, written: Written) -> None:
        """Makes the table what was found, and registers the partitions that are not there."""
        there = self._table(table.name)
        wanted = self._input(table, found, there)
        if there is None:
            self.glue.create_table(DatabaseName=self.database, TableInput=wanted)
            written.tables_created += 1
        elif self.updates and any(there.get(name) != value for name, value in wanted.items()):
            self.glue.update_table(DatabaseName=self.database, TableInput=wanted)
            written.tables_updated += 1
        if table.partition_keys:
            written.partitions_created += self._register(table, wanted["StorageDescriptor"])

    def _table(self, name: str) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = self.glue.get_table(DatabaseName=self.database, Name=name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] == _ABSENT:
                return None
            raise
        return found

    def _input(self, table: FoundTable, found: Found, there: Mapping[str, Any] | None) -> dict[str, Any]:
        objects = [stored for members in table.partitions.values() for stored in members]
        parameters = {
            "classification": found.classification,
            "compressionType": "gzip" if objects and objects[0].key.endswith(".gz") else "none",
            "typeOfData": "file",
            "objectCount": str(len(objects)),
            "sizeKey": str(sum(stored.size for stored in objects)),
            "CrawlerSchemaSerializerVersion": "1.0",
            "CrawlerSchemaDeserializerVersion": "1.0",
            "UPDATED_BY_CRAWLER": self.crawler,
            **found.parameters,
        }
        described = {
            "Columns": self._columns(found.columns, there),
            "Location": table.location,
            "Compressed": parameters["compressionType"] != "none",
            "StoredAsSubDirectories": False,
            "Parameters": parameters,
            **found.descriptor,
        }
        return {
            "Name": table.name,
            "TableType": "EXTERNAL_TABLE",
            "Parameters": parameters,
            "PartitionKeys": [{"Name": key, "Type": "string"} for key in table.partition_keys],
            "StorageDescriptor": described,
        }

    def _columns(self, found: Sequence[Column], there: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        """The columns that were found; with merging, after those that are there, whose types follow what was found."""
        types = {column.name: column.type for column in found}
        if there is None or not self.merges_columns:
            return [{"Name": name, "Type": kind} for name, kind in types.items()]
        kept = {column["Name"]: column for column in there["StorageDescriptor"]["Columns"]}
        updated = [{**column, "Type": types.get(name, column["Type"])} for name, column in kept.items()]
        return [*updated, *({"Name": name, "Type": kind} for name, kind in types.items() if name not in kept)]

    def _register(self, table: FoundTable, descriptor: Mapping[str, Any]) -> int:
        """Registers new partitions, each with the table's own columns and format (`InheritFromTable`)."""
        pages = self.glue.get_paginator("get_partitions").paginate(DatabaseName=self.database, TableName=table.name)
        known = {tuple(partition["Values"]): partition for page in pages for partition in page["Partitions"]}
        wanted = {
            values: {"Values": list(values), "StorageDescriptor": {**descriptor, "Location": table.folder_of(values)}}
            for values in table.partitions
        }
        new = [partition for values, partition in wanted.items() if values not in known]
        for batch in _batches(new):
            self.glue.batch_create_partition(DatabaseName=self.database, TableName=table.name, PartitionInputList=batch)
        changed = [
            {"PartitionValueList": partition["Values"], "PartitionInput": partition}
            for values, partition in wanted.items()
            if values in known and _columns_of(known[values]) != _columns_of(partition)
        ]
        for batch in _batches(changed):
            self.glue.batch_update_partition(DatabaseName=self.database, TableName=table.name, Entries=batch)
        return len(new)


def _columns_of(partition: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in partition["StorageDescriptor"]["Columns"]]


def _batches(items: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    return [items[start : start + _PARTITIONS_A_CALL] for start in range(0, len(items), _PARTITIONS_A_CALL)]
