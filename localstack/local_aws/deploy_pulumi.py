"""The stack through Pulumi's Automation API, with its state in a folder.

Written after the Automation API's own code and documentation. It was not run where it was written, which had no Pulumi CLI;
the program and the resources it makes are the same as those that `deploy_terraform.py` deploys.
"""

import runpy
import shutil
import subprocess
from pathlib import Path

from pulumi import automation

from local_aws.deploy import Deployed, DeploymentError, Progress, checkout, environment_of

__all__ = ["deploy", "destroy"]

_PASSPHRASE = "nothing here is secret"  # noqa: S105 - Pulumi wants one; the emulator's secrets are the emulator's
_AT_ONCE = 40
_FAILURES = (automation.CommandError, subprocess.SubprocessError, OSError)


def deploy(stack: str, endpoint: str, folder: Path, *, install: bool, say: Progress) -> Deployed:
    """Deploys a stack; see `deploy.deploy`.

    Args:
        stack: The stack.
        endpoint: The emulator's address.
        folder: Where the state is kept.
        install: Download the CLI of the SDK's version into the folder of the user where none is on the PATH.
        say: Is told what is being done.
    """
    from deployment import program

    settings = program.configuration(stack) | {"energy-lake:endpoint": endpoint}
    try:
        there = _stack(stack, endpoint, folder, _command(install=install))
        there.set_all_config({key: automation.ConfigValue(value=value) for key, value in settings.items()})
        say(f"stack {stack}: pulumi up")
        done = there.up(parallel=_AT_ONCE, color="never")
    except _FAILURES as error:
        raise DeploymentError(f"pulumi cannot make the stack:\n{error}") from error
    return Deployed(tool="pulumi", resources=sum((done.summary.resource_changes or {}).values()))


def destroy(stack: str, endpoint: str, folder: Path, *, say: Progress) -> Deployed:
    """Destroys a stack; see `deploy.destroy`."""
    say(f"stack {stack}: pulumi destroy, at {endpoint}")
    try:
        there = _stack(stack, endpoint, folder, _command(install=True))
        done = there.destroy(parallel=_AT_ONCE, color="never")
    except _FAILURES as error:
        raise DeploymentError(f"pulumi cannot destroy everything:\n{error}") from error
    return Deployed(tool="pulumi", resources=sum((done.summary.resource_changes or {}).values()))


def _command(*, install: bool) -> automation.PulumiCommand:
    """The CLI on the PATH, or the one that was installed before, or, where it may be, one that is installed now."""
    if install and not shutil.which("pulumi"):
        return automation.PulumiCommand.install()
    return automation.PulumiCommand()


def _stack(stack: str, endpoint: str, folder: Path, command: automation.PulumiCommand) -> automation.Stack:
    """The stack with our program, its settings and state beside each other in the folder and not in the checkout."""
    work, state = folder / "pulumi", folder / "state"
    work.mkdir(parents=True, exist_ok=True)
    state.mkdir(exist_ok=True)
    program = checkout() / "__main__.py"

    def run_program() -> None:
        runpy.run_path(str(program), run_name="__main__")

    return automation.create_or_select_stack(
        stack_name=stack,
        project_name="energy-lake",
        program=run_program,
        opts=automation.LocalWorkspaceOptions(
            work_dir=str(work),
            pulumi_command=command,
            project_settings=automation.ProjectSettings(
                name="energy-lake", runtime="python", backend=automation.ProjectBackend(url=state.as_uri())
            ),
            env_vars={**environment_of(endpoint), "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE},
        ),
    )
