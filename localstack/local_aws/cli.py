"""The commands `lake local …`."""

import time
from typing import Annotated

import typer

from lake import console
from local_aws.loopback import DEFAULT_PORT

__all__ = ["app"]

app = typer.Typer(help="AWS on this machine: an emulator, and the stack deployed to it.", no_args_is_help=True)

_Port = Annotated[int, typer.Option("--port", min=1, max=65535, envvar="ENERGY_LAKE_PORT", help="On the loopback only")]
_Stack = Annotated[str, typer.Option("--stack", metavar="STACK", help="A stack that has settings, Pulumi.STACK.yaml")]
_Endpoint = Annotated[
    str,
    typer.Option(
        "--endpoint", envvar="ENERGY_LAKE_ENDPOINT", metavar="URL", help="Another emulator, such as LocalStack, instead"
    ),
]


@app.callback()
def _group() -> None:
    """A group, however many commands it has."""


@app.command()
def up(
    port: _Port = DEFAULT_PORT,
    auth: Annotated[bool, typer.Option("--auth", help="Decide what callers may do, as IAM and policies say")] = False,
    foreground: Annotated[bool, typer.Option("--foreground", help="Stay, and log to the terminal")] = False,
) -> None:
    """Start the emulator. Its state is in memory; `down` and `reset` forget it."""
    from local_aws import lifecycle, server

    if foreground:
        if lifecycle.find(port):
            raise lifecycle.EmulatorError(f"port {port} has an emulator already; `lake local down` stops it")
        server.main(["--port", str(port), *(["--auth"] if auth else [])])
        return
    was_there = lifecycle.find(port) is not None
    running = lifecycle.start(port, auth=auth)
    console.say(
        f"{running.endpoint} {'answers already' if was_there else 'answers'}" + (", with --auth" if auth else "")
    )
    if not was_there:
        console.say(f"its log: {running.folder / 'server.log'}")


@app.command()
def down(port: _Port = DEFAULT_PORT) -> None:
    """Stop the emulator; everything in it is gone."""
    from local_aws import lifecycle

    console.say(f"stopped: port {port}" if lifecycle.stop(port) else f"nothing runs at port {port}")


@app.command()
def status(
    port: _Port = DEFAULT_PORT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output")] = False,
) -> None:
    """Say whether the emulator answers, and what is deployed to it. The exit status is 1 where nothing answers."""
    from local_aws import lifecycle

    running = lifecycle.find(port)
    folder = lifecycle.deployments(port)
    stacks = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    if as_json:
        about = {"endpoint": running.endpoint, "pid": running.pid, "auth": running.auth} if running else {}
        console.emit_json({"running": running is not None, **about, "stacks": stacks if running else []})
    elif running is None:
        console.say(f"nothing answers at port {port}; `lake local up` starts an emulator")
    else:
        console.say(f"{running.endpoint} answers" + (", with --auth" if running.auth else ""))
        console.say(f"deployed: {', '.join(stacks) or 'nothing'}")
    if running is None:
        raise typer.Exit(1)


@app.command()
def reset(port: _Port = DEFAULT_PORT) -> None:
    """Empty the emulator, as if it had just been started."""
    from local_aws import lifecycle

    lifecycle.reset(port)
    console.say(f"port {port} is empty")


@app.command()
def deploy(
    stack: _Stack = "local",
    port: _Port = DEFAULT_PORT,
    endpoint: _Endpoint = "",
    install_pulumi: Annotated[
        bool, typer.Option("--install-pulumi", help="Download the Pulumi CLI where it is not on the PATH")
    ] = False,
) -> None:
    """Deploy the stack: with Pulumi where it is on the PATH, otherwise with Terraform. Installs nothing unasked."""
    from local_aws import deploy as deploying
    from local_aws import lifecycle

    where = lifecycle.place(endpoint, port)
    began = time.monotonic()
    made = deploying.deploy(
        stack, where.endpoint, where.deployed / stack, install_pulumi=install_pulumi, say=console.say
    )
    seconds = time.monotonic() - began
    console.say(
        f"stack {stack} is deployed to {where.endpoint}: {made.resources} resources made by {made.tool}, {seconds:.0f} s"
    )


@app.command()
def destroy(stack: _Stack = "local", port: _Port = DEFAULT_PORT, endpoint: _Endpoint = "") -> None:
    """Take away everything that `deploy` made, also what is in the buckets."""
    from local_aws import deploy as deploying
    from local_aws import lifecycle

    where = lifecycle.place(endpoint, port)
    gone = deploying.destroy(stack, where.endpoint, where.deployed / stack, say=console.say)
    console.say(f"stack {stack} is destroyed: {gone.resources} resources taken away by {gone.tool}")
