"""The lake's key policy: administration apart from use, and one statement per use.

A key policy may only name principals that exist, and the lake's roles need the key's ARN before they do. So each use
names the account, narrowed by ``aws:PrincipalArn`` to the roles meant: then both this policy and the role's own must
allow the use (AWS KMS Developer Guide, "Allowing access to the AWS account that owns the KMS key").
"""

from collections.abc import Sequence
from dataclasses import dataclass

from components.policies import names
from components.policies.document import Document, Statement, allow, document

THIS_KEY = "in a key policy the resource * is the key that the policy belongs to, and nothing else"

ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
"""What the account may do to the key; nothing of it reads data."""

DECRYPT = ("kms:Decrypt",)
ENCRYPT = (
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


@dataclass(frozen=True, kw_only=True)
class KeyUse:
    """Who may use the key, through which services, and for what.

    Attributes:
        name: What the use is, letters and digits; it becomes the statement's Sid.
        principal_arns: ARNs (or ARN patterns) of the roles.
        services: The services that call KMS for them, such as ``s3``: the key cannot be used outside of these.
        encrypts: Whether they write too; False lets them only read.
        grants: Whether a service may be given a lasting grant, as Redshift needs for a cluster's disks.
    """

    name: str
    principal_arns: tuple[str, ...]
    services: tuple[str, ...]
    encrypts: bool = False
    grants: bool = False

    def __post_init__(self) -> None:
        for part in ("principal_arns", "services"):
            if not getattr(self, part):
                raise ValueError(f"key use {self.name}: {part} is empty: leave the use away instead")


def lake_key_policy(
    account_id: str, region: str, prefix: str, uses: Sequence[KeyUse], *, partition: str = "aws"
) -> Document:
    """The policy of the lake's key.

    Args:
        account_id: The account the key lives in.
        region: The key's region.
        prefix: The beginning of the stack's names, from which the topic follows.
        uses: One entry per use by roles.
        partition: The AWS partition.
    """
    root = names.account_root_arn(account_id, partition=partition)
    return document(
        allow("AdministerWithoutUse", ADMINISTRATION, "*", principals={"AWS": root}, wildcard_reason=THIS_KEY),
        *(_use(use, root, account_id, region) for use in uses),
        _logs(account_id, region, partition),
        _alerts(names.topic_arn(names.topic_name(prefix), account_id, region, partition=partition)),
    )


def _use(use: KeyUse, root: str, account_id: str, region: str) -> Statement:
    actions = [*DECRYPT, *(ENCRYPT if use.encrypts else ()), *(("kms:CreateGrant",) if use.grants else ())]
    return allow(
        use.name,
        actions,
        "*",
        principals={"AWS": root},
        conditions={
            "ArnLike": {"aws:PrincipalArn": use.principal_arns},
            "StringEquals": {
                "kms:CallerAccount": account_id,
                "kms:ViaService": [f"{service}.{region}.amazonaws.com" for service in use.services],
            },
        },
        wildcard_reason=THIS_KEY,
    )


def _logs(account_id: str, region: str, partition: str) -> Statement:
    """CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS"."""
    return allow(
        "EncryptLogGroups",
        [
            "kms:Encrypt",
            "kms:Decrypt",
            "kms:ReEncryptFrom",
            "kms:ReEncryptTo",
            "kms:GenerateDataKey",
            "kms:DescribeKey",
        ],
        "*",
        principals={"Service": f"logs.{region}.amazonaws.com"},
        conditions={
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:{partition}:logs:{region}:{account_id}:log-group:*"}
        },
        wildcard_reason=THIS_KEY,
    )


def _alerts(topic_arn: str) -> Statement:
    """The services that publish to the encrypted alert topic.

    Narrowed by the topic and not by the source account: EventBridge sends no source to KMS (Amazon SNS Developer Guide,
    "Key management": source conditions are not supported for EventBridge to encrypted topics).
    """
    return allow(
        "PublishAlerts",
        ["kms:Decrypt", "kms:GenerateDataKey"],
        "*",
        principals={"Service": ["budgets.amazonaws.com", "cloudwatch.amazonaws.com", "events.amazonaws.com"]},
        conditions={"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": topic_arn}},
        wildcard_reason=THIS_KEY,
    )
