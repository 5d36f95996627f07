"""Trades with their counterparties' attributes beside them. A trade with a stranger is kept and flagged, never dropped."""

import polars as pl

from contracts.model import Dataset

__all__ = ["enriched"]


def enriched(trades: pl.LazyFrame, providers: pl.DataFrame, clients: pl.DataFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per trade, in the columns of curated transactions.

    `providers` and `clients` have one row per identifier. Attributes are null where the counterparty is not known or the
    trade names none; `is_provider_known` and `is_client_known` tell the two apart (false against null).
    """
    by_provider = providers.lazy().select(
        "provider_id",
        "provider_name",
        pl.col("energy_type").alias("provider_energy_type"),
        pl.col("region").alias("provider_region"),
        pl.lit(True).alias("is_provider_known"),
    )
    by_client = clients.lazy().select(
        "client_id",
        "client_type",
        pl.col("city").alias("client_city"),
        pl.col("region").alias("client_region"),
        pl.lit(True).alias("is_client_known"),
    )
    joined = trades.join(by_provider, on="provider_id", how="left", validate="m:1").join(
        by_client, on="client_id", how="left", validate="m:1"
    )
    return joined.with_columns(
        _known("provider_id", "is_provider_known"),
        _known("client_id", "is_client_known"),
    ).select(contract.column_names)


def _known(identifier: str, flag: str) -> pl.Expr:
    return pl.when(pl.col(identifier).is_not_null()).then(pl.col(flag).fill_null(False)).alias(flag)
