"""How the command line prints: sentences that are never broken, tables that fit, text that stays text.

What comes from a file, a question or a file's name is data: brackets are no markup, and control characters, with which a
value could take over a terminal, are shown as their code.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import typer
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from lake.result import Result, as_text

__all__ = [
    "ProgressBar",
    "complain",
    "errors",
    "out",
    "print_result",
    "print_table",
    "progress_bar",
    "say",
    "table",
    "visible",
]

out = Console(highlight=False)
errors = Console(stderr=True, highlight=False)

_RULED = box.Box("    \n    \n────\n    \n    \n    \n    \n    \n")
"""A line below the header and nothing else; blanks between the columns."""
_MOST_ROWS_SHOWN = 200
_MOST_RECORDS_SHOWN = 20
_WIDEST_UNBROKEN = 40
"""A longer text may be broken over lines, so that it does not cost the whole width of the terminal."""
_NARROWEST = 20


def emit(text: str) -> None:
    """For other programs: UTF-8 whatever the terminal speaks, and nothing else on standard output."""
    typer.echo(text.encode("utf-8", "replace"), nl=False)


def emit_json(content: dict[str, Any]) -> None:
    """One JSON object on standard output."""
    emit(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def say(text: str, style: str = "") -> None:
    """One sentence on standard output, on one line however long, so that what it names can be copied and searched."""
    out.print(Text(visible(text), style), soft_wrap=True)


def complain(label: str, text: str) -> None:
    """One sentence on the error stream behind a label in red; line breaks of the text stay."""
    lines = "\n".join(visible(line) for line in text.split("\n"))
    errors.print(Text.assemble((label, "bold red"), " ", lines), soft_wrap=True)


def visible(text: str) -> str:
    """The text with every character that is not printable as its code."""
    return text if text.isprintable() else "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def table(title: str, *columns: str, text: Sequence[int] = (0,), prose: Sequence[int] = ()) -> Table:
    """An empty table. Columns hold numbers, but for those whose places are in `text`; those in `prose` may wrap."""
    made = _empty_table(title)
    for index, column in enumerate(columns):
        left = index in {*text, *prose}
        made.add_column(Text(column), justify="left" if left else "right", no_wrap=index not in prose)
    return made


def print_table(made: Table) -> None:
    """The table with a blank line below. One that does not fit is printed whole all the same: no digit is cut off."""
    title, made.title = made.title, None
    if title:
        out.print(title, soft_wrap=True)
    out.print(made, width=max(_width(made), out.width), crop=False)
    out.print()


def print_result(result: Result, title: str = "") -> None:
    """An answer as a table, or, where the terminal is too narrow for it, record by record; the first rows of many."""
    if not result.rows:
        say(f"No rows. The columns are {', '.join(result.columns)}.")
        return
    shown = [[visible(as_text(value)) for value in row] for row in result.rows[:_MOST_ROWS_SHOWN]]
    made = _empty_table(title)
    for index, name in enumerate(result.columns):
        number = any(isinstance(row[index], int | float | Decimal) for row in result.rows[:_MOST_ROWS_SHOWN])
        widest = max(len(visible(name)), *(len(row[index]) for row in shown))
        broken = not number and widest > _WIDEST_UNBROKEN
        made.add_column(
            Text(visible(name)),
            justify="right" if number else "left",
            no_wrap=not broken,
            overflow="fold",
            min_width=_NARROWEST if broken else None,
        )
    for row in shown:
        made.add_row(*(Text(value) for value in row))
    if _width(made) <= out.width:
        print_table(made)
    else:
        shown = shown[:_MOST_RECORDS_SHOWN]
        _print_records(result.columns, shown, title)
    if len(result.rows) > len(shown):
        say(f"… and {len(result.rows) - len(shown):,} rows more; `lake query` with --csv or --json gives all of them.")


def _empty_table(title: str) -> Table:
    head = Text(title, "bold") if title else None
    return Table(
        title=head,
        title_justify="left",
        header_style="bold",
        box=_RULED,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def _width(made: Table) -> int:
    """How wide the table is at least, whatever the terminal. Columns that must not wrap are given the width they need."""
    options = out.options.update(max_width=1_000_000)
    for column in made.columns:
        if column.no_wrap:
            column.min_width = max(
                Measurement.get(out, options, cell).maximum for cell in (column.header, *column.cells)
            )
    return Measurement.get(out, options, made).minimum


def _print_records(columns: list[str], rows: list[list[str]], title: str) -> None:
    if title:
        say(title, "bold")
    names = [visible(name) for name in columns]
    widest = max(len(name) for name in names)
    for number, row in enumerate(rows, start=1):
        say(f"row {number}", "bold")
        for name, value in zip(names, row, strict=True):
            say(f"  {name:<{widest}}  {value}".rstrip())


@contextmanager
def progress_bar(title: str) -> Iterator["ProgressBar"]:
    """A bar on the terminal's error stream while the body runs; silent where there is no terminal."""
    columns = (
        TextColumn("{task.description}", markup=False),
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
        """Moves the bar; `name` is the file or the dates at work."""
        short = visible(name.rsplit("/", 1)[-1])
        self._progress.update(self._task, description=f"{self._title} {short}", completed=done, total=total or 1)
