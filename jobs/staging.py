"""A table's dates on their way into the curated zone: written, staged, and noted in the state.

Three steps, so that what computes a table may be another process than the one that publishes: `write_tables` needs a folder
and nothing else, `stage_files` the curated zone, `note_dates` the run's state and publication.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from jobs.curated_state import CuratedState
from jobs.parquet import by_day, write_parquets
from jobs.publish import Publication, stage_file
from jobs.zones import Zones

__all__ = ["Made", "curated_path", "note_dates", "stage_dates", "stage_files", "write_tables"]


@dataclass(frozen=True)
class Made:
    """The rows of a table's day, in a file of this machine; `file` is None where the curated zone already has these rows."""

    table: str
    day: str
    rows: int
    file: Path | None


def curated_path(table: str, day: str) -> str:
    """Where the curated zone has a table's day."""
    return f"{table}/date={day}/{table}.parquet"


def write_tables(tables: Mapping[str, pl.DataFrame], scratch: Path) -> list[Made]:
    """Writes each day that the tables, by name and each in the order of dates, have rows of into a file below `scratch`."""
    parts = [(table, day, part) for table, frame in tables.items() for day, part in by_day(frame, "date")]
    made = [Made(table, day, part.height, scratch / f"{table}{day}.parquet") for table, day, part in parts]
    write_parquets({one.file: part for one, (_, _, part) in zip(made, parts, strict=True) if one.file})
    return made


def stage_files(zones: Zones, made: Iterable[Made]) -> None:
    """Puts the files where no reader looks yet; the local ones may be gone afterwards."""
    for one in made:
        if one.file:
            stage_file(zones, "curated", curated_path(one.table, one.day), one.file)


def note_dates(
    tables: Sequence[str], days: Iterable[str], made: Iterable[Made], state: CuratedState, publication: Publication
) -> None:
    """Says in the state what `days` of the tables are now, and in the publication what moves and what goes.

    `made` is all that was made of them, and staged; a day of a table without it has no rows any more.
    """
    found = {(one.table, one.day): one for one in made}
    days = list(days)
    for table in tables:
        files = state.files.setdefault(table, {})
        for day in days:
            path = curated_path(table, day)
            one = found.get((table, day))
            if one is None:
                if files.pop(path, None) is not None:
                    publication.remove("curated", path)
            elif one.file:
                publication.note("curated", path)
                files[path] = one.rows


def stage_dates(
    tables: Mapping[str, pl.DataFrame],
    days: Iterable[str],
    zones: Zones,
    state: CuratedState,
    publication: Publication,
    scratch: Path,
) -> None:
    """All three steps for the rows that the tables have of `days`."""
    made = write_tables(tables, scratch)
    stage_files(zones, made)
    note_dates(list(tables), days, made, state, publication)
