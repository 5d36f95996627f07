"""Trades with their counterparties' attributes beside them. A trade with a stranger is kept and flagged, never dropped."""

import polars as pl

from contracts.model import Dataset

__all__ = ["CLIENT_ATTRIBUTES", "PROVIDER_ATTRIBUTES", "REPORTING", "counterparty", "enriched"]

PROVIDER_ATTRIBUTES = {
    "provider_id": "provider_id",
    "provider_name": "provider_name",
    "energy_type": "provider_energy_type",
    "region": "provider_region",
}
"""The provider's columns that a trade shows, and what they are called there. A change of any other touches no trade."""

CLIENT_ATTRIBUTES = {
    "client_id": "client_id",
    "client_type": "client_type",
    "city": "client_city",
    "region": "client_region",
}
"""The same of a client."""

REPORTING = ("reporting_currency", "fx_rate", "fx_date", "reporting_amount")
"""Columns of curated transactions that `currency.py` adds."""


def enriched(trades: pl.LazyFrame, providers: pl.DataFrame, clients: pl.DataFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per trade, in the order of the trades and the columns of curated transactions but `REPORTING`.

    `providers` and `clients` have one row per identifier. Attributes are null where the counterparty is not known or the
    trade names none; `is_provider_known` and `is_client_known` tell the two apart (false against null).
    """
    by_provider = providers.lazy().select(*_named(PROVIDER_ATTRIBUTES), pl.lit(True).alias("is_provider_known"))
    by_client = clients.lazy().select(*_named(CLIENT_ATTRIBUTES), pl.lit(True).alias("is_client_known"))
    joined = trades.join(by_provider, on="provider_id", how="left", validate="m:1", maintain_order="left").join(
        by_client, on="client_id", how="left", validate="m:1", maintain_order="left"
    )
    return joined.with_columns(
        _known("provider_id", "is_provider_known"),
        _known("client_id", "is_client_known"),
        *counterparty(),
    ).select(name for name in contract.column_names if name not in REPORTING)


def counterparty() -> list[pl.Expr]:
    """`counterparty_id` and `counterparty_kind`: of a purchase the provider, of a sale the client, the other where it is null.

    A trade may name both: energy bought from one generator for one customer. The company then owes the provider of a
    purchase and is owed by the client of a sale, and that is whose position and exposure the trade counts in.
    """
    first_is_provider = pl.col("transaction_type") == "buy"
    is_provider = (
        pl.when(first_is_provider).then(pl.col("provider_id").is_not_null()).otherwise(pl.col("client_id").is_null())
    )
    return [
        pl.when(is_provider).then("provider_id").otherwise("client_id").alias("counterparty_id"),
        pl.when(is_provider).then(pl.lit("provider")).otherwise(pl.lit("client")).alias("counterparty_kind"),
    ]


def _known(identifier: str, flag: str) -> pl.Expr:
    return pl.when(pl.col(identifier).is_not_null()).then(pl.col(flag).fill_null(False)).alias(flag)


def _named(attributes: dict[str, str]) -> list[pl.Expr]:
    return [pl.col(column).alias(name) for column, name in attributes.items()]
