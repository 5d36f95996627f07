"""Where bytes live: a folder of this machine or a prefix of an S3 bucket. Nothing else in the lake knows the difference.

Both keep three promises. A path is either whole or absent: `put` never leaves half a file. `listed` is in order of
path. `local` gives a file that polars can read, without changing what is stored.
"""

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile, _TemporaryFileWrapper
from typing import Protocol, TypeVar

__all__ = ["FolderStorage", "Storage", "Stored"]

T = TypeVar("T")
_TRIES = 20


@dataclass(frozen=True)
class Stored:
    """A stored file: its path below the storage's root, with `/` between parts, and its size.

    `etag` is another where the content is, and empty where a storage does not know that without reading the file.
    """

    path: str
    size_bytes: int
    etag: str = field(default="", compare=False)


class Storage(Protocol):
    """What the jobs need of a place for files."""

    uri: str

    def listed(self, prefix: str = "") -> Iterator[Stored]:
        """Every file whose path starts with the prefix, ordered by path."""

    def exists(self, path: str) -> bool:
        """Whether there is a file at the path."""

    def read(self, path: str) -> bytes:
        """The file's content. Raises `FileNotFoundError` naming the storage and the path."""

    def local(self, path: str) -> Path:
        """A local file with the content, to be read only. Raises `FileNotFoundError`."""

    def release(self, path: str) -> None:
        """Says that the file which `local` gave is needed no more. A copy goes, what is stored stays."""

    def put(self, path: str, content: bytes | Path) -> None:
        """Stores the bytes, or the local file, whole or not at all; replaces what was there."""

    def take(self, path: str, file: Path) -> None:
        """Stores the local file like `put`, for a caller who needs it no more: it may be gone afterwards."""

    def move(self, path: str, to: str) -> None:
        """Renames a file, replacing what was there. Raises `FileNotFoundError`."""

    def delete(self, path: str) -> None:
        """Removes the file; nothing happens where there is none."""


class FolderStorage:
    """Files below a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.uri = str(root)

    def listed(self, prefix: str = "") -> Iterator[Stored]:
        """See `Storage`. Files whose name starts with a dot are being written and not there yet."""
        top = self.root / prefix if prefix.endswith("/") or not prefix else (self.root / prefix).parent
        found = []
        for folder, _, names in os.walk(top):
            base = Path(folder).relative_to(self.root).as_posix()
            found += [f"{base}/{name}" if base != "." else name for name in names if not name.startswith(".")]
        for path in sorted(found):
            if path.startswith(prefix):
                yield Stored(path, (self.root / path).stat().st_size)

    def exists(self, path: str) -> bool:
        """See `Storage`."""
        return (self.root / path).is_file()

    def read(self, path: str) -> bytes:
        """See `Storage`."""
        return self.local(path).read_bytes()

    def local(self, path: str) -> Path:
        """See `Storage`: the stored file itself."""
        file = self.root / path
        if not file.is_file():
            raise FileNotFoundError(f"{self.uri} has no file {path}")
        return file

    def release(self, path: str) -> None:
        """See `Storage`: there is no copy."""

    def put(self, path: str, content: bytes | Path) -> None:
        """See `Storage`. Written beside its place under a dotted name, then renamed, which the file system does at once."""
        target = self.root / path
        with _in_its_folder(target, lambda: _part_of(target)) as part:
            try:
                if isinstance(content, Path):
                    with content.open("rb") as source:
                        shutil.copyfileobj(source, part, 1 << 20)
                else:
                    part.write(content)
                part.close()
                Path(part.name).chmod(0o644)
                Path(part.name).replace(target)
            except BaseException:
                Path(part.name).unlink(missing_ok=True)
                raise

    def take(self, path: str, file: Path) -> None:
        """See `Storage`. On one file system a rename, which costs a fraction of a copy."""
        target = self.root / path
        file.chmod(0o644)
        try:
            _in_its_folder(target, lambda: file.replace(target))
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            self.put(path, file)

    def move(self, path: str, to: str) -> None:
        """See `Storage`."""
        source, target = self.local(path), self.root / to
        _in_its_folder(target, lambda: source.replace(target))
        self._forget_empty(source.parent)

    def delete(self, path: str) -> None:
        """See `Storage`. Folders that become empty go as well, so that a lake shows what is in it and nothing else."""
        file = self.root / path
        file.unlink(missing_ok=True)
        self._forget_empty(file.parent)

    def _forget_empty(self, folder: Path) -> None:
        with suppress(OSError):
            while folder != self.root:
                folder.rmdir()
                folder = folder.parent


def _part_of(target: Path) -> "_TemporaryFileWrapper[bytes]":
    return NamedTemporaryFile(dir=target.parent, prefix=".", delete=False)


def _in_its_folder(target: Path, write: Callable[[], T]) -> T:
    """Writes into the target's folder, which is made where there is none.

    Another process may have just removed the last file of that folder and, with it, the folder: it is made again then.
    """
    for _ in range(_TRIES):
        with suppress(FileNotFoundError):
            target.parent.mkdir(parents=True, exist_ok=True)
            return write()
    target.parent.mkdir(parents=True, exist_ok=True)
    return write()
