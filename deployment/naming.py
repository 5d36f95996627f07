"""Between Pulumi's names and Terraform's: both describe the same provider, whose code pulumi-aws is generated from."""

import re
from collections.abc import Container, Iterable

SPECIAL = {
    "aws:s3/bucketObjectv2:BucketObjectv2": "aws_s3_object",
    "aws:s3/bucketReplicationConfig:BucketReplicationConfig": "aws_s3_bucket_replication_configuration",
    "aws:cloudtrail/trail:Trail": "aws_cloudtrail",
    "aws:cloudwatch/eventRule:EventRule": "aws_cloudwatch_event_rule",
}
"""Types whose Terraform name does not follow from Pulumi's."""

RENAMED = {
    ("aws_cloudwatch_metric_alarm", "name"): "alarm_name",
    ("aws_sns_topic_subscription", "topic"): "topic_arn",
}
"""Arguments that Pulumi calls otherwise than by plural and case."""

_MODULES_IN_FRONT = ("{module}_{name}", "{name}", "s3_{name}", "ec2_{name}", "cloudwatch_{name}", "vpc_{name}")


class UnknownTypeError(LookupError):
    """A resource type that the kept schema does not have."""


def snake(name: str) -> str:
    """``camelCase`` to ``snake_case``, with runs of capitals kept together."""
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", name)
    return re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", words).lower()


def camel(name: str) -> str:
    """``snake_case`` to ``camelCase``."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def label(name: str) -> str:
    """A Pulumi name as a Terraform label."""
    return re.sub(r"[^A-Za-z0-9_-]", "_", name)


def terraform_type(token: str, known: Container[str]) -> str:
    """The Terraform type of a Pulumi type token.

    Raises:
        UnknownTypeError: None of the candidates is known.
    """
    module, name = token.split(":")[1:]
    module, name = snake(module.split("/")[0]), snake(re.sub(r"[vV]2$", "", name))
    candidates = [SPECIAL[token]] if token in SPECIAL else []
    candidates += [f"aws_{pattern.format(module=module, name=name)}" for pattern in _MODULES_IN_FRONT]
    found = next((candidate for candidate in candidates if candidate in known), None)
    if found is None:
        raise UnknownTypeError(
            f"{token} is none of {', '.join(candidates)} in the kept schema: renew it with `python -m deployment.schema`"
        )
    return found


def argument(key: str, known: Iterable[str], kind: str = "") -> str | None:
    """The provider's name for one of Pulumi's inputs, or None when it has no such argument.

    Pulumi writes lists in the plural and blocks that come once in the singular; Terraform writes all blocks in the singular.

    Args:
        key: Pulumi's name.
        known: The provider's names.
        kind: The resource type, where the input is one of its own and not of a nested block.
    """
    names = set(known)
    name = snake(key)
    if (kind, name) in RENAMED:
        return RENAMED[kind, name]
    spellings = (name, name.removesuffix("s"), re.sub("ies$", "y", name), re.sub("es$", "", name), f"{name}s", key)
    found = next((spelling for spelling in spellings if spelling in names), None)
    if found:
        return found
    bare = {spelling.replace("_", "") for spelling in spellings}
    return next((candidate for candidate in sorted(names) if candidate.replace("_", "") in bare), None)
