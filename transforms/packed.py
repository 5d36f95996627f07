"""Typed rows as they are held between reading and writing: about a hundred bytes a row, half of what the contract's types take.

Polars keeps every decimal in sixteen bytes and every text in sixteen or more. Money and energy of up to eighteen digits are
held as whole numbers of their last place, words of a list by their place in it. Nothing is rounded, and null stays null.
"""

import polars as pl

from contracts.model import Column, Dataset
from transforms.schema import dtype_of

__all__ = ["held_type", "packed", "unpacked", "word_type"]

_MOST_DIGITS = 18
"""Of a decimal that fits eight bytes."""


def word_type(column: Column) -> pl.DataType:
    """What a column of text is held as while its file is processed: a place in its list of words, or the text."""
    return pl.Enum(column.allowed) if column.allowed else pl.String()


def held_type(column: Column) -> pl.DataType:
    """What a column is held as."""
    return pl.Int64() if _is_short_decimal(column) else word_type(column) if column.allowed else dtype_of(column)


def packed(column: Column) -> pl.Expr:
    """The column of a normalised frame as it is held."""
    value = pl.col(column.name)
    return value.to_physical().cast(pl.Int64) if _is_short_decimal(column) else value


def unpacked(contract: Dataset) -> list[pl.Expr]:
    """The columns that `normalise` fills, of held rows, in the contract's types; words stay words until they are written."""
    return [_unpacked(column) for column in contract.columns if column.role != "lineage"]


def _unpacked(column: Column) -> pl.Expr:
    value = pl.col(column.name)
    return value.cast(pl.Int128).reinterpret(dtype=dtype_of(column)) if _is_short_decimal(column) else value


def _is_short_decimal(column: Column) -> bool:
    return column.type.name == "decimal" and column.type.precision <= _MOST_DIGITS
