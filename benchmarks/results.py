"""What was measured, as `results.json` keeps it: pages and charts are drawn from it without running anything again."""

import json
import os
import platform
import shutil
import subprocess
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

__all__ = ["RESULTS", "kept", "load", "origin"]

RESULTS = Path(__file__).parent / "results.json"
_PACKAGES = ("polars", "pyarrow", "duckdb", "pyspark", "pandas", "dataframely", "pandera")


def load(path: Path = RESULTS) -> dict[str, Any]:
    """All results, or none where nothing was measured yet."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def kept(name: str, result: dict[str, Any], path: Path = RESULTS) -> None:
    """Puts one part into the file, in place of what stood there; the other parts stay, each with its own day and machine."""
    results = load(path) | {name: origin() | result}
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def origin() -> dict[str, Any]:
    """When, on what, and with which code and libraries something was measured."""
    return {
        "measured": datetime.now(UTC).date().isoformat(),
        "code": _code(),
        "machine": {
            "cpu": _cpu(),
            "cores": len(os.sched_getaffinity(0)),
            "memory_mib": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20,
            "system": _system(),
        },
        "versions": {"python": platform.python_version()}
        | {name: found for name in _PACKAGES if (found := _version(name))},
    }


def _code() -> str:
    """The commit, with a plus where the product differs from it."""
    changed = _git("status", "--porcelain", "--", "contracts", "transforms", "jobs", "lake")
    return _git("rev-parse", "--short", "HEAD") + ("+" if changed else "")


def _git(*arguments: str) -> str:
    """What git says; nothing where this is no clone."""
    git = shutil.which("git")
    if git is None:
        return ""
    said = subprocess.run(
        [git, *arguments], cwd=Path(__file__).parent.parent, capture_output=True, check=False, text=True
    )
    return said.stdout.strip()


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    release = platform.freedesktop_os_release()
    return f"{release['PRETTY_NAME']}, Linux {platform.release().partition('-')[0]}"


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
