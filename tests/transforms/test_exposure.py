"""Exposure against numbers worked out by hand, against a second count by DuckDB, and against what must always hold."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import CURATED
from contracts.marts_risk import COUNTERPARTY_EXPOSURE
from tests.transforms.counting import second_count
from tests.transforms.risk import in_any_order, risk_trades, split_trades, sum_by, trades_of
from tests.transforms.running import few
from transforms.exposure import carried, exposure_of_days, limits_of
from transforms.schema import frame_schema

KEY = COUNTERPARTY_EXPOSURE.key
LIMITS = {
    "counterparty_id": pl.String,
    "counterparty_kind": pl.String,
    "credit_limit": pl.Decimal(18, 2),
    "credit_currency": pl.String,
}
SIGNED = pl.when(pl.col("transaction_type") == "sell").then("amount").otherwise(-pl.col("amount"))
ZERO = Decimal(0)


def limits(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    """Credit limits: identifier, kind, limit, currency."""
    return pl.DataFrame([(*row[:2], Decimal(row[2]), row[3]) for row in rows], schema=LIMITS, orient="row")


def days_of(trades: pl.DataFrame) -> pl.DataFrame:
    """The day rows of the trades."""
    return exposure_of_days(trades.lazy(), COUNTERPARTY_EXPOSURE).collect()


def mart(trades: pl.DataFrame, allowed: pl.DataFrame | None = None) -> pl.DataFrame:
    """The mart of the trades."""
    known = limits() if allowed is None else allowed
    return carried(days_of(trades).lazy(), known.lazy(), COUNTERPARTY_EXPOSURE).collect()


@st.composite
def any_limits(draw: st.DrawFn) -> pl.DataFrame:
    """A limit for some of the counterparties, some of 0 and some in the wrong currency."""
    rows = [
        (party, kind, draw(st.sampled_from(("0", "0.01", "1000", "123456.78"))), draw(st.sampled_from(("EUR", "COP"))))
        for party, kind in (("P1", "provider"), ("C1", "client"), ("P1", "client"))
        if draw(st.booleans())
    ]
    return limits(*rows)


def sold(party: str, amount: str, **other: object) -> dict[str, object]:
    """A sale of that amount to a client."""
    said = {"transaction_type": "sell", "counterparty_id": party, "counterparty_kind": "client", "amount": amount}
    return {**said, **other}


def test_exposure_is_what_was_worked_out_by_hand():
    """Euros. C1 may owe 500 EUR, C2 may owe 100 COP, nobody said of P1.

    30 April: C1 is sold 999, which ends with the month.
    1 May: C1 is sold 600 and 0.10, and 100 is bought from it: receivable 600.10, payable 100, net 500.10, exposure 500.10.
        C2 is sold 300: exposure 300. P1 is bought from for 50: exposure -50.
        Owed in all 800.10. Shares: 500.10 / 800.10 = 0.6250468691... and 300 / 800.10 = 0.3749531308..., P1 0.
        HHI = (500.10² + 300²) / 800.10² = (250100.01 + 90000) / 640160.01 = 340100.01 / 640160.01 = 0.5312734...
        C1 uses 500.10 / 500 = 1.0002 of its limit and is over it; C2's limit is in pesos and says nothing of euros.
    2 May: C1 pays nothing and is sold nothing; C2 alone is sold 200.10, exposure 500.10; P1 is sold 60, exposure 10.
        Owed 1010.20; shares C1 and C2 500.10 / 1010.20 = 0.49505048..., P1 10 / 1010.20 = 0.00989903...
        HHI = (2 × 250100.01 + 100) / 1020504.04 = 500300.02 / 1020504.04 = 0.49024795...
    """
    first, second = date(2024, 5, 1), date(2024, 5, 2)
    trades = trades_of(
        [
            sold("C1", "999", date=date(2024, 4, 30)),
            sold("C1", "600"),
            sold("C1", "0.10"),
            sold("C1", "100", transaction_type="buy"),
            sold("C2", "300"),
            {"amount": "50"},
            sold("C2", "200.10", date=second),
            {"amount": "60", "transaction_type": "sell", "date": second},
        ]
    )
    found = mart(trades, limits(("C1", "client", "500", "EUR"), ("C2", "client", "100", "COP")))
    day, owed, used = Decimal, Decimal("500.10"), Decimal("1.0002")
    assert found.drop("counterparty_kind", "currency", "credit_limit", "credit_currency").rows() == [
        (date(2024, 4, 30), "C1", 999, 0, 999, 999, 1, 1, day("1.998"), True, 1),
        (first, "C1", day("600.10"), 100, owed, owed, day("0.625047"), day("0.531273"), used, True, 3),
        (first, "C2", 300, 0, 300, 300, day("0.374953"), day("0.531273"), None, None, 1),
        (first, "P1", 0, 50, -50, -50, 0, day("0.531273"), None, None, 1),
        (second, "C1", 0, 0, 0, owed, day("0.495050"), day("0.490248"), used, True, 0),
        (second, "C2", day("200.10"), 0, day("200.10"), owed, day("0.495050"), day("0.490248"), None, None, 1),
        (second, "P1", 60, 0, 60, 10, day("0.009899"), day("0.490248"), None, None, 1),
    ]
    assert found.filter(pl.col("counterparty_id") == "C2")["credit_limit"].to_list() == [100, 100]


@few
@given(risk_trades(), any_limits())
def test_a_second_count_in_sql_agrees_to_the_last_digit(trades, allowed):
    found = mart(trades, allowed)
    assert found.equals(second_count(COUNTERPARTY_EXPOSURE, trades=trades, limits=allowed))
    assert found.schema == frame_schema(COUNTERPARTY_EXPOSURE)


@few
@given(risk_trades())
def test_receivable_payable_and_trades_survive_per_currency(trades):
    found = mart(trades)
    for side, name in (("sell", "receivable_amount"), ("buy", "payable_amount")):
        of_side = trades.filter(pl.col("transaction_type") == side).with_columns(
            pl.col("amount").cast(pl.Decimal(38, 2))
        )
        assert sum_by(found, ["currency"], pl.col(name)) == sum_by(of_side, ["currency"], pl.col("amount"))
    assert found["trades"].sum() == trades.height


@few
@given(risk_trades())
def test_the_month_ends_where_its_trades_add_up_to(trades):
    month = pl.col("date").dt.truncate("1mo").alias("month")
    by = ["month", *KEY[1:]]
    last = mart(trades).with_columns(month).filter(pl.col("date") == pl.col("date").max().over("month"))
    signed = SIGNED.cast(pl.Decimal(38, 2))
    assert sum_by(last, by, pl.col("exposure_amount")) == sum_by(trades.with_columns(month), by, signed)
    assert last.height == trades.with_columns(month).select(by).unique().height


@few
@given(risk_trades())
def test_shares_add_up_to_one_and_the_index_lies_between_an_even_spread_and_a_single_debtor(trades):
    for (_, _), rows in mart(trades).group_by("date", "currency"):
        shares = rows["exposure_share"].to_list()
        index = rows["hhi"].unique().item()
        if not (rows["exposure_amount"] > 0).any():
            assert set(shares) == {None}
            assert index is None
            continue
        debtors = (rows["exposure_amount"] > 0).sum()
        rounding = Decimal("0.0000005") * len(shares)
        assert abs(sum(shares) - 1) <= rounding
        assert Fraction(1, debtors) - Fraction(1, 10**6) <= Fraction(index) <= 1
        assert rows.filter(pl.col("exposure_amount") <= 0)["exposure_share"].drop_nulls().unique().to_list() in (
            [],
            [0],
        )


@few
@given(risk_trades())
def test_the_day_rows_of_two_parts_add_up_to_those_of_the_whole(trades):
    parts = pl.concat([days_of(part) for part in split_trades(trades)])
    for name in ("receivable_amount", "payable_amount", "net_amount", "trades"):
        assert sum_by(parts, KEY, pl.col(name)) == sum_by(days_of(trades), KEY, pl.col(name))


@few
@given(risk_trades(), any_limits(), st.integers(0, 2**32))
def test_the_order_of_trades_limits_and_day_rows_changes_nothing(trades, allowed, seed):
    shuffled = in_any_order(days_of(in_any_order(trades, seed)), seed)
    again = carried(shuffled.lazy(), in_any_order(allowed, seed).lazy(), COUNTERPARTY_EXPOSURE).collect()
    assert again.equals(mart(trades, allowed))


@few
@given(risk_trades(), any_limits())
def test_the_stored_mart_is_its_own_day_rows_and_takes_other_limits(trades, allowed):
    stored = mart(trades, allowed)
    assert carried(stored.lazy(), limits().lazy(), COUNTERPARTY_EXPOSURE).collect().equals(mart(trades))


@pytest.mark.parametrize(
    ("amounts", "hhi"),
    [
        (["9999999999999999.99"] * 3, "0.333333"),
        (["9999999999999999.99", "0.01"], "1"),
        (["0.01", "0.01"], "0.5"),
        (["3", "1"], "0.625"),
        (["999", "1"], "0.998002"),
        (["1999", "1"], "0.999000"),
    ],
)
def test_the_index_is_exact_for_the_largest_amounts_and_rounded_half_even(amounts, hhi):
    """1999² + 1 = 3996002 of 2000² = 4000000 is 0.9990005, which lies in the middle and goes to the even 0.999000."""
    found = mart(trades_of([sold(f"C{number}", amount) for number, amount in enumerate(amounts)]))
    assert found["hhi"].unique().to_list() == [Decimal(hhi)]


def test_the_index_of_many_of_the_largest_exposures_is_exact():
    cents = [(10**18 - 1) * count for count in range(1, 41)]
    amounts = [sold(f"C{count}", "9999999999999999.99") for count in range(1, 41) for _ in range(count)]
    index = Fraction(sum(value**2 for value in cents), sum(cents) ** 2)
    assert mart(trades_of(amounts))["hhi"].unique().to_list() == [Decimal(round(index * 10**6)).scaleb(-6)]


@pytest.mark.parametrize(
    ("limit", "utilisation", "is_over"),
    [
        (("C1", "client", "10", "EUR"), "1", False),
        (("C1", "client", "9.99", "EUR"), "1.001001", True),
        (("C1", "client", "0", "EUR"), None, True),
        (("C1", "client", "10", "COP"), None, None),
        (("C1", "provider", "10", "EUR"), None, None),
    ],
)
def test_a_limit_binds_in_its_own_currency_and_register(limit, utilisation, is_over):
    row = mart(trades_of([sold("C1", "10")]), limits(limit)).row(0, named=True)
    assert row["utilisation"] == (None if utilisation is None else Decimal(utilisation))
    assert row["is_over_limit"] is is_over


def test_who_is_owed_uses_nothing_of_a_limit():
    row = mart(trades_of([{"amount": "10"}]), limits(("P1", "provider", "10", "EUR"))).row(0, named=True)
    assert (row["exposure_amount"], row["utilisation"], row["is_over_limit"]) == (-10, 0, False)
    assert (row["exposure_share"], row["hhi"]) == (None, None)


def test_limits_come_from_both_registers_and_need_a_currency():
    schema = {"credit_limit": pl.Decimal(18, 2), "credit_currency": pl.String}
    providers = pl.DataFrame(
        [("X", Decimal(5), "EUR"), ("Y", Decimal(6), None), ("Z", None, "EUR")],
        schema={"provider_id": pl.String, **schema},
        orient="row",
    )
    clients = pl.DataFrame([("X", Decimal(7), "COP")], schema={"client_id": pl.String, **schema}, orient="row")
    found = limits_of(providers.lazy(), clients.lazy()).collect()
    assert found.rows() == [("X", "provider", 5, "EUR"), ("X", "client", 7, "COP")]
    assert dict(found.schema) == LIMITS


def test_no_trades_make_an_empty_mart_of_the_same_schema():
    found = mart(trades_of([]))
    assert found.is_empty()
    assert found.schema == frame_schema(COUNTERPARTY_EXPOSURE)
    assert set(CURATED["transactions"].column_names) >= {"counterparty_id", "counterparty_kind"}
