"""`price_benchmarks`: numbers by hand, the same by DuckDB, and the edges of the rule that calls a price out of line."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import CURATED
from contracts.marts_market import MARKET_PERIOD, PRICE_BENCHMARKS
from tests.transforms.counting import second_count
from tests.transforms.desk import TRADES, desk_trades, trades_of
from tests.transforms.running import few
from transforms.benchmarks import LEAST_SAMPLE, price_benchmarks
from transforms.market import market_daily
from transforms.market_period import market_period
from transforms.schema import empty_frame, frame_schema

MARKET_DAILY = CURATED["market_daily"]
HIGHEST = Decimal("999999999999.999999")


def mart(trades: pl.DataFrame) -> pl.DataFrame:
    """The mart of the trades."""
    return price_benchmarks(trades.lazy(), PRICE_BENCHMARKS).collect()


def scores(prices: list[str]) -> list[tuple[str | None, bool | None]]:
    """Score and flag of purchases of 1 MWh at these prices."""
    found = mart(trades_of([{"quantity_mwh": 1, "price_per_mwh": price, "amount": 0} for price in prices]))
    return [(None if score is None else str(score), flag) for score, flag in found[:, -2:].iter_rows()]


def test_ten_purchases_of_a_day_worked_out_by_hand():
    # Nine trades of 1 MWh at 40, 42, ... 56 cost 432, one of 2 MWh at 150 costs 300: day 732 / 11 = 66.545454...
    # In the first hour are those at 40 and at 150: 340 / 3 = 113.333333... The others are alone in their hours.
    # At 150: 150 - 66.545455 = 83.454545, in percent 83.454545 / 66.545455 = 125.4098...; 150 - 113.333333 = 36.666667,
    #   in percent 32.3529...; at 40: -26.545455 (-39.8907... %) and -73.333333 (-64.7058... %).
    # Median (48 + 50) / 2 = 49; deviations 1 1 3 3 5 5 7 7 9 101, so MAD 5. Scores: 0.6745 * 101 / 5 = 13.6249 and
    #   0.6745 * -9 / 5 = -1.2141. Only the first is beyond 3.5.
    usual = [{"at": hour, "quantity_mwh": 1, "price_per_mwh": 40 + 2 * hour} for hour in range(9)]
    found = mart(trades_of([*usual, {"quantity_mwh": 2, "price_per_mwh": 150}]))
    shown = [name for name in found.columns if "deviation" in name or "vwap" in name]
    last, first = found.row(9, named=True), found.row(0, named=True)
    assert [str(last[name]) for name in shown] == [
        *("66.545455", "83.454545", "125.4098"),
        *("113.333333", "36.666667", "32.3529"),
    ]
    assert [str(first[name]) for name in shown] == [
        *("66.545455", "-26.545455", "-39.8907"),
        *("113.333333", "-73.333333", "-64.7059"),
    ]
    assert [str(last["modified_z_score"]), str(first["modified_z_score"])] == ["13.6249", "-1.2141"]
    assert found["is_outlier"].to_list() == [False] * 9 + [True]
    assert found["transaction_id"].to_list() == [f"T{number}" for number in range(10)]


def test_exactly_three_and_a_half_is_no_outlier_and_a_millionth_more_is():
    # five prices 1.349 below 100, four above, 100 itself: median 100, MAD 1.349; 7 / 1.349 * 0.6745 = 3.5
    around = [*["98.651"] * 5, "100", *["101.349"] * 4]
    assert scores([*around, "107"])[-1] == ("3.5000", False)
    assert scores([*around, "107.000001"])[-1] == ("3.5000", True)
    below = [*["98.651"] * 4, "100", *["101.349"] * 5]
    assert scores([*below, "93"])[-1] == ("-3.5000", False)
    assert scores([*below, "92.999999"])[-1] == ("-3.5000", True)


def test_where_most_prices_are_one_the_mean_deviation_takes_the_place_of_the_median_one():
    # median 50, MAD 0; mean deviation 10 / 10 = 1, so the score is 10 / 1.253314 = 7.97884...
    assert scores(["50"] * 9 + ["60"]) == [("0.0000", False)] * 9 + [("7.9788", True)]
    # mean deviation (10 + 10 + 10 + 10) / 10 = 4, so 10 / 5.013256 = 1.99471...: too many to be out of line
    assert scores(["50"] * 6 + ["60"] * 4) == [("0.0000", False)] * 6 + [("1.9947", False)] * 4


def test_where_all_prices_are_one_nothing_is_out_of_line_and_there_is_no_score():
    assert scores(["50"] * LEAST_SAMPLE) == [(None, False)] * LEAST_SAMPLE


def test_too_few_prices_are_not_judged():
    few_prices = [*["50"] * (LEAST_SAMPLE - 2), "5000"]
    assert scores(few_prices) == [(None, None)] * (LEAST_SAMPLE - 1)
    assert scores([*few_prices, "50"])[-2][1] is True


def test_a_median_may_lie_half_a_millionth_between_two_prices():
    # median 0.0000005; every deviation, and so MAD, is 0.0000005: each score is 0.6745 or less by sign
    assert scores(["0", "0.000001"] * 5) == [("-0.6745", False), ("0.6745", False)] * 5


@pytest.mark.parametrize("other", [{"energy_type": "solar"}, {"transaction_type": "sell"}, {"currency": "COP"}])
def test_a_trade_is_compared_with_its_own_kind_side_and_currency_only(other):
    rows = [{"quantity_mwh": 1, "price_per_mwh": 50 + number} for number in range(LEAST_SAMPLE)]
    found = mart(trades_of([*rows, {"quantity_mwh": 1, "price_per_mwh": 9000, **other}])).row(-1, named=True)
    assert found["day_vwap"] == found["period_vwap"] == 9000
    assert found["is_outlier"] is None


def test_without_volume_there_is_no_benchmark_and_a_benchmark_of_zero_has_no_percent():
    rows = [
        {"quantity_mwh": 0, "price_per_mwh": 7},
        {"quantity_mwh": 1, "price_per_mwh": 5, "energy_type": "solar"},
        {"quantity_mwh": 1, "price_per_mwh": -5, "energy_type": "solar"},
    ]
    names = ["day_vwap", "day_deviation", "day_deviation_percent"]
    assert mart(trades_of(rows)).select(names).rows() == [
        (None, None, None),
        (Decimal(0), Decimal(5), None),
        (Decimal(0), Decimal(-5), None),
    ]


def test_below_zero_a_dearer_trade_is_still_above_its_benchmark():
    # (-10 - 30) / 2 = -20; -10 is 10 more, which is half of 20
    found = mart(trades_of([{"quantity_mwh": 1, "price_per_mwh": price} for price in (-10, -30)]))
    assert found["day_deviation_percent"].to_list() == [Decimal(50), Decimal(-50)]


def test_percent_is_rounded_half_even_on_either_side_of_zero():
    # benchmark 1 by its volume; 0.0000005 and 0.0000015 more or less are 0.00005 % and 0.00015 % of it
    benchmark = {"quantity_mwh": 1, "price_per_mwh": 2, "amount": 0}
    prices = ["2.000001", "2.000003", "1.999999", "1.999997"]
    found = mart(trades_of([benchmark, *({"quantity_mwh": 0, "price_per_mwh": price} for price in prices)]))
    assert [str(value) for value in found["day_deviation_percent"]] == [
        "0.0000",
        "0.0000",
        "0.0002",
        "0.0000",
        "-0.0002",
    ]


def test_the_widest_prices_that_contracts_allow_fit():
    # all volume at the lowest price, so the highest is twice as far above it: 200 %
    lowest = {"quantity_mwh": "0.000001", "price_per_mwh": -HIGHEST, "amount": "-1000000"}
    found = mart(trades_of([lowest] * 5 + [{"quantity_mwh": 0, "price_per_mwh": HIGHEST}] * 5))
    assert found["day_deviation"].to_list() == [Decimal(0)] * 5 + [2 * HIGHEST] * 5
    assert found["day_deviation_percent"].to_list() == [Decimal(0)] * 5 + [Decimal(200)] * 5
    assert [str(score) for score in found["modified_z_score"]] == ["-0.6745"] * 5 + ["0.6745"] * 5
    # with MAD 0: as above, four of ten away by the same; their sum of 1.6 * 10^19 units has more than 64 bits
    assert scores([str(-HIGHEST)] * 6 + [str(HIGHEST)] * 4) == [("0.0000", False)] * 6 + [("1.9947", False)] * 4
    # against the smallest price there is: 10^18 - 2 times as much again, in percent
    small = {"quantity_mwh": 1, "price_per_mwh": "0.000001"}
    found = mart(trades_of([small, *[{"quantity_mwh": 0, "price_per_mwh": HIGHEST}] * 9]))
    assert found["day_deviation_percent"][-1] == (10**18 - 2) * 100
    # and beside ten that are nearly one: 0.6745 * (10^18 - 1) / 1 in the smallest unit, half even
    nearly = [*["0"] * 4, *["0.000001"] * 3, *["0.000002"] * 4, str(HIGHEST)]
    assert Decimal(str(scores(nearly)[-1][0])) == Decimal("0.6745") * (10**18 - 2)


@few
@given(desk_trades())
def test_a_second_count_by_duckdb_agrees_to_the_last_digit(trades):
    assert mart(trades).sort(PRICE_BENCHMARKS.key).equals(second_count(PRICE_BENCHMARKS, trades=trades))


@few
@given(desk_trades(), st.data())
def test_the_order_of_trades_is_kept_and_changes_nothing_else(trades, data):
    order = data.draw(st.permutations(range(trades.height)))
    assert mart(trades[order] if order else trades).equals(mart(trades)[order] if order else mart(trades))


@few
@given(desk_trades())
def test_dates_one_by_one_make_the_mart_of_them_together(trades):
    single = [mart(part) for part in trades.sort("date", maintain_order=True).partition_by("date", maintain_order=True)]
    together = mart(trades.sort("date", maintain_order=True))
    assert pl.concat([mart(trades.clear()), *single]).equals(together)


@few
@given(desk_trades())
def test_every_trade_is_there_once_with_its_energy_and_money(trades):
    found = mart(trades)
    same = [
        "transaction_id",
        "date",
        "transaction_type",
        "energy_type",
        "currency",
        "quantity_mwh",
        "price_per_mwh",
        "amount",
    ]
    assert found.select(same).equals(trades.select(same))


@few
@given(desk_trades())
def test_benchmarks_are_the_prices_of_the_marts_they_are_named_after(trades):
    marts = {
        "day_vwap": market_daily(trades.lazy(), MARKET_DAILY).collect(),
        "period_vwap": market_period(trades.lazy(), MARKET_PERIOD).collect(),
    }
    found = mart(trades).with_columns(trades["market_zone"], trades["delivery_start"], trades["delivery_end"])
    for (name, prices), contract in zip(marts.items(), (MARKET_DAILY, MARKET_PERIOD), strict=True):
        beside = found.join(prices, on=contract.key, how="left", maintain_order="left")
        bought = pl.col("transaction_type") == "buy"
        of_side = beside.select(pl.when(bought).then("bought_vwap").otherwise("sold_vwap")).to_series()
        assert of_side.to_list() == found[name].to_list()


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(empty_frame(TRADES))
    assert found.is_empty()
    assert found.schema == frame_schema(PRICE_BENCHMARKS)
