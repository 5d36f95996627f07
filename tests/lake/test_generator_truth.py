"""The truth against the files themselves, read again from disk by `generator_reader.py`.

The other promises of the generator are in `test_generator.py`.
"""

import json
import tempfile
from collections import Counter, defaultdict
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.generator import Truth, generate
from tests.lake.generator_reader import SOURCES, lines_of, read_again, rows_of


def assert_truth_is_what_the_files_hold(directory: Path, truth: Truth) -> None:
    found = read_again(directory)
    assert found.truths == truth.datasets
    assert sorted(found.refused) == sorted(file.file for file in truth.refused)
    trades = [row.values for row in found.current["transactions"].values()]
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    for trade in trades:
        amounts[trade["currency"]] += trade["amount"]
    assert {currency: amount for currency, amount in amounts.items() if amount} == {
        currency: amount for currency, amount in truth.amounts.items() if amount
    }
    assert sum(trade["quantity_mwh"] for trade in trades) == truth.quantity_mwh
    for party, unknown in (("provider", truth.unknown_providers), ("client", truth.unknown_clients)):
        known = found.current[f"{party}s"]
        assert sum(bool(trade[f"{party}_id"]) and trade[f"{party}_id"] not in known for trade in trades) == unknown


@pytest.mark.parametrize(
    ("days", "rows", "dirt", "start"),
    [
        pytest.param(30, 20_000, 0.02, date(2026, 10, 24), id="a usual month"),
        pytest.param(3, 4_000, 0.15, date(2026, 10, 24), id="as dirty as it gets"),
        pytest.param(10, 5_000, 0.1, date(2027, 3, 25), id="the day of 23 hours"),
        pytest.param(20, 3_000, 0.0, date(2026, 10, 20), id="no dirt"),
        pytest.param(400, 5_000, 0.05, date(2026, 10, 24), id="a week per file"),
    ],
)
def test_the_truth_is_what_a_plain_reader_finds_in_the_files(tmp_path, days, rows, dirt, start):
    truth = generate(tmp_path, days=days, rows=rows, seed=11, dirt=dirt, start=start)
    assert_truth_is_what_the_files_hold(tmp_path, truth)


@settings(max_examples=60, deadline=None)
@given(
    days=st.integers(1, 12),
    rows=st.integers(1, 120),
    seed=st.integers(),
    dirt=st.floats(0, 0.15),
    start=st.sampled_from([date(2026, 10, 24), date(2026, 10, 25), date(2027, 3, 28), date(2024, 2, 28)]),
)
def test_small_periods_are_as_true_as_large_ones(days, rows, seed, dirt, start):
    with tempfile.TemporaryDirectory() as folder:
        truth = generate(Path(folder), days=days, rows=rows, seed=seed, dirt=dirt, start=start)
        assert truth.datasets["transactions"].rows_in == rows
        assert_truth_is_what_the_files_hold(Path(folder), truth)


def test_no_file_is_so_dirty_that_a_lake_publishes_nothing_of_it(tmp_path):
    generate(tmp_path, days=9, rows=1_500, seed=5, dirt=0.15)
    refused = {file.file for file in Truth.from_json((tmp_path / "truth.json").read_text()).refused}
    for delivery in json.loads((tmp_path / "deliveries.json").read_text()):
        if delivery["file"] not in refused:
            lines = lines_of(tmp_path / delivery["file"])
            rows = rows_of(lines, SOURCES[delivery["source"]], delivery["dataset"])
            assert sum(bool(row.reasons) for row in rows) <= 0.2 * len(rows), delivery["file"]


def test_planted_kinds_add_up_to_the_reasons(tmp_path):
    truth = generate(tmp_path, days=8, rows=6_000, seed=2, dirt=0.05)
    for dataset, counted in truth.datasets.items():
        planted: Counter[str] = Counter()
        for kind in truth.planted.values():
            if kind.dataset == dataset and kind.effect == "rejected":
                planted.update(dict.fromkeys(kind.reasons, kind.count))
        assert dict(sorted(planted.items())) == counted.rejected_by_reason
        assert counted.rows_in == counted.valid + counted.rejected + counted.duplicates
        assert counted.valid == counted.current + counted.superseded + counted.cancelled


def test_deliveries_come_in_the_order_in_which_the_newest_counts(tmp_path):
    generate(tmp_path, days=8, rows=3_000, seed=2, dirt=0.05)
    deliveries = json.loads((tmp_path / "deliveries.json").read_text())
    assert all(
        (first["ingest_date"], first["file"]) < (second["ingest_date"], second["file"])
        for first, second in pairwise(deliveries)
    )
