"""A security scanner's opinion of a stack, and the findings that are accepted, each with its reason.

The scanner (checkov) pins older versions of libraries the project needs newer, so it lives in an environment of its own:
``make checkov`` makes ``.venv-checkov`` from ``requirements-checkov.lock``.
"""

import json
import os
import shutil
import subprocess
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deployment import program, schema, stack

ACCEPTED = Path(__file__).with_name("accepted_findings.toml")
OWN_ENVIRONMENT = program.ROOT / ".venv-checkov" / "bin" / "checkov"


class MissingScannerError(RuntimeError):
    """The scanner is not on this machine."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the scanner found.

    Attributes:
        passed: How many checks held.
        failed: Check -> the resources (by label) that did not hold it.
        titles: Check -> what it asks.
    """

    passed: int
    failed: Mapping[str, frozenset[str]]
    titles: Mapping[str, str]


def accepted() -> dict[str, frozenset[str]]:
    """Check -> the resources for which it is accepted.

    Raises:
        ValueError: An entry has no reason.
    """
    entries = tomllib.loads(ACCEPTED.read_text())
    bare = sorted(check for check, entry in entries.items() if not entry.get("reason", "").strip())
    if bare:
        raise ValueError(f"{ACCEPTED.name}: {', '.join(bare)} has no reason: say why the finding is accepted")
    return {check: frozenset(entry["resources"]) for check, entry in entries.items()}


def differences(report: Report, known: Mapping[str, frozenset[str]]) -> list[str]:
    """What is found and not accepted, and what is accepted and not found: one sentence each, sorted."""
    found = {(check, resource) for check, resources in report.failed.items() for resource in resources}
    listed = {(check, resource) for check, resources in known.items() for resource in resources}
    new = [f"{check} ({report.titles.get(check, '')}) fails for {resource}" for check, resource in found - listed]
    stale = [f"{check} is accepted for {resource}, but holds: remove it" for check, resource in listed - found]
    return sorted([*new, *stale])


def scan(name: str) -> Report:
    """Let the scanner read a stack's configuration.

    Raises:
        MissingScannerError: It is not installed; the message says how.
    """
    executable = _executable()
    with tempfile.TemporaryDirectory() as folder:
        region = program.configuration(name)["aws:region"]
        configuration = stack.translate(name).configuration(schema.kept().version, stack.provider(region))
        (Path(folder) / "main.tf.json").write_text(json.dumps(configuration))
        done = subprocess.run(  # noqa: S603 - the arguments are this module's own
            [executable, "-d", folder, "--framework", "terraform_json", "--skip-download", "--quiet", "-o", "json"],
            env={**os.environ, "LOG_LEVEL": "ERROR"},
            text=True,
            capture_output=True,
            check=False,
        )
    return _report(done.stdout)


def _report(text: str) -> Report:
    content = json.loads(text)
    results = content["results"]
    failed: dict[str, set[str]] = {}
    for finding in results["failed_checks"]:
        failed.setdefault(finding["check_id"], set()).add(finding["resource"].split(".")[-1])
    return Report(
        passed=content["summary"]["passed"],
        failed={check: frozenset(resources) for check, resources in failed.items()},
        titles={finding["check_id"]: finding["check_name"] for finding in results["failed_checks"]},
    )


def _executable() -> str:
    if OWN_ENVIRONMENT.exists():
        return str(OWN_ENVIRONMENT)
    found = shutil.which("checkov")
    if found is None:
        raise MissingScannerError("checkov is not installed: `make checkov` makes an environment of its own for it")
    return found
