"""Grouping by one number finds the groups and sums that grouping by the columns themselves does."""

import polars as pl
import pytest
from hypothesis import given

from tests.strategies import versions
from tests.transforms.running import few
from transforms.places import GROUP, group_of, grouped, with_places
from transforms.versions import in_order
from transforms.words import TEXTS, words_of

WORDS = ("transaction_type", "provider_id", "client_id", "energy_type", "market_zone", "currency")
KEYS = [
    ("date", "energy_type", "currency", "transaction_type"),
    ("date", "market_zone", "delivery_start", "delivery_end", "energy_type", "provider_id"),
    ("date", "client_id", "provider_id"),
]


@pytest.mark.parametrize("key", KEYS, ids=["day", "period", "nulls"])
@few
@given(versions())
def test_groups_by_number_are_the_groups_by_key(key: tuple[str, ...], trades: pl.DataFrame):
    placed = with_places(words_of(trades, WORDS)).lazy()
    assert [name.meta.output_name() for name in group_of(placed.collect_schema(), key)] == [GROUP]
    sums = (pl.len().alias("rows"), pl.col("amount").cast(pl.Decimal(38, 2)).sum())
    found = grouped(placed, key, *sums).sort(GROUP).select(*key, "rows", "amount").with_columns(TEXTS).collect()
    expected = trades.group_by(key).agg(*sums)
    assert found.sort(key).equals(expected.sort(key))


@few
@given(versions())
def test_trades_in_order_are_those_sorted_by_date_time_and_identifier(trades: pl.DataFrame):
    each_once = trades.unique("transaction_id", keep="first", maintain_order=True)
    assert in_order(each_once).equals(each_once.sort("date", "delivery_start", "transaction_id"))
