"""The contracts of the curated zone: the newest version of everything delivered, enriched, and the marts.

What each mart means as a formula stands in the docstring of the transform that computes it, in `transforms/`.
"""

from contracts.clients import CLIENTS
from contracts.curve import CURVE
from contracts.fx import FX_DAILY
from contracts.lineage import LINEAGE
from contracts.model import Column, ColumnType, Dataset, Kind, Role, Sensitivity
from contracts.providers import PROVIDERS
from contracts.transactions import TRANSACTION_COLUMNS
from contracts.vocabulary import CLIENT_TYPES, COUNTERPARTY_KINDS, CURRENCIES, ENERGY_TYPES

__all__ = [
    "CURATED_CLIENTS",
    "CURATED_CURVE",
    "CURATED_FX_DAILY",
    "CURATED_PROVIDERS",
    "CURATED_TRANSACTIONS",
    "MARKET_DAILY",
]

CURATED_PROVIDERS = Dataset(
    name="providers",
    kind=Kind.CURATED,
    grain="one row per provider",
    description="The newest version of every provider.",
    key=PROVIDERS.key,
    columns=PROVIDERS.columns,
)

CURATED_CLIENTS = Dataset(
    name="clients",
    kind=Kind.CURATED,
    grain="one row per client",
    description="The newest version of every client.",
    key=CLIENTS.key,
    columns=CLIENTS.columns,
)

CURATED_FX_DAILY = Dataset(
    name="fx_daily",
    kind=Kind.CURATED,
    grain="one row per day and pair of currencies",
    description="The newest version of every exchange rate.",
    key=FX_DAILY.key,
    columns=FX_DAILY.columns,
)

CURATED_CURVE = Dataset(
    name="curve",
    kind=Kind.CURATED,
    grain="one row per day, product, delivery period, market, energy type and currency",
    description="The newest version of every forward price.",
    key=CURVE.key,
    columns=CURVE.columns,
)

CURATED_TRANSACTIONS = Dataset(
    name="transactions",
    kind=Kind.CURATED,
    grain="one row per trade",
    description="The newest version of every trade, with its counterparties' attributes beside it.",
    key=("transaction_id",),
    partition="date",
    columns=(
        *TRANSACTION_COLUMNS,
        Column(
            name="provider_name",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PUBLIC,
            description="The provider's name; null where there is no provider or it is not known.",
        ),
        Column(
            name="provider_energy_type",
            type=ColumnType.text(),
            nullable=True,
            allowed=ENERGY_TYPES,
            sensitivity=Sensitivity.PUBLIC,
            description="What the provider generates from by its own record; null where it is not known.",
        ),
        Column(
            name="provider_region",
            type=ColumnType.text(),
            nullable=True,
            sensitivity=Sensitivity.PUBLIC,
            description="The provider's region; null where it is not known.",
        ),
        Column(
            name="client_type",
            type=ColumnType.text(),
            nullable=True,
            allowed=CLIENT_TYPES,
            description="The client's segment; null where there is no client or it is not known.",
        ),
        Column(
            name="client_city",
            type=ColumnType.text(),
            nullable=True,
            description="Where the client is supplied; null where it is not known.",
        ),
        Column(
            name="client_region",
            type=ColumnType.text(),
            nullable=True,
            description="The client's region; null where it is not known.",
        ),
        Column(
            name="is_provider_known",
            type=ColumnType.boolean(),
            nullable=True,
            description="Whether the named provider was ever delivered; null where the trade names none.",
        ),
        Column(
            name="is_client_known",
            type=ColumnType.boolean(),
            nullable=True,
            description="Whether the named client was ever delivered; null where the trade names none.",
        ),
        Column(
            name="counterparty_id",
            type=ColumnType.text(),
            description="Whom the company trades with: of a purchase the provider, of a sale the client; the other where "
            "that one is not named.",
        ),
        Column(
            name="counterparty_kind",
            type=ColumnType.text(),
            allowed=COUNTERPARTY_KINDS,
            description="Whether `counterparty_id` is a provider or a client.",
        ),
        Column(
            name="reporting_currency",
            type=ColumnType.text(),
            nullable=True,
            allowed=CURRENCIES,
            description="ISO 4217 code of `reporting_amount`; null where no rate is known for the market day.",
        ),
        Column(
            name="fx_rate",
            type=ColumnType.decimal(18, 9),
            nullable=True,
            unit="reporting_currency/currency",
            description="What one unit of `currency` is worth in `reporting_currency`; null where no rate is known.",
        ),
        Column(
            name="fx_date",
            type=ColumnType.date(),
            nullable=True,
            description="The day of that rate, up to seven days before the market day; null where no rate was needed or known.",
        ),
        Column(
            name="reporting_amount",
            type=ColumnType.decimal(18, 2),
            nullable=True,
            unit="reporting_currency",
            description="amount × fx_rate, rounded half even to two decimals; null where no rate is known.",
        ),
        *LINEAGE,
    ),
)

MARKET_DAILY = Dataset(
    name="market_daily",
    kind=Kind.CURATED,
    grain="one row per market day, energy type and currency",
    description="What was bought and sold on a day, and at which volume-weighted price.",
    key=("date", "energy_type", "currency"),
    partition="date",
    columns=(
        Column(
            name="date",
            type=ColumnType.date(),
            role=Role.PARTITION,
            description="The market day, in each trade's own market zone. The partition.",
        ),
        Column(
            name="energy_type",
            type=ColumnType.text(),
            allowed=ENERGY_TYPES,
            role=Role.KEY,
            description="What the energy was generated from.",
        ),
        Column(
            name="currency",
            type=ColumnType.text(),
            role=Role.KEY,
            description="ISO 4217 code of every amount and price in the row.",
        ),
        Column(
            name="bought_mwh",
            type=ColumnType.decimal(38, 6),
            unit="MWh",
            description="Energy bought; 0 where nothing was.",
        ),
        Column(
            name="sold_mwh",
            type=ColumnType.decimal(38, 6),
            unit="MWh",
            description="Energy sold; 0 where nothing was.",
        ),
        Column(
            name="bought_amount",
            type=ColumnType.decimal(38, 2),
            unit="currency",
            description="Paid for what was bought: the sum of the trades' amounts.",
        ),
        Column(
            name="sold_amount",
            type=ColumnType.decimal(38, 2),
            unit="currency",
            description="Received for what was sold: the sum of the trades' amounts.",
        ),
        Column(
            name="bought_vwap",
            type=ColumnType.decimal(18, 6),
            unit="currency/MWh",
            nullable=True,
            description="Volume-weighted average price of what was bought; null where no energy was.",
        ),
        Column(
            name="sold_vwap",
            type=ColumnType.decimal(18, 6),
            unit="currency/MWh",
            nullable=True,
            description="Volume-weighted average price of what was sold; null where no energy was.",
        ),
        Column(
            name="margin_per_mwh",
            type=ColumnType.decimal(19, 6),
            unit="currency/MWh",
            nullable=True,
            description="sold_vwap less bought_vwap; null where one of them is.",
        ),
        Column(
            name="trades",
            type=ColumnType.integer(),
            description="Number of trades, both sides.",
        ),
    ),
)
