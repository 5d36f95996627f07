"""The commands `lake local …`."""

import typer

__all__ = ["app"]

app = typer.Typer(help="AWS on this machine: an emulator, and the stack deployed to it.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """A group, however many commands it has."""
