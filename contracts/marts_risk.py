"""The contracts of the marts on risk: where the company is long or short, who owes whom, what corrections did to money.

What each column means as a formula stands in the docstring of the transform that computes it: `transforms/positions.py`,
`exposure.py`, `settlement.py`, `mark_to_market.py`. The other marts are in `curated.py`, `marts_quality.py` and beside them.
"""

from contracts.model import Column, ColumnType, Dataset, Kind, Role
from contracts.vocabulary import COUNTERPARTY_KINDS, CURRENCIES, ENERGY_TYPES

__all__ = ["COUNTERPARTY_EXPOSURE", "MARK_TO_MARKET", "POSITIONS_DAILY", "SETTLEMENT_DAILY"]


def _mwh(name: str, description: str) -> Column:
    """A sum of energy."""
    return Column(name=name, type=ColumnType.decimal(38, 6), unit="MWh", description=description)


def _money(name: str, description: str, *, nullable: bool = False) -> Column:
    """A sum of amounts in the row's currency."""
    kind = ColumnType.decimal(38, 2)
    return Column(name=name, type=kind, unit="currency", nullable=nullable, description=description)


def _count(name: str, description: str) -> Column:
    return Column(name=name, type=ColumnType.integer(), description=description)


_DATE = Column(
    name="date",
    type=ColumnType.date(),
    role=Role.PARTITION,
    description="The market day, in each trade's own market zone. The partition.",
)
_ENERGY_TYPE = Column(
    name="energy_type",
    type=ColumnType.text(),
    allowed=ENERGY_TYPES,
    role=Role.KEY,
    description="What the energy was generated from.",
)
_MARKET_ZONE = Column(
    name="market_zone",
    type=ColumnType.text(),
    role=Role.KEY,
    description="The market's time zone, an IANA name; `date` is a day there.",
)
_COUNTERPARTY = Column(
    name="counterparty_id",
    type=ColumnType.text(),
    role=Role.KEY,
    description="Whom the company trades with: of a purchase the provider, of a sale the client; the other where that "
    "one is not named.",
)
_CURRENCY = Column(
    name="currency",
    type=ColumnType.text(),
    allowed=CURRENCIES,
    role=Role.KEY,
    description="ISO 4217 code of the row's amounts; amounts of different currencies must not be added.",
)

POSITIONS_DAILY = Dataset(
    name="positions_daily",
    kind=Kind.CURATED,
    grain="one row per market day, energy type, market zone and counterparty, from its first trade of the month on",
    description="How much energy was bought and sold with whom, and where that leaves the company long or short. A day "
    "without trades of the counterparty has a row once there was one in its month, so that the position can be read.",
    key=("date", "energy_type", "market_zone", "counterparty_id"),
    partition="date",
    columns=(
        _DATE,
        _ENERGY_TYPE,
        _MARKET_ZONE,
        _COUNTERPARTY,
        _mwh("bought_mwh", "Energy bought for the day; 0 where nothing was."),
        _mwh("sold_mwh", "Energy sold for the day; 0 where nothing was."),
        _mwh("net_mwh", "bought_mwh less sold_mwh: above zero the company has energy left, below zero it lacks some."),
        _mwh(
            "long_mwh", "The nets of the delivery periods that are above zero, added; long_mwh - short_mwh = net_mwh."
        ),
        _mwh("short_mwh", "The nets of the delivery periods that are below zero, added, without their sign."),
        _mwh("net_month_to_date_mwh", "net_mwh added from the first of the calendar month to this day."),
        _count("trades", "Number of trades of the day; 0 where the row only carries the month on."),
    ),
)

COUNTERPARTY_EXPOSURE = Dataset(
    name="counterparty_exposure",
    kind=Kind.CURATED,
    grain="one row per market day, counterparty and currency, from its first trade of the month on",
    description="What was delivered in the month and is not billed yet: who owes whom, how concentrated it is, and how it "
    "stands against the counterparty's credit limit. Delivered energy only, before netting agreements and collateral.",
    key=("date", "counterparty_id", "counterparty_kind", "currency"),
    partition="date",
    columns=(
        _DATE,
        _COUNTERPARTY,
        Column(
            name="counterparty_kind",
            type=ColumnType.text(),
            allowed=COUNTERPARTY_KINDS,
            role=Role.KEY,
            description="In whose register the counterparty stands.",
        ),
        _CURRENCY,
        _money("receivable_amount", "The day's sales: what the counterparty owes; 0 where there were none."),
        _money("payable_amount", "The day's purchases: what the company owes; 0 where there were none."),
        _money("net_amount", "receivable_amount less payable_amount."),
        _money("exposure_amount", "net_amount added from the first of the month; above zero the counterparty owes."),
        Column(
            name="exposure_share",
            type=ColumnType.decimal(7, 6),
            nullable=True,
            description="The part of all exposure above zero of the day and currency, 0 to 1; null where there is none.",
        ),
        Column(
            name="hhi",
            type=ColumnType.decimal(7, 6),
            nullable=True,
            description="Herfindahl-Hirschman index of the day and currency: the squares of all shares added, the same in "
            "each row. 1 is a single debtor; null where nobody owes anything.",
        ),
        Column(
            name="credit_limit",
            type=ColumnType.decimal(18, 2),
            nullable=True,
            unit="credit_currency",
            description="The most that the counterparty may owe, by its newest record; null where none was delivered.",
        ),
        Column(
            name="credit_currency",
            type=ColumnType.text(),
            allowed=CURRENCIES,
            nullable=True,
            description="ISO 4217 code of the limit; null where none was delivered.",
        ),
        Column(
            name="utilisation",
            type=ColumnType.decimal(38, 6),
            nullable=True,
            description="Exposure above zero as a part of the limit, 1 is all of it; null without a limit above zero in the "
            "row's currency.",
        ),
        Column(
            name="is_over_limit",
            type=ColumnType.boolean(),
            nullable=True,
            description="Whether the exposure is above the limit; null without a limit in the row's currency.",
        ),
        _count("trades", "Number of trades of the day; 0 where the row only carries the month on."),
    ),
)

SETTLEMENT_DAILY = Dataset(
    name="settlement_daily",
    kind=Kind.CURATED,
    grain="one row per market day, counterparty and currency",
    description="What the day came to as it was first delivered, what it comes to now, and what corrections changed. "
    "Signed as the company's cash: sales above zero, purchases below.",
    key=("date", "counterparty_id", "currency"),
    partition="date",
    columns=(
        _DATE,
        _COUNTERPARTY,
        _CURRENCY,
        _money("first_amount", "Sales less purchases by the first version of each trade; 0 where there was none."),
        _money("latest_amount", "Sales less purchases by the newest versions; 0 where no trade is left."),
        _money(
            "difference_amount", "latest_amount less first_amount; a trade that was cancelled or moved away counts."
        ),
        _money("first_gross_amount", "Sales and purchases added, by the first version of each trade."),
        _money("latest_gross_amount", "Sales and purchases added, by the newest versions."),
        _count("first_trades", "Trades of the day when they were first delivered, cancelled ones included."),
        _count("latest_trades", "Trades of the day now."),
        Column(
            name="reporting_currency",
            type=ColumnType.text(),
            allowed=CURRENCIES,
            nullable=True,
            description="ISO 4217 code of reporting_amount; null where no current trade of the row has a rate.",
        ),
        Column(
            name="reporting_amount",
            type=ColumnType.decimal(38, 2),
            nullable=True,
            unit="reporting_currency",
            description="Sales less purchases by the newest versions that have a rate, in the reporting currency; null "
            "where none has. Where trades_without_rate is above 0 it is a part only.",
        ),
        _count("trades_without_rate", "Current trades without a rate, which reporting_amount leaves out."),
    ),
)

MARK_TO_MARKET = Dataset(
    name="mark_to_market",
    kind=Kind.CURATED,
    grain="one row per market day, energy type, market zone, counterparty and currency",
    description="What the trades would gain or lose at the newest delivered market price. Without a clock nobody can say "
    "what is realised: trades whose delivery is over at the reader's time are, the rest is not. Signed as a position: "
    "purchases above zero, sales below.",
    key=("date", "energy_type", "market_zone", "counterparty_id", "currency"),
    partition="date",
    columns=(
        _DATE,
        _ENERGY_TYPE,
        _MARKET_ZONE,
        _COUNTERPARTY,
        _CURRENCY,
        _count("trades", "Number of trades, both sides."),
        _count("trades_without_price", "Those that no market price in their currency applies to."),
        _mwh("valued_mwh", "Energy of both sides that has a market price; 0 where none has."),
        _mwh("unvalued_mwh", "Energy of both sides that has none; 0 where all has."),
        _money("valued_amount", "Amounts of both sides of the trades that have a market price; 0 where none has."),
        _money("unvalued_amount", "Amounts of both sides of the trades that have none; 0 where all have."),
        _mwh("net_mwh", "Bought less sold by the trades that have a market price; 0 where none has."),
        _money("trade_amount", "Those trades at their own prices, purchases less sales; 0 where there are none."),
        _money(
            "market_amount",
            "Those trades at market prices, each rounded as its own amount is; null where no trade has a price.",
            nullable=True,
        ),
        _money(
            "mark_to_market_amount",
            "market_amount less trade_amount: above zero a gain; null where no trade has a price.",
            nullable=True,
        ),
        Column(
            name="oldest_as_of",
            type=ColumnType.date(),
            nullable=True,
            description="The day of the oldest market price that was used; null where no trade has a price.",
        ),
        Column(
            name="newest_as_of",
            type=ColumnType.date(),
            nullable=True,
            description="The day of the newest market price that was used; null where no trade has a price.",
        ),
    ),
)
