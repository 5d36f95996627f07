"""Positions against numbers worked out by hand, against a second count by DuckDB, and against what must always hold."""

from collections import Counter
from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts.marts_risk import POSITIONS_DAILY
from tests.transforms.counting import second_count
from tests.transforms.risk import in_any_order, risk_trades, split_trades, sum_by, trades_of
from tests.transforms.running import few
from transforms.positions import carried, positions_of_days
from transforms.schema import frame_schema

KEY = POSITIONS_DAILY.key
SIGNED = pl.when(pl.col("transaction_type") == "buy").then("quantity_mwh").otherwise(-pl.col("quantity_mwh"))


def days_of(trades: pl.DataFrame) -> pl.DataFrame:
    """The day rows of the trades."""
    return positions_of_days(trades.lazy(), POSITIONS_DAILY).collect()


def mart(trades: pl.DataFrame) -> pl.DataFrame:
    """The mart of the trades."""
    return carried(positions_of_days(trades.lazy(), POSITIONS_DAILY), POSITIONS_DAILY).collect()


def test_positions_are_what_was_worked_out_by_hand():
    """Wind in UTC.

    29 April, with P1: bought 7. April ends with +7, which May does not see.
    1 May, with P1, hour 0: bought 10 and 2.5, sold 4: net +8.5. Hour 1: bought 1, sold 6: net -5.
        bought 13.5, sold 10, net 3.5; long 8.5, short 5; 5 trades; month +3.5.
    2 May: only C1 trades: sold 3 over an hour and bought 3 over its first quarter, which are two periods.
        bought 3, sold 3, net 0; long 3, short 3; 2 trades; month 0.
        P1 has no trade and stands at +3.5.
    31 May, P1: sold 20.25: net -20.25; short 20.25; 1 trade; month 3.5 - 20.25 = -16.75. C1 carried at 0.
    """
    trades = trades_of(
        [
            {"date": date(2024, 4, 29), "quantity_mwh": "7"},
            {"quantity_mwh": "10"},
            {"quantity_mwh": "2.5"},
            {"quantity_mwh": "4", "transaction_type": "sell"},
            {"hour": 1, "quantity_mwh": "1"},
            {"hour": 1, "quantity_mwh": "6", "transaction_type": "sell"},
            {"date": date(2024, 5, 2), "quantity_mwh": "3", "transaction_type": "sell", "counterparty_id": "C1"},
            {"date": date(2024, 5, 2), "quantity_mwh": "3", "minutes": 15, "counterparty_id": "C1"},
            {"date": date(2024, 5, 31), "quantity_mwh": "20.25", "transaction_type": "sell"},
        ]
    )
    found = mart(trades).drop("energy_type", "market_zone").rows()
    day = Decimal
    assert found == [
        (date(2024, 4, 29), "P1", 7, 0, 7, 7, 0, 7, 1),
        (date(2024, 5, 1), "P1", day("13.5"), 10, day("3.5"), day("8.5"), 5, day("3.5"), 5),
        (date(2024, 5, 2), "C1", 3, 3, 0, 3, 3, 0, 2),
        (date(2024, 5, 2), "P1", 0, 0, 0, 0, 0, day("3.5"), 0),
        (date(2024, 5, 31), "C1", 0, 0, 0, 0, 0, 0, 0),
        (date(2024, 5, 31), "P1", 0, day("20.25"), day("-20.25"), 0, day("20.25"), day("-16.75"), 1),
    ]


@few
@given(risk_trades())
def test_a_second_count_in_sql_agrees_to_the_last_digit(trades):
    found = mart(trades)
    assert found.equals(second_count(POSITIONS_DAILY, trades=trades))
    assert found.schema == frame_schema(POSITIONS_DAILY)


@few
@given(risk_trades())
def test_net_is_bought_less_sold_and_long_less_short_and_all_of_it_is_the_trades(trades):
    found = mart(trades)
    for minuend, subtrahend in (("bought_mwh", "sold_mwh"), ("long_mwh", "short_mwh")):
        assert found.select(pl.col(minuend) - pl.col(subtrahend)).to_series().to_list() == found["net_mwh"].to_list()
    assert found.filter((pl.col("long_mwh") < 0) | (pl.col("short_mwh") < 0)).is_empty()
    assert sum_by(found, KEY, pl.col("net_mwh")) == sum_by(trades, KEY, SIGNED.cast(pl.Decimal(38, 6)))
    assert found["trades"].sum() == trades.height


@few
@given(risk_trades())
def test_the_day_rows_of_two_parts_add_up_to_those_of_the_whole(trades):
    one, other = (days_of(part) for part in split_trades(trades))
    whole = days_of(trades)
    for name in ("bought_mwh", "sold_mwh", "net_mwh", "trades"):
        assert sum_by(pl.concat([one, other]), KEY, pl.col(name)) == sum_by(whole, KEY, pl.col(name))


@few
@given(risk_trades())
def test_the_month_ends_where_its_trades_add_up_to_and_every_day_after_the_first_is_there(trades):
    found = mart(trades)
    month = pl.col("date").dt.truncate("1mo").alias("month")
    by = ["month", *KEY[1:]]
    last = found.with_columns(month).filter(pl.col("date") == pl.col("date").max().over("month"))
    traded = trades.with_columns(month)
    signed = SIGNED.cast(pl.Decimal(38, 6))
    assert sum_by(last, by, pl.col("net_month_to_date_mwh")) == sum_by(traded, by, signed)
    assert last.height == traded.select(by).unique().height


@few
@given(risk_trades(), st.integers(0, 2**32))
def test_the_order_of_trades_and_of_day_rows_changes_nothing(trades, seed):
    before = trades.clone()
    shuffled = in_any_order(days_of(in_any_order(trades, seed)), seed)
    assert carried(shuffled.lazy(), POSITIONS_DAILY).collect().equals(mart(trades))
    assert trades.equals(before)


@few
@given(risk_trades(), risk_trades(max_size=4), st.data())
def test_a_changed_date_needs_the_stored_rows_of_its_month_and_no_other_trades(trades, others, data):
    stored = mart(trades)
    day = data.draw(st.sampled_from(trades["date"].unique().sort().to_list() or [date(2024, 5, 1)]))
    fresh = others.filter(pl.col("date") == day)
    now = pl.concat([trades.filter(pl.col("date") != day), fresh])
    rows = pl.concat([stored.filter(pl.col("date") != day).drop("net_month_to_date_mwh"), days_of(fresh)])
    assert carried(rows.lazy(), POSITIONS_DAILY).collect().equals(mart(now))


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(trades_of([]))
    assert found.is_empty()
    assert found.schema == frame_schema(POSITIONS_DAILY)


def test_the_random_trades_really_meet_in_periods_and_leave_days_to_carry():
    seen = Counter()

    @settings(max_examples=150, database=None, phases=[Phase.generate], derandomize=True)
    @given(risk_trades())
    def collect(trades):
        periods = trades.group_by(*KEY, "delivery_start", "delivery_end").agg(pl.col("transaction_type").n_unique())
        seen["empty"] += trades.is_empty()
        seen["both sides of a period"] += periods.filter(pl.col("transaction_type") > 1).height
        seen["two months"] += trades["date"].dt.month().n_unique() > 1
        seen["carried"] += mart(trades).filter(pl.col("trades") == 0).height
        seen["without a rate"] += trades["reporting_amount"].null_count()
        seen["below zero"] += trades.filter(pl.col("amount") < 0).height
        seen["no energy"] += trades.filter(pl.col("quantity_mwh") == 0).height

    collect()
    wanted = ("empty", "both sides of a period", "two months", "carried", "without a rate", "below zero", "no energy")
    assert not [what for what in wanted if not seen[what]]
