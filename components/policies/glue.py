"""IAM documents of the catalog and its jobs: what each job and each crawler may do, and no more.

Those of the events around them, and of the alerts, are in `glue_events`.

Every function is pure: a `Site` and plain strings in, a document out. Which call of the code needs which action is
proved by the least-privilege test; the actions that Glue's own runtime needs are in statements whose Sid begins with
``Runtime``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.policies import names
from components.policies.document import Document, Statement, allow, document, service_trust

__all__ = [
    "CURATE_JOB",
    "LEDGER",
    "RAW_JOB",
    "STAGING",
    "Site",
    "crawler",
    "crawler_log_group",
    "glue_trust",
    "job_log_groups",
    "processed_to_curated",
    "raw_to_processed",
]

RAW_JOB = "raw-to-processed"
CURATE_JOB = "processed-to-curated"
LEDGER = "_ledger"
"""Where in the processed bucket the run ledger lives."""

STAGING = "_staging"
"""Where in the curated bucket a run's files wait for its commit."""

_READ = ("s3:GetObject",)
_WRITE = ("s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
_KEY_ACTIONS = ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey")


@dataclass(frozen=True, kw_only=True)
class Site:
    """Where a stack lives: what every name and ARN is made of."""

    prefix: str
    account_id: str
    region: str
    partition: str = "aws"

    @property
    def security_configuration(self) -> str:
        """The security configuration of the stack's jobs and crawlers."""
        return f"{self.prefix}-glue"

    def bucket(self, zone: str) -> str:
        """The bucket of a zone."""
        return names.bucket_name(self.prefix, zone, self.account_id, self.region)

    def bucket_arn(self, zone: str) -> str:
        """The ARN of a zone's bucket."""
        return names.bucket_arn(self.bucket(zone), partition=self.partition)

    def objects(self, zone: str, folders: Sequence[str]) -> list[str]:
        """The ARN patterns of everything below some folders of a zone."""
        return [names.objects_arn(self.bucket(zone), f"{folder}/", partition=self.partition) for folder in folders]

    def glue(self, kind: str, name: str) -> str:
        """The ARN of a Glue resource."""
        return names.glue_arn(kind, name, self.account_id, self.region, partition=self.partition)

    def topic_arn(self) -> str:
        """The ARN of the stack's topic for alerts."""
        return names.topic_arn(names.topic_name(self.prefix), self.account_id, self.region, partition=self.partition)

    def rule_arns(self, rules: Sequence[str]) -> list[str]:
        """The ARNs of EventBridge rules."""
        return [names.rule_arn(rule, self.account_id, self.region, partition=self.partition) for rule in rules]

    def log_groups_arn(self, path: str) -> str:
        """The ARN pattern of the log groups below a path, with their streams."""
        return f"arn:{self.partition}:logs:{self.region}:{self.account_id}:log-group:{path}*"


def glue_trust(site: Site) -> Document:
    """Who may be a job or a crawler: Glue, on behalf of this account (Glue guide, "Cross-service confused deputy")."""
    return service_trust("glue.amazonaws.com", site.account_id)


def raw_to_processed(site: Site, *, key_arn: str, datasets: Sequence[str], metrics_namespace: str) -> Document:
    """What the job that reads deliveries may do: read raw; keep processed; write quarantine and the ledger.

    It reads processed files only to take merged ones apart, and stages them only then; `jobs/glue_compact.py` needs the same.
    """
    return document(
        _list("ListDeliveries", site, "raw"),
        allow("ReadDeliveries", _READ, site.objects("raw", datasets)),
        allow(
            "WriteProcessed",
            (*_READ, *_WRITE),
            site.objects("processed", [STAGING, *datasets, *map(superseded, datasets)]),
        ),
        allow("WriteQuarantine", _WRITE, site.objects("quarantine", datasets)),
        *_ledger(site),
        *_runtime(site, RAW_JOB, key_arn, metrics_namespace),
    )


def superseded(dataset: str) -> str:
    """Where raw-to-processed keeps the rows that a later row of the same file replaced."""
    return f"{dataset}_superseded"


def processed_to_curated(
    site: Site, *, key_arn: str, datasets: Sequence[str], tables: Sequence[str], metrics_namespace: str
) -> Document:
    """What the job that curates may do: read processed, keep the ledger, write curated, register its partitions."""
    database = names.database_name(site.prefix, "curated")
    catalog = [
        names.catalog_arn(site.account_id, site.region, partition=site.partition),
        site.glue("database", database),
        *(site.glue("table", f"{database}/{table}") for table in tables),
    ]
    return document(
        allow("ReadProcessed", _READ, site.objects("processed", datasets)),
        *_ledger(site),
        _list("ListCurated", site, "curated"),
        allow("WriteCurated", (*_READ, *_WRITE), site.objects("curated", [STAGING, *tables])),
        allow(
            "RegisterPartitions",
            (
                "glue:GetTable",
                "glue:GetPartitions",
                "glue:BatchCreatePartition",
            ),
            catalog,
        ),
        *_runtime(site, CURATE_JOB, key_arn, metrics_namespace),
    )


def crawler(site: Site, zone: str, *, key_arn: str, datasets: Sequence[str], lake_formation: bool) -> Document:
    """What the crawlers of a zone may do: keep the schemas of that zone's database, and read the zone to do so.

    Args:
        site: Where the stack lives.
        zone: ``raw`` or ``processed``.
        key_arn: The lake's key; the catalog and the logs are encrypted with it.
        datasets: The folders that are crawled.
        lake_formation: Whether Lake Formation lends the credentials to read with; then S3 itself is not allowed
            (Glue guide, "Configuring a crawler to use Lake Formation credentials").
    """
    reading = (
        [
            allow(
                "BorrowLakeFormationCredentials",
                "lakeformation:GetDataAccess",
                "*",
                wildcard_reason="GetDataAccess knows no resources; what it lends is decided by Lake Formation's grants",
            )
        ]
        if lake_formation
        else [
            _list("ListZone", site, zone),
            allow("ReadZone", _READ, site.objects(zone, datasets)),
        ]
    )
    role = names.role_name(site.prefix, f"crawler-{zone}")
    return document(
        *reading,
        _keep_schemas(site, zone),
        allow("UseKey", _KEY_ACTIONS, key_arn),
        _logs(site, crawler_log_group(site, role)),
        _runtime_settings(("glue:GetSecurityConfiguration", "glue:GetClassifier")),
    )


def job_log_groups(site: Site, job: str) -> tuple[str, str]:
    """The log groups of a job: standard output, and Spark's own log.

    With a security configuration that encrypts logs, Glue derives the names from configuration and role, and the
    groups ``/aws-glue/jobs/output`` and ``.../error`` stay empty (Glue guide, "Monitoring with continuous logging").
    """
    path = f"/aws-glue/jobs/{site.security_configuration}-role/{names.role_name(site.prefix, job)}"
    return f"{path}/output", f"{path}/error"


def crawler_log_group(site: Site, role: str) -> str:
    """The log group of the crawlers of a role; Glue derives it from role and security configuration."""
    return f"/aws-glue/crawlers-role/{role}-{site.security_configuration}"


def _runtime(site: Site, job: str, key_arn: str, metrics_namespace: str) -> list[Statement]:
    """What Glue itself does in a job's name: fetch code, keep temporary files and Spark's history, log, measure."""
    folders = [f"tmp/{job}", f"spark-logs/{job}"]
    groups = job_log_groups(site, job)
    return [
        allow("RuntimeFetchCode", _READ, site.objects("jobs", ["scripts", "code"])),
        _list("RuntimeListScratch", site, "jobs"),
        allow("RuntimeKeepScratch", (*_READ, *_WRITE), site.objects("jobs", folders)),
        allow("UseKey", _KEY_ACTIONS, key_arn),
        _logs(site, groups[0].removesuffix("output")),
        allow(
            "PutMetrics",
            "cloudwatch:PutMetricData",
            "*",
            conditions={"StringEquals": {"cloudwatch:namespace": [metrics_namespace, "Glue"]}},
            wildcard_reason="PutMetricData knows no resources; the condition keeps it to the lake's and Glue's namespace",
        ),
        _runtime_settings(("glue:GetSecurityConfiguration",)),
    ]


def _runtime_settings(actions: Sequence[str]) -> Statement:
    return allow(
        "RuntimeReadSettings",
        actions,
        "*",
        wildcard_reason="security configurations and classifiers have no ARN, so IAM cannot name them",
    )


def _keep_schemas(site: Site, zone: str) -> Statement:
    database = names.database_name(site.prefix, zone)
    return allow(
        "KeepSchemas",
        (
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
        ),
        names.catalog_arns(database, site.account_id, site.region, partition=site.partition),
    )


def _logs(site: Site, path: str) -> Statement:
    """Logging; without AssociateKmsKey Glue stops logging in silence (Glue guide, "Encrypting data written by Glue")."""
    return allow(
        "RuntimeLog",
        ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:AssociateKmsKey"),
        site.log_groups_arn(path),
    )


def _ledger(site: Site) -> tuple[Statement, Statement]:
    return (
        _list("ListLedger", site, "processed"),
        allow("KeepLedger", (*_READ, *_WRITE), site.objects("processed", [LEDGER])),
    )


def _list(sid: str, site: Site, zone: str) -> Statement:
    """Listing of a whole bucket, without a condition on the prefix.

    The answer to a question for an object that is not there is "not found" only to those who may list, and such a
    question has no prefix: with the condition it would be "access denied", and a first run would fail.
    """
    return allow(sid, "s3:ListBucket", site.bucket_arn(zone))
