"""Redshift's definitions: schemas, tables, views, and the system views that say what there is.

Kept of a table: its columns, NOT NULL, and the bytes a VARCHAR takes. Left away, as Redshift leaves it to the planner: keys,
which it does not enforce. Left away because nothing here depends on it: distribution, sort order, encoding.
"""

import re
from collections.abc import Mapping

from sqlglot import exp

from local_aws.sql.redshift import TEMPORARY, RedshiftError, parse
from local_aws.sql.scans import identifier

__all__ = ["SYSTEM_VIEWS", "Place", "column_definitions", "duckdb_place", "like", "system_view", "table_of"]

Place = tuple[str, str]
"""Schema and table, in small letters."""

_DEFAULT_BYTES = 256
_MOST_BYTES = 65_535
_LAYOUT = re.compile(
    r"\s+(?:DISTSTYLE\s+\w+|DISTKEY\s*\([^)]*\)|(?:COMPOUND\s+|INTERLEAVED\s+)?SORTKEY\s*(?:\([^)]*\)|AUTO|NONE)|"
    r"BACKUP\s+\w+|ENCODE\s+\w+)",
    re.IGNORECASE,
)
_LIKE = re.compile(
    r'CREATE\s+(?P<temp>TEMP(?:ORARY)?\s+)?TABLE\s+(?P<exists>IF\s+NOT\s+EXISTS\s+)?(?P<name>[\w."]+)\s*'
    r'\(\s*LIKE\s+(?P<other>[\w."]+)(?:\s+(?:INCLUDING|EXCLUDING)\s+DEFAULTS)?\s*\)',
    re.IGNORECASE,
)
_TYPES = {exp.DType.CHAR: "VARCHAR", exp.DType.TEXT: "VARCHAR", exp.DType.TIMESTAMPNTZ: "TIMESTAMP"}

SYSTEM_VIEWS = {
    "svv_columns": (
        "SELECT current_database() AS table_catalog, c.schema_name AS table_schema, c.table_name, c.column_name, "
        "c.column_index AS ordinal_position, CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable, "
        "CASE WHEN c.data_type = 'VARCHAR' THEN 'character varying' WHEN c.data_type LIKE 'DECIMAL%' THEN 'numeric' "
        "WHEN c.data_type = 'TIMESTAMP' THEN 'timestamp without time zone' WHEN c.data_type = 'DOUBLE' "
        "THEN 'double precision' ELSE lower(c.data_type) END AS data_type, "
        "l.bytes AS character_maximum_length, c.numeric_precision, c.numeric_scale, c.comment AS remarks "
        "FROM duckdb_columns() AS c LEFT JOIN ({lengths}) AS l ON l.schema_name = c.schema_name "
        "AND l.table_name = c.table_name AND l.column_name = c.column_name "
        "WHERE NOT c.internal AND c.database_name <> 'temp'"
    ),
    "svv_tables": (
        "SELECT current_database() AS table_catalog, schema_name AS table_schema, table_name, 'BASE TABLE' AS table_type, "
        "comment AS remarks FROM duckdb_tables() WHERE NOT internal AND database_name <> 'temp' UNION ALL "
        "SELECT current_database(), schema_name, view_name, 'VIEW', comment FROM duckdb_views() "
        "WHERE NOT internal AND database_name <> 'temp'"
    ),
    "svv_roles": "SELECT * FROM ({roles}) AS r(role_id, role_name)",
    "pg_user": "SELECT * FROM ({users}) AS u(usename, usesuper)",
    "svv_relation_privileges": (
        "SELECT * FROM ({granted}) AS g(namespace_name, relation_name, privilege_type, identity_name, identity_type)"
    ),
    "pg_namespace": "SELECT schema_name AS nspname FROM duckdb_schemas() WHERE NOT internal AND database_name <> 'temp'",
}
"""System views -> what they are here; in braces what the rights and the lengths of texts add."""


def system_view(name: str, parts: Mapping[str, str]) -> str:
    """The query of a system view; the parts are relations in DuckDB's words."""
    text = SYSTEM_VIEWS[name]
    for key, relation in parts.items():
        text = text.replace(f"{{{key}}}", relation)
    return text


def table_of(text: str) -> Place:
    """Schema and name of a table as written; without a schema it is one of `public`."""
    parts = [part.strip('"').lower() for part in re.findall(r'"(?:[^"]|"")+"|[^.]+', text.strip())]
    return (parts[-2] if len(parts) > 1 else "public"), parts[-1]


def duckdb_place(place: Place) -> str:
    """Where DuckDB has a table."""
    schema, name = place
    return f"temp.main.{identifier(name)}" if schema == TEMPORARY else f"{identifier(schema)}.{identifier(name)}"


def like(sql: str) -> re.Match[str] | None:
    """What CREATE TABLE (LIKE ...) names, if it is that."""
    return _LIKE.fullmatch(sql)


def column_definitions(sql: str) -> tuple[exp.Create, dict[str, str], dict[str, int]]:
    """A CREATE TABLE with a column list: the parsed statement, name -> DuckDB's definition, and name -> bytes of a text.

    Raises:
        RedshiftError: It is not understood.
    """
    tree = parse(_LAYOUT.sub(" ", sql))
    if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Schema):
        raise RedshiftError(f"ERROR: this definition is not answered here: {sql[:120]}")
    definitions: dict[str, str] = {}
    lengths: dict[str, int] = {}
    for part in tree.this.expressions:
        if isinstance(part, exp.ColumnDef):
            name = part.name.lower()
            kind, length = _type(part)
            if length:
                lengths[name] = length
            definitions[name] = kind + _constraints(part)
    return tree, definitions, lengths


def _type(column: exp.ColumnDef) -> tuple[str, int]:
    kind = column.kind
    if kind is None:
        raise RedshiftError(f"ERROR: column {column.name} has no type")
    if not kind.is_type(*exp.DataType.TEXT_TYPES):
        return _TYPES.get(kind.this, kind.sql("duckdb")), 0
    given = kind.expressions[0].name if kind.expressions else str(_DEFAULT_BYTES)
    return "VARCHAR", _MOST_BYTES if given.upper() == "MAX" else int(given)


def _constraints(column: exp.ColumnDef) -> str:
    """NOT NULL and DEFAULT; keys are no constraint in Redshift."""
    words = ""
    for constraint in column.args.get("constraints") or ():
        if isinstance(constraint.kind, exp.NotNullColumnConstraint) and not constraint.kind.args.get("allow_null"):
            words += " NOT NULL"
        elif isinstance(constraint.kind, exp.DefaultColumnConstraint):
            words += f" DEFAULT {constraint.kind.this.sql('duckdb')}"
    return words
