"""The building blocks of every IAM document: statements, whole documents, and trust in AWS services.

An Allow with a wildcard must say why, in ``wildcard_reason``. The reason is kept apart from the document (which has to
stay legal IAM) and can be listed with :func:`reasons`, so that a reviewer sees every wildcard of the lake on one page.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Statement: TypeAlias = dict[str, Any]
"""One statement, in IAM's own JSON names."""

Document: TypeAlias = dict[str, Any]
"""A whole policy: ``Version`` and ``Statement``."""

Principals: TypeAlias = str | Mapping[str, str | Sequence[str]]
"""``"*"``, or a kind (``AWS``, ``Service``, ``Federated``) with one or more of its principals."""

Conditions: TypeAlias = Mapping[str, Mapping[str, str | Sequence[str]]]
"""Operator -> condition key -> value or values."""

VERSION = "2012-10-17"

_SID = re.compile(r"[A-Za-z0-9]+")
_WILDCARDS = ("*", "?")
_ARN_FIELDS = 6


class WildcardError(ValueError):
    """An Allow has a wildcard and no written reason."""


@dataclass(frozen=True, order=True)
class Reason:
    """Why one Allow statement may have a wildcard.

    Attributes:
        sid: The statement.
        wildcards: The actions, resources and principals that are wildcards.
        reason: The sentence that was given for them.
    """

    sid: str
    wildcards: tuple[str, ...]
    reason: str


_reasons: set[Reason] = set()


def reasons() -> tuple[Reason, ...]:
    """Every wildcard of every Allow built so far in this process, with its reason, in order of the statement's Sid."""
    return tuple(sorted(_reasons))


def allow(
    sid: str,
    actions: str | Sequence[str],
    resources: str | Sequence[str] | None,
    *,
    principals: Principals | None = None,
    conditions: Conditions | None = None,
    wildcard_reason: str | None = None,
) -> Statement:
    """An Allow statement.

    Args:
        sid: Its name: letters and digits only, as IAM asks.
        actions: ``service:Action`` names.
        resources: ARNs; None only in a trust policy, which has no resource.
        principals: Who; None in an identity policy, where the holder is meant.
        conditions: Operator -> key -> values.
        wildcard_reason: Why a wildcard in actions, resources or principals is right here. Not part of the statement.

    Raises:
        WildcardError: There is a wildcard and no reason, or a reason and no wildcard.
        ValueError: The Sid is not legal, or nothing is allowed.
    """
    statement = _statement("Allow", sid, actions, resources, principals, conditions)
    wildcards = _wildcards(statement)
    if wildcards and not wildcard_reason:
        raise WildcardError(
            f"statement {sid} allows {', '.join(wildcards)}: name exactly what is meant, "
            "or say why a wildcard is right in wildcard_reason"
        )
    if wildcard_reason and not wildcards:
        raise WildcardError(f"statement {sid} has a wildcard_reason but no wildcard: remove the reason")
    if wildcard_reason:
        _reasons.add(Reason(sid, wildcards, wildcard_reason))
    return statement


def deny(
    sid: str,
    actions: str | Sequence[str],
    resources: str | Sequence[str] | None,
    *,
    principals: Principals | None = None,
    conditions: Conditions | None = None,
) -> Statement:
    """A Deny statement; wildcards need no reason here, since a wide Deny only ever takes away.

    Args:
        sid: Its name: letters and digits only.
        actions: ``service:Action`` names or patterns.
        resources: ARNs or patterns.
        principals: Who; None in an identity policy.
        conditions: Operator -> key -> values.

    Raises:
        ValueError: The Sid is not legal, or nothing is denied.
    """
    return _statement("Deny", sid, actions, resources, principals, conditions)


def document(*statements: Statement) -> Document:
    """A policy of these statements.

    Raises:
        ValueError: There is no statement, or two have the same Sid (IAM refuses both).
    """
    if not statements:
        raise ValueError("a policy needs at least one statement: leave the policy away instead")
    sids = [str(statement["Sid"]) for statement in statements]
    twice = sorted({sid for sid in sids if sids.count(sid) > 1})
    if twice:
        raise ValueError(f"Sids must differ within a policy, these come twice: {', '.join(twice)}")
    return {"Version": VERSION, "Statement": list(statements)}


def service_trust(
    service: str,
    account_id: str,
    *,
    source_arns: str | Sequence[str] | None = None,
    actions: str | Sequence[str] = "sts:AssumeRole",
) -> Document:
    """The trust policy of a role that an AWS service takes on for this account only.

    Without the condition the service could be talked into using the role by somebody else's account (the confused
    deputy; IAM User Guide, "The confused deputy problem").

    Args:
        service: The service's principal, such as ``glue.amazonaws.com``.
        account_id: The account on whose behalf the service may act.
        source_arns: ARNs or ARN patterns of the resources that may ask; None when the service does not send one.
        actions: ``sts:AssumeRole``, and what else the service needs (Lake Formation also sets a context).
    """
    conditions: dict[str, Mapping[str, str | Sequence[str]]] = {"StringEquals": {"aws:SourceAccount": account_id}}
    if source_arns is not None:
        conditions["ArnLike"] = {"aws:SourceArn": _several(source_arns)}
    name = "".join(part.capitalize() for part in re.split(r"[.-]", service.removesuffix(".amazonaws.com")))
    return document(
        allow(f"Assume{name}", actions, None, principals={"Service": service}, conditions=conditions),
    )


def is_wildcard(resource: str) -> bool:
    """Whether a resource pattern names nothing in particular.

    ``*`` does, and so does an ARN whose service, region, account or name is a wildcard. A path within a named
    thing (``arn:aws:s3:::bucket/prefix/*``, ``table/database/*``) is scoped, and so is a name with a literal beginning.
    """
    if resource in _WILDCARDS:
        return True
    fields = resource.split(":", _ARN_FIELDS - 1)
    if len(fields) != _ARN_FIELDS:
        return _has_wildcard(resource)
    if _has_wildcard("".join(fields[:-1])):
        return True
    if fields[2] == "s3":
        return _has_wildcard(fields[-1].split("/")[0])
    _, separator, name = re.split(r"([/:])", fields[-1], maxsplit=1) if re.search(r"[/:]", fields[-1]) else ("", "", "")
    return (name if separator else fields[-1]).lstrip("/")[:1] in _WILDCARDS


def _statement(
    effect: str,
    sid: str,
    actions: str | Sequence[str],
    resources: str | Sequence[str] | None,
    principals: Principals | None,
    conditions: Conditions | None,
) -> Statement:
    if not _SID.fullmatch(sid):
        raise ValueError(f"Sid {sid!r} must be letters and digits only: IAM refuses anything else")
    statement: Statement = {"Sid": sid, "Effect": effect}
    if principals is not None:
        statement["Principal"] = (
            principals if isinstance(principals, str) else {kind: _plain(who) for kind, who in principals.items()}
        )
    statement["Action"] = _several(actions)
    if resources is not None:
        statement["Resource"] = _several(resources)
    if conditions:
        statement["Condition"] = {
            operator: {key: _plain(value) for key, value in keys.items()} for operator, keys in conditions.items()
        }
    empty = [part for part in ("Action", "Resource") if part in statement and not statement[part]]
    if empty:
        raise ValueError(f"statement {sid} has an empty {' and '.join(empty)}: leave the statement away instead")
    return statement


def _wildcards(statement: Statement) -> tuple[str, ...]:
    found = [action for action in statement["Action"] if _has_wildcard(action)]
    found += [resource for resource in statement.get("Resource", []) if is_wildcard(resource)]
    principal = statement.get("Principal", {})
    kinds = {"*": principal} if isinstance(principal, str) else principal
    found += [f"principal {who}" for value in kinds.values() for who in _several(value) if _has_wildcard(who)]
    return tuple(found)


def _has_wildcard(text: str) -> bool:
    return any(sign in text for sign in _WILDCARDS)


def _several(value: str | Sequence[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def _plain(value: str | Sequence[str]) -> str | list[str]:
    return value if isinstance(value, str) else list(value)
