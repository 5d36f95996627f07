"""The mart `price_benchmarks`: each trade's price against its day's and its period's, and whether it is out of line."""

import polars as pl

from contracts.curated import MARKET_DAILY
from contracts.marts_market import MARKET_PERIOD
from contracts.model import Dataset
from transforms.market import VALUE, by_side, vwap
from transforms.schema import frame_schema

__all__ = ["LEAST_SAMPLE", "price_benchmarks"]

LEAST_SAMPLE = 10
"""Fewer prices do not tell what is usual: of 9, a single one is more than a tenth."""

_SIDE = "transaction_type"
_DAY, _PERIOD = (*MARKET_DAILY.key, _SIDE), (*MARKET_PERIOD.key, _SIDE)

_THRESHOLD = 35_000
"""3.5, in ten-thousandths, as scores are counted."""
_MAD_FACTOR = 2 * 6_745
"""0.6745, the third quartile of the standard normal distribution, in ten-thousandths; twice, as `_MIDDLE` is two MADs."""
_MEAN_FACTOR = 1_253_314
"""√(π/2) in millionths: what makes a mean absolute deviation a standard deviation, where errors are normal."""
_MILLION = 10**6
_SCORE_SCALE, _PERCENT_SCALE = 4, 4

_SAMPLE, _PRICES, _MIDDLE, _DEVIATION = "_sample", "_prices", "_middle", "_deviation"
_SUM, _COUNT, _NUMERATOR, _DENOMINATOR, _SCORE = "_sum", "_count", "_numerator", "_denominator", "_score"


def price_benchmarks(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per trade, in the order of the trades. In: curated transactions.

    day_vwap and period_vwap are those of the trade's own side in `market_daily` and `market_period`, so the trade itself
    counts in them. deviation = price - vwap; deviation_percent = 100 × deviation / |vwap|, rounded half even to four
    decimals, of the vwap as shown.

    modified_z_score = 0.6745 × (price - median) / MAD over the n prices of one date, energy type, side and currency, where
    MAD is the median of |price - median|; is_outlier where it is beyond 3.5 either way (Iglewicz and Hoaglin, How to Detect
    and Handle Outliers, 1993). Where half of the prices or more are one, MAD is 0 and the score is (price - median) /
    (1.253314 × mean of |price - median|), as IBM's statistics do; where all are, there is none and no outlier. Both are
    null where n < `LEAST_SAMPLE`. Trades count alike here, whatever their volume: one wrong entry is one, however large.
    Scores are compared in whole numbers; only the one that is shown is rounded, half even to four decimals.

    Adds up to the trades: quantity_mwh and amount are theirs, row by row.
    """
    schema = frame_schema(contract)
    needed = [name for name in trades.collect_schema() if name in {*contract.column_names, *_PERIOD}]
    days = by_side(trades, MARKET_DAILY.key, _doubled("price_per_mwh").sort().alias(_PRICES)).select(
        *_DAY, _vwap().cast(schema["day_vwap"]).alias("day_vwap"), _middle_pair(_PRICES).floordiv(2).alias(_MIDDLE)
    )
    periods = by_side(trades, MARKET_PERIOD.key).select(
        *_PERIOD, _vwap().cast(schema["period_vwap"]).alias("period_vwap")
    )
    compared = (
        trades.select(needed)
        .join(days.with_row_index(_SAMPLE), on=_DAY, how="left", maintain_order="left")
        .join(periods, on=_PERIOD, how="left", maintain_order="left")
        .with_columns((_doubled("price_per_mwh") - pl.col(_MIDDLE)).alias(_DEVIATION))
    )
    factors = _score_factors(compared.select(_SAMPLE, _DEVIATION))
    scored = compared.join(factors, on=_SAMPLE, how="left", maintain_order="left").with_columns(
        (pl.col(_DEVIATION) * pl.col(_NUMERATOR)).alias(_SCORE),
        *(_against(of, schema) for of in ("day", "period")),
    )
    divisor = pl.col(_DENOMINATOR)
    flagged = scored.with_columns((pl.col(_SCORE).abs() > divisor * _THRESHOLD).alias("is_outlier"))
    quotients = {f"{of}_deviation_percent": _percent(of) for of in ("day", "period")}
    quotients["modified_z_score"] = (pl.col(_SCORE), pl.when(divisor > 0).then(divisor))
    return _divided(flagged, quotients, schema).select(contract.column_names)


def _vwap() -> pl.Expr:
    return vwap(pl.col(VALUE), pl.col("quantity_mwh"))


def _against(of: str, schema: pl.Schema) -> pl.Expr:
    """How far the trade's price lies from a benchmark."""
    name = f"{of}_deviation"
    return (pl.col("price_per_mwh") - pl.col(f"{of}_vwap")).cast(schema[name]).alias(name)


def _percent(of: str) -> tuple[pl.Expr, pl.Expr]:
    """Dividend and divisor of the deviation in percent."""
    benchmark = pl.col(f"{of}_vwap").to_physical()
    one = 100 * 10**_PERCENT_SCALE
    return pl.col(f"{of}_deviation").to_physical() * one, pl.when(benchmark != 0).then(benchmark.abs())


def _score_factors(trades: pl.LazyFrame) -> pl.LazyFrame:
    """One row per sample: a score is the doubled deviation from the median × `_NUMERATOR` / `_DENOMINATOR`."""
    size = pl.col(_DEVIATION).abs()
    samples = trades.group_by(_SAMPLE).agg(
        size.sort().alias(_PRICES), size.cast(pl.Int128).sum().alias(_SUM), pl.len().cast(pl.Int128).alias(_COUNT)
    )
    two_mads = _middle_pair(_PRICES).cast(pl.Int128)
    by_mad, by_mean = pl.lit(_MAD_FACTOR, pl.Int128), pl.col(_COUNT) * (10**_SCORE_SCALE * _MILLION)
    return samples.select(
        _SAMPLE,
        pl.when(pl.col(_COUNT) >= LEAST_SAMPLE)
        .then(pl.when(two_mads > 0).then(by_mad).otherwise(by_mean))
        .alias(_NUMERATOR),
        pl.when(two_mads > 0).then(two_mads).otherwise(pl.col(_SUM) * _MEAN_FACTOR).alias(_DENOMINATOR),
    )


def _divided(frame: pl.LazyFrame, quotients: dict[str, tuple[pl.Expr, pl.Expr]], schema: pl.Schema) -> pl.LazyFrame:
    """The frame with a column for each quotient of whole numbers, rounded half even and read as the schema's decimal.

    As `numbers.divided_half_even`, in three steps: on as many rows as there are trades, a division that is written once is
    to be done once.
    """
    over, under, quotient = ({name: f"_{name}_{part}" for name in quotients} for part in ("over", "under", "quotient"))
    for name, (dividend, divisor) in quotients.items():
        frame = frame.with_columns(dividend.alias(over[name]), divisor.alias(under[name]))
    frame = frame.with_columns((pl.col(over[name]) // pl.col(under[name])).alias(quotient[name]) for name in quotients)
    return frame.with_columns(
        _to_even(pl.col(quotient[name]), pl.col(over[name]), pl.col(under[name]))
        .reinterpret(dtype=schema[name])
        .alias(name)
        for name in quotients
    )


def _to_even(quotient: pl.Expr, dividend: pl.Expr, divisor: pl.Expr) -> pl.Expr:
    """The quotient that was rounded down, one more where the rest is above half of the divisor, or half and it is odd."""
    twice_the_rest = (dividend - quotient * divisor) * 2
    up = (twice_the_rest > divisor) | ((twice_the_rest == divisor) & (quotient & 1 == 1))
    return quotient + up.cast(pl.Int128)


def _doubled(price: str) -> pl.Expr:
    return pl.col(price).to_physical().cast(pl.Int64) * 2


def _middle_pair(ordered: str) -> pl.Expr:
    """The sum of the two middle values of an ordered list, or twice the only one."""
    values = pl.col(ordered).list
    return values.get((values.len() - 1) // 2) + values.get(values.len() // 2)
