"""Parquet footers of the lake's files, without the data: of a folder's file by opening it, of an object in S3 by its last bytes."""

import io
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from jobs.publish import curated_file
from jobs.storage import FolderStorage
from jobs.zones import Zones

if TYPE_CHECKING:
    from pyarrow.parquet import FileMetaData

__all__ = ["Tail", "column_bytes"]

_TAIL_BYTES = 65_536


def column_bytes(zones: Zones, path: str, columns: Collection[str]) -> int:
    """How many bytes of a curated file the columns take, compressed, over all row groups; the footer itself not counted.

    A column that the file does not have, such as the partition, takes none. Raises `FileNotFoundError`.
    """
    footer = _footer(zones, path)
    groups = (footer.row_group(number) for number in range(footer.num_row_groups))
    chunks = (group.column(number) for group in groups for number in range(group.num_columns))
    return sum(chunk.total_compressed_size for chunk in chunks if chunk.path_in_schema.split(".")[0] in columns)


def _footer(zones: Zones, path: str) -> "FileMetaData":
    if isinstance(zones.curated, FolderStorage):
        return pq.read_metadata(curated_file(zones, path))
    return pq.read_metadata(Tail(zones.curated, path))


class Tail(io.RawIOBase):
    """An object in S3 as a file whose last bytes are fetched at once, and what lies before them when it is asked for."""

    def __init__(self, storage: Any, path: str) -> None:  # noqa: ANN401 - an S3Storage, whose module needs boto3
        import boto3

        self._s3 = boto3.client("s3")
        self._bucket, self._key = storage.bucket, storage.prefix + path
        answer = self._s3.get_object(Bucket=self._bucket, Key=self._key, Range=f"bytes=-{_TAIL_BYTES}")
        self._tail = answer["Body"].read()
        self._size = int(answer["ContentRange"].rpartition("/")[2])
        self._at = 0

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """It can be read from anywhere."""
        return True

    def tell(self) -> int:
        """Where the next byte comes from."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Chooses where the next byte comes from."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = start + offset
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - any writable buffer
        """Bytes from there on, as many as there are and the buffer takes."""
        end = min(self._at + len(buffer), self._size)
        begin = self._size - len(self._tail)
        if self._at >= end:
            return 0
        if self._at >= begin:
            content = self._tail[self._at - begin : end - begin]
        else:
            asked = f"bytes={self._at}-{end - 1}"
            content = self._s3.get_object(Bucket=self._bucket, Key=self._key, Range=asked)["Body"].read()
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)
