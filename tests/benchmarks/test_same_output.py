"""Every program of the benchmark makes of dirty trades what the product makes of them: else its time would say nothing.

At some thousands of rows here; `make bench` compares again what it measures. Ten days around the end of summer time, so that
every kind of fault and the repeated hour occur often.
"""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from jobs import raw_to_processed
from jobs.source_files import load_sources
from jobs.zones import Zones
from tests.jobs.spark import of_spark

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
ROWS, FILES = 12_000, 3
AROUND_THE_CLOCK_CHANGE = (290, 300)


def done(program: str, *arguments: Path) -> subprocess.CompletedProcess[str]:
    """One of the benchmark's programs, run as the benchmark runs it."""
    words = [sys.executable, str(BENCHMARKS / program), *map(str, arguments)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def benchmark_modules() -> Iterator[None]:
    """The benchmark's scripts import each other by name, as scripts do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory, benchmark_modules: None) -> Path:
    """The delivered files."""
    from trades import write_trades

    folder = tmp_path_factory.mktemp("delivered")
    write_trades(folder, rows=ROWS, files=FILES, days=AROUND_THE_CLOCK_CHANGE)
    return folder


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory, delivered: Path) -> Path:
    """What the product makes of them."""
    from steps import deliver

    folder = tmp_path_factory.mktemp("lake")
    deliver(delivered, folder)
    report = raw_to_processed.run(Zones.under(str(folder)), load_sources())
    assert not report.refused
    return folder


@pytest.mark.parametrize(
    "program",
    ["duckdb_job.py", "pandas_job.py", pytest.param("spark_job.py", marks=[pytest.mark.slow, *of_spark])],
)
def test_a_program_makes_of_dirty_trades_what_the_product_makes(
    program: str, delivered: Path, lake: Path, tmp_path: Path
):
    out = tmp_path / "out"

    assert (ran := done(program, delivered, out)).returncode == 0, ran.stderr
    assert (said := done("compare.py", lake, out)).returncode == 0, said.stdout
    assert (said := done("compare.py", lake, out, Path("--sums"))).returncode == 0, said.stdout


def test_another_reason_or_amount_or_a_missing_row_is_seen(lake: Path):
    from compare import differences, different_sums, output_of

    ours = output_of(lake)
    is_first = pl.int_range(pl.len()) == 0
    changes = [
        (
            "quarantine",
            pl.when(is_first).then(pl.lit("price_missing price_bad_number")).otherwise("reasons").alias("reasons"),
        ),
        ("quarantine", pl.when(is_first).then(0).otherwise("source_row").alias("source_row")),
        ("replaced", pl.when(is_first).then(pl.lit("gas and oil")).otherwise("energy_type").alias("energy_type")),
        ("kept", pl.when(is_first).then(pl.lit(0, pl.Decimal(18, 2))).otherwise("amount").alias("amount")),
    ]
    for compare in (differences, different_sums):
        assert compare(ours, ours) == []
        for name, change in changes:
            frame = getattr(ours, name)
            for other in (frame.with_columns(change), frame.slice(1)):
                [said, *_] = compare(ours, replace(ours, **{name: other}))
                assert said.startswith(name)


def test_the_trades_break_every_rule_that_a_field_can_break_and_repeat_keys_in_a_file_and_across_files(
    delivered: Path, lake: Path
):
    from compare import output_of
    from the_job import RULES

    found = output_of(lake)
    reasons = found.quarantine.select(pl.col("reasons").str.split(" ").explode()).collect()["reasons"]
    assert set(reasons) == set(RULES) - {"amount_too_large"}
    assert found.quarantine.filter(pl.col("reasons").str.contains(" ")).collect().height > 10
    assert found.replaced.collect().height > 5
    versions = found.kept.group_by("transaction_id").agg(pl.col("source_file").n_unique()).collect()["source_file"]
    assert (versions > 1).sum() > 5


def test_the_programs_know_the_rules_of_the_contract_that_a_field_of_this_export_can_break(benchmark_modules: None):
    from the_job import RULES

    from contracts import DELIVERED
    from contracts.model import Severity, WholeLine

    contract, mapping = DELIVERED["transactions"], load_sources()["standard"].dataset("transactions")
    constant = {"currency", "action"}  # not in the files: every row has the source's replacement
    of_fields = [
        rule.code
        for rule in contract.rules
        if rule.severity is Severity.REJECT
        and not isinstance(rule.check, WholeLine)
        and getattr(rule.check, "column", "") not in constant
    ]
    assert list(RULES) == of_fields
    assert mapping.severities == {}
