"""The contracts of the marts about the desk's own book: `margin_daily` and `portfolio_mix`.

What a mart means as a formula stands in the transform of its name.
"""

from contracts.curated import MARKET_DAILY
from contracts.marts_market import MARKET_PERIOD
from contracts.model import Column, ColumnType, Dataset, Kind

__all__ = ["MARGIN_DAILY", "PORTFOLIO_MIX"]


def _mwh(name: str, description: str) -> Column:
    return Column(name=name, type=ColumnType.decimal(38, 6), unit="MWh", description=description)


def _money(name: str, description: str) -> Column:
    return Column(name=name, type=ColumnType.decimal(38, 2), unit="currency", description=description)


_DAY_AND_KIND = (
    MARKET_DAILY.column("date"),
    MARKET_PERIOD.column("market_zone"),
    MARKET_DAILY.column("energy_type"),
    MARKET_DAILY.column("currency"),
)

MARGIN_DAILY = Dataset(
    name="margin_daily",
    kind=Kind.CURATED,
    grain="one row per market day, market zone, energy type and currency",
    description="Sales less purchases where both met in one delivery period, and what of either side met nothing.",
    key=("date", "market_zone", "energy_type", "currency"),
    partition="date",
    columns=(
        *_DAY_AND_KIND,
        _mwh("matched_mwh", "Energy both bought and sold for the same delivery period; 0 where none was."),
        _money("matched_cost", "Paid for the matched energy, at the period's average purchase price."),
        _money("matched_revenue", "Received for the matched energy, at the period's average sales price."),
        _money("matched_margin", "matched_revenue less matched_cost; below zero is a loss."),
        _mwh("long_mwh", "Energy bought for periods beyond what was sold for them: open, and not part of the margin."),
        _money("long_amount", "Paid for the long energy: the purchases' amounts less matched_cost."),
        _mwh("short_mwh", "Energy sold for periods beyond what was bought for them: open, and not part of the margin."),
        _money("short_amount", "Received for the short energy: the sales' amounts less matched_revenue."),
        Column(
            name="periods",
            type=ColumnType.integer(),
            description="Number of delivery periods with a trade.",
        ),
        Column(
            name="matched_periods",
            type=ColumnType.integer(),
            description="Number of delivery periods with matched energy.",
        ),
        Column(name="trades", type=ColumnType.integer(), description="Number of trades, both sides."),
    ),
)

PORTFOLIO_MIX = Dataset(
    name="portfolio_mix",
    kind=Kind.CURATED,
    grain="one row per market day, market zone, energy type and currency",
    description="What the energy of a day was generated from, what it cost, and how well the plants behind it were used.",
    key=("date", "market_zone", "energy_type", "currency"),
    partition="date",
    columns=(
        *_DAY_AND_KIND,
        _mwh("bought_mwh", "Energy bought; 0 where nothing was."),
        _mwh("sold_mwh", "Energy sold; 0 where nothing was."),
        _money("cost", "Paid for what was bought: the sum of the trades' amounts."),
        _money("revenue", "Received for what was sold: the sum of the trades' amounts."),
        Column(
            name="bought_share",
            type=ColumnType.decimal(9, 6),
            nullable=True,
            description="bought_mwh as a part of all energy bought for the date, in every zone, type and currency: 0 to 1. "
            "Null where none was.",
        ),
        Column(
            name="sold_share",
            type=ColumnType.decimal(9, 6),
            nullable=True,
            description="sold_mwh as a part of all energy sold for the date, in every zone, type and currency: 0 to 1. "
            "Null where none was.",
        ),
        _mwh("rated_mwh", "Of bought_mwh, what came from providers of known capacity above 0."),
        Column(
            name="rated_capacity_mw",
            type=ColumnType.decimal(38, 6),
            unit="MW",
            description="Capacity of those providers, each counted once; 0 where there are none. Power, not energy: it must "
            "not be summed over days, and a provider of two energy types or currencies stands in both rows.",
        ),
        _mwh("rated_capacity_mwh", "What that capacity makes in the hours of that market day (23, 24 or 25)."),
        Column(
            name="capacity_factor",
            type=ColumnType.decimal(38, 6),
            nullable=True,
            description="rated_mwh as a part of rated_capacity_mwh; above 1 where more was traded than the plants can make. "
            "Null where no provider's capacity is known.",
        ),
        Column(name="trades", type=ColumnType.integer(), description="Number of trades, both sides."),
    ),
)
