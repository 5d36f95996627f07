"""Terraform on this machine: is it there, with a provider it can use without the internet, and what does it say?

A provider mirror is looked for where ``TF_PLUGIN_MIRROR`` points, where Terraform's own configuration file
(``TF_CLI_CONFIG_FILE``) names one, and in the folders where mirrors commonly are.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from deployment.schema import Schema
from deployment.translation import SOURCE

ADDRESS = f"registry.terraform.io/{SOURCE}"
QUIET = ("-no-color", "-input=false")
COMMON_PLACES = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
    "/usr/local/share/terraform/plugins",
    "/opt/*",
    "/usr/local/*",
)
WAYS_OUT = (
    "install terraform, and the AWS provider in a mirror: `terraform providers mirror FOLDER` where there is internet, "
    "then TF_PLUGIN_MIRROR=FOLDER"
)


class MissingTerraformError(RuntimeError):
    """Terraform, or a provider it can use, is not on this machine."""


@dataclass(frozen=True, kw_only=True)
class Mirror:
    """A folder with the AWS provider, and the newest version in it."""

    folder: Path
    version: str


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a command came to: its exit status and everything it said."""

    status: int
    said: str


class Workspace:
    """A folder with one configuration in it, ready for Terraform."""

    def __init__(self, folder: Path) -> None:
        """Prepare the folder.

        Raises:
            MissingTerraformError: There is nothing to run; the message says what is missing.
        """
        self.folder = folder
        self.mirror = found()
        folder.mkdir(parents=True, exist_ok=True)
        settings = f'provider_installation {{ filesystem_mirror {{ path = "{self.mirror.folder}" }} }}\n'
        (folder / "mirror.tfrc").write_text(settings)

    def write(self, configuration: dict[str, Any]) -> None:
        """Write the configuration and let Terraform find its provider.

        Raises:
            MissingTerraformError: Terraform cannot use the provider.
        """
        (self.folder / "main.tf.json").write_text(json.dumps(configuration, indent=1))
        outcome = self.run("init", *QUIET)
        if outcome.status:
            raise MissingTerraformError(f"terraform cannot use the provider in {self.mirror.folder}: {outcome.said}")

    def run(self, command: str, *arguments: str) -> Outcome:
        """Run one of Terraform's commands here."""
        environment = {
            "GOGC": "400",  # the provider's schema alone is a gigabyte of garbage; collecting it less saves a third of the time
            **os.environ,
            "TF_CLI_CONFIG_FILE": str(self.folder / "mirror.tfrc"),
            "TF_IN_AUTOMATION": "1",
        }
        done = subprocess.run(  # noqa: S603 - the arguments are this project's own
            [_executable(), command, *arguments],
            cwd=self.folder,
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        return Outcome(status=done.returncode, said=done.stdout + done.stderr)


def head(version: str) -> dict[str, Any]:
    """A configuration that needs the provider and builds nothing."""
    return {"terraform": {"required_providers": {"aws": {"source": SOURCE, "version": version}}}}


@cache
def found() -> Mirror:
    """The mirror to use.

    Raises:
        MissingTerraformError: Terraform or a mirror is missing; the message says which, and the way out.
    """
    _executable()
    for folder in _folders():
        versions = [path.name for path in (folder / ADDRESS).glob("*") if path.is_dir()]
        if versions:
            return Mirror(folder=folder, version=max(versions, key=_numbers))
    raise MissingTerraformError(f"no folder has the provider {ADDRESS}: {WAYS_OUT}")


def full_schema() -> Schema:
    """Everything the installed provider knows."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        workspace.write(head(workspace.mirror.version))
        content = json.loads(workspace.run("providers", "schema", "-json").said)
    resources = content["provider_schemas"][ADDRESS]["resource_schemas"]
    return Schema(
        version=workspace.mirror.version, blocks={kind: resource["block"] for kind, resource in resources.items()}
    )


def _executable() -> str:
    path = shutil.which("terraform")
    if path is None:
        raise MissingTerraformError(f"terraform is not on the PATH: {WAYS_OUT}")
    return path


def _folders() -> Iterator[Path]:
    if named := os.environ.get("TF_PLUGIN_MIRROR"):
        yield Path(named)
    settings = Path(os.environ.get("TF_CLI_CONFIG_FILE") or "~/.terraformrc").expanduser()
    if settings.is_file():
        yield from (Path(path) for path in re.findall(r'path\s*=\s*"([^"]+)"', settings.read_text()))
    for place in COMMON_PLACES:
        pattern = Path(place).expanduser()
        yield from sorted(Path(pattern.anchor).glob(str(pattern.relative_to(pattern.anchor))))


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version))
