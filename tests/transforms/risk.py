"""Random trades for the marts on risk, and trades for golden numbers."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
from hypothesis import strategies as st

from contracts import CURATED
from contracts.model import Dataset
from tests.strategies import trade_frame

__all__ = ["DAYS", "PRICES", "in_any_order", "risk_trades", "split_trades", "sum_by", "trades_of"]

TRADES = CURATED["transactions"]
DAYS = tuple(date.fromisoformat(day) for day in ("2024-04-29", "2024-04-30", "2024-05-01", "2024-05-02", "2024-05-31"))

_FIRST = date(2024, 5, 1)
_PARTIES = (("P1", "provider"), ("C1", "client"))
_RARE = (("P2", "provider"), ("P1", "client"))
_WORDS = (
    ("buy", "sell"),
    (*_PARTIES, *_PARTIES, *_RARE),
    ("wind", "wind", "wind", "solar"),
    ("Etc/UTC", "Etc/UTC", "Etc/UTC", "Europe/Madrid"),
    ("EUR", "EUR", "COP"),
    (None, "EUR", "EUR", "USD"),
)


def trades_of(rows: Sequence[dict[str, object]], contract: Dataset = TRADES) -> pl.DataFrame:
    """Curated trades; what a row does not say is wind of 1 MWh for 10 EUR, bought from P1 for the first hour of 1 May.

    `hour` says where delivery starts, `minutes` how long it takes. `amount` is quantity × price where it is not given.
    """
    return trade_frame([_trade(number, **row) for number, row in enumerate(rows, 1)], contract)


def _trade(number: int, **said: object) -> dict[str, object]:
    row: dict[str, object] = {
        "transaction_id": f"T{number}",
        "transaction_type": "buy",
        "counterparty_id": "P1",
        "counterparty_kind": "provider",
        "energy_type": "wind",
        "market_zone": "Etc/UTC",
        "date": _FIRST,
        "hour": 0,
        "minutes": 60,
        "quantity_mwh": "1",
        "price_per_mwh": "10",
        "currency": "EUR",
        **said,
    }
    quantity, price = Decimal(str(row["quantity_mwh"])), Decimal(str(row["price_per_mwh"]))
    day, hour, minutes = row["date"], row.pop("hour"), row.pop("minutes")
    assert isinstance(day, date)
    assert isinstance(hour, int)
    assert isinstance(minutes, int)
    start = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    amount = Decimal(str(row.get("amount", quantity * price))).quantize(Decimal("0.01"))
    period = {"delivery_start": start, "delivery_end": start + timedelta(minutes=minutes)}
    return {**row, **period, "quantity_mwh": quantity, "price_per_mwh": price, "amount": amount}


def _random_trade(
    day: date,
    period: tuple[int, int],
    quantity: Decimal,
    price: Decimal,
    words: tuple[str, tuple[str, str], str, str, str, str | None],
) -> dict[str, object]:
    side, (party, kind), energy, zone, currency, reporting = words
    return {
        "transaction_type": side,
        "counterparty_id": party,
        "counterparty_kind": kind,
        "energy_type": energy,
        "market_zone": zone,
        "date": day,
        "hour": period[0],
        "minutes": period[1],
        "quantity_mwh": quantity,
        "price_per_mwh": price,
        "currency": currency,
        "reporting_currency": reporting,
        "reporting_amount": None if reporting is None else (quantity * 2).quantize(Decimal("0.01")),
    }


def _millionths(low: int, high: int, *edges: str) -> st.SearchStrategy[Decimal]:
    numbers = st.integers(low * 10**6, high * 10**6).map(lambda units: Decimal(units).scaleb(-6))
    return st.sampled_from([Decimal(edge) for edge in edges]) | numbers


PRICES = _millionths(-500, 4_000, "0", "1", "-500", "99999.999999", "0.000001")


def risk_trades(*, max_size: int = 14, hours: Sequence[int] = (0, 0, 1)) -> st.SearchStrategy[pl.DataFrame]:
    """Curated trades of five days of two months: few periods, counterparties and currencies, so that they meet."""
    row = st.builds(
        _random_trade,
        st.sampled_from((*DAYS, _FIRST, _FIRST)),
        st.tuples(st.sampled_from(hours), st.sampled_from((60, 60, 60, 15))),
        _millionths(0, 5_000, "0", "1", "0.000001", "999999.999999"),
        PRICES,
        st.tuples(*(st.sampled_from(words) for words in _WORDS)),
    )
    return st.lists(row, max_size=max_size).map(trades_of)


def in_any_order(frame: pl.DataFrame, seed: int) -> pl.DataFrame:
    """The rows in another order."""
    return frame.sample(fraction=1, shuffle=True, seed=seed)


def split_trades(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Every second trade, and the others."""
    is_even = pl.int_range(pl.len()) % 2 == 0
    return frame.filter(is_even), frame.filter(~is_even)


def sum_by(frame: pl.DataFrame, by: Sequence[str], value: pl.Expr) -> dict[tuple[object, ...], Decimal]:
    """Σ `value` of each group where it is not 0."""
    grouped = frame.group_by(by).agg(value.sum().alias("_sum")).filter(pl.col("_sum") != 0)
    return {row[:-1]: row[-1] for row in grouped.iter_rows()}
