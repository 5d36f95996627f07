"""What the command line prints: tables and sentences. Nothing is computed here, and everything goes to one console."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from contracts import DELIVERED
from jobs.reports import FileRefusal, RunReport
from lake.account import Account
from lake.query import Result
from transforms.totals import Totals

__all__ = [
    "errors",
    "out",
    "progress_bar",
    "show_account",
    "show_quarantine",
    "show_refused",
    "show_result",
    "show_run",
]

out = Console()
errors = Console(stderr=True)

_MOST_ROWS_SHOWN = 200


@contextmanager
def progress_bar(title: str) -> Iterator["ProgressBar"]:
    """A bar on the terminal's error stream while the body runs; silent where there is no terminal."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as progress:
        yield ProgressBar(progress, title)


class ProgressBar:
    """What jobs call with a name, the amount done and the amount in all."""

    def __init__(self, progress: Progress, title: str) -> None:
        self._progress = progress
        self._title = title
        self._task = progress.add_task(title, total=None)

    def __call__(self, name: str, done: int, total: int) -> None:
        short = name.rsplit("/", 1)[-1]
        self._progress.update(self._task, description=f"{self._title} {short}", completed=done, total=total or 1)


def show_run(report: RunReport) -> None:
    """One line a dataset and one a curated table, and the refused files below."""
    if report.datasets:
        table = _table(
            "raw to processed", "dataset", "files", "rows in", "valid", "rejected", "duplicates", "MWh in", "MWh out"
        )
        for column in ("money in", "money out", "seconds"):
            table.add_column(column, justify="right")
        for name, done in report.datasets.items():
            rows = (done.received.rows, done.valid.rows, done.rejected.rows, done.duplicates.rows)
            table.add_row(
                name,
                str(done.files),
                *(f"{count:,}" for count in rows),
                *(_energy(totals) for totals in (done.received, done.valid)),
                *(_money(totals) for totals in (done.received, done.valid)),
                f"{done.seconds:.2f}",
            )
        out.print(table)
        known = sum(done.known for done in report.datasets.values())
        if known:
            out.print(f"{known} file(s) hold what was delivered before, byte for byte, and add nothing.")
    if report.curated and report.curated.tables:
        table = _table(
            "processed to curated", "table", "rows", "partitions redone", "superseded", "unknown counterparties"
        )
        for name, made in report.curated.tables.items():
            counts = (made.rows, made.redone, made.superseded, made.unknown_counterparties)
            table.add_row(name, *(f"{count:,}" for count in counts))
        out.print(table)
    if not report.datasets and not (report.curated and report.curated.dates) and not report.refused:
        out.print("Nothing is due: every delivered file is in the lake.")
    show_refused(report.refused)


def show_refused(refused: list[FileRefusal]) -> None:
    """The files of which nothing was taken, on the error stream."""
    for refusal in refused:
        errors.print(f"[bold red]refused[/] {_plain(refusal.why)}", highlight=False)


def show_account(account: Account) -> None:
    """What is in the lake, what is due, and whether it balances."""
    table = _table(
        "every row accounted for",
        "dataset",
        "files",
        "rows in",
        "current",
        "superseded",
        "duplicates",
        "rejected",
        "MWh in",
    )
    for name, books in account.datasets.items():
        rows = (
            books.received.rows,
            books.current_rows,
            books.superseded_rows,
            books.duplicates.rows,
            books.rejected.rows,
        )
        table.add_row(name, str(books.files), *(f"{count:,}" for count in rows), _energy(books.received))
    out.print(table if account.datasets else "The lake is empty; deliver files with `lake ingest`.")
    if account.curated_rows:
        rows_by_table = ", ".join(f"{name} {rows:,}" for name, rows in account.curated_rows.items())
        out.print(f"curated: {rows_by_table} rows")
    if account.due or account.is_curated_due:
        out.print(
            f"due: {len(account.due)} file(s)"
            + (", curated tables" if account.is_curated_due else "")
            + "; run `lake run`"
        )
    else:
        out.print("Nothing is due.")
    show_refused(account.refused)
    for fault in account.faults:
        errors.print(f"[bold red]does not balance[/] {_plain(fault)}", highlight=False)
    if account.balances and account.datasets:
        waiting = " (curated is due)" if account.is_curated_due else ""
        out.print(f"[green]The books balance[/]: rows, MWh and money in are rows, MWh and money out{waiting}.")


def show_quarantine(dataset: str, counts: Mapping[str, int], sample: Result) -> None:
    """The reasons of one dataset's rejected rows with their sentences, and some of the rows."""
    contract = DELIVERED[dataset]
    table = _table(f"quarantine of {dataset}", "reason", "rows", "what it means", numeric=(1,))
    for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        table.add_row(code, f"{count:,}", contract.rule(code).sentence)
    out.print(table)
    show_result(sample, title=f"some rejected rows of {dataset}")


def show_result(result: Result, title: str = "") -> None:
    """A query's answer as a table, cut after 200 rows with a word about the rest."""
    table = Table(title=title or None, title_justify="left", header_style="bold")
    for index, name in enumerate(result.columns):
        numeric = any(isinstance(row[index], int | Decimal) for row in result.rows[:_MOST_ROWS_SHOWN])
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in result.rows[:_MOST_ROWS_SHOWN]:
        table.add_row(*("" if value is None else _plain(str(value)) for value in row))
    out.print(table)
    if len(result.rows) > _MOST_ROWS_SHOWN:
        out.print(f"… and {len(result.rows) - _MOST_ROWS_SHOWN:,} rows more; use --csv or --json for all of them.")


def _table(title: str, *columns: str, numeric: tuple[int, ...] | None = None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", header_style="bold")
    for index, column in enumerate(columns):
        right = index > 0 if numeric is None else index in numeric
        table.add_column(column, justify="right" if right else "left", overflow="fold")
    return table


def _energy(totals: Totals) -> str:
    return f"{totals.mwh:,.3f}" if totals.mwh else ""


def _money(totals: Totals) -> str:
    return "\n".join(f"{amount:,.2f} {currency}" for currency, amount in totals.money.items() if amount)


def _plain(text: str) -> str:
    """Text that rich must not read as markup."""
    return text.replace("[", r"\[")
