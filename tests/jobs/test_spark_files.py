"""Raw-to-processed on Spark: the lake, byte for byte, that one machine makes of the same deliveries."""

import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import spark_files, spark_pieces
from jobs.ledger import LedgerImbalanceError
from tests.jobs.deliveries import Delivery, deliveries, examples, of_trades, several
from tests.jobs.lakes import entries, put_raw, run_raw, text, trade, trades, tree
from tests.jobs.spark import of_spark, session, two_lakes, without_times, zones_of  # noqa: F401 - a fixture

pytestmark = of_spark


def _unbalanced(*_: object) -> NoReturn:
    raise LedgerImbalanceError("a.csv does not balance")


@pytest.mark.slow
@settings(max_examples=examples(25))
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


@pytest.fixture
def small_pieces() -> Iterator[None]:
    """Every file of trades is a large one, in pieces of a line or two; a bucket has few dates, a part of the keys few keys."""
    with pytest.MonkeyPatch.context() as patched:
        for name, value in {"LARGE_BYTES": 0, "PIECE_BYTES": 700, "BUCKET_BYTES": 400, "KEYS_PER_PART": 6}.items():
            patched.setattr(spark_pieces, name, value)
        yield


@pytest.mark.slow
@pytest.mark.usefixtures("small_pieces")
def test_a_file_in_pieces_becomes_the_bytes_that_one_machine_makes_of_it():
    @settings(max_examples=examples(16))
    @given(st.lists(of_trades(keys=6, most=20), min_size=1, max_size=2, unique_by=lambda file: file.path))
    def holds(files: list[Delivery]) -> None:
        with two_lakes() as (one, other):
            said = []
            for root, engine in ((one, "polars"), (other, "spark")):
                for file in files:
                    file.put(zones_of(root))
                said.append(without_times(run_raw(zones_of(root), engine=engine, reject_limit=None)))
            assert tree(one) == tree(other)
            assert said[0] == said[1]

    holds()


@pytest.mark.usefixtures("small_pieces")
def test_a_value_over_line_breaks_a_repeat_and_a_refusal_are_what_they_are_for_a_small_file(tmp_path: Path):
    """Lines that are cut in two, a first delivery that comes late, and a file of which too much is rejected."""
    lines = [trade(1), trade(2, entity_id='"CLI\n-1"'), 'T9,"', trade(4), trade(1, quantity_kwh="2000"), "", trade(6)]
    later, first = text([*lines, *trades(30, first=10)]), text(trades(5, first=60))
    roots = {engine: tmp_path / engine for engine in ("polars", "spark")}
    told = {}
    for engine, root in roots.items():
        zones = zones_of(root)
        put_raw(zones, later, "later.csv", day="2024-06-05")
        put_raw(zones, text(["short"] * 30), "refused.csv", day="2024-06-01")
        run_raw(zones, engine=engine)
        put_raw(zones, later, "first.csv", day="2024-06-02")
        put_raw(zones, first, "other.csv", day="2024-06-03")
        told[engine] = without_times(run_raw(zones, engine=engine))

    assert tree(roots["spark"]) == tree(roots["polars"])
    assert told["spark"] == told["polars"]
    assert [refusal.file.rsplit("/")[-1] for refusal in told["spark"].refused] == ["refused.csv"]
    assert {name.rsplit("/")[-1]: entry.repeats for name, entry in entries(zones_of(roots["spark"])).items()} == {
        "first.csv": False,
        "later.csv": True,
        "other.csv": False,
    }


@pytest.mark.usefixtures("small_pieces")
def test_the_large_way_really_goes_through_pieces_and_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    seen: list[int] = []
    whole = spark_pieces.spread

    def counted(items, work):
        seen.append(len(items))
        return whole(items, work)

    monkeypatch.setattr(spark_pieces, "spread", counted)
    zones = zones_of(tmp_path)
    put_raw(zones, text(trades(40)))
    run_raw(zones, engine="spark")

    cut, typed, buckets, joined, _ = seen
    assert (cut, buckets, joined) == (1, 3, 1), "a file, its three dates, and what is joined"
    assert typed > 3
    assert not list((tmp_path / "ledger").rglob("pieces*"))


def test_what_a_killed_run_left_of_a_large_file_goes_with_the_next_run(tmp_path: Path):
    zones = zones_of(tmp_path)
    zones.ledger.put("pieces/0123/rows/4/5.ipc", b"typed rows")
    run_raw(zones)

    assert not zones.ledger.exists("pieces/0123/rows/4/5.ipc")
