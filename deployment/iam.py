"""Decides as IAM would: does this policy let this principal do this, under these circumstances?

It knows what the lake's documents use (IAM User Guide, "Policy evaluation logic" and "Condition operators") and refuses
to guess about anything else: an operator or an element it does not know is an error, never a silent "does not match".
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

Document = Mapping[str, Any]
Statement = Mapping[str, Any]

_ELEMENTS = {"Sid", "Effect", "Principal", "Action", "Resource", "Condition"}


class UnknownElementError(ValueError):
    """A document uses something this module does not decide about."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One call to AWS.

    Attributes:
        principal: The caller: a role's ARN, or an AWS service such as ``logging.s3.amazonaws.com``.
        action: ``service:Action``.
        resource: The ARN it acts on.
        context: Condition keys and their values; what the principal and a TLS 1.3 connection imply is added.
    """

    principal: str
    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_service(self) -> bool:
        """Whether an AWS service calls, on its own behalf."""
        return not self.principal.startswith("arn:")

    @property
    def account(self) -> str:
        """The caller's account; empty for a service."""
        return "" if self.is_service else self.principal.split(":")[4]

    def keys(self) -> dict[str, str]:
        """The request context as IAM would see it, keys in lower case since IAM ignores their case."""
        implied = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
        implied["aws:PrincipalIsAWSService"] = "true" if self.is_service else "false"
        if not self.is_service:
            implied |= {"aws:PrincipalArn": self.principal, "aws:PrincipalAccount": self.account}
        return {key.lower(): value for key, value in {**implied, **self.context}.items()}


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What comes out, and which statement said so (empty when none did)."""

    allowed: bool
    sid: str = ""
    explicit: bool = False


def decide(request: Request, identity: Iterable[Document], resource_policy: Document | None = None) -> Decision:
    """Decide a call within one account.

    A Deny anywhere wins. Otherwise one Allow is enough, in the caller's own policies or in the resource's.

    Args:
        request: The call.
        identity: The policies attached to the caller.
        resource_policy: The policy of what it acts on.
    """
    own = [s for document in identity for s in statements(document) if matches(s, request)]
    theirs = [s for s in statements(resource_policy or {}) if matches(s, request) and _is_principal(s, request)]
    return _verdict([*own, *theirs])


def decide_key(request: Request, identity: Iterable[Document], key_policy: Document) -> Decision:
    """Decide a call to KMS, where the key's own policy has to agree.

    A statement for the account's root hands the decision to the caller's policies: then both must allow it. (AWS KMS
    Developer Guide, "Allows access to the AWS account and enables IAM policies".)
    """
    own = _verdict([s for document in identity for s in statements(document) if matches(s, request)])
    root = f":{request.account}:root"
    direct, handed = [], []
    for statement in statements(key_policy):
        if not matches(statement, request):
            continue
        if _is_principal(statement, request):
            direct.append(statement)
        elif any(who.endswith(root) for who in _principals(statement)):
            handed.append(statement)
    key = _verdict([*direct, *handed])
    if not key.allowed or own.explicit:
        return Decision(
            allowed=False, sid=(own.sid if own.explicit else key.sid), explicit=own.explicit or key.explicit
        )
    return key if _verdict(direct).allowed else Decision(allowed=own.allowed, sid=key.sid if own.allowed else "")


def statements(document: Document) -> list[Statement]:
    """The statements of a document; a lone one may stand without a list."""
    found = document.get("Statement", [])
    return list(found) if isinstance(found, list) else [found]


def matches(statement: Statement, request: Request) -> bool:
    """Whether action, resource and conditions of a statement fit; its principal is another question.

    Raises:
        UnknownElementError: The statement has an element or operator this module does not know.
    """
    strangers = set(statement) - _ELEMENTS
    if strangers:
        raise UnknownElementError(f"statement {statement.get('Sid')} has {', '.join(sorted(strangers))}")
    return (
        any(_glob(pattern, request.action, ignore_case=True) for pattern in several(statement["Action"]))
        and any(_glob(pattern, request.resource) for pattern in several(statement.get("Resource", "*")))
        and conditions_hold(statement.get("Condition", {}), request.keys())
    )


def conditions_hold(conditions: Mapping[str, Mapping[str, Any]], keys: Mapping[str, str]) -> bool:
    """Whether all conditions hold: every operator and key must, and one of a key's values is enough."""
    return all(
        _holds(operator, keys.get(key.lower()), several(wanted))
        for operator, pairs in conditions.items()
        for key, wanted in pairs.items()
    )


def several(value: str | Sequence[str]) -> list[str]:
    """A value or a list of values, as a list."""
    return [value] if isinstance(value, str) else list(value)


def _holds(operator: str, value: str | None, wanted: Sequence[str]) -> bool:
    if operator == "Null":
        return (value is None) == (wanted[0] == "true")
    name = operator.removesuffix("IfExists")
    if value is None and name != operator:
        return True
    negated = "Not" in name
    plain = name.replace("Not", "")
    if value is None:
        return negated
    if plain in {"StringEquals", "Bool"}:
        hit = value in wanted
    elif plain in {"StringLike", "ArnLike", "ArnEquals"}:
        hit = any(_glob(pattern, value) for pattern in wanted)
    elif plain == "NumericLessThan":
        hit = any(float(value) < float(bound) for bound in wanted)
    else:
        raise UnknownElementError(f"condition operator {operator} is not known here")
    return hit != negated


def _is_principal(statement: Statement, request: Request) -> bool:
    return any(who in {"*", request.principal} for who in _principals(statement))


def _principals(statement: Statement) -> list[str]:
    principal = statement.get("Principal", {})
    return (
        [principal] if isinstance(principal, str) else [who for value in principal.values() for who in several(value)]
    )


def _verdict(matching: Sequence[Statement]) -> Decision:
    for effect, allowed in (("Deny", False), ("Allow", True)):
        for statement in matching:
            if statement["Effect"] == effect:
                return Decision(allowed=allowed, sid=statement.get("Sid", ""), explicit=not allowed)
    return Decision(allowed=False)


@lru_cache(maxsize=4096)
def _pattern(glob: str, *, ignore_case: bool) -> re.Pattern[str]:
    text = "".join({"*": ".*", "?": "."}.get(sign, re.escape(sign)) for sign in glob)
    return re.compile(text, re.IGNORECASE | re.DOTALL if ignore_case else re.DOTALL)


def _glob(pattern: str, value: str, *, ignore_case: bool = False) -> bool:
    return _pattern(pattern, ignore_case=ignore_case).fullmatch(value) is not None
