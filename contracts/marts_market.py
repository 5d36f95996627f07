"""The contracts of the marts about prices: `market_period`, as `market_daily` but per delivery period, and `price_benchmarks`.

`market_daily` itself is in `curated.py`; what a mart means as a formula stands in the transform of its name.
"""

from contracts.curated import CURATED_TRANSACTIONS, MARKET_DAILY
from contracts.model import Column, ColumnType, Dataset, Kind, Role
from contracts.vocabulary import TRANSACTION_TYPES

__all__ = ["LOAD_TYPES", "MARKET_PERIOD", "PRICE_BENCHMARKS"]

LOAD_TYPES = ("peak", "off_peak", "base")

MARKET_PERIOD = Dataset(
    name="market_period",
    kind=Kind.CURATED,
    grain="one row per market day, market zone, delivery period, energy type and currency",
    description="What was bought and sold for a delivery period, and at which volume-weighted price.",
    key=("date", "market_zone", "delivery_start", "delivery_end", "energy_type", "currency"),
    partition="date",
    columns=(
        MARKET_DAILY.column("date"),
        Column(
            name="market_zone",
            type=ColumnType.text(),
            role=Role.KEY,
            description="The market's time zone, an IANA name; `date` is a day there.",
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
        MARKET_DAILY.column("energy_type"),
        MARKET_DAILY.column("currency"),
        Column(
            name="period_minutes",
            type=ColumnType.integer(),
            description="How long the delivery period is, in whole minutes, rounded down.",
        ),
        Column(
            name="period_number",
            type=ColumnType.integer(),
            nullable=True,
            description="The period's number in its market day, from 1, in periods of its length: 24 hours (23, 25), 96 quarters "
            "(92, 100). Null where that is not 60, 30, 15 or 5 minutes, or the day has no such period beginning there.",
        ),
        Column(
            name="load_type",
            type=ColumnType.text(),
            nullable=True,
            allowed=LOAD_TYPES,
            description="`peak`, `off_peak`, or `base` where the period lies in both or the zone's market has no peak. Null "
            "where the period has no length, or no holidays of its year are known.",
        ),
        *(
            MARKET_DAILY.column(name)
            for name in (
                *("bought_mwh", "sold_mwh", "bought_amount", "sold_amount"),
                *("bought_vwap", "sold_vwap", "margin_per_mwh", "trades"),
            )
        ),
    ),
)


def _deviation(of: str) -> tuple[Column, Column, Column]:
    """A volume-weighted price, and how far the trade's own lies from it, in money and in percent."""
    return (
        Column(
            name=f"{of}_vwap",
            type=ColumnType.decimal(18, 6),
            unit="currency/MWh",
            nullable=True,
            description=f"Volume-weighted price of the trade's side, as in `{_PRICED_BY[of]}`; null where no energy was.",
        ),
        Column(
            name=f"{of}_deviation",
            type=ColumnType.decimal(19, 6),
            unit="currency/MWh",
            nullable=True,
            description=f"price_per_mwh less {of}_vwap; null where {of}_vwap is.",
        ),
        Column(
            name=f"{of}_deviation_percent",
            type=ColumnType.decimal(26, 4),
            unit="%",
            nullable=True,
            description=f"{of}_deviation in percent of the size of {of}_vwap, so that above zero is always above the price; "
            f"null where {of}_vwap is null or 0.",
        ),
    )


_PRICED_BY = {"day": MARKET_DAILY.name, "period": MARKET_PERIOD.name}

PRICE_BENCHMARKS = Dataset(
    name="price_benchmarks",
    kind=Kind.CURATED,
    grain="one row per trade",
    description="Each trade's price against the volume-weighted prices of its day and its delivery period, and whether it "
    "is out of line with the day's trades.",
    key=("transaction_id",),
    partition="date",
    columns=(
        CURATED_TRANSACTIONS.column("transaction_id"),
        MARKET_DAILY.column("date"),
        Column(
            name="transaction_type",
            type=ColumnType.text(),
            allowed=TRANSACTION_TYPES,
            description="`buy` or `sell`, seen from the company; a trade is compared with its own side only.",
        ),
        CURATED_TRANSACTIONS.column("energy_type"),
        CURATED_TRANSACTIONS.column("currency"),
        CURATED_TRANSACTIONS.column("quantity_mwh"),
        CURATED_TRANSACTIONS.column("price_per_mwh"),
        CURATED_TRANSACTIONS.column("amount"),
        *_deviation("day"),
        *_deviation("period"),
        Column(
            name="modified_z_score",
            type=ColumnType.decimal(24, 4),
            nullable=True,
            description="How far the price lies from the median of the day's trades of its energy type, side and currency, "
            "in robust standard deviations; null below 10 trades, and where all prices are one.",
        ),
        Column(
            name="is_outlier",
            type=ColumnType.boolean(),
            nullable=True,
            description="Whether the score is beyond 3.5 on either side, decided before it is rounded; null below 10 trades.",
        ),
    ),
)
