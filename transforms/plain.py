"""The rows that need no second look: typed with the cheapest expressions there are, and sure to keep every rule.

Nearly every row of a sound export is such a row, and is read here in a third of the time that `normalise` takes, whose many
steps are for the others. Nothing is decided here: what is not sure, for whatever reason, goes to `normalise`, and what is sure
becomes the same there, which a test holds against it. A dataset or a source that is too rich for these few expressions
is left to `normalise` as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from contracts.model import (
    AnyGiven,
    AtLeast,
    Check,
    Column,
    Dataset,
    Fits,
    GivenWith,
    MatchesProduct,
    OneOf,
    Parses,
    Precise,
    Present,
    Severity,
    TimeExists,
    TimeUnique,
    WholeLine,
)
from contracts.source import FieldMapping, FileFormat, Source
from transforms import lines, numbers, rules, times
from transforms.normalise import CLEAN, OVERFLOW, delivered_text, header_in, worded
from transforms.packed import held_type
from transforms.text import RAW, cleaned, matches

__all__ = ["PlainRows", "plain_rows"]

_IS_PLAIN = "_is_plain"
_TOTAL = "_total"
_AWAY = "_away"
"""How far the delivered total is from quantity × price, in ten-thousandths of the amount's last place."""
_FINER = 4
_PRODUCT = "_product"
_QUOTIENT = "_quotient"
_COMPUTED = ("delivery_end", "market_zone", "date")
_MOST_DIGITS = 18
_ANY_MARK = (b"!"[0], b"~"[0])
_NO_SMALL_LETTER = (b"!"[0], b"`"[0])
"""First and last byte of text without blanks and without letters of other alphabets."""


class PlainRows(NamedTuple):
    """A delivered frame in two: the plain rows as `split.py` gives typed ones, and all others as they came."""

    typed: pl.LazyFrame
    others: pl.LazyFrame


def plain_rows(frame: pl.LazyFrame, contract: Dataset, source: Source, header: tuple[str, ...]) -> PlainRows | None:
    """Cuts what `normalise` would be given. Null where rows of this dataset or source cannot be told apart so cheaply."""
    try:
        plan = _planned(contract, source, header)
    except _NotToldError:
        return None
    delivered = [lines.RECORD, *(RAW + name for name in header), OVERFLOW]
    for step in plan.steps:
        frame = frame.with_columns(step)
    frame = frame.with_columns(pl.all_horizontal(plan.sure).fill_null(value=False).alias(_IS_PLAIN)).cache()
    kept = [column.name for column in contract.columns if column.role != "lineage"]
    typed = frame.filter(_IS_PLAIN).select(lines.RECORD, *kept, pl.lit(0, pl.UInt64).alias(rules.BROKEN))
    return PlainRows(typed, frame.filter(~pl.col(_IS_PLAIN)).select(delivered))


class _NotToldError(Exception):
    """Rows of this dataset and source are for `normalise` alone."""


@dataclass
class _Plan:
    """Columns to add, step after step, because an expression inside an expression is evaluated again; and what must be true."""

    steps: tuple[list[pl.Expr], ...] = field(default_factory=lambda: ([], [], [], []))
    sure: list[pl.Expr] = field(default_factory=list)


def _planned(contract: Dataset, source: Source, header: tuple[str, ...]) -> _Plan:
    mapping, file = source.dataset(contract.name), source.file
    stamp = mapping.fields.get("delivery_start")
    if stamp is None or not set(stamp.columns) <= set(header):
        raise _NotToldError  # a line that is no record has no stamp either: nothing else here would find it
    if file.thousands_mark or file.decimal_mark != "." or any(letter.isdigit() for letter in "".join(file.nulls)):
        raise _NotToldError
    used = next(name for name in header if any(name in other.columns for other in mapping.fields.values()))
    plan = _Plan(sure=[pl.col(OVERFLOW).is_null(), ~header_in(pl.col(RAW + used), used)])
    for column in contract.columns:
        if column.role != "lineage" and column.name not in _COMPUTED:
            _plan_column(plan, column, contract, source, header)
    plan.sure += _sound_texts(contract, source, header)
    if "amount" in contract.column_names:
        _plan_amount(plan, contract, has_total="amount" in mapping.fields)
    severities = rules.severities(contract, mapping)
    for rule in contract.rules:
        if severities[rule.code] is not Severity.OFF and rules.applies(rule, mapping):
            plan.sure += _kept(rule.check, contract)
    return plan


def _plan_column(plan: _Plan, column: Column, contract: Dataset, source: Source, header: tuple[str, ...]) -> None:
    mapping = source.dataset(contract.name)
    delivered = mapping.fields.get(column.name, FieldMapping())
    if not delivered.columns or not set(delivered.columns) <= set(header):
        text = delivered.constant or delivered.when_missing or None
        if (text and column.type.name != "text") or (column.name == "amount" and delivered.columns):
            raise _NotToldError
        if column.name != "amount":
            plan.steps[0].append(pl.lit(text, held_type(column)).alias(column.name))
    elif len(delivered.columns) > 1:
        raise _NotToldError
    elif column.type.name == "decimal":
        minutes = times.period_minutes(mapping.fields["delivery_start"].period)
        _plan_number(plan, column, delivered, minutes, source.file)
    elif column.name == "delivery_start":
        _plan_times(plan, delivered, source)
    elif column.type.name == "text":
        _plan_text(plan, column, delivered, source)
    else:
        raise _NotToldError


def _plan_text(plan: _Plan, column: Column, delivered: FieldMapping, source: Source) -> None:
    """Words of a list by the usual ways to write them; other text as it was delivered, if it is sound."""
    text = pl.col(RAW + delivered.columns[0])
    value = text
    if column.allowed or delivered.spellings:
        words = _ways_to_write(column, delivered, source)
        value = text.replace_strict(words, default=None, return_dtype=held_type(column))
        if delivered.when_missing:
            value = pl.when(text.is_null()).then(pl.lit(delivered.when_missing, held_type(column))).otherwise(value)
        plan.sure.append(pl.col(column.name).is_not_null())
    elif delivered.when_missing:
        raise _NotToldError
    elif delivered.when:
        value = pl.when(matches(text, delivered.when)).then(text)
    plan.steps[0].append(value.alias(column.name))


def _plan_number(plan: _Plan, column: Column, delivered: FieldMapping, minutes: int | None, file: FileFormat) -> None:
    """Read at the place that a shift of the point turns into the contract's last one, and rounded half even there at once."""
    factor = Fraction(1)
    if delivered.unit:
        factor = numbers.unit_factor(delivered.unit, minutes, price=column.name.startswith("price"))
    places = column.type.scale + _power_of_ten(factor) + (_FINER if column.name == "amount" else 0)
    if not 0 <= places <= column.type.precision <= _MOST_DIGITS or delivered.when or delivered.when_missing:
        raise _NotToldError
    text = pl.col(RAW + delivered.columns[0])
    units = text.cast(pl.Decimal(column.type.precision, places), strict=False).to_physical().cast(pl.Int64)
    name = _TOTAL if column.name == "amount" else column.name
    plan.steps[0].append(units.alias(name))
    plan.sure += [pl.col(name).is_not_null(), ~text.str.contains_any(["e", "E"]), ~numbers.is_too_precise(text, file)]


def _power_of_ten(factor: Fraction) -> int:
    for power in range(-_MOST_DIGITS, _MOST_DIGITS + 1):
        if factor == Fraction(10) ** power:
            return power
    raise _NotToldError


def _plan_times(plan: _Plan, delivered: FieldMapping, source: Source) -> None:
    periods = times.plain_periods(RAW + delivered.columns[0], delivered, source.zone)
    if periods is None:
        raise _NotToldError
    naive, start, *others = periods
    plan.steps[0].append(naive)
    plan.steps[1].append(start)
    plan.steps[2].extend([*others, pl.lit(source.zone, pl.Enum([source.zone])).alias("market_zone")])
    plan.sure.append(pl.col("delivery_start").is_not_null())


def _plan_amount(plan: _Plan, contract: Dataset, *, has_total: bool) -> None:
    """Quantity × price in whole numbers of 64 bits, rounded half even; a larger product is not for these rows."""
    quantity, price, amount = (contract.column(name) for name in ("quantity_mwh", "price_per_mwh", "amount"))
    unit = 10 ** (quantity.type.scale + price.type.scale - amount.type.scale)
    product = pl.col(quantity.name).cast(pl.Int128) * pl.col(price.name).cast(pl.Int128)
    plan.steps[1].append(product.cast(pl.Int64, strict=False).alias(_PRODUCT))
    plan.steps[2].append((pl.col(_PRODUCT) // unit).alias(_QUOTIENT))
    twice = (pl.col(_PRODUCT) - pl.col(_QUOTIENT) * unit) * 2
    up = (twice > unit) | ((twice == unit) & (pl.col(_QUOTIENT) % 2 == 1))
    plan.steps[3].append((pl.col(_QUOTIENT) + up.cast(pl.Int64)).alias(amount.name))
    plan.sure.append(pl.col(amount.name).is_not_null())
    if has_total:
        plan.steps[2].append((pl.col(_TOTAL) - pl.col(_PRODUCT) // (unit // 10**_FINER)).abs().alias(_AWAY))


def _sound_texts(contract: Dataset, source: Source, header: tuple[str, ...]) -> Iterator[pl.Expr]:
    """Of each delivered column that is taken as text: nothing to strip, nothing to change to capitals, and no null."""
    longest = max((len(null.encode()) for null in source.file.nulls), default=0)
    bounds: dict[str, tuple[int, int]] = {}
    for name, delivered in source.dataset(contract.name).fields.items():
        column = contract.column(name)
        if column.type.name == "text" and not column.allowed and not delivered.spellings:
            for raw in set(delivered.columns) & set(header):
                bounds[raw] = _NO_SMALL_LETTER if delivered.upper else bounds.get(raw, _ANY_MARK)
    for raw, (first, last) in bounds.items():
        text = pl.col(RAW + raw)
        yield text.str.len_bytes() > longest
        yield text.map_batches(_Within(first, last), return_dtype=pl.Boolean, is_elementwise=True)


@dataclass(frozen=True)
class _Within:
    """Whether all bytes of a text lie between two.

    One look at all texts of a column together is enough in most cases, and takes a fifth of what a regular expression takes
    for each of them; where one fails, it is found by the expression.
    """

    first: int
    last: int

    def __call__(self, text: pl.Series) -> pl.Series:
        content = text.to_arrow(compat_level=pl.CompatLevel.oldest()).buffers()[2]
        together = pl.Series([content.to_pybytes() if content else b""]).cast(pl.List(pl.UInt8)).explode()
        if together.is_between(self.first, self.last).all():
            return text.is_not_null()
        return ~text.str.contains(rf"[^\x{self.first:02x}-\x{self.last:02x}]")


def _ways_to_write(column: Column, delivered: FieldMapping, source: Source) -> dict[str, str]:
    """The usual ways to write the words of a list, each with what `normalise` makes of it."""
    listed = {*delivered.spellings, *(() if delivered.spellings else column.allowed)}
    written = {way for word in listed for way in (word, word.upper(), word.capitalize(), word.title())}
    written |= {way for word in written for way in (f" {word}", f"{word} ")}
    field_of_one = replace(delivered, columns=("written",))
    frame = pl.DataFrame({RAW + "written": sorted(written)})
    frame = frame.with_columns(cleaned("written", source.file.nulls).alias(CLEAN + "written"))
    frame = frame.with_columns(delivered_text(field_of_one, ("written",)).alias("text"))
    read = frame.select(
        RAW + "written", worded(pl.col("text"), column, delivered).cast(pl.String).alias("read")
    ).drop_nulls()
    return dict(read.iter_rows())


def _kept(check: Check, contract: Dataset) -> list[pl.Expr]:
    """What must be true for a row to keep the rule, besides that every delivered number, stamp and word of a list was read."""
    match check:
        case WholeLine() | Parses() | OneOf() | Precise() | TimeExists() | TimeUnique() | Fits():
            return []
        case MatchesProduct():
            return [pl.col(_AWAY) < 10**_FINER - 1]  # a unit less than the rule allows: both were cut or rounded here
        case Present(column):
            return [pl.col(_TOTAL if column == "amount" else column).is_not_null()]
        case AtLeast(column, bound) if contract.column(column).type.name == "decimal":
            return [pl.col(column) > bound * 10 ** contract.column(column).type.scale]
        case AnyGiven(columns):
            return [pl.any_horizontal(pl.col(column).is_not_null() for column in columns)]
        case GivenWith(column, other):
            return [pl.col(column).is_not_null() | pl.col(other).is_null()]
    raise _NotToldError
