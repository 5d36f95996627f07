"""What happens to the rows of a file: none lost, none moved, none that was kept is rejected the second time."""

import json
from collections import Counter
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import transforms.split as split_module
from contracts import DELIVERED
from contracts.model import Severity
from tests.strategies import SOURCES, Row, delivered, header_of, raw_rows
from tests.transforms.running import few, outcome
from transforms import lines, rules
from transforms.normalise import OVERFLOW, canonical_columns, normalise
from transforms.schema import frame_schema
from transforms.split import replaced_records, rule_counts
from transforms.text import RAW
from transforms.totals import totals_of, totals_plan

FILES = [("transactions", "standard"), ("transactions", "estandar"), ("clients", "estandar")]
TRADES = [pair for pair in FILES if pair[0] == "transactions"]
each_file = pytest.mark.parametrize(("dataset", "dialect"), FILES, ids=map("-".join, FILES))
each_trade_file = pytest.mark.parametrize(("dataset", "dialect"), TRADES, ids=map("-".join, TRADES))


def texts(row: Row, dataset: str, dialect: str) -> tuple[str | None, ...]:
    """A row's fields in the order of the header."""
    return tuple(row.get(name) for name in header_of(dataset, SOURCES[dialect]))


@each_file
def test_every_row_goes_out_once_valid_or_rejected_with_its_own_text(dataset, dialect):
    header = header_of(dataset, SOURCES[dialect])

    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        found = outcome(rows, dataset, dialect)
        kept = [texts(rows[record], dataset, dialect) for record in found.valid[lines.RECORD]]
        rejected = [tuple(json.loads(raw)[name] for name in header) for raw in found.rejected["raw"]]
        assert Counter(kept + rejected) == Counter(texts(row, dataset, dialect) for row in rows)
        assert sorted([*found.valid[lines.RECORD], *found.rejected[lines.RECORD]]) == list(range(len(rows)))

    prove()


@each_file
def test_a_rejected_row_has_reasons_and_a_kept_one_breaks_only_warnings(dataset, dialect):
    contract, mapping = DELIVERED[dataset], SOURCES[dialect].dataset(dataset)
    rejecting = {code for code, severity in rules.severities(contract, mapping).items() if severity is Severity.REJECT}

    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        found = outcome(rows, dataset, dialect)
        assert all(reasons and set(reasons) <= rejecting for reasons in found.rejected["reasons"].to_list())
        warned = found.valid.select(rules.reasons(contract, pl.col(rules.BROKEN)).alias("codes"))["codes"].to_list()
        assert all(rejecting.isdisjoint(codes) for codes in warned)

    prove()


@each_file
def test_splitting_the_text_of_valid_rows_again_rejects_none_and_types_them_the_same(dataset, dialect):
    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        first = outcome(rows, dataset, dialect).valid
        again = outcome([rows[record] for record in first[lines.RECORD]], dataset, dialect)
        assert again.rejected.is_empty()
        assert again.valid.drop(lines.RECORD).equals(first.drop(lines.RECORD))

    prove()


@each_file
def test_normalising_never_adds_drops_or_moves_a_row_and_leaves_its_text_alone(dataset, dialect):
    source, contract = SOURCES[dialect], DELIVERED[dataset]
    header = header_of(dataset, source)

    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        given_frame = delivered(rows, header).collect()
        before = given_frame.clone()
        found = normalise(given_frame.lazy(), contract, source, header).collect()
        columns = [lines.RECORD, *(RAW + name for name in header), OVERFLOW]
        assert found.select(columns).equals(before)
        assert given_frame.equals(before)

    prove()


@each_file
def test_shuffled_rows_become_the_same_values(dataset, dialect):
    @few
    @given(raw_rows(dataset, dialect), st.randoms(use_true_random=False))
    def prove(rows, random):
        order = list(range(len(rows)))
        random.shuffle(order)
        straight = outcome(rows, dataset, dialect).typed
        shuffled = outcome([rows[place] for place in order], dataset, dialect).typed
        assert shuffled.drop(lines.RECORD).equals(
            straight[order].drop(lines.RECORD) if rows else straight.drop(lines.RECORD)
        )

    prove()


@each_file
def test_processed_columns_have_the_contracts_types_and_no_null_where_none_is_allowed(dataset, dialect):
    contract = DELIVERED[dataset]
    schema = frame_schema(contract)

    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        valid = outcome(rows, dataset, dialect).valid
        assert all(valid.schema[name] == schema[name] for name in canonical_columns(contract))
        for column in contract.columns:
            if column.name in valid.columns and not column.nullable:
                assert not valid[column.name].null_count(), column.name
            if column.name in valid.columns and column.allowed:
                assert set(valid[column.name]) <= {*column.allowed, None}

    prove()


@pytest.mark.parametrize(
    ("dataset", "source"), [(d, name) for name, source in SOURCES.items() for d in source.datasets]
)
def test_an_empty_file_gives_empty_tables_of_the_same_schema(dataset, source):
    found = outcome([], dataset, source)
    schema = frame_schema(DELIVERED[dataset])
    assert found.valid.is_empty()
    assert found.rejected.is_empty()
    assert {n: d for n, d in found.valid.schema.items() if n in schema} == {
        n: schema[n] for n in canonical_columns(DELIVERED[dataset])
    }


@each_trade_file
def test_rows_energy_and_money_balance_to_the_last_cent(dataset, dialect):
    contract = DELIVERED[dataset]

    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        found = outcome(rows, dataset, dialect)
        is_kept = pl.col(lines.RECORD).is_in(found.valid[lines.RECORD].implode())
        parts = [totals_of(found.typed.filter(part), contract) for part in (is_kept, ~is_kept)]
        assert totals_of(found.typed, contract) == parts[0] + parts[1]
        assert parts[0].rows == found.valid.height
        assert parts[0].mwh == sum(found.valid["quantity_mwh"], Decimal(0))

    prove()


@each_file
def test_rule_counts_count_the_reasons_of_the_rows(dataset, dialect):
    contract = DELIVERED[dataset]
    reject = rules.severity_mask(contract, SOURCES[dialect].dataset(dataset), Severity.REJECT)

    @few
    @given(raw_rows(dataset, dialect))
    def prove(rows):
        found = outcome(rows, dataset, dialect)
        counts = rule_counts(totals_plan(found.typed.lazy(), contract, rules.BROKEN).collect(), contract, reject)
        assert counts == dict(Counter(code for reasons in found.rejected["reasons"].to_list() for code in reasons))

    prove()


def last_rows(keys: list[tuple[object, ...]]) -> list[int]:
    """The reference: the places that a later one with the same key replaces."""
    return [place for place, key in enumerate(keys) if key in keys[place + 1 :]]


@pytest.mark.parametrize("rows_per_pass", [4_000_000, 3, 1])
@pytest.mark.parametrize(
    ("dataset", "dialect"),
    [("transactions", "standard"), ("clients", "estandar"), ("fx_daily", "standard"), ("curve", "standard")],
)
def test_of_one_key_the_last_row_counts_in_one_pass_or_in_many(dataset, dialect, rows_per_pass, monkeypatch):
    monkeypatch.setattr(split_module, "_ROWS_PER_PASS", rows_per_pass)
    contract = DELIVERED[dataset]

    @few
    @given(raw_rows(dataset, dialect, max_size=10))
    def prove(rows):
        valid = outcome(rows, dataset, dialect).valid
        found = replaced_records(valid.lazy(), contract, valid.height)
        places = last_rows(valid.select(contract.key).rows())
        assert found.schema == {lines.RECORD: pl.UInt32}
        assert found[lines.RECORD].to_list() == [valid[lines.RECORD][place] for place in places]

    prove()


def test_keys_of_several_columns_are_compared_whole():
    contract = DELIVERED["transactions"]
    both = type(contract)(**{**vars(contract), "key": ("provider_id", "client_id")})
    frame = pl.DataFrame(
        {lines.RECORD: range(5), "provider_id": list("aabba"), "client_id": list("xyxxx")},
        schema_overrides={lines.RECORD: pl.UInt32},
    )
    assert replaced_records(frame.lazy(), both, 5)[lines.RECORD].to_list() == [0, 2]
