"""Raw-to-processed on Spark: the lake, byte for byte, that one machine makes of the same deliveries."""

import pickle
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import spark_files
from jobs.engine import EngineError
from jobs.ledger import LedgerImbalanceError
from tests.jobs.deliveries import Delivery, deliveries, examples, several
from tests.jobs.lakes import entries, put_raw, run_raw, text, trade, trades, tree
from tests.jobs.spark import of_spark, session, two_lakes, without_times, zones_of  # noqa: F401 - a fixture

pytestmark = of_spark


def _unbalanced(*_: object) -> NoReturn:
    raise LedgerImbalanceError("a.csv does not balance")


@settings(max_examples=examples(16))
@given(several(max_size=5), st.lists(deliveries(), max_size=2))
def test_any_deliveries_in_any_order_become_the_bytes_that_one_machine_makes_of_them(
    first: list[Delivery], later: list[Delivery]
):
    with two_lakes() as (one, other):
        said = []
        for root, engine in ((one, "polars"), (other, "spark")):
            zones = zones_of(root)
            for files in (first, later):
                for file in files:
                    if not zones.raw.exists(file.path):
                        file.put(zones)
                said.append(without_times(run_raw(zones, engine=engine, reject_limit=None)))
        assert tree(one) == tree(other)
        assert said[:2] == said[2:]


def test_of_many_deliveries_of_one_content_the_earliest_that_can_be_taken_stands(tmp_path: Path):
    zones = zones_of(tmp_path)
    content = text(trades(30))
    for day in (5, 3, 4, 2):
        put_raw(zones, content, f"{day}.csv", day=f"2024-06-0{day}")
    put_raw(zones, content, "packed.csv.gz", day="2024-06-01")  # refused for its name: it is no gzip
    put_raw(zones, text(trades(30, first=31)), "same-size.csv", day="2024-06-01")
    report = run_raw(zones, engine="spark")

    assert {name.rsplit("/")[-1]: entry.repeats for name, entry in entries(zones).items()} == {
        "2.csv": False,
        "3.csv": True,
        "4.csv": True,
        "5.csv": True,
        "same-size.csv": False,
    }
    assert [refusal.file.rsplit("/")[-1] for refusal in report.refused] == ["packed.csv.gz"]


def test_what_tasks_return_does_not_grow_with_rows_or_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sizes = []
    whole = spark_files.spread

    def weighed(items, work):
        found = whole(items, work)
        sizes.append(len(pickle.dumps(found)))
        return found

    monkeypatch.setattr(spark_files, "spread", weighed)
    zones = zones_of(tmp_path)
    put_raw(zones, text([trade(1)]), "small.csv")
    run_raw(zones, engine="spark")
    days = [
        trade(n, transaction_date=f"2024-{n % 12 + 1:02d}-{n % 28 + 1:02d} {n % 24:02d}:00:00") for n in range(1, 9000)
    ]
    put_raw(zones, text(days), "large.csv")
    run_raw(zones, engine="spark")

    small, large = (size for size in sizes if size > 100)
    assert large < small + 200


def test_an_imbalance_in_a_task_stops_the_run_with_its_own_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(spark_files, "_taken", _unbalanced)
    zones = zones_of(tmp_path)
    put_raw(zones, text(trades(3)))
    with pytest.raises(LedgerImbalanceError, match=r"a\.csv does not balance"):
        run_raw(zones, engine="spark")


def test_an_engine_that_is_none_is_refused_with_those_there_are(tmp_path: Path):
    zones = zones_of(tmp_path)
    with pytest.raises(EngineError, match="'dask' is no engine; there are polars, spark, auto"):
        run_raw(zones, engine="dask")
