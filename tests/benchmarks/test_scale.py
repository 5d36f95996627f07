"""The model of `docs/scale.md`: the page is what the measurements give, and its parts do what they say."""

import os
from collections import Counter
from pathlib import Path

import pytest
import scale
import scale_page
from hypothesis import given
from hypothesis import strategies as st
from scale_model import Shape, fit
from scale_predict import FIRST, SECOND, SHAPES, model_of
from scale_requests import Counting, counted
from scale_simulation import Cluster, simulate, sizes

from jobs.storage import FolderStorage
from jobs.zones import Zones
from tests.jobs.lakes import put_raw, run_both, text, trade, trades, tree

SURE = Cluster(slots=4, slow=0, failing=0, start_seconds=0)


def test_the_page_is_what_the_measurements_give():
    rendered = scale_page.page(scale.load())
    if os.environ.get("UPDATE_PAGES"):
        scale_page.PAGE.write_text(rendered, encoding="utf-8")
    assert scale_page.PAGE.read_text(encoding="utf-8") == rendered, "UPDATE_PAGES=1 renews the page"


@given(
    st.lists(
        st.fixed_dictionaries({"files": st.integers(1, 50), "rows": st.integers(1, 10**6)}), min_size=4, max_size=8
    ),
    st.integers(1, 9),
    st.integers(0, 9),
)
def test_costs_that_are_there_are_found(runs: list[dict[str, int]], a_run: int, a_million: int):
    counts = [{"runs": 1.0} | {name: float(count) for name, count in run.items()} for run in runs]
    took = [a_run + a_million * run["rows"] / 1e6 for run in counts]
    found = fit(counts, took, ("runs", "files", "rows"))

    assert all(cost >= 0 for cost in found.costs.values())
    assert found.worst_error < 1e-3
    assert all(abs(found.of(run) / value - 1) < 1e-3 for run, value in zip(counts, took, strict=True))


def test_a_cost_that_would_be_negative_is_none():
    counts = [{"runs": 1.0, "files": float(files)} for files in (1, 2, 3)]
    found = fit(counts, [3.0, 2.0, 1.0], ("runs", "files"))
    assert found.costs["files"] == 0
    assert found.costs["runs"] > 0


def test_the_tenth_of_a_day_costs_a_tenth_beside_what_every_run_costs():
    model = model_of(scale.load())
    for stage in (FIRST, SECOND):
        large = Shape("large", 100, 1_000, 10, 2, daily=False, bytes_a_row=model.bytes_a_row)
        small = Shape("small", 10, 100, 1, 2, daily=False, bytes_a_row=model.bytes_a_row)
        fixed = {"runs": 1.0, "carried_dates": 31.0}
        costs = model.cpu[stage]
        assert costs.of(large.counts() | fixed) - costs.of(fixed) == pytest.approx(
            10 * (costs.of(small.counts() | fixed) - costs.of(fixed))
        )


def test_a_shape_whose_dates_no_worker_holds_has_no_cluster_and_any_other_has():
    model = model_of(scale.load())
    for name, *_ in SHAPES:
        shape = model.shape(name)
        assert model.cluster(shape, FIRST, 1.0) is not None
        is_possible = shape.rows_a_date <= model.rows_that_fit(128)
        assert (model.cluster(shape, SECOND, 2.0) is not None) == is_possible


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=60), st.integers(0, 99), st.booleans())
def test_without_accidents_a_run_lasts_between_the_ideal_and_the_ideal_with_one_task_more(
    seconds: list[float],
    seed: int,
    largest_first: bool,  # noqa: FBT001 - drawn
):
    found = simulate(seconds, SURE, seed, largest_first=largest_first)
    assert found.tries == len(seconds)
    assert max(found.ideal, *seconds) <= found.seconds * (1 + 1e-9)
    assert found.seconds <= (found.ideal + max(seconds)) * (1 + 1e-9)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=60), st.integers(0, 99))
def test_lost_tries_and_slow_workers_cost_time_and_lose_no_task(seconds: list[float], seed: int):
    found = simulate(seconds, Cluster(slots=4, slow=0.5, slower=3, failing=0.3, start_seconds=5), seed)
    assert found.tries >= len(seconds)
    assert found.seconds >= 5 + max(seconds)
    assert found == simulate(seconds, Cluster(slots=4, slow=0.5, slower=3, failing=0.3, start_seconds=5), seed)


@given(st.integers(1, 500), st.floats(0, 2), st.integers(0, 9))
def test_drawn_sizes_add_up(count: int, spread: float, seed: int):
    assert sum(sizes(count, 1000.0, spread, seed)) == pytest.approx(1000.0)


def test_every_call_on_a_storage_is_counted_as_the_requests_it_is_on_s3(tmp_path: Path):
    counts: Counter[str] = Counter()
    storage = Counting(FolderStorage(tmp_path), counts)
    storage.put("a/b", b"1")
    (tmp_path / "local").write_bytes(b"2")
    storage.take("a/c", tmp_path / "local")
    assert (storage.read("a/b"), storage.exists("a/x"), [s.path for s in storage.listed("a/")]) == (
        b"1",
        False,
        ["a/b", "a/c"],
    )
    storage.move("a/b", "a/d")
    storage.delete("a/c")
    assert counts == Counter(PUT=2, HEAD=3, GET=1, LIST=1, COPY=1, DELETE=2)


def test_counting_changes_nothing_of_the_lake_and_counts_both_jobs(tmp_path: Path):
    for root in (tmp_path / "counted", tmp_path / "plain"):
        put_raw(Zones.under(str(root)), text([*trades(6), trade(9, energy_type="plasma")]))
    found = counted(tmp_path / "counted")
    run_both(Zones.under(str(tmp_path / "plain")))

    assert tree(tmp_path / "counted") == tree(tmp_path / "plain")
    # three dates and quarantine, the note of what is written, the entry
    assert found[FIRST]["PUT"] == 3 + 1 + 1 + 1
    assert found[SECOND]["COPY"] == found[SECOND]["PUT"] - 2, "all but the commit and the state is staged"
