"""Which columns may be added up, by the unit that their contract gives them.

Energy adds up over anything. Power does not add up over time, prices add up over nothing, and amounts of money add up
within one currency only. A mart takes its sums from `summable`, so that a wrong one fails while the plan is made and not
in a report. Conversion between units is in `numbers.py`, the units of deliveries are in `contracts.source`.
"""

from collections.abc import Collection

import polars as pl

from contracts.model import Column, ContractError
from contracts.source import ENERGY_UNITS_IN_MWH

__all__ = ["CURRENCY", "POWER_UNITS", "is_price", "summable"]

POWER_UNITS = ("kW", "MW", "GW")
"""Units of power. MW over one hour and MW over another are not two MW: times hours they are MWh, and those add up."""

CURRENCY = "currency"
"""The unit of money in a contract, and the name of the column that says which. So is what ends in it (`credit_currency`)."""


def is_price(unit: str) -> bool:
    """Whether the unit is money or anything else per something, such as `currency/MWh`, or a percentage."""
    return "/" in unit or unit == "%"


def summable(column: Column, by: Collection[str] = ()) -> pl.Expr:
    """The column, to be summed over rows that are grouped by the columns `by`.

    Raises `ContractError` for power, for prices, for money whose currency is not among `by`, for what is no number, and for
    a unit that is not known to add up. Counts, which have no unit, add up.
    """
    name, unit = column.name, column.unit
    if column.type.name not in {"decimal", "integer"}:
        raise ContractError(f"{name} is of type {column.type}; only decimals and integers can be summed")
    if unit in POWER_UNITS:
        raise ContractError(
            f"{name} is power in {unit} and cannot be summed over time: multiply with the hours, sum the energy"
        )
    if is_price(unit):
        raise ContractError(
            f"{name} is a price in {unit} and cannot be summed: weight it by volume, as `market.vwap` does"
        )
    if _is_money(unit) and unit not in by:
        raise ContractError(
            f"{name} is money in several currencies and was to be summed by {', '.join(by) or 'nothing'}: "
            f"add {unit} to what is grouped by"
        )
    if unit and not _is_money(unit) and unit not in ENERGY_UNITS_IN_MWH:
        raise ContractError(
            f"{name} is in {unit}, of which nothing says whether it adds up; known are {', '.join(ENERGY_UNITS_IN_MWH)}"
        )
    return pl.col(name)


def _is_money(unit: str) -> bool:
    return unit == CURRENCY or unit.endswith(f"_{CURRENCY}")
