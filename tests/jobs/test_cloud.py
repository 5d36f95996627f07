"""What the jobs tell AWS: metrics with exact names and dimensions, and every partition of the curated tables, once.

Glue and CloudWatch are mocks of their APIs in this process; that the job's role may call them is `tests/components`'.
"""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from contracts import CURATED, DELIVERED
from jobs import cloud
from jobs.cloud import (
    register_partitions,
    tell_cost,
    tell_dataset_metrics,
    tell_lag,
    tell_reasons,
    tell_run_seconds,
)
from jobs.curated_state import CuratedState
from jobs.raw_to_processed import run
from jobs.reports import DatasetReport, FileRefusal, RunReport
from jobs.source_files import load_sources
from jobs.zones import Zones
from tests.jobs.lakes import CLIENTS, put_raw
from transforms.totals import Totals

TABLES = {name: contract.partition for name, contract in CURATED.items()}
NONE = {name: 0 for name, partition in TABLES.items() if partition}
"""What is registered of each table that has partitions, where nothing is."""


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        yield


@pytest.fixture
def glue(aws: None) -> Any:
    """A catalog with the curated tables, none of which has a partition."""
    client = boto3.client("glue")
    client.create_database(DatabaseInput={"Name": "lake_curated"})
    for table, partition in TABLES.items():
        client.create_table(
            DatabaseName="lake_curated",
            TableInput={
                "Name": table,
                "PartitionKeys": [{"Name": partition, "Type": "date"}] if partition else [],
                "StorageDescriptor": {
                    "Columns": [{"Name": "amount", "Type": "decimal(18,2)"}],
                    "Location": f"s3://curated/{table}/",
                    "InputFormat": "parquet-in",
                    "SerdeInfo": {"SerializationLibrary": "parquet-serde"},
                },
            },
        )
    return client


def lake_of(root: Path | str, days: list[str]) -> Zones:
    """A lake whose state names a file of each day."""
    files = {
        table: {f"{table}/date={day}/{table}.parquet": 1 for day in days} for table in ("transactions", "market_daily")
    }
    files["providers"] = {"providers/providers.parquet": 1}
    zones = Zones.under(str(root))
    zones.ledger.put("curated.json", json.dumps(CuratedState(files=files).to_json()).encode())
    return zones


def partitions(glue: Any, table: str) -> dict[str, dict[str, Any]]:
    """The storage descriptor of each partition by its value."""
    pages = glue.get_paginator("get_partitions").paginate(DatabaseName="lake_curated", TableName=table)
    return {p["Values"][0]: p["StorageDescriptor"] for page in pages for p in page["Partitions"]}


def days(count: int) -> list[str]:
    """That many days in order."""
    return [str(date(2024, 1, 1) + timedelta(number)) for number in range(count)]


def test_every_date_becomes_a_partition_at_its_folder_with_the_table_s_own_format(glue: Any):
    boto3.client("s3").create_bucket(Bucket="lake", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    zones = lake_of("s3://lake/dev", days(2))
    assert register_partitions("lake_curated", zones) == NONE | {"transactions": 2, "market_daily": 2}

    assert partitions(glue, "market_daily")["2024-01-02"] == {
        "Columns": [{"Name": "amount", "Type": "decimal(18,2)"}],
        "Location": "s3://lake/dev/curated/market_daily/date=2024-01-02/",
        "InputFormat": "parquet-in",
        "SerdeInfo": {"SerializationLibrary": "parquet-serde"},
    }
    assert list(partitions(glue, "transactions")) == ["2024-01-01", "2024-01-02"]


def test_partitions_are_registered_a_hundred_at_a_time(glue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    sizes = []
    made = boto3.client("glue")
    call = made.batch_create_partition

    def counted(**arguments: Any) -> Any:
        sizes.append((arguments["TableName"], len(arguments["PartitionInputList"])))
        return call(**arguments)

    monkeypatch.setattr(made, "batch_create_partition", counted)
    monkeypatch.setattr(cloud.boto3, "client", lambda _: made)
    assert register_partitions("lake_curated", lake_of(tmp_path, days(250)))["transactions"] == 250
    assert sorted(sizes) == sorted(
        (table, size) for table in ("transactions", "market_daily") for size in (100, 100, 50)
    )
    assert list(partitions(glue, "transactions")) == days(250)


def test_only_what_the_catalog_lacks_is_registered_and_nothing_a_second_time(glue: Any, tmp_path: Path):
    register_partitions("lake_curated", lake_of(tmp_path, days(3)))
    added = {"transactions": 117, "market_daily": 117}
    assert register_partitions("lake_curated", lake_of(tmp_path, days(120))) == NONE | added
    assert register_partitions("lake_curated", lake_of(tmp_path, days(120))) == NONE
    assert list(partitions(glue, "market_daily")) == days(120)


def test_a_date_that_lost_its_last_row_keeps_its_partition(glue: Any, tmp_path: Path):
    register_partitions("lake_curated", lake_of(tmp_path, days(2)))
    register_partitions("lake_curated", lake_of(tmp_path, days(1)))
    assert list(partitions(glue, "transactions")) == days(2)


def test_an_empty_lake_registers_nothing(glue: Any, tmp_path: Path):
    assert register_partitions("lake_curated", Zones.under(str(tmp_path))) == NONE


def answering(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Makes Glue answer 200 and name one partition that failed."""
    made = boto3.client("glue")
    error = {"PartitionValues": ["2024-01-01"], "ErrorDetail": {"ErrorCode": code, "ErrorMessage": "no luck"}}
    monkeypatch.setattr(made, "batch_create_partition", lambda **_: {"Errors": [error]})
    monkeypatch.setattr(cloud.boto3, "client", lambda _: made)


def test_an_error_inside_an_answer_of_200_is_raised(glue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answering(monkeypatch, "InternalServiceException")
    with pytest.raises(RuntimeError, match=r"1 partitions of transactions were not registered; .*2024-01-01.*no luck"):
        register_partitions("lake_curated", lake_of(tmp_path, days(1)))


def test_a_partition_that_another_run_just_made_is_no_error(glue: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    answering(monkeypatch, "AlreadyExistsException")
    assert register_partitions("lake_curated", lake_of(tmp_path, days(1)))["transactions"] == 1


class Recorder:
    """A CloudWatch client that keeps what it was told."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, list[dict[str, Any]]]] = []

    def put_metric_data(self, *, Namespace: str, MetricData: list[dict[str, Any]]) -> None:  # noqa: N803 - boto3's names
        """As boto3 takes it."""
        self.calls.append((Namespace, MetricData))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[dict[str, Any]]]]:
    recorder = Recorder()
    monkeypatch.setattr(cloud.boto3, "client", lambda _: recorder)
    return recorder.calls


def report() -> RunReport:
    """A run that took trades, and refused files inside and outside the layout."""
    done = DatasetReport(
        files=1, received=Totals(9), valid=Totals(6), rejected=Totals(2), duplicates=Totals(1, Decimal(1))
    )
    refused = [
        FileRefusal("raw/clients/source=standard/ingest_date=2024-06-01/a.csv", "x"),
        FileRefusal("raw/clients/source=standard/ingest_date=2024-06-01/b.csv", "x"),
        FileRefusal("raw/trades/source=standard/ingest_date=2024-06-01/c.csv", "x"),
        FileRefusal("raw/notes.txt", "x"),
    ]
    return RunReport(datasets={"transactions": done}, refused=refused)


def test_every_dataset_gets_every_metric_with_the_dataset_as_its_only_dimension(told):
    tell_dataset_metrics("EnergyLake/dev", report())
    [(namespace, data)] = told
    values = {(metric["Dimensions"][0]["Value"], metric["MetricName"]): metric["Value"] for metric in data}

    assert namespace == "EnergyLake/dev"
    assert {tuple(d["Name"] for d in metric["Dimensions"]) for metric in data} == {("Dataset",)}
    assert {metric["Unit"] for metric in data} == {"Count"}
    metrics = ("RowsIn", "RowsValid", "RowsRejected", "RowsDuplicate", "FilesRefused")
    counts = {name: [values[name, metric] for metric in metrics] for name in {key[0] for key in values}}
    assert counts == {
        "transactions": [9, 6, 2, 1, 0],
        "clients": [0, 0, 0, 0, 2],
        **{name: [0] * 5 for name in ("providers", "fx_daily", "curve")},
        "unknown": [0, 0, 0, 0, 2],
    }


def test_an_idle_run_says_zero_for_every_dataset(told):
    tell_dataset_metrics("N", RunReport())
    [(_, data)] = told
    assert len(data) == 5 * len(DELIVERED)
    assert {metric["Value"] for metric in data} == {0}


def test_the_seconds_of_a_run_name_their_job(told):
    tell_run_seconds("N", "raw-to-processed", 1.5)
    assert told == [
        (
            "N",
            [
                {
                    "MetricName": "RunSeconds",
                    "Value": 1.5,
                    "Unit": "Seconds",
                    "Dimensions": [{"Name": "Job", "Value": "raw-to-processed"}],
                }
            ],
        )
    ]


def test_cloudwatch_takes_what_it_is_told(aws: None):
    tell_dataset_metrics("N", report())
    tell_run_seconds("N", "raw-to-processed", 2.0)
    client = boto3.client("cloudwatch")
    now = datetime.now(UTC)
    answer = client.get_metric_statistics(
        Namespace="N",
        MetricName="RowsRejected",
        Dimensions=[{"Name": "Dataset", "Value": "transactions"}],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=7200,
        Statistics=["Sum"],
    )
    assert [point["Sum"] for point in answer["Datapoints"]] == [2.0]
    assert len(client.list_metrics(Namespace="N")["Metrics"]) == 5 * (len(DELIVERED) + 1) + 1


def test_every_reason_that_occurred_is_told_by_dataset_and_no_other(told):
    done = DatasetReport(reasons={"quantity_negative": 2, "currency_unknown": 3})
    tell_reasons("N", RunReport(datasets={"transactions": done, "clients": DatasetReport()}))
    [(namespace, data)] = told
    assert namespace == "N"
    assert [
        (metric["MetricName"], {d["Name"]: d["Value"] for d in metric["Dimensions"]}, metric["Value"])
        for metric in data
    ] == [
        ("RowsRejectedByReason", {"Dataset": "transactions", "Reason": "currency_unknown"}, 3),
        ("RowsRejectedByReason", {"Dataset": "transactions", "Reason": "quantity_negative"}, 2),
    ]


def test_a_run_without_rejects_asks_cloudwatch_nothing(told):
    tell_reasons("N", RunReport(datasets={"clients": DatasetReport()}))
    assert told == []


def lag_of(told: list, zones: Zones, today: date) -> dict[tuple[str, str], float]:
    """What was told of the lag, by metric and dataset."""
    told.clear()
    tell_lag("N", zones, load_sources(), today)
    [(_, data)] = told
    assert all([d["Name"] for d in metric["Dimensions"]] == ["Dataset"] for metric in data)
    return {(metric["MetricName"], metric["Dimensions"][0]["Value"]): metric["Value"] for metric in data}


def test_lag_is_the_age_of_the_oldest_file_that_is_due_and_of_the_newest_delivery(told, tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, CLIENTS, dataset="clients", day="2024-06-01")
    put_raw(zones, CLIENTS + CLIENTS.splitlines(keepends=True)[-1], "b.csv", dataset="clients", day="2024-06-03")
    before = lag_of(told, zones, date(2024, 6, 10))
    assert before["DueDays", "clients"] == 9, "the older of the two waits since June 1"
    assert before["DueDays", "transactions"] == 0
    assert ("DeliveryDays", "clients") not in before, "nothing was taken in yet"

    run(zones, load_sources())
    put_raw(zones, b"", "empty.csv", dataset="clients", day="2024-06-05")
    after = lag_of(told, zones, date(2024, 6, 10))
    assert after["DueDays", "clients"] == 5, "what is refused stays due"
    assert after["DeliveryDays", "clients"] == 7
    assert lag_of(told, zones, date(2024, 6, 1))["DeliveryDays", "clients"] == 0, (
        "a date ahead of the clock is no lag below 0"
    )


def test_the_cost_of_a_run_is_its_time_by_its_units_by_their_price_and_a_minute_at_least(told):
    tell_cost("N", "job", 1800, 2, 0.44)
    tell_cost("N", "job", 5, 2, 0.44)
    assert [data[0]["Value"] for _, data in told] == pytest.approx([0.44, 0.44 / 30])
    assert told[0][1][0]["MetricName"] == "EstimatedCostUSD"
    assert told[0][1][0]["Dimensions"] == [{"Name": "Job", "Value": "job"}]


def test_no_cost_is_told_without_a_price(told):
    tell_cost("N", "job", 1800, 2, 0)
    tell_cost("N", "job", 1800, 0, 0.44)
    assert told == []
