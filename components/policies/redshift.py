"""Who may do what around the warehouse: COPY, the loader, readers, the pause schedule, flow logs, network endpoints."""

from collections.abc import Mapping, Sequence

from components.policies.document import Document, allow, document, service_trust
from components.policies.names import bucket_arn, objects_arn

__all__ = [
    "INTERFACE_ENDPOINTS",
    "MANIFESTS",
    "connect_access",
    "copy_access",
    "copy_trust",
    "database_arn",
    "flow_log_access",
    "flow_log_trust",
    "interface_endpoint",
    "loader_access",
    "loader_trust",
    "s3_endpoint",
    "schedule_group_arn",
    "scheduler_access",
    "scheduler_trust",
    "warehouse_name",
]

MANIFESTS = "_manifests/"
"""Where in the curated bucket the loader writes the COPY manifests that name each file of a load."""

STATE = ("_ledger/commit.json", "_ledger/curated.json")
"""Where in the processed bucket it stands which curated files count, and what the ledger says they hold."""

INTERFACE_ENDPOINTS: Mapping[str, tuple[str, ...]] = {
    "glue": (
        "glue:GetDatabase",
        "glue:GetDatabases",
        "glue:GetTable",
        "glue:GetTables",
        "glue:GetPartition",
        "glue:GetPartitions",
    ),
    "kms": ("kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"),
    "lakeformation": ("lakeformation:GetDataAccess",),
    "logs": ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"),
    "redshift": ("redshift:DescribeClusters", "redshift:GetClusterCredentialsWithIAM"),
    "redshift-data": (
        "redshift-data:BatchExecuteStatement",
        "redshift-data:CancelStatement",
        "redshift-data:DescribeStatement",
        "redshift-data:ExecuteStatement",
        "redshift-data:GetStatementResult",
    ),
    "redshift-serverless": ("redshift-serverless:GetCredentials", "redshift-serverless:GetWorkgroup"),
    "secretsmanager": ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"),
    "sts": ("sts:AssumeRole", "sts:GetCallerIdentity"),
}
"""The interface endpoints the warehouse's network may have, and the only actions that pass through each."""

_OWN_STATEMENTS = (
    "redshift-data:CancelStatement",
    "redshift-data:DescribeStatement",
    "redshift-data:GetStatementResult",
)


def warehouse_name(prefix: str) -> str:
    """The name of the cluster, or of the serverless namespace and its workgroup."""
    return f"{prefix}-warehouse"


def database_arn(warehouse: str, database: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of a database of a provisioned cluster, which credentials for it are asked on."""
    return f"arn:{partition}:redshift:{region}:{account_id}:dbname:{warehouse}/{database}"


def schedule_group_arn(name: str, account_id: str, region: str, *, partition: str = "aws") -> str:
    """The ARN of an EventBridge Scheduler group."""
    return f"arn:{partition}:scheduler:{region}:{account_id}:schedule-group/{name}"


def copy_trust(
    warehouse: str, account_id: str, region: str, *, serverless: bool = False, partition: str = "aws"
) -> Document:
    """The trust of the COPY role: Redshift, and only on behalf of database users of this very warehouse.

    Redshift names the database user that runs the COPY in ``sts:ExternalId`` (Redshift Management Guide, "Restricting
    access to IAM roles"); its documentation promises neither aws:SourceAccount nor aws:SourceArn, so a condition on those
    could refuse every load. The pattern holds account, region and warehouse fixed. Which user it may be is decided in the
    database, by GRANT ASSUMEROLE.
    """
    services = ["redshift.amazonaws.com", *(["redshift-serverless.amazonaws.com"] if serverless else [])]
    users = f"arn:{partition}:redshift:{region}:{account_id}:dbuser:{warehouse}/*"
    return document(
        allow(
            "AssumeRedshift",
            "sts:AssumeRole",
            None,
            principals={"Service": services},
            conditions={"StringLike": {"sts:ExternalId": users}},
        )
    )


def copy_access(
    curated_bucket: str, tables: Sequence[str], key_arn: str, region: str, *, partition: str = "aws"
) -> Document:
    """What COPY needs: the files of the loaded tables and their manifests, read only, and the key for this bucket only."""
    prefixes = [*(f"{table}/" for table in tables), MANIFESTS]
    return document(
        allow("ReadCurated", "s3:GetObject", [objects_arn(curated_bucket, p, partition=partition) for p in prefixes]),
        _list_curated(curated_bucket, prefixes, partition),
        allow(
            "LocateCurated",
            "s3:GetBucketLocation",
            bucket_arn(curated_bucket, partition=partition),
        ),
        _use_key("DecryptCurated", "kms:Decrypt", curated_bucket, key_arn, region, partition),
    )


def loader_trust(principal_arns: Sequence[str]) -> Document:
    """The trust of the loader role: the principals that the stack's settings name, and nobody else."""
    return document(allow("AssumeLoader", "sts:AssumeRole", None, principals={"AWS": list(principal_arns)}))


def loader_access(
    curated_bucket: str,
    ledger_bucket: str,
    tables: Sequence[str],
    key_arn: str,
    region: str,
    *,
    warehouse_arn: str,
    credentials_arn: str,
    serverless: bool = False,
    partition: str = "aws",
) -> Document:
    """What `the loader` needs: statements on this warehouse under its own database user, and manifests to write.

    It reads the curated files too, since it checks counts and sums of what it loads against them, and of the ledger the
    state of the curated zone.
    """
    prefixes = [*(f"{table}/" for table in tables), MANIFESTS]
    manifests = objects_arn(curated_bucket, MANIFESTS, partition=partition)
    return document(
        *_data_api(warehouse_arn, credentials_arn, serverless=serverless),
        allow("ReadCurated", "s3:GetObject", [objects_arn(curated_bucket, p, partition=partition) for p in prefixes]),
        _list_curated(curated_bucket, prefixes, partition),
        allow("WriteManifests", "s3:PutObject", manifests),
        _use_key("UseCuratedKey", ["kms:Decrypt", "kms:GenerateDataKey"], curated_bucket, key_arn, region, partition),
        allow(
            "ReadState", "s3:GetObject", [f"{bucket_arn(ledger_bucket, partition=partition)}/{key}" for key in STATE]
        ),
        # Without a condition on the prefix: a question for a file that is not there has none, and would be refused.
        allow("FindState", "s3:ListBucket", bucket_arn(ledger_bucket, partition=partition)),
        _use_key("DecryptState", "kms:Decrypt", ledger_bucket, key_arn, region, partition),
    )


def connect_access(warehouse_arn: str, credentials_arn: str, *, serverless: bool = False) -> Document:
    """What a reader needs to ask the warehouse under a database user of its own; what it sees is granted in the database."""
    return document(*_data_api(warehouse_arn, credentials_arn, serverless=serverless))


def scheduler_trust(group: str, account_id: str, region: str, *, partition: str = "aws") -> Document:
    """The trust of the pause schedule's role: EventBridge Scheduler, for schedules of this group only."""
    return service_trust(
        "scheduler.amazonaws.com",
        account_id,
        source_arns=schedule_group_arn(group, account_id, region, partition=partition),
    )


def scheduler_access(cluster_arn: str) -> Document:
    """What the pause schedule does, and to which cluster."""
    return document(allow("PauseAndResume", ["redshift:PauseCluster", "redshift:ResumeCluster"], cluster_arn))


def flow_log_trust(account_id: str, region: str, *, partition: str = "aws") -> Document:
    """The trust of the flow logs' role: the delivery service, for flow logs of this account."""
    return service_trust(
        "vpc-flow-logs.amazonaws.com",
        account_id,
        source_arns=f"arn:{partition}:ec2:{region}:{account_id}:vpc-flow-log/*",
    )


def flow_log_access(log_group_arn: str) -> Document:
    """Writing into the one log group (VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs").

    Args:
        log_group_arn: The group's ARN with the ``:*`` that stands for its streams.
    """
    return document(
        allow("WriteFlowLogs", ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"], log_group_arn),
        allow(
            "FindLogGroup",
            "logs:DescribeLogGroups",
            "*",
            wildcard_reason="DescribeLogGroups lists, so IAM knows no single group for it; it reveals names only",
        ),
    )


def s3_endpoint(curated_bucket: str, tables: Sequence[str], account_id: str, *, partition: str = "aws") -> Document:
    """What may pass the S3 gateway endpoint: this account reading the loaded tables of the curated bucket.

    Whoever gets a foothold in the network can send nothing to a bucket of their own this way.
    """
    prefixes = [*(f"{table}/" for table in tables), MANIFESTS]
    return document(
        allow(
            "OnlyCuratedReads",
            ["s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket"],
            [
                bucket_arn(curated_bucket, partition=partition),
                *(objects_arn(curated_bucket, p, partition=partition) for p in prefixes),
            ],
            principals="*",
            conditions={"StringEquals": {"aws:PrincipalAccount": account_id}},
            wildcard_reason="an endpoint policy speaks of whoever is in the network; the condition keeps it to this account",
        )
    )


def interface_endpoint(service: str, account_id: str) -> Document:
    """What may pass an interface endpoint: this account, doing what the warehouse's neighbours do there.

    Raises:
        ValueError: The network has no such endpoint.
    """
    if service not in INTERFACE_ENDPOINTS:
        raise ValueError(f"endpoint {service!r} is unknown: it must be one of {', '.join(INTERFACE_ENDPOINTS)}")
    return document(
        allow(
            "OnlyThisAccount",
            INTERFACE_ENDPOINTS[service],
            "*",
            principals="*",
            conditions={"StringEquals": {"aws:PrincipalAccount": account_id}},
            wildcard_reason="an endpoint policy only narrows what passes; which resources is said by each caller's own policy",
        )
    )


def _data_api(warehouse_arn: str, credentials_arn: str, *, serverless: bool) -> list[dict[str, object]]:
    credentials = "redshift-serverless:GetCredentials" if serverless else "redshift:GetClusterCredentialsWithIAM"
    return [
        allow(
            "RunStatements", ["redshift-data:BatchExecuteStatement", "redshift-data:ExecuteStatement"], warehouse_arn
        ),
        # Asked for by the Data API itself, in the name of whoever calls it.
        allow("RuntimeSignIn", credentials, credentials_arn),
        allow(
            "FollowOwnStatements",
            _OWN_STATEMENTS,
            "*",
            conditions={"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}},
            wildcard_reason="statements have no ARN; the condition keeps it to statements that the caller itself started",
        ),
    ]


def _list_curated(bucket: str, prefixes: Sequence[str], partition: str) -> dict[str, object]:
    return allow(
        "ListCurated",
        "s3:ListBucket",
        bucket_arn(bucket, partition=partition),
        conditions={"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}},
    )


def _use_key(
    sid: str, actions: str | Sequence[str], bucket: str, key_arn: str, region: str, partition: str
) -> dict[str, object]:
    """The lake's one key, but only through S3 and only for this bucket's objects.

    With a bucket key the encryption context is the bucket's ARN, without one the object's (S3 User Guide, "Changes to note
    before enabling an S3 Bucket Key"), hence both.
    """
    arn = bucket_arn(bucket, partition=partition)
    return allow(
        sid,
        actions,
        key_arn,
        conditions={
            "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": [arn, f"{arn}/*"]},
        },
    )
