"""The contract of `transactions`: what the company bought and sold, for which delivery period, at which price."""

from contracts.enumerated import enumerated_rules
from contracts.lineage import LINEAGE
from contracts.lines import LINE_RULES
from contracts.model import (
    AnyGiven,
    AtLeast,
    Column,
    ColumnType,
    Dataset,
    Fits,
    Kind,
    MatchesProduct,
    OneOf,
    Parses,
    Precise,
    Present,
    Role,
    Rule,
    Severity,
    TimeExists,
    TimeUnique,
)
from contracts.vocabulary import ACTIONS, CURRENCIES, ENERGY_TYPES, TRANSACTION_TYPES

__all__ = ["ACTION", "TRANSACTIONS", "TRANSACTION_COLUMNS"]

TRANSACTION_COLUMNS = (
    Column(
        name="transaction_id",
        type=ColumnType.text(),
        role=Role.KEY,
        description="The trade's identifier; of several rows with one identifier the newest delivery counts.",
    ),
    Column(
        name="transaction_type",
        type=ColumnType.text(),
        allowed=TRANSACTION_TYPES,
        description="`buy` or `sell`, seen from the company.",
    ),
    Column(
        name="provider_id",
        type=ColumnType.text(),
        nullable=True,
        description="The provider that delivers; null where the counterparty is a client only.",
    ),
    Column(
        name="client_id",
        type=ColumnType.text(),
        nullable=True,
        description="The client that takes; null where the counterparty is a provider only.",
    ),
    Column(
        name="energy_type",
        type=ColumnType.text(),
        allowed=ENERGY_TYPES,
        description="What the energy was generated from, as the trade says.",
    ),
    Column(
        name="delivery_start",
        type=ColumnType.instant(),
        description="Start of the delivery period, UTC.",
    ),
    Column(
        name="delivery_end",
        type=ColumnType.instant(),
        description="End of the delivery period, UTC; it is not part of the period.",
    ),
    Column(
        name="market_zone",
        type=ColumnType.text(),
        description="The market's time zone, an IANA name; `date` is a day there.",
    ),
    Column(
        name="date",
        type=ColumnType.date(),
        role=Role.PARTITION,
        description="The market day on which delivery starts, in `market_zone`. The partition.",
    ),
    Column(
        name="quantity_mwh",
        type=ColumnType.decimal(18, 6),
        unit="MWh",
        description="Energy delivered over the period, converted from the source's unit and rounded half even.",
    ),
    Column(
        name="price_per_mwh",
        type=ColumnType.decimal(18, 6),
        unit="currency/MWh",
        description="Price in `currency` per MWh; below zero is legal in power markets.",
    ),
    Column(
        name="currency",
        type=ColumnType.text(),
        allowed=CURRENCIES,
        description="ISO 4217 code of price and amount. Amounts of different currencies must not be added.",
    ),
    Column(
        name="amount",
        type=ColumnType.decimal(18, 2),
        unit="currency",
        description="quantity_mwh × price_per_mwh, rounded half even to two decimals.",
    ),
)
"""The trade itself, without where it came from; curated transactions begin with the same columns."""

ACTION = Column(
    name="action",
    type=ColumnType.text(),
    allowed=ACTIONS,
    description="What this version does to the trade: `new`, `amend`, `cancel`. Where the newest is `cancel`, no trade counts.",
)
"""Not among `TRANSACTION_COLUMNS`: a trade that still counts is never cancelled, so curated data has no use for it."""

TRANSACTIONS = Dataset(
    name="transactions",
    kind=Kind.DELIVERED,
    grain="one row per trade and delivered version",
    description="What the company bought from providers and sold to clients.",
    key=("transaction_id",),
    partition="date",
    columns=(*TRANSACTION_COLUMNS, ACTION, *LINEAGE),
    rules=(
        *LINE_RULES,
        Rule(
            code="transaction_id_missing",
            check=Present("transaction_id"),
            sentence="The trade has no identifier; without one it cannot be told from its corrections.",
        ),
        *enumerated_rules("transaction_type", "The transaction type", TRANSACTION_TYPES),
        Rule(
            code="counterparty_missing",
            check=AnyGiven(("provider_id", "client_id")),
            sentence="Neither a provider nor a client is named; a trade needs at least one counterparty.",
        ),
        *enumerated_rules("energy_type", "The energy type", ENERGY_TYPES),
        Rule(
            code="delivery_time_missing",
            check=Present("delivery_start"),
            sentence="The delivery time is missing; it decides the market day.",
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
            code="quantity_missing",
            check=Present("quantity_mwh"),
            sentence="The quantity is missing; a trade without one moves no energy.",
        ),
        Rule(
            code="quantity_bad_number",
            check=Parses("quantity_mwh"),
            sentence="The quantity is not a number in the source's decimal notation, or too large for 12 digits of MWh.",
        ),
        Rule(
            code="quantity_too_precise",
            check=Precise("quantity_mwh"),
            sentence="The quantity has more decimals than exact arithmetic keeps; at most 9 decimals are read.",
        ),
        Rule(
            code="quantity_negative",
            check=AtLeast("quantity_mwh", 0),
            sentence="The quantity is below zero; the direction of a trade is its type, so 0 or more was expected.",
        ),
        Rule(
            code="quantity_zero",
            check=AtLeast("quantity_mwh", 0, strict=True),
            severity=Severity.WARN,
            sentence="The quantity is zero; the row is kept, and a source that knows better may reject it.",
        ),
        Rule(
            code="price_missing",
            check=Present("price_per_mwh"),
            sentence="The price is missing; without it the trade has no amount.",
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
        Rule(
            code="amount_too_large",
            check=Fits("amount", ("quantity_mwh", "price_per_mwh")),
            sentence="Quantity × price needs more than 16 digits before the point; the units are probably wrong.",
        ),
        Rule(
            code="total_bad_number",
            check=Parses("amount"),
            sentence="The delivered total is not a number in the source's decimal notation, or has more than 20 digits.",
        ),
        Rule(
            code="total_mismatch",
            check=MatchesProduct("amount", "quantity_mwh", "price_per_mwh"),
            sentence="The delivered total differs from quantity × price by more than one minor unit (0.01).",
        ),
        *enumerated_rules("action", "The action", ACTIONS),
    ),
)
