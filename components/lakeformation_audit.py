"""Who did what, and who read which object: a CloudTrail trail of its own, in a bucket that nothing else uses.

The bucket is apart from the other logs because its files are evidence: their digests are signed, they are encrypted with a key
that only the trail and the auditor use, and nobody may delete them.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.policies import audit as documents
from components.policies import names
from components.policies.audit import AuditTrail
from components.policies.limits import LOG_RETENTION_DAYS

__all__ = ["LakeAudit", "LakeAuditArgs"]


@dataclass(frozen=True, kw_only=True)
class LakeAuditArgs:
    """What is recorded and how long it is kept.

    Attributes:
        trail: Names and place of the trail.
        watched_bucket_arns: Zone -> bucket whose every read and write of an object is recorded.
        access_log_bucket: Where S3 writes who reached for the trail's bucket.
        retention_days: How long the trail's files are kept in S3.
        log_retention_days: How long the trail can be searched in CloudWatch Logs, one of the values it takes.
        deletable: Whether the bucket goes with its content when the stack is destroyed.
        tags: Put on everything.
    """

    trail: AuditTrail
    watched_bucket_arns: Mapping[str, pulumi.Input[str]]
    access_log_bucket: pulumi.Input[str]
    retention_days: int = 365
    log_retention_days: int = 90
    deletable: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a trail that would record nothing of the data, or forget before it can be searched."""
        if not self.watched_bucket_arns:
            raise ValueError(
                "watched_bucket_arns is empty, expected the zones' buckets; without them no read is recorded"
            )
        if self.log_retention_days not in LOG_RETENTION_DAYS:
            raise ValueError(
                f"log_retention_days is {self.log_retention_days}, CloudWatch Logs takes {', '.join(map(str, LOG_RETENTION_DAYS))}"
            )
        if self.retention_days < self.log_retention_days:
            raise ValueError(
                f"retention_days is {self.retention_days} and log_retention_days {self.log_retention_days}; the files are the "
                "record and must be kept at least as long as the copy that is searched"
            )


class LakeAudit(pulumi.ComponentResource):
    """The trail with its bucket, key and log group.

    Attributes:
        trail_arn: The trail.
        key_arn: The key of its files and log group.
        bucket_name: Where its files are.
    """

    trail_arn: pulumi.Output[str]
    key_arn: pulumi.Output[str]
    bucket_name: pulumi.Output[str]

    def __init__(self, name: str, args: LakeAuditArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:lakeformation:LakeAudit", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        key = _key(name, args, child)
        bucket = _bucket(name, args, child)
        ready = _harden(name, args, bucket, key, child)
        group, role, may_log = _logs(name, args, key, child)
        last = pulumi.ResourceOptions(parent=self, depends_on=[*ready, may_log])
        trail = _trail(name, args, (bucket, key), (group, role), last)
        self.trail_arn, self.key_arn, self.bucket_name = trail.arn, key.arn, bucket.bucket
        self.register_outputs({"trail_arn": self.trail_arn, "key_arn": self.key_arn, "bucket_name": self.bucket_name})


def _key(name: str, args: LakeAuditArgs, child: pulumi.ResourceOptions) -> aws.kms.Key:
    key = aws.kms.Key(
        f"{name}-key",
        description=f"Audit trail of {args.trail.prefix}: its files and its log group",
        enable_key_rotation=True,
        deletion_window_in_days=30,
        policy=json.dumps(documents.audit_key(args.trail)),
        tags=args.tags,
        opts=child,
    )
    aws.kms.Alias(f"{name}-alias", name=f"alias/{args.trail.name}", target_key_id=key.key_id, opts=child)
    return key


def _bucket(name: str, args: LakeAuditArgs, child: pulumi.ResourceOptions) -> aws.s3.Bucket:
    return aws.s3.Bucket(
        f"{name}-bucket", bucket=args.trail.bucket, force_destroy=args.deletable, tags=args.tags, opts=child
    )


def _harden(
    name: str, args: LakeAuditArgs, bucket: aws.s3.Bucket, key: aws.kms.Key, child: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Everything that must hold before the first file arrives."""
    closed = _public_access(name, bucket, child)
    return [
        closed,
        aws.s3.BucketOwnershipControls(
            f"{name}-ownership", bucket=bucket.id, rule={"object_ownership": "BucketOwnerEnforced"}, opts=child
        ),
        aws.s3.BucketVersioning(
            f"{name}-versioning", bucket=bucket.id, versioning_configuration={"status": "Enabled"}, opts=child
        ),
        _encryption(name, bucket, key, child),
        aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=bucket.id,
            policy=json.dumps(documents.audit_bucket(args.trail, deletable=args.deletable)),
            # S3 refuses two changes of a bucket's access at the same time.
            opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[closed])),
        ),
        _lifecycle(name, args, bucket, child),
        aws.s3.BucketLogging(
            f"{name}-access-logs",
            bucket=bucket.id,
            target_bucket=args.access_log_bucket,
            target_prefix=f"{names.ACCESS_LOGS}/audit/",
            opts=child,
        ),
    ]


def _public_access(name: str, bucket: aws.s3.Bucket, child: pulumi.ResourceOptions) -> aws.s3.BucketPublicAccessBlock:
    return aws.s3.BucketPublicAccessBlock(
        f"{name}-public-access",
        bucket=bucket.id,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )


def _encryption(
    name: str, bucket: aws.s3.Bucket, key: aws.kms.Key, child: pulumi.ResourceOptions
) -> aws.s3.BucketServerSideEncryptionConfiguration:
    rule: aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict = {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
        "bucket_key_enabled": True,
    }
    return aws.s3.BucketServerSideEncryptionConfiguration(
        f"{name}-encryption", bucket=bucket.id, rules=[rule], opts=child
    )


def _lifecycle(
    name: str, args: LakeAuditArgs, bucket: aws.s3.Bucket, child: pulumi.ResourceOptions
) -> aws.s3.BucketLifecycleConfiguration:
    return aws.s3.BucketLifecycleConfiguration(
        f"{name}-lifecycle",
        bucket=bucket.id,
        rules=[
            {
                "id": "expire",
                "status": "Enabled",
                "filter": {"prefix": ""},
                "expiration": {"days": args.retention_days},
                "noncurrent_version_expiration": {"noncurrent_days": 30},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
            }
        ],
        opts=child,
    )


def _logs(
    name: str, args: LakeAuditArgs, key: aws.kms.Key, child: pulumi.ResourceOptions
) -> tuple[aws.cloudwatch.LogGroup, aws.iam.Role, aws.iam.RolePolicy]:
    """The searchable copy, and the role that CloudTrail writes it with."""
    group = aws.cloudwatch.LogGroup(
        f"{name}-log-group",
        name=args.trail.log_group,
        retention_in_days=args.log_retention_days,
        kms_key_id=key.arn,
        tags=args.tags,
        opts=child,
    )
    role = aws.iam.Role(
        f"{name}-log-role",
        name=names.role_name(args.trail.prefix, "audit-logs"),
        description="CloudTrail writes the audit trail into CloudWatch Logs",
        assume_role_policy=json.dumps(documents.trail_logs_trust(args.trail)),
        tags=args.tags,
        opts=child,
    )
    policy = aws.iam.RolePolicy(
        f"{name}-log-policy",
        name="write-trail",
        role=role.id,
        policy=json.dumps(documents.trail_logs(args.trail)),
        opts=child,
    )
    return group, role, policy


def _trail(
    name: str,
    args: LakeAuditArgs,
    store: tuple[aws.s3.Bucket, aws.kms.Key],
    logs: tuple[aws.cloudwatch.LogGroup, aws.iam.Role],
    opts: pulumi.ResourceOptions,
) -> aws.cloudtrail.Trail:
    bucket, key = store
    group, role = logs
    return aws.cloudtrail.Trail(
        f"{name}-trail",
        name=args.trail.name,
        s3_bucket_name=bucket.id,
        kms_key_id=key.arn,
        enable_logging=True,
        enable_log_file_validation=True,
        is_multi_region_trail=True,
        include_global_service_events=True,
        # CloudTrail asks for the group's streams, which the group's own ARN does not say.
        cloud_watch_logs_group_arn=group.arn.apply(lambda arn: f"{arn}:*"),
        cloud_watch_logs_role_arn=role.arn,
        advanced_event_selectors=[_management_events(), _object_events(args)],
        tags=args.tags,
        opts=opts,
    )


def _management_events() -> aws.cloudtrail.TrailAdvancedEventSelectorArgsDict:
    """Among them GetDataAccess: who asked Lake Formation for which table."""
    return {"name": "Management events", "field_selectors": [{"field": "eventCategory", "equals": ["Management"]}]}


def _object_events(args: LakeAuditArgs) -> aws.cloudtrail.TrailAdvancedEventSelectorArgsDict:
    """Every object read, written or deleted in the watched buckets."""
    buckets = [args.watched_bucket_arns[zone] for zone in sorted(args.watched_bucket_arns)]
    return {
        "name": "Objects of the lake",
        "field_selectors": [
            {"field": "eventCategory", "equals": ["Data"]},
            {"field": "resources.type", "equals": ["AWS::S3::Object"]},
            # With the slash, since a bucket's name may be the beginning of another's.
            {"field": "resources.ARN", "starts_withs": [pulumi.Output.concat(arn, "/") for arn in buckets]},
        ],
    }
