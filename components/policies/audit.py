"""IAM documents of the audit trail: its bucket, its key, its way into CloudWatch Logs, and who may read it.

Every document names the trail by an ARN built from names, so that the bucket's policy can exist before the trail does: with
the trail's own output each would wait for the other.
"""

from dataclasses import dataclass

from components.policies import names
from components.policies.document import Document, Statement, allow, deny, document, service_trust
from components.policies.kms import ADMINISTRATION, THIS_KEY

__all__ = ["AuditTrail", "audit_bucket", "audit_key", "auditor", "trail_logs", "trail_logs_trust"]

CLOUDTRAIL = "cloudtrail.amazonaws.com"
OLDEST_TLS = "1.2"


@dataclass(frozen=True, kw_only=True)
class AuditTrail:
    """Where a stack's trail lives, and what everything around it is called.

    Attributes:
        prefix: The beginning of the stack's names.
        account_id: The account that is watched.
        region: The trail's home region; it records every region.
        partition: The AWS partition.
    """

    prefix: str
    account_id: str
    region: str
    partition: str = "aws"

    def __post_init__(self) -> None:
        """Refuse a bucket name that S3 would refuse."""
        if len(self.bucket) > names.BUCKET_NAME_LIMIT:
            raise ValueError(
                f"bucket name {self.bucket!r} has {len(self.bucket)} characters, "
                f"S3 allows {names.BUCKET_NAME_LIMIT}: choose a shorter stack name"
            )

    @property
    def name(self) -> str:
        """The trail."""
        return names.trail_name(self.prefix)

    @property
    def arn(self) -> str:
        """The trail's ARN, from names."""
        return names.trail_arn(self.name, self.account_id, self.region, partition=self.partition)

    @property
    def bucket(self) -> str:
        """The bucket that holds the trail's files and nothing else."""
        return f"{self.prefix}-audit-{self.account_id}-{self.region}"

    @property
    def bucket_arn(self) -> str:
        """The bucket's ARN."""
        return names.bucket_arn(self.bucket, partition=self.partition)

    @property
    def files_arn(self) -> str:
        """All files of the trail and its digests."""
        return f"{self.bucket_arn}/AWSLogs/{self.account_id}/*"

    @property
    def log_group(self) -> str:
        """The log group that the trail is searched in."""
        return f"/{self.prefix}/audit"

    @property
    def log_group_arn(self) -> str:
        """The group's ARN, without the ``:*`` of its streams."""
        arn = names.log_group_arn(self.log_group, self.account_id, self.region, partition=self.partition)
        return arn.removesuffix(":*")

    @property
    def auditor_arn(self) -> str:
        """The role that reads the trail."""
        return names.role_arn(self.prefix, "persona-auditor", self.account_id, partition=self.partition)


def audit_bucket(trail: AuditTrail, *, deletable: bool = False) -> Document:
    """The policy of the trail's bucket: CloudTrail delivers for this trail alone, and what is there stays.

    Lifecycle rules act as S3 itself and are not held by a bucket policy, so logs still expire. ``deletable`` is for stacks
    that are destroyed with their content.

    Source: CloudTrail User Guide, "Amazon S3 bucket policy for CloudTrail".
    """
    source = {"aws:SourceArn": trail.arn}
    service = {"Service": CLOUDTRAIL}
    statements = [
        allow(
            "CheckForTrail",
            "s3:GetBucketAcl",
            trail.bucket_arn,
            principals=service,
            conditions={"StringEquals": source},
        ),
        allow(
            "DeliverTrailLogs",
            "s3:PutObject",
            trail.files_arn,
            principals=service,
            conditions={"StringEquals": {**source, "s3:x-amz-acl": "bucket-owner-full-control"}},
        ),
        *_refusals(trail),
    ]
    if not deletable:
        statements.append(_keep(trail))
    return document(*statements)


def audit_key(trail: AuditTrail) -> Document:
    """The policy of the trail's key: the trail and its log group encrypt, the auditor reads, administrators do neither.

    ``kms:Decrypt`` for CloudTrail is needed since the bucket uses an S3 Bucket Key.

    Sources: CloudTrail User Guide, "Configure AWS KMS key policies for CloudTrail"; CloudWatch Logs User Guide, "Encrypt log
    data in CloudWatch Logs using AWS KMS".
    """
    root = names.account_root_arn(trail.account_id, partition=trail.partition)
    return document(
        allow("AdministerWithoutUse", ADMINISTRATION, "*", principals={"AWS": root}, wildcard_reason=THIS_KEY),
        *_trail_uses(trail),
        _log_group_use(trail),
        allow(
            "AuditorReadsTrail",
            "kms:Decrypt",
            "*",
            principals={"AWS": root},
            conditions={
                "ArnEquals": {"aws:PrincipalArn": trail.auditor_arn},
                "StringEquals": {
                    "kms:CallerAccount": trail.account_id,
                    "kms:ViaService": f"s3.{trail.region}.amazonaws.com",
                },
            },
            wildcard_reason=THIS_KEY,
        ),
    )


def trail_logs_trust(trail: AuditTrail) -> Document:
    """Who may write the trail into CloudWatch Logs: CloudTrail, for this trail."""
    return service_trust(CLOUDTRAIL, trail.account_id, source_arns=trail.arn)


def trail_logs(trail: AuditTrail) -> Document:
    """What CloudTrail may do in CloudWatch Logs: write streams of its own naming in the one group.

    Source: CloudTrail User Guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring".
    """
    return document(
        allow(
            "WriteStreams",
            ("logs:CreateLogStream", "logs:PutLogEvents"),
            f"{trail.log_group_arn}:log-stream:{trail.account_id}_CloudTrail_{trail.region}*",
        )
    )


def auditor(trail: AuditTrail, key_arn: str) -> Document:
    """What an auditor may do beyond reading tables: read the trail, check its digests, and list every grant.

    ``aws cloudtrail validate-logs`` needs the bucket, the trail and CloudTrail's public keys.
    """
    return document(
        allow("ReadTrailBucket", ("s3:GetBucketLocation", "s3:ListBucket"), trail.bucket_arn),
        allow("ReadTrailFiles", "s3:GetObject", trail.files_arn),
        allow(
            "DecryptTrail",
            "kms:Decrypt",
            key_arn,
            conditions={"StringEquals": {"kms:ViaService": f"s3.{trail.region}.amazonaws.com"}},
        ),
        allow(
            "InspectTrail",
            ("cloudtrail:GetEventSelectors", "cloudtrail:GetTrail", "cloudtrail:GetTrailStatus"),
            trail.arn,
        ),
        allow(
            "SearchTrail",
            ("logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetQueryResults", "logs:StartQuery"),
            [trail.log_group_arn, f"{trail.log_group_arn}:*"],
        ),
        *_looking_up(),
    )


def _looking_up() -> tuple[Statement, Statement]:
    return (
        allow(
            "LookUpEvents",
            ("cloudtrail:DescribeTrails", "cloudtrail:ListPublicKeys", "cloudtrail:LookupEvents", "logs:StopQuery"),
            "*",
            wildcard_reason="these actions know no resource but *; they read records of this account only",
        ),
        allow(
            "ListGrants",
            (
                "lakeformation:DescribeResource",
                "lakeformation:GetDataCellsFilter",
                "lakeformation:GetDataLakeSettings",
                "lakeformation:GetEffectivePermissionsForPath",
                "lakeformation:GetLFTag",
                "lakeformation:GetResourceLFTags",
                "lakeformation:ListDataCellsFilter",
                "lakeformation:ListLFTags",
                "lakeformation:ListPermissions",
                "lakeformation:ListResources",
            ),
            "*",
            wildcard_reason="Lake Formation's actions know no resource but *; all of these only read settings and grants",
        ),
    )


def _log_group_use(trail: AuditTrail) -> Statement:
    return allow(
        "EncryptAuditLogGroup",
        (
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey",
            "kms:GenerateDataKeyWithoutPlaintext",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
        ),
        "*",
        principals={"Service": f"logs.{trail.region}.amazonaws.com"},
        conditions={"ArnEquals": {"kms:EncryptionContext:aws:logs:arn": trail.log_group_arn}},
        wildcard_reason=THIS_KEY,
    )


def _trail_uses(trail: AuditTrail) -> tuple[Statement, Statement]:
    source = {"aws:SourceArn": trail.arn}
    context = f"arn:{trail.partition}:cloudtrail:*:{trail.account_id}:trail/*"
    return (
        allow(
            "EncryptTrail",
            ("kms:Decrypt", "kms:GenerateDataKey"),
            "*",
            principals={"Service": CLOUDTRAIL},
            conditions={
                "StringEquals": source,
                "StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": context},
            },
            wildcard_reason=THIS_KEY,
        ),
        allow(
            "DescribeForTrail",
            "kms:DescribeKey",
            "*",
            principals={"Service": CLOUDTRAIL},
            conditions={"StringEquals": source},
            wildcard_reason=THIS_KEY,
        ),
    )


def _refusals(trail: AuditTrail) -> tuple[Statement, ...]:
    """What the zones' buckets refuse too: bare HTTP, old TLS, other accounts (AWS's own services have none)."""
    everything = [trail.bucket_arn, f"{trail.bucket_arn}/*"]
    refused = {
        "DenyWithoutTls": {"Bool": {"aws:SecureTransport": "false"}},
        "DenyOldTls": {"NumericLessThan": {"s3:TlsVersion": OLDEST_TLS}},
        "DenyOtherAccounts": {
            "StringNotEquals": {"aws:PrincipalAccount": trail.account_id},
            "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
        },
    }
    return tuple(
        deny(sid, "s3:*", everything, principals="*", conditions=conditions) for sid, conditions in refused.items()
    )


def _keep(trail: AuditTrail) -> Statement:
    return deny(
        "DenyDeletion",
        ("s3:DeleteBucket", "s3:DeleteObject", "s3:DeleteObjectVersion"),
        [trail.bucket_arn, f"{trail.bucket_arn}/*"],
        principals="*",
    )
