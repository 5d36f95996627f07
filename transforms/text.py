"""Delivered text: blanks, spellings of null, spellings of enumerated values."""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import product

import polars as pl

from contracts.source import FieldMapping

__all__ = ["RAW", "cleaned", "field_text", "matches", "spelled"]

RAW = "raw:"
"""Prefix of a delivered column in a frame, so that it never clashes with a canonical one."""

_LONGEST_NULL_IN_ALL_CASES = 6
"""A word of n letters has 2^n ways to mix cases; up to here all of them fit a hash set, which is ten times cheaper than
lower-casing every value."""


def cleaned(column: str, nulls: Iterable[str]) -> pl.Expr:
    """The delivered column without blanks around it, and null where it is empty or a spelling of null in any case."""
    text = pl.col(RAW + column).str.strip_chars()
    words = ("", *nulls)
    is_null = text.is_in(_short_words(words))
    if any(len(word) > _LONGEST_NULL_IN_ALL_CASES for word in words):
        is_null |= text.str.to_lowercase().is_in([word.lower() for word in words])
    return pl.when(is_null).then(None).otherwise(text)


def field_text(mapping: FieldMapping, prefix: str) -> pl.Expr:
    """What was delivered for a canonical column, from cleaned columns named `prefix` + header. Null where nothing was.

    Several delivered columns are joined, and null where one of them is; `when` blanks what does not match; `upper`
    makes identifiers of any case the same.
    """
    parts = [pl.col(prefix + column) for column in mapping.columns]
    text = parts[0] if len(parts) == 1 else pl.concat_str(parts, separator=mapping.join)
    if mapping.upper:
        text = text.str.to_uppercase()
    if mapping.when:
        text = pl.when(matches(text, mapping.when)).then(text)
    return text


def spelled(text: pl.Expr, spellings: Mapping[str, str], dtype: pl.DataType) -> pl.Expr:
    """The canonical value of each spelling, in any case, as `dtype`; null for null and for a word that is not listed."""
    return text.str.to_lowercase().replace_strict(dict(spellings), default=None, return_dtype=dtype)


def matches(text: pl.Expr, pattern: str) -> pl.Expr:
    """Whether the regular expression is found. A plain beginning, the usual case, needs no regular expression."""
    if re.fullmatch(r"\^[A-Za-z0-9_-]+", pattern):
        return text.str.starts_with(pattern.removeprefix("^"))
    return text.str.contains(pattern)


@lru_cache
def _short_words(words: tuple[str, ...]) -> pl.Series:
    """Every case of each short word, made once for all columns of all files: for a small file it is most of the plan."""
    short = (word for word in words if len(word) <= _LONGEST_NULL_IN_ALL_CASES)
    return pl.Series([[case for word in short for case in sorted(_cases(word))]])


def _cases(word: str) -> set[str]:
    """Every mixture of cases of a short word."""
    return {"".join(letters) for letters in product(*((letter.lower(), letter.upper()) for letter in word))}
