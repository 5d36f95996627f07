"""Frames have the types of their contracts, and files leave out what their folder says."""

import polars as pl
import pytest

from contracts import CURATED, DELIVERED, QUARANTINE
from transforms.schema import empty_frame, file_columns, file_schema, frame_schema

ALL = [*DELIVERED.values(), *CURATED.values(), *QUARANTINE.values()]
each_contract = pytest.mark.parametrize("contract", ALL, ids=lambda contract: f"{contract.kind}-{contract.name}")


@each_contract
def test_a_frame_has_the_contracts_columns_in_order(contract):
    assert tuple(empty_frame(contract).columns) == contract.column_names
    assert empty_frame(contract).is_empty()


@each_contract
def test_a_file_has_every_column_but_the_partition(contract):
    left_out = set(contract.column_names) - set(file_columns(contract))
    assert left_out == ({contract.partition} if contract.partition else set())
    assert file_schema(contract) == {name: frame_schema(contract)[name] for name in file_columns(contract)}


@each_contract
def test_money_and_energy_are_decimals_and_no_column_is_a_float(contract):
    schema = frame_schema(contract)
    assert not any(dtype.is_float() for dtype in schema.values())
    assert all(schema[column.name].is_decimal() for column in contract.columns if column.unit)


@each_contract
def test_stamps_are_utc_to_the_microsecond(contract):
    stamps = [dtype for dtype in frame_schema(contract).values() if isinstance(dtype, pl.Datetime)]
    assert all(stamp == pl.Datetime("us", "UTC") for stamp in stamps)
