"""The house strategies really make what the properties are about: a property over sound rows alone proves nothing."""

from collections import Counter
from functools import cache

import pytest
from hypothesis import Phase, given, seed, settings

from contracts import DELIVERED
from contracts.model import Severity
from tests.strategies import SOURCES, Row, naive_stamps, raw_rows, versions
from tests.transforms.running import outcome
from transforms import rules
from transforms.split import rule_counts
from transforms.totals import totals_plan

TRIED = [
    ("transactions", "standard"),
    ("transactions", "estandar"),
    ("providers", "estandar"),
    ("clients", "standard"),
    ("fx_daily", "standard"),
    ("curve", "standard"),
]


MOST_ROUNDS = 8


@cache
def sample(dataset: str, dialect: str, number: int = 1) -> list[list[Row]]:
    """Files as the properties get them, made without any thought of failing; each round has others."""
    files: list[list[Row]] = []

    @seed(number)
    @settings(max_examples=120, database=None, phases=[Phase.generate])
    @given(raw_rows(dataset, dialect))
    def collect(rows: list[Row]) -> None:
        files.append(rows)

    collect()
    return files


def pooled(dataset: str, dialect: str, rounds: int = 1) -> list[Row]:
    """The rows of all those files."""
    return [row for number in range(1, rounds + 1) for rows in sample(dataset, dialect, number) for row in rows]


def rules_never_broken(dataset: str, dialect: str, rounds: int) -> set[str]:
    """The codes that no row of so many rounds breaks."""
    found = outcome(pooled(dataset, dialect, rounds), dataset, dialect)
    contract = DELIVERED[dataset]
    groups = totals_plan(found.typed.lazy(), contract, rules.BROKEN).collect()
    assert found.valid.height > found.typed.height / 4
    return {rule.code for rule in contract.rules} - set(rule_counts(groups, contract, (1 << len(contract.rules)) - 1))


@pytest.mark.parametrize(("dataset", "dialect"), TRIED)
def test_nulls_empties_blanks_and_spelled_nulls_really_occur(dataset, dialect):
    texts = Counter(text for row in pooled(dataset, dialect, rounds=2) for text in row.values())
    assert all(texts[text] for text in (None, "", " ", "NULL", "null", "-"))


@pytest.mark.parametrize(("dataset", "dialect"), TRIED)
def test_empty_files_and_repeated_rows_really_occur(dataset, dialect):
    files = sample(dataset, dialect)
    repeated = [rows for rows in files if max(Counter(map(repr, rows)).values(), default=0) > 1]
    assert [] in files
    assert len(repeated) > 20


@pytest.mark.parametrize(("dataset", "dialect"), TRIED)
def test_odd_cases_blanks_around_and_accents_really_occur(dataset, dialect):
    texts = [text for row in pooled(dataset, dialect) for text in row.values() if text]
    assert any(text != text.strip() and text.strip() for text in texts)
    assert any("\u00a0" in text for text in texts)
    assert any(not text.isascii() and text.strip() != text.strip().lower() for text in texts)


@pytest.mark.parametrize(("dataset", "dialect"), TRIED)
def test_every_rule_that_a_row_can_break_is_broken_and_kept(dataset, dialect):
    expected_never = {"line_nul_byte", "line_too_long", "line_bad_encoding"}  # intake's markers, as two others are
    expected_never.add("action_missing")  # in both dialects a trade without one is new
    expected_never |= {"product_missing", "energy_type_missing"} if dataset == "curve" else set()  # nor here
    if dialect == "standard":
        expected_never.add("currency_missing")  # the source says what a missing one means
    else:
        expected_never |= {"delivery_time_impossible", "delivery_time_ambiguous"}  # no change of the clock since 1993
    never = (rules_never_broken(dataset, dialect, rounds) for rounds in range(1, MOST_ROUNDS + 1))
    assert any(codes <= expected_never for codes in never)


def test_both_severities_are_in_the_contracts_that_are_tried():
    kinds = {rule.severity for contract in DELIVERED.values() for rule in contract.rules}
    assert kinds == {Severity.REJECT, Severity.WARN}
    assert (
        rules.severities(DELIVERED["transactions"], SOURCES["aemo_nem"].dataset("transactions"))["quantity_zero"]
        == "off"
    )


def test_repeated_keys_in_and_across_files_really_occur():
    repeats = Counter()

    @settings(max_examples=150, database=None, phases=[Phase.generate], derandomize=True)
    @given(versions())
    def collect(frame):
        repeats["empty"] += frame.is_empty()
        repeats["key twice"] += frame["transaction_id"].is_duplicated().any()
        repeats["on two days"] += frame.group_by("transaction_id").n_unique()["date"].gt(1).any()

    collect()
    assert all(repeats[what] for what in ("empty", "key twice", "on two days"))


def test_stamps_around_the_change_of_the_clock_really_occur():
    found = Counter()

    @settings(max_examples=120, database=None, phases=[Phase.generate], derandomize=True)
    @given(naive_stamps())
    def collect(stamp):
        found[stamp.strftime("%m-%d %H") if stamp.year == 2024 else "other"] += 1

    collect()
    assert found["03-31 02"]
    assert found["10-27 02"]
