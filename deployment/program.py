"""Runs the project's own program, as the stack files configure it, without Pulumi's engine."""

import json
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
import yaml

from deployment.answers import ACCOUNT_ID, AwsShaped
from deployment.recording import Recording, record

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = ROOT / "__main__.py"
PROJECT_FILE = ROOT / "Pulumi.yaml"


class UnknownStackError(LookupError):
    """There is no settings file of that name."""


def stacks() -> list[str]:
    """The stacks that have a settings file, in order of name."""
    return sorted(path.name.split(".")[1] for path in ROOT.glob("Pulumi.*.yaml"))


def configuration(stack: str) -> dict[str, str]:
    """The stack's configuration as Pulumi would hand it to the program: full keys, values as text.

    Defaults come from the project file, values from the stack's.

    Raises:
        UnknownStackError: There is no such stack; the message lists those there are.
    """
    stack_file = ROOT / f"Pulumi.{stack}.yaml"
    if not stack_file.exists():
        raise UnknownStackError(f"stack {stack!r} has no settings file: there are {', '.join(stacks())}")
    project = yaml.safe_load(PROJECT_FILE.read_text())
    declared: Mapping[str, Any] = project.get("config") or {}
    defaults = {
        _full(key, project["name"]): entry["default"]
        for key, entry in declared.items()
        if isinstance(entry, dict) and "default" in entry
    }
    given = yaml.safe_load(stack_file.read_text()).get("config") or {}
    return {key: _text(value) for key, value in {**defaults, **given}.items()}


def run(
    stack: str, answering: pulumi.runtime.Mocks | None = None, *, changes: Mapping[str, str | None] | None = None
) -> Recording[None]:
    """Run the program for a stack to its end.

    Args:
        stack: The stack.
        answering: Says what resources' computed values are; AWS-shaped ones by default.
        changes: Full configuration keys whose values replace the stack's; None takes a key away.
    """
    values: dict[str, str | None] = {**configuration(stack), **(changes or {})}
    return record(
        _run_program,
        answering or AwsShaped(account_id=values.get("energy-lake:accountId") or ACCOUNT_ID),
        stack=stack,
        config={key: value for key, value in values.items() if value is not None},
    )


@cache
def recorded(stack: str) -> Recording[None]:
    """The stack's program as it stands, run once a process."""
    return run(stack)


def _run_program() -> None:
    runpy.run_path(str(PROGRAM), run_name="__main__")


def _full(key: str, project: str) -> str:
    return key if ":" in key else f"{project}:{key}"


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
