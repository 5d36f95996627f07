"""`lake load`: the curated zone into the warehouse, which is a DuckDB file of the lake, or Redshift.

What is loaded and how it is checked is in `warehouse/`; what the curated zone holds is told by `curated_zone.py`.
"""

from pathlib import Path
from typing import Annotated

import typer

from lake import console
from lake.app import app, root_of_lake, zones_of_lake
from warehouse.report import LoadReport

__all__ = ["load"]

_FILE = "warehouse.duckdb"


@app.command()
def load(
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="The warehouse's file instead of the lake's own")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Load every table anew, whatever the books say")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Load the warehouse from the curated zone.

    Only what changed is loaded, in one transaction that is undone where
    a table does not add up to its files. Loading again changes nothing.
    """
    from lake.curated_zone import curated_of
    from warehouse.embedded import EmbeddedWarehouse
    from warehouse.load import load as load_into

    target = _file(file)
    curated = curated_of(zones_of_lake())
    with console.progress_bar("load") as bar, EmbeddedWarehouse(target) as warehouse:
        report = load_into(curated, warehouse, everything=everything, progress=bar)
    _say(report, str(target), as_json=as_json)


def _file(given: Path | None) -> Path:
    """The warehouse's file: the one that was named, or the lake's own, which a lake in a bucket has not."""
    if given is not None:
        return given
    if root_of_lake().startswith("s3://"):
        raise typer.BadParameter(
            f"the lake is {root_of_lake()}, where no warehouse file can be; name one of this machine, or load --redshift",
            param_hint="'--file'",
        )
    return Path(root_of_lake()) / _FILE


def _say(report: LoadReport, target: str, *, as_json: bool) -> None:
    if as_json:
        console.emit_json(report.to_json())
        return
    columns = ("table", "rows", "came", "files", "left")
    made = console.table("curated to warehouse", *columns)
    for name, table in report.tables.items():
        counts = (table.rows, table.loaded_rows, table.loaded_files, table.left_files)
        made.add_row(name, *(f"{count:,}" for count in counts))
    console.print_table(made)
    for name in (name for name, table in report.tables.items() if table.is_mended):
        console.say(f"{name} had been changed by somebody else and was loaded anew.")
    if not report.tables or not any(table.rows for table in report.tables.values()):
        console.say("The curated zone is empty; `lake run` fills it.")
    elif report.is_changed:
        console.say(f"Load {report.number} is in {target}, checked to the last row, MWh and cent.")
    else:
        console.say(f"Nothing changed since load {report.number}; {target} is as it was.")
