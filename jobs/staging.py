"""A table's dates on their way into the curated zone: written, staged, and noted in the state."""

from pathlib import Path

import polars as pl

from jobs.curated_state import CuratedState
from jobs.parquet import by_day, write_parquets
from jobs.publish import Publication, curated_file
from jobs.zones import Zones

__all__ = ["stage_dates"]


def stage_dates(
    table: str,
    frame: pl.DataFrame,
    days: list[str],
    state: CuratedState,
    publication: Publication,
    scratch: Path,
    unless_same: Zones | None = None,
) -> int:
    """Stages the rows of `days`, in the order of dates, and removes the files of days without; how many were staged.

    With `unless_same` a file that the lake has with the same bytes is left alone.
    """
    files = state.files.setdefault(table, {})
    parts = dict(by_day(frame, "date"))
    targets = {day: scratch / f"{table}{day}.parquet" for day in parts}
    write_parquets({targets[day]: part for day, part in parts.items()})
    staged = 0
    for day in days:
        path = f"{table}/date={day}/{table}.parquet"
        if day in parts:
            if unless_same and path in files and _same(curated_file(unless_same, path), targets[day]):
                continue
            publication.stage("curated", path, targets[day])
            files[path] = parts[day].height
            staged += 1
        elif files.pop(path, None) is not None:
            publication.remove("curated", path)
    return staged


def _same(old: Path, new: Path) -> bool:
    return old.stat().st_size == new.stat().st_size and old.read_bytes() == new.read_bytes()
