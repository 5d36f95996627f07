"""Where each column of the curated zone comes from: the columns whose values are in it, and those that decide which.

One hop: curated tables come from processed ones, marts from curated tables, the marts on deliveries from the ledger.
`origins` follows the hops to what was delivered. What a column means as a formula stands in the transform that computes it; a
test changes each input that is not named here and looks whether the column stays as it is. The marts on risk are in
`lineage_risk.py`.
"""

from collections.abc import Mapping
from functools import cache

from contracts import CURATED
from contracts.lineage import LINEAGE
from contracts.lineage_model import ENTRIES, TRADES, From, How, Rows, aggregated, made, same
from contracts.lineage_risk import COUNTERPARTY_EXPOSURE, MARK_TO_MARKET, POSITIONS_DAILY, SETTLEMENT_DAILY
from contracts.model import ContractError
from contracts.transactions import TRANSACTION_COLUMNS

__all__ = ["LINEAGE_OF", "origins"]

_VERSIONS = "processed/transactions"
_SAID = tuple(column.name for column in TRANSACTION_COLUMNS)
_WHENCE = tuple(column.name for column in LINEAGE)
_ORDER = ("transaction_id", "ingest_date", "source_file", "source_row")
"""What decides which version of a trade counts (`transforms/newest.py`)."""


def _versions(*columns: str) -> tuple[str, ...]:
    return tuple(f"{_VERSIONS}.{column}" for column in columns)


def _dimension(name: str) -> Rows:
    """The newest version of every key."""
    contract = CURATED[name]
    of = f"processed/{name}"
    order = (*contract.key, "ingest_date", "source_file", "source_row")
    return Rows(same(of, *contract.column_names), tuple(f"{of}.{column}" for column in order))


def _counterparty(side: str, columns: Mapping[str, str]) -> dict[str, From]:
    """What a trade shows of its counterparty, found by its identifier."""
    found_by = (f"{_VERSIONS}.{side}_id", f"curated/{side}s.{side}_id")
    return {name: From(How.IDENTITY, (f"curated/{side}s.{column}",), found_by) for name, column in columns.items()}


_FX = tuple(f"curated/fx_daily.{column}" for column in ("date", "base_currency", "quote_currency"))
_PARTIES = _versions("transaction_type", "provider_id", "client_id")
_RATED_BY = (*_versions("date", "currency"), *_FX)

_TRANSACTIONS = Rows(
    {
        **same(_VERSIONS, *_SAID, *_WHENCE),
        **_counterparty("provider", {"provider_name": "provider_name", "provider_energy_type": "energy_type"}),
        **_counterparty("provider", {"provider_region": "region"}),
        **_counterparty("client", {"client_type": "client_type", "client_city": "city", "client_region": "region"}),
        "is_provider_known": made(f"{_VERSIONS}.provider_id", "curated/providers.provider_id"),
        "is_client_known": made(f"{_VERSIONS}.client_id", "curated/clients.client_id"),
        "counterparty_id": From(How.TRANSFORMATION, _versions("provider_id", "client_id"), _PARTIES),
        "counterparty_kind": made(*_PARTIES),
        "reporting_currency": From(
            How.TRANSFORMATION, _FX[1:], (*_RATED_BY, "curated/fx_daily.rate", *_versions("amount"))
        ),
        "fx_rate": From(How.TRANSFORMATION, ("curated/fx_daily.rate",), _RATED_BY),
        "fx_date": From(How.IDENTITY, _FX[:1], (*_RATED_BY, "curated/fx_daily.rate")),
        "reporting_amount": From(How.TRANSFORMATION, (*_versions("amount"), "curated/fx_daily.rate"), _RATED_BY),
    },
    _versions(*_ORDER, "action"),
)

_HISTORY = Rows(
    {
        **same(_VERSIONS, *_SAID, *_WHENCE, "action"),
        "fate": made(*_versions(*_SAID, "action")),
        "known_to": From(How.IDENTITY, _versions("ingest_date"), _versions(*_ORDER)),
    },
    _versions(*_ORDER, "action"),
)

_COMPARED = ("transaction_type", "quantity_mwh", "price_per_mwh", "currency", "amount")

_RESTATEMENTS = Rows(
    {
        **same(_VERSIONS, "transaction_id", "date", "source", "source_file", "source_row"),
        "kind": made(*_versions("action", "date")),
        "restated_on": From(How.IDENTITY, _versions("ingest_date")),
        "new_date": From(How.IDENTITY, _versions("date")),
        **{
            f"{when}_{name}": From(How.IDENTITY, _versions(name), _versions("action"))
            for name in _COMPARED
            for when in ("old", "new")
        },
        "difference_mwh": From(How.TRANSFORMATION, _versions("quantity_mwh"), _versions("action")),
        "difference_amount": From(How.TRANSFORMATION, _versions("amount"), _versions("action", "currency")),
        "old_source_file": From(How.IDENTITY, _versions("source_file")),
        "old_source_row": From(How.IDENTITY, _versions("source_row")),
    },
    _versions(*_ORDER, *_SAID[1:], "action"),
)

_SIDED = {
    "bought_mwh": aggregated("quantity_mwh", by="transaction_type"),
    "sold_mwh": aggregated("quantity_mwh", by="transaction_type"),
    "bought_amount": aggregated("amount", by="transaction_type"),
    "sold_amount": aggregated("amount", by="transaction_type"),
    "bought_vwap": aggregated("quantity_mwh", "price_per_mwh", by="transaction_type"),
    "sold_vwap": aggregated("quantity_mwh", "price_per_mwh", by="transaction_type"),
    "margin_per_mwh": aggregated("quantity_mwh", "price_per_mwh", by="transaction_type"),
    "trades": aggregated("transaction_id"),
}
_DAY = ("date", "energy_type", "currency")
_PERIOD = (*_DAY, "market_zone", "delivery_start", "delivery_end")
_BOOK = (*_DAY, "market_zone")


def _trades(*columns: str) -> tuple[str, ...]:
    return tuple(f"{TRADES}.{column}" for column in columns)


_MARKET_DAILY = Rows(same(TRADES, *_DAY) | _SIDED, _trades(*_DAY))

_MARKET_PERIOD = Rows(
    {
        **same(TRADES, *_PERIOD),
        **_SIDED,
        "period_minutes": made(*_trades("delivery_start", "delivery_end")),
        "period_number": made(*_trades("date", "market_zone", "delivery_start", "delivery_end")),
        "load_type": made(*_trades("market_zone", "delivery_start", "delivery_end")),
    },
    _trades(*_PERIOD),
)

_MATCHED = ("quantity_mwh", "amount")
_MARGIN_DAILY = Rows(
    {
        **same(TRADES, *_BOOK),
        **{
            name: aggregated("quantity_mwh", by="transaction_type")
            for name in ("matched_mwh", "long_mwh", "short_mwh", "matched_periods")
        },
        **{
            name: aggregated(*_MATCHED, by="transaction_type")
            for name in ("matched_cost", "matched_revenue", "matched_margin", "long_amount", "short_amount")
        },
        "periods": aggregated("delivery_start", "delivery_end"),
        "trades": aggregated("transaction_id"),
    },
    _trades(*_PERIOD),
)

_GROUP_SHOWN = ("day_vwap", "day_deviation", "day_deviation_percent")
_PERIOD_SHOWN = ("period_vwap", "period_deviation", "period_deviation_percent")
_PRICE_BENCHMARKS = Rows(
    {
        **same(TRADES, "transaction_id", "date", "transaction_type", "energy_type", "currency"),
        **same(TRADES, "quantity_mwh", "price_per_mwh", "amount"),
        **{name: aggregated("quantity_mwh", "price_per_mwh", by=(*_DAY, "transaction_type")) for name in _GROUP_SHOWN},
        **{
            name: aggregated("quantity_mwh", "price_per_mwh", by=(*_PERIOD, "transaction_type"))
            for name in _PERIOD_SHOWN
        },
        "modified_z_score": aggregated("price_per_mwh", by=(*_DAY, "transaction_type")),
        "is_outlier": aggregated("price_per_mwh", by=(*_DAY, "transaction_type")),
    },
    _trades("transaction_id"),
)

_CAPACITY = ("curated/providers.provider_id", "curated/providers.capacity_mw")
_RATED = From(How.AGGREGATION, _trades("quantity_mwh"), (*_trades("transaction_type", "provider_id"), *_CAPACITY))
_POWER = From(How.AGGREGATION, _CAPACITY[1:], (*_trades("transaction_type", "provider_id"), _CAPACITY[0]))
_PORTFOLIO_MIX = Rows(
    {
        **same(TRADES, *_BOOK),
        "bought_mwh": aggregated("quantity_mwh", by="transaction_type"),
        "sold_mwh": aggregated("quantity_mwh", by="transaction_type"),
        "cost": aggregated("amount", by="transaction_type"),
        "revenue": aggregated("amount", by="transaction_type"),
        "bought_share": aggregated("quantity_mwh", by="transaction_type"),
        "sold_share": aggregated("quantity_mwh", by="transaction_type"),
        "rated_mwh": _RATED,
        "rated_capacity_mw": _POWER,
        "rated_capacity_mwh": From(
            How.AGGREGATION, (*_POWER.inputs, *_trades("date", "market_zone")), _POWER.decided_by
        ),
        "capacity_factor": From(
            How.AGGREGATION, (*_RATED.inputs, *_POWER.inputs, *_trades("date", "market_zone")), _RATED.decided_by
        ),
        "trades": aggregated("transaction_id"),
    },
    _trades(*_BOOK),
)


def _entries(*fields: str) -> tuple[str, ...]:
    return tuple(f"{ENTRIES}.{field}" for field in fields)


_DELIVERED_ON = {
    "date": From(How.IDENTITY, _entries("ingest_date")),
    "source": From(How.IDENTITY, _entries("source")),
    "dataset": From(How.IDENTITY, _entries("dataset")),
}
_COUNTED = {
    "files": ("file",),
    "repeated_files": ("repeats",),
    "received_rows": ("received",),
    "valid_rows": ("valid",),
    "rejected_rows": ("rejected",),
    "duplicate_rows": ("duplicates",),
    "late_rows": ("outputs", "ingest_date"),
    "valid_share": ("valid", "received"),
    "rejected_share": ("rejected", "received"),
    "duplicate_share": ("duplicates", "received"),
    "late_share": ("outputs", "ingest_date", "valid"),
}
_RESTATED = tuple(f"curated/restatements.{column}" for column in ("restated_on", "source"))
_DATA_QUALITY_DAILY = Rows(
    {
        **_DELIVERED_ON,
        **{name: From(How.AGGREGATION, _entries(*fields)) for name, fields in _COUNTED.items()},
        "restated_rows": From(How.AGGREGATION, _RESTATED),
        "restated_share": From(How.AGGREGATION, (*_RESTATED, *_entries("valid"))),
    },
    _entries("ingest_date", "source", "dataset"),
)

_REJECTIONS_DAILY = Rows(
    {
        **_DELIVERED_ON,
        "reason": From(How.IDENTITY, _entries("reasons")),
        "rows": From(How.AGGREGATION, _entries("reasons")),
        "sentence": made(*_entries("dataset", "reasons")),
    },
    _entries("ingest_date", "source", "dataset", "reasons"),
)

LINEAGE_OF: Mapping[str, Rows] = {
    **{name: _dimension(name) for name in ("providers", "clients", "fx_daily", "curve")},
    "transactions": _TRANSACTIONS,
    "transactions_history": _HISTORY,
    "restatements": _RESTATEMENTS,
    "market_daily": _MARKET_DAILY,
    "market_period": _MARKET_PERIOD,
    "margin_daily": _MARGIN_DAILY,
    "price_benchmarks": _PRICE_BENCHMARKS,
    "portfolio_mix": _PORTFOLIO_MIX,
    "positions_daily": POSITIONS_DAILY,
    "counterparty_exposure": COUNTERPARTY_EXPOSURE,
    "settlement_daily": SETTLEMENT_DAILY,
    "mark_to_market": MARK_TO_MARKET,
    "data_quality_daily": _DATA_QUALITY_DAILY,
    "rejections_daily": _REJECTIONS_DAILY,
}
"""Every curated table: where its columns come from, and what decides which rows it has."""


@cache
def origins(table: str, column: str) -> frozenset[str]:
    """The delivered columns (`processed/…`, or `ledger/entries.…`) whose values are in a curated column, over all hops.

    Raises `ContractError` where the table has no such column.
    """
    if table not in LINEAGE_OF or column not in LINEAGE_OF[table].columns:
        raise ContractError(f"no lineage is known of curated/{table}.{column}")
    found: set[str] = set()
    for source in LINEAGE_OF[table].columns[column].inputs:
        place, _, name = source.rpartition(".")
        zone, _, dataset = place.partition("/")
        found |= origins(dataset, name) if zone == "curated" else {source}
    return frozenset(found)
