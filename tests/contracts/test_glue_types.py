"""Contracts in the catalog's words: every column once, partitions apart, comments within Glue's limit."""

import re

import pytest

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.glue_types import columns_of, hive_type, partition_keys_of
from contracts.model import Column, ColumnType, Dataset, Kind

ALL = [*DELIVERED.values(), *CURATED.values(), *QUARANTINE.values()]


@pytest.mark.parametrize(
    ("kind", "hive"),
    [
        (ColumnType.text(), "string"),
        (ColumnType.date(), "date"),
        (ColumnType.instant(), "timestamp"),
        (ColumnType.integer(), "bigint"),
        (ColumnType.boolean(), "boolean"),
        (ColumnType.texts(), "array<string>"),
        (ColumnType.decimal(18, 6), "decimal(18,6)"),
    ],
)
def test_each_logical_type_has_its_hive_type(kind, hive):
    assert hive_type(Column(name="a", type=kind, description="A.")) == hive


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: f"{contract.kind}-{contract.name}")
def test_columns_and_partition_keys_are_the_contract_once(contract):
    names = [column.name for column in columns_of(contract)]
    keys = [column.name for column in partition_keys_of(contract)]
    assert [name for name in contract.column_names if name not in keys] == names
    assert keys == ([contract.partition] if contract.partition else [])
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in [*names, *keys])


@pytest.mark.parametrize("contract", ALL, ids=lambda contract: f"{contract.kind}-{contract.name}")
def test_sensitivity_and_unit_travel_with_the_column(contract):
    for column in [*columns_of(contract), *partition_keys_of(contract)]:
        meant = contract.column(column.name)
        assert column.sensitivity == meant.sensitivity
        assert column.comment.startswith(meant.description[:80])
        assert column.comment.endswith(f"[{meant.unit}]") or not meant.unit


def test_a_comment_is_cut_at_255_bytes_and_never_inside_a_letter():
    column = Column(name="a", type=ColumnType.text(), description="ñ" * 200)
    values = {"name": "t", "kind": Kind.CURATED, "grain": "one row per a", "description": "T.", "key": ("a",)}
    (found,) = columns_of(Dataset(**values, columns=(column,)))
    assert found.comment == "ñ" * 127
