"""The Glue scripts as Glue starts them: a process of their own, its arguments among Glue's, one line of JSON in the log.

The zones are folders here; S3 is `test_storage.py`'s, and what is told to AWS `test_cloud.py`'s.
"""

import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from jobs import glue_processed_to_curated, glue_raw_to_processed
from jobs.arguments import job_arguments
from jobs.compact import compact
from jobs.observe_lineage import lineage_id
from jobs.raw_to_processed import DEFAULT_REJECT_LIMIT
from jobs.zones import Zones
from tests.jobs.lakes import CLIENTS, PROVIDERS, put_raw, run_both, text, trade, trades, tree

ROOT = Path(__file__).parents[2]
GLUES_OWN = [
    *("--JOB_NAME", "lake-raw-to-processed", "--JOB_ID", "j_0123", "--JOB_RUN_ID", "jr_0123"),
    *("--TempDir", "s3://lake-assets/temp/", "--job-bookmark-option", "job-bookmark-disable"),
    *("--enable-metrics", "true", "--enable-continuous-cloudwatch-log", "true"),
    *("--extra-py-files", "s3://lake-assets/code.zip", "--additional-python-modules", "polars==1.0"),
    *("--SECURITY_CONFIGURATION", "lake", "--encryption-type", "sse-kms"),
]
ZONES = ("raw", "processed", "quarantine", "curated", "ledger")


def arguments(root: Path) -> list[str]:
    """Where the zones are, as Glue passes it."""
    return [word for zone in ZONES for word in (f"--{zone}", str(root / zone))]


def start(script: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs a script as Glue does: the code on the path, the arguments behind it."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = [sys.executable, str(ROOT / "jobs" / script), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd="/")


def logged(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The lines about its steps, of which the error stream of a run that did well has no others."""
    return [json.loads(line) for line in done.stderr.splitlines()]


def told(script: str, *words: str) -> dict[str, Any]:
    """The one line that a script writes about its run, below the lines about its steps."""
    done = start(script, *words)
    assert done.returncode == 0, done.stderr
    steps = logged(done)
    assert [step["step"] for step in (steps[0], steps[-1])] == ["run", "run"]
    [line] = done.stdout.splitlines()
    return json.loads(line)


def deliveries(root: Path) -> Zones:
    """A lake with something of everything, and a file to refuse."""
    zones = Zones.under(str(root))
    put_raw(zones, PROVIDERS, dataset="providers")
    put_raw(zones, CLIENTS, dataset="clients")
    put_raw(zones, text([*trades(9), trade(10, energy_type="plasma")]))
    put_raw(zones, b"", "empty.csv")
    return zones


def test_both_scripts_make_the_lake_that_the_command_line_makes(tmp_path: Path):
    deliveries(tmp_path / "glue")
    words = [*GLUES_OWN, *arguments(tmp_path / "glue"), "--engine", "polars", "--reject_limit", "0.2"]
    first = told("glue_raw_to_processed.py", *words)
    second = told("glue_processed_to_curated.py", *words[:-2], "--JOB_NAME", "lake-processed-to-curated")
    run_both(deliveries(tmp_path / "here"))

    assert (first["job"], second["job"]) == ("raw-to-processed", "processed-to-curated")
    trades_in = first["datasets"]["transactions"]
    assert [trades_in[key] for key in ("files", "rows_in", "valid", "rejected", "duplicates")] == [1, 10, 9, 1, 0]
    assert first["curated"] == {}
    assert [refusal["file"].rsplit("/", 1)[1] for refusal in first["refused"]] == ["empty.csv"], "and no failed run"
    assert second["curated"]["transactions"]["rows"] == 9
    assert first["seconds"] > 0
    assert tree(tmp_path / "glue") == tree(tmp_path / "here")


def test_the_script_of_a_compaction_merges_what_the_command_line_merges(tmp_path: Path):
    for root in (tmp_path / "glue", tmp_path / "here"):
        zones = deliveries(root)
        put_raw(zones, text(trades(3, first=20)), "more.csv")
        run_both(zones)
    done = start("glue_compact.py", *GLUES_OWN, *arguments(tmp_path / "glue"))
    compact(Zones.under(str(tmp_path / "here")))

    assert done.returncode == 0, done.stderr
    merged = {"files_before": 6, "files_after": 3, "dates_changed": 3}
    assert json.loads(done.stdout)["merged"]["transactions"] == merged
    assert tree(tmp_path / "glue") == tree(tmp_path / "here")


def test_every_step_is_a_line_under_glue_s_own_name_of_the_run(tmp_path: Path):
    deliveries(tmp_path)
    done = start("glue_raw_to_processed.py", *GLUES_OWN, *arguments(tmp_path))
    lines = logged(done)

    assert {line["run_id"] for line in lines} == {"jr_0123"} == {json.loads(done.stdout)["run_id"]}
    assert [line["step"] for line in lines] == ["run", "due", "file", "file", "file", "file", "run"]
    [trading] = [line for line in lines if line.get("dataset") == "transactions" and line["counts"]["rows"]]
    assert trading["counts"]["rejected"] == 1
    assert trading["seconds"] > 0
    assert lines[-1]["status"] == "complete"


def test_lineage_goes_to_the_address_that_the_job_was_given(tmp_path: Path):
    deliveries(tmp_path)
    taken: list[dict[str, Any]] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Takes an event."""
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(201)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    with HTTPServer(("127.0.0.1", 0), Receiver) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}"
        told("glue_raw_to_processed.py", *GLUES_OWN, *arguments(tmp_path), "--lineage_url", url)
        server.shutdown()
    assert [event["eventType"] for event in taken] == ["START", "COMPLETE"]
    assert {event["run"]["runId"] for event in taken} == {lineage_id("jr_0123")}


def test_an_address_that_nobody_answers_at_costs_no_run(tmp_path: Path):
    deliveries(tmp_path)
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as closed:
        url = f"http://127.0.0.1:{closed.server_port}"
    done = start("glue_raw_to_processed.py", *arguments(tmp_path), "--lineage_url", url)
    assert done.returncode == 0, done.stderr
    assert "was not told" in done.stderr


def test_a_missing_zone_ends_the_script_with_a_message_and_writes_nothing(tmp_path: Path):
    done = start("glue_raw_to_processed.py", *arguments(tmp_path / "lake")[:-2])
    assert (done.returncode, done.stdout) == (2, "")
    assert "the following arguments are required: --ledger" in done.stderr
    assert not (tmp_path / "lake").exists()


def test_a_ledger_that_does_not_balance_fails_the_job(tmp_path: Path):
    zones = deliveries(tmp_path)
    run_both(zones)
    [entry] = (tmp_path / "ledger/transactions").glob("*.json")
    content = json.loads(entry.read_text(encoding="utf-8"))
    content["valid"]["rows"] += 1
    entry.write_text(json.dumps(content), encoding="utf-8")
    (tmp_path / "ledger/curated.json").unlink()
    done = start("glue_processed_to_curated.py", *arguments(tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert "LedgerImbalanceError: curated does not balance" in done.stderr


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["--engine", "dask"], "argument --engine: invalid choice: 'dask'"),
        (["--reject_limit", "few"], "argument --reject_limit"),
        (["--reject_limit", "20"], "argument --reject_limit: 20 is no share of rows; 0 to 1 was expected"),
        (["--reject_limit", "nan"], "argument --reject_limit: nan is no share of rows; 0 to 1 was expected"),
    ],
)
def test_an_argument_that_is_not_allowed_ends_the_job_with_what_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: list[str], message: str
):
    with pytest.raises(SystemExit) as end:
        job_arguments([*arguments(tmp_path), *changes])
    assert end.value.code == 2
    assert message in capsys.readouterr().err


def test_what_is_not_given_has_the_project_s_defaults(tmp_path: Path):
    given = job_arguments([*GLUES_OWN, *arguments(tmp_path)])

    assert (given.engine, given.reject_limit) == ("polars", DEFAULT_REJECT_LIMIT)
    assert (given.metrics_namespace, given.catalog_database, given.lineage_url) == ("", "", "")
    assert (given.dpus, given.dpu_hour_usd, given.run_id) == (0, 0, "jr_0123")
    assert [getattr(given.zones, zone).uri for zone in ZONES] == [str(tmp_path / zone) for zone in ZONES]


def test_no_argument_of_glue_is_taken_for_one_of_ours(tmp_path: Path):
    given = job_arguments([*arguments(tmp_path), "--led", "x", "--cat", "y", "--metrics", "z", "--raw-files", "w"])
    assert (given.zones.ledger.uri, given.catalog_database, given.metrics_namespace) == (
        str(tmp_path / "ledger"),
        "",
        "",
    )


def test_metrics_and_partitions_are_told_only_where_they_were_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    from jobs import cloud

    calls: list[tuple[Any, ...]] = []
    tellers = (
        "tell_dataset_metrics",
        "tell_reasons",
        "tell_lag",
        "tell_cost",
        "tell_run_seconds",
        "register_partitions",
    )
    for name in tellers:
        monkeypatch.setattr(cloud, name, lambda *given, name=name: calls.append((name, *given)) or {"transactions": 3})
    deliveries(tmp_path)
    extra = ["--metrics_namespace", "EnergyLake/dev", "--catalog_database", "lake_curated"]
    extra += ["--dpus", "2", "--dpu_hour_usd", "0.44"]
    for wanted in ([], extra):
        for script in (glue_raw_to_processed, glue_processed_to_curated):
            monkeypatch.setattr(sys, "argv", ["script", *arguments(tmp_path), *wanted])
            script.main()
    names = [call[0] for call in calls]

    assert names == [*tellers, "tell_cost", "tell_run_seconds"]
    assert [call[1] for call in calls] == [*["EnergyLake/dev"] * 5, "lake_curated", *["EnergyLake/dev"] * 2]
    assert [call[4:] for call in calls if call[0] == "tell_cost"] == [(2.0, 0.44)] * 2
    assert [call[2] for call in calls if call[0] == "tell_run_seconds"] == ["raw-to-processed", "processed-to-curated"]


def test_partitions_are_registered_after_the_lake_is_committed_and_said_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    from jobs import cloud

    zones = deliveries(tmp_path)
    run_both(zones)
    (tmp_path / "ledger/curated.json").unlink()
    seen: list[bool] = []

    def register(database: str, zones: Zones) -> dict[str, int]:
        seen.append(zones.ledger.exists("curated.json"))
        return {"transactions": 3}

    monkeypatch.setattr(cloud, "register_partitions", register)
    monkeypatch.setattr(sys, "argv", ["script", *arguments(tmp_path), "--catalog_database", "lake_curated"])
    glue_processed_to_curated.main()

    assert seen == [True]
    assert json.loads(capsys.readouterr().out)["partitions_registered"] == {"transactions": 3}
