"""What the end-to-end test tells its story with: the deployed lake, driven through AWS's calls, and its twin in a folder.

The twin is the same lake made by the same jobs without AWS. Every file is delivered to it first and copied from its raw zone
into the bucket, so that both hold the same deliveries.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from local_aws.address import client
from local_aws.identity import Keys

from components.policies import access, names
from components.policies.glue import LEDGER
from jobs import processed_to_curated, raw_to_processed
from jobs.deliver import deliver
from jobs.source_files import load_sources
from jobs.zones import Zones

__all__ = ["LEDGER", "PREFIX", "WRITTEN", "Deployed", "Twin"]

PREFIX = "energy-lake-local"
ACCOUNT = "123456789012"
REGION = "eu-west-1"
PATIENCE_SECONDS = 180

PROGRAM = Path(sys.executable).with_name("lake")

WRITTEN = ("processed", "quarantine", "curated")
"""Zones that jobs write: folders of the twin, buckets of the stack."""


class Twin:
    """The folder lake. `exports` is where its deliveries come from."""

    def __init__(self, root: Path, exports: Path) -> None:
        self.zones = Zones.under(str(root))
        self.exports = exports
        self.sources = load_sources()

    def take(self, deliveries: Iterable[Mapping[str, str]]) -> list[str]:
        """Delivers files of the exports; returns where they lie in the raw zone."""
        return [
            deliver(
                self.zones,
                self.sources,
                dataset=one["dataset"],
                source=one["source"],
                ingest_date=date.fromisoformat(one["ingest_date"]),
                file=self.exports / one["file"],
            ).path
            for one in deliveries
        ]

    def run(self) -> None:
        """Both jobs."""
        raw_to_processed.run(self.zones, self.sources)
        processed_to_curated.run(self.zones)

    def files(self, zone: str) -> dict[str, bytes]:
        """Everything in a zone: path -> content."""
        storage = getattr(self.zones, zone)
        return {stored.path: storage.read(stored.path) for stored in storage.listed()}


@dataclass(frozen=True)
class Deployed:
    """The stack `local` at an emulator, as an engineer with the account's keys drives it; `folder` is its deployment's."""

    endpoint: str
    folder: Path

    def client(self, service: str, role: str = "") -> Any:
        """A client with the account's keys, or with those of one of the stack's roles."""
        return client(service, self._keys(role) if role else None, at=self.endpoint)

    def _keys(self, role: str) -> Keys:
        arn = names.role_arn(PREFIX, role, ACCOUNT)
        lent = self.client("sts").assume_role(RoleArn=arn, RoleSessionName="story")["Credentials"]
        return Keys(access_key=lent["AccessKeyId"], secret_key=lent["SecretAccessKey"], token=lent["SessionToken"])

    def bucket(self, zone: str) -> str:
        """A zone's bucket."""
        return names.bucket_name(PREFIX, zone, ACCOUNT, REGION)

    def copy(self, twin: Twin, paths: Iterable[str]) -> None:
        """Copies deliveries from the twin's raw zone into the bucket."""
        s3 = self.client("s3")
        for path in paths:
            s3.put_object(Bucket=self.bucket("raw"), Key=path, Body=twin.zones.raw.read(path))

    def files(self, zone: str) -> dict[str, bytes]:
        """Everything in a zone's bucket: key -> content."""
        s3, bucket = self.client("s3"), self.bucket(zone)
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", [])]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def versions(self) -> set[tuple[str, str, str]]:
        """Every version of every object that jobs write: zone, key and version. Writing anything anew adds to it."""
        s3 = self.client("s3")
        return {
            (zone, item["Key"], item["VersionId"])
            for zone in WRITTEN
            for page in s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket(zone))
            for item in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        }

    def workflow_runs(self) -> list[dict[str, Any]]:
        """The runs of the workflow, the first one first."""
        runs = self.client("glue").get_workflow_runs(Name=names.workflow_name(PREFIX))["Runs"]
        return sorted(runs, key=lambda run: run["StartedOn"])

    def finished(self, after: int) -> dict[str, Any]:
        """The workflow run that follows so many others, with its graph, when it has ended."""
        run = self.until(
            lambda: next((one for one in self.workflow_runs()[after:] if one["Status"] != "RUNNING"), None)
        )
        name, identity = names.workflow_name(PREFIX), run["WorkflowRunId"]
        shown = self.client("glue").get_workflow_run(Name=name, RunId=identity, IncludeGraph=True)["Run"]
        assert isinstance(shown, dict)
        return shown

    def until(self, ask: Callable[[], Any]) -> Any:
        """What is answered once it is true."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not (answer := ask()):
            assert time.monotonic() < end, f"not within {PATIENCE_SECONDS} seconds; jobs: {self.job_runs()}"
            time.sleep(0.1)
        return answer

    def job_runs(self) -> dict[str, list[str]]:
        """Job -> the states of its runs, newest first, with their messages."""
        glue = self.client("glue")
        return {
            job: [
                f"{run['JobRunState']} {run.get('ErrorMessage', '')}"
                for run in glue.get_job_runs(JobName=job)["JobRuns"]
            ]
            for job in glue.list_jobs()["JobNames"]
        }

    def table(self, zone: str, name: str) -> dict[str, Any]:
        """A table of the catalog."""
        shown: dict[str, Any] = self.client("glue").get_table(
            DatabaseName=names.database_name(PREFIX, zone), Name=name
        )["Table"]
        return shown

    def table_versions(self) -> dict[tuple[str, str], str]:
        """Database and table -> the version it is at."""
        glue = self.client("glue")
        return {
            (zone, table["Name"]): table["VersionId"]
            for zone in names.CATALOG_ZONES
            for table in glue.get_tables(DatabaseName=names.database_name(PREFIX, zone))["TableList"]
        }

    def kill(self, job: str) -> None:
        """Stops the run of a job that is under way."""
        glue = self.client("glue")
        runs = [run["Id"] for run in glue.get_job_runs(JobName=job)["JobRuns"] if run["JobRunState"] == "RUNNING"]
        stopped = glue.batch_stop_job_run(JobName=job, JobRunIds=runs)
        assert len(stopped["SuccessfulSubmissions"]) == 1, f"nothing ran any more: {self.job_runs()}"

    def listens(self, name: str) -> str:
        """Subscribes a queue to the topic for alerts; returns its address."""
        queue = str(self.client("sqs").create_queue(QueueName=f"story-{name}")["QueueUrl"])
        self.client("sns").subscribe(
            TopicArn=names.topic_arn(names.topic_name(PREFIX), ACCOUNT, REGION),
            Protocol="sqs",
            Endpoint=names.queue_arn(f"story-{name}", ACCOUNT, REGION),
        )
        return queue

    def hears(self, queue: str, about: str) -> dict[str, Any]:
        """The first message in a queue that contains a text; what came before it is taken out. A plain text is under `text`."""
        sqs = self.client("sqs")

        def heard() -> Any:
            for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=1).get("Messages", []):
                sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
                said = json.loads(json.loads(message["Body"])["Message"])
                if about in json.dumps(said) and not (isinstance(said, dict) and said["NewStateValue"] == "OK"):
                    return said if isinstance(said, dict) else {"text": said}
            return None

        found: dict[str, Any] = self.until(heard)
        return found

    def load(self) -> dict[str, Any]:
        """Loads the warehouse as an operator does, with the keys of the loader's role; returns what the command says."""
        command = [
            *(str(PROGRAM), "load", "--redshift", "--cluster", f"{PREFIX}-warehouse", "--json"),
            *("--copy-role", names.role_arn(PREFIX, access.COPY, ACCOUNT)),
            *("--curated", f"s3://{self.bucket('curated')}/", "--ledger", f"s3://{self.bucket('processed')}/{LEDGER}/"),
        ]
        settings = {"AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}
        keys = self._keys(access.LOADER).environment()
        done = subprocess.run(command, env=os.environ | settings | keys, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr + done.stdout
        report: dict[str, Any] = json.loads(done.stdout)
        return report

    def in_warehouse(self, persona: str, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a statement of a persona in Redshift, signed in as its role.

        Raises:
            AssertionError: It failed; with Redshift's error.
        """
        redshift = self.client("redshift-data", f"persona-{persona}")
        identity = redshift.execute_statement(ClusterIdentifier=f"{PREFIX}-warehouse", Database="energy_lake", Sql=sql)[
            "Id"
        ]

        def ended() -> Any:
            shown = redshift.describe_statement(Id=identity)
            return shown if shown["Status"] in {"FINISHED", "FAILED", "ABORTED"} else None

        shown = self.until(ended)
        assert shown["Status"] == "FINISHED", shown.get("Error")
        pages = redshift.get_paginator("get_statement_result").paginate(Id=identity)
        return [tuple(_value(cell) for cell in row) for page in pages for row in page["Records"]]

    def left(self) -> dict[str, list[str]]:
        """What is in the account, by service, but for what every account has and what services made by themselves."""
        glue, iam = self.client("glue"), self.client("iam")
        keys = [
            self.client("kms").describe_key(KeyId=key["KeyId"])["KeyMetadata"]
            for key in self.client("kms").list_keys()["Keys"]
        ]
        groups = self.client("athena").list_work_groups()["WorkGroups"]
        return {
            "alarms": [one["AlarmName"] for one in self.client("cloudwatch").describe_alarms()["MetricAlarms"]],
            "buckets": [one["Name"] for one in self.client("s3").list_buckets()["Buckets"]],
            "clusters": [one["ClusterIdentifier"] for one in self.client("redshift").describe_clusters()["Clusters"]],
            "crawlers": glue.list_crawlers()["CrawlerNames"],
            "databases": [one["Name"] for one in glue.get_databases()["DatabaseList"]],
            "jobs": glue.list_jobs()["JobNames"],
            "keys": [one["KeyId"] for one in keys if one["KeyState"] == "Enabled" and one["KeyManager"] == "CUSTOMER"],
            "networks": [one["VpcId"] for one in self.client("ec2").describe_vpcs()["Vpcs"] if not one["IsDefault"]],
            "policies": [one["PolicyName"] for one in iam.list_policies(Scope="Local")["Policies"]],
            "queues": self.client("sqs").list_queues().get("QueueUrls", []),
            "roles": [one["RoleName"] for one in iam.list_roles()["Roles"]],
            "rules": [one["Name"] for one in self.client("events").list_rules()["Rules"]],
            "secrets": [one["Name"] for one in self.client("secretsmanager").list_secrets()["SecretList"]],
            "topics": [one["TopicArn"] for one in self.client("sns").list_topics()["Topics"]],
            "trails": [one["Name"] for one in self.client("cloudtrail").describe_trails()["trailList"]],
            "triggers": glue.list_triggers()["TriggerNames"],
            "workflows": glue.list_workflows()["Workflows"],
            "workgroups": [one["Name"] for one in groups if one["Name"] != "primary"],
        }

    def ask(self, persona: str, sql: str) -> list[tuple[str | None, ...]]:
        """The rows of an Athena query of a persona, in its workgroup, as the texts that Athena gives.

        Raises:
            AssertionError: It failed; with the reason.
        """
        athena = self.client("athena", f"persona-{persona}")
        identity = athena.start_query_execution(QueryString=sql, WorkGroup=names.workgroup_name(PREFIX, persona))[
            "QueryExecutionId"
        ]

        def ended() -> Any:
            shown = athena.get_query_execution(QueryExecutionId=identity)["QueryExecution"]
            return shown if shown["Status"]["State"] not in {"QUEUED", "RUNNING"} else None

        status = self.until(ended)["Status"]
        assert status["State"] == "SUCCEEDED", status.get("StateChangeReason")
        pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=identity)
        rows = [row["Data"] for page in pages for row in page["ResultSet"]["Rows"]]
        return [tuple(cell.get("VarCharValue") for cell in row) for row in rows[1:]]


def _value(cell: Mapping[str, Any]) -> Any:
    """A cell of the Data API, which names the kind of its value."""
    return None if cell.get("isNull") else next(iter(cell.values()))
