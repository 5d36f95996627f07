"""One run at a time on one lake, so that two never interleave their writes.

A folder lake is guarded by a lock file in its ledger. A lake on S3 has none: there the Glue jobs' concurrency of one run,
and the workflow's order, keep runs apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from jobs.storage import FolderStorage
from jobs.zones import Zones

__all__ = ["LakeBusyError", "locked"]

_LOCK = ".lock"
_PATIENCE_SECONDS = 2


class LakeBusyError(RuntimeError):
    """Another run has the lake. The message names the lock and says what to do."""


@contextmanager
def locked(zones: Zones) -> Iterator[None]:
    """Holds the lake for the body. Raises `LakeBusyError` where another process keeps it."""
    if not isinstance(zones.ledger, FolderStorage):
        yield
        return
    zones.ledger.root.mkdir(parents=True, exist_ok=True)
    path = zones.ledger.root / _LOCK
    try:
        with FileLock(path, timeout=_PATIENCE_SECONDS):
            yield
    except Timeout as error:
        raise LakeBusyError(
            f"another run is at work on this lake (it holds {path}); wait for it, then run again"
        ) from error
