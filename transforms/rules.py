"""The contract's rules as polars expressions: which of them each row breaks, as one bit mask.

Bit k of the mask is rule k of the contract. A mask costs eight bytes a row; the list of reasons is made for rejected
rows only, because a list for every row would cost more than all the rules together.

An expression here is true where the rule is broken. Null never passes in silence: `broken` turns a null verdict into
"not broken" once, at the end, and each check says what it means by null.
"""

from decimal import Decimal
from functools import partial

import polars as pl

from contracts.model import (
    AnyGiven,
    AtLeast,
    Check,
    Dataset,
    Fits,
    GivenWith,
    MatchesProduct,
    OneOf,
    Parses,
    Precise,
    Present,
    Rule,
    Severity,
    TimeExists,
    TimeUnique,
    ValidIdentifier,
    WholeLine,
)
from contracts.source import DatasetMapping, FileFormat
from transforms import identifiers, lines, numbers, times

__all__ = [
    "BROKEN",
    "DELIVERED_TOTAL",
    "FAULT",
    "TEXT",
    "applies",
    "broken_mask",
    "reasons",
    "severities",
    "severity_mask",
]

BROKEN = "_broken"
"""The mask column, UInt64: 0 for a row that keeps every rule."""
TEXT = "text:"
"""Prefix of the column that holds what was delivered for a canonical column, cleaned; null where nothing was."""
FAULT = "_fault"
"""Index of the line's fault in `lines.FAULTS`; null for a line that is a record."""
DELIVERED_TOTAL = "_delivered_total"
"""The total as it was delivered, `numbers.EXACT`; null where none was or it is no number."""

_ONE_MINOR_UNIT = Decimal("0.01")


def severities(contract: Dataset, mapping: DatasetMapping) -> dict[str, Severity]:
    """Each rule's severity for this source: the contract's, unless the source's file gives another."""
    return {rule.code: mapping.severities.get(rule.code, rule.severity) for rule in contract.rules}


def severity_mask(contract: Dataset, mapping: DatasetMapping, severity: Severity) -> int:
    """The bits of all rules that have the severity for this source."""
    chosen = severities(contract, mapping)
    return sum(1 << bit for bit, rule in enumerate(contract.rules) if chosen[rule.code] is severity)


def broken_mask(contract: Dataset, mapping: DatasetMapping, file: FileFormat) -> pl.Expr:
    """The mask of broken rules, from the columns that `normalise` made. Rules that are off never set their bit.

    A line that is no record breaks its line rule and no other: what its fields would say means nothing.
    """
    chosen = severities(contract, mapping)
    line_bits, field_bits = pl.lit(0, pl.UInt64), pl.lit(0, pl.UInt64)
    for bit, rule in enumerate(contract.rules):
        if chosen[rule.code] is Severity.OFF or not applies(rule, mapping):
            continue
        flag = _failure(rule.check, file).fill_null(False).cast(pl.UInt64) * (1 << bit)
        if isinstance(rule.check, WholeLine):
            line_bits = line_bits | flag
        else:
            field_bits = field_bits | flag
    return pl.when(pl.col(FAULT).is_not_null()).then(line_bits).otherwise(field_bits)


def reasons(contract: Dataset, mask: pl.Expr) -> pl.Expr:
    """The codes of the rules in the mask, in contract order, as a list. Made once for each of the few masks that occur."""
    return mask.map_batches(partial(_reasons, contract), return_dtype=pl.List(pl.String), is_elementwise=True)


def _reasons(contract: Dataset, masks: pl.Series) -> pl.Series:
    mask = pl.col("mask")
    codes = [pl.when((mask & (1 << bit)) != 0).then(pl.lit(rule.code)) for bit, rule in enumerate(contract.rules)]
    found = masks.alias("mask").to_frame()
    lists = found.unique().with_columns(pl.concat_list(codes).list.drop_nulls().alias("reasons"))
    return found.join(lists, on="mask", how="left", maintain_order="left")["reasons"]


def applies(rule: Rule, mapping: DatasetMapping) -> bool:
    """Whether the source delivers what the rule is about: a column it does not have cannot be wrong."""
    check = rule.check
    if isinstance(
        check, Present | Parses | Precise | OneOf | TimeExists | TimeUnique | ValidIdentifier | MatchesProduct
    ):
        return check.column in mapping.fields
    if isinstance(check, GivenWith):
        return check.other in mapping.fields
    if isinstance(check, AnyGiven):
        return any(column in mapping.fields for column in check.columns)
    return True


def _failure(check: Check, file: FileFormat) -> pl.Expr:  # noqa: C901, PLR0911, PLR0912 - one line a check
    """True where the check fails. Every kind of check has its line here, and an unknown kind is the author's mistake."""
    match check:
        case WholeLine(fault):
            return pl.col(FAULT) == lines.FAULTS.index(fault)
        case Present(column):
            return pl.col(TEXT + column).is_null()
        case Parses("delivery_start"):
            return pl.col(TEXT + "delivery_start").is_not_null() & pl.col(times.NAIVE).is_null()
        case Parses("amount"):
            return pl.col(TEXT + "amount").is_not_null() & pl.col(DELIVERED_TOTAL).is_null()
        case Parses(column) | OneOf(column):
            return pl.col(TEXT + column).is_not_null() & pl.col(column).is_null()
        case Precise(column):
            return numbers.is_too_precise(pl.col(TEXT + column), file)
        case AtLeast(column, bound, strict):
            return (pl.col(column) == bound) if strict else (pl.col(column) < bound)
        case TimeExists(column):
            return pl.col(times.NAIVE).is_not_null() & pl.col(column).is_null() & ~pl.col(times.AMBIGUOUS)
        case TimeUnique():
            return pl.col(times.AMBIGUOUS)
        case AnyGiven(columns):
            return pl.all_horizontal(pl.col(column).is_null() for column in columns)
        case GivenWith(column, other):
            return pl.col(column).is_null() & pl.col(other).is_not_null()
        case ValidIdentifier(column, scheme, ""):
            return ~identifiers.SCHEMES[scheme](pl.col(column))
        case ValidIdentifier(column, _, scheme_column):
            return ~identifiers.number_is_valid(pl.col(column), pl.col(scheme_column))
        case Fits(column, inputs):
            return pl.all_horizontal(pl.col(i).is_not_null() for i in inputs) & pl.col(column).is_null()
        case MatchesProduct(_, quantity, price):
            exact = numbers.product_exact(pl.col(quantity), pl.col(price))
            return (pl.col(DELIVERED_TOTAL) - exact).abs() > pl.lit(_ONE_MINOR_UNIT)
    raise TypeError(f"no expression for the check {check!r}; add one to transforms/rules.py")
