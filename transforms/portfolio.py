"""The mart `portfolio_mix`: what a day's energy was generated from, what it cost, and how well the plants were used."""

import polars as pl

from contracts.model import Dataset
from transforms import numbers
from transforms.calendar import day_minutes
from transforms.market import by_side
from transforms.schema import dtype_of, frame_schema
from transforms.words import TEXTS
from transforms.zoned import with_zoned

__all__ = ["portfolio_mix"]

_MINUTES_PER_HOUR = 60
_SCALE = 6
_MINUTES = "_minutes"


def portfolio_mix(trades: pl.LazyFrame, providers: pl.LazyFrame, contract: Dataset) -> pl.LazyFrame:
    """One row per date, market zone, energy type and currency, ordered by them. In: curated transactions and providers.

    s_mwh = Σ quantity of the side s; cost and revenue = Σ amount of purchases and of sales; s_share = s_mwh / Σ s_mwh of the
    date, in every zone, energy type and currency, rounded half even, so the shares of a date add up to 1 but for rounding.

    The capacity factor looks at purchases from providers whose capacity is known and above 0, with the energy type that the
    trade says: rated_mwh = Σ their quantity; rated_capacity_mw = Σ capacity, each provider of the row once;
    rated_capacity_mwh = rated_capacity_mw × hours of the market day in its zone; capacity_factor = rated_mwh /
    rated_capacity_mwh, of the unrounded product, half even. It says how much of the plants' power was bought, not how much
    they made for others too.

    `providers` has one row per identifier. Adds up to the trades: bought_mwh + sold_mwh to their MWh, cost + revenue to
    their amounts in each currency, trades to their number.
    """
    schema = frame_schema(contract)
    key = contract.key
    capacities = providers.filter(pl.col("capacity_mw") > 0).select("provider_id", "capacity_mw")
    of_providers = (
        by_side(trades, (*key, "provider_id"))
        .with_columns(TEXTS)
        .join(capacities, on="provider_id", how="left", validate="m:1", maintain_order="left")
    )
    mix = with_zoned(
        of_providers.group_by(key).agg(*_sums(), pl.col("trades").sum()),
        {_MINUTES: (lambda zone: day_minutes(pl.col("date"), zone), pl.Int128())},
    ).with_columns(_share("bought", contract), _share("sold", contract), *_capacity())
    return mix.select(pl.col(name).cast(dtype) for name, dtype in schema.items()).sort(key)


def _sums() -> list[pl.Expr]:
    is_buy = pl.col("transaction_type") == "buy"
    is_rated = is_buy & pl.col("capacity_mw").is_not_null()
    columns = {
        "bought_mwh": ("quantity_mwh", is_buy),
        "sold_mwh": ("quantity_mwh", ~is_buy),
        "cost": ("amount", is_buy),
        "revenue": ("amount", ~is_buy),
        "rated_mwh": ("quantity_mwh", is_rated),
    }
    sums = [pl.col(column).filter(condition).sum().alias(name) for name, (column, condition) in columns.items()]
    capacity = pl.col("capacity_mw").filter(is_rated).cast(pl.Decimal(38, _SCALE))
    return [*sums, capacity.sum().alias("rated_capacity_mw")]


def _share(side: str, contract: Dataset) -> pl.Expr:
    energy, name = pl.col(f"{side}_mwh"), f"{side}_share"
    share = _fraction(energy.to_physical(), energy.sum().over("date").to_physical())
    # a source that lets quantities below zero pass can make shares of any size, which are no reason to stop a run
    return share.cast(dtype_of(contract.column(name)), strict=False).alias(name)


def _capacity() -> list[pl.Expr]:
    """What the rated capacity makes in a day, and how much of that was bought; in millionths of MW × minutes."""
    power = pl.col("rated_capacity_mw").to_physical() * pl.col(_MINUTES)
    energy = numbers.divided_half_even(power, pl.lit(_MINUTES_PER_HOUR, pl.Int128))
    factor = _fraction(pl.col("rated_mwh").to_physical() * _MINUTES_PER_HOUR, power)
    return [numbers.scaled(energy, _SCALE).alias("rated_capacity_mwh"), factor.alias("capacity_factor")]


def _fraction(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """The part of the whole to six decimals, half even; null where the whole is not above zero."""
    return numbers.scaled(numbers.divided_half_even(part * 10**_SCALE, pl.when(whole > 0).then(whole)), _SCALE)
