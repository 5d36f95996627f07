"""LakeStorage: the lake's buckets and the key they are encrypted with.

The policies are in ``components.policies.s3`` and ``.kms``, the lifecycle rules in ``components.s3_retention``.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.policies import names
from components.policies.kms import KeyUse, lake_key_policy
from components.policies.s3 import data_bucket_policy, log_bucket_policy
from components.s3_retention import Retention, ZoneRetention, lifecycle_rules

__all__ = ["KeyUse", "LakeStorage", "LakeStorageArgs", "Retention", "ZoneRetention"]

KEY_DELETION_DAYS = 30
"""The longest wait KMS offers: whoever deletes the key deletes the lake."""

LOG_ZONE = "logs"


@dataclass(frozen=True, kw_only=True)
class LakeStorageArgs:
    """What the storage is to be.

    Attributes:
        prefix: The beginning of every name of the stack.
        account_id: The account that owns the buckets, 12 digits.
        region: Where they are.
        key_uses: Who may use the key, through which service, for what.
        readers: Zone -> ARNs (or patterns) of those who may read it; a zone that is left away leaves it to IAM policies.
        writers: The same for writing.
        further_logged_buckets: Names of buckets elsewhere in the stack whose access logs come here too.
        retention: How long each zone keeps its objects.
        raw_object_lock_days: How long a delivery cannot be deleted or overwritten by anybody but who may bypass
            governance; None leaves object lock off. It can be switched on later, never off.
        force_destroy: Whether destroying the stack may delete buckets that hold objects.
        tags: Tags of every resource.
        partition: The AWS partition.
    """

    prefix: str
    account_id: str
    region: str
    key_uses: Sequence[KeyUse]
    readers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    writers: Mapping[str, Sequence[str]] = field(default_factory=dict)
    further_logged_buckets: Sequence[str] = ()
    retention: ZoneRetention = field(default_factory=ZoneRetention)
    raw_object_lock_days: int | None = None
    force_destroy: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)
    partition: str = "aws"

    def __post_init__(self) -> None:
        if not (len(self.account_id) == len("123456789012") and self.account_id.isdigit()):
            raise ValueError(f"account_id is {self.account_id!r}, it must be the account's 12 digits")
        for part in ("readers", "writers"):
            strangers = sorted(set(getattr(self, part)) - set(names.DATA_ZONES))
            if strangers:
                raise ValueError(
                    f"{part} names {', '.join(strangers)}: only {', '.join(names.DATA_ZONES)} hold data that can be closed"
                )
        self._check_lock()
        for zone in names.ZONES:
            names.bucket_name(self.prefix, zone, self.account_id, self.region)

    def _check_lock(self) -> None:
        days = self.raw_object_lock_days
        if days is None:
            return
        if days < 1:
            raise ValueError(f"raw_object_lock_days is {days}, it must be at least 1: leave it away for no lock")
        if self.force_destroy:
            raise ValueError(
                f"raw_object_lock_days is {days} and force_destroy is on: locked deliveries cannot be destroyed, "
                "switch one of them off"
            )
        expires = self.retention.raw.expire_after
        if expires is not None and expires < days:
            raise ValueError(
                f"raw_object_lock_days is {days} and raw expires after {expires} days: a locked delivery cannot expire, "
                f"keep raw for at least {days} days or lock it for less"
            )


class LakeStorage(pulumi.ComponentResource):
    """One bucket a zone, one key for all of them.

    Attributes:
        bucket_names: Zone -> bucket name. It resolves only once the bucket is encrypted, closed to the public and has
            its policy, so that nothing is written to a bucket that is not finished.
        bucket_arns: Zone -> bucket ARN, under the same condition.
        key_arn: The key's ARN.
        ready: True once every bucket is finished.
    """

    bucket_names: dict[str, pulumi.Output[str]]
    bucket_arns: dict[str, pulumi.Output[str]]
    key_arn: pulumi.Output[str]
    ready: pulumi.Output[bool]

    def __init__(self, name: str, args: LakeStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:s3:LakeStorage", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)

        key = self._key()
        buckets = {zone: self._bucket(zone) for zone in names.ZONES}
        guards = {zone: self._guards(zone, bucket, key) for zone, bucket in buckets.items()}
        self._access_logs(buckets, guards[LOG_ZONE])
        self._notifications(buckets["raw"])
        self._object_lock(buckets["raw"])

        self.bucket_names = {zone: _after(bucket.bucket, guards[zone]) for zone, bucket in buckets.items()}
        self.bucket_arns = {zone: _after(bucket.arn, guards[zone]) for zone, bucket in buckets.items()}
        self.key_arn = key.arn
        self.ready = pulumi.Output.all(*self.bucket_names.values()).apply(lambda _: True)
        self.register_outputs(
            {"bucket_names": self.bucket_names, "bucket_arns": self.bucket_arns, "key_arn": self.key_arn}
        )

    def _key(self) -> aws.kms.Key:
        args = self._args
        policy = lake_key_policy(args.account_id, args.region, args.prefix, args.key_uses, partition=args.partition)
        key = aws.kms.Key(
            f"{self._name}-key",
            description=f"{args.prefix}: everything the lake stores",
            enable_key_rotation=True,  # every 365 days, KMS's own period
            deletion_window_in_days=KEY_DELETION_DAYS,
            policy=json.dumps(policy),
            tags=args.tags,
            opts=self._child,
        )
        aws.kms.Alias(
            f"{self._name}-key-alias", name=f"alias/{args.prefix}", target_key_id=key.key_id, opts=self._child
        )
        return key

    def _bucket(self, zone: str) -> aws.s3.Bucket:
        args = self._args
        bucket = aws.s3.Bucket(
            f"{self._name}-{zone}",
            bucket=names.bucket_name(args.prefix, zone, args.account_id, args.region),
            force_destroy=args.force_destroy,
            object_lock_enabled=zone == "raw" and args.raw_object_lock_days is not None,
            tags={**args.tags, "zone": zone},
            opts=self._child,
        )
        versioning = aws.s3.BucketVersioning(
            f"{self._name}-{zone}-versioning",
            bucket=bucket.bucket,
            versioning_configuration={"status": "Enabled"},
            opts=self._child,
        )
        aws.s3.BucketLifecycleConfiguration(
            f"{self._name}-{zone}-lifecycle",
            bucket=bucket.bucket,
            rules=lifecycle_rules(args.retention.of(zone)),
            # rules on replaced versions are refused before versioning is on
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        return bucket

    def _guards(self, zone: str, bucket: aws.s3.Bucket, key: aws.kms.Key) -> list[pulumi.CustomResource]:
        """Everything that has to be in place before the bucket may be used."""
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            f"{self._name}-{zone}-encryption",
            bucket=bucket.bucket,
            rules=[_default_encryption(zone, key)],
            opts=self._child,
        )
        public = aws.s3.BucketPublicAccessBlock(
            f"{self._name}-{zone}-public-access",
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self._child,
        )
        ownership = aws.s3.BucketOwnershipControls(
            f"{self._name}-{zone}-ownership",
            bucket=bucket.bucket,
            rule={"object_ownership": "BucketOwnerEnforced"},
            # S3 refuses two changes of a bucket's access at once (OperationAborted)
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public]),
        )
        policy = aws.s3.BucketPolicy(
            f"{self._name}-{zone}-policy",
            bucket=bucket.bucket,
            policy=key.arn.apply(lambda arn: json.dumps(self._policy(zone, arn))),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public, ownership]),
        )
        return [encryption, public, ownership, policy]

    def _policy(self, zone: str, key_arn: str) -> dict[str, object]:
        args = self._args
        bucket = {z: names.bucket_name(args.prefix, z, args.account_id, args.region) for z in names.ZONES}
        if zone == LOG_ZONE:
            logged = [*bucket.values(), *args.further_logged_buckets]
            return log_bucket_policy(bucket[zone], args.account_id, logged, partition=args.partition)
        return data_bucket_policy(
            bucket[zone],
            args.account_id,
            key_arn,
            readers=args.readers.get(zone),
            writers=args.writers.get(zone),
            partition=args.partition,
        )

    def _access_logs(self, buckets: Mapping[str, aws.s3.Bucket], guards: Sequence[pulumi.Resource]) -> None:
        """Every bucket is logged, the log bucket too: its own folder grows by one line a delivery and expires."""
        for zone, bucket in buckets.items():
            aws.s3.BucketLogging(
                f"{self._name}-{zone}-access-logs",
                bucket=bucket.bucket,
                target_bucket=buckets[LOG_ZONE].bucket,
                target_prefix=f"{names.ACCESS_LOGS}/{zone}/",
                # without the log bucket's policy S3 refuses it as a target
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(guards)),
            )

    def _notifications(self, raw: aws.s3.Bucket) -> None:
        """The bucket's one notification resource: a second one anywhere would overwrite it."""
        aws.s3.BucketNotification(
            f"{self._name}-raw-notification", bucket=raw.bucket, eventbridge=True, opts=self._child
        )

    def _object_lock(self, raw: aws.s3.Bucket) -> None:
        if self._args.raw_object_lock_days is not None:
            aws.s3.BucketObjectLockConfiguration(
                f"{self._name}-raw-object-lock",
                bucket=raw.bucket,
                rule={"default_retention": {"mode": "GOVERNANCE", "days": self._args.raw_object_lock_days}},
                opts=self._child,
            )


def _default_encryption(zone: str, key: aws.kms.Key) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgsDict:
    """The lake's key with a bucket key (one KMS call for many objects); S3's own key for logs.

    Server access logs and Redshift's audit logs cannot be delivered to a bucket that is encrypted with a customer's key
    (Amazon S3 User Guide, "Enabling Amazon S3 server access logging"; Redshift Management Guide, "Database audit logging").
    """
    if zone == LOG_ZONE:
        return {"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}
    return {
        "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
        "bucket_key_enabled": True,
    }


def _after(value: pulumi.Output[str], guards: Sequence[pulumi.CustomResource]) -> pulumi.Output[str]:
    """The value, once the guards are there."""
    return pulumi.Output.all(value, *(guard.id for guard in guards)).apply(lambda known: str(known[0]))
