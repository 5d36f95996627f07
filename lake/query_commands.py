"""The command `lake query`: SQL over the folder lake, or, with --athena, over the lake on AWS."""

from contextlib import ExitStack
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lake import console
from lake.app import app, zones_of_lake
from lake.options import day_of
from lake.parameters import ParameterError, Value, parameter_of

if TYPE_CHECKING:
    from lake.athena import Athena, Execution, Question
    from lake.athena_cost import Estimate
    from lake.result import Result

__all__ = ["query"]

_GIGABYTE = 1_000_000_000


@app.command()
def query(
    sql: Annotated[str, typer.Argument(metavar="SQL", help="One SELECT over the lake's tables")],
    values: Annotated[
        list[str] | None,
        typer.Option(
            "--param", metavar="VALUE", help="For the next ? of the question: a text, or date:2026-01-31, integer:5 …"
        ),
    ] = None,
    dialect: Annotated[str, typer.Option(metavar="DIALECT", help="trino (Athena's SQL) or duckdb")] = "trino",
    as_of: Annotated[
        date | None,
        typer.Option(
            "--as-of", parser=day_of, metavar="YYYY-MM-DD", help="The lake as it was known on that day, marts and all"
        ),
    ] = None,
    athena: Annotated[bool, typer.Option("--athena", help="Ask Athena instead of the folder lake")] = False,
    workgroup: Annotated[
        str, typer.Option(envvar="ENERGY_LAKE_WORKGROUP", metavar="NAME", help="Athena: the persona's workgroup")
    ] = "",
    database: Annotated[
        str, typer.Option(metavar="NAME", help="Athena: where tables are that name none; the workgroup's stack's")
    ] = "",
    max_scan: Annotated[float | None, typer.Option(min=0, metavar="GB", help="Athena: refuse to scan more")] = None,
    reuse: Annotated[
        int, typer.Option(min=0, max=10_080, metavar="MINUTES", help="Athena: an answer may be so old")
    ] = 0,
    occasion: Annotated[
        str, typer.Option(metavar="NAME", help="Athena: ask once on this occasion, whoever repeats it")
    ] = "",
    timeout: Annotated[float, typer.Option(min=1, metavar="SECONDS", help="Athena: cancel after")] = 1800,
    unload: Annotated[bool, typer.Option("--unload", help="Athena: a large answer, by Parquet, in no order")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array of objects on standard output")] = False,
) -> None:
    """Answer a question in SQL.

    The tables are transactions and the others of the curated zone, processed_*
    and quarantine_*. SHOW TABLES lists them, DESCRIBE transactions says what is
    in one. Instants are UTC, decimals exact. A query reads the lake and nothing
    else, and changes nothing. With --athena the same question goes to AWS, and
    what it costs is said before and after.
    """
    if as_csv and as_json:
        raise typer.BadParameter("choose one of --csv and --json", param_hint="'--csv'")
    given = _bound(values or [])
    if not athena:
        result = _from_folder(sql, given, dialect, as_of)
    else:
        if as_of:
            raise typer.BadParameter(
                "Athena is asked for a day with queries/transactions_as_of.sql; --as-of is for the folder lake",
                param_hint="'--as-of'",
            )
        if not workgroup:
            raise typer.BadParameter("Athena is asked in a workgroup; name it", param_hint="'--workgroup'")
        from lake.athena import Athena, Question

        asked = Question(
            sql=sql, parameters=tuple(given), reuse_minutes=reuse, **({"occasion": occasion} if occasion else {})
        )
        limit = None if max_scan is None else int(max_scan * _GIGABYTE)
        client = Athena(workgroup, database or _database_of(workgroup), patience_seconds=timeout)
        result = _from_athena(client, asked, limit, unload=unload)
    _print(result, as_csv=as_csv, as_json=as_json)


def _bound(written: list[str]) -> list[Value]:
    try:
        return [parameter_of(value) for value in written]
    except ParameterError as error:
        raise typer.BadParameter(str(error), param_hint="'--param'") from error


def _from_folder(sql: str, values: list[Value], dialect: str, as_of: date | None) -> "Result":
    from lake import query as queries

    try:
        with ExitStack() as stack:
            zones = zones_of_lake()
            if as_of:
                from jobs.as_of import lake_as_of

                folder = stack.enter_context(TemporaryDirectory(prefix="energy-lake-"))
                bar = stack.enter_context(console.progress_bar(f"as of {as_of}"))
                zones = lake_as_of(zones, as_of, Path(folder), progress=bar)
            return queries.run_query(zones, sql, values, dialect=dialect)
    except queries.QueryError as error:
        console.complain("error", str(error))
        raise typer.Exit(2) from error


def _from_athena(client: "Athena", asked: "Question", limit_bytes: int | None, *, unload: bool) -> "Result":
    from lake.athena_cost import check_limit
    from lake.athena_failures import AthenaError
    from lake.athena_unload import ask_by_unload
    from lake.result import Result

    try:
        estimate = _estimate(client, asked)
        check_limit(estimate, limit_bytes, client.settings.cutoff_bytes)
        if unload:
            unloaded = ask_by_unload(client, asked)
            _say_cost(unloaded.execution)
            return Result(unloaded.frame.columns, unloaded.frame.rows())
        answer = client.ask(asked)
    except AthenaError as error:
        console.complain("error", str(error))
        raise typer.Exit(2) from error
    except KeyboardInterrupt as stopped:
        console.complain("stopped", "the query was cancelled in Athena; what it had scanned until then is billed")
        raise typer.Exit(130) from stopped
    _say_cost(answer.execution, reuse_wanted=bool(asked.reuse_minutes))
    return answer.table.result


def _estimate(client: "Athena", asked: "Question") -> "Estimate | None":
    """What the question will scan, said on the error stream; null where the lake at hand does not tell."""
    from lake.athena_cost import estimate_of, money, sized
    from lake.trino import TrinoError

    try:
        found = estimate_of(zones_of_lake(), asked.sql, client.database, asked.parameters)
    except (TrinoError, OSError) as error:
        _note(f"What it will scan is not known: {error}")
        return None
    if found.is_complete:
        said = f"about {sized(found.scanned_bytes)} in {found.files:,} files, ${money(found.scanned_bytes)}"
        _note(f"Will scan {said}.")
    else:
        _note(f"What it will scan is not known: this lake has no files of {', '.join(found.unknown)}.")
    return found


def _say_cost(execution: "Execution", *, reuse_wanted: bool = False) -> None:
    from lake.athena_cost import money, sized

    if execution.is_reused:
        _note("An earlier answer was taken again: nothing scanned, $0.")
        return
    _note(
        f"Scanned {sized(execution.scanned_bytes)} in {execution.seconds:.1f} s, ${money(execution.scanned_bytes)}; "
        f"query {execution.id}."
    )
    if reuse_wanted:
        _note("No earlier answer was taken: there is none so young, or the tables are governed by Lake Formation.")


def _database_of(workgroup: str) -> str:
    """`energy-lake-dev-analyst` asks `energy_lake_dev_curated`."""
    prefix, _, _ = workgroup.rpartition("-")
    return f"{prefix}_curated".replace("-", "_")


def _note(text: str) -> None:
    """Beside the answer, which goes to standard output alone."""
    console.errors.print(Text(console.visible(text), "dim"), soft_wrap=True)


def _print(result: "Result", *, as_csv: bool, as_json: bool) -> None:
    from lake import result as results

    if as_csv:
        console.emit(results.as_csv(result))
    elif as_json:
        console.emit(results.as_json(result) + "\n")
    else:
        console.print_result(result)
