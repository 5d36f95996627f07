"""One run at a time: two runs on one lake would remove each other's unfinished files and publish over each other.

A lake in a folder is locked by the operating system, which lets go of the lock when a run ends in any way, killed or not.
Not locked is what only adds to the raw zone, and what only reads. A lake on S3 has no such lock: there the Glue jobs are
deployed with a concurrency of 1 and started by one workflow, and who runs a job by hand beside them has to see to it.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from jobs.storage import FolderStorage
from jobs.zones import Zones

__all__ = ["LakeBusyError", "only_run", "remove_unfinished"]

_LOCK, _HOLDER = ".lock", ".running"


class LakeBusyError(RuntimeError):
    """Another run works on the lake. The message names the lake, the run and what to do."""


@contextmanager
def only_run(zones: Zones, job: str) -> Iterator[None]:
    """Holds the lake for a job; what a killed run was just writing is removed first. Raises `LakeBusyError` at once."""
    if not isinstance(zones.ledger, FolderStorage):
        yield
        return
    folder = zones.ledger.root
    folder.mkdir(parents=True, exist_ok=True)
    holder = folder / _HOLDER
    lock = FileLock(folder / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        raise LakeBusyError(
            f"the lake at {folder.parent} is in use by {_text(holder)}; nothing was changed. Wait until that run has "
            f"ended and run again: files that are due stay due"
        ) from error
    try:
        if holder.exists():
            remove_unfinished(zones)
        holder.write_text(f"{job}, process {os.getpid()} on {socket.gethostname()}", encoding="utf-8")
        yield
        holder.unlink()
    finally:
        lock.release()


def remove_unfinished(zones: Zones) -> None:
    """Removes what was just being written by who was killed: dotted files. Whoever still writes one has to begin again."""
    for zone in (zones.processed, zones.quarantine, zones.curated, zones.ledger):
        if isinstance(zone, FolderStorage):
            for part in zone.root.rglob(".*"):
                if part.is_file() and part.name not in {_LOCK, _HOLDER}:
                    part.unlink(missing_ok=True)


def _text(file: Path) -> str:
    return file.read_text(encoding="utf-8") if file.is_file() else "another run"
