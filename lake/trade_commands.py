"""The commands about what became of rows: `lake replay` and `lake explain`."""

from typing import Annotated, Any

import typer

from contracts import DELIVERED
from lake import console, show
from lake.app import app, root_of_lake, sources_of_lake, zones_of_lake

__all__ = ["explain", "replay"]


@app.command()
def replay(
    dataset: Annotated[str | None, typer.Option(metavar="DATASET", help="Only files of this dataset")] = None,
    reason: Annotated[
        str | None, typer.Option(metavar="CODE", help="Only files with rows rejected for this reason")
    ] = None,
    every: Annotated[
        bool, typer.Option("--every-file", help="Also files without rejected rows: a rule became stricter")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Take rejected rows through the rules and sources of today again.

    The delivered files are processed as if they came for the first time, and
    the curated tables follow. Files that become what they were stay as they are.
    """
    from jobs import processed_to_curated
    from jobs import replay as replays
    from jobs.reports import RunReport
    from lake.observe import observed_in

    _check(dataset, reason)
    zones = zones_of_lake()
    with console.progress_bar("replay") as bar, observed_in(root_of_lake(), "replay"):
        report = replays.replay(zones, sources_of_lake(), dataset=dataset, reason=reason, every=every, progress=bar)
    job = "processed-to-curated"
    with console.progress_bar(job) as bar, observed_in(root_of_lake(), job) as seen:
        curated = processed_to_curated.run(zones, progress=bar, observe=seen)
        seen.run.report = RunReport(curated=curated)
    if as_json:
        console.emit_json(report.to_json() | {"dates": curated.dates})
    else:
        files = "1 file" if report.looked_at == 1 else f"{report.looked_at:,} files"
        console.say(
            f"{files} looked at, {len(report.changed):,} became something else: {report.accepted:,} rows are no more "
            f"rejected, {report.rejected:,} are now; {len(curated.dates):,} dates of the curated zone were done anew."
        )
        for code, count in sorted(report.reasons.items(), key=lambda item: (-item[1], item[0])):
            console.say(f"  still rejected for {code}: {count:,}")
    show.show_refused(report.refused)
    if report.refused:
        raise typer.Exit(1)


@app.command()
def explain(
    transaction_id: Annotated[str, typer.Argument(metavar="TRANSACTION_ID", help="The trade, as the lake spells it")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Tell the life of one trade.

    Every delivered row that names it, what became of each and why, and the
    rows of curated tables and marts that it counts in. The exit status is 1
    where nothing names it.
    """
    from lake.explain import life_of
    from lake.show_trade import life_json, show_life

    life = life_of(zones_of_lake(), transaction_id)
    if as_json:
        console.emit_json(life_json(life))
    else:
        show_life(life)
    if not life.appearances:
        raise typer.Exit(1)


def _check(dataset: str | None, reason: str | None) -> None:
    """Raises `BadParameter` naming what there is."""
    if dataset is not None and dataset not in DELIVERED:
        raise typer.BadParameter(
            f"{dataset!r} is no dataset; there are {', '.join(DELIVERED)}", param_hint="'--dataset'"
        )
    chosen = [DELIVERED[dataset]] if dataset else list(DELIVERED.values())
    codes: list[Any] = sorted({rule.code for contract in chosen for rule in contract.rules})
    if reason is not None and reason not in codes:
        raise typer.BadParameter(f"{reason!r} is no reason; there are {', '.join(codes)}", param_hint="'--reason'")
