"""The contract of `curve`: what the market paid on a day for deliveries still to come, against which trades are valued."""

from contracts.enumerated import enumerated_rules
from contracts.lineage import LINEAGE
from contracts.lines import LINE_RULES
from contracts.model import (
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
    TimeExists,
    TimeUnique,
)
from contracts.vocabulary import CURRENCIES, CURVE_PRODUCTS, ENERGY_TYPES

__all__ = ["CURVE"]

CURVE = Dataset(
    name="curve",
    kind=Kind.DELIVERED,
    grain="one row per day, product, delivery period, market, energy type, currency and delivered version",
    description="Forward prices: what a delivery period cost on a day. Trades are marked to it.",
    key=("as_of", "market_zone", "product", "energy_type", "delivery_start", "delivery_end", "currency"),
    columns=(
        Column(
            name="as_of",
            type=ColumnType.date(),
            role=Role.KEY,
            description="The day on which the market saw the price.",
        ),
        Column(
            name="market_zone",
            type=ColumnType.text(),
            role=Role.KEY,
            description="The market's time zone, an IANA name, as in transactions.",
        ),
        Column(
            name="product",
            type=ColumnType.text(),
            allowed=CURVE_PRODUCTS,
            role=Role.KEY,
            description="The hours of the period that the price is for: all (`base`), or the market's peak or off-peak hours.",
        ),
        Column(
            name="energy_type",
            type=ColumnType.text(),
            allowed=ENERGY_TYPES,
            role=Role.KEY,
            description="What the energy is generated from; `unspecified` for a price of any, as exchanges quote.",
        ),
        Column(
            name="delivery_start",
            type=ColumnType.instant(),
            role=Role.KEY,
            description="Start of the delivery period, UTC.",
        ),
        Column(
            name="delivery_end",
            type=ColumnType.instant(),
            role=Role.KEY,
            description="End of the delivery period, UTC; it is not part of the period.",
        ),
        Column(
            name="currency",
            type=ColumnType.text(),
            allowed=CURRENCIES,
            role=Role.KEY,
            description="ISO 4217 code of the price.",
        ),
        Column(
            name="price_per_mwh",
            type=ColumnType.decimal(18, 6),
            unit="currency/MWh",
            description="Price in `currency` per MWh; below zero is legal in power markets.",
        ),
        *LINEAGE,
    ),
    rules=(
        *LINE_RULES,
        Rule(
            code="as_of_missing",
            check=Present("as_of"),
            sentence="The day of the price is missing; a curve without one cannot be told from a newer one.",
        ),
        Rule(
            code="as_of_bad_date",
            check=Parses("as_of"),
            sentence="The day of the price is not a date of the years 1900 to 2199 in a format the source declares.",
        ),
        *enumerated_rules("product", "The product", CURVE_PRODUCTS),
        *enumerated_rules("energy_type", "The energy type", ENERGY_TYPES),
        Rule(
            code="delivery_time_missing",
            check=Present("delivery_start"),
            sentence="The delivery time is missing; a price is for a period.",
        ),
        Rule(
            code="delivery_time_bad_date",
            check=Parses("delivery_start"),
            sentence="The delivery time is not a date and time of the years 1900 to 2199 in a format the source declares.",
        ),
        Rule(
            code="delivery_time_impossible",
            check=TimeExists("delivery_start"),
            sentence="The local time does not exist: the clock change skips that hour in the market's zone.",
        ),
        Rule(
            code="delivery_time_ambiguous",
            check=TimeUnique("delivery_start"),
            sentence="The local time occurs twice on that day and the source has no rule which one is meant.",
        ),
        Rule(
            code="price_missing",
            check=Present("price_per_mwh"),
            sentence="The price is missing; a period without one is not delivered.",
        ),
        Rule(
            code="price_bad_number",
            check=Parses("price_per_mwh"),
            sentence="The price is not a number in the source's decimal notation, or too large for 12 digits per MWh.",
        ),
        Rule(
            code="price_too_precise",
            check=Precise("price_per_mwh"),
            sentence="The price has more decimals than exact arithmetic keeps; at most 9 decimals are read.",
        ),
        Rule(
            code="currency_missing",
            check=Present("currency"),
            sentence="The currency is missing; an ISO 4217 code was expected.",
        ),
        Rule(
            code="currency_unknown",
            check=OneOf("currency"),
            sentence="The currency is not an ISO 4217 code of money in use.",
        ),
    ),
)
