"""The command `lake report`: the page about the lake, in a file."""

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from lake import console
from lake.app import app, root_of_lake, sources_of_lake, zones_of_lake

__all__ = ["report"]

_FILE = "report.html"


@app.command()
def report(
    output: Annotated[
        Path | None,
        typer.Option("--output", metavar="FILE", help="Where to write it instead of report.html in the lake's folder"),
    ] = None,
    open_it: Annotated[bool, typer.Option("--open", help="Show it in the browser")] = False,
) -> None:
    """Write a page about the lake: market, positions, margin, counterparties, and the lake's own health.

    It is one file that needs no network. The same lake gives the same
    page, byte by byte.
    """
    from lake.report.build import write_report  # DuckDB takes a moment to load

    root = root_of_lake()
    folder = None if root.startswith("s3://") else Path(root)
    if output is None and folder is None:
        raise typer.BadParameter(
            f"the lake is {root}, where no page can be; name a file of this machine", param_hint="'--output'"
        )
    target = output or Path(root) / _FILE
    write_report(zones_of_lake(), sources_of_lake(), target, folder)
    console.say(f"The report is in {target}.")
    if open_it and not webbrowser.open(target.resolve().as_uri()):
        console.complain("not shown:", f"no browser could be started; open {target} yourself")
