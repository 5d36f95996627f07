"""Exact sums: additive, balanced, and the same after a journey through the ledger."""

from collections import defaultdict
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import DELIVERED
from tests.strategies import versions
from tests.transforms.running import few
from transforms.totals import Totals, totals_of, totals_plan

TRADES = DELIVERED["transactions"]


def reference(frame: pl.DataFrame) -> Totals:
    """Sums row by row."""
    money: dict[str, Decimal] = defaultdict(Decimal)
    for currency, amount in frame.select("currency", "amount").iter_rows():
        money[currency or "?"] += amount or 0
    return Totals(frame.height, sum((q for q in frame["quantity_mwh"] if q is not None), Decimal(0)), dict(money))


def nulled(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Every second value of the column is null."""
    return frame.with_columns(pl.when(pl.int_range(pl.len()) % 2 == 0).then(pl.col(column)).alias(column))


@few
@given(versions(), st.sampled_from(["currency", "amount", "quantity_mwh"]))
def test_sums_are_those_of_a_row_by_row_count_also_with_nulls(frame, column):
    assert totals_of(frame, TRADES) == reference(frame)
    assert totals_of(nulled(frame, column), TRADES) == reference(nulled(frame, column))


@few
@given(versions(), st.integers(0, 12))
def test_the_sums_of_two_parts_are_the_sums_of_the_whole(frame, place):
    one, other = totals_of(frame[:place], TRADES), totals_of(frame[place:], TRADES)
    whole = totals_of(frame, TRADES)
    assert one + other == other + one == whole
    assert whole - other == one


@few
@given(versions(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_sum(frame, random):
    order = list(range(frame.height))
    random.shuffle(order)
    assert totals_of(frame[order] if order else frame, TRADES) == totals_of(frame, TRADES)


@few
@given(versions())
def test_the_ledger_gives_back_what_was_written_to_it(frame):
    totals = totals_of(frame, TRADES)
    assert Totals.from_json(totals.to_json()) == totals
    assert all(isinstance(value, str) for value in [totals.to_json()["mwh"], *totals.to_json()["money"].values()])


@few
@given(versions())
def test_a_collected_plan_says_the_same_as_the_frame(frame):
    assert totals_of(totals_plan(frame.lazy(), TRADES).collect(), TRADES) == totals_of(frame, TRADES)


def test_money_of_different_currencies_is_never_added():
    totals = Totals(1, Decimal(1), {"EUR": Decimal(5)}) + Totals(1, Decimal(1), {"COP": Decimal(7)})
    assert totals.money == {"COP": Decimal(7), "EUR": Decimal(5)}


@pytest.mark.parametrize(
    "other",
    [
        Totals(2, Decimal(1), {"EUR": Decimal(1)}),
        Totals(1, Decimal("1.000001"), {"EUR": Decimal(1)}),
        Totals(1, Decimal(1), {"EUR": Decimal("1.01")}),
        Totals(1, Decimal(1), {"USD": Decimal(1)}),
        None,
    ],
)
def test_totals_differ_where_any_sum_does(other):
    assert Totals(1, Decimal(1), {"EUR": Decimal(1)}) != other


def test_a_currency_without_money_is_the_same_as_none():
    some, none = Totals(1, Decimal(1), {"EUR": Decimal("0.00")}), Totals(1, Decimal(1))
    assert some == none
    assert hash(some) == hash(none)


def test_datasets_without_energy_count_rows_only():
    frame = pl.DataFrame({"provider_id": ["a", "b"]})
    assert totals_of(frame, DELIVERED["providers"]) == Totals(2)
    assert totals_of(frame.clear(), DELIVERED["providers"]) == Totals(0)


def test_a_ledger_with_other_types_is_refused():
    with pytest.raises(TypeError, match="rows must be a number and money a table of currencies"):
        Totals.from_json({"rows": "3", "mwh": "1", "money": {}})
