"""The mart against a reference in fractions: sums survive, prices are weighted, nothing depends on the order of rows."""

from collections import defaultdict
from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import CURATED
from tests.strategies import curated_trades, trade_frame
from tests.transforms.counting import second_count
from tests.transforms.desk import desk_trades
from tests.transforms.running import few
from transforms.market import market_daily
from transforms.schema import empty_frame, frame_schema

MARKET = CURATED["market_daily"]
TRADES = CURATED["transactions"]
DAY = date(2024, 5, 1)


def mart(trades: pl.DataFrame) -> pl.DataFrame:
    """The mart of the trades."""
    return market_daily(trades.lazy(), MARKET).collect()


def trade(kind: str, quantity: str, price: str, **other: object) -> dict[str, object]:
    """A trade of wind in euros on one day."""
    amount = (Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01"))
    row = {
        "transaction_type": kind,
        "quantity_mwh": Decimal(quantity),
        "price_per_mwh": Decimal(price),
        "amount": amount,
    }
    return {"date": DAY, "energy_type": "wind", "currency": "EUR", **row, **other}


def rounded(value: Fraction | None) -> Decimal | None:
    """Six decimals, half even."""
    return None if value is None else Decimal(round(value * 10**6)).scaleb(-6)


def reference(trades: pl.DataFrame) -> list[dict[str, object]]:
    """Row by row, in fractions."""
    groups: dict[tuple[object, ...], list[dict[str, object]]] = defaultdict(list)
    for row in trades.to_dicts():
        groups[tuple(row[name] for name in MARKET.key)].append(row)
    rows = []
    for key, found in sorted(groups.items()):
        made: dict[str, object] = dict(zip(MARKET.key, key, strict=True))
        prices = {}
        for side, kind in (("bought", "buy"), ("sold", "sell")):
            of_side = [row for row in found if row["transaction_type"] == kind]
            quantity = sum((Fraction(row["quantity_mwh"]) for row in of_side), Fraction(0))
            value = sum(
                (Fraction(row["quantity_mwh"]) * Fraction(row["price_per_mwh"]) for row in of_side), Fraction(0)
            )
            made[f"{side}_mwh"] = sum((row["quantity_mwh"] for row in of_side), Decimal(0))
            made[f"{side}_amount"] = sum((row["amount"] for row in of_side), Decimal(0))
            prices[side] = made[f"{side}_vwap"] = rounded(value / quantity) if quantity else None
        is_priced = None not in prices.values()
        made["margin_per_mwh"] = prices["sold"] - prices["bought"] if is_priced else None
        rows.append({**made, "trades": len(found)})
    return rows


@few
@given(curated_trades())
def test_the_mart_is_what_a_count_in_fractions_gives(trades):
    found = mart(trades)
    assert found.to_dicts() == reference(trades)
    assert found.schema == frame_schema(MARKET)


@few
@given(desk_trades())
def test_a_second_count_by_duckdb_agrees_to_the_last_digit(trades):
    assert mart(trades).equals(second_count(MARKET, trades=trades))


@few
@given(curated_trades())
def test_energy_money_and_trades_survive_the_aggregation(trades):
    found = mart(trades)
    for side, kind in (("bought", "buy"), ("sold", "sell")):
        of_side = trades.filter(pl.col("transaction_type") == kind)
        assert sum(found[f"{side}_mwh"], Decimal(0)) == sum(of_side["quantity_mwh"], Decimal(0))
        for currency in ("EUR", "COP"):
            paid = found.filter(pl.col("currency") == currency)[f"{side}_amount"]
            assert sum(paid, Decimal(0)) == sum(of_side.filter(pl.col("currency") == currency)["amount"], Decimal(0))
    assert found["trades"].sum() == trades.height


@few
@given(curated_trades())
def test_a_weighted_price_lies_between_the_lowest_and_the_highest_with_volume(trades):
    with_volume = trades.filter(pl.col("quantity_mwh") > 0)
    for row in mart(trades).to_dicts():
        of_group = with_volume.filter(*(pl.col(name) == row[name] for name in MARKET.key))
        for side, kind in (("bought", "buy"), ("sold", "sell")):
            prices = of_group.filter(pl.col("transaction_type") == kind)["price_per_mwh"]
            assert (row[f"{side}_vwap"] is None) == prices.is_empty()
            assert prices.is_empty() or prices.min() <= row[f"{side}_vwap"] <= prices.max()


@few
@given(curated_trades(), st.randoms(use_true_random=False))
def test_the_order_of_trades_changes_nothing(trades, random):
    order = list(range(trades.height))
    random.shuffle(order)
    before = trades.clone()
    assert mart(trades[order] if order else trades).equals(mart(trades))
    assert trades.equals(before)


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(empty_frame(TRADES))
    assert found.is_empty()
    assert found.schema == frame_schema(MARKET)


def test_a_small_trade_hardly_moves_the_price():
    row = mart(trade_frame([trade("buy", "999", "10"), trade("buy", "1", "1010")], TRADES)).row(0, named=True)
    assert row["bought_vwap"] == Decimal(11)
    assert (row["sold_mwh"], row["sold_amount"], row["sold_vwap"], row["margin_per_mwh"]) == (0, 0, None, None)


@pytest.mark.parametrize(
    ("quantities", "prices", "vwap"),
    [
        (["1", "1"], ["0.000001", "0.000002"], "0.000002"),
        (["1", "1"], ["0.000002", "0.000003"], "0.000002"),
        (["1", "1"], ["-0.000001", "-0.000002"], "-0.000002"),
        (["1", "2"], ["0", "0.000001"], "0.000001"),
        (["2", "1"], ["-10", "-10"], "-10"),
    ],
)
def test_a_weighted_price_is_rounded_half_even_also_below_zero(quantities, prices, vwap):
    trades = [trade("sell", quantity, price) for quantity, price in zip(quantities, prices, strict=True)]
    assert mart(trade_frame(trades, TRADES))["sold_vwap"].item() == Decimal(vwap)


def test_zero_volume_has_no_price_and_still_counts_as_a_trade():
    row = mart(trade_frame([trade("buy", "0", "50")], TRADES)).row(0, named=True)
    assert (row["bought_vwap"], row["bought_mwh"], row["trades"]) == (None, 0, 1)


def test_the_widest_margin_that_prices_allow_fits():
    highest = "999999999999.999999"
    trades = [trade("sell", "0.000001", highest), trade("buy", "0.000001", "-" + highest)]
    row = mart(trade_frame(trades, TRADES)).row(0, named=True)
    assert row["margin_per_mwh"] == 2 * Decimal(highest)


def test_currencies_and_energy_types_are_kept_apart():
    trades = [
        trade("buy", "1", "1"),
        trade("buy", "1", "2", currency="COP"),
        trade("buy", "1", "3", energy_type="solar"),
    ]
    assert mart(trade_frame(trades, TRADES)).select(*MARKET.key, "bought_vwap").rows() == [
        (DAY, "solar", "EUR", 3),
        (DAY, "wind", "COP", 2),
        (DAY, "wind", "EUR", 1),
    ]
