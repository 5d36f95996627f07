"""The marts on deliveries: `data_quality_daily`, what became of them, and `rejections_daily`, which rules they broke."""

from collections.abc import Iterable

import polars as pl

from contracts.model import Dataset
from transforms import numbers
from transforms.schema import frame_schema

__all__ = ["data_quality_daily", "rejections_daily"]

_COUNTS = {
    "files": "files",
    "repeated_files": "repeated_files",
    "received_rows": "received",
    "valid_rows": "valid",
    "rejected_rows": "rejected",
    "duplicate_rows": "duplicates",
    "late_rows": "late",
    "restated_rows": "restated",
}
"""Columns of the mart, and what they are called in the ledger."""
_SHARES = {
    "valid_share": ("valid_rows", "received_rows"),
    "rejected_share": ("rejected_rows", "received_rows"),
    "duplicate_share": ("duplicate_rows", "received_rows"),
    "late_share": ("late_rows", "valid_rows"),
    "restated_share": ("restated_rows", "valid_rows"),
}
_SHARE_SCALE = 6


def data_quality_daily(entries: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date (of delivery), source and dataset, ordered by them.

    In: entries of the ledger, in any order and as many as there are, with `dataset`, `source`, `ingest_date` and the whole
    numbers `files`, `repeated_files`, `received`, `valid`, `rejected`, `duplicates`, `late`, `restated`. Each is summed;
    shares are of the sums, rounded half even to six decimals, null where the whole is 0.
    """
    schema = frame_schema(contract)
    counts = [pl.col(column).cast(pl.Int64).sum().alias(name) for name, column in _COUNTS.items()]
    summed = entries.rename({"ingest_date": "date"}).group_by(contract.key).agg(counts)
    shares = [_share(*parts).cast(schema[name]).alias(name) for name, parts in _SHARES.items()]
    return summed.with_columns(shares).select(contract.column_names).sort(contract.key)


def rejections_daily(reasons: pl.LazyFrame, delivered: Iterable[Dataset], contract: Dataset) -> pl.LazyFrame:
    """One row per date (of delivery), source, dataset and reason, ordered by them; rows = Σ rows.

    In: `dataset`, `source`, `ingest_date`, `reason` and `rows` of the ledger's entries, in any order. `delivered` are the
    contracts whose rules say what a code means.
    """
    sentences = [(dataset.name, rule.code, rule.sentence) for dataset in delivered for rule in dataset.rules]
    schema = {"dataset": pl.String(), "reason": pl.String(), "sentence": pl.String()}
    meaning = pl.LazyFrame(sentences, schema=schema, orient="row")
    counted = reasons.rename({"ingest_date": "date"}).group_by(contract.key).agg(pl.col("rows").cast(pl.Int64).sum())
    named = counted.join(meaning, on=["dataset", "reason"], how="left", validate="m:1")
    return named.select(contract.column_names).sort(contract.key)


def _share(part: str, whole: str) -> pl.Expr:
    """One number of rows as a part of another; null where that is 0."""
    units = pl.col(part).cast(pl.Int128) * 10**_SHARE_SCALE
    divisor = pl.when(pl.col(whole) > 0).then(pl.col(whole).cast(pl.Int128))
    return numbers.scaled(numbers.divided_half_even(units, divisor), _SHARE_SCALE)
