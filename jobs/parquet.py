"""How the lake writes Parquet: one place, so that every zone has the same compression and the same bytes for the same rows."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import polars as pl

from transforms.words import TEXTS, own_words

__all__ = ["by_day", "stored_rows", "write_parquet", "write_parquets"]

_ZSTD_LEVEL = 1
"""On the lake's columns level 1 packs as tightly as the default and takes a sixth less time to write."""
_FILES_AT_ONCE = 32
"""A plan for many small files costs a quarter less than one for each, and uses every core. All of them are open meanwhile."""
_FEW_ROWS = 8_192
"""In a smaller file finding its words costs more than writing its texts."""
_ARROW_SCHEMA = "ARROW:schema"


def write_parquet(frame: pl.DataFrame, target: Path) -> None:
    """Writes the frame, its rows in order, as zstd Parquet; makes the folder where there is none."""
    write_parquets({target: frame})


def write_parquets(frames: Mapping[Path, pl.DataFrame], *, lists_are_fixed: bool = False) -> None:
    """Writes each frame to its file as `write_parquet` does. Words (`transforms/words.py`) are written as the texts they are.

    `lists_are_fixed` says that all frames have one schema whose lists of words are the contract's, whatever rows there are:
    they are written as they are then, which saves finding out which words occur, for a small file as much work as writing it.
    Chunks are joined first: where they meet a page would end, and the bytes depend on more than the rows.
    """
    for folder in {target.parent for target in frames}:
        folder.mkdir(parents=True, exist_ok=True)
    targets = list(frames)
    fixed = _noted(frames[targets[0]].schema) if lists_are_fixed and targets else None
    for start in range(0, len(targets), _FILES_AT_ONCE):
        few = targets[start : start + _FILES_AT_ONCE]
        if lists_are_fixed:
            sinks = [_sink(frames[target].rechunk(), target, fixed) for target in few]
        else:
            sinks = [_own_sink(frames[target].rechunk(), target) for target in few]
        pl.collect_all(sinks, engine="streaming")


def stored_rows(files: Sequence[Path]) -> list[int]:
    """How many rows each Parquet file says that it holds."""
    plans = [pl.scan_parquet(file, glob=False, hive_partitioning=False).select(pl.len()) for file in files]
    few = (plans[start : start + _FILES_AT_ONCE] for start in range(0, len(plans), _FILES_AT_ONCE))
    return [counted.item() for some in few for counted in pl.collect_all(some)]


def by_day(rows: pl.DataFrame, partition: str, *, keep: bool = True) -> Iterator[tuple[str, pl.DataFrame]]:
    """The rows of each date, cut without a copy from rows that are in the order of dates; not to `keep` leaves that column out."""
    start = 0
    days = rows[partition].rle().to_list()
    if not keep:
        rows = rows.drop(partition)
    for run in days:
        yield str(run["value"]), rows.slice(start, run["len"])
        start += run["len"]


def _own_sink(frame: pl.DataFrame, target: Path) -> pl.LazyFrame:
    """The plan that writes the frame with lists of its own words, or with texts where there are few rows."""
    if frame.height < _FEW_ROWS:
        return _sink(frame.lazy().with_columns(TEXTS), target, None)
    packed = own_words(frame)
    return _sink(packed, target, _noted(packed.schema))


def _sink(frame: pl.DataFrame | pl.LazyFrame, target: Path, noted: dict[str, str] | None) -> pl.LazyFrame:
    return frame.lazy().sink_parquet(
        target, compression="zstd", compression_level=_ZSTD_LEVEL, lazy=True, metadata=noted
    )


def _noted(schema: pl.Schema) -> dict[str, str] | None:
    """What is noted in a file where words, and texts that are one throughout, are written as a list and places in it.

    That takes a third of what as many texts do. Polars and pyarrow would read such columns as dictionaries; with the schema
    of texts noted in the file they read texts.
    """
    if not any(isinstance(dtype, pl.Enum) for dtype in schema.values()):
        return None
    columns = tuple((name, pl.String() if isinstance(dtype, pl.Enum) else dtype) for name, dtype in schema.items())
    return {_ARROW_SCHEMA: _schema_of(columns)}


@lru_cache
def _schema_of(columns: tuple[tuple[str, pl.DataType], ...]) -> str:
    """What polars notes in a file of these columns for those who read it through Arrow."""
    file = BytesIO()
    pl.DataFrame(schema=dict(columns)).write_parquet(file)
    file.seek(0)
    return pl.read_parquet_metadata(file)[_ARROW_SCHEMA]
