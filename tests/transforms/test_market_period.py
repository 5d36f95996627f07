"""`market_period`: numbers by hand, the same by DuckDB, and what must hold whatever the trades are."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import CURATED
from contracts.marts_market import LOAD_TYPES, MARKET_PERIOD
from tests.transforms.counting import second_count
from tests.transforms.desk import DAY, TRADES, desk_trades, in_any_order, total, trades_of
from tests.transforms.running import few
from transforms import calendar_load
from transforms.market import market_daily
from transforms.market_period import market_period
from transforms.schema import empty_frame, frame_schema

MARKET_DAILY = CURATED["market_daily"]


def mart(trades: pl.DataFrame) -> pl.DataFrame:
    """The mart of the trades."""
    return market_period(trades.lazy(), MARKET_PERIOD).collect()


def test_two_hours_of_a_wednesday_in_madrid_worked_out_by_hand():
    # 07:00 local on 1 May 2024 is the 8th hour and ends where the peak begins. Bought: 10 MWh at 40 and 30 at 60, so
    # (400 + 1800) / 40 = 55; sold: 20 MWh at 58.5 for 1170.00; spread 58.5 - 55 = 3.5.
    # 08:00 is the 9th hour and in the peak. Bought: 3 MWh at 10 and 4 at 20, so (30 + 80) / 7 = 15.714285714..., rounded
    # 15.714286; nothing was sold, so there is neither a price nor a spread.
    found = mart(
        trades_of(
            [
                {"at": 7, "quantity_mwh": 10, "price_per_mwh": 40},
                {"at": 7, "quantity_mwh": 30, "price_per_mwh": 60},
                {"at": 7, "quantity_mwh": 20, "price_per_mwh": "58.5", "transaction_type": "sell"},
                {"at": 8, "quantity_mwh": 3, "price_per_mwh": 10},
                {"at": 8, "quantity_mwh": 4, "price_per_mwh": 20},
            ]
        )
    )
    names = ["period_minutes", "period_number", "load_type", "bought_mwh", "sold_mwh", "bought_amount", "sold_amount"]
    assert found.select(names).rows() == [
        (60, 8, "off_peak", Decimal(40), Decimal(20), Decimal(2200), Decimal(1170)),
        (60, 9, "peak", Decimal(7), Decimal(0), Decimal(110), Decimal(0)),
    ]
    assert found.select("bought_vwap", "sold_vwap", "margin_per_mwh", "trades").rows() == [
        (Decimal(55), Decimal("58.5"), Decimal("3.5"), 3),
        (Decimal("15.714286"), None, None, 2),
    ]
    assert found["delivery_start"].dt.strftime("%F %R %Z").to_list() == ["2024-05-01 05:00 UTC", "2024-05-01 06:00 UTC"]


@pytest.mark.parametrize(
    ("zone", "start", "minutes", "number", "kind"),
    [
        # the hour after the spring change: 03:00 local is 01:00 UTC and the 3rd of 23 hours
        ("Europe/Madrid", "2024-03-31T01:00Z", 60, 3, "off_peak"),
        # both hours that clocks call 02:00 in autumn, and the last of 25
        ("Europe/Madrid", "2024-10-27T00:00Z", 60, 3, "off_peak"),
        ("Europe/Madrid", "2024-10-27T01:00Z", 60, 4, "off_peak"),
        ("Europe/Madrid", "2024-10-27T22:00Z", 60, 25, "off_peak"),
        # 12:00 local: 11 hours have passed on the short day, so 44 quarters, 22 half hours, 132 times five minutes
        ("Europe/Madrid", "2024-03-31T10:00Z", 15, 45, "off_peak"),
        ("Europe/Madrid", "2024-03-31T10:00Z", 30, 23, "off_peak"),
        ("Europe/Madrid", "2024-03-31T10:00Z", 5, 133, "off_peak"),
        # no market time unit, or not where one begins
        ("Europe/Madrid", "2024-05-02T06:00Z", 90, None, "peak"),
        ("Europe/Madrid", "2024-05-02T06:10Z", 60, None, "peak"),
        ("Europe/Madrid", "2024-05-02T06:10Z", 5, 99, "peak"),
        ("Europe/Madrid", "2024-05-01T22:00Z", 1440, None, "base"),
        ("Europe/Madrid", "2024-05-02T06:00Z", 0, None, None),
        # 19:00 to 20:00 and 20:00 to 21:00 on the wall; a holiday of the trade in New York alone
        ("Europe/Berlin", "2024-07-04T17:00Z", 60, 20, "peak"),
        ("Europe/Berlin", "2024-07-04T18:00Z", 60, 21, "off_peak"),
        ("America/New_York", "2024-07-04T16:00Z", 60, 13, "off_peak"),
        ("America/New_York", "2024-07-05T16:00Z", 60, 13, "peak"),
        ("America/Los_Angeles", "2024-07-06T16:00Z", 60, 10, "peak"),
        ("America/Bogota", "2024-07-05T16:00Z", 60, 12, "base"),
    ],
)
def test_each_period_has_its_place_in_the_market_s_calendar(zone, start, minutes, number, kind):
    trade = trades_of([{"quantity_mwh": 1, "price_per_mwh": 1, "market_zone": zone, "minutes": minutes}])
    begins = datetime.fromisoformat(start)
    placed = trade.with_columns(
        pl.lit(begins).alias("delivery_start"),
        pl.lit(begins + timedelta(minutes=minutes)).alias("delivery_end"),
        pl.lit(begins).dt.convert_time_zone(zone).dt.date().alias("date"),
    )
    found = mart(placed).row(0, named=True)
    assert (found["period_minutes"], found["period_number"], found["load_type"]) == (minutes, number, kind)


def test_a_contract_names_the_load_types_that_the_calendar_makes():
    assert LOAD_TYPES == calendar_load.LOAD_TYPES


@few
@given(desk_trades())
def test_a_second_count_by_duckdb_agrees_to_the_last_digit(trades):
    assert mart(trades).equals(second_count(MARKET_PERIOD, trades=trades))


@few
@given(desk_trades(), st.data())
def test_dates_one_by_one_make_the_mart_of_them_together_in_any_order_of_rows(trades, data):
    together = mart(trades)
    single = [mart(part) for part in in_any_order(trades, data).partition_by("date")]
    assert pl.concat([mart(trades.clear()), *single]).sort(MARKET_PERIOD.key).equals(together)


@few
@given(desk_trades())
def test_energy_money_and_trades_are_those_of_the_trades_and_of_the_day(trades):
    found = mart(trades)
    for side, kind in (("bought", "buy"), ("sold", "sell")):
        of_side = trades.filter(pl.col("transaction_type") == kind)
        assert total(found, f"{side}_mwh") == total(of_side, "quantity_mwh")
        assert total(found, f"{side}_amount") == total(of_side, "amount")
    assert found["trades"].sum() == trades.height
    sums = ("bought_mwh", "sold_mwh", "bought_amount", "sold_amount", "trades")
    days = found.group_by(MARKET_DAILY.key).agg(pl.col(sums).sum()).sort(MARKET_DAILY.key)
    assert days.equals(market_daily(trades.lazy(), MARKET_DAILY).collect().select(days.columns))


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(empty_frame(TRADES))
    assert found.is_empty()
    assert found.schema == frame_schema(MARKET_PERIOD)


def test_a_column_can_be_asked_for_alone():
    trades = trades_of([{"quantity_mwh": 1, "price_per_mwh": 1}])
    found = market_period(trades.lazy(), MARKET_PERIOD).select("period_number").collect()
    assert found.rows() == [(1,)]
    assert trades["date"].to_list() == [DAY] == [date(2024, 5, 1)]
