"""Downloads the wheels that jobs need on Glue: ``python -m components.glue_wheels [FOLDER]``, or ``make wheels``.

It takes what ``requirements.lock`` pins, hash by hash, for Glue 5.1: Python 3.11 on Amazon Linux 2023 (glibc 2.34). The
sample in Glue's guide asks for manylinux2014 alone, for which there is no pyarrow any more; 2_28 is asked for too.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from components.packaging import Pin, pins

__all__ = ["FOLDER", "command", "main", "requirements"]

FOLDER = Path("build") / "wheels"
"""Where the program looks for them, from the project's root."""

_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
_ABIS = ("cp311", "abi3", "none")


def requirements(needed: Sequence[Pin]) -> str:
    """A requirements file with hashes, so that pip refuses any file but the one that was locked."""
    return "".join(
        f"{pin.requirement} {' '.join(f'--hash=sha256:{hashed}' for hashed in pin.hashes)}\n" for pin in needed
    )


def command(listing: Path, folder: Path) -> list[str]:
    """The pip command that downloads a requirements file for Glue, whatever machine it runs on."""
    return [
        *(sys.executable, "-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", "3.11"),
        *(part for abi in _ABIS for part in ("--abi", abi)),
        *(part for platform in _PLATFORMS for part in ("--platform", platform)),
        *("--dest", str(folder), "--requirement", str(listing)),
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Download into the folder given (default ``build/wheels``); returns pip's exit status."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    folder = Path(given[0]) if given else FOLDER
    needed = pins(Path("requirements.lock").read_text())
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        listing = Path(scratch) / "requirements.txt"
        listing.write_text(requirements(needed))
        return subprocess.run(command(listing, folder), check=False).returncode  # noqa: S603 - our own command


if __name__ == "__main__":
    sys.exit(main())
