"""The five zones of a lake, and what a path inside them means."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs.storage import FolderStorage, Storage

__all__ = ["RawFile", "RawPathError", "Zones", "open_storage", "printable", "raw_file"]

_RAW = re.compile(
    r"(?P<dataset>[a-z_]+)/source=(?P<source>[A-Za-z0-9_-]+)/ingest_date=(?P<day>\d{4}-\d{2}-\d{2})/(?P<name>[^/]+)"
)


class RawPathError(ValueError):
    """A file lies in the raw zone where no delivery belongs."""


@dataclass(frozen=True, kw_only=True)
class Zones:
    """Where a lake keeps what: one storage a zone.

    `raw` as delivered, `processed` typed and valid, `quarantine` rejected with reasons, `curated` what analysts read, and
    `ledger`, which says what of the others counts.
    """

    raw: Storage
    processed: Storage
    quarantine: Storage
    curated: Storage
    ledger: Storage

    @classmethod
    def under(cls, root: str) -> "Zones":
        """The zones as folders `raw/ processed/ quarantine/ curated/ ledger/` below one root, a folder or `s3://…`."""
        names = ("raw", "processed", "quarantine", "curated", "ledger")
        join = root.rstrip("/") + "/{}/" if root.startswith("s3://") else str(Path(root) / "{}")
        return cls(**{name: open_storage(join.format(name)) for name in names})


@dataclass(frozen=True, order=True)
class RawFile:
    """A delivery: its path in the raw zone and what the path says. Ordered by when and as what it was delivered."""

    ingest_date: date
    path: str
    dataset: str
    source: str


def open_storage(uri: str) -> Storage:
    """The storage at `s3://bucket/prefix` or at a folder of this machine."""
    if not uri.startswith("s3://"):
        return FolderStorage(Path(uri))
    from jobs.s3_storage import (
        S3Storage,  # boto3 takes a third of a second to load, which a folder lake need not wait for
    )

    return S3Storage(uri)


def raw_file(path: str) -> RawFile:
    """What a path in the raw zone says. Raises `RawPathError` with the layout that was expected."""
    if path != printable(path):
        raise RawPathError(
            f"raw/{printable(path)} has a name that is no readable text; rename the file and deliver it again"
        )
    match = _RAW.fullmatch(path)
    layout = "<dataset>/source=<source>/ingest_date=YYYY-MM-DD/<file>"
    if match is None:
        raise RawPathError(f"raw/{path} is not laid out as {layout}; deliver it with `lake ingest`, or remove it")
    try:
        day = date.fromisoformat(match["day"])
    except ValueError as error:
        raise RawPathError(f"raw/{path}: {match['day']} is no date; the layout is {layout}") from error
    return RawFile(day, path, match["dataset"], match["source"])


def printable(path: str) -> str:
    """The path with escapes for what is no readable text: bytes that are no UTF-8, control characters."""
    text = path.encode("utf-8", "backslashreplace").decode()
    return text if text.isprintable() else ascii(text)[1:-1]
