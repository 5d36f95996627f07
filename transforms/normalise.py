"""From delivered text to the contract's typed columns, with the mask of broken rules beside them.

The frame that comes in has one text column for each column of the file, named `RAW` + its header, and `RECORD`. The
frame that goes out has the raw columns still (quarantine keeps them), the canonical columns typed, and `BROKEN`. Words of a
list are of an `Enum` there, which `packed.py` turns into text where rows are written.
"""

import polars as pl

from contracts.model import Column, Dataset
from contracts.source import DatasetMapping, FieldMapping, Source
from transforms import lines, numbers, rules, times
from transforms.packed import word_type
from transforms.schema import dtype_of
from transforms.text import RAW, cleaned, field_text, spelled

__all__ = ["CLEAN", "OVERFLOW", "canonical_columns", "delivered_text", "header_in", "normalise", "worded"]

OVERFLOW = RAW + "_overflow"
"""Where the parser puts what stands beyond the header's last column; null for a line of the right length."""

CLEAN = "clean:"
"""Prefix of a delivered column without blanks and nulls."""


def normalise(frame: pl.LazyFrame, contract: Dataset, source: Source, header: tuple[str, ...]) -> pl.LazyFrame:
    """Types every row of a delivered file and marks which rules it breaks.

    `header` is the file's header in the spelling of the source's TOML. In: `RECORD`, `RAW` + each header column, `OVERFLOW`.
    Out: those, every canonical column but lineage, and `BROKEN`. No row is dropped, added or moved.
    """
    mapping = source.dataset(contract.name)
    file = source.file
    used = [name for name in header if name in {c for f in mapping.fields.values() for c in f.columns}]
    frame = frame.with_columns(cleaned(name, file.nulls).alias(CLEAN + name) for name in used)
    frame = frame.with_columns(
        _fault(header, used).alias(rules.FAULT),
        *(delivered_text(field, header).alias(rules.TEXT + name) for name, field in mapping.fields.items()),
    )
    frame = frame.with_columns(
        _value(contract.column(name), field, mapping, source).alias(name)
        for name, field in mapping.fields.items()
        if name not in {"delivery_start", "amount"}
    )
    frame = frame.with_columns(
        pl.lit(None, word_type(column) if column.allowed else dtype_of(column)).alias(column.name)
        for column in _delivered(contract)
        if column.name not in mapping.fields
    )
    if "delivery_start" in mapping.fields:
        stamp = mapping.fields["delivery_start"]
        frame = times.delivery_periods(frame, rules.TEXT + "delivery_start", stamp, source.zone, source.repeated_hour)
        frame = frame.with_columns(pl.lit(source.zone, pl.Enum([source.zone])).alias("market_zone"))
    if "amount" in contract.column_names:
        frame = _with_amount(frame, contract, mapping, source)
    return frame.with_columns(rules.broken_mask(contract, mapping, file).alias(rules.BROKEN))


def canonical_columns(contract: Dataset) -> list[str]:
    """The columns that `normalise` fills: all but those that say where the row came from."""
    return [column.name for column in _delivered(contract)]


def _delivered(contract: Dataset) -> list[Column]:
    return [column for column in contract.columns if column.role != "lineage"]


def _fault(header: tuple[str, ...], used: list[str]) -> pl.Expr:
    """The index of the line's fault: marked by intake, or seen only now, from the fields. Null for a record.

    A repeated header is known by its first two columns that the source reads, in the usual cases.
    """
    blank = pl.all_horizontal(pl.col(RAW + name).is_null() for name in header)
    repeated = pl.all_horizontal(header_in(pl.col(CLEAN + name), name) for name in used[:2])
    return (
        pl.when(pl.col(OVERFLOW).is_not_null())
        .then(pl.lit(lines.FAULTS.index("too_many_fields"), pl.UInt8))
        .when(blank)
        .then(pl.lit(lines.FAULTS.index("blank"), pl.UInt8))
        .when(repeated)
        .then(pl.lit(lines.FAULTS.index("repeated_header"), pl.UInt8))
        .otherwise(lines.fault_of_marked(pl.col(RAW + header[0])))
    )


def header_in(text: pl.Expr, name: str) -> pl.Expr:
    """Whether the text is the header's name, in one of the usual cases."""
    return text.is_in([name, name.lower(), name.upper(), name.capitalize(), name.title()])


def delivered_text(field: FieldMapping, header: tuple[str, ...]) -> pl.Expr:
    """What was delivered for a canonical column, from the cleaned columns. Each delivered column was cleaned once.

    A missing value that the source replaces gets its replacement here, so that no rule calls it missing.
    """
    if field.constant:
        return pl.lit(field.constant)
    is_there = set(field.columns) <= set(header)
    text = field_text(field, CLEAN) if is_there else pl.lit(None, pl.String)
    return text.fill_null(field.when_missing) if field.when_missing else text


def _value(column: Column, field: FieldMapping, mapping: DatasetMapping, source: Source) -> pl.Expr:
    """The typed value of a column; null where the text is null or cannot be read."""
    text = pl.col(rules.TEXT + column.name)
    if column.type.name == "date":
        return times.local_date(text, field.formats)
    if column.type.name == "decimal":
        exact = numbers.number(text, source.file)
        if field.unit:
            minutes = times.period_minutes(mapping.fields["delivery_start"].period)
            factor = numbers.unit_factor(field.unit, minutes, price=column.name.startswith("price"))
            exact = numbers.converted(exact, factor, column.type.scale)
        else:
            exact = exact.round(column.type.scale)
        return exact.cast(dtype_of(column), strict=False)
    return worded(text, column, field)


def worded(text: pl.Expr, column: Column, field: FieldMapping) -> pl.Expr:
    """An enumerated value in its canonical spelling, or any text. The reader of sources saw to it that words are allowed."""
    if field.spellings:
        words = field.spellings | ({field.when_missing: field.when_missing} if field.when_missing else {})
        return spelled(text, words, word_type(column))
    return text.cast(word_type(column), strict=False)


def _with_amount(frame: pl.LazyFrame, contract: Dataset, mapping: DatasetMapping, source: Source) -> pl.LazyFrame:
    """Adds `amount`, quantity × price rounded half even, and the total as delivered, which a rule compares with it."""
    column = contract.column("amount")
    exact = numbers.product_exact(pl.col("quantity_mwh"), pl.col("price_per_mwh"))
    total = pl.lit(None, numbers.EXACT)
    if "amount" in mapping.fields:
        total = numbers.number(pl.col(rules.TEXT + "amount"), source.file)
    return frame.with_columns(
        exact.round(column.type.scale).cast(dtype_of(column), strict=False).alias("amount"),
        total.alias(rules.DELIVERED_TOTAL),
    )
