"""How many requests the jobs make of S3: counted on folders, by what each call is there (`jobs/s3_storage.py`).

    python benchmarks/scale_requests.py LAKE

runs both jobs on a lake and prints one line of JSON for each: PUT, COPY, LIST (priced alike), GET, HEAD (alike), DELETE (free).
Uploads and copies of over 8 MiB go in parts, which are more requests; they are added by size in the model.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jobs import processed_to_curated, raw_to_processed
from jobs.source_files import load_sources
from jobs.storage import FolderStorage, Stored
from jobs.zones import Zones

__all__ = ["Counting", "counted"]

_PAGE = 1000
"""Keys in one answer to a list request."""


@dataclass
class Counting:
    """A storage that passes everything on and counts what S3 would be asked."""

    inner: FolderStorage
    counts: Counter[str]

    @property
    def root(self) -> Path:
        """See `FolderStorage`."""
        return self.inner.root

    @property
    def uri(self) -> str:
        """See `Storage`."""
        return self.inner.uri

    def listed(self, prefix: str = "") -> Iterator[Stored]:
        """A request a thousand keys."""
        found = list(self.inner.listed(prefix))
        self.counts["LIST"] += max(1, -(-len(found) // _PAGE))
        return iter(found)

    def exists(self, path: str) -> bool:
        """One HEAD."""
        self.counts["HEAD"] += 1
        return self.inner.exists(path)

    def read(self, path: str) -> bytes:
        """A download asks for the size first."""
        return self.local(path).read_bytes()

    def local(self, path: str) -> Path:
        """A download asks for the size first."""
        self.counts["HEAD"] += 1
        file = self.inner.local(path)
        self.counts["GET"] += 1
        return file

    def release(self, path: str) -> None:
        """No request."""
        self.inner.release(path)

    def put(self, path: str, content: bytes | Path) -> None:
        """One PUT."""
        self.counts["PUT"] += 1
        self.inner.put(path, content)

    def take(self, path: str, file: Path) -> None:
        """One PUT."""
        self.counts["PUT"] += 1
        self.inner.take(path, file)

    def move(self, path: str, to: str) -> None:
        """A copy, for which the size is asked first, and a delete."""
        self.counts += Counter(HEAD=1, COPY=1, DELETE=1)
        self.inner.move(path, to)

    def delete(self, path: str) -> None:
        """One DELETE."""
        self.counts["DELETE"] += 1
        self.inner.delete(path)


def counted(root: Path) -> dict[str, dict[str, int]]:
    """Runs both jobs on the lake; requests by job."""
    counts: Counter[str] = Counter()
    names = ("raw", "processed", "quarantine", "curated", "ledger")
    zones = Zones(**{name: Counting(FolderStorage(root / name), counts) for name in names})
    raw_to_processed.run(zones, load_sources())
    first = dict(counts)
    counts.clear()
    processed_to_curated.run(zones)
    return {"raw-to-processed": first, "processed-to-curated": dict(counts)}


if __name__ == "__main__":
    print(json.dumps(counted(Path(sys.argv[1]))))
