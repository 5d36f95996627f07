"""Athena's statements that change the catalog: databases, views, tables over files, partitions. What shows it is in `showing.py`.

Databases, tables and partitions go into the Glue catalog, where crawlers and everybody else find them. Rights on the catalog are
asked of Lake Formation where something is made; what IAM would say is not asked here.
"""

import re
from collections.abc import Callable, Sequence

from sqlglot import exp

from local_aws import lake_formation
from local_aws.sql import objects, trino
from local_aws.sql.catalog import NotInCatalogError, Table, view_text
from local_aws.sql.statements import NO_ROWS, Done, Request, texts
from local_aws.sql.types import of_hive

__all__ = ["NAME", "STATEMENTS", "definition_over", "hive_type", "place", "table_of", "words"]

NAME = r"(?P<name>[\w.`\"]+)"
_FORMATS = {
    "PARQUET": (
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
        "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
    ),
    "TEXTFILE": (
        "org.apache.hadoop.mapred.TextInputFormat",
        "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
    ),
}


def words(pattern: str) -> re.Pattern[str]:
    """A pattern of a statement: letters of either size, any white space where it has a blank."""
    return re.compile(pattern.replace(" ", r"\s+"), re.IGNORECASE | re.DOTALL)


def place(request: Request, name: str) -> tuple[str, str]:
    """Database and table of a name that may leave the database out."""
    parts = [part.strip('`"').lower() for part in name.split(".")]
    return (parts[-2] if len(parts) > 1 else request.database), parts[-1]


def table_of(request: Request, name: str) -> Table:
    """The table that a statement names. Raises `NotInCatalogError`."""
    return request.reader.catalog.table(*place(request, name))


def definition_over(
    columns: Sequence[tuple[str, str]], keys: Sequence[tuple[str, str]], location: str, form: str
) -> dict[str, object]:
    """A table over files, in the words of Glue: columns and keys by name and Hive type."""
    input_format, output_format, library = _FORMATS[form]
    return {
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"EXTERNAL": "TRUE", "classification": form.lower()},
        "PartitionKeys": [{"Name": name, "Type": kind} for name, kind in keys],
        "StorageDescriptor": {
            "Columns": [{"Name": name, "Type": kind} for name, kind in columns],
            "Location": location.rstrip("/") + "/",
            "InputFormat": input_format,
            "OutputFormat": output_format,
            "SerdeInfo": {"SerializationLibrary": library, "Parameters": {"serialization.format": "1"}},
        },
    }


def _create_view(request: Request, found: re.Match[str]) -> Done:
    database, name = place(request, found["name"])
    lake_formation.may_create(request.reader.caller, request.reader.region, database)
    sql = found["sql"].strip()
    tree = request.reader.checked(trino.parse(sql), request.database)
    columns = [(column, kind.sql("trino").lower()) for column, kind in trino.columns_of(tree)]
    hive = [(column, hive_type(kind)) for column, kind in trino.columns_of(tree)]
    existing = name in request.reader.catalog.tables(database)
    if existing and request.reader.catalog.table(database, name).view is None:
        raise trino.SyntaxRefusedError(
            f"ALREADY_EXISTS: line 1:1: Table '{database}.{name}' already exists and is no view"
        )
    if existing and not found["replace"]:
        raise trino.SyntaxRefusedError(f"ALREADY_EXISTS: line 1:1: View already exists: '{database}.{name}'")
    definition = {
        "TableType": "VIRTUAL_VIEW",
        "Parameters": {"presto_view": "true", "comment": "Presto View"},
        "PartitionKeys": [],
        "ViewOriginalText": view_text(sql, request.database, columns),
        "ViewExpandedText": "/* Presto View */",
        "StorageDescriptor": {"Columns": [{"Name": column, "Type": kind} for column, kind in hive], "Location": ""},
    }
    request.reader.catalog.put_table(database, name, definition, replace=True)
    return NO_ROWS


def hive_type(kind: exp.DataType) -> str:
    """A Trino type as the catalog spells it."""
    written = kind.sql("hive").lower().replace(", ", ",")
    return "string" if kind.is_type(*exp.DataType.TEXT_TYPES) else written


def _drop(request: Request, found: re.Match[str]) -> Done:
    database, name = place(request, found["name"])
    lake_formation.may_create(request.reader.caller, request.reader.region, database)
    try:
        request.reader.catalog.drop_table(database, name)
    except NotInCatalogError:
        if not found["exists"]:
            raise
    return NO_ROWS


def _create_table(request: Request, found: re.Match[str]) -> Done:
    """CREATE EXTERNAL TABLE, in Hive's words: columns, keys, form and place. Other clauses are refused."""
    database, name = place(request, found["name"])
    lake_formation.may_create(request.reader.caller, request.reader.region, database)
    if name in request.reader.catalog.tables(database):
        if found["exists"]:
            return NO_ROWS
        raise trino.SyntaxRefusedError(f"ALREADY_EXISTS: Table {name} already exists")
    form = (found["form"] or "TEXTFILE").upper()
    if form not in _FORMATS:
        raise trino.SyntaxRefusedError(f"NOT_SUPPORTED: STORED AS {form}; answered here are {', '.join(_FORMATS)}")
    definition = definition_over(_declared(found["columns"]), _declared(found["keys"] or ""), found["location"], form)
    request.reader.catalog.put_table(database, name, definition)
    return NO_ROWS


def _declared(text: str) -> list[tuple[str, str]]:
    """Names and Hive types of a column list; commas inside of a type separate nothing."""
    parts = re.split(r",(?![^(<]*[)>])", text)
    declared = []
    for part in parts:
        if part.strip():
            name, kind = part.strip().split(maxsplit=1)
            kind = re.sub(r"\s+COMMENT\s+'.*'$", "", kind.strip(), flags=re.IGNORECASE)
            of_hive(kind)
            declared.append((name.strip("`").lower(), kind.lower()))
    return declared


def _create_database(request: Request, found: re.Match[str]) -> Done:
    name = found["name"].strip('`"').lower()
    if name in request.reader.catalog.databases():
        if found["exists"]:
            return NO_ROWS
        raise trino.SyntaxRefusedError(f"ALREADY_EXISTS: Database {name} already exists")
    request.reader.catalog.make_database(name)
    return NO_ROWS


def _drop_database(request: Request, found: re.Match[str]) -> Done:
    name = found["name"].strip('`"').lower()
    if name not in request.reader.catalog.databases():
        if found["exists"]:
            return NO_ROWS
        raise NotInCatalogError(f"SCHEMA_NOT_FOUND: Schema '{name}' does not exist")
    if request.reader.catalog.tables(name) and not found["cascade"]:
        raise trino.SyntaxRefusedError(f"SCHEMA_NOT_EMPTY: Database {name} is not empty. One or more tables exist.")
    request.reader.catalog.drop_database(name)
    return NO_ROWS


def _values(table: Table, spec: str) -> list[str]:
    given = {name: text or bare for name, text, bare in re.findall(r"`?(\w+)`?\s*=\s*(?:'([^']*)'|([^\s,)]+))", spec)}
    names = [name for name, _ in table.keys]
    if sorted(given) != sorted(names):
        raise trino.SyntaxRefusedError(
            f"FAILED: SemanticException partition spec {spec} does not name {', '.join(names)}"
        )
    return [given[name] for name in names]


def _add_partition(request: Request, found: re.Match[str]) -> Done:
    table = table_of(request, found["name"])
    for spec, location in re.findall(
        r"PARTITION\s*\((.*?)\)(?:\s*LOCATION\s*'([^']*)')?", found["specs"], re.IGNORECASE | re.DOTALL
    ):
        values = _values(table, spec)
        names = [name for name, _ in table.keys]
        folder = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        added = request.reader.catalog.add_partition(
            table, values, location or f"{table.location.rstrip('/')}/{folder}/"
        )
        if not added and not found["exists"]:
            raise trino.SyntaxRefusedError("FAILED: AlreadyExistsException: Partition already exists.")
    return NO_ROWS


def _drop_partition(request: Request, found: re.Match[str]) -> Done:
    table = table_of(request, found["name"])
    try:
        request.reader.catalog.drop_partition(table, _values(table, found["spec"]))
    except NotInCatalogError:
        if not found["exists"]:
            raise
    return NO_ROWS


def _repair(request: Request, found: re.Match[str]) -> Done:
    """Registers the folders `key=value` below the table's location, and says which."""
    table = table_of(request, found["name"])
    base = objects.place_of(table.location.rstrip("/") + "/")
    names = [name for name, _ in table.keys]
    seen: dict[tuple[str, ...], None] = {}
    for one in objects.listed(base):
        folders = one.place.key.removeprefix(base.key).split("/")[:-1]
        pairs = [folder.partition("=") for folder in folders[: len(names)]]
        if [name.lower() for name, _, _ in pairs] == names:
            seen[tuple(value for _, _, value in pairs)] = None
    added = []
    for values in seen:
        folder = "/".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        if request.reader.catalog.add_partition(table, values, f"{base.url}{folder}/"):
            added.append(f"{table.name}:{folder}")
    missing = [f"Partitions not in metastore:\t{chr(9).join(added)}"] if added else []
    return texts("", [*missing, *(f"Repair: Added partition to metastore {one}" for one in added)])


STATEMENTS: tuple[tuple[re.Pattern[str], Callable[[Request, re.Match[str]], Done]], ...] = (
    (words(rf"CREATE (?P<replace>OR REPLACE )?VIEW {NAME} AS (?P<sql>.*)"), _create_view),
    (words(rf"DROP (?:VIEW|TABLE) (?P<exists>IF EXISTS )?{NAME}"), _drop),
    (
        words(
            rf"CREATE EXTERNAL TABLE (?P<exists>IF NOT EXISTS )?{NAME}\s*\((?P<columns>.*?)\)\s*"
            r"(?:PARTITIONED BY\s*\((?P<keys>.*?)\)\s*)?(?:STORED AS (?P<form>\w+)\s*)?LOCATION '(?P<location>[^']+)'"
        ),
        _create_table,
    ),
    (words(rf"CREATE (?:DATABASE|SCHEMA) (?P<exists>IF NOT EXISTS )?{NAME}"), _create_database),
    (words(rf"DROP (?:DATABASE|SCHEMA) (?P<exists>IF EXISTS )?{NAME}(?P<cascade> CASCADE)?"), _drop_database),
    (words(rf"ALTER TABLE {NAME} ADD (?P<exists>IF NOT EXISTS )?(?P<specs>PARTITION.*)"), _add_partition),
    (words(rf"ALTER TABLE {NAME} DROP (?P<exists>IF EXISTS )?PARTITION\s*\((?P<spec>.*)\)"), _drop_partition),
    (words(rf"MSCK REPAIR TABLE {NAME}"), _repair),
)
"""A statement's whole text -> what does it."""
