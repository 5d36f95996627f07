"""The jobs: exactly what Glue is told of them, where their code and logs are, and what encrypts both."""

import json

import pytest

from components.glue import JobSettings
from components.policies import glue as policies
from tests.components.glue_case import BUCKETS, KEY, PREFIX, SITE, depends_on, lake, plain, stand_ins

JOB = "aws:glue/job:Job"
OBJECT = "aws:s3/bucketObjectv2:BucketObjectv2"
GROUP = "aws:cloudwatch/logGroup:LogGroup"
JOBS_BUCKET = f"s3://{BUCKETS['jobs']}"


@pytest.fixture(scope="module")
def build():
    return lake()


def test_the_raw_job_is_told_exactly_this(build):
    assert plain(build.one(JOB, "raw-to-processed").inputs, "defaultArguments", "description") == {
        "name": "energy-lake-dev-raw-to-processed",
        "roleArn": "arn:aws:iam::123456789012:role/energy-lake-dev-raw-to-processed",
        "command": {
            "name": "glueetl",
            "pythonVersion": "3",
            "scriptLocation": f"{JOBS_BUCKET}/scripts/b640e840b19d3786/raw_to_processed.py",
        },
        "glueVersion": "5.1",
        "workerType": "G.1X",
        "numberOfWorkers": 2,
        "executionClass": "STANDARD",
        "timeout": 60,
        "maxRetries": 1,
        "executionProperty": {"maxConcurrentRuns": 1},
        "jobRunQueuingEnabled": False,
        "securityConfiguration": "energy-lake-dev-glue",
        "tags": {"project": "energy-lake"},
    }


@pytest.mark.parametrize("job", ["raw-to-processed", "processed-to-curated"])
def test_a_run_is_told_where_everything_is_and_installs_without_an_index(build, job):
    catalog = {"--catalog_database": "energy_lake_dev_curated"} if job == "processed-to-curated" else {}
    assert build.one(JOB, job).inputs["defaultArguments"] == catalog | {
        "--job-language": "python",
        "--additional-python-modules": f"{JOBS_BUCKET}/code/864a2a8463c9d595/lake.gluewheels.zip",
        "--python-modules-installer-option": "--no-index",
        "--TempDir": f"{JOBS_BUCKET}/tmp/{job}/",  # noqa: S108 - in the bucket, not on this machine
        "--enable-spark-ui": "true",
        "--spark-event-logs-path": f"{JOBS_BUCKET}/spark-logs/{job}/",
        "--job-bookmark-option": "job-bookmark-disable",
        "--enable-metrics": "true",
        "--enable-observability-metrics": "true",
        "--enable-job-insights": "true",
        "--enable-auto-scaling": "false",
        "--raw": f"s3://{BUCKETS['raw']}/",
        "--processed": f"s3://{BUCKETS['processed']}/",
        "--quarantine": f"s3://{BUCKETS['quarantine']}/",
        "--curated": f"s3://{BUCKETS['curated']}/",
        "--ledger": f"s3://{BUCKETS['processed']}/_ledger/",
        "--engine": "auto",
        "--metrics_namespace": "EnergyLake",
        "--dpus": "2",
        "--dpu_hour_usd": "0.44",
    }


def test_a_stack_sets_sizes_class_and_engine_of_each_job():
    settings = JobSettings(
        worker_type="G.2X",
        workers=10,
        auto_scaling=True,
        execution_class="FLEX",
        timeout_minutes=120,
        retries=0,
        engine="polars",
        log_retention_days=30,
    )
    build = lake(jobs={"raw-to-processed": settings, "processed-to-curated": JobSettings()})
    job = build.one(JOB, "raw-to-processed").inputs
    assert {key: job[key] for key in ("workerType", "numberOfWorkers", "executionClass", "timeout", "maxRetries")} == {
        "workerType": "G.2X",
        "numberOfWorkers": 10,
        "executionClass": "FLEX",
        "timeout": 120,
        "maxRetries": 0,
    }
    assert job["jobRunQueuingEnabled"] is True
    assert job["defaultArguments"]["--enable-auto-scaling"] == "true"
    assert job["defaultArguments"]["--engine"] == "polars"
    assert build.one(JOB, "processed-to-curated").inputs["workerType"] == "G.1X"
    assert {g.inputs["retentionInDays"] for g in build.of(GROUP) if "raw-to-processed" in g.inputs["name"]} == {30}


def test_a_job_waits_for_its_permissions_and_its_logs(build):
    waits = depends_on(build.one(JOB, "raw-to-processed"))
    assert {"catalog-raw-to-processed-access", *(group.name for group in build.of(GROUP))} <= waits


def test_code_lies_under_the_hash_of_its_content(build):
    assert [plain(uploaded.inputs, "source") for uploaded in build.of(OBJECT)] == [
        {
            "bucket": BUCKETS["jobs"],
            "key": key,
            "serverSideEncryption": "aws:kms",
            "kmsKeyId": KEY,
            "bucketKeyEnabled": True,
            "tags": {"project": "energy-lake"},
        }
        for key in (
            "code/864a2a8463c9d595/lake.gluewheels.zip",
            "scripts/480c2336b410f1ad/processed_to_curated.py",
            "scripts/b640e840b19d3786/raw_to_processed.py",
        )
    ]


def test_the_uploaded_files_are_those_that_were_passed(build):
    code = stand_ins()
    assert {uploaded.inputs["source"].path for uploaded in build.of(OBJECT)} == {
        str(path) for path in (*code.scripts.values(), code.bundle)
    }


def test_logs_bookmarks_and_spark_output_are_encrypted_with_the_lakes_key(build):
    configuration = build.one("aws:glue/securityConfiguration:SecurityConfiguration")
    assert plain(configuration.inputs) == {
        "name": "energy-lake-dev-glue",
        "encryptionConfiguration": {
            "cloudwatchEncryption": {"cloudwatchEncryptionMode": "SSE-KMS", "kmsKeyArn": KEY},
            "jobBookmarksEncryption": {"jobBookmarksEncryptionMode": "CSE-KMS", "kmsKeyArn": KEY},
            "s3Encryption": {"s3EncryptionMode": "SSE-KMS", "kmsKeyArn": KEY},
        },
    }
    assert configuration.options.delete_before_replace, "its name is fixed, and two cannot have it"


def test_log_groups_have_the_names_glue_derives_and_end_some_day(build):
    assert {group.inputs["name"] for group in build.of(GROUP)} == {
        f"/aws-glue/jobs/{PREFIX}-glue-role/{PREFIX}-raw-to-processed/output",
        f"/aws-glue/jobs/{PREFIX}-glue-role/{PREFIX}-raw-to-processed/error",
        f"/aws-glue/jobs/{PREFIX}-glue-role/{PREFIX}-processed-to-curated/output",
        f"/aws-glue/jobs/{PREFIX}-glue-role/{PREFIX}-processed-to-curated/error",
        f"/aws-glue/crawlers-role/{PREFIX}-crawler-raw-{PREFIX}-glue",
        f"/aws-glue/crawlers-role/{PREFIX}-crawler-processed-{PREFIX}-glue",
    }
    assert {(group.inputs["retentionInDays"], group.inputs["kmsKeyId"]) for group in build.of(GROUP)} == {(365, KEY)}


def test_each_job_has_its_own_role_with_its_own_policy(build):
    wanted = {
        "raw-to-processed": policies.raw_to_processed(
            SITE, key_arn=KEY, datasets=["clients", "transactions"], metrics_namespace="EnergyLake"
        ),
        "processed-to-curated": policies.processed_to_curated(
            SITE,
            key_arn=KEY,
            datasets=["clients", "transactions"],
            tables=["clients", "market_daily"],
            metrics_namespace="EnergyLake",
        ),
    }
    for job, document in wanted.items():
        role = build.one("aws:iam/role:Role", f"{job}-role").inputs
        policy = build.one("aws:iam/rolePolicy:RolePolicy", f"{job}-access").inputs
        assert json.loads(role["assumeRolePolicy"]) == policies.glue_trust(SITE)
        assert (policy["role"], json.loads(policy["policy"])) == (f"energy-lake-dev-{job}", document)
