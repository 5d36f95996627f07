"""The commands `lake contract …`: the contracts as files for others, what changed between two of them, and a release."""

from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from lake import console
from lake.app import app

if TYPE_CHECKING:
    from contracts.changes import Change

__all__ = ["check", "contract", "release", "write"]

_FOLDER = Path("docs/contracts")
_LABELS = ("breaks", "warns", "fine")
_STYLES = ("bold red", "yellow", "green")

contract = typer.Typer(
    help="The contracts for others, as files of the Open Data Contract Standard.", no_args_is_help=True
)
app.add_typer(contract, name="contract")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The folder of contracts")]


@contract.command()
def write(folder: Folder = _FOLDER) -> None:
    """Write one file a dataset, from the contracts in this program."""
    from lake.contract_files import write_contracts

    count = write_contracts(folder, metadata.version("energy-lake"))
    console.say(f"wrote {count} contracts into {folder}")


@contract.command()
def check(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="A contract, or a folder of them", exists=True)],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The same, later", exists=True)],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Say what changed, what breaks for whom, and what to do instead.

    The exit status is 1 where something breaks: a reader's query fails,
    or gives other numbers.
    """
    from contracts.changes import Level
    from contracts.compatibility import changes
    from lake.contract_files import read_contracts

    found = changes(read_contracts(old), read_contracts(new))
    breaking = [change for change in found if change.level == Level.BREAKING]
    if as_json:
        console.emit_json({"breaking": len(breaking), "changes": [_json(change) for change in found]})
    else:
        _show(found)
        console.say(f"{len(breaking)} of {len(found)} changes break something." if found else "Nothing changed.")
    if breaking:
        raise typer.Exit(1)


@contract.command()
def release(folder: Folder = _FOLDER) -> None:
    """Keep the contracts as they are now as the last release.

    It is what `lake contract check` is run against from now on. The
    version is the program's; where something breaks it has to be one
    that says so.
    """
    from lake.contract_files import release as keep

    target, changed = keep(folder, metadata.version("energy-lake"))
    _show(changed)
    console.say(f"The last release is in {target}.")


def _show(found: "list[Change]") -> None:
    for change in found:
        label = Text(f"{_LABELS[change.level]:>6} ", _STYLES[change.level])
        console.out.print(Text.assemble(label, console.visible(str(change))), soft_wrap=True)


def _json(change: "Change") -> dict[str, str]:
    return {
        "level": change.level.name.lower(),
        "contract": change.dataset,
        "column": change.column,
        "sentence": change.sentence,
    }
