"""The commands of `lake`. Each reads its arguments, calls the room that does the work, and prints what it says.

Exit status: 0 done; 1 done, but a file was refused or the books do not balance; 2 the command itself could not be done
(`failures.py` says why).
"""

from datetime import date
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from contracts import DELIVERED
from jobs import deliver as deliveries
from jobs import processed_to_curated, raw_to_processed
from jobs.engine import ENGINES
from jobs.reports import RunReport
from lake import (
    compact_commands,  # noqa: F401 - registers its commands
    console,
    contract_commands,  # noqa: F401 - registers its commands
    load_commands,  # noqa: F401 - registers its commands
    query_commands,  # noqa: F401 - registers its commands
    report_commands,  # noqa: F401 - registers its commands
    show,
    trade_commands,  # noqa: F401 - registers its commands
)
from lake.account import account_of
from lake.app import app, root_of_lake, sources_of_lake, zones_of_lake
from lake.observe import observed_in
from lake.options import currency_of, day_of, dirt_of, engine_of

__all__ = ["app", "main"]

_JOBS = ("raw-to-processed", "processed-to-curated")


@app.command()
def ingest(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="CSV files, also .gz and .zst")],
    dataset: Annotated[str, typer.Option(metavar="DATASET", help="providers, clients or transactions")],
    source: Annotated[str, typer.Option(metavar="SOURCE", help="The exporter: a file in sources/, without .toml")],
    day: Annotated[date, typer.Option("--date", parser=day_of, metavar="YYYY-MM-DD", help="The day of delivery")],
) -> None:
    """Put delivered files into the raw zone, as they are.

    A file that was delivered before, byte for byte, stays as it is.
    Another one under a name of that day becomes a version of its own.
    """
    zones, sources = zones_of_lake(), sources_of_lake()
    for file in files:
        deliveries.check_delivery(sources, dataset=dataset, source=source, file=file)
    for file in files:
        done = deliveries.deliver(zones, sources, dataset=dataset, source=source, ingest_date=day, file=file)
        was = "was there already, byte for byte" if done.was_there else "delivered"
        console.say(f"{was}: raw/{done.path}")


@app.command()
def run(
    job: Annotated[str | None, typer.Option(metavar="JOB", help="Only this job: " + " or ".join(_JOBS))] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
    reject_limit: Annotated[
        float, typer.Option(min=0, max=1, help="Publish nothing of a file with a larger share of rejected rows")
    ] = raw_to_processed.DEFAULT_REJECT_LIMIT,
    accept: Annotated[
        bool, typer.Option("--accept", help="Publish files however many of their rows are rejected")
    ] = False,
    currency: Annotated[
        str, typer.Option("--reporting-currency", metavar="CODE", callback=currency_of, help="Also tell amounts in it")
    ] = processed_to_curated.DEFAULT_REPORTING_CURRENCY,
    engine: Annotated[
        str,
        typer.Option(metavar="ENGINE", callback=engine_of, help="polars, spark, or auto, by the size of what is due"),
    ] = ENGINES[0],
) -> None:
    """Process what is due: raw to processed, then processed to curated.

    A file that cannot be taken is refused and said why; the others go on,
    and the exit status is 1. Running again changes nothing.
    """
    if job is not None and job not in _JOBS:
        raise typer.BadParameter(f"{job!r} is no job; there are {' and '.join(_JOBS)}", param_hint="'--job'")
    zones, report = zones_of_lake(), RunReport()
    if job in (None, _JOBS[0]):
        sources, limit = sources_of_lake(), None if accept else reject_limit
        with console.progress_bar(_JOBS[0]) as bar, observed_in(root_of_lake(), _JOBS[0]) as seen:
            report = raw_to_processed.run(zones, sources, reject_limit=limit, engine=engine, progress=bar, observe=seen)
            seen.run.report = report
    if job in (None, _JOBS[1]):
        with console.progress_bar(_JOBS[1]) as bar, observed_in(root_of_lake(), _JOBS[1]) as seen:
            report.curated = processed_to_curated.run(
                zones, reporting_currency=currency, engine=engine, progress=bar, observe=seen
            )
            seen.run.report = RunReport(curated=report.curated)
    if as_json:
        console.emit_json(report.to_json())
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
    """Say what is in the lake, what is due, and whether it balances.

    The exit status is 1 where the books do not balance, or a file lies
    where no delivery belongs.
    """
    zones = zones_of_lake()
    account = account_of(zones, sources_of_lake())
    if verify:
        from lake.verify import faults_of

        account.faults += faults_of(zones)
    if as_json:
        console.emit_json(account.to_json())
    else:
        show.show_account(account, root_of_lake(), verified=verify)
    if not account.balances or account.refused:
        raise typer.Exit(1)


@app.command()
def quarantine(
    dataset: Annotated[str | None, typer.Option(metavar="DATASET", help="Only this dataset")] = None,
    rows: Annotated[int, typer.Option(min=0, help="How many rejected rows to show of each dataset")] = 10,
) -> None:
    """Show why rows were rejected, and some of them as they were delivered."""
    from lake.query import connect  # DuckDB takes a moment to load, which other commands need not wait for
    from lake.result import Result

    if dataset is not None and dataset not in DELIVERED:
        raise typer.BadParameter(
            f"{dataset!r} is no dataset; there are {', '.join(DELIVERED)}", param_hint="'--dataset'"
        )
    with connect(zones_of_lake()) as lake:
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
                console.say(f"No rejected rows in {name}.")


@app.command()
def generate(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; made if it is not there")],
    days: Annotated[int, typer.Option(min=1, help="How many delivery days")] = 30,
    rows: Annotated[int, typer.Option(min=1, help="How many transaction records")] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes")] = 1,
    dirt: Annotated[float, typer.Option(callback=dirt_of, help="Share of records with something wrong")] = 0.02,
    start: Annotated[date, typer.Option(parser=day_of, metavar="YYYY-MM-DD", help="First delivery day")] = date(
        2026, 10, 24
    ),
) -> None:
    """Write a realistic month of trades with planted dirt, and the truth about it."""
    from lake.generator import generate as write

    with console.progress_bar("generate") as bar:
        truth = write(
            directory,
            days=days,
            rows=rows,
            seed=seed,
            dirt=dirt,
            start=start,
            progress=lambda d, t: bar("", d, t),
        )
    from lake.demo import describe_generated

    describe_generated(directory, truth)


@app.command()
def demo(
    directory: Annotated[
        Path, typer.Option("--directory", metavar="DIR", help="Where to put deliveries and lake; emptied first")
    ] = Path(".demo"),
    days: Annotated[int, typer.Option(min=1, help="How many delivery days")] = 30,
    rows: Annotated[int, typer.Option(min=1, help="How many transaction records")] = 200_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same lake")] = 1,
    dirt: Annotated[float, typer.Option(callback=dirt_of, help="Share of records with something wrong")] = 0.02,
) -> None:
    """Watch a month of trades with realistic dirt become a lake, and check it against what was planted."""
    from lake.demo import run_demo

    if not run_demo(directory, days=days, rows=rows, seed=seed, dirt=dirt):
        raise typer.Exit(1)


@app.command()
def dictionary(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write")] = Path("docs/data-dictionary.md"),
) -> None:
    """Write the data dictionary from the contracts."""
    from contracts.dictionary import data_dictionary

    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(data_dictionary(), encoding="utf-8")
    console.say(f"wrote {target}")


def main() -> None:
    """The entry point: our own commands, and those that other packages offer as `energy_lake.commands`."""
    for offered in metadata.entry_points(group="energy_lake.commands"):
        app.add_typer(offered.load(), name=offered.name)
    app()
