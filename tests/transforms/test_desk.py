"""The desk's random trades really make what the properties of the marts are about."""

from collections import Counter
from functools import cache

import polars as pl
import pytest
from hypothesis import Phase, given, seed, settings

from contracts.marts_market import MARKET_PERIOD, PRICE_BENCHMARKS
from contracts.marts_trading import MARGIN_DAILY, PORTFOLIO_MIX
from tests.transforms.desk import desk_providers, desk_trades
from transforms.benchmarks import price_benchmarks
from transforms.margin import margin_daily
from transforms.market_period import market_period
from transforms.portfolio import portfolio_mix


@cache
def sample() -> list[tuple[pl.DataFrame, pl.DataFrame]]:
    """Trades and providers as the properties get them, made without any thought of failing."""
    found: list[tuple[pl.DataFrame, pl.DataFrame]] = []

    @seed(1)
    @settings(max_examples=120, database=None, phases=[Phase.generate])
    @given(desk_trades(), desk_providers())
    def collect(trades: pl.DataFrame, providers: pl.DataFrame) -> None:
        found.append((trades, providers))

    collect()
    return found


@cache
def pooled(name: str) -> pl.DataFrame:
    """The rows of the mart, of all those trades."""
    of = {
        "market_period": lambda trades, _: market_period(trades, MARKET_PERIOD),
        "margin_daily": lambda trades, _: margin_daily(trades, MARGIN_DAILY),
        "price_benchmarks": lambda trades, _: price_benchmarks(trades, PRICE_BENCHMARKS),
        "portfolio_mix": lambda trades, providers: portfolio_mix(trades, providers, PORTFOLIO_MIX),
    }
    return pl.concat([of[name](trades.lazy(), providers.lazy()).collect() for trades, providers in sample()])


def test_no_trades_several_dates_and_trades_without_volume_really_occur():
    heights = [trades.height for trades, _ in sample()]
    assert min(heights) == 0
    assert max(heights) > 15
    assert max(trades["date"].n_unique() for trades, _ in sample()) > 1
    assert any((trades["quantity_mwh"] == 0).any() for trades, _ in sample())


@pytest.mark.parametrize(
    ("name", "condition"),
    [
        ("market_period", pl.col("period_number").is_null()),
        ("market_period", pl.col("period_number") > 1),
        ("market_period", pl.col("load_type").is_null()),
        ("market_period", pl.col("margin_per_mwh") < 0),
        ("margin_daily", (pl.col("matched_mwh") > 0) & (pl.col("long_mwh") > 0)),
        ("margin_daily", (pl.col("matched_mwh") > 0) & (pl.col("short_mwh") > 0)),
        ("margin_daily", pl.col("matched_periods") > 1),
        ("price_benchmarks", pl.col("is_outlier")),
        ("price_benchmarks", pl.col("is_outlier").is_null()),
        ("price_benchmarks", ~pl.col("is_outlier") & (pl.col("modified_z_score") > 0)),
        ("price_benchmarks", pl.col("day_deviation_percent").is_null()),
        ("price_benchmarks", pl.col("day_vwap") != pl.col("period_vwap")),
        ("portfolio_mix", pl.col("capacity_factor") > 1),
        ("portfolio_mix", pl.col("capacity_factor").is_null()),
        ("portfolio_mix", (pl.col("rated_mwh") > 0) & (pl.col("rated_mwh") < pl.col("bought_mwh"))),
        ("portfolio_mix", (pl.col("bought_share") > 0) & (pl.col("bought_share") < 1)),
    ],
    ids=str,
)
def test_every_case_that_a_mart_tells_apart_really_occurs(name, condition):
    assert pooled(name).filter(condition).height > 2


def test_every_load_type_and_days_on_which_clocks_change_really_occur():
    found = pooled("market_period")
    assert min(Counter(found["load_type"].drop_nulls()).values()) > 2
    assert set(found["load_type"].drop_nulls()) == {"peak", "off_peak", "base"}
    changes = found.filter(pl.col("date").cast(pl.String).is_in(["2024-03-31", "2024-10-27", "2024-03-10"]))
    assert changes.height > 10
