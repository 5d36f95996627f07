"""What a run tells: its steps with their counts, the run as a whole, one line of JSON for each. And that it changes nothing.

Where lines go is `lake/test_observe.py`'s and `test_glue_scripts.py`'s.
"""

import io
import json
import re
from datetime import datetime
from pathlib import Path

import pytest

from contracts import DELIVERED
from jobs import processed_to_curated, raw_to_processed
from jobs.observe import Step
from jobs.observe_run import JsonLog, Run, observed
from jobs.source_files import load_sources
from jobs.zones import Zones
from tests.jobs.lakes import CLIENTS, PROVIDERS, put_raw, text, trade, trades, tree


def delivered(root: Path) -> Zones:
    """Two providers, one client, eleven trades of which one is rejected and one replaced; and a file to refuse."""
    zones = Zones.under(str(root))
    put_raw(zones, PROVIDERS, dataset="providers")
    put_raw(zones, CLIENTS, dataset="clients")
    put_raw(zones, text([*trades(9), trade(3), trade(10, energy_type="plasma")]))
    put_raw(zones, b"", "empty.csv")
    return zones


def steps_of(zones: Zones) -> list[Step]:
    """Both jobs, and what they told."""
    told: list[Step] = []
    raw_to_processed.run(zones, load_sources(), observe=told.append)
    processed_to_curated.run(zones, observe=told.append)
    return told


def test_every_delivered_file_is_a_step_with_the_counts_of_its_rows(tmp_path: Path):
    zones = delivered(tmp_path)
    files = {step.file.rsplit("/", 1)[1]: step for step in steps_of(zones) if step.name == "file"}
    sizes = {stored.path.rsplit("/", 1)[1]: stored.size_bytes for stored in zones.raw.listed()}

    assert {name: step.counts["bytes_read"] for name, step in files.items()} == sizes
    assert files["empty.csv"].counts == {"files": 1, "bytes_read": 0, "rows": 0, "refused": 1}
    [trading] = [step for step in files.values() if step.dataset == "transactions" and step.counts["rows"]]
    counted = {name: trading.counts[name] for name in ("rows", "valid", "rejected", "duplicates")}
    assert counted == {"rows": 11, "valid": 9, "rejected": 1, "duplicates": 1}
    assert {step.dataset for step in files.values()} <= set(DELIVERED)


def test_a_file_of_what_was_delivered_before_is_a_step_that_counts_no_rows(tmp_path: Path):
    zones = delivered(tmp_path)
    steps_of(zones)
    put_raw(zones, CLIENTS, "again.csv", dataset="clients")
    told = [step for step in steps_of(zones) if step.file.endswith("again.csv")]
    assert [dict(step.counts) for step in told] == [{"files": 1, "bytes_read": len(CLIENTS), "rows": 0, "repeated": 1}]


def test_processed_to_curated_tells_its_steps_in_order_and_the_dates_with_their_trades(tmp_path: Path):
    told = [step for step in steps_of(delivered(tmp_path)) if step.name not in {"due", "file"}]
    assert [step.name for step in told] == ["dimensions", "moves", "dates", "months", "quality", "publish"]
    [dates] = [step for step in told if step.name == "dates"]
    assert (dates.dataset, dates.counts["rows"]) == ("transactions", 9)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d", dates.file)
    assert all(step.seconds >= 0 for step in told)


def test_where_nothing_is_due_nothing_is_told_but_that(tmp_path: Path):
    zones = delivered(tmp_path)
    steps_of(zones)
    assert [(step.name, step.counts.get("rows")) for step in steps_of(zones)] == [("due", None), ("file", 0)]


def test_a_run_that_is_watched_makes_the_lake_that_an_unwatched_one_makes(tmp_path: Path):
    steps_of(delivered(tmp_path / "watched"))
    zones = delivered(tmp_path / "alone")
    raw_to_processed.run(zones, load_sources())
    processed_to_curated.run(zones)
    assert tree(tmp_path / "watched") == tree(tmp_path / "alone")


class Kept:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def started(self, run: Run) -> None:
        self.told.append(f"started {run.job}")

    def stepped(self, run: Run, step: Step) -> None:
        self.told.append(f"{run.job} {step.name}")

    def ended(self, run: Run) -> None:
        self.told.append(run.status)


def test_a_run_adds_up_its_steps_in_all_and_by_dataset():
    with observed("job", []) as seen:
        seen(Step(name="a", seconds=1, dataset="clients", counts={"rows": 2, "rejected": 1}))
        seen(Step(name="b", seconds=1, dataset="clients", counts={"rows": 3}))
        seen(Step(name="c", seconds=1, counts={"due_files": 4}))
    assert seen.run.counts == {"rows": 5, "rejected": 1, "due_files": 4}
    assert seen.run.datasets == {"clients": {"rows": 5, "rejected": 1}}


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt("stop")])
def test_a_run_that_fails_or_is_stopped_has_ended_and_says_why_and_the_error_goes_on(error: BaseException):
    kept, seen = Kept(), []

    def job() -> None:
        with observed("job", [kept]) as observation:
            seen.append(observation.run)
            observation(Step(name="a", seconds=1))
            raise error

    with pytest.raises(type(error)):
        job()
    assert kept.told == ["started job", "job a", "failed"]
    assert seen[0].error == f"{type(error).__name__}: {error}"


def test_a_run_has_an_identifier_of_its_own_or_the_one_it_was_given():
    with observed("job", []) as first, observed("job", []) as second, observed("job", [], "jr_1") as third:
        pass
    assert first.run.run_id != second.run.run_id
    assert third.run.run_id == "jr_1"


def test_the_log_has_one_line_of_json_a_step_with_run_job_dataset_file_counts_and_seconds():
    stream = io.StringIO()
    with observed("job", [JsonLog(stream)], "r1") as seen:
        seen(Step(name="file", seconds=0.25, dataset="clients", file="a\nb\u2028.csv", counts={"rows": 2}))
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]

    assert [(line["run_id"], line["job"], line["step"]) for line in lines] == [
        ("r1", "job", "run"),
        ("r1", "job", "file"),
        ("r1", "job", "run"),
    ]
    step = {name: lines[1][name] for name in ("dataset", "file", "counts", "seconds")}
    assert step == {"dataset": "clients", "file": "a\nb\u2028.csv", "counts": {"rows": 2}, "seconds": 0.25}
    assert [line.get("status") for line in lines] == ["started", None, "complete"]
    assert lines[2]["datasets"] == {"clients": {"rows": 2}}
    assert all(datetime.fromisoformat(line["at"]).tzinfo for line in lines)


def test_the_log_of_a_failed_run_says_the_error():
    stream = io.StringIO()
    with pytest.raises(ValueError, match="no"), observed("job", [JsonLog(stream)]):
        raise ValueError("no")
    last = json.loads(stream.getvalue().splitlines()[-1])
    assert (last["status"], last["error"]) == ("failed", "ValueError: no")
