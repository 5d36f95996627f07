"""Who may do what around the catalog: every document, statement by statement.

That the statements are enough for what the code calls is proved by the least-privilege test; that AWS enforces them, by
AWS alone.
"""

import pytest

from components.policies import glue as policies
from components.policies import glue_events
from components.policies.document import is_wildcard, reasons
from tests.components.glue_case import BUCKETS, KEY, SITE

DATASETS = ["clients", "transactions"]
TABLES = ["clients", "market_daily"]
CATALOG = "arn:aws:glue:eu-west-1:123456789012"
WRITE = ["s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"]


def raw_job():
    return policies.raw_to_processed(SITE, key_arn=KEY, datasets=DATASETS, metrics_namespace="EnergyLake")


def curate_job():
    return policies.processed_to_curated(
        SITE, key_arn=KEY, datasets=DATASETS, tables=TABLES, metrics_namespace="EnergyLake"
    )


def crawler(zone: str, *, lake_formation: bool = True):
    return policies.crawler(SITE, zone, key_arn=KEY, datasets=DATASETS, lake_formation=lake_formation)


EVERY_ROLE = [raw_job(), curate_job(), crawler("raw"), crawler("processed"), glue_events.workflow_events(SITE)]


def statements(document) -> dict[str, tuple[list[str], list[str]]]:
    return {statement["Sid"]: (statement["Action"], statement["Resource"]) for statement in document["Statement"]}


def objects(zone: str, *folders: str) -> list[str]:
    return [f"arn:aws:s3:::{BUCKETS[zone]}/{folder}/*" for folder in folders]


def bucket(zone: str) -> list[str]:
    return [f"arn:aws:s3:::{BUCKETS[zone]}"]


def runtime(job: str) -> dict[str, tuple[list[str], list[str]]]:
    group = f"log-group:/aws-glue/jobs/energy-lake-dev-glue-role/energy-lake-dev-{job}/*"
    return {
        "RuntimeFetchCode": (["s3:GetObject"], objects("jobs", "scripts", "code")),
        "RuntimeListScratch": (["s3:ListBucket"], bucket("jobs")),
        "RuntimeKeepScratch": (["s3:GetObject", *WRITE], objects("jobs", f"tmp/{job}", f"spark-logs/{job}")),
        "UseKey": (["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [KEY]),
        "RuntimeLog": (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
            [f"arn:aws:logs:eu-west-1:123456789012:{group}"],
        ),
        "PutMetrics": (["cloudwatch:PutMetricData"], ["*"]),
        "RuntimeReadSettings": (["glue:GetSecurityConfiguration"], ["*"]),
    }


LEDGER = {
    "ListLedger": (["s3:ListBucket"], bucket("processed")),
    "KeepLedger": (["s3:GetObject", *WRITE], objects("processed", "_ledger")),
}


def test_the_raw_job_reads_raw_and_writes_processed_quarantine_and_ledger():
    assert statements(raw_job()) == {
        "ListDeliveries": (["s3:ListBucket"], bucket("raw")),
        "ReadDeliveries": (["s3:GetObject"], objects("raw", *DATASETS)),
        "WriteProcessed": (
            ["s3:GetObject", *WRITE],
            objects("processed", "_staging", *DATASETS, *(f"{d}_superseded" for d in DATASETS)),
        ),
        "WriteQuarantine": (WRITE, objects("quarantine", *DATASETS)),
        **LEDGER,
        **runtime("raw-to-processed"),
    }


def test_the_curating_job_reads_processed_and_writes_curated_and_its_partitions():
    database = "energy_lake_dev_curated"
    assert statements(curate_job()) == {
        "ReadProcessed": (["s3:GetObject"], objects("processed", *DATASETS)),
        **LEDGER,
        "ListCurated": (["s3:ListBucket"], bucket("curated")),
        "WriteCurated": (["s3:GetObject", *WRITE], objects("curated", "_staging", *TABLES)),
        "RegisterPartitions": (
            [
                "glue:GetTable",
                "glue:GetPartitions",
                "glue:BatchCreatePartition",
            ],
            [
                f"{CATALOG}:catalog",
                f"{CATALOG}:database/{database}",
                *(f"{CATALOG}:table/{database}/{table}" for table in TABLES),
            ],
        ),
        **runtime("processed-to-curated"),
    }


def test_metrics_go_to_the_lakes_and_to_glues_namespace_only():
    condition = next(s["Condition"] for s in raw_job()["Statement"] if s["Sid"] == "PutMetrics")
    assert condition == {"StringEquals": {"cloudwatch:namespace": ["EnergyLake", "Glue"]}}


@pytest.mark.parametrize("zone", ["raw", "processed"])
def test_a_crawler_keeps_its_own_database_and_borrows_what_it_reads_with(zone):
    database = f"energy_lake_dev_{zone}"
    group = f"log-group:/aws-glue/crawlers-role/energy-lake-dev-crawler-{zone}-energy-lake-dev-glue*"
    assert statements(crawler(zone)) == {
        "BorrowLakeFormationCredentials": (["lakeformation:GetDataAccess"], ["*"]),
        "KeepSchemas": (
            [
                "glue:GetDatabase",
                "glue:GetTable",
                "glue:GetTables",
                "glue:CreateTable",
                "glue:UpdateTable",
                "glue:GetPartition",
                "glue:GetPartitions",
                "glue:BatchGetPartition",
                "glue:BatchCreatePartition",
                "glue:BatchUpdatePartition",
                "glue:UpdatePartition",
                "glue:GetPartitionIndexes",
                "glue:CreatePartitionIndex",
            ],
            [f"{CATALOG}:catalog", f"{CATALOG}:database/{database}", f"{CATALOG}:table/{database}/*"],
        ),
        "UseKey": (["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"], [KEY]),
        "RuntimeLog": (
            ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"],
            [f"arn:aws:logs:eu-west-1:123456789012:{group}"],
        ),
        "RuntimeReadSettings": (["glue:GetSecurityConfiguration", "glue:GetClassifier"], ["*"]),
    }


def test_a_crawler_without_lake_formation_reads_its_zone_and_no_other():
    found = statements(crawler("raw", lake_formation=False))
    assert "BorrowLakeFormationCredentials" not in found
    assert found["ListZone"] == (["s3:ListBucket"], bucket("raw"))
    assert found["ReadZone"] == (["s3:GetObject"], objects("raw", *DATASETS))


def test_no_role_may_delete_a_table_a_partition_or_a_database():
    actions = {action for document in EVERY_ROLE for s in document["Statement"] for action in s["Action"]}
    assert sorted(action for action in actions if action.startswith("glue:") and "Delete" in action) == []


def test_no_role_is_allowed_an_action_by_a_wildcard():
    actions = {action for document in EVERY_ROLE for s in document["Statement"] for action in s["Action"]}
    assert sorted(action for action in actions if "*" in action) == []


def test_what_is_allowed_on_everything_has_a_written_reason():
    on_everything = {
        statement["Sid"]
        for document in EVERY_ROLE
        for statement in document["Statement"]
        if any(is_wildcard(resource) for resource in statement["Resource"])
    }
    assert on_everything == {"BorrowLakeFormationCredentials", "PutMetrics", "RuntimeReadSettings"}
    assert on_everything <= {reason.sid for reason in reasons()}


def test_jobs_and_crawlers_are_glue_for_this_account_only():
    assert policies.glue_trust(SITE)["Statement"] == [
        {
            "Sid": "AssumeGlue",
            "Effect": "Allow",
            "Principal": {"Service": "glue.amazonaws.com"},
            "Action": ["sts:AssumeRole"],
            "Condition": {"StringEquals": {"aws:SourceAccount": "123456789012"}},
        }
    ]


def test_events_come_from_these_rules_and_only_notify_this_workflow():
    trust = glue_events.workflow_events_trust(SITE, ["energy-lake-dev-schedule"])
    assert trust["Statement"][0]["Condition"] == {
        "StringEquals": {"aws:SourceAccount": "123456789012"},
        "ArnLike": {"aws:SourceArn": ["arn:aws:events:eu-west-1:123456789012:rule/energy-lake-dev-schedule"]},
    }
    assert statements(glue_events.workflow_events(SITE)) == {
        "NotifyWorkflow": (["glue:NotifyEvent"], [f"{CATALOG}:workflow/energy-lake-dev-daily"])
    }


def test_alerts_come_from_the_rules_and_this_stacks_alarms_over_tls():
    topic = "arn:aws:sns:eu-west-1:123456789012:energy-lake-dev-alerts"
    rule = "arn:aws:events:eu-west-1:123456789012:rule/energy-lake-dev-job-failures"
    alarms = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:energy-lake-dev-*"
    assert glue_events.topic(SITE, ["energy-lake-dev-job-failures"])["Statement"] == [
        *(
            {
                "Sid": sid,
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": ["sns:Publish"],
                "Resource": [topic],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": "123456789012"},
                    "ArnLike": {"aws:SourceArn": [source]},
                },
            }
            for sid, service, source in (
                ("RulesMayPublish", "events.amazonaws.com", rule),
                ("AlarmsMayPublish", "cloudwatch.amazonaws.com", alarms),
            )
        ),
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sns:Publish"],
            "Resource": [topic],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_lost_events_come_from_the_rules_over_tls():
    queue = "arn:aws:sqs:eu-west-1:123456789012:lost"
    assert glue_events.dead_letter_queue(SITE, "lost", ["energy-lake-dev-schedule"])["Statement"] == [
        {
            "Sid": "RulesMayLeaveEvents",
            "Effect": "Allow",
            "Principal": {"Service": "events.amazonaws.com"},
            "Action": ["sqs:SendMessage"],
            "Resource": [queue],
            "Condition": {
                "StringEquals": {"aws:SourceAccount": "123456789012"},
                "ArnLike": {"aws:SourceArn": ["arn:aws:events:eu-west-1:123456789012:rule/energy-lake-dev-schedule"]},
            },
        },
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": ["sqs:*"],
            "Resource": [queue],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        },
    ]


def test_another_partition_is_in_every_arn():
    china = policies.Site(prefix="energy-lake-cn", account_id="123456789012", region="cn-north-1", partition="aws-cn")
    document = policies.raw_to_processed(
        china,
        key_arn="arn:aws-cn:kms:cn-north-1:123456789012:key/lake",
        datasets=DATASETS,
        metrics_namespace="EnergyLake",
    )
    arns = [resource for statement in document["Statement"] for resource in statement["Resource"] if resource != "*"]
    assert [arn for arn in arns if not arn.startswith("arn:aws-cn:")] == []
