"""Where the columns of the marts on risk come from. All other tables are in `lineage_columns.py`."""

from contracts.lineage_model import TRADES, From, How, Rows, aggregated, same

__all__ = ["COUNTERPARTY_EXPOSURE", "MARK_TO_MARKET", "POSITIONS_DAILY", "SETTLEMENT_DAILY"]


def _trades(*columns: str) -> tuple[str, ...]:
    return tuple(f"{TRADES}.{column}" for column in columns)


_POSITION = ("date", "energy_type", "market_zone", "counterparty_id")
_PERIODS = ("transaction_type", "delivery_start", "delivery_end")

POSITIONS_DAILY = Rows(
    {
        **same(TRADES, *_POSITION),
        **{
            name: aggregated("quantity_mwh", by="transaction_type")
            for name in ("bought_mwh", "sold_mwh", "net_mwh", "net_month_to_date_mwh")
        },
        **{name: aggregated("quantity_mwh", by=_PERIODS) for name in ("long_mwh", "short_mwh")},
        "trades": aggregated("transaction_id"),
    },
    _trades(*_POSITION),
)

_DEBT = ("date", "counterparty_id", "counterparty_kind", "currency")
_LIMITS = tuple(
    f"curated/{side}s.{column}" for side in ("provider", "client") for column in ("credit_limit", "credit_currency")
)
_AMOUNTS, _CURRENCIES = _LIMITS[::2], _LIMITS[1::2]
_FOUND_BY = (
    *_trades("counterparty_id", "counterparty_kind"),
    "curated/providers.provider_id",
    "curated/clients.client_id",
)

COUNTERPARTY_EXPOSURE = Rows(
    {
        **same(TRADES, *_DEBT),
        **{
            name: aggregated("amount", by="transaction_type")
            for name in (
                *("receivable_amount", "payable_amount", "net_amount"),
                *("exposure_amount", "exposure_share", "hhi"),
            )
        },
        "credit_limit": From(How.IDENTITY, _AMOUNTS, (*_FOUND_BY, *_CURRENCIES)),
        "credit_currency": From(How.IDENTITY, _CURRENCIES, (*_FOUND_BY, *_AMOUNTS)),
        **{
            name: From(
                How.AGGREGATION,
                (*_trades("amount"), *_AMOUNTS),
                (*_trades("transaction_type", "currency"), *_FOUND_BY, *_CURRENCIES),
            )
            for name in ("utilisation", "is_over_limit")
        },
        "trades": aggregated("transaction_id"),
    },
    _trades(*_DEBT),
)

_VERSIONS = "processed/transactions"
_ORDER = ("transaction_id", "ingest_date", "source_file", "source_row", "action")
_FIRST = tuple(f"{_VERSIONS}.{column}" for column in _ORDER)
"""What decides which version of a trade was the first."""


def _first(column: str) -> From:
    return From(How.AGGREGATION, (f"{_VERSIONS}.{column}",), (f"{_VERSIONS}.transaction_type", *_FIRST))


_SIGNED = aggregated("amount", by="transaction_type")
_SETTLED = ("date", "counterparty_id", "currency")

SETTLEMENT_DAILY = Rows(
    {
        **{name: From(How.IDENTITY, (f"{TRADES}.{name}", f"{_VERSIONS}.{name}")) for name in ("date", "currency")},
        "counterparty_id": From(
            How.IDENTITY,
            (f"{TRADES}.counterparty_id", f"{_VERSIONS}.provider_id", f"{_VERSIONS}.client_id"),
            (f"{_VERSIONS}.transaction_type",),
        ),
        "first_amount": _first("amount"),
        "first_gross_amount": _first("amount"),
        "first_trades": _first("transaction_id"),
        "latest_amount": _SIGNED,
        "latest_gross_amount": aggregated("amount"),
        "latest_trades": aggregated("transaction_id"),
        "difference_amount": From(
            How.AGGREGATION,
            (*_SIGNED.inputs, *_first("amount").inputs),
            (*_SIGNED.decided_by, *_first("amount").decided_by),
        ),
        "reporting_currency": aggregated("reporting_currency", by="reporting_amount"),
        "reporting_amount": aggregated("reporting_amount", by=("transaction_type", "reporting_currency")),
        "trades_without_rate": aggregated("reporting_currency", "reporting_amount"),
    },
    (
        *_trades(*_SETTLED),
        *_FIRST,
        *(f"{_VERSIONS}.{column}" for column in ("date", "transaction_type", "provider_id", "client_id", "currency")),
    ),
)

_MARKED = ("date", "energy_type", "market_zone", "counterparty_id", "currency")
_CURVE = tuple(
    f"curated/curve.{column}"
    for column in (
        *("as_of", "market_zone", "product", "energy_type"),
        *("delivery_start", "delivery_end", "currency"),
    )
)
_PRICE = "curated/curve.price_per_mwh"
_APPLIES = (*_trades("market_zone", "energy_type", "currency", "delivery_start", "delivery_end"), *_CURVE)
"""What decides whether a price applies to a trade, and which."""
_SIDED = (*_trades("transaction_type"), *_APPLIES)

MARK_TO_MARKET = Rows(
    {
        **same(TRADES, *_MARKED),
        "trades": aggregated("transaction_id"),
        "trades_without_price": From(How.AGGREGATION, _trades("transaction_id"), (*_APPLIES, _PRICE)),
        **{
            name: From(How.AGGREGATION, _trades(column), (*decided, _PRICE))
            for name, column, decided in (
                ("valued_mwh", "quantity_mwh", _APPLIES),
                ("unvalued_mwh", "quantity_mwh", _APPLIES),
                ("valued_amount", "amount", _APPLIES),
                ("unvalued_amount", "amount", _APPLIES),
                ("net_mwh", "quantity_mwh", _SIDED),
                ("trade_amount", "amount", _SIDED),
            )
        },
        "market_amount": From(How.AGGREGATION, (*_trades("quantity_mwh"), _PRICE), _SIDED),
        "mark_to_market_amount": From(How.AGGREGATION, (*_trades("quantity_mwh", "amount"), _PRICE), _SIDED),
        **{
            name: From(How.AGGREGATION, ("curated/curve.as_of",), (*_APPLIES, _PRICE))
            for name in ("oldest_as_of", "newest_as_of")
        },
    },
    (*_trades(*_MARKED), "curated/curve.as_of"),
)
