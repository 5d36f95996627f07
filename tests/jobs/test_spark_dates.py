"""Processed-to-curated on Spark: the curated zone, its state and its moved trades as one machine makes them, byte for byte."""

import pickle
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import moves, processed_to_curated, spark_dates, spark_spread
from jobs.ledger import Ledger
from jobs.spark_session import spark_session
from jobs.spark_spread import batches_of
from tests.jobs.deliveries import Delivery, examples, of_everything, several
from tests.jobs.lakes import put_raw, run_raw, text, trade, trades, tree
from tests.jobs.spark import of_spark, session, two_lakes, zones_of  # noqa: F401 - a fixture

pytestmark = of_spark


@pytest.mark.slow
@settings(max_examples=examples(25))
@given(several() | of_everything(), several(max_size=2), st.integers(1, 4))
def test_any_deliveries_one_after_the_other_become_the_bytes_that_one_machine_makes_of_them(
    first: list[Delivery], later: list[Delivery], rows_per_part: int
):
    with two_lakes() as (one, other), pytest.MonkeyPatch.context() as patched:
        patched.setattr(processed_to_curated, "_ROWS_PER_BATCH", 3)
        patched.setattr(spark_dates, "_ROWS_PER_TASK", rows_per_part)
        patched.setattr(spark_dates, "_ROWS_PER_SHUFFLED_PART", rows_per_part)
        told = []
        for root, engine in ((one, "polars"), (other, "spark")):
            zones = zones_of(root)
            for files in (first, later):
                for file in files:
                    if not zones.raw.exists(file.path):
                        file.put(zones)
                run_raw(zones, reject_limit=None)
                report = processed_to_curated.run(zones, engine=engine)
                report.seconds = 0.0
                told.append(report)
        assert tree(one) == tree(other)
        assert told[:2] == told[2:]


def _moved_far_away(root: Path) -> None:
    """A hundred trades, of which five were delivered again for another day, in files of their own."""
    zones = zones_of(root)
    put_raw(zones, text(trades(100)), "a.csv")
    again = [trade(n, transaction_date="2024-05-09 10:00:00") for n in (3, 30, 60, 77, 100)]
    put_raw(zones, text(again), "b.csv", day="2024-06-02")
    run_raw(zones)


@pytest.mark.parametrize("rows_per_arrow_batch", [1, 10_000])
def test_keys_on_several_dates_are_found_however_arrow_cuts_their_files(tmp_path: Path, rows_per_arrow_batch: int):
    _moved_far_away(tmp_path)
    zones = zones_of(tmp_path)
    entries = [entry for entry in Ledger(zones.ledger).entries().values() if entry.dataset == "transactions"]
    ranges = [entry.key_range for entry in entries]
    settings = spark_session().conf
    before = settings.get("spark.sql.execution.arrow.maxRecordsPerBatch")
    settings.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(rows_per_arrow_batch))
    try:
        found = spark_dates.versions_by_spark(zones, ranges, entries)
    finally:
        settings.set("spark.sql.execution.arrow.maxRecordsPerBatch", before)

    expected = moves.versions_of_keys(zones, ranges, entries)
    assert expected["transaction_id"].n_unique() == 5
    assert found.sort(pl.all()).equals(expected.sort(pl.all()))


def test_a_frame_reaches_spark_by_name_signed_and_without_categories():
    """Spark takes columns by position: here they come in another order, two of them with the same type."""
    schema = {"first": "long", "last": "long", "name": "string"}
    frame = pl.DataFrame(
        {"last": [2, 4], "name": ["a", "b"], "first": [1, 3]},
        schema={"last": pl.UInt32, "name": pl.Categorical, "first": pl.UInt8},
    )
    given = spark_session().range(0, 8, numPartitions=8)
    described = ", ".join(f"{name} {kind}" for name, kind in schema.items())

    def work(parts):
        for part in parts:
            kept = [number for number in part.column(0).to_pylist() if number == 5]
            yield from batches_of(frame.filter(pl.lit(bool(kept))), schema)

    rows = given.mapInArrow(work, described).collect()
    assert [row.asDict() for row in rows] == [
        {"first": 1, "last": 2, "name": "a"},
        {"first": 3, "last": 4, "name": "b"},
    ]


def test_what_tasks_return_does_not_grow_with_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sizes: list[int] = []
    whole = spark_spread.spread

    def weighed(items, work):
        found = whole(items, work)
        sizes.append(len(pickle.dumps(found)))
        return found

    monkeypatch.setattr(spark_dates, "spread", weighed)
    for name, count in (("few", 3), ("many", 6000)):
        zones = zones_of(tmp_path / name)
        put_raw(zones, text(trades(count)))
        run_raw(zones)
        processed_to_curated.run(zones, engine="spark")
    few, many = sizes[: len(sizes) // 2], sizes[len(sizes) // 2 :]

    assert len(few) == 2, "batches, and months: no key lies on two dates"
    assert all(more < less + 300 for less, more in zip(few, many, strict=True))
