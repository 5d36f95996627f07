"""What a job tells AWS besides its data: metrics to CloudWatch, partitions to the Glue Data Catalog.

Neither is part of the lake: a lake in folders has none of it, and both are told after the commit, from the ledger and the
state, so that telling them again after a crash changes nothing.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

import boto3

from contracts import CURATED, DELIVERED
from contracts.source import Source
from jobs.curated_state import CuratedState
from jobs.ledger import Ledger
from jobs.publish import load_state
from jobs.raw_to_processed import due_files
from jobs.reports import DatasetReport, RunReport
from jobs.zones import RawPathError, Zones, raw_file

__all__ = ["register_partitions", "tell_cost", "tell_dataset_metrics", "tell_lag", "tell_reasons", "tell_run_seconds"]

_PARTITIONS_PER_CALL = 100
"""BatchCreatePartition takes no more (Glue API reference)."""
_METRICS_PER_CALL = 500
_SECONDS_PER_HOUR = 3600
_LEAST_SECONDS_BILLED = 60
"""Glue bills a run by the second and at least for a minute (AWS Glue pricing, Glue 2.0 and later)."""
_ALREADY_THERE = "AlreadyExistsException"


def tell_dataset_metrics(namespace: str, report: RunReport) -> None:
    """Puts `RowsIn`, `RowsValid`, `RowsRejected`, `RowsDuplicate` and `FilesRefused` for every dataset, zeros included.

    An idle run says zero instead of nothing, so that an alarm can tell an idle job from one that does not run.
    """
    refused: dict[str, int] = {}
    for refusal in report.refused:
        name = _dataset_of(refusal.file)
        refused[name] = refused.get(name, 0) + 1
    data = []
    for name in sorted({*DELIVERED, *refused}):
        done = report.datasets.get(name, DatasetReport())
        counts = {
            "RowsIn": done.received.rows,
            "RowsValid": done.valid.rows,
            "RowsRejected": done.rejected.rows,
            "RowsDuplicate": done.duplicates.rows,
            "FilesRefused": refused.get(name, 0),
        }
        data += [_metric(metric, count, "Count", Dataset=name) for metric, count in counts.items()]
    _put(namespace, data)


def tell_run_seconds(namespace: str, job: str, seconds: float) -> None:
    """Puts `RunSeconds` of a job; its absence is how an alarm knows that the job did not run."""
    _put(namespace, [_metric("RunSeconds", seconds, "Seconds", Job=job)])


def tell_reasons(namespace: str, report: RunReport) -> None:
    """Puts `RowsRejectedByReason` for every dataset and reason that occurred. It adds up to more than `RowsRejected`.

    A row counts under each of its reasons. Reasons that did not occur are not put: every pair is a metric that is paid for.
    """
    data = [
        _metric("RowsRejectedByReason", count, "Count", Dataset=name, Reason=code)
        for name, done in sorted(report.datasets.items())
        for code, count in sorted(done.reasons.items())
    ]
    _put(namespace, data)


def tell_lag(namespace: str, zones: Zones, sources: Mapping[str, Source], today: date) -> None:
    """Puts how far the lake is behind, for every dataset, in days.

    `DueDays`: since the delivery of the oldest file that is still due after a run, which was refused or came in between; 0
    where none is. `DeliveryDays`: since the newest delivery that the lake has; not put where there never was one.
    """
    entries = Ledger(zones.ledger).entries()
    due: dict[str, date] = {}
    for raw, _ in due_files(zones, entries, sources).files:
        due[raw.dataset] = min(raw.ingest_date, due.get(raw.dataset, raw.ingest_date))
    newest: dict[str, date] = {}
    for entry in entries.values():
        newest[entry.dataset] = max(entry.ingest_date, newest.get(entry.dataset, entry.ingest_date))
    ages = [("DueDays", name, (today - due.get(name, today)).days) for name in DELIVERED]
    ages += [("DeliveryDays", name, (today - day).days) for name, day in sorted(newest.items())]
    _put(namespace, [_metric(metric, max(days, 0), "None", Dataset=name) for metric, name, days in ages])


def tell_cost(namespace: str, job: str, seconds: float, dpus: float, dpu_hour_usd: float) -> None:
    """Puts `EstimatedCostUSD` of a run: its time × its data processing units × their price. Nothing without a price.

    An estimate: Glue's own clock begins before the script's, and a discount or a Flex run has another price.
    """
    if dpus and dpu_hour_usd:
        hours = max(seconds, _LEAST_SECONDS_BILLED) / _SECONDS_PER_HOUR
        _put(namespace, [_metric("EstimatedCostUSD", hours * dpus * dpu_hour_usd, "None", Job=job)])


def register_partitions(database: str, zones: Zones) -> dict[str, int]:
    """Adds the partitions of every curated table that the catalog lacks, and says how many by table.

    Each is the table's own storage descriptor at the partition's folder. Partitions whose last row moved away stay: their
    folder is empty, and so is what a query finds there.
    """
    glue = boto3.client("glue")
    state = CuratedState.from_json(load_state(zones))
    added = {}
    for table, dataset in CURATED.items():
        if not dataset.partition:
            continue
        wanted = {path.split("/")[1].partition("=")[2] for path in state.files.get(table, {})}
        pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=table)
        known = {partition["Values"][0] for page in pages for partition in page["Partitions"]}
        missing = sorted(wanted - known)
        descriptor = glue.get_table(DatabaseName=database, Name=table)["Table"]["StorageDescriptor"]
        for batch in _batches(missing, _PARTITIONS_PER_CALL):
            inputs = [
                _partition(day, descriptor, f"{zones.curated.uri}{table}/{dataset.partition}={day}/") for day in batch
            ]
            answer = glue.batch_create_partition(DatabaseName=database, TableName=table, PartitionInputList=inputs)
            _raise_errors(table, answer.get("Errors", []))
        added[table] = len(missing)
    return added


def _partition(day: str, descriptor: dict[str, Any], location: str) -> dict[str, Any]:
    return {"Values": [day], "StorageDescriptor": {**descriptor, "Location": location}}


def _raise_errors(table: str, errors: list[dict[str, Any]]) -> None:
    """Glue answers 200 and lists what failed. A partition that is there already is what was wanted."""
    failed = [error for error in errors if error["ErrorDetail"]["ErrorCode"] != _ALREADY_THERE]
    if failed:
        first = failed[0]
        raise RuntimeError(
            f"{len(failed)} partitions of {table} were not registered; the first, {first['PartitionValues']}: "
            f"{first['ErrorDetail']['ErrorMessage']}. The data are in place: mend the cause and run the job again"
        )


def _dataset_of(file: str) -> str:
    """The dataset a refused file lies under; files outside the layout count under `unknown`."""
    try:
        dataset = raw_file(file.removeprefix("raw/")).dataset
    except RawPathError:
        return "unknown"
    return dataset if dataset in DELIVERED else "unknown"


def _metric(name: str, value: float, unit: str, **dimensions: str) -> dict[str, Any]:
    named = [{"Name": dimension, "Value": of} for dimension, of in dimensions.items()]
    return {"MetricName": name, "Value": value, "Unit": unit, "Dimensions": named}


def _put(namespace: str, data: list[dict[str, Any]]) -> None:
    cloudwatch = boto3.client("cloudwatch")
    for batch in _batches(data, _METRICS_PER_CALL):
        cloudwatch.put_metric_data(Namespace=namespace, MetricData=batch)


def _batches(items: list[Any], size: int) -> Iterator[list[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
