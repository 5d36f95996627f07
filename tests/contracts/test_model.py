"""Contracts refuse contradictions in words that name the value and the way out."""

import dataclasses
import re

import pytest

from contracts import CURATED, DELIVERED, QUARANTINE, curated, delivered
from contracts.model import Column, ColumnType, ContractError, Dataset, Kind, Present, Role, Rule, Sensitivity

ALL = [*DELIVERED.values(), *CURATED.values(), *QUARANTINE.values()]
each_contract = pytest.mark.parametrize("contract", ALL, ids=lambda contract: f"{contract.kind}-{contract.name}")
NAME = Column(name="name", type=ColumnType.text(), description="A name.")
PRICE = Column(name="price", type=ColumnType.decimal(18, 6), description="A price.", unit="currency/MWh")
MISSING = Rule(code="name_missing", check=Present("name"), sentence="There is no name.")


def dataset(**changes: object) -> Dataset:
    """A dataset of two columns, with changes."""
    values = {"name": "things", "kind": Kind.DELIVERED, "grain": "one row per thing", "description": "Things."}
    return Dataset(**{**values, "columns": (NAME, PRICE), "key": ("name",), "rules": (MISSING,), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"columns": (NAME, PRICE, NAME)}, "things: column name is declared more than once; keep one of them"),
        ({"rules": (MISSING, MISSING)}, "things: rule code name_missing is declared more than once; keep one of them"),
        ({"key": ("id",)}, "things: key or partition names id, but the columns are name, price"),
        ({"partition": "day"}, "things: key or partition names day, but the columns are name, price"),
        (
            {"key": ("id", "name"), "partition": "day"},
            "things: key or partition names day, id, but the columns are name, price",
        ),
    ],
)
def test_a_dataset_that_contradicts_itself_is_refused(changes, message):
    with pytest.raises(ContractError) as caught:
        dataset(**changes)
    assert str(caught.value) == message


@pytest.mark.parametrize(("precision", "scale"), [(0, 0), (39, 6), (5, 6), (5, -1), (-1, -1)])
def test_a_decimal_outside_38_digits_is_refused(precision, scale):
    with pytest.raises(ContractError) as caught:
        ColumnType.decimal(precision, scale)
    assert str(caught.value) == (
        f"decimal({precision},{scale}) is not a type: allowed is 0 <= scale <= precision <= 38"
    )


@pytest.mark.parametrize(("precision", "scale"), [(1, 0), (1, 1), (38, 38), (38, 0), (18, 6)])
def test_decimals_up_to_38_digits_print_as_they_are_declared(precision, scale):
    assert str(ColumnType.decimal(precision, scale)) == f"decimal({precision},{scale})"
    assert str(ColumnType.text()) == "text"


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda: dataset().column("nmae"), "things has no column 'nmae'; it has name, price"),
        (lambda: dataset().rule("x"), "things has no rule 'x'; it has name_missing"),
        (
            lambda: delivered("trades"),
            "no delivered dataset is called 'trades'; there are providers, clients, transactions, fx_daily, curve",
        ),
        (
            lambda: curated("trades"),
            f"no curated table is called 'trades'; there are {', '.join(CURATED)}",
        ),
    ],
)
def test_a_name_that_does_not_exist_is_answered_with_those_that_do(ask, message):
    with pytest.raises(ContractError) as caught:
        ask()
    assert str(caught.value) == message


def test_names_that_exist_are_found():
    assert dataset().column("price") is PRICE
    assert dataset().rule("name_missing") is MISSING
    assert delivered("clients") is DELIVERED["clients"]
    assert curated("market_daily") is CURATED["market_daily"]


def test_contracts_cannot_be_changed_once_made():
    with pytest.raises(dataclasses.FrozenInstanceError):
        NAME.name = "other"


@each_contract
def test_keys_and_partitions_are_never_null_and_say_so(contract):
    for name in contract.key:
        assert not contract.column(name).nullable
        assert contract.column(name).role in {Role.KEY, Role.PARTITION, Role.LINEAGE}
    if contract.partition:
        assert contract.column(contract.partition).role is Role.PARTITION


@each_contract
def test_descriptions_are_sentences_and_say_what_null_means(contract):
    for column in contract.columns:
        assert column.description.endswith("."), column.name
        assert not column.nullable or "null" in column.description.lower(), column.name
    assert contract.grain.startswith("one row per ")


@each_contract
def test_amounts_have_a_currency_column_beside_them(contract):
    named = {re.match(r"[a-z_]*currency|", column.unit)[0] for column in contract.columns} - {""}
    for name in named:
        assert contract.column(name).type == ColumnType.text()
    if "currency" in named:
        assert not contract.column("currency").nullable


def test_people_are_marked_as_personal_wherever_their_data_stands():
    assert {name for name, c in DELIVERED.items() for x in c.columns if x.sensitivity is Sensitivity.PERSONAL} == {
        "clients"
    }
    personal = {x.name for x in DELIVERED["clients"].columns if x.sensitivity is Sensitivity.PERSONAL}
    assert personal == {"identification", "client_name"}
    assert all(c.column("raw").sensitivity is Sensitivity.PERSONAL for c in QUARANTINE.values())
    curated_too = {x.name for x in CURATED["clients"].columns if x.sensitivity is Sensitivity.PERSONAL}
    assert curated_too == personal
    assert not [x for x in CURATED["transactions"].columns if x.sensitivity is Sensitivity.PERSONAL]


def test_rules_are_sentences_and_their_columns_exist():
    for contract in DELIVERED.values():
        for rule in contract.rules:
            assert rule.sentence.endswith(".")
            named = [getattr(rule.check, part, None) for part in ("column", "quantity", "price")]
            for name in [*filter(None, named), *getattr(rule.check, "columns", ()), *getattr(rule.check, "inputs", ())]:
                assert contract.column(name)


def test_every_column_that_must_not_be_null_is_guarded_or_made_by_the_lake():
    made = {"delivery_end", "market_zone", "date", "amount"}
    for contract in DELIVERED.values():
        guarded = {rule.check.column for rule in contract.rules if isinstance(rule.check, Present)}
        needed = {c.name for c in contract.columns if not c.nullable and c.role is not Role.LINEAGE}
        assert needed - (made - guarded) == guarded & needed


def test_curated_transactions_begin_with_the_delivered_trade_and_keep_its_types_but_show_no_action():
    *trade, action = (c for c in DELIVERED["transactions"].columns if c.role is not Role.LINEAGE)
    assert list(CURATED["transactions"].columns[: len(trade)]) == trade
    assert action.name == "action"
    assert action.name not in CURATED["transactions"].column_names


@pytest.mark.parametrize("name", DELIVERED)
def test_quarantine_keeps_where_a_row_came_from_why_it_was_rejected_and_its_text(name):
    contract = QUARANTINE[name]
    assert contract.name == name
    assert contract.key == ("source_file", "source_row")
    assert contract.column_names == ("source", "source_file", "source_row", "ingest_date", "reasons", "raw")
    assert str(contract.column("reasons").type) == "texts"
    assert not any(column.nullable for column in contract.columns)
