"""Wrong arguments are refused by field name, value and way out, before anything is built."""

from pathlib import Path

import pytest

from components.glue import (
    AlertSettings,
    ColumnSpec,
    JobCode,
    JobSettings,
    StartSettings,
    Subscription,
    TableSpec,
)
from tests.components.glue_case import BUCKETS, arguments, stand_ins

COLUMN = ColumnSpec(name="client_id", type="string")


def refused(make, error=ValueError) -> str:
    with pytest.raises(error) as caught:
        make()
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prefix": "Energy_Lake"}, "prefix 'Energy_Lake': must be lower-case letters, digits and inner dashes"),
        ({"account_id": "12345"}, "account_id '12345': must be twelve digits"),
        (
            {"buckets": {"raw": "raw", "jobs": "jobs"}},
            "buckets lacks processed, quarantine, curated: jobs need raw, processed, quarantine, curated, jobs",
        ),
        (
            {"jobs": {"raw-to-processed": JobSettings()}},
            "jobs has raw-to-processed: must have exactly raw-to-processed, processed-to-curated",
        ),
        ({"datasets": ()}, "datasets is empty: at least one is needed"),
        ({"datasets": ("clients", "clients")}, "datasets has clients twice: name each once"),
        ({"delimiters": (",", ",")}, "delimiters has , twice: name each once"),
        ({"curated_tables": ()}, "curated_tables is empty: at least one is needed"),
    ],
)
def test_arguments_that_do_not_hold_together_are_refused(changes, message):
    assert refused(lambda: arguments(**changes)) == message


def test_zones_that_jobs_do_not_use_are_ignored():
    assert arguments(buckets={**BUCKETS, "results": "results"}).buckets["results"] == "results"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"worker_type": "Standard"},
            "worker_type 'Standard': must be one of G.1X, G.2X, G.4X, G.8X, G.12X, G.16X, R.1X, R.2X, R.4X, R.8X",
        ),
        ({"execution_class": "SPOT"}, "execution_class 'SPOT': must be one of STANDARD, FLEX"),
        ({"engine": "pandas"}, "engine 'pandas': must be one of auto, polars, spark"),
        ({"workers": 1}, "workers 1: must be between 2 and 299"),
        ({"timeout_minutes": 0}, "timeout_minutes 0: must be between 1 and 10080"),
        ({"retries": 11}, "retries 11: must be between 0 and 10"),
        (
            {"log_retention_days": 10},
            (
                "log_retention_days 10: must be one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, "
                "1827, 2192, 2557, 2922, 3288, 3653"
            ),
        ),
        (
            {"execution_class": "FLEX", "worker_type": "G.4X"},
            "execution_class FLEX with worker_type 'G.4X': FLEX runs on G.1X, G.2X only; choose one of them, or STANDARD",
        ),
    ],
)
def test_a_job_that_glue_would_refuse_is_refused(changes, message):
    assert refused(lambda: JobSettings(**changes)) == message


def test_a_job_with_retries_cannot_queue():
    assert [JobSettings(retries=retries).queues for retries in (0, 1)] == [True, False]


@pytest.mark.parametrize("schedule", ["cron(0 3 * * ? *)", "cron(0/15 * * * ? *)", "rate(1 hour)", "rate(15 minutes)"])
def test_a_schedule_of_eventbridge_is_taken(schedule):
    assert StartSettings(schedule=schedule).schedule == schedule


@pytest.mark.parametrize("schedule", ["0 3 * * *", "cron(0 3 * * *)", "rate(0 hours)", "every day"])
def test_a_schedule_eventbridge_does_not_know_is_refused(schedule):
    assert refused(lambda: StartSettings(schedule=schedule)) == (
        f"schedule {schedule!r}: must be cron(minute hour day month weekday year) or rate(number unit), "
        "such as cron(15 3 * * ? *)"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"batch_size": 101}, "batch_size 101: must be between 1 and 100"),
        ({"batch_window_seconds": 0}, "batch_window_seconds 0: must be between 1 and 900"),
    ],
)
def test_a_batch_glue_cannot_gather_is_refused(changes, message):
    assert refused(lambda: StartSettings(**changes)) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: Subscription(protocol="pigeon", endpoint="roof"),
            "protocol 'pigeon': must be one of email, email-json, https, lambda, sms, sqs",
        ),
        (
            lambda: Subscription(protocol="email", endpoint=""),
            "subscription by email has no endpoint: give the address to tell",
        ),
        (lambda: AlertSettings(rejected_percent=100), "rejected_percent 100: must be between 0 and 99"),
        (lambda: AlertSettings(refused_files=-1), "refused_files -1: must be between 0 and 10000"),
        (lambda: AlertSettings(stale_after_hours=169), "stale_after_hours 169: must be between 1 and 168"),
    ],
)
def test_alerts_that_could_never_be_told_are_refused(make, message):
    assert refused(make) == message


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: ColumnSpec(name="Client ID", type="string"),
            "column name 'Client ID': must be lower-case letters, digits and underscores",
        ),
        (
            lambda: ColumnSpec(name="city", type="string", comment="é" * 128),
            "comment of column 'city' has 256 bytes, Glue allows 255: shorten it",
        ),
        (
            lambda: TableSpec(name="clients", description="", columns=[]),
            "table 'clients' has no columns: pass the contract's columns",
        ),
        (
            lambda: TableSpec(name="clients", description="", columns=[COLUMN], partition_keys=[COLUMN]),
            "table 'clients' has client_id twice: a partition key is in the path, leave it out of columns",
        ),
    ],
)
def test_a_table_no_engine_could_read_is_refused(make, message):
    assert refused(make) == message


def test_a_table_lies_in_the_folder_of_its_name_unless_told_otherwise():
    table = {"name": "clients", "description": "", "columns": [COLUMN]}
    assert [TableSpec(**table).folder, TableSpec(**table, location_suffix="/marts/clients/").folder] == [
        "clients",
        "marts/clients",
    ]


def test_a_missing_bundle_is_refused_with_the_command_that_makes_it():
    scripts = stand_ins().scripts
    assert refused(lambda: JobCode(scripts=scripts, bundle=Path("nowhere.zip")), FileNotFoundError) == (
        "code: nowhere.zip is not there: run `make wheels`, and make the bundle with components.packaging.bundle"
    )


def test_a_job_without_a_script_is_refused():
    assert refused(lambda: JobCode(scripts={}, bundle=stand_ins().bundle)) == (
        "code.scripts has none: must have exactly raw-to-processed, processed-to-curated"
    )
