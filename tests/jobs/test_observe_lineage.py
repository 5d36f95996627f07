"""What OpenLineage is told, through its own client into a file, and what becomes of a run whose lineage nobody takes."""

import json
import logging
import uuid
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.transport.file import FileConfig, FileTransport

from contracts import CURATED
from jobs import processed_to_curated, raw_to_processed
from jobs.observe_lineage import PRODUCER, Lineage, lineage_id
from jobs.observe_run import observed
from jobs.reports import CuratedReport, RunReport, TableReport
from jobs.source_files import load_sources
from jobs.zones import Zones
from tests.jobs.lakes import CLIENTS, PROVIDERS, put_raw, text, trade, trades


def client(file: Path) -> OpenLineageClient:
    """The kept client, with a file to write into."""
    return OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=str(file), append=True)))


def events(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def told(root: Path, zones: Zones) -> list[dict[str, Any]]:
    """The events of both jobs over a lake."""
    file = root / "events.jsonl"
    with observed("raw-to-processed", [Lineage(client(file), zones)]) as seen:
        seen.run.report = raw_to_processed.run(zones, load_sources(), observe=seen)
    with observed("processed-to-curated", [Lineage(client(file), zones)]) as seen:
        seen.run.report = RunReport(curated=processed_to_curated.run(zones, observe=seen))
    return events(file)


@pytest.fixture
def lake(tmp_path: Path) -> Zones:
    """Two providers, a client, eleven trades of which one is rejected."""
    zones = Zones.under(str(tmp_path / "lake"))
    put_raw(zones, PROVIDERS, dataset="providers")
    put_raw(zones, CLIENTS, dataset="clients")
    put_raw(zones, text([*trades(9), trade(10, energy_type="plasma")]))
    return zones


def by_name(datasets: list[dict[str, Any]], root: Path) -> dict[str, dict[str, Any]]:
    """The datasets of an event, by zone and name."""
    assert {dataset["namespace"] for dataset in datasets} == {"file"}
    return {Path(dataset["name"]).relative_to(root).as_posix(): dataset for dataset in datasets}


def test_each_run_is_told_when_it_begins_and_when_it_ends_as_one_run_of_its_job(tmp_path: Path, lake: Zones):
    found = told(tmp_path, lake)
    assert [(event["job"]["name"], event["eventType"]) for event in found] == [
        ("raw-to-processed", "START"),
        ("raw-to-processed", "COMPLETE"),
        ("processed-to-curated", "START"),
        ("processed-to-curated", "COMPLETE"),
    ]
    runs = [event["run"]["runId"] for event in found]
    assert (runs[0], runs[2]) == (runs[1], runs[3])
    assert runs[0] != runs[2]
    assert {event["job"]["namespace"] for event in found} == {"energy-lake"}
    assert {event["producer"] for event in found} == {PRODUCER}


def test_the_first_job_reads_deliveries_and_writes_what_is_valid_and_what_is_rejected(tmp_path: Path, lake: Zones):
    event = told(tmp_path, lake)[1]
    inputs, outputs = (by_name(event[side], tmp_path / "lake") for side in ("inputs", "outputs"))

    assert set(inputs) == {"raw/clients", "raw/providers", "raw/transactions"}
    assert inputs["raw/transactions"]["inputFacets"]["inputStatistics"]["rowCount"] == 10
    rows = {name: output["outputFacets"]["outputStatistics"]["rowCount"] for name, output in outputs.items()}
    assert rows == {
        "processed/clients": 1,
        "processed/providers": 2,
        "processed/transactions": 9,
        "quarantine/transactions": 1,
    }
    shown = [field["name"] for field in outputs["quarantine/transactions"]["facets"]["schema"]["fields"]]
    assert shown[-2:] == ["reasons", "raw"]


def test_the_second_job_says_of_every_column_from_which_delivered_columns_it_comes_and_how(tmp_path: Path, lake: Zones):
    event = told(tmp_path, lake)[3]
    inputs, outputs = (by_name(event[side], tmp_path / "lake") for side in ("inputs", "outputs"))

    assert {"curated/transactions", "curated/market_daily", "curated/data_quality_daily"} <= set(outputs)
    for name, output in outputs.items():
        lineage = output["facets"]["columnLineage"]["fields"]
        assert set(lineage) == set(CURATED[name.split("/")[1]].column_names)
        deciding = output["facets"]["columnLineage"]["dataset"]
        named = [*deciding, *(of for field in lineage.values() for of in field["inputFields"])]
        read = {Path(of["name"]).relative_to(tmp_path / "lake").as_posix() for of in named}
        assert read <= set(inputs), "tools draw columns between the datasets of one event"
    vwap = outputs["curated/market_daily"]["facets"]["columnLineage"]
    assert [
        (of["field"], of["transformations"][0]["subtype"]) for of in vwap["fields"]["bought_vwap"]["inputFields"]
    ] == [
        ("price_per_mwh", "AGGREGATION"),
        ("quantity_mwh", "AGGREGATION"),
    ]
    assert {of["field"] for of in vwap["dataset"]} == {"date", "energy_type", "currency"}
    assert {of["transformations"][0]["type"] for of in vwap["dataset"]} == {"INDIRECT"}
    assert outputs["curated/transactions"]["outputFacets"]["outputStatistics"]["rowCount"] == 9


def test_an_idle_run_wrote_nothing(tmp_path: Path, lake: Zones):
    told(tmp_path, lake)
    again = told(tmp_path, lake)[-1]
    assert (again["eventType"], again["inputs"], again["outputs"]) == ("COMPLETE", [], [])


def test_a_failed_run_is_told_with_its_error(tmp_path: Path, lake: Zones):
    file = tmp_path / "events.jsonl"
    with pytest.raises(ValueError, match="no"), observed("job", [Lineage(client(file), lake)]):
        raise ValueError("no")
    last = events(file)[-1]
    assert last["eventType"] == "FAIL"
    assert last["run"]["facets"]["errorMessage"]["message"] == "ValueError: no"


def test_a_receiver_that_is_not_there_costs_no_run_and_is_said(
    lake: Zones, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
):
    taken = client(Path("/nowhere/events.jsonl"))

    def refuse(_: object) -> None:
        raise OSError("connection refused")

    monkeypatch.setattr(taken, "emit", refuse)
    with caplog.at_level(logging.WARNING), observed("job", [Lineage(taken, lake)], "r1") as seen:
        pass
    assert seen.run.status == "complete"
    assert "lineage of run r1 of job was not told: connection refused" in caplog.text


def test_datasets_in_buckets_are_named_by_bucket_and_key(tmp_path: Path):
    zones = Zones.under("s3://lake-dev/prefix")
    file = tmp_path / "events.jsonl"
    with observed("job", [Lineage(client(file), zones)]) as seen:
        seen.run.report = RunReport(curated=CuratedReport(tables={"market_daily": TableReport(rows=1, redone=1)}))
    [output] = events(file)[-1]["outputs"]
    assert (output["namespace"], output["name"]) == ("s3://lake-dev", "prefix/curated/market_daily")


def test_a_run_keeps_its_identifier_where_openlineage_takes_it_and_gets_always_the_same_one_where_not():
    own = str(uuid.uuid4())
    assert lineage_id(own) == own
    assert lineage_id("jr_0123") == lineage_id("jr_0123") != lineage_id("jr_0124")
    assert uuid.UUID(lineage_id("jr_0123"))
