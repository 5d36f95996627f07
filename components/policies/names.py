"""What everything is called: names and ARNs as plain strings, so that policies can be written before anything exists.

Names are derived from the stack, the account and the region, never looked up: a policy can then name a resource that in
turn needs the policy (a bucket and the trail that writes to it) without a cycle.
"""

ZONES = ("raw", "processed", "quarantine", "curated", "results", "jobs", "logs")
"""The buckets of a stack. ``results`` is Athena's, ``jobs`` holds code, ``logs`` receives access and audit logs."""

CATALOG_ZONES = ("raw", "processed", "curated")
"""The zones that have a database in the Data Catalog."""

DATA_ZONES = ("raw", "processed", "quarantine", "curated")
"""The zones that hold the company's data, which consumers reach through Lake Formation only."""

ACCESS_LOGS = "s3-access"
"""Where in the log bucket S3 writes server access logs: ``s3-access/<zone>/...``."""

BUCKET_NAME_LIMIT = 63
"""Amazon S3 User Guide, "General purpose bucket naming rules"."""


def prefix(stack: str) -> str:
    """The beginning of every name of a stack."""
    return f"energy-lake-{stack}"


def bucket_name(prefix: str, zone: str, account_id: str, region: str) -> str:
    """The bucket of a zone; account and region make it unique in the world.

    Raises:
        ValueError: The zone is unknown, or the name is longer than S3 allows.
    """
    if zone not in ZONES:
        raise ValueError(f"zone {zone!r} is unknown: it must be one of {', '.join(ZONES)}")
    name = f"{prefix}-{zone}-{account_id}-{region}"
    if len(name) > BUCKET_NAME_LIMIT:
        raise ValueError(
            f"bucket name {name!r} has {len(name)} characters, S3 allows {BUCKET_NAME_LIMIT}: choose a shorter stack name"
        )
    return name


def bucket_arn(bucket: str, *, partition: str = "aws") -> str:
    """The ARN of a bucket."""
    return f"arn:{partition}:s3:::{bucket}"


def objects_arn(bucket: str, key_prefix: str = "", *, partition: str = "aws") -> str:
    """The ARN pattern of all objects of a bucket whose key begins with ``key_prefix``."""
    return f"{bucket_arn(bucket, partition=partition)}/{key_prefix}*"


def account_root_arn(account_id: str, *, partition: str = "aws") -> str:
    """The ARN that stands for a whole account: whoever its own IAM policies let in."""
    return f"arn:{partition}:iam::{account_id}:root"


def role_name(prefix: str, role: str) -> str:
    """The name of a role such as ``raw-to-processed`` or ``persona-analyst``."""
    return f"{prefix}-{role}"


def role_arn(prefix: str, role: str, account_id: str, *, partition: str = "aws") -> str:
    """The ARN of a role, from the same parts as its name."""
    return f"arn:{partition}:iam::{account_id}:role/{role_name(prefix, role)}"


def database_name(prefix: str, zone: str) -> str:
    """The Data Catalog database of a zone; the catalog wants underscores, not dashes.

    Raises:
        ValueError: The zone has no database.
    """
    if zone not in CATALOG_ZONES:
        raise ValueError(f"zone {zone!r} has no database: it must be one of {', '.join(CATALOG_ZONES)}")
    return f"{prefix}_{zone}".replace("-", "_")


def workgroup_name(prefix: str, persona: str) -> str:
    """The Athena workgroup of a persona."""
    return f"{prefix}-{persona}"


def workflow_name(prefix: str) -> str:
    """The Glue workflow that carries a day's deliveries through the lake."""
    return f"{prefix}-daily"


def topic_name(prefix: str) -> str:
    """The SNS topic that failures and breaches go to."""
    return f"{prefix}-alerts"


def trail_name(prefix: str) -> str:
    """The CloudTrail trail that records who read what."""
    return f"{prefix}-audit"


def glue_arn(kind: str, name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of a Glue resource: kind is ``job``, ``crawler``, ``workflow``, ``trigger``, ``database`` or ``table``.

    A table is named ``database/table``.
    """
    return f"arn:{partition}:glue:{region}:{account_id}:{kind}/{name}"


def catalog_arn(account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of the account's Data Catalog, which every catalog action needs beside the database and the table."""
    return f"arn:{partition}:glue:{region}:{account_id}:catalog"


def catalog_arns(database: str, account_id: str, region: str, *, partition: str = "aws") -> list[str]:
    """Catalog, database and all of the database's tables: what a catalog action on one database needs."""
    return [
        catalog_arn(account_id, region, partition=partition),
        glue_arn("database", database, account_id, region, partition=partition),
        glue_arn("table", f"{database}/*", account_id, region, partition=partition),
    ]


def workgroup_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of an Athena workgroup."""
    return f"arn:{partition}:athena:{region}:{account_id}:workgroup/{name}"


def log_group_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of a log group, with the ``:*`` that stands for its streams."""
    return f"arn:{partition}:logs:{region}:{account_id}:log-group:{name}:*"


def topic_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of an SNS topic."""
    return f"arn:{partition}:sns:{region}:{account_id}:{name}"


def queue_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of an SQS queue."""
    return f"arn:{partition}:sqs:{region}:{account_id}:{name}"


def rule_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of an EventBridge rule on the default bus."""
    return f"arn:{partition}:events:{region}:{account_id}:rule/{name}"


def trail_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of a CloudTrail trail."""
    return f"arn:{partition}:cloudtrail:{region}:{account_id}:trail/{name}"


def cluster_arn(identifier: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of a provisioned Redshift cluster."""
    return f"arn:{partition}:redshift:{region}:{account_id}:cluster:{identifier}"
