"""Where the runs of the command line are told: `runs.jsonl` in the lake's folder, and the error stream where it is asked for."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from jobs.observe_run import observed
from lake.observe import RunsFile
from tests.jobs.lakes import tree
from tests.lake.commands import MIXED, deliver_all, ingest, lake, ok, write

JOBS = ["raw-to-processed", "processed-to-curated"]


def runs(root: Path) -> list[dict]:
    """The log of runs, line by line."""
    return [json.loads(line) for line in (root / "runs.jsonl").read_text(encoding="utf-8").splitlines()]


def test_every_run_of_a_job_is_a_line_with_its_counts_in_all_and_by_dataset(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path)
    ok(root, "run")
    first, second = runs(root)

    assert [first["job"], second["job"]] == JOBS
    assert (first["status"], second["status"]) == ("complete", "complete")
    assert first["run_id"] != second["run_id"]
    assert datetime.fromisoformat(first["started_at"]).utcoffset() is not None
    assert first["seconds"] >= 0
    trades = {"files": 1, "bytes_read": len(MIXED), "rows": 14, "valid": 12, "rejected": 1, "duplicates": 1}
    assert first["datasets"]["transactions"] == trades
    assert first["counts"]["rows"] == sum(counts["rows"] for counts in first["datasets"].values())
    assert second["datasets"]["transactions"]["rows"] == 12


def test_an_idle_run_is_a_run_and_leaves_everything_else_as_it_was(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path)
    ok(root, "run")
    before = {name: content for name, content in tree(root).items() if name != "runs.jsonl"}
    ok(root, "run", "--job", "raw-to-processed")

    assert {name: content for name, content in tree(root).items() if name != "runs.jsonl"} == before
    assert [line["job"] for line in runs(root)] == [*JOBS, JOBS[0]]
    assert runs(root)[-1]["counts"] == {"due_files": 0, "refused": 0}


def test_a_replay_is_a_run(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path)
    ok(root, "run")
    ok(root, "replay")
    assert [line["job"] for line in runs(root)] == [*JOBS, "replay", JOBS[1]]


def test_a_run_that_fails_is_a_line_that_says_why(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path)
    ok(root, "run", "--job", JOBS[0])
    [entry] = (root / "ledger" / "transactions").glob("*.json")
    content = json.loads(entry.read_text(encoding="utf-8"))
    content["valid"]["rows"] += 1
    entry.write_text(json.dumps(content), encoding="utf-8")
    lake(root, "run", "--job", JOBS[1])
    last = runs(root)[-1]

    assert last["status"] == "failed"
    assert last["error"].startswith("LedgerImbalanceError: curated does not balance")


def test_a_lake_that_is_not_there_gets_no_log(tmp_path: Path):
    with observed("job", [RunsFile(tmp_path / "lake" / "runs.jsonl")]):
        pass
    assert not (tmp_path / "lake").exists()


def test_a_line_that_a_killed_writer_left_half_costs_no_other(tmp_path: Path):
    file = tmp_path / "runs.jsonl"
    file.write_text('{"run_id": "x"}\n{"run_id": "y', encoding="utf-8")
    for _ in range(2):
        with observed("job", [RunsFile(file)]):
            pass
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ['{"run_id": "x"}', '{"run_id": "y']
    assert [json.loads(line)["job"] for line in lines[2:]] == ["job", "job"]


@pytest.mark.parametrize("wanted", ["json", "JSON"])
def test_steps_are_told_on_the_error_stream_only_where_they_are_asked_for(tmp_path: Path, wanted: str):
    root = tmp_path / "lake"
    ingest(root, "transactions", write(tmp_path, "trades.csv", MIXED))
    done = lake(root, "run", ENERGY_LAKE_LOG=wanted)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert [line["step"] for line in lines if line["job"] == JOBS[0]] == ["run", "due", "file", "run"]
    assert lake(root, "run").stderr == ""


def test_lineage_goes_into_a_file_only_where_one_is_named(tmp_path: Path):
    root, file = tmp_path / "lake", tmp_path / "lineage.jsonl"
    ingest(root, "transactions", write(tmp_path, "trades.csv", MIXED))
    ok(root, "run", "--job", JOBS[0])
    assert not file.exists()
    ok(root, "run", ENERGY_LAKE_LINEAGE=str(file))
    events = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(event["job"]["name"], event["eventType"]) for event in events] == [
        (job, state) for job in JOBS for state in ("START", "COMPLETE")
    ]
    identifiers = {event["run"]["runId"] for event in events}
    assert identifiers == {line["run_id"] for line in runs(root)[1:]}, "one name for a run wherever it is told"


def test_lineage_goes_where_the_client_s_own_configuration_says(tmp_path: Path):
    file = tmp_path / "own.jsonl"
    own = {"TYPE": "file", "LOG_FILE_PATH": str(file), "APPEND": "true"}
    ok(tmp_path / "lake", "run", **{f"OPENLINEAGE__TRANSPORT__{name}": value for name, value in own.items()})
    assert len(file.read_text(encoding="utf-8").splitlines()) == 4


def test_a_configuration_that_cannot_be_is_said_and_the_run_goes_on(tmp_path: Path):
    done = lake(tmp_path / "lake", "run", OPENLINEAGE__TRANSPORT__TYPE="file")
    assert done.exit_code == 0
    assert "OpenLineage cannot be configured" in done.stderr
