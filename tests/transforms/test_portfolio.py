"""`portfolio_mix`: numbers by hand, the same by DuckDB, and what must hold whatever the trades and the plants are."""

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.marts_trading import PORTFOLIO_MIX
from contracts.providers import PROVIDERS
from tests.strategies import trade_frame
from tests.transforms.counting import second_count
from tests.transforms.desk import TRADES, desk_providers, desk_trades, in_any_order, total, trades_of
from tests.transforms.running import few
from transforms.portfolio import portfolio_mix
from transforms.schema import empty_frame, frame_schema

SPRING, AUTUMN = date(2024, 3, 31), date(2024, 10, 27)
CAPACITY = ["rated_mwh", "rated_capacity_mw", "rated_capacity_mwh", "capacity_factor"]


def mart(trades: pl.DataFrame, providers: pl.DataFrame) -> pl.DataFrame:
    """The mart of the trades."""
    return portfolio_mix(trades.lazy(), providers.lazy(), PORTFOLIO_MIX).collect()


def plants(**capacities: str | None) -> pl.DataFrame:
    """Providers by capacity in MW."""
    rows = [
        {"provider_id": name, "capacity_mw": None if mw is None else Decimal(mw)} for name, mw in capacities.items()
    ]
    return trade_frame(rows, PROVIDERS)


def decimals(*texts: str | None) -> tuple[Decimal | None, ...]:
    """The texts as numbers."""
    return tuple(None if text is None else Decimal(text) for text in texts)


def test_a_short_day_in_madrid_worked_out_by_hand():
    # 31 March 2024 has 23 hours. Wind: 40 + 20 MWh from A (10 MW) at 30 are 1800.00, 15 from B (not known) at 40 are 600.00;
    # 50 sold at 45 are 2250.00. Solar: 25 from C (4 MW) at 20 are 500.00. Bought in all 60 + 15 + 25 = 100 MWh: wind 0.75,
    # solar 0.25; sold in all 50, all of it wind.
    # Wind's plants of known capacity: 60 MWh of 10 * 23 = 230, 60 / 230 = 0.26086956...; solar 25 of 4 * 23 = 92,
    # 25 / 92 = 0.27173913...
    rows = [
        {"quantity_mwh": 40, "price_per_mwh": 30, "provider_id": "A"},
        {"quantity_mwh": 20, "price_per_mwh": 30, "provider_id": "A", "at": 9},
        {"quantity_mwh": 15, "price_per_mwh": 40, "provider_id": "B"},
        {"quantity_mwh": 50, "price_per_mwh": 45, "transaction_type": "sell"},
        {"quantity_mwh": 25, "price_per_mwh": 20, "provider_id": "C", "energy_type": "solar"},
    ]
    found = mart(trades_of([{"date": SPRING, **row} for row in rows]), plants(A="10", B=None, C="4", D="99"))
    assert found.select(PORTFOLIO_MIX.column_names[2:]).rows() == [
        (
            *("solar", "EUR"),
            *decimals("25", "0", "500", "0", "0.25", "0", "25", "4", "92", "0.271739"),
            1,
        ),
        (
            *("wind", "EUR"),
            *decimals("75", "50", "2400", "2250", "0.75", "1", "60", "10", "230", "0.260870"),
            4,
        ),
    ]


@pytest.mark.parametrize(("day", "makes"), [(SPRING, 23), (date(2024, 5, 1), 24), (AUTUMN, 25)])
def test_a_plant_makes_what_the_hours_of_the_market_day_allow(day, makes):
    trade = trades_of([{"date": day, "quantity_mwh": 12, "price_per_mwh": 1, "provider_id": "A"}])
    found = mart(trade, plants(A="1")).row(0, named=True)
    assert (found["rated_capacity_mwh"], found["capacity_factor"]) == (makes, round(Decimal(12) / makes, 6))


@pytest.mark.parametrize("capacity", [None, "0"])
def test_a_capacity_that_is_not_known_or_zero_makes_no_factor(capacity):
    trade = trades_of([{"quantity_mwh": 12, "price_per_mwh": 1, "provider_id": "A"}])
    assert mart(trade, plants(A=capacity)).select(CAPACITY).row(0) == decimals("0", "0", "0", None)


def test_a_plant_is_one_however_often_it_sells_and_sales_to_it_do_not_count():
    bought = {"quantity_mwh": 1, "price_per_mwh": 1, "provider_id": "A"}
    sold = {**bought, "provider_id": "B", "transaction_type": "sell"}
    found = mart(trades_of([bought, bought, sold]), plants(A="2", B="100"))
    assert found.select(CAPACITY).row(0) == decimals("2", "2", "48", "0.041667")


def test_more_than_a_plant_can_make_is_shown_and_not_hidden():
    trade = trades_of([{"quantity_mwh": 48, "price_per_mwh": 1, "provider_id": "A"}])
    assert mart(trade, plants(A="1"))["capacity_factor"].item() == 2


def test_quantities_below_zero_that_a_source_lets_pass_stop_no_run():
    rows = [{"quantity_mwh": "-999999.9", "energy_type": "solar"}, {"quantity_mwh": 1_000_000}]
    found = mart(trades_of([{"price_per_mwh": 1, **row} for row in rows]), plants())
    assert found["bought_share"].to_list() == [None, None], "ten million times the day's tenth of a MWh"
    assert total(found, "cost") == {"EUR": Decimal("0.1")}


def test_hours_and_shares_are_rounded_half_even():
    # 0.0000005 MW over 23 hours do not exist; 0.000001 MW of 23.5 hours would be 0.0000235: Lord Howe's spring day has 23.5
    rows = [
        {
            "date": date(2024, 10, 6),
            "market_zone": "Australia/Lord_Howe",
            "provider_id": "A",
            "at": 9,
            "energy_type": kind,
        }
        for kind in ("wind", "solar", "hydro")
    ]
    trades = trades_of([{**row, "quantity_mwh": 1, "price_per_mwh": 1} for row in rows])
    found = mart(trades, plants(A="0.000001"))
    assert found["rated_capacity_mwh"].to_list() == [Decimal("0.000024")] * 3
    assert mart(trades, plants(A="0.000003"))["rated_capacity_mwh"].to_list() == [Decimal("0.000070")] * 3
    assert found["bought_share"].to_list() == [Decimal("0.333333")] * 3
    assert found["sold_share"].to_list() == [None] * 3


@few
@given(desk_trades(), desk_providers())
def test_a_second_count_by_duckdb_agrees_to_the_last_digit(trades, providers):
    assert mart(trades, providers).equals(second_count(PORTFOLIO_MIX, trades=trades, providers=providers))


@few
@given(desk_trades(), desk_providers(), st.data())
def test_dates_one_by_one_make_the_mart_of_them_together_in_any_order_of_rows(trades, providers, data):
    together = mart(trades, providers)
    shuffled = in_any_order(providers, data)
    single = [mart(part, shuffled) for part in in_any_order(trades, data).partition_by("date")]
    assert pl.concat([mart(trades.clear(), providers), *single]).sort(PORTFOLIO_MIX.key).equals(together)


@few
@given(desk_trades(), desk_providers())
def test_energy_money_and_trades_are_those_of_the_trades_and_shares_make_a_whole(trades, providers):
    found = mart(trades, providers)
    for kind, energy, money in (("buy", "bought_mwh", "cost"), ("sell", "sold_mwh", "revenue")):
        of_side = trades.filter(pl.col("transaction_type") == kind)
        assert total(found, energy) == total(of_side, "quantity_mwh")
        assert total(found, money) == total(of_side, "amount")
    assert found["trades"].sum() == trades.height
    assert (found["rated_mwh"] <= found["bought_mwh"]).all()
    for part in found.partition_by("date"):
        shares = part["bought_share"].drop_nulls()
        assert shares.is_empty() or abs(sum(shares) - 1) <= Decimal("0.0000005") * part.height


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(empty_frame(TRADES), empty_frame(PROVIDERS))
    assert found.is_empty()
    assert found.schema == frame_schema(PORTFOLIO_MIX)
