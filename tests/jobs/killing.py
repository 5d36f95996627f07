"""A lake whose run dies at its n-th write, and what a reader sees of the lake that it leaves."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from jobs.publish import load_state
from jobs.raw_to_processed import effective
from jobs.storage import FolderStorage
from jobs.zones import Zones
from tests.jobs.lakes import curated, entries


class KilledError(BaseException):
    """The run was killed. No `except Exception` may hold it up, as none holds up the operating system."""


@dataclass
class Fuse:
    """Counts the writes to all zones of a lake and kills at one of them: just before it is done, or just after."""

    at: int = 0
    is_after: bool = False
    writes: list[str] = field(default_factory=list)

    def kills_before(self, what: str) -> bool:
        """Notes a write; whether it is the one at which to die, undone."""
        self.writes.append(what)
        return len(self.writes) == self.at and not self.is_after

    def kills_after(self) -> bool:
        """Whether the write that was just done was the last."""
        return len(self.writes) == self.at and self.is_after


class KillingStorage(FolderStorage):
    """A folder whose writes burn a fuse. A put that is killed leaves its unfinished part, as a killed process does."""

    def __init__(self, root: Path, fuse: Fuse) -> None:
        super().__init__(root)
        self.fuse = fuse

    def put(self, path: str, content: bytes | Path) -> None:
        if self.fuse.kills_before(f"put {self.root.name}/{path}"):
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (target.parent / ".unfinished").write_bytes(b"half a fi")
            raise KilledError
        super().put(path, content)
        self._after()

    def take(self, path: str, file: Path) -> None:
        self.put(path, file)

    def move(self, path: str, to: str) -> None:
        if self.fuse.kills_before(f"move {self.root.name}/{path}"):
            raise KilledError
        super().move(path, to)
        self._after()

    def delete(self, path: str) -> None:
        if self.fuse.kills_before(f"delete {self.root.name}/{path}"):
            raise KilledError
        super().delete(path)
        self._after()

    def _after(self) -> None:
        if self.fuse.kills_after():
            raise KilledError


def killing(root: Path, fuse: Fuse) -> Zones:
    """The lake in the folder, whose next run burns the fuse. Deliveries do not."""
    names = ("processed", "quarantine", "curated", "ledger")
    return Zones(raw=FolderStorage(root / "raw"), **{name: KillingStorage(root / name, fuse) for name in names})


def seen_processed(zones: Zones) -> dict[str, dict[str, Any]]:
    """What a reader sees who goes by the ledger: by file its rows. Fails where an entry's output is not there, whole."""
    seen = {}
    for entry in effective(entries(zones)).values():
        rows = {}
        for output in entry.outputs:
            zone = zones.quarantine if output.zone == "quarantine" else zones.processed
            frame = pl.read_parquet(zone.local(output.path), hive_partitioning=False)
            assert frame.height == output.rows
            rows[output.path] = frame.to_dicts()
        seen[entry.file] = rows
    return seen


def seen_curated(zones: Zones) -> dict[str, Any]:
    """What a reader sees who goes by the state: each table's rows, and what the state says of each day."""
    state = load_state(zones)
    tables = {table: curated(zones, table).to_dicts() for table in sorted(state.get("files", {}))}
    for table, rows in tables.items():
        assert len(rows) == sum(state["files"][table].values())
    return {"tables": tables, "days": state.get("days", {}), "inputs": state.get("inputs", {})}


def unfinished(root: Path) -> list[Path]:
    """What a killed run was just writing and nobody has removed."""
    return [file for file in root.rglob(".*") if file.is_file() and file.name != ".lock"]
