"""The page of results is what its numbers say, and its sentences follow the numbers."""

import copy
from collections.abc import Iterator
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
COST = {"wall_s": 10.0, "user_s": 15.0, "system_s": 5.0, "peak_mib": 900.0, "anonymous_mib": 800.0}
ORIGIN = {
    "measured": "2026-11-23",
    "code": "0123abc",
    "machine": {"cpu": "a processor", "cores": 2, "memory_mib": 24576, "system": "an operating system"},
    "versions": {"polars": "2.1.0"},
}


@pytest.fixture(autouse=True)
def benchmark_modules() -> Iterator[None]:
    """The benchmark's scripts import each other by name, as scripts do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield


def times(factor: float) -> dict[str, float]:
    """A cost that is so many times the common one."""
    return {name: value * factor for name, value in COST.items()}


def compared(**steps: float) -> dict[str, object]:
    """A measured table: each step's cost in one round, as a multiple of the common one."""
    names = {"floor": "floor", "ours": "raw-to-processed", "DuckDB": "DuckDB", "Spark": "Spark"}
    rounds = [{names[step]: times(factor) for step, factor in steps.items()}]
    outcome = {"kept": 9, "replaced": 1, "rejected": 2}
    return ORIGIN | {
        "rows": 12_000_000,
        "files": 3,
        "csv_bytes": 10**9,
        "rounds": rounds,
        "outcome": outcome,
        "compared": "sums",
    }


def test_the_page_is_what_render_makes_of_the_numbers():
    from render import PAGE, page
    from results import load

    assert PAGE.read_text(encoding="utf-8") == page(load())


def test_the_kept_numbers_name_no_folder_of_a_machine():
    from results import RESULTS

    text = RESULTS.read_text(encoding="utf-8")
    assert "/" not in text.replace("GNU/Linux", "").replace("2 x86/64", "")


def test_an_aim_that_is_missed_is_a_loss_and_one_that_is_met_is_not():
    from verdicts import losses, reached

    slow, fast = {"main": compared(floor=1, ours=2.5, DuckDB=4)}, {"main": compared(floor=1, ours=1.5, DuckDB=4)}

    assert any("raw-to-processed takes 2.50 × the CPU time of the floor" in sentence for sentence in losses(slow))
    assert any("DuckDB takes 1.60 × our wall time" in sentence for sentence in losses(slow))
    assert any("raw-to-processed takes 1.50 × the CPU time of the floor" in sentence for sentence in reached(fast))
    assert any("DuckDB takes 2.67 × our wall time" in sentence for sentence in reached(fast))


def test_a_program_that_is_ahead_in_anything_is_named_as_ahead():
    from verdicts import losses

    part = compared(floor=1, ours=2, DuckDB=5)
    lean = copy.deepcopy(part)
    lean["rounds"][0]["DuckDB"]["peak_mib"] = 450.0  # type: ignore[index]

    assert not any("needs less" in sentence for sentence in losses({"main": part}))
    assert [sentence for sentence in losses({"main": lean}) if "needs less" in sentence] == [
        "DuckDB needs less peak memory than we do at 12 M rows: 0.25 ×."
    ]


def test_a_program_measured_in_the_first_round_only_is_compared_within_it_and_the_page_says_so():
    from render import page

    part = compared(floor=1, ours=2, Spark=20)
    part["rounds"] += [compared(floor=1, ours=4)["rounds"][0], compared(floor=1, ours=5)["rounds"][0]]  # type: ignore[operator, index]
    told = page({"main": part | {"load": 0.1}})

    assert "medians of 3 interleaved rounds (Spark in the first of them only)" in told
    assert "Spark takes 10.00 × our wall time" in told


def test_a_ratio_is_the_median_of_each_rounds_own_ratio():
    from ratios import cpu, ratio

    # 2, 3 and 10 times the floor of the same round; the quotient of the medians would be 30 / 10 = 3 only by chance
    rounds = [
        {"floor": times(1), "ours": times(2)},
        {"floor": times(10), "ours": times(30)},
        {"floor": times(4), "ours": times(40)},
    ]
    assert ratio(rounds, "ours", "floor", cpu) == pytest.approx(3)
