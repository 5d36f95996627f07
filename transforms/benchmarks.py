"""The mart `price_benchmarks`: each trade's price against its day's and its period's, and whether it is out of line."""

import polars as pl

from contracts.curated import MARKET_DAILY
from contracts.marts_market import MARKET_PERIOD
from contracts.model import Dataset
from transforms.market import VALUE, by_side, vwap
from transforms.places import group_of
from transforms.schema import frame_schema

__all__ = ["LEAST_SAMPLE", "price_benchmarks"]

LEAST_SAMPLE = 10
"""Fewer prices do not tell what is usual: a median of four or five moves with each of them."""

_SIDE = "transaction_type"
_DAY, _PERIOD = (*MARKET_DAILY.key, _SIDE), (*MARKET_PERIOD.key, _SIDE)

_TRADE = ("transaction_id", "quantity_mwh", "price_per_mwh", "amount", *_DAY)
"""What is shown of the trade itself."""

_THRESHOLD = 35_000
"""3.5, in ten-thousandths, as scores are counted."""
_MAD_FACTOR = 2 * 6_745
"""0.6745, the third quartile of the standard normal distribution, in ten-thousandths; twice, as `_judged` divides by two MADs."""
_MEAN_FACTOR = 1_253_314
"""√(π/2) in millionths: what makes a mean absolute deviation a standard deviation, where errors are normal."""
_MEAN_SCALE = 10**6 * 10**4
"""Of a score by the mean: the millionths of its factor and the ten-thousandths of the score."""
_PERCENT_SCALE = 4

_PRICES, _APART, _MIDDLE = "_prices", "_apart", "_middle"
_NUMERATOR, _DENOMINATOR, _SCORE = "_numerator", "_denominator", "_score"


def price_benchmarks(trades: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per trade, in the order of the trades. In: curated transactions.

    day_vwap and period_vwap are those of the trade's own side in `market_daily` and `market_period`, so the trade itself
    counts in them. deviation = price - vwap; deviation_percent = 100 × deviation / |vwap|, rounded half even to four
    decimals, of the vwap as shown.

    modified_z_score = 0.6745 × (price - median) / MAD over the n prices of one date, energy type, side and currency, where
    MAD is the median of |price - median|; is_outlier where it is beyond 3.5 either way (Iglewicz and Hoaglin, How to Detect
    and Handle Outliers, 1993). Where more than half of the prices are one, MAD is 0 and the score is (price - median) /
    (1.253314 × mean of |price - median|), a variant that IBM uses; where all are, there is none and no outlier. Both are
    null where n < `LEAST_SAMPLE`. Trades count alike here, whatever their volume: one wrong entry is one, however large.
    Scores are compared in whole numbers; only the one that is shown is rounded, half even to four decimals.

    Adds up to the trades: quantity_mwh and amount are theirs, row by row.
    """
    schema = frame_schema(contract)
    by = group_of(trades.collect_schema(), _PERIOD)
    names = [name.meta.output_name() for name in by]
    needed = [name for name in contract.column_names if name in _TRADE]
    sums = by_side(trades, MARKET_PERIOD.key, _doubled("price_per_mwh").alias(_PRICES))
    days = sums.group_by(_DAY).agg(
        pl.col("quantity_mwh", VALUE).sum(), pl.col(_PRICES).explode(empty_as_null=False).sort()
    )
    benchmarks = (
        _priced(sums, "period", schema)
        .with_columns(by)
        .join(_judged(_priced(days, "day", schema)), on=_DAY, how="left")
        .select(*names, "period_vwap", "day_vwap", _MIDDLE, _NUMERATOR, _DENOMINATOR)
    )
    met = trades.select(by).join(benchmarks, on=names, how="left", maintain_order="left").drop(names)
    compared = pl.concat([trades.select(needed), met], how="horizontal")  # a join would copy what it only passes on
    away = _doubled("price_per_mwh") - pl.col(_MIDDLE)
    scored = compared.with_columns(
        (away * pl.col(_NUMERATOR)).alias(_SCORE), _against("day", schema), _against("period", schema)
    )
    divisor = pl.col(_DENOMINATOR)
    flagged = scored.with_columns((pl.col(_SCORE).abs() > divisor * _THRESHOLD).alias("is_outlier"))
    quotients = {f"{of}_deviation_percent": _percent(of) for of in ("day", "period")}
    quotients["modified_z_score"] = (pl.col(_SCORE), pl.when(divisor > 0).then(divisor))
    return _divided(flagged, quotients, schema).select(contract.column_names)


def _priced(sums: pl.LazyFrame, of: str, schema: pl.Schema) -> pl.LazyFrame:
    name = f"{of}_vwap"
    return sums.with_columns(vwap(pl.col(VALUE), pl.col("quantity_mwh")).cast(schema[name]).alias(name))


def _judged(days: pl.LazyFrame) -> pl.LazyFrame:
    """One row per sample: a score is the doubled price less `_MIDDLE`, twice the median, × `_NUMERATOR` / `_DENOMINATOR`.

    Prices are doubled, because the median of an even number of them may lie half a unit between two. A price has 18 digits
    at most, so twice the difference of two fits 64 bits, and the products 128.
    """
    centred = days.with_columns((_middle_pair(_PRICES) // 2).alias(_MIDDLE))
    apart = centred.with_columns((pl.col(_PRICES) - pl.col(_MIDDLE)).list.eval(pl.element().abs().sort()).alias(_APART))
    two_mads, count = _middle_pair(_APART).cast(pl.Int128), pl.col(_APART).list.len().cast(pl.Int128)
    all_apart = pl.col(_APART).list.eval(pl.element().cast(pl.Int128)).list.sum()
    return apart.select(
        *_DAY,
        "day_vwap",
        _MIDDLE,
        pl.when(count >= LEAST_SAMPLE)
        .then(pl.when(two_mads > 0).then(pl.lit(_MAD_FACTOR, pl.Int128)).otherwise(count * _MEAN_SCALE))
        .alias(_NUMERATOR),
        pl.when(two_mads > 0).then(two_mads).otherwise(all_apart * _MEAN_FACTOR).alias(_DENOMINATOR),
    )


def _against(of: str, schema: pl.Schema) -> pl.Expr:
    """How far the trade's price lies from a benchmark."""
    name = f"{of}_deviation"
    return (pl.col("price_per_mwh") - pl.col(f"{of}_vwap")).cast(schema[name]).alias(name)


def _percent(of: str) -> tuple[pl.Expr, pl.Expr]:
    """Dividend and divisor of the deviation in percent."""
    benchmark = pl.col(f"{of}_vwap").to_physical()
    one = 100 * 10**_PERCENT_SCALE
    return pl.col(f"{of}_deviation").to_physical() * one, pl.when(benchmark != 0).then(benchmark.abs())


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
