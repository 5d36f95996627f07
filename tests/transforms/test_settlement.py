"""Settlement against numbers worked out by hand, against a second count by DuckDB, and against what must always hold."""

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from contracts.marts_risk import SETTLEMENT_DAILY
from tests.transforms.counting import second_count
from tests.transforms.risk import in_any_order, risk_trades, split_trades, sum_by, trades_of
from tests.transforms.running import few
from transforms.schema import frame_schema
from transforms.settlement import settlement_daily

KEY = SETTLEMENT_DAILY.key
READ_OF_FIRST = (*KEY, "transaction_type", "amount")
SIGNED = pl.when(pl.col("transaction_type") == "sell").then("amount").otherwise(-pl.col("amount"))


def mart(first: pl.DataFrame, trades: pl.DataFrame) -> pl.DataFrame:
    """The mart of the two."""
    return settlement_daily(trades.lazy(), first.lazy(), trades.lazy(), SETTLEMENT_DAILY).collect()


def sale(amount: str, **other: object) -> dict[str, object]:
    """A sale to C1."""
    return {
        "transaction_type": "sell",
        "counterparty_id": "C1",
        "counterparty_kind": "client",
        "amount": amount,
        **other,
    }


def rated(amount: str, currency: str = "USD") -> dict[str, object]:
    """What a trade is worth in the reporting currency."""
    return {"reporting_currency": currency, "reporting_amount": Decimal(amount)}


def test_settlement_is_what_was_worked_out_by_hand():
    """Euros, reported in dollars.

    C1 on 1 May was first sold 100, 50 and 7, and 20 were bought from it: 100 + 50 + 7 - 20 = 137 of 4 trades, 177 gross.
    Then 100 became 110.50, 50 moved to 2 May, 7 was cancelled: 110.50 - 20 = 90.50 of 2 trades, 130.50 gross.
        Difference 90.50 - 137 = -46.50. In dollars 121.55 - 22 = 99.55.
    C1 on 2 May: nothing first, then 50: difference +50. It has no rate, so no dollars and 1 trade without.
    P1 on 1 May: 30 bought and still so: -30 both times, gross 30, difference 0; and 5 bought that came later, without a
        rate: -35, gross 35, difference -5; in dollars -33 of the one that has a rate.
    """
    second = date(2024, 5, 2)
    first = trades_of(
        [sale("100"), sale("50"), sale("7"), sale("20", transaction_type="buy"), {"amount": "30"}],
    )
    trades = trades_of(
        [
            sale("110.50", **rated("121.55")),
            sale("50", date=second),
            sale("20", transaction_type="buy", **rated("22")),
            {"amount": "30", **rated("33")},
            {"amount": "5"},
        ]
    )
    day = Decimal
    assert mart(first, trades).drop("currency").rows() == [
        (date(2024, 5, 1), "C1", 137, day("90.5"), day("-46.5"), 177, day("130.5"), 4, 2, "USD", day("99.55"), 0),
        (date(2024, 5, 1), "P1", -30, -35, -5, 30, 35, 1, 2, "USD", -33, 1),
        (second, "C1", 0, 50, 50, 0, 50, 0, 1, None, None, 1),
    ]


@few
@given(risk_trades(), risk_trades())
def test_a_second_count_in_sql_agrees_to_the_last_digit(first, trades):
    found = mart(first.select(READ_OF_FIRST), trades)
    assert found.equals(second_count(SETTLEMENT_DAILY, earliest=first, trades=trades))
    assert found.schema == frame_schema(SETTLEMENT_DAILY)


@few
@given(risk_trades(), risk_trades())
def test_money_and_trades_of_both_survive_per_currency(first, trades):
    found = mart(first, trades)
    for name, versions in (("first", first), ("latest", trades)):
        wide = versions.with_columns(pl.col("amount").cast(pl.Decimal(38, 2)))
        assert sum_by(found, ["currency"], pl.col(f"{name}_amount")) == sum_by(wide, ["currency"], SIGNED)
        assert sum_by(found, ["currency"], pl.col(f"{name}_gross_amount")) == sum_by(
            wide, ["currency"], pl.col("amount")
        )
        assert found[f"{name}_trades"].sum() == versions.height


@few
@given(risk_trades())
def test_what_nobody_corrected_has_no_difference(trades):
    found = mart(trades, trades)
    assert found.filter(pl.col("difference_amount") != 0).is_empty()
    assert found["first_gross_amount"].to_list() == found["latest_gross_amount"].to_list()


@few
@given(risk_trades(), risk_trades())
def test_the_differences_of_two_parts_add_up_to_that_of_the_whole(first, trades):
    parts = [mart(*both) for both in zip(split_trades(first), split_trades(trades), strict=True)]
    for name in ("difference_amount", "latest_gross_amount", "first_trades"):
        assert sum_by(pl.concat(parts), KEY, pl.col(name)) == sum_by(mart(first, trades), KEY, pl.col(name))


@few
@given(risk_trades(), risk_trades(), st.integers(0, 2**32))
def test_the_order_of_versions_changes_nothing(first, trades, seed):
    assert mart(in_any_order(first, seed), in_any_order(trades, seed)).equals(mart(first, trades))


def test_amounts_of_two_reporting_currencies_are_not_added():
    trades = trades_of([{"amount": "1", **rated("2", "USD")}, {"amount": "1", **rated("3", "COP")}])
    row = mart(trades, trades).row(0, named=True)
    assert (row["reporting_currency"], row["reporting_amount"], row["trades_without_rate"]) == (None, None, 2)


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(trades_of([]), trades_of([]))
    assert found.is_empty()
    assert found.schema == frame_schema(SETTLEMENT_DAILY)
