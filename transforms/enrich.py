"""Trades with their counterparties' attributes beside them. A trade with a stranger is kept and flagged, never dropped."""

import polars as pl

from contracts.model import Dataset
from contracts.vocabulary import COUNTERPARTY_KINDS
from transforms.words import common_words, listed, words, words_of

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


def enriched(trades: pl.DataFrame, providers: pl.DataFrame, clients: pl.DataFrame, contract: Dataset) -> pl.DataFrame:
    """One row per trade, in the order of the trades and the columns of curated transactions but `REPORTING`.

    `providers` and `clients` have one row per identifier. Attributes are null where the counterparty is not known or the
    trade names none; `is_provider_known` and `is_client_known` tell the two apart (false against null). Identifiers and what
    is looked up by them come as words (`words.py`).
    """
    named = {"provider_id": words(trades["provider_id"]), "client_id": words(trades["client_id"])}
    attributes = [
        *_attributes(named["provider_id"], providers, PROVIDER_ATTRIBUTES, "is_provider_known"),
        *_attributes(named["client_id"], clients, CLIENT_ATTRIBUTES, "is_client_known"),
    ]
    together = trades.select("transaction_type").with_columns(common_words(*named.values()))
    parties = together.select(counterparty(pl.Enum(sorted(COUNTERPARTY_KINDS))))
    found = trades.with_columns(*named.values(), *attributes, *parties)
    return found.select(name for name in contract.column_names if name not in REPORTING)


def counterparty(kind: pl.DataType | None = None) -> list[pl.Expr]:
    """`counterparty_id` and `counterparty_kind`: of a purchase the provider, of a sale the client, the other where it is null.

    A trade may name both: energy bought from one generator for one customer. The company then owes the provider of a
    purchase and is owed by the client of a sale, and that is whose position and exposure the trade counts in. `kind` is the
    type of the second, text where none is given.
    """
    first_is_provider = pl.col("transaction_type") == "buy"
    is_provider = (
        pl.when(first_is_provider).then(pl.col("provider_id").is_not_null()).otherwise(pl.col("client_id").is_null())
    )
    return [
        pl.when(is_provider).then("provider_id").otherwise("client_id").alias("counterparty_id"),
        pl.when(is_provider)
        .then(pl.lit("provider", kind))
        .otherwise(pl.lit("client", kind))
        .alias("counterparty_kind"),
    ]


def _attributes(
    identifiers: pl.Series, parties: pl.DataFrame, attributes: dict[str, str], flag: str
) -> list[pl.Series]:
    """What the parties' records say, for each identifier: looked up once for each that occurs, then taken by its place."""
    shown = parties.select(pl.col(column).alias(name) for column, name in attributes.items())
    known = pl.DataFrame({identifiers.name: listed(identifiers)}).join(
        shown.with_columns(pl.lit(True).alias(flag)),
        on=identifiers.name,
        how="left",
        validate="m:1",
        maintain_order="left",
    )
    told = words_of(known.drop(identifiers.name, flag), known.columns[1:-1]).with_columns(known[flag].fill_null(False))
    return [column.gather(identifiers.to_physical()) for column in told.get_columns()]
