"""Columns of text as places in the sorted list of their words: an `Enum` of the words that occur.

Energy types, zones, counterparties, files: nearly every text column of a trade repeats few words. Held as their places they are
sorted, grouped, joined and written at a third of the price of texts, and a place is also where a word's attributes stand.
"""

from collections.abc import Sequence

import polars as pl
from polars import selectors

__all__ = ["TEXTS", "common_words", "listed", "own_words", "placed", "texts", "words", "words_of"]

TEXTS = selectors.enum().cast(pl.String)
"""The words of a frame as texts again."""

_MOST_WORDS = 256
"""Beyond these, making the list of a day's words takes longer than writing texts, which pack better, too: 54 kB for 110."""
_RUNS_PER_ROW = 8
"""A column with fewer runs of one word than an eighth of its rows is read run by run."""


def words(column: pl.Series) -> pl.Series:
    """The column as an `Enum` whose categories are its own words in order; one that is an `Enum` as it is. Null stays null."""
    if isinstance(column.dtype, pl.Enum):
        return column
    if _is_one(column):
        return _one_word(column)
    is_new = column.ne_missing(column.shift())
    is_new = is_new | (pl.int_range(column.len(), eager=True) == 0)  # a first row without a word begins a run as well
    runs = is_new.sum()
    if runs * _RUNS_PER_ROW < column.len():
        return _words(column.filter(is_new)).gather(is_new.cast(pl.UInt32).cum_sum() - 1)
    return _words(column)


def words_of(frame: pl.DataFrame, names: Sequence[str]) -> pl.DataFrame:
    """The frame with the named columns as `words`."""
    return frame.with_columns(words(frame[name]) for name in names)


def common_words(*columns: pl.Series) -> list[pl.Series]:
    """Columns of words as places in one list, the words of all of them, so that they can stand in one column."""
    lists = [listed(column) for column in columns]
    together = pl.concat(lists).unique().sort()
    places = pl.DataFrame({"word": together}).with_row_index("place")
    return [
        placed(
            pl.DataFrame({"word": known})
            .join(places, on="word", how="left", maintain_order="left")["place"]
            .gather(column.to_physical()),
            together,
        ).alias(column.name)
        for column, known in zip(columns, lists, strict=True)
    ]


def listed(column: pl.Series) -> pl.Series:
    """The list that the places of a column of words are of. Raises `TypeError` for a column of anything else."""
    if not isinstance(column.dtype, pl.Enum):
        raise TypeError(f"{column.name} holds {column.dtype}; expected words, which `words` makes of texts")
    return column.dtype.categories


def own_words(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every column of words, and every text that is the same throughout, as the words that it has itself.

    So that what is written depends on the rows and not on what they were cut from. More than `_MOST_WORDS` become texts again.
    """
    return frame.with_columns(_own(column) for column in frame.get_columns())


def texts(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with its words as texts again."""
    return frame.with_columns(TEXTS)


def _words(column: pl.Series) -> pl.Series:
    # a list of its own, so that the places are small and the list goes with the column
    found = column.cast(pl.Categorical(pl.Categories.random()))
    known = found.gather(found.arg_unique()).drop_nulls()
    places, texts_of = known.to_physical(), known.cast(pl.String)
    order = texts_of.arg_sort()
    place = pl.repeat(None, max(places.to_list(), default=0) + 1, dtype=pl.UInt32, eager=True).scatter(
        places.gather(order), pl.int_range(known.len(), dtype=pl.UInt32, eager=True)
    )
    return placed(place.gather(found.to_physical()), texts_of.gather(order)).alias(column.name)


def _own(column: pl.Series) -> pl.Series:
    if column.dtype == pl.String and _is_one(column):
        return _one_word(column)
    if not isinstance(column.dtype, pl.Enum):
        return column
    known, places = listed(column), column.to_physical()
    if known.len() <= 1 and not (known.len() and column.null_count() == column.len()):
        return column
    is_used = pl.repeat(False, known.len(), dtype=pl.Boolean, eager=True).scatter(places.drop_nulls(), True)
    used = is_used.sum()
    if used > _MOST_WORDS:
        return column.cast(pl.String)
    if used == known.len():
        return column
    own = is_used.cast(pl.UInt32).cum_sum() - 1
    return placed(own.gather(places), known.filter(is_used)).alias(column.name)


def _is_one(texts_of: pl.Series) -> bool:
    return bool(texts_of.len()) and not texts_of.null_count() and (texts_of == texts_of[0]).all()


def _one_word(texts_of: pl.Series) -> pl.Series:
    return placed(pl.repeat(0, texts_of.len(), dtype=pl.UInt32, eager=True), texts_of.head(1)).alias(texts_of.name)


def placed(places: pl.Series, known: pl.Series) -> pl.Series:
    """Places in a list of words, as words."""
    dtype = pl.Enum(known)
    return places.cast(pl.Series(dtype=dtype).to_physical().dtype).cat.to(dtype)
