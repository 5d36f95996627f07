"""What the Redshift Data API lists of a database: schemas, tables, columns. Everything that is there, whoever asks."""

import json
import re
from typing import Any

from moto.core.common_types import TYPE_RESPONSE
from moto.redshiftdata.responses import RedshiftDataAPIServiceResponse as Response

from local_aws.fixes import patching
from local_aws.sql.redshift_sign_in import database_of, user_of

__all__ = ["answer", "install", "page"]

_ITEMS_OF_A_PAGE = 100


def install() -> None:
    """Changes moto's Redshift Data API, which knows none of these calls."""
    patching.add(Response, "list_databases", _databases)
    patching.add(Response, "list_schemas", _schemas)
    patching.add(Response, "list_tables", _tables)
    patching.add(Response, "describe_table", _table)


def _databases(response: Response) -> TYPE_RESPONSE:
    return page(response, "Databases", [database_of(response).name])


def _schemas(response: Response) -> TYPE_RESPONSE:
    rows = _asked(
        response, "SELECT schema_name FROM duckdb_schemas() WHERE NOT internal AND database_name = 'memory' ORDER BY 1"
    )
    return page(response, "Schemas", [schema for (schema,) in rows if _like(schema, response, "SchemaPattern")])


def _tables(response: Response) -> TYPE_RESPONSE:
    """AWS lists tables and views. moto does not know the call."""
    rows = _asked(
        response,
        "SELECT table_name, 'TABLE', schema_name FROM duckdb_tables() WHERE database_name = 'memory' UNION ALL "
        "SELECT view_name, 'VIEW', schema_name FROM duckdb_views() WHERE NOT internal AND database_name = 'memory' ORDER BY 3, 1",
    )
    found = [
        {"name": name, "type": kind, "schema": schema}
        for name, kind, schema in rows
        if _like(schema, response, "SchemaPattern") and _like(name, response, "TablePattern")
    ]
    return page(response, "Tables", found)


def _table(response: Response) -> TYPE_RESPONSE:
    """AWS describes the columns of a table. moto does not know the call."""
    from local_aws.sql.redshift_rows import column_metadata
    from local_aws.sql.redshift_session import Session

    database = database_of(response)
    schema, table = (
        (patching.asked(response, "Schema") or "public").lower(),
        (patching.asked(response, "Table") or "").lower(),
    )
    session = Session(database, user_of(response, database))
    columns = session.columns(schema, table) or {}
    session.close()
    described = [
        {**column_metadata(name, kind), "schemaName": schema, "tableName": table} for name, kind in columns.items()
    ]
    return answer({"TableName": table, "ColumnList": described})


def _asked(response: Response, sql: str) -> list[tuple[Any, ...]]:
    return database_of(response).lake.cursor().execute(sql).fetchall()


def _like(name: str, response: Response, pattern: str) -> bool:
    """Whether a name meets a pattern of LIKE; there may be none."""
    asked = patching.asked(response, pattern)
    if not asked:
        return True
    return re.fullmatch("".join({"%": ".*", "_": "."}.get(c, re.escape(c)) for c in asked), name) is not None


def page(response: Response, key: str, found: list[Any]) -> TYPE_RESPONSE:
    """One page of a list, under the key that the call gives it."""
    begin = int(patching.asked(response, "NextToken") or 0)
    most = int(patching.asked(response, "MaxResults") or _ITEMS_OF_A_PAGE)
    shown: dict[str, Any] = {key: found[begin : begin + most]}
    if begin + most < len(found):
        shown["NextToken"] = str(begin + most)
    return answer(shown)


def answer(content: dict[str, Any]) -> TYPE_RESPONSE:
    """A request's answer, as moto wants it."""
    return 200, {}, json.dumps(content)
