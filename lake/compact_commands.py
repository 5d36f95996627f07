"""The command `lake compact`: small processed files become few."""

from typing import Annotated

import typer

from jobs.compact import DEFAULT_TARGET_ROWS
from lake import console
from lake.app import app, root_of_lake, zones_of_lake

__all__ = ["compact"]


@app.command()
def compact(
    target_rows: Annotated[
        int, typer.Option(min=1, help="Merge neighbouring files of a date until they hold so many rows")
    ] = DEFAULT_TARGET_ROWS,
    apart: Annotated[bool, typer.Option("--apart", help="Take all merged files apart again")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Merge the small processed files of each date into few.

    No row changes and nothing becomes due: the curated tables stay as they are.
    The files depend on what was delivered alone, not on when this ran before.
    """
    from jobs.compact import compact as merge
    from lake.observe import observed_in

    with console.progress_bar("compact") as bar, observed_in(root_of_lake(), "compact"):
        report = merge(zones_of_lake(), target_rows=0 if apart else target_rows, progress=bar)
    if as_json:
        console.emit_json(report.to_json())
        return
    changed = {name: done for name, done in report.tables.items() if done.dates_changed}
    for name, done in sorted(changed.items()):
        console.say(
            f"processed/{name}: {done.files_before:,} files are {done.files_after:,} now, on {done.dates_changed:,} dates."
        )
    if not changed:
        console.say("The processed files are as they should be; nothing was changed.")
