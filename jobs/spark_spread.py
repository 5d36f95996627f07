"""How work is spread: plain values to workers, a task each, and what must be minded on the way back.

Workers import the same modules and open the zones for themselves. What a task returns is held by the driver, so it must not
grow with rows; frames go through `mapInArrow`, which takes columns by their position and knows fewer types than polars.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import polars as pl

from jobs.intake import Refused
from jobs.ledger import LedgerImbalanceError
from jobs.spark_session import spark_session
from jobs.storage import FolderStorage, Storage
from jobs.zones import Zones

__all__ = ["anywhere", "batches_of", "spread"]

Item = TypeVar("Item")
Made = TypeVar("Made")

VERDICTS = (LedgerImbalanceError, Refused, pl.exceptions.PolarsError)
SPARK_TYPES: Mapping[str, pl.DataType] = {"long": pl.Int64(), "int": pl.Int32(), "string": pl.String()}
"""Types that cross over as they are. Spark knows no unsigned integer, no category and no nanosecond."""


def spread(items: Sequence[Item], work: Callable[[Item], Made]) -> list[Made]:
    """What `work` makes of each item, a task each, in the order of the items. What it returns must be small.

    A task that fails is tried again, maybe beside an attempt that is only slow: `work` must overwrite what it did. What no
    other attempt would change, one of `VERDICTS`, is raised when all tasks are done, the first of them; of anything else, what
    Spark says after the last attempt.
    """
    if not items:
        return []
    context = spark_session().sparkContext
    slices = context.parallelize(items, len(items))  # without the number Spark puts several into a task
    found = slices.mapPartitions(lambda part: [_told(work, item) for item in part]).collect()
    for _, fault in found:
        if fault is not None:
            raise fault
    return [made for made, _ in found]


def batches_of(frame: pl.DataFrame, schema: Mapping[str, str]) -> Iterator[Any]:
    """A frame as `mapInArrow` wants it: the schema's columns in the schema's order, in Spark's types; nothing if it is empty.

    Spark goes by position and does not look at names: columns in another order would end up in each other's place, unseen.
    """
    columns = [pl.col(name).cast(SPARK_TYPES[kind]) for name, kind in schema.items()]
    if frame.height:
        yield from frame.select(columns).to_arrow().to_batches()


def anywhere(zones: Zones) -> Zones:
    """The zones as a process with another working folder finds them."""
    places = {field.name: getattr(zones, field.name) for field in dataclasses.fields(zones)}
    return Zones(**{name: _absolute(place) for name, place in places.items()})


def _told(work: Callable[[Item], Made], item: Item) -> tuple[Made | None, Exception | None]:
    try:
        return work(item), None
    except VERDICTS as error:
        return None, error


def _absolute(place: Storage) -> Storage:
    return FolderStorage(place.root.resolve()) if type(place) is FolderStorage else place
