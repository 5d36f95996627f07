"""The contract of `fx_daily`: what one currency was worth in another on a day, as a central bank or a market fixed it."""

from contracts.lineage import LINEAGE
from contracts.lines import LINE_RULES
from contracts.model import (
    AtLeast,
    Column,
    ColumnType,
    Dataset,
    Kind,
    OneOf,
    Parses,
    Precise,
    Present,
    Role,
    Rule,
    Sensitivity,
)
from contracts.vocabulary import CURRENCIES

__all__ = ["FX_DAILY"]


def _currency(name: str, what: str) -> Column:
    return Column(
        name=name,
        type=ColumnType.text(),
        allowed=CURRENCIES,
        role=Role.KEY,
        sensitivity=Sensitivity.PUBLIC,
        description=f"ISO 4217 code of {what}.",
    )


def _currency_rules(name: str, what: str) -> tuple[Rule, Rule]:
    return (
        Rule(
            code=f"{name}_missing",
            check=Present(name),
            sentence=f"{what} is missing; an ISO 4217 code was expected.",
        ),
        Rule(
            code=f"{name}_unknown",
            check=OneOf(name),
            sentence=f"{what} is not an ISO 4217 code of money in use.",
        ),
    )


FX_DAILY = Dataset(
    name="fx_daily",
    kind=Kind.DELIVERED,
    grain="one row per day, pair of currencies and delivered version",
    description="Exchange rates of a day. How they become amounts in a reporting currency stands in `transforms/currency.py`.",
    key=("date", "base_currency", "quote_currency"),
    columns=(
        Column(
            name="date",
            type=ColumnType.date(),
            role=Role.KEY,
            sensitivity=Sensitivity.PUBLIC,
            description="The day that the rate was fixed for.",
        ),
        _currency("base_currency", "the money that is priced"),
        _currency("quote_currency", "the money that the price is in"),
        Column(
            name="rate",
            type=ColumnType.decimal(18, 9),
            unit="quote/base",
            sensitivity=Sensitivity.PUBLIC,
            description="How much of `quote_currency` one unit of `base_currency` is worth; above zero.",
        ),
        *LINEAGE,
    ),
    rules=(
        *LINE_RULES,
        Rule(
            code="rate_date_missing",
            check=Present("date"),
            sentence="The day of the rate is missing; without it nothing says when the rate held.",
        ),
        Rule(
            code="rate_date_bad_date",
            check=Parses("date"),
            sentence="The day of the rate is not a date of the years 1900 to 2199 in a format the source declares.",
        ),
        *_currency_rules("base_currency", "The currency that is priced"),
        *_currency_rules("quote_currency", "The currency of the price"),
        Rule(
            code="rate_missing",
            check=Present("rate"),
            sentence="The rate is missing; a day without one is not delivered.",
        ),
        Rule(
            code="rate_bad_number",
            check=Parses("rate"),
            sentence="The rate is not a number in the source's decimal notation, or has more than 9 digits before the point.",
        ),
        Rule(
            code="rate_too_precise",
            check=Precise("rate"),
            sentence="The rate has more decimals than exact arithmetic keeps; at most 9 decimals are read.",
        ),
        Rule(
            code="rate_negative",
            check=AtLeast("rate", 0),
            sentence="The rate is below zero; money is worth more than nothing.",
        ),
        Rule(
            code="rate_zero",
            check=AtLeast("rate", 0, strict=True),
            sentence="The rate is zero; money is worth more than nothing.",
        ),
    ),
)
