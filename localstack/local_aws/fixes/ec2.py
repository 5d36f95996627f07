"""EC2: the description of a security group's rule that goes to a prefix list or to another group."""

from typing import Any

from moto.ec2.models.security_groups import SecurityGroupRule

from local_aws.fixes import patching

__all__ = ["install"]


def install() -> None:
    """Changes moto's EC2."""
    patching.wrap(SecurityGroupRule, "__init__", _keep_description)
    SecurityGroupRule.description = property(_description)  # type: ignore[assignment]  # a property in a property's place


def _keep_description(
    original: Any,  # noqa: ANN401 - moto's own constructor
    rule: SecurityGroupRule,
    *args: Any,  # noqa: ANN401 - as above
    **kwargs: Any,  # noqa: ANN401 - as above
) -> None:
    """AWS gives a rule's description back, wherever the rule goes. moto drops a prefix list's."""
    original(rule, *args, **kwargs)
    to_list = next(
        (value for value in (*args, *kwargs.values()) if isinstance(value, dict) and "PrefixListId" in value), {}
    )
    vars(rule)["local_aws_description"] = to_list.get("Description")


def _description(rule: SecurityGroupRule) -> str | None:
    """As above; moto gives back only what describes a range of addresses."""
    found: str | None = (
        rule.ip_range.get("Description")
        or rule.source_group.get("Description")
        or vars(rule).get("local_aws_description")
    )
    return found
