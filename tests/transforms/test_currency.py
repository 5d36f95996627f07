"""Amounts in a reporting currency: rates worked out by hand, a second computation in DuckDB, and what must always hold."""

from datetime import date, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.transforms.counting import counting, statement
from tests.transforms.running import few
from transforms.currency import with_reporting_amount
from transforms.words import texts

DAY = date(2024, 5, 6)
FX = {"date": pl.Date, "base_currency": pl.String, "quote_currency": pl.String, "rate": pl.Decimal(18, 9)}
TRADES = {"transaction_id": pl.String, "date": pl.Date, "currency": pl.String, "amount": pl.Decimal(18, 2)}
ADDED = {
    "fx_rate": pl.Decimal(18, 9),
    "fx_date": pl.Date,
    "reporting_amount": pl.Decimal(18, 2),
    "reporting_currency": pl.String,
}
LARGEST = Decimal("9999999999999999.99")


def rates(*rows: tuple[date, str, str, str]) -> pl.DataFrame:
    """Rows of `fx_daily`."""
    return pl.DataFrame([(*row[:3], Decimal(row[3])) for row in rows], schema=FX, orient="row")


def trades(*rows: tuple[date, str, str]) -> pl.DataFrame:
    """Trades of a day, a currency and an amount, numbered from T0."""
    numbered = [(f"T{n}", day, currency, Decimal(amount)) for n, (day, currency, amount) in enumerate(rows)]
    return pl.DataFrame(numbered, schema=TRADES, orient="row")


def reported(given: pl.DataFrame, fx: pl.DataFrame, currency: str = "EUR") -> pl.DataFrame:
    """What the transform makes of them."""
    return texts(with_reporting_amount(given, fx, currency))


def shown(given: pl.DataFrame, fx: pl.DataFrame) -> list[tuple[object, ...]]:
    """Currency, rate, day and amount of each trade, as text."""
    found = reported(given, fx).select("reporting_currency", "fx_rate", "fx_date", "reporting_amount")
    return [tuple(None if value is None else str(value) for value in row) for row in found.iter_rows()]


def test_amounts_in_a_reporting_currency_are_those_worked_out_by_hand():
    """Reporting in EUR on Monday 6 May 2024.

    USD: direct, 1 USD = 0.93 EUR on Friday the 3rd: 100.50 × 0.93 = 93.465, half even 93.46 (6 is even).
    GBP: only inverse, 1 EUR = 0.857 GBP: 1 / 0.857 = 1.166861143523…, so 1.166861144; × -200.00 = -233.3722288 → -233.37.
    COP: 1 EUR = 4200 COP: 1 / 4200 = 0.000238095238…, so 0.000238095; × 1 000 000.00 = 238.095 → 238.10 (half even: 9 is odd).
    EUR itself: rate 1, no day. MXN: nobody quotes it.
    """
    friday = date(2024, 5, 3)
    fx = rates(
        (friday, "USD", "EUR", "0.93"),
        (friday, "EUR", "GBP", "0.857"),
        (DAY, "EUR", "COP", "4200"),
    )
    given = trades(
        (DAY, "USD", "100.50"), (DAY, "GBP", "-200"), (DAY, "COP", "1000000"), (DAY, "EUR", "7.77"), (DAY, "MXN", "5")
    )
    assert shown(given, fx) == [
        ("EUR", "0.930000000", "2024-05-03", "93.46"),
        ("EUR", "1.166861144", "2024-05-03", "-233.37"),
        ("EUR", "0.000238095", "2024-05-06", "238.10"),
        ("EUR", "1.000000000", None, "7.77"),
        (None, None, None, None),
    ]


@pytest.mark.parametrize(("age", "is_known"), [(-1, False), (0, True), (1, True), (7, True), (8, False)])
def test_a_rate_serves_its_own_day_and_seven_days_after_it_and_none_before_it(age, is_known):
    fx = rates((DAY - timedelta(days=age), "USD", "EUR", "0.9"))
    assert (shown(trades((DAY, "USD", "1")), fx)[0][3] == "0.90") is is_known


def test_the_newest_rate_counts_and_a_direct_quote_before_a_newer_inverse_one():
    old, older = DAY - timedelta(days=2), DAY - timedelta(days=3)
    fx = rates((older, "USD", "EUR", "0.8"), (old, "USD", "EUR", "0.9"), (DAY, "EUR", "USD", "2"))
    assert shown(trades((DAY, "USD", "1")), fx) == [("EUR", "0.900000000", str(old), "0.90")]
    alone = fx.filter(pl.col("base_currency") == "EUR")
    assert shown(trades((DAY, "USD", "1")), alone) == [("EUR", "0.500000000", str(DAY), "0.50")]


def test_what_a_currency_is_worth_in_itself_is_one_whatever_is_delivered():
    fx = rates((DAY, "EUR", "EUR", "2"))
    assert shown(trades((DAY, "EUR", "3")), fx) == [("EUR", "1.000000000", None, "3.00")]


def test_no_rate_is_made_by_way_of_a_third_currency():
    fx = rates((DAY, "COP", "USD", "0.00025"), (DAY, "USD", "EUR", "0.9"))
    assert shown(trades((DAY, "COP", "1000")), fx) == [(None, None, None, None)]


def test_an_inverse_that_is_no_rate_is_no_rate_and_a_product_that_is_no_amount_is_null():
    assert shown(trades((DAY, "USD", "1")), rates((DAY, "EUR", "USD", "0.000000001"))) == [(None, None, None, None)]
    fx = rates((DAY, "USD", "EUR", "999999999.999999999"))
    assert shown(trades((DAY, "USD", str(LARGEST))), fx) == [(None, "999999999.999999999", str(DAY), None)]
    assert shown(trades((DAY, "USD", "10000000.00")), fx)[0][3] == "9999999999999999.99"


_DAYS = st.integers(0, 12).map(lambda n: DAY + timedelta(days=n))
_CURRENCIES = st.sampled_from(["EUR", "USD", "COP", "GBP"])
_RATES = st.integers(1, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-9)) | st.sampled_from(
    [Decimal(text) for text in ("1", "0.000000001", "999999999.999999999", "0.93", "4200", "1.5")]
)
_AMOUNTS = st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2)) | st.sampled_from(
    [LARGEST, -LARGEST, Decimal(0), Decimal("0.01"), Decimal("100.50")]
)
_FX = st.lists(
    st.tuples(_DAYS, _CURRENCIES, _CURRENCIES, _RATES), max_size=12, unique_by=lambda row: (row[0], row[1], row[2])
).map(lambda rows: pl.DataFrame(rows, schema=FX, orient="row"))
_TRADES = st.lists(st.tuples(_DAYS, _CURRENCIES, _AMOUNTS.map(str)), max_size=10).map(lambda rows: trades(*rows))


@few
@given(_TRADES, _FX)
def test_a_second_computation_in_sql_finds_the_same_rates_and_amounts(given, fx):
    found = reported(given, fx)
    with counting(amounts=given, fx_daily=fx) as connection:
        expected = connection.sql(statement("reporting")).pl().sort("transaction_id")
    assert found.select(expected.columns).sort("transaction_id").equals(expected)
    assert found.select(*ADDED).schema == expected.select(*ADDED).schema


@few
@given(_TRADES, _FX, st.randoms(use_true_random=False))
def test_every_trade_stays_in_its_place_whatever_the_order_of_the_rates(given, fx, random):
    order = list(range(fx.height))
    random.shuffle(order)
    found = reported(given, fx)
    assert found.select(given.columns).equals(given)
    assert found.select(*ADDED).schema == pl.Schema(ADDED)
    assert reported(given, fx[order] if order else fx).equals(found)


@few
@given(_TRADES, _FX)
def test_an_amount_and_its_currency_are_there_together_and_only_with_a_rate(given, fx):
    for row in reported(given, fx).to_dicts():
        assert (row["reporting_amount"] is None) == (row["reporting_currency"] is None)
        assert row["reporting_amount"] is None or row["fx_rate"] is not None
        assert row["fx_date"] is None or 0 <= (row["date"] - row["fx_date"]).days <= 7
        if row["currency"] == "EUR":
            assert (row["fx_rate"], row["fx_date"], row["reporting_amount"]) == (1, None, row["amount"])


def test_no_trades_and_no_rates_are_no_trades():
    found = reported(trades(), rates())
    assert found.is_empty()
    assert found.select(*ADDED).schema == pl.Schema(ADDED)
