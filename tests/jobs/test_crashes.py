"""A run may die at any write. A reader sees the old lake or the new one, and the next run makes what a clean one would.

Killed are the jobs, not the deliveries: a put into the raw zone is one file, whole or absent (`test_storage.py`).
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jobs import processed_to_curated
from jobs.zones import Zones
from tests.jobs.deliveries import Delivery, deliveries, examples
from tests.jobs.killing import Fuse, KilledError, killing, seen_curated, seen_processed, unfinished
from tests.jobs.lakes import put_raw, run_both, run_raw, text, trade, tree
from tests.jobs.records import Provider


def _first_day(zones: Zones) -> None:
    """Three dates, one of them with a single trade, and a provider, in the lake."""
    put_raw(zones, text([trade(1), trade(2), trade(3), trade(4)]), "a.csv")
    Delivery("p.csv", "standard", "2024-06-01", records=(Provider("PRV-1", "north"),)).put(zones)
    run_both(zones)


def _second_day(zones: Zones) -> None:
    """That trade moves to another date, others are new, a line is bad, the first file comes again, a provider changes."""
    moved = trade(3, transaction_date="2024-05-03 09:00:00")
    put_raw(zones, text([moved, trade(5), trade(8), trade(11), trade(14), "short"]), "b.csv", day="2024-06-02")
    put_raw(zones, text([trade(1), trade(2), trade(3), trade(4)]), "a.csv", day="2024-05-31")
    Delivery("p.csv", "standard", "2024-06-02", records=(Provider("PRV-1", "south"),)).put(zones)


@pytest.mark.slow
def test_a_run_killed_at_any_write_leaves_the_old_lake_or_the_new_and_is_repaired_to_the_byte(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "new"
    _first_day(Zones.under(str(old)))
    _second_day(Zones.under(str(old)))
    shutil.copytree(old, new)
    fuse = Fuse()
    run_both(killing(new, fuse))
    before, after = (Zones.under(str(root)) for root in (old, new))
    curated_seen = [seen_curated(before), seen_curated(after)]
    files = seen_processed(before) | seen_processed(after)
    good = tree(new)

    kinds = {write.partition("/")[0] for write in fuse.writes}
    assert kinds >= {"put quarantine", "delete processed", "move curated", "delete curated", "move ledger"}
    assert curated_seen[0] != curated_seen[1]
    for at in range(1, len(fuse.writes) + 1):
        root = tmp_path / f"killed-{at}"
        shutil.copytree(old, root)
        with pytest.raises(KilledError):
            run_both(killing(root, Fuse(at)))
        zones = Zones.under(str(root))
        where = f"killed at write {at}, {fuse.writes[at - 1]}"
        assert seen_curated(zones) in curated_seen, where
        for file, rows in seen_processed(zones).items():
            assert rows == files[file], f"{where}: {file}"

        run_both(zones)
        assert tree(root) == good, where
        assert unfinished(root) == [], where
        shutil.rmtree(root)


def test_a_run_killed_again_and_again_gets_there_in_the_end(tmp_path: Path):
    root, clean = tmp_path / "killed", tmp_path / "clean"
    _first_day(Zones.under(str(root)))
    _second_day(Zones.under(str(root)))
    shutil.copytree(root, clean)
    run_both(Zones.under(str(clean)))
    for at in (3, 5, 7, 2, 9, 4, 12, 1, 6):
        with pytest.raises(KilledError):
            run_both(killing(root, Fuse(at, is_after=True)))
    run_both(Zones.under(str(root)))
    assert tree(root) == tree(clean)


def test_what_was_staged_and_never_committed_is_seen_by_no_reader(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    _first_day(zones)
    before = seen_curated(zones)
    _second_day(zones)
    run_raw(zones)
    fuse = Fuse()
    copy = tmp_path.with_name(tmp_path.name + "-copy")
    shutil.copytree(tmp_path, copy)
    processed_to_curated.run(killing(copy, fuse))
    commit = fuse.writes.index("put ledger/commit.json") + 1
    with pytest.raises(KilledError):
        processed_to_curated.run(killing(tmp_path, Fuse(commit)))

    assert list((tmp_path / "curated" / "_staging").rglob("*.parquet")), "or this test sees nothing"
    assert seen_curated(zones) == before


class Lake(RuleBasedStateMachine):
    """Deliveries, runs and kills in any order. At every moment a reader sees whole files and a whole curated zone."""

    @initialize(file=deliveries(), other=deliveries(), is_run=st.booleans())
    def begin(self, file: Delivery, other: Delivery, is_run: bool) -> None:  # noqa: FBT001
        self.root = Path(tempfile.mkdtemp(prefix="killed-lake-"))
        self.zones = Zones.under(str(self.root))
        self.files: dict[str, Delivery] = {}
        self.allowed: list[dict[str, Any]] = [seen_curated(self.zones)]
        self.deliver(file)
        if is_run:
            self.run()
        self.deliver(other)

    @rule(file=deliveries())
    def deliver(self, file: Delivery) -> None:
        """Delivered files never change, so a place that is taken keeps what it has."""
        if file.path not in self.files:
            file.put(self.zones)
            self.files[file.path] = file

    @rule(choice=st.integers(0, 20), day=st.sampled_from(["2024-05-30", "2024-06-02", "2024-06-30"]))
    def deliver_again(self, choice: int, day: str) -> None:
        file = list(self.files.values())[choice % len(self.files)]
        self.deliver(Delivery("again.csv", file.source, day, file.trades, file.records))

    @rule()
    def run(self) -> None:
        run_both(self.zones, reject_limit=None)
        self.allowed = [seen_curated(self.zones)]

    @rule()
    def run_the_first_job(self) -> None:
        run_raw(self.zones, reject_limit=None)

    @rule()
    def run_the_second_job(self) -> None:
        processed_to_curated.run(self.zones)
        self.allowed = [seen_curated(self.zones)]

    @rule(late=deliveries(), at=st.integers(1, 25), is_after=st.booleans())
    def run_and_be_killed(self, late: Delivery, at: int, is_after: bool) -> None:  # noqa: FBT001
        self.deliver(late)
        fresh = Path(tempfile.mkdtemp(prefix="clean-lake-"))
        shutil.copytree(self.root, fresh, dirs_exist_ok=True)
        run_both(Zones.under(str(fresh)), reject_limit=None)
        self.allowed.append(seen_curated(Zones.under(str(fresh))))
        shutil.rmtree(fresh)
        fuse = Fuse(at, is_after)
        try:
            run_both(killing(self.root, fuse), reject_limit=None)
        except KilledError:
            event(f"killed at: {fuse.writes[-1].partition('/')[0]}")
            return
        self.allowed = self.allowed[-1:]

    @invariant()
    def readers_see_whole_files_and_a_whole_curated_zone(self) -> None:
        if hasattr(self, "root"):
            seen_processed(self.zones)
            assert seen_curated(self.zones) in self.allowed

    def teardown(self) -> None:
        if not hasattr(self, "root"):
            return
        fresh = Path(tempfile.mkdtemp(prefix="clean-lake-"))
        try:
            run_both(self.zones, reject_limit=None)
            for file in self.files.values():
                file.put(Zones.under(str(fresh)))
            run_both(Zones.under(str(fresh)), reject_limit=None)
            assert tree(self.root) == tree(fresh)
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
test_any_mixture_of_deliveries_runs_and_kills_ends_in_the_lake_of_a_clean_first_load = Lake.TestCase
