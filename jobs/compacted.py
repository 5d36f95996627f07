"""Which processed files stand for others since `compact.py` merged them, and where the rows of an output lie now.

A ledger entry names the outputs that its file became, and a compaction changes no entry. Beside the entries lies, for each table
and date with merged files, `compacted/<table>/<date>.json` with what each of them holds, in the order of its rows. An output
that is in none of these lies where its entry says. `rearrange.py` writes these notes.
"""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl

from jobs.publish import curated_file, is_publishing
from jobs.zones import Zones

__all__ = [
    "LayoutError",
    "Member",
    "Merged",
    "Place",
    "all_merged",
    "keep_layout",
    "meant",
    "merged_in",
    "not_meant",
    "note_path",
    "noted",
    "notes_of",
    "places",
    "table_and_day",
]

_COMPACTED, _NO_DATE = "compacted/", "all"


class LayoutError(RuntimeError):
    """A note on merged files cannot be read. The message names it and the way out."""


@dataclass(frozen=True, order=True)
class Member:
    """An output whose rows lie in a merged file: its path in the processed zone, the delivered file it comes of, its rows."""

    path: str
    source_file: str
    rows: int


@dataclass(frozen=True, order=True)
class Merged:
    """A file that stands for several outputs of one table and date: first the rows of the first member, and so on."""

    path: str
    members: tuple[Member, ...]

    @property
    def rows(self) -> int:
        """The rows of all members."""
        return sum(member.rows for member in self.members)


@dataclass(frozen=True)
class Place:
    """Where rows that were asked for lie in the processed zone.

    `day` is the partition as in an output. `strangers` are the delivered files whose rows are in it and were not asked for;
    `mine`, where there are any, those whose rows were.
    """

    path: str
    day: str
    strangers: tuple[str, ...] = ()
    mine: tuple[str, ...] = ()


def places(zones: Zones, paths: Iterable[str]) -> list[Place]:
    """Where the rows of the outputs at these paths lie, in their order; a file that has several of them is named once.

    Raises `LayoutError` where a note is damaged.
    """
    asked = list(dict.fromkeys(paths))
    wanted = set(asked)
    is_moving = is_publishing(zones)
    read: dict[tuple[str, str], dict[str, Merged]] = {}
    found: dict[str, Place] = {}
    for path in asked:
        table, day = table_and_day(path)
        if (table, day) not in read:
            merged = merged_in(zones, table, day, is_moving=is_moving)
            read[table, day] = {member.path: one for one in merged for member in one.members}
        one = read[table, day].get(path)
        if one is None:
            found[path] = Place(path, day)
        elif one.path not in found:
            held: dict[bool, list[str]] = {False: [], True: []}
            for member in one.members:
                held[member.path in wanted].append(member.source_file)
            found[one.path] = Place(one.path, day, tuple(held[False]), tuple(held[True]) if held[False] else ())
    return list(found.values())


def meant(scanned: pl.LazyFrame, found: Sequence[Place], files: Sequence[Path], file_column: str) -> pl.LazyFrame:
    """Of what was read from all these places, which are in `files`, the rows that were asked for, in their order."""
    for within, strangers in not_meant(found, files):
        is_strange = pl.col(file_column).is_in(within) & pl.col("source_file").is_in(strangers)
        scanned = scanned.filter(~is_strange)
    return scanned


def not_meant(found: Sequence[Place], files: Sequence[Path]) -> list[tuple[list[str], list[str]]]:
    """Pairs of some of the files, and the delivered files whose rows in them were not asked for.

    One pair is enough, and cheapest, unless a stranger in one file was asked for in another.
    """
    strange = [(place, str(file)) for place, file in zip(found, files, strict=True) if place.strangers]
    every = {name for place, _ in strange for name in place.strangers}
    if every.isdisjoint(name for place, _ in strange for name in place.mine):
        return [([file for _, file in strange], sorted(every))] if strange else []
    pairs: dict[tuple[str, ...], list[str]] = {}
    for place, file in strange:
        pairs.setdefault(place.strangers, []).append(file)
    return [(within, list(strangers)) for strangers, within in pairs.items()]


def merged_in(zones: Zones, table: str, day: str, *, is_moving: bool = False) -> list[Merged]:
    """The merged files of a table's date, in their order. `is_moving`: a commit is not finished, which may have the note."""
    path = note_path(table, day)
    stored = None
    with suppress(FileNotFoundError):
        stored = curated_file(zones, path, "ledger").read_bytes() if is_moving else zones.ledger.read(path)
    if stored is None:
        return []
    try:
        return [Merged(one["path"], tuple(Member(**member) for member in one["members"])) for one in json.loads(stored)]
    except (ValueError, KeyError, TypeError) as error:
        raise LayoutError(
            f"ledger/{path} is no list of merged files any more ({type(error).__name__}: {error}); put it back from a "
            f"backup, or remove it: `lake status --verify` then names the deliveries to take in again"
        ) from error


def all_merged(zones: Zones) -> dict[tuple[str, str], list[Merged]]:
    """Every merged file, by table and date."""
    notes = {stored.path for stored in zones.ledger.listed(_COMPACTED)}
    is_moving = is_publishing(zones)
    if is_moving:
        notes |= {stored.path.removeprefix("_staging/") for stored in zones.ledger.listed(f"_staging/{_COMPACTED}")}
    names = [path.removeprefix(_COMPACTED).removesuffix(".json").split("/") for path in sorted(notes)]
    keys = [(table, "" if day == _NO_DATE else day) for table, day in names]
    found = {key: merged_in(zones, *key, is_moving=is_moving) for key in keys}
    return {key: merged for key, merged in found.items() if merged}


def keep_layout(zones: Zones, other: Zones) -> None:
    """Notes in the ledger of another lake, which reads the same processed zone, where merged rows lie."""
    for (table, day), merged in all_merged(zones).items():
        other.ledger.put(note_path(table, day), noted(merged))


def noted(merged: Sequence[Merged]) -> bytes:
    """As a note is stored."""
    return json.dumps([asdict(one) for one in merged], indent=1, sort_keys=True).encode()


def note_path(table: str, day: str) -> str:
    """Where in the ledger the note on a table's date lies."""
    return f"{notes_of(table)}{day or _NO_DATE}.json"


def notes_of(table: str) -> str:
    """Below which prefix of the ledger the notes on a table lie."""
    return f"{_COMPACTED}{table}/"


def table_and_day(path: str) -> tuple[str, str]:
    """What a processed file's path says: `transactions/date=2024-05-01/….parquet`, or `providers/….parquet` of no date."""
    table, *folders, _ = path.split("/")
    return table, folders[0].removeprefix("date=") if folders else ""
