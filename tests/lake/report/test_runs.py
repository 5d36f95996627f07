"""The history of runs is read from the log that the command line keeps; what is no run in it is counted and said."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lake.report.runs import read_runs, section
from tests.lake.commands import ok
from tests.lake.report.conftest import report


def line(started_at: str = "2026-11-23T09:00:00.500+00:00", **changes: Any) -> str:
    """A line as `jobs/observe_run.py` writes it, but for the changes."""
    said = {
        "run_id": "one",
        "started_at": started_at,
        "job": "raw-to-processed",
        "status": "complete",
        "seconds": 2.5,
        "counts": {"rows": 14},
        "datasets": {"transactions": {"rows": 12}, "clients": {"rows": 2}, "curve": {"refused": 1}},
    }
    return json.dumps(said | changes)


def log(folder: Path, *lines: str) -> Path:
    """A log of these lines."""
    file = folder / "runs.jsonl"
    file.write_text("".join(f"{text}\n" for text in lines), encoding="utf-8")
    return file


def test_runs_are_read_oldest_first_in_utc(tmp_path: Path):
    file = log(tmp_path, line(run_id="two"), line("2026-11-23T09:59:59+01:00"))
    runs, broken = read_runs(file)
    assert [(run.run_id, run.started_at) for run in runs] == [
        ("one", "2026-11-23 08:59:59"),
        ("two", "2026-11-23 09:00:00"),
    ]
    assert (runs[0].seconds, runs[0].rows, broken) == (Decimal("2.5"), 14, 0)


def test_what_is_no_run_is_counted_and_left_out(tmp_path: Path):
    no_time, no_number = line(seconds="NaN"), line(seconds="soon")
    file = log(
        tmp_path,
        line(),
        "{",
        "[]",
        "7",
        "",
        "null",
        line(started_at="yesterday"),
        no_time,
        no_number,
        line(datasets=[]),
    )
    runs, broken = read_runs(file)
    assert (len(runs), broken) == (1, 8)
    assert (
        section(runs, broken).blocks[0].sentences[-1] == "8 lines of `runs.jsonl` could not be read and counts nowhere."
    )


@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_no_log_however_damaged_keeps_the_report_from_being_made(tmp_path_factory, content: bytes):
    file = tmp_path_factory.mktemp("log") / "runs.jsonl"
    file.write_bytes(content)
    runs, broken = read_runs(file)
    assert section(runs, broken).name == "runs"


def test_each_job_says_what_it_cost(tmp_path: Path):
    # 2.5 + 1.5 seconds for 14 + 14 rows are 4 / 28 x 1,000,000 = 142,857.14… seconds a million
    runs, _ = read_runs(
        log(tmp_path, line(), line(run_id="two", seconds=1.5), line(job="load", status="failed", datasets={}))
    )
    assert section(runs, 0).blocks[0].sentences == [
        "load ran once: 2.5 seconds for 0 rows.",
        "raw-to-processed ran 2 times: 4.0 seconds for 28 rows, 142,857.1 seconds a million.",
        "1 run failed.",
    ]


def test_without_a_log_it_is_said_how_one_comes_to_be(tmp_path: Path):
    runs, broken = read_runs(tmp_path / "runs.jsonl")
    assert section(runs, broken).blocks[0].sentences == [
        "No run is known: `lake run` writes one line a run into `runs.jsonl` in the lake's folder."
    ]


def test_a_run_of_the_command_line_is_in_the_report(sound: Path):
    ok(sound, "run")
    told = [json.loads(text) for text in (sound / "runs.jsonl").read_text(encoding="utf-8").splitlines()]
    table = report(sound).chart("How long runs took")
    assert sorted(table.column("run")) == sorted(run["run_id"] for run in told)
    assert set(table.column("job")) == {"raw-to-processed", "processed-to-curated"}
