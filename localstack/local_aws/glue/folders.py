"""Which objects make which table: a crawler's grouping of paths, without opening any of them.

Follows the Glue guide, "How does a crawler determine when to create partitions?" and "Customizing crawler behavior": a table
begins at the level that `TableLevelConfiguration` says (the bucket is level 1), or else where the first `key=value` folder
is; the folders between there and the files are its partition keys. Files of one table that lie differently deep would become
tables of their own on Glue; here those that most files do not agree with are left out and named in the log.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

__all__ = ["FoundTable", "Stored", "excluded", "grouped"]

Values = tuple[str, ...]


@dataclass(frozen=True, order=True)
class Stored:
    """An object: its key, its size, and when it was last written."""

    key: str
    size: int


@dataclass(kw_only=True)
class FoundTable:
    """A table that the paths say there is.

    Attributes:
        name: Its name in the catalog.
        location: Its folder, ends in a slash.
        partition_keys: The names of its partition keys, outermost first.
        partitions: Values of the keys -> the objects there; one entry with no values for a table without keys.
        odd: Keys of objects that lie otherwise than the rest, and are left out.
    """

    name: str
    location: str
    partition_keys: Sequence[str]
    partitions: dict[Values, list[Stored]] = field(default_factory=dict)
    odd: list[str] = field(default_factory=list)

    def folder_of(self, values: Values) -> str:
        """The `s3://` folder of a partition, as its objects spell it."""
        first = self.partitions[values][0].key
        inside = first.removeprefix(self.location.split("/", 3)[3])
        return self.location + "".join(f"{part}/" for part in inside.split("/")[:-1])


def grouped(
    bucket: str, target: str, objects: Iterable[Stored], *, table_level: int | None, prefix: str
) -> list[FoundTable]:
    """The tables below a crawler's target, in order of name.

    Args:
        bucket: The bucket.
        target: The target's prefix in it; empty for the whole bucket.
        objects: What lies there and is not excluded; empty objects and folders' markers are passed over.
        table_level: The level at which tables begin, or None to let the paths say.
        prefix: What every table's name begins with.
    """
    by_root: dict[str, list[Stored]] = {}
    for stored in objects:
        if stored.size and not stored.key.endswith("/"):
            by_root.setdefault(_root(stored.key, target, table_level), []).append(stored)
    return [_table(bucket, root, members, prefix) for root, members in sorted(by_root.items())]


def excluded(key: str, target: str, patterns: Iterable[str]) -> bool:
    """Whether one of a target's exclusion patterns takes an object out; they count from the target's folder."""
    below = key.removeprefix(target).lstrip("/")
    return any(re.fullmatch(_regex(pattern), below) for pattern in patterns)


def _root(key: str, target: str, table_level: int | None) -> str:
    """The folder in which an object's table begins, without a slash at its end."""
    folders = key.split("/")[:-1]
    if table_level is not None:
        return "/".join(folders[: table_level - 1])
    depth = len(target.strip("/").split("/")) if target.strip("/") else 0
    first = next((place for place, folder in enumerate(folders) if place >= depth and "=" in folder), len(folders))
    return "/".join(folders[:first])


def _table(bucket: str, root: str, members: list[Stored], prefix: str) -> FoundTable:
    start = len(root.split("/")) if root else 0
    paths = {stored: stored.key.split("/")[start:-1] for stored in sorted(members)}
    shapes = Counter(_keys(path) for path in paths.values())
    keys = max(shapes, key=lambda shape: (shapes[shape], len(shape)))
    table = FoundTable(
        name=prefix + re.sub(r"[^a-z0-9_]", "_", (root.rpartition("/")[2] or bucket).lower()),
        location=f"s3://{bucket}/{root}/" if root else f"s3://{bucket}/",
        partition_keys=keys,
    )
    for stored, path in paths.items():
        if _keys(path) == keys:
            table.partitions.setdefault(tuple(part.partition("=")[2] or part for part in path), []).append(stored)
        else:
            table.odd.append(stored.key)
    return table


def _keys(path: Sequence[str]) -> Values:
    """The partition keys that folders name; those that name none are numbered, as Glue does."""
    return tuple(
        part.partition("=")[0].lower() if "=" in part else f"partition_{place}" for place, part in enumerate(path)
    )


def _regex(pattern: str) -> str:
    """A crawler's glob as a regular expression: `**` crosses folders, `*` and `?` do not, `{a,b}` are alternatives."""
    parts = []
    for sign in re.findall(r"\*\*|\*|\?|\{[^}]*\}|\[[^\]]*\]|.", pattern):
        if sign == "**":
            parts.append(".*")
        elif sign == "*":
            parts.append("[^/]*")
        elif sign == "?":
            parts.append("[^/]")
        elif sign.startswith("{"):
            parts.append("(?:" + "|".join(_regex(part) for part in sign[1:-1].split(",")) + ")")
        else:
            parts.append(sign if sign.startswith("[") else re.escape(sign))
    return "".join(parts)
