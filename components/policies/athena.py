"""IAM documents of queries: what a persona may do in its own workgroup, and with its own results.

Results hold what a filter let through, so each audience has a prefix that nobody else reads ("Considerations and
limitations for querying data registered with Lake Formation", Athena User Guide).
"""

from components.policies.document import Document, Statement, allow, document
from components.policies.names import bucket_arn, objects_arn, workgroup_arn, workgroup_name

__all__ = ["WORKGROUP_ACTIONS", "persona_queries", "result_prefix"]

DATA_CATALOG = "AwsDataCatalog"

WORKGROUP_ACTIONS = (
    "athena:BatchGetNamedQuery",
    "athena:BatchGetQueryExecution",
    "athena:GetNamedQuery",
    "athena:GetQueryExecution",
    "athena:GetQueryResults",
    "athena:GetQueryResultsStream",
    "athena:GetQueryRuntimeStatistics",
    "athena:GetWorkGroup",
    "athena:ListNamedQueries",
    "athena:ListQueryExecutions",
    "athena:StartQueryExecution",
    "athena:StopQueryExecution",
)
"""Running queries and reading their results; named queries are written by the deployment, not by people."""


def result_prefix(persona: str) -> str:
    """The key prefix of a persona's results, with the slash that keeps ``bi`` from matching ``bi-team``."""
    return f"{persona}/"


def persona_queries(
    prefix: str,
    persona: str,
    results_bucket: str,
    key_arn: str,
    account_id: str,
    region: str,
    *,
    partition: str = "aws",
) -> Document:
    """What a persona may do with Athena: its own workgroup, its own result prefix, and the key for those results alone.

    The lake's key also encrypts the data. Its use is therefore bound to S3 and to the encryption context of the results
    bucket (with an S3 Bucket Key) or of an object below the persona's prefix (without one).
    """
    workgroup = workgroup_name(prefix, persona)
    data_catalog = f"arn:{partition}:athena:{region}:{account_id}:datacatalog/{DATA_CATALOG}"
    bucket = bucket_arn(results_bucket, partition=partition)
    results = objects_arn(results_bucket, result_prefix(persona), partition=partition)
    return document(
        *_querying(workgroup_arn(workgroup, account_id, region, partition=partition), data_catalog),
        *_keeping_results(persona, results_bucket, partition),
        allow(
            "EncryptOwnResults",
            ("kms:Decrypt", "kms:GenerateDataKey"),
            key_arn,
            conditions={
                "StringEquals": {"kms:ViaService": f"s3.{region}.amazonaws.com"},
                "StringLike": {"kms:EncryptionContext:aws:s3:arn": [bucket, results]},
            },
        ),
    )


def _querying(workgroup: str, data_catalog: str) -> tuple[Statement, ...]:
    return (
        allow("QueryInOwnWorkgroup", WORKGROUP_ACTIONS, workgroup),
        allow(
            "BrowseCatalog",
            (
                "athena:GetDataCatalog",
                "athena:GetDatabase",
                "athena:GetTableMetadata",
                "athena:ListDatabases",
                "athena:ListTableMetadata",
            ),
            data_catalog,
        ),
        allow(
            "FindWorkgroup",
            ("athena:ListDataCatalogs", "athena:ListWorkGroups"),
            "*",
            wildcard_reason="listing knows no resource but *; it shows names, and the console needs it to offer a workgroup",
        ),
    )


def _keeping_results(persona: str, results_bucket: str, partition: str) -> tuple[Statement, ...]:
    bucket = bucket_arn(results_bucket, partition=partition)
    return (
        allow(
            "KeepOwnResults",
            ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"),
            objects_arn(results_bucket, result_prefix(persona), partition=partition),
        ),
        allow("FindResults", ("s3:GetBucketLocation", "s3:ListBucketMultipartUploads"), bucket),
        allow(
            "ListOwnResults",
            "s3:ListBucket",
            bucket,
            conditions={"StringLike": {"s3:prefix": [persona, f"{result_prefix(persona)}*"]}},
        ),
    )
