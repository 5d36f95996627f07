"""The command `lake query`: SQL over the folder lake, or, with --athena, over the lake on AWS."""

from typing import Annotated

import typer

from lake import console
from lake.app import app, zones_of_lake
from lake.parameters import ParameterError, Value, parameter_of

__all__ = ["query"]


@app.command()
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the lake's tables")],
    values: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="VALUE", help="For the next ? of the question; date:2026-01-31, integer:5, …"),
    ] = None,
    dialect: Annotated[str, typer.Option(metavar="DIALECT", help="trino (Athena's SQL) or duckdb")] = "trino",
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array of objects on standard output")] = False,
) -> None:
    """Answer a question in SQL.

    The tables are transactions and the others of the curated zone, processed_*
    and quarantine_*. SHOW TABLES lists them, DESCRIBE transactions says what is
    in one. Instants are UTC, decimals exact. A query reads the lake and nothing
    else, and changes nothing.
    """
    from lake import query as queries
    from lake import result as results

    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json", param_hint="'--csv'")
    given = _bound(values or [])
    try:
        result = queries.run_query(zones_of_lake(), sql, given, dialect=dialect)
    except queries.QueryError as error:
        console.complain("error", str(error))
        raise typer.Exit(2) from error
    if as_csv:
        console.emit(results.as_csv(result))
    elif as_json:
        console.emit(results.as_json(result) + "\n")
    else:
        console.print_result(result)


def _bound(written: list[str]) -> list[Value]:
    try:
        return [parameter_of(value) for value in written]
    except ParameterError as error:
        raise typer.BadParameter(str(error), param_hint="'--param'") from error
