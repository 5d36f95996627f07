"""A stack as a Terraform configuration, and what Terraform makes of it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from components.provider import EMULATED
from deployment import program, schema
from deployment.terraform import QUIET, Workspace
from deployment.translation import References, Translation, translated

EMULATOR_RETRIES = 5
"""What an emulator cannot do it cannot do the next time either; the provider's own 25 retries take minutes each."""

NOT_IN_THIS_PROVIDER: dict[str, str] = {}
"""Argument -> why it is not checked: what pulumi-aws 7 has and the provider the schema was taken from has not."""


class DeploymentError(RuntimeError):
    """Terraform, or the emulator behind it, objects."""


@dataclass(frozen=True, kw_only=True)
class Rehearsal:
    """What came of a deployment to an emulator.

    Attributes:
        created: How many resources there were.
        drift: What a second plan would have changed; empty when nothing.
        left: Why something could not be destroyed; empty when nothing is left.
    """

    created: int
    drift: str
    left: str


@cache
def translate(stack: str) -> Translation:
    """The stack's program in Terraform's words, translated once a process."""
    known = schema.kept()
    return translated(program.run(stack, References(known)), known)


def provider(region: str, endpoint: str | None = None) -> dict[str, object]:
    """The provider's settings: never a real account, only an emulator or nothing at all."""
    settings: dict[str, object] = {
        "region": region,
        "access_key": "test",
        "secret_key": "test",
        "s3_use_path_style": True,
        "skip_credentials_validation": True,
        "skip_metadata_api_check": True,
    }
    if endpoint is None:
        return settings | {"skip_requesting_account_id": True}
    return settings | {"endpoints": [dict.fromkeys(EMULATED, endpoint)], "max_retries": EMULATOR_RETRIES}


def workspace(stack: str, folder: Path, endpoint: str | None = None) -> Workspace:
    """The stack's configuration in a folder, ready for Terraform."""
    made = Workspace(folder)
    region = program.configuration(stack)["aws:region"]
    made.write(translate(stack).configuration(made.mirror.version, provider(region, endpoint)))
    return made


def validate(stack: str, folder: Path) -> None:
    """Let the AWS provider check every resource of a stack.

    Raises:
        DeploymentError: It objects; the message is what it said.
        MissingTerraformError: There is no Terraform, or no provider, on this machine.
    """
    outcome = workspace(stack, folder).run("validate", "-no-color")
    if outcome.status:
        raise DeploymentError(outcome.said)


def rehearse(stack: str, endpoint: str, folder: Path, *, keep: bool = False) -> Rehearsal:
    """Deploy a stack to an emulator, plan again, and destroy it.

    Args:
        stack: The stack.
        endpoint: The emulator's address.
        folder: Where Terraform keeps its state.
        keep: Leave everything standing instead of destroying it.

    Raises:
        DeploymentError: Something could not be created; the message is what Terraform said.
    """
    ready = workspace(stack, folder, endpoint)
    applied = ready.run("apply", "-auto-approve", *QUIET)
    if applied.status:
        raise DeploymentError(applied.said)
    second = ready.run("plan", "-detailed-exitcode", *QUIET)
    created = len(ready.run("state", "list").said.split())
    destroyed = None if keep else ready.run("destroy", "-auto-approve", *QUIET)
    return Rehearsal(
        created=created,
        drift=second.said if second.status else "",
        left=destroyed.said if destroyed and destroyed.status else "",
    )
