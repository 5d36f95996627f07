"""Exact numbers: text to decimal, unit conversion, rounding half even.

Text is read with 12 decimals, of which a delivered value may use 9: the other three are room for kWh and MWh, so that
converting is exact and the only rounding is the last one, to the contract's scale. Before the point it may have 20
digits: no contract holds more than 16, and decimals that overflow would raise an error and stop the whole run.
"""

import re
from fractions import Fraction

import polars as pl

from contracts.source import ENERGY_UNITS_IN_MWH, PRICE_UNITS_PER_MWH, FileFormat

__all__ = [
    "EXACT",
    "MOST_DECIMALS",
    "converted",
    "divided_half_even",
    "is_too_precise",
    "number",
    "product_exact",
    "scaled",
    "unit_factor",
]

EXACT = pl.Decimal(38, 12)
"""Wide enough for the product of two decimal(18,6): 24 digits before the point, 12 after it."""

MOST_DECIMALS = 9
_READ = pl.Decimal(32, 12)
"""What text is read as: narrower than `EXACT`, so that factors up to 10^5 cannot overflow."""
_DECIMAL_PLACES = 12
_SPARE_DECIMALS = _DECIMAL_PLACES - MOST_DECIMALS
_MOST_WHOLE, _MOST_READ = 2**127 - 1, 10**32 - 1
_EXACT_ONE = 10**_DECIMAL_PLACES


def number(text: pl.Expr, file: FileFormat) -> pl.Expr:
    """The text as `EXACT`; null where it is no number in the file's notation, or has more than 20 digits before the point.

    Signs are allowed, exponents, `inf` and `NaN` are not. Thousands marks must cut groups of three behind a digit that is
    not zero, or `1.5` and `0.085` delivered under a dialect with `.` for thousands would silently become 15 and 85.
    """
    if file.thousands_mark:
        grouped = rf"^[+-]?[1-9][0-9]{{0,2}}({re.escape(file.thousands_mark)}[0-9]{{3}})+(\{file.decimal_mark}[0-9]*)?$"
        bare = text.str.replace_all(file.thousands_mark, "", literal=True)
        with_mark = text.str.contains(file.thousands_mark, literal=True)
        text = pl.when(~with_mark | text.str.contains(grouped)).then(bare)
    if file.decimal_mark != ".":
        pointed = text.str.replace(file.decimal_mark, ".", literal=True)
        text = pl.when(~text.str.contains(".", literal=True)).then(pointed)
    return pl.when(~text.str.contains("[eE]")).then(text).cast(_READ, strict=False).cast(EXACT)


def is_too_precise(text: pl.Expr, file: FileFormat) -> pl.Expr:
    """Whether the text has more decimals than are read exactly. Null where the text is."""
    return text.str.contains(rf"\{file.decimal_mark}[0-9]{{{MOST_DECIMALS}}}[0-9]*[1-9]")


def unit_factor(unit: str, period_minutes: int | None, *, price: bool) -> Fraction:
    """What a delivered number is multiplied with to be MWh, or money per MWh.

    `MW` is power: held over a period of m minutes it is m/60 MWh for each MW. Raises `ValueError` where MW meets a period
    without a fixed length in minutes.
    """
    if price:
        return PRICE_UNITS_PER_MWH[unit]
    if unit != "MW":
        return ENERGY_UNITS_IN_MWH[unit]
    if period_minutes is None:
        raise ValueError(
            "unit MW needs a delivery period in minutes, hours or days; months and years have no fixed length"
        )
    return Fraction(period_minutes, 60)


def converted(value: pl.Expr, factor: Fraction, scale: int) -> pl.Expr:
    """`value` (as `number` reads it) × `factor` (at most 10^5), rounded half even to `scale` decimals, as `EXACT`.

    A factor with at most the three spare decimals is multiplied exactly; of any other a decimal product would be rounded at
    the twelfth place first and then again, so it goes by whole numbers.
    """
    if (factor * 10**_SPARE_DECIMALS).denominator == 1:
        product = value if factor == 1 else value * pl.lit(_decimal_text(factor)).cast(EXACT)
        return product.round(scale)
    return _rounded_fraction(value, factor, scale)


def product_exact(quantity: pl.Expr, price: pl.Expr) -> pl.Expr:
    """The product of two decimals with six places each, exact to the twelfth place. Null for null; it always fits."""
    return quantity.cast(EXACT) * price.cast(EXACT)


def _rounded_fraction(value: pl.Expr, factor: Fraction, scale: int) -> pl.Expr:
    """For factors such as 5/60 or a therm's: whole-number division with the remainder deciding.

    The dividend counts 10^-12 and the divisor carries 10^(12 - scale), so that the quotient counts 10^-scale. Null where the
    dividend would need more than 128 bits: for every unit there is, that is a number no contract's column holds.
    """
    units = value.to_physical()
    most = _MOST_WHOLE // factor.numerator
    if most < _MOST_READ:
        units = pl.when(units.is_between(pl.lit(-most, pl.Int128), pl.lit(most, pl.Int128))).then(units)
    divisor = factor.denominator * 10 ** (_DECIMAL_PLACES - scale)
    return scaled(divided_half_even(units * factor.numerator, pl.lit(divisor, pl.Int128)), scale)


def divided_half_even(dividend: pl.Expr, divisor: pl.Expr) -> pl.Expr:
    """The quotient of two whole numbers (the divisor above zero), rounded half even. Null where either is null.

    Whole-number division rounds down, so the remainder is never negative and alone decides.
    """
    quotient = dividend // divisor
    remainder = dividend - quotient * divisor
    up = (remainder * 2 > divisor) | ((remainder * 2 == divisor) & (quotient % 2 == 1))
    return quotient + up.cast(pl.Int128)


def scaled(units: pl.Expr, scale: int) -> pl.Expr:
    """Whole numbers that count 10^-scale, as `EXACT`; null beyond its 26 digits before the point."""
    one = pl.lit(_decimal_text(Fraction(1, 10**scale))).cast(EXACT)
    return units.cast(pl.Decimal(38, 0), strict=False).cast(EXACT, strict=False) * one


def _decimal_text(factor: Fraction) -> str:
    """A fraction that twelve decimals hold, written out."""
    units = int(factor * _EXACT_ONE)
    return f"{units // _EXACT_ONE}.{units % _EXACT_ONE:0{_DECIMAL_PLACES}d}"
