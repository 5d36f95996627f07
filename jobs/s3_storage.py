"""A prefix of an S3 bucket as a `Storage`. Endpoint, region, credentials and retries come from the usual AWS settings.

Encryption is the bucket's: its default is SSE-KMS with the lake's key, and its policy refuses any other, so nothing is
named here. An object is whole or absent by S3's own promise, uploads in parts included.
"""

import shutil
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from jobs.storage import Stored

__all__ = ["RETRIES", "S3Storage"]

RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 10})
"""S3 answers bursts with 503 Slow Down; adaptive mode waits and slows the sender as well."""
_ABSENT = {"404", "NoSuchKey", "NotFound"}


class S3Storage:
    """Objects below `s3://bucket/prefix/`. `client` is a boto3 S3 client, or null for one from the environment.

    Local copies go to `scratch`, or to a folder that is removed when the storage is.
    """

    def __init__(self, uri: str, scratch: Path | None = None, client: Any = None) -> None:  # noqa: ANN401 - boto3 clients have no type
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        if not uri.startswith("s3://") or not bucket:
            raise ValueError(f"{uri!r} is no place in S3; write s3://bucket/ or s3://bucket/prefix/")
        self.bucket = bucket
        self.prefix = prefix if not prefix or prefix.endswith("/") else f"{prefix}/"
        self.uri = f"s3://{bucket}/{self.prefix}"
        self._s3 = client or boto3.client("s3", config=RETRIES)
        self._scratch = scratch or Path(tempfile.mkdtemp(prefix="energy-lake-s3-"))
        if scratch is None:
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)

    def __reduce__(self) -> tuple[type["S3Storage"], tuple[str]]:
        """Another process has a client and a scratch folder of its own: only the place travels."""
        return type(self), (self.uri,)

    def listed(self, prefix: str = "") -> Iterator[Stored]:
        """See `Storage`. S3 lists in order of key."""
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix + prefix)
        for page in pages:
            for item in page.get("Contents", []):
                if not item["Key"].endswith("/"):
                    yield Stored(item["Key"].removeprefix(self.prefix), item["Size"], item["ETag"].strip('"'))

    def exists(self, path: str) -> bool:
        """See `Storage`."""
        try:
            self._s3.head_object(Bucket=self.bucket, Key=self.prefix + path)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                return False
            raise
        return True

    def read(self, path: str) -> bytes:
        """See `Storage`."""
        return self.local(path).read_bytes()

    def local(self, path: str) -> Path:
        """See `Storage`: a copy in the scratch folder, replaced at each call because the object may have changed."""
        file = self._copy(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._s3.download_file(self.bucket, self.prefix + path, str(file))
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise FileNotFoundError(f"{self.uri} has no file {path}") from error
            raise
        return file

    def release(self, path: str) -> None:
        """See `Storage`: a worker's disk is small beside a day's deliveries."""
        self._copy(path).unlink(missing_ok=True)

    def put(self, path: str, content: bytes | Path) -> None:
        """See `Storage`."""
        if isinstance(content, Path):
            self._s3.upload_file(str(content), self.bucket, self.prefix + path)
        else:
            self._s3.put_object(Bucket=self.bucket, Key=self.prefix + path, Body=content)

    def take(self, path: str, file: Path) -> None:
        """See `Storage`."""
        self.put(path, file)

    def move(self, path: str, to: str) -> None:
        """See `Storage`: a copy and a delete, because S3 has no rename."""
        try:
            source = {"Bucket": self.bucket, "Key": self.prefix + path}
            self._s3.copy(source, self.bucket, self.prefix + to)
        except ClientError as error:
            if error.response["Error"]["Code"] in _ABSENT:
                raise FileNotFoundError(f"{self.uri} has no file {path}") from error
            raise
        self.delete(path)

    def delete(self, path: str) -> None:
        """See `Storage`."""
        self._s3.delete_object(Bucket=self.bucket, Key=self.prefix + path)

    def _copy(self, path: str) -> Path:
        return self._scratch / self.bucket / self.prefix / path
