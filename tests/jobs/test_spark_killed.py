"""Workers die in the middle of a task: another attempt overwrites what the first one did, and nothing is left of it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import processed_to_curated
from tests.jobs.deliveries import Delivery
from tests.jobs.killing import unfinished
from tests.jobs.lakes import put_raw, run_both, run_raw, text, trade, trades, tree
from tests.jobs.records import Provider
from tests.jobs.spark import killed, killing, of_spark, session, zones_of  # noqa: F401 - a fixture

pytestmark = of_spark
ROOT = Path(__file__).parents[2]


def _first_day(root: Path) -> None:
    zones = zones_of(root)
    put_raw(zones, text([*trades(9), "short"]), "a.csv")
    put_raw(zones, text(trades(9, first=5)), "b.csv", day="2024-06-02")
    Delivery("p.csv", "standard", "2024-06-01", records=(Provider("PRV-1", "north"),)).put(zones)
    run_both(zones)


def _second_day(root: Path) -> None:
    """A trade moves to another date, which two months share; a file comes again as an earlier delivery of itself."""
    zones = zones_of(root)
    moved = trade(3, transaction_date="2024-06-30 09:00:00")
    put_raw(zones, text([moved, trade(50), "short"]), "c.csv", day="2024-06-03")
    put_raw(zones, text(trades(9, first=5)), "z.csv", day="2024-05-02")
    Delivery("p.csv", "standard", "2024-06-02", records=(Provider("PRV-1", "south"),)).put(zones)


@pytest.mark.parametrize(
    "kills", [(3, 8, 24), *(pytest.param(kills, marks=pytest.mark.slow) for kills in ((1, 4, 11), (2, 6, 16)))]
)
def test_a_run_whose_workers_die_ends_in_the_lake_of_one_whose_workers_live(tmp_path: Path, kills: tuple[int, ...]):
    lake, clean = tmp_path / "lake", tmp_path / "clean"
    _first_day(lake)
    _second_day(lake)
    shutil.copytree(lake, clean)
    run_both(zones_of(clean))

    for job, run in (
        ("first", lambda zones: run_raw(zones, engine="spark")),
        ("second", lambda zones: processed_to_curated.run(zones, engine="spark")),
    ):
        turns = tmp_path / job
        run(killing(lake, turns, kills))
        assert killed(turns) > 0, f"nobody of the {job} job died"
    assert tree(lake) == tree(clean)
    assert unfinished(lake) == []


@pytest.mark.slow
def test_a_cluster_that_loses_executors_ends_in_the_same_lake(tmp_path: Path):
    """Two executors, each a JVM of its own; workers of a lost one go on writing until they notice."""
    lake, clean = tmp_path / "lake", tmp_path / "clean"
    _first_day(lake)
    _second_day(lake)
    shutil.copytree(lake, clean)
    run_both(zones_of(clean))
    home = _home(tmp_path / "spark")
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_SCALA_VERSION": "2.12", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "tests.jobs.spark_cluster", str(lake), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)

    assert done.returncode == 0, done.stderr[-3000:]
    assert killed(tmp_path / "first") > 0, "nobody of the first job died"
    assert killed(tmp_path / "second") > 0, "nobody of the second job died"
    assert tree(lake) == tree(clean)
    assert unfinished(lake) == []


def _home(folder: Path) -> Path:
    """A place of Spark's own, because executors keep their files beside its programs."""
    import pyspark

    folder.mkdir()
    for part in ("bin", "jars", "python"):
        (folder / part).symlink_to(Path(pyspark.__file__).parent / part)
    return folder
