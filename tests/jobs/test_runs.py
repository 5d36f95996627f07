"""What a run takes and leaves: limits of rejected rows, strangers in the raw zone, changed files, two runs at once."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from jobs import processed_to_curated, raw_to_processed
from jobs.ledger import LedgerImbalanceError
from jobs.locking import LakeBusyError, only_run
from jobs.zones import Zones
from tests.jobs.lakes import SOURCES, entries, processed, put_raw, run_both, run_raw, text, trades, tree

TWO_IN_TEN = text([*trades(8), "x", "y"])
THREE_IN_TEN = text([*trades(7), "x", "y", "z"])


def test_a_share_of_rejects_at_the_limit_is_published(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, TWO_IN_TEN)
    assert not run_raw(zones).refused


def test_a_share_of_rejects_over_the_limit_publishes_nothing_of_that_file_and_says_so(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    path = put_raw(zones, THREE_IN_TEN)
    put_raw(zones, TWO_IN_TEN, "b.csv")
    report = run_raw(zones)

    assert [refusal.file for refusal in report.refused] == [f"raw/{path}"]
    assert report.refused[0].why == (
        f"{path}: 3 of 10 rows would be rejected (30%, the limit is 20%; mostly line_too_few_fields 3). Nothing of it "
        f"was published; correct the export or its source, or run again with --accept"
    )
    assert list(entries(zones)) == [path.replace("a.csv", "b.csv")]
    assert processed(zones).height == 8


def test_a_limit_of_null_accepts_whatever_is_rejected(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    path = put_raw(zones, text(["x", "y"]))
    assert run_raw(zones).refused
    assert not run_raw(zones, reject_limit=None).refused
    assert entries(zones)[path].rejected.rows == 2


@pytest.mark.parametrize(("limit", "is_refused"), [(0.0, True), (0.29, True), (0.3, False), (1.0, False)])
def test_the_limit_of_a_run_can_be_chosen(tmp_path: Path, limit: float, is_refused: bool):  # noqa: FBT001
    zones = Zones.under(str(tmp_path))
    put_raw(zones, THREE_IN_TEN)
    assert bool(run_raw(zones, reject_limit=limit).refused) == is_refused


@pytest.mark.parametrize(
    ("own", "run", "is_refused"),
    [(0.5, 0.2, False), (0.1, 0.5, True), (0.1, None, False), (0.0, 0.2, True)],
    ids=["laxer than the run", "stricter than the run", "accepted by the user", "none at all"],
)
def test_a_sources_own_limit_stands_before_the_runs_unless_the_user_accepts(
    tmp_path: Path,
    own: float,
    run: float | None,
    is_refused: bool,  # noqa: FBT001
):
    source = SOURCES["standard"]
    mapping = replace(source.dataset("transactions"), reject_limit=own)
    sources = {"standard": replace(source, datasets=source.datasets | {"transactions": mapping})}
    zones = Zones.under(str(tmp_path))
    put_raw(zones, THREE_IN_TEN)
    assert bool(raw_to_processed.run(zones, sources, reject_limit=run).refused) == is_refused


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("notes.txt", "raw/notes.txt is not laid out as <dataset>/source=<source>/ingest_date=YYYY-MM-DD/<file>"),
        (
            "trades/source=standard/ingest_date=2024-06-01/a.csv",
            "no dataset is called 'trades'; there are providers, clients",
        ),
        ("transactions/source=sap/ingest_date=2024-06-01/a.csv", "no source is called 'sap'; there are aemo_nem,"),
        ("transactions/source=standard/ingest_date=2024-06-31/a.csv", "2024-06-31 is no date"),
    ],
)
def test_a_stranger_in_the_raw_zone_is_named_and_the_others_go_on(tmp_path: Path, path: str, why: str):
    zones = Zones.under(str(tmp_path))
    zones.raw.put(path, text(trades(3)).encode())
    put_raw(zones, text(trades(3)), "good.csv")
    report = run_both(zones)

    assert [refusal.file for refusal in report.refused] == [f"raw/{path}"]
    assert why in report.refused[0].why
    assert report.datasets["transactions"].valid.rows == 3
    assert zones.raw.exists(path)


def test_a_dataset_that_a_source_does_not_deliver_is_named(tmp_path: Path):
    source = SOURCES["standard"]
    sources = {"half": replace(source, name="half", datasets={"clients": source.dataset("clients")})}
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(3)), source="half")
    report = raw_to_processed.run(zones, sources)
    assert "sources/half.toml does not say how transactions are delivered" in report.refused[0].why


def test_a_raw_file_that_changed_after_it_was_processed_is_named_and_changes_nothing(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    path = put_raw(zones, text(trades(3)))
    run_both(zones)
    zones.raw.put(path, text(trades(4)).encode())
    before = tree(tmp_path)
    report = run_both(zones)

    assert [refusal.file for refusal in report.refused] == [f"raw/{path}"]
    assert "delivered files must not change. Put the old one back and deliver the new one" in report.refused[0].why
    assert tree(tmp_path) == before


def test_a_processed_file_that_is_missing_stops_the_second_job_and_leaves_the_old_lake(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(3)))
    run_both(zones)
    put_raw(zones, text(trades(3, first=4)), "b.csv")
    run_raw(zones)
    next((tmp_path / "processed").rglob("*.parquet")).unlink()
    before = tree(tmp_path)
    with pytest.raises(LedgerImbalanceError, match="the ledger says it is part of the lake; restore it and run again"):
        processed_to_curated.run(zones)
    assert {path: content for path, content in tree(tmp_path).items() if "_staging/" not in path} == before


def test_a_processed_file_with_a_row_less_stops_the_second_job_and_leaves_the_old_lake(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(9)))
    run_raw(zones)
    file = next((tmp_path / "processed").rglob("*.parquet"))
    pl.read_parquet(file, hive_partitioning=False).head(2).write_parquet(file)
    with pytest.raises(LedgerImbalanceError, match="curated does not balance"):
        processed_to_curated.run(zones)
    assert tree(tmp_path / "curated").keys() <= {
        path for path in tree(tmp_path / "curated") if path.startswith("_staging/")
    }
    assert not zones.ledger.exists("curated.json")


def test_progress_is_told_of_every_file_and_every_batch(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    paths = [put_raw(zones, text(trades(3)), "a.csv"), put_raw(zones, text(trades(3, first=4)), "b.csv")]
    told: list[tuple[str, int, int]] = []
    run_raw(zones, progress=lambda name, done, total: told.append((name, done, total)))

    assert [name for name, _, _ in told] == [paths[0], paths[0], paths[1], paths[1]]
    assert (told[0][1], told[-1][1]) == (0, told[-1][2])


def test_two_runs_at_once_are_one_and_an_error_that_says_what_to_do(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(3)))
    with only_run(zones, "raw-to-processed"):
        before = tree(tmp_path)
        for job in (lambda: run_raw(zones), lambda: processed_to_curated.run(zones)):
            with pytest.raises(LakeBusyError) as caught:
                job()
            assert f"the lake at {tmp_path} is in use by raw-to-processed, process" in str(caught.value)
            assert "Wait until that run has ended and run again" in str(caught.value)
        assert tree(tmp_path) == before
    assert not run_both(zones).refused, "the lock is gone with the run"


def test_a_lock_of_another_process_holds_and_ends_with_it_even_if_it_is_killed(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(3)))
    held = (
        "import sys, time; from jobs.locking import only_run; from jobs.zones import Zones\n"
        "with only_run(Zones.under(sys.argv[1]), 'other'):\n    print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", held, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LakeBusyError):
            run_raw(zones)
        other.kill()
    assert not run_both(zones).refused


def test_the_lock_is_no_part_of_the_lake(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(3)))
    run_both(zones)
    dotted = [file.name for file in tmp_path.rglob(".*")]
    assert set(dotted) <= {".lock"}
    assert not [stored.path for stored in zones.ledger.listed() if "lock" in stored.path]


def test_a_file_whose_name_is_no_text_is_refused_and_the_others_go_on(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    folder = tmp_path / "raw" / "providers" / "source=standard" / "ingest_date=2026-10-01"
    folder.mkdir(parents=True)
    head = b"provider_id,provider_name,energy_type,capacity_mw,region,contract_start_date\n"
    (folder / "good.csv").write_bytes(head + b"PRV1,A,wind,1,North,2020-01-01\n")
    (folder / os.fsdecode(b"caf\xe9.csv")).write_bytes(head + b"PRV2,B,wind,1,North,2020-01-01\n")
    report = raw_to_processed.run(zones, SOURCES)
    assert report.datasets["providers"].valid.rows == 1
    assert [refusal.file for refusal in report.refused] == [
        r"raw/providers/source=standard/ingest_date=2026-10-01/caf\udce9.csv"
    ]
    json.dumps(report.to_json(), ensure_ascii=False).encode()
