"""Compaction: fewer files of the same rows. What it leaves depends on what was delivered alone, and it can be undone."""

import shutil
import tempfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jobs import processed_to_curated, raw_to_processed
from jobs.as_of import lake_as_of
from jobs.compact import compact, planned
from jobs.compacted import LayoutError, Member, all_merged, meant, places
from jobs.curated_tables import scan_processed
from jobs.ledger import LedgerImbalanceError
from jobs.locking import LakeBusyError, only_run
from jobs.publish import zones_publishing
from jobs.replay import replay
from jobs.storage import FolderStorage
from jobs.zones import Zones
from lake.query import run_query
from lake.verify import faults_of
from tests.jobs.deliveries import SPANISH_HEADER, Delivery, deliveries, examples, several
from tests.jobs.killing import Fuse, KilledError, killing, seen_curated, unfinished
from tests.jobs.lakes import SOURCES, entries, put_raw, run_both, run_raw, text, trade, tree
from tests.jobs.test_conservation import a_lake
from tests.jobs.test_replay import LENIENT, STRICT, wrong

LARGE = 1000
"""Rows beyond all that these deliveries hold: everything of a date goes into one file."""


def rows_of(zones: Zones) -> dict[str, list[dict[str, object]]]:
    """What a reader sees of the processed zone who goes by the ledger: rows in their order, by table and date."""
    standing = sorted(
        raw_to_processed.effective(entries(zones)).values(), key=lambda entry: (entry.ingest_date, entry.file)
    )
    seen: dict[str, list[dict[str, object]]] = {}
    for entry in standing:
        for output in entry.outputs:
            if output.zone == "processed":
                found = places(zones, [output.path])
                file = zones.processed.local(found[0].path)
                scanned = pl.scan_parquet(file, hive_partitioning=False, include_file_paths="_path", glob=False)
                rows = meant(scanned, found, [file], "_path").drop("_path").collect()
                assert rows.height == output.rows
                seen.setdefault(output.path.rpartition("/")[0], []).extend(rows.to_dicts())
    return seen


def four_deliveries(root: Path) -> Zones:
    """Four files of trades on three dates, two of providers, both jobs run: ten and two processed files."""
    zones = Zones.under(str(root))
    for number in range(4):
        lines = [trade(10 * number + place) for place in range(2 + number)]
        put_raw(zones, text(lines), f"{'dacb'[number]}.csv", day=f"2024-06-0{1 + number // 2}")
    for name in ("p.csv", "q.csv"):
        header = "provider_id,provider_name,energy_type,capacity_mw,region,contract_start_date"
        put_raw(zones, text([f"PRV-{name},Sol,solar,1,south,2020-01-01"], header), name, dataset="providers")
    run_both(zones)
    return zones


def processed_files(zones: Zones) -> list[str]:
    return [stored.path for stored in zones.processed.listed()]


def test_small_files_of_a_date_become_one_with_the_rows_in_the_order_of_deliveries(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    before, rows, kept = processed_files(zones), rows_of(zones), tree(tmp_path / "curated")
    report = compact(zones, target_rows=LARGE)

    # trades 0 1 | 10 11 12 | 20 21 22 23 | 30 … 34 lie on day 1 + number mod 3: every file but the first on three dates
    assert len(before) == 2 + 3 + 3 + 3 + 2
    assert len(processed_files(zones)) == 3 + 1
    assert report.to_json() == {
        "providers": {"files_before": 2, "files_after": 1, "dates_changed": 1},
        "transactions": {"files_before": 11, "files_after": 3, "dates_changed": 3},
    }
    assert rows_of(zones) == rows
    [merged] = all_merged(zones)["transactions", "2024-05-01"]
    inside = pl.read_parquet(zones.processed.local(merged.path), hive_partitioning=False)
    assert inside["source_file"].str.slice(-16).unique(maintain_order=True).to_list() == [
        *("2024-06-01/a.csv", "2024-06-01/d.csv"),
        *("2024-06-02/b.csv", "2024-06-02/c.csv"),
    ]
    assert inside["transaction_id"].to_list() == ["T0012", "T0000", "T0030", "T0033", "T0021"]
    assert tree(tmp_path / "curated") == kept
    assert not processed_to_curated.is_due(zones)
    assert run_both(zones).curated.dates == []  # type: ignore[union-attr]  # the second job ran
    assert faults_of(zones) == []


def test_compacting_again_changes_nothing_and_taking_apart_gives_the_first_bytes_back(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    before = tree(tmp_path)
    compact(zones, target_rows=LARGE)
    merged = tree(tmp_path)
    assert not any(done.dates_changed for done in compact(zones, target_rows=LARGE).tables.values())
    assert tree(tmp_path) == merged

    compact(zones, target_rows=0)
    assert tree(tmp_path) == before


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([], []),
        ([10], []),
        ([4, 4], [[0, 1]]),
        ([4, 4, 4, 4], [[0, 1, 2]]),  # 4 + 4 is below the target, the third reaches it
        ([9, 12, 1], []),  # 9 + 12 would be more than twice the target, and 12 has reached it
        ([30, 1, 1], [[1, 2]]),
        ([0, 0, 30], [[0, 1]]),
    ],
)
def test_neighbours_are_merged_until_the_target_and_never_beyond_twice_of_it(rows: list[int], groups: list[list[int]]):
    members = [Member(f"t/{number}.parquet", f"{number}.csv", count) for number, count in enumerate(rows)]
    assert [[members.index(member) for member in one.members] for one in planned(members, 10)] == groups


@given(st.lists(st.integers(0, 40), max_size=30), st.integers(1, 50))
def test_a_date_keeps_few_files_none_of_them_larger_than_it_must_be(rows: list[int], target: int):
    members = [Member(f"t/{number}.parquet", f"{number}.csv", count) for number, count in enumerate(rows)]
    merged = planned(members, target)
    inside = [member for one in merged for member in one.members]

    assert inside == [member for member in members if member in inside], "in their order, none twice"
    assert all(one.rows <= 2 * target and len(one.members) > 1 for one in merged)
    files = len(members) - len(inside) + len(merged)
    assert files <= 2 * sum(rows) / target + 1
    assert planned(members, 0) == []


def test_a_delivery_on_top_changes_only_the_last_file_of_a_date(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    compact(zones, target_rows=2)
    before = set(processed_files(zones))
    put_raw(zones, text([trade(42)]), "late.csv", day="2024-06-03")
    run_both(zones)
    assert set(processed_files(zones)) > before
    compact(zones, target_rows=2)

    first, second = before - set(processed_files(zones)), set(processed_files(zones)) - before
    assert {len(first), len(second)} <= {0, 1, 2}
    assert faults_of(zones) == []


def test_the_past_is_read_from_files_that_hold_later_deliveries_too(tmp_path: Path):
    zones = four_deliveries(tmp_path / "lake")
    day = date(2024, 6, 1)
    question = "SELECT * FROM processed_transactions ORDER BY ALL"
    past = lake_as_of(zones, day, tmp_path / "past")
    expected = seen_curated(past), run_query(past, question).rows
    compact(zones, target_rows=LARGE)
    again = lake_as_of(zones, day, tmp_path / "again")

    assert (seen_curated(again), run_query(again, question).rows) == expected
    assert len(expected[1]) == 2 + 3
    assert len(run_query(zones, question).rows) == 2 + 3 + 4 + 5


@pytest.fixture(scope="module")
def apart_and_merged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Zones, Zones]:
    """The four deliveries twice, the second time merged; made once, because both are only read."""
    apart, merged = (four_deliveries(tmp_path_factory.mktemp(name)) for name in ("apart", "merged"))
    compact(merged, target_rows=LARGE)
    return apart, merged


@settings(max_examples=examples(4))
@given(chosen=st.sets(st.integers(0, 10), min_size=1))
def test_any_choice_of_outputs_gives_their_rows_whatever_lies_in_the_same_files(
    apart_and_merged: tuple[Zones, Zones], chosen: set[int]
):
    """An engine that cuts the outputs of several dates into tasks asks for a delivery on one date and not on the other."""
    apart, merged = apart_and_merged
    outputs = sorted(output for e in entries(apart).values() for output in e.processed() if e.dataset == "transactions")
    files: dict[str, list[str]] = {}
    for number in sorted(chosen):
        files.setdefault(outputs[number].date, []).append(outputs[number].path)
    before, after = (scan_processed(zones, files).collect().sort(pl.all()) for zones in (apart, merged))
    assert after.equals(before)
    assert after.height == sum(outputs[number].rows for number in chosen)


def test_deliveries_go_together_by_day_and_not_by_the_name_of_their_source(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    spanish = "S1;01/05/2024 10:00:00;compra;PRV-1;1000;0,1;eólica;100;EUR;"
    put_raw(zones, f"{SPANISH_HEADER}\n{spanish}\n".encode("latin-1"), "s.csv", source="estandar", day="2024-06-02")
    put_raw(zones, text([trade(3)]), "a.csv", day="2024-06-01")
    run_both(zones)
    compact(zones, target_rows=LARGE)
    [merged] = all_merged(zones)["transactions", "2024-05-01"]
    assert [member.source_file[-16:] for member in merged.members] == ["2024-06-01/a.csv", "2024-06-02/s.csv"]


def test_what_a_killed_compaction_committed_is_finished_by_the_first_job(tmp_path: Path):
    zones, done = four_deliveries(tmp_path / "killed"), four_deliveries(tmp_path / "done")
    fuse = Fuse()
    compact(killing(tmp_path / "done", fuse), target_rows=LARGE)
    commit = [number for number, write in enumerate(fuse.writes, 1) if write == "put ledger/commit.json"][-1]
    with pytest.raises(KilledError):
        compact(killing(tmp_path / "killed", Fuse(commit, is_after=True)), target_rows=LARGE)
    assert zones_publishing(zones) == {"ledger", "processed"}
    assert faults_of(zones) == [
        "a compaction or a replay was killed while its files moved; `lake run` finishes it, then verify again"
    ]
    with pytest.raises(LakeBusyError, match="has not finished moving its files"):
        lake_as_of(zones, date(2024, 6, 1), tmp_path / "past")
    assert seen_by_query(zones) == seen_by_query(done)

    run_raw(zones)
    assert tree(tmp_path / "killed") == tree(tmp_path / "done")


def test_a_replayed_file_is_taken_out_first_and_the_rest_stays_merged(tmp_path: Path):
    zones, clean = Zones.under(str(tmp_path / "lake")), Zones.under(str(tmp_path / "clean"))
    for lake, sources in ((zones, SOURCES), (clean, LENIENT)):
        put_raw(lake, text([trade(1), wrong(2), trade(4)]), "a.csv")
        put_raw(lake, text([trade(4), trade(7)]), "b.csv", day="2024-06-02")
        put_raw(lake, text([trade(10), trade(3)]), "c.csv", day="2024-06-03")
        put_raw(lake, text([trade(6)]), "e.csv", day="2024-06-03")
        raw_to_processed.run(lake, sources, reject_limit=None)
        processed_to_curated.run(lake)
    compact(zones, target_rows=LARGE)
    assert set(all_merged(zones)) == {("transactions", "2024-05-01"), ("transactions", "2024-05-02")}
    assert len(replay(zones, LENIENT).changed) == 1
    assert set(all_merged(zones)) == {("transactions", "2024-05-01")}, "a.csv has no trade on the first"
    processed_to_curated.run(zones)
    compact(zones, target_rows=0)
    assert tree(tmp_path / "lake") == tree(tmp_path / "clean")


def test_an_earlier_delivery_of_the_same_content_takes_the_place_of_a_merged_one(tmp_path: Path):
    zones, clean = four_deliveries(tmp_path / "lake"), four_deliveries(tmp_path / "clean")
    compact(zones, target_rows=LARGE)
    for lake in (zones, clean):
        put_raw(lake, text([trade(30 + place) for place in range(5)]), "first.csv", day="2024-05-31")
        run_both(lake)
    assert faults_of(zones) == []
    assert seen_curated(zones) == seen_curated(clean)
    for lake in (zones, clean):
        compact(lake, target_rows=LARGE)
    assert tree(tmp_path / "lake") == tree(tmp_path / "clean")


@settings(max_examples=examples(20))
@given(several(max_size=6), st.sampled_from([1, 2, 3, 6, LARGE]))
def test_merging_and_taking_apart_changes_no_row_and_no_byte(files: list[Delivery], target: int):
    with a_lake() as (root, zones):
        for file in files:
            file.put(zones)
        run_both(zones, reject_limit=None)
        before, rows = tree(root), rows_of(zones)
        compact(zones, target_rows=target)
        assert rows_of(zones) == rows
        assert faults_of(zones) == []
        compact(zones, target_rows=0)
        assert tree(root) == before


@pytest.mark.slow
def test_a_compaction_killed_at_any_write_leaves_each_date_old_or_new_and_is_repaired_to_the_byte(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    zones = four_deliveries(old)
    compact(zones, target_rows=3)  # so that the next one takes merged files apart and merges others
    put_raw(zones, text([trade(3), trade(6)]), "early.csv", day="2024-05-31")
    run_both(zones)
    rows = rows_of(zones)
    shutil.copytree(old, new)
    fuse = Fuse()
    compact(killing(new, fuse), target_rows=4)
    good = tree(new)
    assert {write.partition("/")[0] for write in fuse.writes} >= {"put processed", "move processed", "delete processed"}
    for at in range(1, len(fuse.writes) + 1):
        for is_after in (False, True):
            root = tmp_path / f"killed-{at}-{is_after}"
            shutil.copytree(old, root)
            with pytest.raises(KilledError):
                compact(killing(root, Fuse(at, is_after)), target_rows=4)
            left, where = Zones.under(str(root)), f"killed at write {at}, {fuse.writes[at - 1]}"
            assert run_query(left, "SELECT * FROM processed_transactions ORDER BY ALL").rows, where
            assert seen_by_query(left) == seen_by_query(zones), where
            if at % 3 == 0:
                run_both(left)  # the jobs go on where a compaction was killed
                assert rows_of(left) == rows, where
                assert faults_of(left) == [] or is_staged(root), where
            compact(left, target_rows=4)
            assert tree(root) == good, where
            assert unfinished(root) == [], where
            shutil.rmtree(root)


def seen_by_query(zones: Zones) -> list[object]:
    """Every row of every processed and curated table, as SQL sees it."""
    names = [
        "processed_transactions",
        "processed_providers",
        "processed_transactions_superseded",
        "curated_transactions",
    ]
    return [run_query(zones, f"SELECT * FROM {name} ORDER BY ALL").rows for name in names]  # noqa: S608 - our own names


def is_staged(root: Path) -> bool:
    return any((root / "processed").rglob("_staging"))


def test_a_compaction_waits_for_no_other_run_and_no_other_run_for_it(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    before = tree(tmp_path)
    with only_run(zones, "processed-to-curated"), pytest.raises(LakeBusyError, match="processed-to-curated"):
        compact(zones, target_rows=LARGE)
    assert tree(tmp_path) == before


def test_a_file_with_other_rows_than_the_books_say_is_not_merged(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    path = processed_files(zones)[-1]
    rows = pl.read_parquet(zones.processed.local(path), hive_partitioning=False)
    rows.clear().write_parquet(zones.processed.local(path))
    before = tree(tmp_path / "ledger") | tree(tmp_path / "processed")
    with pytest.raises(LedgerImbalanceError, match="holds 0 rows, the books say"):
        compact(zones, target_rows=LARGE)
    left = tree(tmp_path / "ledger") | tree(tmp_path / "processed")
    assert {path for path in before if path not in left}, "the dates before it are done"
    zones.processed.delete(path)
    with pytest.raises(LedgerImbalanceError, match="lake status --verify"):
        compact(zones, target_rows=LARGE)


def test_a_damaged_note_is_named_with_the_way_out(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    compact(zones, target_rows=LARGE)
    zones.ledger.put("compacted/transactions/2024-05-02.json", b'[{"path": 1}]')
    with pytest.raises(LayoutError, match=r"ledger/compacted/transactions/2024-05-02\.json is no list of merged files"):
        rows_of(zones)


def test_a_merged_file_that_is_lost_is_repaired_from_what_was_delivered(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    before = tree(tmp_path)
    compact(zones, target_rows=LARGE)
    [lost] = all_merged(zones)["transactions", "2024-05-02"]
    zones.processed.delete(lost.path)
    [fault] = faults_of(zones)
    assert fault == (
        f"processed/{lost.path} is gone; remove ledger/compacted/transactions/2024-05-02.json and verify again"
    )
    zones.ledger.delete("compacted/transactions/2024-05-02.json")
    ways_out = {fault.partition("; remove ledger/")[2].partition(" and run")[0] for fault in faults_of(zones)}
    assert len(ways_out) == 4, "the deliveries that lay in it"
    compact_apart = Zones.under(str(tmp_path))
    for path in ways_out:
        compact_apart.ledger.delete(path)
    run_raw(zones)
    compact(zones, target_rows=0)
    assert tree(tmp_path) == before


class Meddled(FolderStorage):
    """A folder of which the merged files are taken apart when the first of them is about to be read."""

    is_armed = True

    def local(self, path: str) -> Path:
        if self.is_armed and "merged-" in path:
            self.is_armed = False
            compact(Zones.under(str(self.root.parent)), target_rows=0)
        return super().local(path)


def test_a_question_whose_files_are_moved_meanwhile_is_answered_all_the_same(tmp_path: Path):
    zones = four_deliveries(tmp_path)
    before = seen_by_query(zones)
    compact(zones, target_rows=LARGE)
    meddled = Meddled(tmp_path / "processed")
    assert seen_by_query(replace(zones, processed=meddled)) == before
    assert not meddled.is_armed
    assert not all_merged(zones)


def test_a_delivery_that_was_taken_in_anew_by_hand_counts_and_not_its_rows_in_a_merged_file(tmp_path: Path):
    zones, clean = Zones.under(str(tmp_path / "lake")), Zones.under(str(tmp_path / "clean"))
    for lake in (zones, clean):
        put_raw(lake, text([trade(1), wrong(4)]), "a.csv")
        put_raw(lake, text([trade(7)]), "b.csv", day="2024-06-02")
    raw_to_processed.run(zones, SOURCES, reject_limit=None)
    compact(zones, target_rows=LARGE)
    [removed] = [entry for entry in entries(zones).values() if entry.file.endswith("a.csv")]
    zones.ledger.delete(f"transactions/{removed.id}.json")
    for lake in (zones, clean):
        raw_to_processed.run(lake, LENIENT, reject_limit=None)
    assert any("run `lake compact --apart`" in fault for fault in faults_of(zones))

    compact(zones, target_rows=0)
    for lake in (zones, clean):
        processed_to_curated.run(lake)
    assert tree(tmp_path / "lake" / "processed") == tree(tmp_path / "clean" / "processed")
    assert tree(tmp_path / "lake" / "curated") == tree(tmp_path / "clean" / "curated")


class Lake(RuleBasedStateMachine):
    """Deliveries, runs, replays and compactions in any order, some of them killed."""

    @initialize(file=deliveries(), other=deliveries())
    def begin(self, file: Delivery, other: Delivery) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="compacted-lake-"))
        self.zones = Zones.under(str(self.root))
        self.files: dict[str, Delivery] = {}
        self.deliver(file)
        self.deliver(other)
        self.run()

    @rule(file=deliveries())
    def deliver(self, file: Delivery) -> None:
        """Delivered files never change, so a place that is taken keeps what it has."""
        if file.path not in self.files:
            file.put(self.zones)
            self.files[file.path] = file

    @rule(choice=st.integers(0, 20), day=st.sampled_from(["2024-05-30", "2024-06-30"]))
    def deliver_again(self, choice: int, day: str) -> None:
        file = list(self.files.values())[choice % len(self.files)]
        self.deliver(Delivery("again.csv", file.source, day, file.trades, file.records))

    @rule()
    def run(self) -> None:
        run_both(self.zones, reject_limit=None)

    @rule()
    def run_the_first_job(self) -> None:
        run_raw(self.zones, reject_limit=None)

    @rule(rows=st.sampled_from([0, 1, 3, LARGE]))
    def compact(self, rows: int) -> None:
        event(f"merged: {bool(all_merged(self.zones))}")
        compact(self.zones, target_rows=rows)

    @rule(rows=st.sampled_from([0, 1, 3, LARGE]), at=st.integers(1, 20), is_after=st.booleans())
    def compact_and_be_killed(self, rows: int, at: int, is_after: bool) -> None:  # noqa: FBT001
        fuse = Fuse(at, is_after)
        try:
            compact(killing(self.root, fuse), target_rows=rows)
        except KilledError:
            event(f"killed at: {fuse.writes[-1].partition('/')[0]}")

    @rule(is_strict=st.booleans())
    def replay_with_other_rules_and_back(self, is_strict: bool) -> None:  # noqa: FBT001
        replay(self.zones, STRICT if is_strict else LENIENT, every=True)
        replay(self.zones, SOURCES, every=True)

    @invariant()
    def readers_see_every_row(self) -> None:
        if hasattr(self, "root") and not is_staged(self.root):
            rows_of(self.zones)

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        fresh = Path(tempfile.mkdtemp(prefix="clean-lake-"))
        clean = Zones.under(str(fresh))
        try:
            run_both(self.zones, reject_limit=None)
            for file in self.files.values():
                file.put(clean)
            run_both(clean, reject_limit=None)
            assert tree(self.root / "curated") == tree(fresh / "curated")
            for lake in (self.zones, clean):
                compact(lake, target_rows=3)
            assert tree(self.root) == tree(fresh)
            assert faults_of(self.zones) == []
            assert unfinished(self.root) == []
        finally:
            shutil.rmtree(fresh)
            shutil.rmtree(self.root)


Lake.TestCase.settings = settings(
    max_examples=examples(16),
    stateful_step_count=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
test_any_mixture_of_deliveries_runs_replays_and_compactions_ends_in_the_lake_of_a_clean_first_load = pytest.mark.slow(
    Lake.TestCase
)
