"""Mark-to-market against numbers worked out by hand, a second count by DuckDB, and what must always hold."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts import CURATED
from contracts.marts_risk import MARK_TO_MARKET
from tests.strategies import trade_frame
from tests.transforms.counting import second_count
from tests.transforms.risk import DAYS, PRICES, in_any_order, risk_trades, split_trades, sum_by, trades_of
from tests.transforms.running import few
from transforms.mark_to_market import mark_to_market, newest_prices
from transforms.schema import frame_schema

KEY = MARK_TO_MARKET.key
CURVE = CURATED["curve"]
DAY = date(2024, 5, 1)


def price(value: str, start: str = "2024-05-01T00:00", hours: int = 1, **said: object) -> dict[str, object]:
    """A price of the curve: base of any energy type in UTC and euros, seen on 20 April, for one hour."""
    first = datetime.fromisoformat(start).replace(tzinfo=UTC)
    return {
        "as_of": date(2024, 4, 20),
        "market_zone": "Etc/UTC",
        "product": "base",
        "energy_type": "unspecified",
        "delivery_start": first,
        "delivery_end": first + timedelta(hours=hours),
        "currency": "EUR",
        "price_per_mwh": Decimal(value),
        **said,
    }


def curve_of(prices: list[dict[str, object]]) -> pl.DataFrame:
    """The curated curve: of one key the last."""
    return trade_frame(list({tuple(row[name] for name in CURVE.key): row for row in prices}.values()), CURVE)


def mart(trades: pl.DataFrame, curve: pl.DataFrame) -> pl.DataFrame:
    """The mart of the two."""
    return mark_to_market(trades.lazy(), curve.lazy(), MARK_TO_MARKET).collect()


@st.composite
def curves(draw: st.DrawFn) -> pl.DataFrame:
    """Prices of hours, days, weeks and months around the trades, several products and as-of days of some."""
    periods = [(day.isoformat() + time, hours) for day in DAYS for time, hours in (("T00:00", 1), ("T06:00", 1))]
    periods += [(f"{DAYS[2]}T00:00", 24), ("2024-04-01T00:00", 61 * 24), ("2024-05-01T00:00", 31 * 24)]
    row = st.builds(
        lambda period, value, as_of, zone, product, energy, currency: price(
            str(value), *period, as_of=as_of, market_zone=zone, product=product, energy_type=energy, currency=currency
        ),
        st.sampled_from(periods),
        PRICES,
        st.sampled_from((date(2024, 4, 20), date(2024, 4, 21), date(2024, 6, 1))),
        st.sampled_from(("Etc/UTC", "Europe/Madrid")),
        st.sampled_from(("base", "base", "peak", "off_peak")),
        st.sampled_from(("unspecified", "unspecified", "wind", "solar")),
        st.sampled_from(("EUR", "EUR", "COP")),
    )
    rows = draw(st.lists(row, max_size=12))
    again = draw(st.lists(st.sampled_from(rows), max_size=2)) if rows else []
    return curve_of([*rows, *({**old, "as_of": date(2024, 4, 25)} for old in again)])


TRADES = risk_trades(hours=(0, 6, 6, 17, 18))


def test_mark_to_market_is_what_was_worked_out_by_hand():
    """Wind in UTC and euros. The hour from 0 costs 12.345 as seen on 20 April and 11 as seen on 25 April; 1 o'clock nothing.

    P1, hour 0, at 11: 10 MWh bought at 10 for 100, worth 110; 4 MWh sold at 12.50 for 50, worth 44.
        Position 10 - 4 = 6; own prices 100 - 50 = 50; market 110 - 44 = 66; gain 66 - 50 = 16:
        (11 - 10) × 10 + (11 - 12.50) × -4 = 10 + 6 = 16.
    P1, hour 1: 3 MWh bought at 7 for 21 have no price: 1 trade, 3 MWh, 21 EUR unvalued.
        Valued of both sides: 14 MWh and 150 EUR.
    P2, hour 0: 0.5 MWh bought at 11.01 = 5.505, amount 5.50 (half even), worth 5.50: nothing gained.
    C1, 2 May: sold, no price of that day: all unvalued, no gain and no loss to tell.
    """
    curve = curve_of([price("12.345"), price("11", as_of=date(2024, 4, 25)), price("99", "2024-05-01T02:00")])
    trades = trades_of(
        [
            {"quantity_mwh": "10", "price_per_mwh": "10"},
            {"quantity_mwh": "4", "price_per_mwh": "12.50", "transaction_type": "sell"},
            {"quantity_mwh": "3", "price_per_mwh": "7", "hour": 1},
            {"quantity_mwh": "0.5", "price_per_mwh": "11.01", "counterparty_id": "P2"},
            {
                "date": date(2024, 5, 2),
                "transaction_type": "sell",
                "counterparty_id": "C1",
                "counterparty_kind": "client",
            },
        ]
    )
    seen, half, paid = date(2024, 4, 25), Decimal("0.5"), Decimal("5.50")
    assert mart(trades, curve).drop("energy_type", "market_zone", "currency").rows() == [
        (DAY, "P1", 3, 1, 14, 3, 150, 21, 6, 50, 66, 16, seen, seen),
        (DAY, "P2", 1, 0, half, 0, paid, 0, half, paid, paid, 0, seen, seen),
        (date(2024, 5, 2), "C1", 1, 1, 0, 1, 0, 10, 0, 0, None, None, None, None),
    ]


@few
@given(TRADES, curves())
def test_a_second_count_in_sql_agrees_to_the_last_digit(trades, curve):
    found = mart(trades, curve)
    assert found.equals(second_count(MARK_TO_MARKET, trades=trades, curve=curve))
    assert found.schema == frame_schema(MARK_TO_MARKET)


@few
@given(TRADES, curves())
def test_valued_and_unvalued_are_together_the_trades(trades, curve):
    found = mart(trades, curve)
    for unit, name in (("mwh", "quantity_mwh"), ("amount", "amount")):
        wide = trades.with_columns(pl.col(name).cast(pl.Decimal(38, 6 if unit == "mwh" else 2)))
        both = pl.col(f"valued_{unit}") + pl.col(f"unvalued_{unit}")
        assert sum_by(found, KEY, both) == sum_by(wide, KEY, pl.col(name))
    assert found["trades"].sum() == trades.height
    assert found.filter(
        pl.col("mark_to_market_amount").is_null() != (pl.col("trades") == pl.col("trades_without_price"))
    ).is_empty()


@few
@given(TRADES, curves())
def test_the_gains_of_two_parts_add_up_to_that_of_the_whole(trades, curve):
    parts = pl.concat([mart(part, curve) for part in split_trades(trades)])
    for name in ("mark_to_market_amount", "market_amount", "net_mwh", "trades_without_price"):
        assert sum_by(parts, KEY, pl.col(name)) == sum_by(mart(trades, curve), KEY, pl.col(name))


@few
@given(TRADES, curves(), st.integers(0, 2**32))
def test_the_order_of_trades_and_prices_and_older_prices_change_nothing(trades, curve, seed):
    found = mart(trades, curve)
    assert mart(in_any_order(trades, seed), in_any_order(curve, seed)).equals(found)
    assert mart(trades, newest_prices(curve.lazy()).collect()).equals(found)


@pytest.mark.parametrize(
    ("prices", "worth"),
    [
        ([price("20", hours=24), price("30")], 30),
        ([price("20", hours=24), price("30", "2024-05-01T01:00")], 20),
        ([price("20", "2023-01-01T00:00", hours=3 * 366 * 24)], 20),
        ([price("20"), price("30", energy_type="wind", as_of=date(2024, 4, 1))], 30),
        ([price("20"), price("30", energy_type="solar")], 20),
        ([price("20"), price("30", product="peak")], 20),
        ([price("20"), price("30", currency="COP")], 20),
        ([price("20"), price("30", market_zone="Europe/Madrid")], 20),
        ([price("20", hours=0)], None),
        ([price("20", "2024-05-01T00:15")], None),
        ([price("20", "2024-04-30T00:00", hours=24)], None),
        ([price("20"), price("30", as_of=date(2024, 4, 21)), price("40", as_of=date(2024, 4, 19))], 30),
        ([price("20", "2024-04-30T12:00", hours=24), price("30", "2024-05-01T00:00", hours=24)], 30),
    ],
)
def test_the_closest_price_that_applies_is_the_one_that_counts(prices, worth):
    assert mart(trades_of([{}]), curve_of(prices))["market_amount"].item() == worth


@pytest.mark.parametrize(("hour", "worth"), [(5, 30), (6, 50), (17, 50), (18, 30)])
def test_peak_and_off_peak_prices_go_to_the_hours_of_the_zones_market(hour, worth):
    """Madrid is two hours before UTC in May, and 1 May 2024, a Wednesday, is a peak day of the exchange though a holiday."""
    zone = {"market_zone": "Europe/Madrid"}
    day = [
        price(value, hours=24, product=name, **zone)
        for value, name in (("50", "peak"), ("30", "off_peak"), ("40", "base"))
    ]
    assert mart(trades_of([{"hour": hour, **zone}]), curve_of(day))["market_amount"].item() == worth


def test_a_price_for_the_energy_type_goes_before_one_for_the_load_type():
    zone = {"market_zone": "Europe/Madrid"}
    prices = [price("20", energy_type="wind", **zone), price("30", product="off_peak", **zone)]
    assert mart(trades_of([zone]), curve_of(prices))["market_amount"].item() == 20


def test_a_trade_longer_than_the_prices_period_has_no_price():
    hours = curve_of([price("20"), price("20", "2024-05-01T01:00")])
    row = mart(trades_of([{"minutes": 120}]), hours).row(0, named=True)
    assert (row["trades_without_price"], row["market_amount"]) == (1, None)


def test_the_market_value_of_each_trade_is_rounded_half_even_as_its_amount_is():
    trades = trades_of(
        [{"quantity_mwh": "0.5"}, {"quantity_mwh": "0.5"}, {"quantity_mwh": "0.5", "transaction_type": "sell"}]
    )
    assert mart(trades, curve_of([price("0.05")]))["market_amount"].item() == Decimal("0.02")
    assert mart(trades, curve_of([price("-0.07")]))["market_amount"].item() == Decimal("-0.04")


def test_the_highest_price_of_the_largest_trade_fits():
    most = "999999999999.999999"
    trades = trades_of([{"quantity_mwh": most, "price_per_mwh": "0"}])
    row = mart(trades, curve_of([price(most)])).row(0, named=True)
    assert row["mark_to_market_amount"] == Decimal("999999999999999998000000.00")


def test_without_a_curve_every_trade_is_counted_as_unvalued():
    trades = trades_of([{}, {"hour": 1}])
    row = mart(trades, curve_of([])).row(0, named=True)
    assert (row["trades"], row["trades_without_price"], row["mark_to_market_amount"]) == (2, 2, None)
    assert mart(trades_of([]), curve_of([price("1")])).schema == frame_schema(MARK_TO_MARKET)


def test_random_trades_really_meet_random_prices():
    seen = Counter()

    @settings(max_examples=150, database=None, phases=[Phase.generate], derandomize=True)
    @given(TRADES, curves())
    def collect(trades, curve):
        found = mart(trades, curve)
        seen["valued"] += found["trades"].sum() - found["trades_without_price"].sum()
        seen["unvalued"] += found["trades_without_price"].sum()
        seen["several as of"] += newest_prices(curve.lazy()).collect().height < curve.height

    collect()
    assert min(seen[what] for what in ("valued", "unvalued")) > 50
    assert seen["several as of"]
