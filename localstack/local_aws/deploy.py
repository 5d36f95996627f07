"""Deploys a stack to an emulator and destroys it again: with Pulumi where it is on the PATH, otherwise with Terraform.

Pulumi is driven in `deploy_pulumi.py`, Terraform in `deploy_terraform.py`; both run the project's own program, so this works
in a checkout of the repository and not from an installed package alone.
"""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Deployed", "DeploymentError", "checkout", "deploy", "destroy"]

Progress = Callable[[str], None]

WAYS_OUT = (
    "neither Pulumi nor Terraform can be used here. Either install the Pulumi CLI (`lake local deploy --install-pulumi` "
    "downloads it, and it then downloads its AWS provider), or install Terraform with the AWS provider in a mirror: "
    "`terraform providers mirror FOLDER` where there is internet, then TF_PLUGIN_MIRROR=FOLDER"
)


class DeploymentError(OSError):
    """The stack cannot be deployed or destroyed; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What came of it.

    Attributes:
        tool: `pulumi` or `terraform`.
        resources: How many resources were made, or taken away.
    """

    tool: str
    resources: int


def checkout() -> Path:
    """The repository that this package lies in, whose program is deployed; from here on it can be imported from.

    Raises:
        DeploymentError: This package was installed without its repository.
    """
    root = Path(__file__).resolve().parents[2]
    if not (root / "Pulumi.yaml").is_file():
        raise DeploymentError(
            f"{root} is no checkout of the project: `lake local deploy` runs its program, so run it in one"
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return root


def deploy(stack: str, endpoint: str, folder: Path, *, install_pulumi: bool = False, say: Progress = print) -> Deployed:
    """Deploys a stack. Deploying again changes only what is no longer as the program wants it.

    Args:
        stack: A stack with settings `Pulumi.<stack>.yaml`.
        endpoint: The emulator's address.
        folder: Where the tool keeps what it made, so that `destroy` finds it.
        install_pulumi: Download the Pulumi CLI where it is not on the PATH.
        say: Is told what is being done.

    Raises:
        DeploymentError: There is no such stack, neither tool can be used, or what was used objects.
    """
    checkout()
    _refuse_unknown(stack)
    if install_pulumi or shutil.which("pulumi"):
        from local_aws import deploy_pulumi

        return deploy_pulumi.deploy(stack, endpoint, folder, install=install_pulumi, say=say)
    from local_aws import deploy_terraform

    if not deploy_terraform.is_there():
        raise DeploymentError(WAYS_OUT)
    return deploy_terraform.deploy(stack, endpoint, folder, say=say)


def destroy(stack: str, endpoint: str, folder: Path, *, say: Progress = print) -> Deployed:
    """Takes everything away that `deploy` made, with the tool that made it, and forgets the folder.

    Raises:
        DeploymentError: Nothing was deployed from this machine, or something cannot be destroyed.
    """
    checkout()
    if not folder.is_dir():
        raise DeploymentError(f"stack {stack} is not deployed to {endpoint} (nothing is kept in {folder})")
    if (folder / "pulumi").is_dir():
        from local_aws import deploy_pulumi

        done = deploy_pulumi.destroy(stack, endpoint, folder, say=say)
    else:
        from local_aws import deploy_terraform

        done = deploy_terraform.destroy(endpoint, folder, say=say)
    shutil.rmtree(folder)
    return done


def _refuse_unknown(stack: str) -> None:
    try:
        from deployment import program
    except ImportError as missing:
        raise DeploymentError(
            f"the program needs {missing.name}: `pip install -e '.[cloud,local]'` brings it"
        ) from missing
    if stack not in program.stacks():
        raise DeploymentError(f"stack {stack!r} has no settings file: there are {', '.join(program.stacks())}")


def environment_of(endpoint: str) -> dict[str, str]:
    """The settings under which AWS's tools call the emulator and nothing else."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    return {
        **kept,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "eu-west-1",
    }
