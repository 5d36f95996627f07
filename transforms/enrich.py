"""Trades with their counterparties' attributes beside them. A trade with a stranger is kept and flagged, never dropped."""

import polars as pl

from contracts.model import Dataset

__all__ = ["CLIENT_ATTRIBUTES", "PROVIDER_ATTRIBUTES", "enriched"]

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


def enriched(trades: pl.LazyFrame, providers: pl.DataFrame, clients: pl.DataFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per trade, in the order of the trades and the columns of curated transactions.

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
    ).select(contract.column_names)


def _known(identifier: str, flag: str) -> pl.Expr:
    return pl.when(pl.col(identifier).is_not_null()).then(pl.col(flag).fill_null(False)).alias(flag)


def _named(attributes: dict[str, str]) -> list[pl.Expr]:
    return [pl.col(column).alias(name) for column, name in attributes.items()]
