"""The commands of `lake`. Each reads its arguments, calls the room that does the work, and prints what it says.

Exit status: 0 done; 1 done, but a file was refused or the books do not balance; 2 the command itself could not be done.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from contracts import DELIVERED
from contracts.model import ContractError
from contracts.source import Source, SourceError
from jobs import deliver as deliveries
from jobs import processed_to_curated, raw_to_processed
from jobs.ledger import LedgerImbalanceError
from jobs.locking import LakeBusyError
from jobs.reports import RunReport
from jobs.source_files import load_sources
from jobs.zones import Zones
from lake import show
from lake.account import account_of, faults_of

__all__ = ["app", "main"]

app = typer.Typer(
    name="lake",
    help="An energy trading data lake: raw CSV becomes governed, exact, queryable tables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_JOBS = ("raw-to-processed", "processed-to-curated")


class _Lake:
    """What the options before the command chose."""

    root = ".lake"
    sources: Path | None = None


@app.callback()
def _options(
    lake: Annotated[
        str, typer.Option("--lake", envvar="ENERGY_LAKE", help="The lake's root: a folder, or s3://…")
    ] = ".lake",
    sources: Annotated[
        Path | None,
        typer.Option("--sources", envvar="ENERGY_LAKE_SOURCES", help="A folder of source files instead of ours"),
    ] = None,
) -> None:
    _Lake.root, _Lake.sources = lake, sources


def _zones() -> Zones:
    return Zones.under(_Lake.root)


def _sources() -> dict[str, Source]:
    return load_sources(_Lake.sources)


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(help="CSV files, also .gz and .zst")],
    dataset: Annotated[str, typer.Option(help="providers, clients or transactions")],
    source: Annotated[str, typer.Option(help="The exporter: a file in sources/, without .toml")],
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="The day of delivery, YYYY-MM-DD")],
) -> None:
    """Put delivered files into the raw zone, as they are."""
    zones, sources = _zones(), _sources()
    for file in files:
        done = deliveries.deliver(zones, sources, dataset=dataset, source=source, ingest_date=day.date(), file=file)
        was = "was there already, byte for byte" if done.was_there else "delivered"
        show.out.print(f"{was}: raw/{done.path}", highlight=False, soft_wrap=True)


@app.command()
def run(
    job: Annotated[str | None, typer.Option(help="Only this job: " + " or ".join(_JOBS))] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
    reject_limit: Annotated[
        float, typer.Option(min=0, max=1, help="Publish nothing of a file with a larger share of rejected rows")
    ] = raw_to_processed.DEFAULT_REJECT_LIMIT,
    accept: Annotated[
        bool, typer.Option("--accept", help="Publish files however many of their rows are rejected")
    ] = False,
) -> None:
    """Process what is due: raw to processed, then processed to curated."""
    if job is not None and job not in _JOBS:
        raise typer.BadParameter(f"{job!r} is no job; there are {' and '.join(_JOBS)}", param_hint="--job")
    zones, report = _zones(), RunReport()
    if job in (None, _JOBS[0]):
        with show.progress_bar(_JOBS[0]) as bar:
            limit = None if accept else reject_limit
            report = raw_to_processed.run(zones, _sources(), reject_limit=limit, progress=bar)
    if job in (None, _JOBS[1]):
        with show.progress_bar(_JOBS[1]) as bar:
            report.curated = processed_to_curated.run(zones, progress=bar)
    if as_json:
        print(json.dumps(report.to_json(), indent=1, ensure_ascii=False))  # noqa: T201 - exactly one object
        show.show_refused(report.refused)
    else:
        show.show_run(report)
    if report.refused:
        raise typer.Exit(1)


@app.command()
def status(
    verify: Annotated[bool, typer.Option("--verify", help="Also compare every file with the books")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Say what is in the lake, what is due, and whether it balances."""
    zones = _zones()
    account = account_of(zones, _sources())
    if verify:
        account.faults += faults_of(zones)
    if as_json:
        print(json.dumps(account.to_json(), indent=1, ensure_ascii=False))  # noqa: T201 - exactly one object
    else:
        show.show_account(account)
    if not account.balances or account.refused:
        raise typer.Exit(1)


@app.command()
def quarantine(
    dataset: Annotated[str | None, typer.Option(help="Only this dataset")] = None,
    rows: Annotated[int, typer.Option(min=0, help="How many rejected rows to show of each dataset")] = 10,
) -> None:
    """Show why rows were rejected, and some of them."""
    from lake.query import Result, connect  # DuckDB takes a moment to load, which other commands need not wait for

    if dataset is not None and dataset not in DELIVERED:
        raise typer.BadParameter(f"{dataset!r} is no dataset; there are {', '.join(DELIVERED)}", param_hint="--dataset")
    with connect(_zones()) as lake:
        for name in [dataset] if dataset else list(DELIVERED):
            table = f"quarantine_{name}"
            counts = lake.execute(
                f"SELECT r, count(*) FROM (SELECT unnest(reasons) r FROM {table}) GROUP BY r"
            ).fetchall()
            sample = lake.execute(
                f"SELECT source_file, source_row, array_to_string(reasons, ', ') reasons, raw FROM {table} "
                "ORDER BY source_file, source_row LIMIT ?",
                [rows],
            )
            columns = [column[0] for column in sample.description or []]
            if counts:
                show.show_quarantine(name, dict(counts), Result(columns, sample.fetchall()))
            else:
                show.out.print(f"No rejected rows in {name}.")


@app.command()
def query(
    sql: Annotated[str, typer.Argument(help="SQL over processed_*, curated_* and quarantine_* tables")],
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV on standard output")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="A JSON array of objects on standard output")] = False,
) -> None:
    """Answer a question in SQL (DuckDB)."""
    import duckdb

    from lake import query as queries

    try:
        result = queries.run_query(_zones(), sql)
    except duckdb.Error as error:
        show.errors.print(f"[bold red]error[/] {error}".replace("[1m", ""), highlight=False)
        raise typer.Exit(2) from error
    if as_csv:
        print(queries.as_csv(result), end="")  # noqa: T201 - for other programs
    elif as_json:
        print(queries.as_json(result))  # noqa: T201 - for other programs
    else:
        show.show_result(result)


@app.command()
def generate(
    directory: Annotated[Path, typer.Argument(help="Where to write; made if it is not there")],
    days: Annotated[int, typer.Option(min=1, help="How many delivery days")] = 30,
    rows: Annotated[int, typer.Option(min=1, help="How many transaction records")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes")] = 1,
    dirt: Annotated[float, typer.Option(min=0, max=1, help="Share of records with something wrong")] = 0.02,
    start: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="First delivery day")] = datetime(2026, 10, 24),  # noqa: DTZ001 - a calendar day
) -> None:
    """Write a realistic month of trades with planted dirt, and the truth about it."""
    from lake.generator import generate as write

    with show.progress_bar("generate") as bar:
        truth = write(
            directory,
            days=days,
            rows=rows,
            seed=seed,
            dirt=dirt,
            start=start.date(),
            progress=lambda d, t: bar("", d, t),
        )
    from lake.demo import describe_generated

    describe_generated(directory, truth)


@app.command()
def demo(
    directory: Annotated[
        Path, typer.Option("--directory", help="Where to put deliveries and lake; emptied first")
    ] = Path(".demo"),
    days: Annotated[int, typer.Option(min=1, help="How many delivery days")] = 30,
    rows: Annotated[int, typer.Option(min=1, help="How many transaction records")] = 200_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same lake")] = 1,
    dirt: Annotated[float, typer.Option(min=0, max=1, help="Share of records with something wrong")] = 0.02,
) -> None:
    """Watch a month of trades with realistic dirt become a lake, and check it against what was planted."""
    from lake.demo import run_demo

    if not run_demo(directory, days=days, rows=rows, seed=seed, dirt=dirt):
        raise typer.Exit(1)


@app.command()
def dictionary(
    target: Annotated[Path, typer.Argument(help="The file to write")] = Path("docs/data-dictionary.md"),
) -> None:
    """Write the data dictionary from the contracts."""
    from contracts.dictionary import data_dictionary

    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(data_dictionary(), encoding="utf-8")
    show.out.print(f"wrote {target}")


def main() -> None:
    """The entry point: what a user can mend becomes one line on the error stream and exit status 2."""
    try:
        app()
    except (
        ContractError,
        SourceError,
        deliveries.DeliveryError,
        LedgerImbalanceError,
        LakeBusyError,
        OSError,
    ) as error:
        show.errors.print("[bold red]error[/]", str(error).replace("[", r"\["), highlight=False, soft_wrap=True)
        sys.exit(2)
