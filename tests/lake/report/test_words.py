"""How the report writes numbers: half even, with signs and units, and exactly where a table shows them."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.report.words import counted, day, divided, exact, listed, mwh, number, percent, signed

AMOUNTS = st.decimals(min_value=-(10**31), max_value=10**31, places=2, allow_nan=False)


@given(AMOUNTS, st.decimals(min_value="0.000001", max_value=10**20, places=6), st.integers(0, 8))
def test_a_quotient_is_rounded_half_even_once_however_large(amount, by, decimals):
    with localcontext() as context:
        context.prec = 120  # the quotient has at most 40 digits before the point, so this one is exact where a half is
        wanted = (amount / by).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN)
    assert divided(amount, by, decimals) == wanted
    assert divided(amount, -by, decimals) == wanted.copy_negate()


@pytest.mark.parametrize(
    ("amount", "rounded"), [("0.125", "0.12"), ("0.135", "0.14"), ("-0.125", "-0.12"), ("0.1251", "0.13")]
)
def test_a_half_goes_to_the_even_digit(amount: str, rounded: str):
    assert divided(Decimal(amount), 1, 2) == Decimal(rounded)


def test_nothing_divides_by_zero():
    assert divided(Decimal(5), Decimal(0)) is None
    assert percent(5, 0) == "–"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**30), max_value=10**30))
def test_a_cell_shows_every_digit(value: Decimal):
    assert Decimal(exact(value).replace(",", "")) == value
    assert exact(value).replace(",", "").split(".")[1] == f"{value:f}".split(".")[1]


def test_cells_of_every_kind():
    cells = [None, True, False, 1234567, Decimal("1234.50"), date(2026, 1, 2), "<text>"]
    assert [exact(cell) for cell in cells] == ["–", "yes", "no", "1,234,567", "1,234.50", "2026-01-02", "<text>"]


def test_a_share_that_is_not_nothing_never_reads_as_nothing():
    assert percent(1, 3) == "33.3%"
    assert percent(1, 1_000_000) == "less than 0.1%"
    assert percent(0, 7) == "0.0%"
    assert percent(1, 1_000, 2) == "0.10%"


def test_numbers_in_sentences():
    assert number(Decimal("-1234.565")) == "−1,234.56"
    assert signed(Decimal("2.5")) == "+2.50"
    assert signed(Decimal(-2), 0) == "−2"
    assert signed(0) == "0.00"
    assert mwh(Decimal("99.9994")) == "99.999 MWh"
    assert mwh(Decimal("-1234.5")) == "−1,234 MWh"
    assert counted(1, "row") == "1 row"
    assert counted(2, "counterparty", "counterparties") == "2 counterparties"
    assert day(date(2026, 11, 3)) == "3 November 2026"
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
