"""What a load has to do: the curated files against the warehouse's books. Pure; nothing is read or written here.

The unit of change is a partition: where one of its files is new, gone or of another content, all of its rows are replaced.
That is how a trade that was cancelled or that moved to another date leaves. A table in one piece is one partition.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from contracts.model import Dataset

__all__ = ["CuratedFile", "LoadError", "Loaded", "LoadedFile", "Plan", "TableChange", "plan_of"]


class LoadError(RuntimeError):
    """A load that was not done, or was undone. The warehouse is what it was; the message says the way out."""


@dataclass(frozen=True, order=True)
class CuratedFile:
    """A file that the curated state names. `content` is another where its bytes are; `day` is null without a partition."""

    table: str
    path: str
    rows: int
    content: str
    size_bytes: int
    day: date | None = None


@dataclass(frozen=True)
class LoadedFile:
    """A file that the warehouse's books name."""

    table: str
    rows: int
    content: str
    day: date | None = None


@dataclass(frozen=True)
class Loaded:
    """The warehouse's books: the last load's number, the files by path, and how many rows each table really has."""

    number: int = 0
    files: Mapping[str, LoadedFile] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class TableChange:
    """What happens to a table: rows of the partitions of `known` and `files` go, with `is_whole` all; those of `files` come.

    `known` are the paths that the books forget, with their partition: of what goes, and of what comes again. `is_mended`
    says that the table was not what the books say, so it is loaded anew.
    """

    table: str
    files: tuple[CuratedFile, ...]
    known: tuple[tuple[str, date | None], ...]
    is_whole: bool = False
    is_mended: bool = False

    @property
    def rows(self) -> int:
        """How many rows come."""
        return sum(file.rows for file in self.files)

    @property
    def gone(self) -> tuple[tuple[str, date | None], ...]:
        """The paths that leave and do not come again, with their partition."""
        coming = {file.path for file in self.files}
        return tuple((path, day) for path, day in self.known if path not in coming)


@dataclass(frozen=True)
class Plan:
    """The changes of one load, by table in the order of the contracts, and the number that it will have."""

    number: int
    changes: tuple[TableChange, ...]

    @property
    def token(self) -> str:
        """The same for the same changes on the same books, and for no others: 32 hex digits."""
        parts = [str(self.number)]
        for change in self.changes:
            parts += [
                change.table,
                *(path for path, _ in change.gone),
                *(f"{file.path}\n{file.content}" for file in change.files),
            ]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def plan_of(
    datasets: Mapping[str, Dataset], files: Iterable[CuratedFile], loaded: Loaded, *, everything: bool = False
) -> Plan:
    """What makes the warehouse the curated zone. No changes where it is already.

    A table whose rows are not as many as the books say was changed by somebody else: it is loaded anew, whole. With
    `everything` all tables are.
    """
    wanted: dict[str, list[CuratedFile]] = {name: [] for name in datasets}
    for file in sorted(files):
        if file.table in wanted:
            wanted[file.table].append(file)
    changes = []
    for name, dataset in datasets.items():
        known = {path: file for path, file in loaded.files.items() if file.table == name}
        is_mended = loaded.counts.get(name, 0) != sum(file.rows for file in known.values())
        before = {path: (file.day, file.content) for path, file in known.items()}
        now = {file.path: (file.day, file.content) for file in wanted[name]}
        if everything or is_mended or (before != now and not dataset.partition):
            forgotten = tuple((path, known[path].day) for path in sorted(known))
            changes.append(TableChange(name, tuple(wanted[name]), forgotten, is_whole=True, is_mended=is_mended))
        elif before != now:
            changes.append(_partitions(name, wanted[name], known))
    return Plan(loaded.number + 1, tuple(c for c in changes if c.files or c.known or c.is_mended))


def _partitions(table: str, wanted: list[CuratedFile], known: Mapping[str, LoadedFile]) -> TableChange:
    before = {path: (file.day, file.content) for path, file in known.items()}
    now = {file.path: (file.day, file.content) for file in wanted}
    days = {day for path, (day, _) in {*before.items(), *now.items()} if before.get(path) != now.get(path)}
    return TableChange(
        table,
        tuple(file for file in wanted if file.day in days),
        tuple((path, file.day) for path, file in sorted(known.items()) if file.day in days),
    )
