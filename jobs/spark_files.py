"""Raw-to-processed on Spark: one task a due file, which does all that the polars engine does with it.

Only what became of each file comes back, a few numbers whatever its rows. Files of one content are one task, which takes
them in turn, so that which of them stands and which repeats is settled as one machine would settle it. A large file has
several phases of tasks (`spark_pieces.py`).
"""

import dataclasses
from collections.abc import Callable, Iterator

from jobs.intake import content_hash
from jobs.locking import remove_unfinished
from jobs.spark_pieces import is_large, take_large
from jobs.spark_spread import anywhere, spread
from jobs.taking import DueFile, Known, Order, Taken, take_in_turn
from jobs.zones import RawFile, Zones

__all__ = ["take_by_spark"]

Group = tuple[list[DueFile], Known]
"""Files that one task takes in turn, and the entries of earlier deliveries that may have their content."""


def take_by_spark(
    due: list[DueFile], order: Order, known: Known, begins: Callable[[RawFile], None] = lambda _: None
) -> Iterator[Taken]:
    """Takes every due file, as `take_in_turn` does, with as many at a time as the cluster has room for.

    A file that cannot be taken is a result like any other. Raises `LedgerImbalanceError` when all others are done, and Spark's
    own error for what failed in every attempt.
    """
    if not due:
        return
    begins(due[0][0])
    order = dataclasses.replace(order, zones=anywhere(order.zones))
    alike = _of_one_content(due, order.zones)
    large = [files[0] for files in alike if len(files) == 1 and is_large(files[0])]
    groups: list[Group] = [
        (files, {key: known[key] for key in {_likeness(file) for file in files} if key in known})
        for files in alike
        if files[0] not in large
    ]
    found = list(take_large(large, order, known))
    for part in spread(groups, lambda group: _taken(group, order)):
        found += part
    remove_unfinished(order.zones)
    yield from sorted(found, key=lambda taken: taken.raw)


def _taken(group: Group, order: Order) -> list[Taken]:
    """Runs on a worker."""
    files, known = group
    return [_slim(taken) for taken in take_in_turn(files, order, known)]


def _slim(taken: Taken) -> Taken:
    """Without the outputs, of which there is one for each date: the ledger has them."""
    return dataclasses.replace(taken, entry=taken.entry and dataclasses.replace(taken.entry, outputs=()))


def _of_one_content(due: list[DueFile], zones: Zones) -> list[list[DueFile]]:
    """Due files, those of one content together, each group in the order of delivery, the largest group first.

    Only files of one size can have one content, so the others need not be read for it.
    """
    by_size: dict[tuple[str, str, int], list[DueFile]] = {}
    for file in due:
        by_size.setdefault(_likeness(file), []).append(file)
    alike = [file for files in by_size.values() if len(files) > 1 for file in files]
    hashes = spread([raw.path for raw, _ in alike], lambda path: content_hash(zones.raw.local(path)))
    groups = [files for files in by_size.values() if len(files) == 1]
    by_content: dict[tuple[tuple[str, str, int], str], list[DueFile]] = {}
    for file, content in zip(alike, hashes, strict=True):
        by_content.setdefault((_likeness(file), content), []).append(file)
    groups += by_content.values()
    return sorted(groups, key=lambda files: (-sum(size for _, size in files), files[0][0]))


def _likeness(file: DueFile) -> tuple[str, str, int]:
    raw, size = file
    return raw.dataset, raw.source, size
