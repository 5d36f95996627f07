"""Units: every conversion against Python's fractions, and which columns may be added up."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts import CURATED, DELIVERED
from contracts.model import Column, ColumnType, ContractError
from contracts.source import ENERGY_UNITS_IN_MWH, PRICE_UNITS_PER_MWH
from transforms import numbers, units

_SCALE = 6
_ONE = 10**_SCALE
_MINUTES = (5, 15, 30, 60, 120)
_FACTORS = (
    *((f"{unit}", numbers.unit_factor(unit, None, price=False)) for unit in ENERGY_UNITS_IN_MWH),
    *((f"per {unit}", numbers.unit_factor(unit, None, price=True)) for unit in PRICE_UNITS_PER_MWH),
    *((f"MW over {minutes} minutes", numbers.unit_factor("MW", minutes, price=False)) for minutes in _MINUTES),
)
_BY_NAME = pytest.mark.parametrize("factor", [f for _, f in _FACTORS], ids=[name for name, _ in _FACTORS])

amounts = st.decimals(Decimal(-(10**11)), Decimal(10**11), places=9, allow_nan=False, allow_infinity=False)
"""What a delivery may hold: nine decimals, and more digits before the point than any quantity has."""


def _converted(values: Sequence[Decimal | None], factor: Fraction) -> list[Decimal | None]:
    frame = pl.LazyFrame({"value": values}, schema={"value": numbers.EXACT})
    return frame.select(numbers.converted(pl.col("value"), factor, _SCALE)).collect()["value"].to_list()


def _half_even(value: Decimal, factor: Fraction) -> Fraction:
    """By Python's fractions, whose `round` is half even: an independent second computation."""
    return Fraction(round(Fraction(value) * factor * _ONE), _ONE)


@_BY_NAME
@given(values=st.lists(amounts, max_size=20))
@example(values=[Decimal(0), Decimal("0.000000001"), Decimal("-0.000000001"), Decimal("0.0000005"), Decimal("0.0015")])
@example(values=[Decimal("5e-7"), Decimal("15e-7"), Decimal("25e-7"), Decimal("-5e-7"), Decimal("-15e-7")])
def test_converting_is_exact_but_for_one_rounding_half_even(factor: Fraction, values: list[Decimal]):
    assert [Fraction(v) for v in _converted(values, factor) if v is not None] == [_half_even(v, factor) for v in values]


@_BY_NAME
def test_null_stays_null_and_an_absurd_number_stops_nothing(factor: Fraction):
    absurd = Decimal(10**20 - 1)
    nothing, large = _converted([None, absurd], factor)
    assert nothing is None
    assert large is None or Fraction(large) == _half_even(absurd, factor), "null or right, never wrapped around"


@pytest.mark.parametrize(
    ("unit", "delivered", "mwh"),
    [
        ("therm", "1000", "29.307100"),  # ICE NBP: one lot a day is 1,000 therms of 29.3071 kWh
        ("therm", "1", "0.029307"),
        ("GJ", "3.6", "1.000000"),
        ("GJ", "1", "0.277778"),  # 5/18 = 0.2777...
        ("GJ", "0.0000018", "0.000000"),  # 0.0000005 exactly: half goes to the even neighbour
        ("GJ", "0.0000054", "0.000002"),  # 0.0000015 exactly
        ("kWh", "1", "0.001000"),
        ("GWh", "1", "1000.000000"),
    ],
)
def test_energy_worked_out_by_hand(unit: str, delivered: str, mwh: str):
    factor = numbers.unit_factor(unit, None, price=False)
    (got,) = _converted([Decimal(delivered)], factor)
    assert got == Decimal(mwh)


@pytest.mark.parametrize(
    ("unit", "delivered", "per_mwh"),
    [
        ("therm", "1", "34.121425"),  # 1 / 0.0293071 = 34.12142450...
        ("therm", "0.85", "29.003211"),  # 85 pence: 0.85 / 0.0293071 = 29.0032107...
        ("GJ", "10", "36.000000"),
        ("kWh", "0.05", "50.000000"),
        ("GWh", "50000", "50.000000"),
    ],
)
def test_prices_worked_out_by_hand(unit: str, delivered: str, per_mwh: str):
    factor = numbers.unit_factor(unit, None, price=True)
    (got,) = _converted([Decimal(delivered)], factor)
    assert got == Decimal(per_mwh)


@pytest.mark.parametrize("unit", ENERGY_UNITS_IN_MWH)
def test_quantity_times_price_is_the_same_money_in_every_unit(unit: str):
    assert ENERGY_UNITS_IN_MWH[unit] * PRICE_UNITS_PER_MWH[unit] == 1


@given(mw=amounts, minutes=st.sampled_from(_MINUTES), count=st.integers(1, 24))
def test_power_over_a_period_is_energy_and_adds_up_over_shorter_ones(mw: Decimal, minutes: int, count: int):
    whole = numbers.unit_factor("MW", minutes * count, price=False)
    assert whole == count * numbers.unit_factor("MW", minutes, price=False)
    assert Fraction(mw) * whole == Fraction(mw) * Fraction(minutes * count, 60)


def test_power_over_a_period_without_a_fixed_length_is_refused():
    with pytest.raises(ValueError, match="MW needs a delivery period"):
        numbers.unit_factor("MW", None, price=False)


def _column(unit: str, type_: ColumnType | None = None) -> Column:
    return Column(name="value", type=type_ or ColumnType.decimal(18, 6), description="", unit=unit)


@pytest.mark.parametrize("unit", units.POWER_UNITS)
def test_power_cannot_be_summed(unit: str):
    with pytest.raises(ContractError, match=f"value is power in {unit} .* sum the energy"):
        units.summable(_column(unit))


def test_prices_cannot_be_summed():
    with pytest.raises(ContractError, match=r"a price in currency/MWh .* weight it by volume"):
        units.summable(_column("currency/MWh"), by=("currency",))


def test_money_is_summed_within_one_currency_only():
    with pytest.raises(ContractError, match=r"several currencies .* by date, energy_type: add currency"):
        units.summable(_column("currency"), by=("date", "energy_type"))
    with pytest.raises(ContractError, match="by nothing: add currency"):
        units.summable(_column("currency"))
    with pytest.raises(ContractError, match="by currency: add reporting_currency"):
        units.summable(_column("reporting_currency"), by=("currency",))
    assert units.summable(_column("currency"), by=("date", "currency")).meta.output_name() == "value"


@pytest.mark.parametrize("type_", [ColumnType.text(), ColumnType.date(), ColumnType.instant(), ColumnType.boolean()])
def test_what_is_no_number_cannot_be_summed(type_: ColumnType):
    with pytest.raises(ContractError, match=f"of type {type_}; only decimals and integers"):
        units.summable(_column("", type_))


def test_an_unknown_unit_is_refused_rather_than_summed():
    with pytest.raises(ContractError, match=r"in furlong, of which nothing says .* known are kWh, MWh"):
        units.summable(_column("furlong"))


@pytest.mark.parametrize("unit", ["", *ENERGY_UNITS_IN_MWH])
def test_counts_and_energy_add_up_over_anything(unit: str):
    total = pl.DataFrame({"value": [1, 2, 3]}).select(units.summable(_column(unit)).sum()).item()
    assert total == 6


def test_every_unit_of_the_contracts_is_decided():
    for dataset in (*DELIVERED.values(), *CURATED.values()):
        for column in dataset.columns:
            is_refused = units.is_price(column.unit) or column.unit in units.POWER_UNITS
            if column.unit and not is_refused:
                assert units.summable(column, by=(column.unit,)).meta.output_name() == column.name, dataset.name
