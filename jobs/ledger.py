"""The ledger: one entry for each delivered file, written last. What has no entry did not happen.

An entry is JSON under `<dataset>/<file id>.json`, its numbers exact, without clock or chance, so that the same
deliveries give the same ledger byte for byte. While a file is being processed, `pending/<file id>.json` lists what it
is about to write; the next run removes what a killed one left.
"""

import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cached_property

import xxhash

from jobs.storage import FolderStorage, Storage
from jobs.zones import RawFile
from transforms.totals import Totals

__all__ = ["PIECES", "Entry", "Ledger", "LedgerImbalanceError", "Output", "Redo", "file_id"]

_PENDING = "pending/"
_REDO = "redo/"
PIECES = "pieces/"
"""Where a large file that several machines process lies in pieces; nothing of it outlives the run."""
_READ_AT_ONCE = 10
"""Entries read at a time. boto3 keeps as many connections."""


class LedgerImbalanceError(RuntimeError):
    """Rows, energy or money went in and did not come out. Nothing of the file is published."""


@dataclass(frozen=True, order=True)
class Output:
    """A Parquet file that an entry stands for. `date` is its partition, or empty; `zone` is processed or quarantine."""

    zone: str
    path: str
    rows: int
    date: str = ""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What became of one delivered file.

    `content` is the hash of its bytes. Where the same content was delivered before, `repeats` is true and nothing else is
    filled in: the first delivery stands for both. `reasons` and `warnings` count rows by code; `key_range` is the smallest
    and largest key, by which later runs see at once that two files share no key.
    """

    file: str
    dataset: str
    source: str
    ingest_date: date
    content: str
    size_bytes: int
    repeats: bool = False
    received: Totals = field(default_factory=Totals)
    valid: Totals = field(default_factory=Totals)
    rejected: Totals = field(default_factory=Totals)
    duplicates: Totals = field(default_factory=Totals)
    reasons: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    outputs: tuple[Output, ...] = ()
    key_range: tuple[str, str] = ("", "")

    @property
    def id(self) -> str:
        """The name of everything that the file becomes."""
        return file_id(self.file, self.content)

    @cached_property
    def stamp(self) -> str:
        """Names the entry and what it says, so that one that a replay changed is known for another."""
        return _stamp(self.id, self.to_json())

    def processed(self) -> list[Output]:
        """The outputs with the file's current rows: neither quarantine nor what a later row of the file replaced."""
        return [o for o in self.outputs if o.zone == "processed" and o.path.startswith(f"{self.dataset}/")]

    def checked(self) -> "Entry":
        """The entry itself. Raises `LedgerImbalanceError` naming the sums where in is not out."""
        out = self.valid + self.rejected + self.duplicates
        if self.received != out:
            raise LedgerImbalanceError(
                f"{self.file} does not balance: received {self.received.to_json()}, but valid + rejected + duplicates "
                f"is {out.to_json()}. Nothing of it was published; this is a fault of the lake, please report it."
            )
        return self

    def to_json(self) -> bytes:
        """As it is stored."""
        content = asdict(self)
        content |= {name: getattr(self, name).to_json() for name in ("received", "valid", "rejected", "duplicates")}
        return json.dumps(content, indent=1, sort_keys=True, default=str).encode()

    @classmethod
    def from_json(cls, stored: bytes) -> "Entry":
        """What `to_json` wrote."""
        content = json.loads(stored)
        for name in ("received", "valid", "rejected", "duplicates"):
            content[name] = Totals.from_json(content[name])
        content["outputs"] = tuple(Output(**output) for output in content["outputs"])
        content["key_range"] = tuple(content["key_range"])
        entry = cls(**content | {"ingest_date": date.fromisoformat(content["ingest_date"])})
        vars(entry)["stamp"] = _stamp(entry.id, stored)  # writing a year's entry again only to hash it takes 10 ms
        return entry


@dataclass(frozen=True, kw_only=True)
class Redo:
    """A note, from a replay to the next processed-to-curated: what a file was before.

    `dates` are those of its old rows and `key_range` their keys: trades may have left either.
    """

    id: str
    file: str
    dataset: str
    dates: tuple[str, ...]
    key_range: tuple[str, str]

    @property
    def path(self) -> str:
        """Where the note lies in the ledger."""
        return f"{_REDO}{self.id}.json"

    def to_json(self) -> bytes:
        """As it is stored."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode()

    @classmethod
    def from_json(cls, stored: bytes) -> "Redo":
        """What `to_json` wrote."""
        content = json.loads(stored)
        return cls(**content | {"dates": tuple(content["dates"]), "key_range": tuple(content["key_range"])})

    def merged(self, other: "Redo") -> "Redo":
        """Both notes in one, where a file is replayed again before the curated zone took note."""
        dates = tuple(sorted({*self.dates, *other.dates}))
        ranges = [keys for keys in (self.key_range, other.key_range) if keys != ("", "")]
        low, high = (min(k[0] for k in ranges), max(k[1] for k in ranges)) if ranges else ("", "")
        return Redo(id=self.id, file=self.file, dataset=self.dataset, dates=dates, key_range=(low, high))


def file_id(path: str, content: str) -> str:
    """Sixteen hex digits that depend on where a file was delivered and on its bytes, and on nothing else."""
    return xxhash.xxh3_64_hexdigest(f"{path}\n{content}".encode())


class Ledger:
    """Reads and writes the entries of a lake."""

    def __init__(self, storage: Storage) -> None:
        self.storage = storage

    def entries(self) -> dict[str, Entry]:
        """Every entry by the file's path in the raw zone."""
        paths = []
        for stored in self.storage.listed():
            folder, _, name = stored.path.partition("/")
            if name.endswith(".json") and f"{folder}/" not in (_PENDING, _REDO) and "/" not in name:
                paths.append(stored.path)
        read = [Entry.from_json(stored) for stored in self._read(paths)]
        return {entry.file: entry for entry in read}

    def _read(self, paths: list[str]) -> Iterable[bytes]:
        """The files, in order. A request to S3 is mostly waiting, so several are under way; a folder does not wait."""
        if isinstance(self.storage, FolderStorage):
            return map(self.storage.read, paths)
        with ThreadPoolExecutor(_READ_AT_ONCE) as pool:
            return list(pool.map(self.storage.read, paths))

    def commit(self, entry: Entry) -> None:
        """Writes the entry: from here on the file is in the lake."""
        self.storage.put(_path(entry), entry.checked().to_json())

    def path_of(self, entry: Entry) -> str:
        """Where the entry is stored."""
        return _path(entry)

    def redos(self) -> list["Redo"]:
        """What replays took out of the processed zone and the curated zone still shows."""
        return [Redo.from_json(self.storage.read(stored.path)) for stored in list(self.storage.listed(_REDO))]

    def intend(self, raw: RawFile, identifier: str, outputs: list[Output]) -> None:
        """Notes what is about to be written for a file."""
        content = {"file": raw.path, "dataset": raw.dataset, "outputs": [asdict(output) for output in outputs]}
        self.storage.put(f"{_PENDING}{identifier}.json", json.dumps(content, indent=1).encode())

    def done(self, identifier: str) -> None:
        """Forgets the note."""
        self.storage.delete(f"{_PENDING}{identifier}.json")

    def left_behind(self) -> Iterator[tuple[str, list[Output]]]:
        """Of each note that a killed run left: the file's id, and the outputs that no committed entry stands for."""
        for stored in list(self.storage.listed(_PENDING)):
            content = json.loads(self.storage.read(stored.path))
            identifier = stored.path.removeprefix(_PENDING).removesuffix(".json")
            outputs = [Output(**output) for output in content["outputs"]]
            committed = f"{content['dataset']}/{identifier}.json"
            kept = Entry.from_json(self.storage.read(committed)).outputs if self.storage.exists(committed) else ()
            yield identifier, [output for output in outputs if output not in kept]


def _stamp(identifier: str, stored: bytes) -> str:
    return f"{identifier}-{xxhash.xxh3_64_hexdigest(stored)[:8]}"


def _path(entry: Entry) -> str:
    return f"{entry.dataset}/{entry.id}.json"
