"""`margin_daily`: numbers by hand, the same by DuckDB, and that no cent and no kilowatt-hour is lost between the parts."""

from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.marts_trading import MARGIN_DAILY
from tests.transforms.counting import second_count
from tests.transforms.desk import TRADES, desk_trades, in_any_order, total, trades_of
from tests.transforms.running import few
from transforms.margin import margin_daily
from transforms.schema import empty_frame, frame_schema

SUMS = [
    *("matched_mwh", "matched_cost", "matched_revenue", "matched_margin"),
    *("long_mwh", "long_amount", "short_mwh", "short_amount", "periods", "matched_periods", "trades"),
]


def mart(trades: pl.DataFrame) -> pl.DataFrame:
    """The mart of the trades."""
    return margin_daily(trades.lazy(), MARGIN_DAILY).collect()


def sale(**said: object) -> dict[str, object]:
    """A trade on the other side."""
    return {"transaction_type": "sell", **said}


def sums_of(rows: list[dict[str, object]]) -> tuple[object, ...]:
    """The sums of a mart of one row."""
    found = mart(trades_of(rows))
    assert found.height == 1
    return found.select(SUMS).row(0)


def decimals(*texts: str) -> tuple[Decimal, ...]:
    """The texts as numbers."""
    return tuple(map(Decimal, texts))


def test_three_periods_of_a_day_worked_out_by_hand():
    # 08:00: bought 6 MWh at 50 (300.00) and 4 at 60 (240.00): 540.00 for 10. Sold 4 at 70: 280.00. Matched 4: cost
    #   540 * 4 / 10 = 216.00, revenue 280.00. Long 6 MWh for 540 - 216 = 324.00.
    # 09:00: bought 3 MWh at 33.33: 99.99. Sold 7 at 40.01: 280.07. Matched 3: cost 99.99, revenue 280.07 * 3 / 7 =
    #   120.03. Short 4 MWh for 280.07 - 120.03 = 160.04.
    # 10:00: bought 1 MWh at 20: 20.00. Nothing sold: long 1 MWh for 20.00.
    # Day: matched 7 MWh, cost 216 + 99.99 = 315.99, revenue 280 + 120.03 = 400.03, margin 84.04; long 7 MWh for 344.00;
    #   short 4 MWh for 160.04; 2 of 3 periods matched; 6 trades.
    rows = [
        {"at": 8, "quantity_mwh": 6, "price_per_mwh": 50},
        {"at": 8, "quantity_mwh": 4, "price_per_mwh": 60},
        sale(at=8, quantity_mwh=4, price_per_mwh=70),
        {"at": 9, "quantity_mwh": 3, "price_per_mwh": "33.33"},
        sale(at=9, quantity_mwh=7, price_per_mwh="40.01"),
        {"at": 10, "quantity_mwh": 1, "price_per_mwh": 20},
    ]
    money = decimals("7", "315.99", "400.03", "84.04", "7", "344.00", "4", "160.04")
    assert sums_of(rows) == (*money, 3, 2, 6)


@pytest.mark.parametrize(
    ("amount", "bought", "sold", "cost", "open_amount"),
    [
        # amount * matched / bought in cents: 1 * 1/2 = 0.5 goes to 0, 3 * 1/2 = 1.5 to 2, -1.5 to -2, 100 * 1/3 to 33
        ("0.01", 2, 1, "0.00", "0.01"),
        ("0.03", 2, 1, "0.02", "0.01"),
        ("-0.03", 2, 1, "-0.02", "-0.01"),
        ("1.00", 3, 1, "0.33", "0.67"),
        # matched whole: the trades' own amount, whatever the price says
        ("0.03", 2, 2, "0.03", "0.00"),
        ("0.03", 2, 5, "0.03", "0.00"),
        ("0.03", 2, 0, "0.00", "0.03"),
    ],
)
def test_the_matched_part_is_rounded_half_even_and_the_open_part_has_the_rest(amount, bought, sold, cost, open_amount):
    rows = [
        {"quantity_mwh": bought, "price_per_mwh": 0, "amount": amount},
        sale(quantity_mwh=sold, price_per_mwh=0),
    ]
    found = mart(trades_of(rows)).row(0, named=True)
    assert (found["matched_cost"], found["long_amount"]) == decimals(cost, open_amount)


@pytest.mark.parametrize(
    "other",
    [
        {"at": 9},
        {"minutes": 15},
        {"energy_type": "solar"},
        {"currency": "COP"},
        {"market_zone": "Europe/Lisbon", "at": 7},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_is_not_of_one_period_kind_currency_and_zone_does_not_match(other):
    found = mart(
        trades_of(
            [{"at": 8, "quantity_mwh": 1, "price_per_mwh": 5}, sale(at=8, quantity_mwh=1, price_per_mwh=9) | other]
        )
    )
    assert set(found["matched_mwh"]) == {Decimal(0)}
    assert (sum(found["long_amount"]), sum(found["short_amount"])) == (5, 9)


def test_one_hour_long_does_not_cover_another_that_is_short():
    rows = [{"at": 8, "quantity_mwh": 5, "price_per_mwh": 10}, sale(at=9, quantity_mwh=5, price_per_mwh=12)]
    assert sums_of(rows) == (*decimals("0", "0", "0", "0", "5", "50", "5", "60"), 2, 0, 2)


def test_a_quantity_below_zero_that_a_source_lets_pass_matches_nothing_and_is_not_lost():
    rows = [
        {"quantity_mwh": -5, "price_per_mwh": 10},
        sale(quantity_mwh=3, price_per_mwh=10),
    ]
    assert sums_of(rows) == (*decimals("0", "0", "0", "0", "-5", "-50", "3", "30"), 1, 0, 2)


@pytest.mark.parametrize("count", [1, 2, 500])
def test_the_largest_trades_that_contracts_allow_are_matched_exactly(count):
    # as much bought as sold three times over: a third of the revenue is matched, which 3 * 9999999999999999.99 divides into
    most = {"quantity_mwh": "999999999999.999999", "price_per_mwh": 0, "amount": "9999999999999999.99"}
    found = mart(trades_of([most] * count + [sale(**most)] * (3 * count))).row(0, named=True)
    one = Decimal("9999999999999999.99") * count
    assert (found["matched_cost"], found["matched_revenue"], found["short_amount"]) == (one, one, 2 * one)


@given(
    st.integers(-(10**15), 10**15) | st.integers(-20, 20),
    st.integers(1, 10**15) | st.integers(1, 20),
    st.integers(1, 10**15) | st.integers(1, 20),
)
def test_a_matched_part_is_what_fractions_give_rounded_half_even(cents, bought, sold):
    rows = [
        {"quantity_mwh": Decimal(bought).scaleb(-6), "price_per_mwh": 0, "amount": Decimal(cents).scaleb(-2)},
        sale(quantity_mwh=Decimal(sold).scaleb(-6), price_per_mwh=0),
    ]
    found = mart(trades_of(rows))["matched_cost"].item()
    assert found == Decimal(round(Fraction(cents * min(bought, sold), bought))).scaleb(-2)


@few
@given(desk_trades())
def test_a_second_count_by_duckdb_agrees_to_the_cent(trades):
    assert mart(trades).equals(second_count(MARGIN_DAILY, trades=trades))


@few
@given(desk_trades(), st.data())
def test_dates_one_by_one_make_the_mart_of_them_together_in_any_order_of_rows(trades, data):
    together = mart(trades)
    single = [mart(part) for part in in_any_order(trades, data).partition_by("date")]
    assert pl.concat([mart(trades.clear()), *single]).sort(MARGIN_DAILY.key).equals(together)


@few
@given(desk_trades())
def test_matched_and_open_parts_are_together_what_was_traded(trades):
    found = mart(trades)
    bought, sold = (trades.filter(pl.col("transaction_type") == kind) for kind in ("buy", "sell"))
    assert total(found, "matched_mwh", "long_mwh") == total(bought, "quantity_mwh")
    assert total(found, "matched_mwh", "short_mwh") == total(sold, "quantity_mwh")
    assert total(found, "matched_cost", "long_amount") == total(bought, "amount")
    assert total(found, "matched_revenue", "short_amount") == total(sold, "amount")
    assert found["trades"].sum() == trades.height


@few
@given(desk_trades())
def test_nothing_is_below_zero_but_money(trades):
    found = mart(trades)
    assert found.select((pl.col("matched_mwh", "long_mwh", "short_mwh") >= 0).all()).row(0) == (True,) * 3
    assert (found["matched_margin"] == found["matched_revenue"] - found["matched_cost"]).all()
    assert (found["matched_periods"] <= found["periods"]).all()


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(empty_frame(TRADES))
    assert found.is_empty()
    assert found.schema == frame_schema(MARGIN_DAILY)
