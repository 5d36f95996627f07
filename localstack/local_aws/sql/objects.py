"""S3's objects, as the engines read and write them: inside the process, past the network and past who may.

Lake Formation and COPY read with a role's rights and not the asker's; whether that role may is not asked here.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.s3.models import s3_backends

from local_aws.identity import ACCOUNT_ID, PARTITION

__all__ = ["NoSuchObjectError", "Object", "Place", "Sealed", "beginning_with", "listed", "place_of", "read", "write"]


class NoSuchObjectError(LookupError):
    """A bucket or an object that is not there."""


@dataclass(frozen=True)
class Place:
    """A bucket and a key, or the beginning of keys."""

    bucket: str
    key: str

    @property
    def url(self) -> str:
        """As s3://bucket/key."""
        return f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True)
class Object:
    """An object without its bytes."""

    place: Place
    size_bytes: int


@dataclass(frozen=True)
class Sealed:
    """How an object is encrypted: S3's word for it, and the key; empty for what the bucket does by default."""

    option: str = ""
    key_arn: str = ""

    @classmethod
    def of(cls, option: str | None, key_arn: str | None) -> "Sealed":
        """From Athena's words (`SSE_S3`, `SSE_KMS`, `CSE_KMS`), which say nothing where there is nothing to say."""
        return cls({"SSE_S3": "AES256", "SSE_KMS": "aws:kms"}.get(option or "", ""), key_arn or "")


def place_of(url: str) -> Place:
    """The place that an address names. Raises `ValueError` for one that is not of S3."""
    scheme, _, rest = url.partition("://")
    bucket, _, key = rest.partition("/")
    if scheme not in {"s3", "s3a", "s3n"} or not bucket:
        raise ValueError(f"{url!r} is no place in S3, expected s3://BUCKET/PREFIX")
    return Place(bucket, key)


def listed(folder: Place) -> list[Object]:
    """The objects below a folder, in order of key. Hidden ones (`_` or `.` begins a part of the path) and empty ones are none.

    Raises:
        NoSuchObjectError: The bucket is not there.
    """
    prefix = folder.key if not folder.key or folder.key.endswith("/") else f"{folder.key}/"
    found = []
    for key, entry in _entries(folder.bucket):
        inside = key.removeprefix(prefix)
        if key.startswith(prefix) and inside and not any(part[:1] in {"_", "."} for part in inside.split("/")):
            size = getattr(entry, "size", 0)  # a delete marker has none
            if size:
                found.append(Object(Place(folder.bucket, key), size))
    return sorted(found, key=lambda one: one.place.key)


def beginning_with(place: Place) -> list[Place]:
    """The objects whose keys begin as a place's does, in order: COPY's prefix, which hides nothing.

    Raises:
        NoSuchObjectError: The bucket is not there.
    """
    keys = (key for key, entry in _entries(place.bucket) if key.startswith(place.key) and hasattr(entry, "size"))
    return [Place(place.bucket, key) for key in sorted(keys)]


def read(place: Place) -> bytes:
    """An object's bytes. Raises `NoSuchObjectError`."""
    _bucket(place.bucket)
    found = _backend().get_object(place.bucket, place.key)
    if found is None:
        raise NoSuchObjectError(f"The specified key does not exist: {place.url}")
    value: bytes = found.value
    return value


def write(place: Place, content: bytes, sealed: Sealed | None = None) -> None:
    """Puts an object, with all that follows from it (versions, events). Raises `NoSuchObjectError` without the bucket."""
    _bucket(place.bucket)
    given = sealed or Sealed()
    _backend().put_object(
        place.bucket, place.key, content, encryption=given.option or None, kms_key_id=given.key_arn or None
    )


def _entries(bucket: str) -> Iterator[tuple[str, Any]]:
    """Keys and their newest versions. Others may write meanwhile, so it is begun again until it is whole."""
    keys = _bucket(bucket).keys
    while True:
        try:
            return iter(list(keys.items()))
        except RuntimeError:
            continue


def _bucket(name: str) -> Any:  # noqa: ANN401 - moto's
    found = _backend().buckets.get(name)
    if found is None:
        raise NoSuchObjectError(f"The specified bucket does not exist: {name}")
    return found


def _backend() -> Any:  # noqa: ANN401 - moto's
    return s3_backends[ACCOUNT_ID][PARTITION]
