"""The application `lake`, the options before its commands, and the lake that they choose.

The commands are in `cli.py` and in the modules it names; each registers itself here.
"""

from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer

from contracts.source import Source, SourceError
from jobs.source_files import load_sources
from jobs.zones import Zones
from lake import console
from lake.failures import Commands, NoLakeError

__all__ = ["app", "root_of_lake", "sources_of_lake", "zones_of_lake"]

app = typer.Typer(
    name="lake",
    cls=Commands,
    help="An energy trading data lake: raw CSV becomes governed, exact, queryable tables.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


class _Lake:
    """What the options before the command chose."""

    root = ".lake"
    sources: Path | None = None


def _say_version(wanted: bool) -> None:  # noqa: FBT001 - typer calls it so
    if wanted:
        console.say(metadata.version("energy-lake"))
        raise typer.Exit


@app.callback()
def _options(
    lake: Annotated[
        str, typer.Option("--lake", envvar="ENERGY_LAKE", metavar="DIR", help="The lake's root: a folder, or s3://…")
    ] = ".lake",
    sources: Annotated[
        Path | None,
        typer.Option(
            "--sources", envvar="ENERGY_LAKE_SOURCES", metavar="DIR", help="A folder of source files instead of ours"
        ),
    ] = None,
    version: Annotated[  # noqa: ARG001 - the callback has done all there is to do
        bool, typer.Option("--version", is_eager=True, callback=_say_version, help="Print the version and exit")
    ] = False,
) -> None:
    _Lake.root, _Lake.sources = lake, sources


def zones_of_lake() -> Zones:
    """The zones of the lake that was chosen. Raises `NoLakeError` where the root is a file."""
    root = Path(_Lake.root)
    if not _Lake.root.startswith("s3://") and root.exists() and not root.is_dir():
        raise NoLakeError(
            f"{root} is a file; --lake (or ENERGY_LAKE) names the folder of a lake, or s3://bucket/prefix"
        )
    return Zones.under(_Lake.root)


def root_of_lake() -> str:
    """The root as it was given: a folder, or `s3://…`."""
    return _Lake.root


def sources_of_lake() -> dict[str, Source]:
    """The sources that were chosen, by name. Raises `SourceError` where the folder holds none."""
    sources = load_sources(_Lake.sources)
    if not sources:
        raise SourceError(f"{_Lake.sources} holds no source, which is a file <name>.toml; sources/README.md shows how")
    return sources
