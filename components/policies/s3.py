"""Bucket policies: what every bucket refuses, who may touch data at all, and who delivers logs."""

from collections.abc import Sequence

from components.policies import names
from components.policies.document import Document, Statement, allow, deny, document

OLDEST_TLS = "1.2"

EVERYBODY = {"AWS": "*"}
"""The same to S3 as a plain ``*``, and read by tools that expect kinds of principals."""

READS = ("s3:GetObject*", "s3:ListBucket", "s3:ListBucketVersions")
WRITES = ("s3:DeleteObject*", "s3:PutObject", "s3:ReplicateObject", "s3:RestoreObject")

_HEADER = "s3:x-amz-server-side-encryption"
_KEY_HEADER = "s3:x-amz-server-side-encryption-aws-kms-key-id"
_CUSTOMER_KEY_HEADER = "s3:x-amz-server-side-encryption-customer-algorithm"


def data_bucket_policy(
    bucket: str,
    account_id: str,
    key_arn: str,
    *,
    readers: Sequence[str] | None = None,
    writers: Sequence[str] | None = None,
    partition: str = "aws",
) -> Document:
    """The policy of a bucket whose objects are encrypted with the lake's key.

    It only refuses; what is allowed is in each role's own policy.

    Args:
        bucket: The bucket's name.
        account_id: The only account that may use it.
        key_arn: The only key its objects may be encrypted with.
        readers: ARNs (or patterns) of those who may read at all; None leaves it to their own policies.
        writers: The same for writing.
        partition: The AWS partition.
    """
    arn = names.bucket_arn(bucket, partition=partition)
    everything = [arn, f"{arn}/*"]
    statements = [*_transport(everything), _other_accounts(everything, account_id), *_encryption(f"{arn}/*", key_arn)]
    if readers is not None:
        statements.append(_only("DenyOtherReaders", READS, everything, readers))
    if writers is not None:
        statements.append(_only("DenyOtherWriters", WRITES, f"{arn}/*", writers))
    return document(*statements)


def log_bucket_policy(
    bucket: str, account_id: str, source_buckets: Sequence[str], *, partition: str = "aws"
) -> Document:
    """The policy of the log bucket: S3's logging service delivers, for this account and for the lake's buckets.

    There is no statement on encryption: the delivery service names none, and the bucket's default (SSE-S3, the only one it
    can deliver to) covers everything.

    Args:
        bucket: The log bucket's name.
        account_id: The account whose logs are delivered.
        source_buckets: The buckets whose access logs S3 delivers.
        partition: The AWS partition.
    """
    arn = names.bucket_arn(bucket, partition=partition)
    everything = [arn, f"{arn}/*"]
    sources = [names.bucket_arn(name, partition=partition) for name in source_buckets]
    return document(
        *_transport(everything), _other_accounts(everything, account_id), _access_logs(arn, account_id, sources)
    )


def _transport(everything: Sequence[str]) -> tuple[Statement, Statement]:
    return (
        deny(
            "DenyWithoutTls",
            "s3:*",
            everything,
            principals=EVERYBODY,
            conditions={"Bool": {"aws:SecureTransport": "false"}},
        ),
        deny(
            "DenyOldTls",
            "s3:*",
            everything,
            principals=EVERYBODY,
            conditions={"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}},
        ),
    )


def _other_accounts(everything: Sequence[str], account_id: str) -> Statement:
    """AWS services act for no account of their own, so a bare "not my account" would stop log delivery."""
    return deny(
        "DenyOtherAccounts",
        "s3:*",
        everything,
        principals=EVERYBODY,
        conditions={
            "StringNotEquals": {"aws:PrincipalAccount": account_id},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    )


def _encryption(objects: str, key_arn: str) -> tuple[Statement, ...]:
    """A put that says nothing gets the bucket's default, which is the lake's key; a put that says something must say that.

    Each refusal asks first whether the header is there at all: a plain "not equal" also holds for a missing header, and
    would refuse every client that relies on the default. ``aws:kms`` without a key would mean the account's
    ``aws/s3`` key (Amazon S3 API Reference, PutObject), so it is refused too.
    """
    return (
        deny(
            "DenyOtherEncryption",
            "s3:PutObject",
            objects,
            principals=EVERYBODY,
            conditions={"Null": {_HEADER: "false"}, "StringNotEquals": {_HEADER: "aws:kms"}},
        ),
        deny(
            "DenyOtherKeys",
            "s3:PutObject",
            objects,
            principals=EVERYBODY,
            conditions={"Null": {_KEY_HEADER: "false"}, "StringNotEquals": {_KEY_HEADER: key_arn}},
        ),
        deny(
            "DenyUnnamedKey",
            "s3:PutObject",
            objects,
            principals=EVERYBODY,
            conditions={"StringEquals": {_HEADER: "aws:kms"}, "Null": {_KEY_HEADER: "true"}},
        ),
        deny(
            "DenyCustomerKeys",
            "s3:PutObject",
            objects,
            principals=EVERYBODY,
            conditions={"Null": {_CUSTOMER_KEY_HEADER: "false"}},
        ),
    )


def _only(sid: str, actions: Sequence[str], resources: str | Sequence[str], principal_arns: Sequence[str]) -> Statement:
    """Lake Formation does not stop anybody whose own policy allows S3: the bucket has to."""
    return deny(
        sid,
        actions,
        resources,
        principals=EVERYBODY,
        conditions={
            "ArnNotLike": {"aws:PrincipalArn": principal_arns},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    )


def _access_logs(log_bucket_arn: str, account_id: str, source_arns: Sequence[str]) -> Statement:
    """Amazon S3 User Guide, "Enabling Amazon S3 server access logging"."""
    return allow(
        "DeliverAccessLogs",
        "s3:PutObject",
        f"{log_bucket_arn}/{names.ACCESS_LOGS}/*",
        principals={"Service": "logging.s3.amazonaws.com"},
        conditions={"ArnLike": {"aws:SourceArn": source_arns}, "StringEquals": {"aws:SourceAccount": account_id}},
    )
