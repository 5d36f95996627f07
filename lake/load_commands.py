"""`lake load`: the curated zone into the warehouse, which is a DuckDB file of the lake, or Redshift.

What is loaded and how it is checked is in `warehouse/`; what the curated zone holds is told by `curated_zone.py`.
"""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.locking import only_run
from jobs.zones import Zones, open_storage
from lake import console
from lake.app import app, root_of_lake, zones_of_lake
from warehouse.report import LoadReport

if TYPE_CHECKING:
    from warehouse.load import Warehouse  # measures with DuckDB, which takes a moment to load

__all__ = ["load"]

_FILE = "warehouse.duckdb"


@app.command()
def load(
    file: Annotated[
        Path | None, typer.Option("--file", metavar="FILE", help="The warehouse's file instead of the lake's own")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Load every table anew, whatever the books say")] = False,
    redshift: Annotated[bool, typer.Option("--redshift", help="Load Redshift, by its Data API")] = False,
    workgroup: Annotated[str, typer.Option(metavar="NAME", help="Redshift: the serverless workgroup")] = "",
    cluster: Annotated[str, typer.Option(metavar="NAME", help="Redshift: the provisioned cluster")] = "",
    database: Annotated[str, typer.Option(metavar="NAME", help="Redshift: the database")] = "energy_lake",
    secret: Annotated[str, typer.Option(metavar="ARN", help="Redshift: sign in with a secret, not as a role")] = "",
    copy_role: Annotated[str, typer.Option(metavar="ARN", help="Redshift: the role that COPY reads with")] = "",
    curated: Annotated[
        str, typer.Option(metavar="URI", help="The curated zone, where it has a bucket of its own")
    ] = "",
    ledger: Annotated[str, typer.Option(metavar="URI", help="The ledger, where it has a bucket of its own")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Load the warehouse from the curated zone.

    Only what changed is loaded, in one transaction that is undone where
    a table does not add up to its files. Loading again changes nothing.
    """
    from lake.curated_zone import curated_of
    from warehouse.load import load as load_into

    zones = _zones(curated, ledger)
    with ExitStack() as stack:
        stack.enter_context(only_run(zones, "load"))
        if redshift:
            warehouse, name = _redshift(zones, workgroup, cluster, database, secret, copy_role)
        else:
            warehouse, name = _embedded(stack, file)
        bar = stack.enter_context(console.progress_bar("load"))
        report = load_into(curated_of(zones), warehouse, everything=everything, progress=bar)
    _say(report, name, as_json=as_json)


def _zones(curated: str, ledger: str) -> Zones:
    """The lake's zones, of which some may be elsewhere: on AWS each has a bucket of its own."""
    elsewhere = {name: open_storage(uri) for name, uri in (("curated", curated), ("ledger", ledger)) if uri}
    return replace(zones_of_lake(), **elsewhere)


def _redshift(
    zones: Zones, workgroup: str, cluster: str, database: str, secret: str, copy_role: str
) -> "tuple[Warehouse, str]":
    """Redshift, and what it is called. Raises `BadParameter` where an option is missing."""
    from jobs.publish import is_publishing
    from warehouse.data_api import DataApi, Target
    from warehouse.plan import LoadError
    from warehouse.redshift import RedshiftWarehouse

    if not zones.curated.uri.startswith("s3://"):
        raise typer.BadParameter(
            f"the curated zone is {zones.curated.uri}, Redshift copies from S3; name it with --curated s3://bucket/",
            param_hint="'--redshift'",
        )
    if not copy_role:
        raise typer.BadParameter(
            "COPY takes on a role; `pulumi stack output copyRoleArn` names it", param_hint="'--copy-role'"
        )
    try:
        target = Target(database=database, workgroup=workgroup, cluster=cluster, secret_arn=secret)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="'--workgroup' / '--cluster'") from error
    if is_publishing(zones):
        raise LoadError(
            "a run of processed-to-curated is publishing, or was killed while it did; wait for it or run it again, then load"
        )
    return RedshiftWarehouse(DataApi(target), zones.curated, copy_role), f"{workgroup or cluster}, {database}"


def _embedded(stack: ExitStack, file: Path | None) -> "tuple[Warehouse, str]":
    """The warehouse in a file, and its name."""
    from warehouse.embedded import EmbeddedWarehouse

    target = _file(file)
    return stack.enter_context(EmbeddedWarehouse(target)), str(target)


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
    columns = ("table", "rows", "rows loaded", "files loaded", "files gone")
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
