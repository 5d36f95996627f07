"""Budgets: tags, and the subscribers of a notification. Nobody counts what is spent, so no notification is ever sent."""

import json
from typing import Any

from moto.budgets.responses import BudgetsResponse

from local_aws.fixes import patching

__all__ = ["install"]


def install() -> None:
    """Changes moto's Budgets."""
    patching.wrap(BudgetsResponse, "create_budget", _create_with_tags)
    patching.add(BudgetsResponse, "list_tags_for_resource", _list_tags)
    patching.add(BudgetsResponse, "tag_resource", _tag)
    patching.add(BudgetsResponse, "untag_resource", _untag)
    patching.add(BudgetsResponse, "describe_subscribers_for_notification", _describe_subscribers)


def _create_with_tags(original: Any, response: BudgetsResponse) -> Any:  # noqa: ANN401 - as moto's own
    """AWS takes the tags of a new budget. moto drops them."""
    answer = original(response)
    account, name = patching.asked(response, "AccountId"), patching.asked(response, "Budget")["BudgetName"]
    tags = patching.asked(response, "ResourceTags") or []
    _tags(response)[f"arn:aws:budgets::{account}:budget/{name}"] = {tag["Key"]: tag["Value"] for tag in tags}
    return answer


def _list_tags(response: BudgetsResponse) -> str:
    """AWS lists them; moto does not know the call."""
    found = _tags(response).get(patching.asked(response, "ResourceARN"), {})
    return json.dumps({"ResourceTags": [{"Key": key, "Value": value} for key, value in found.items()]})


def _tag(response: BudgetsResponse) -> str:
    there = _tags(response).setdefault(patching.asked(response, "ResourceARN"), {})
    there.update({tag["Key"]: tag["Value"] for tag in patching.asked(response, "ResourceTags")})
    return "{}"


def _untag(response: BudgetsResponse) -> str:
    there = _tags(response).get(patching.asked(response, "ResourceARN"), {})
    for key in patching.asked(response, "ResourceTagKeys"):
        there.pop(key, None)
    return "{}"


def _describe_subscribers(response: BudgetsResponse) -> str:
    """AWS lists who is told; moto keeps them and does not know the call. A threshold is a number, however it is spelled."""
    account, name = patching.asked(response, "AccountId"), patching.asked(response, "BudgetName")
    wanted = _identity(patching.asked(response, "Notification"))
    budget = response.backend.budgets[account].get(name)
    found = [n.subscribers for n in (budget.notifications if budget else []) if _identity(n.details) == wanted]
    return json.dumps({"Subscribers": found[0] if found else []})


def _identity(notification: dict[str, Any]) -> tuple[str, str, float]:
    return notification["NotificationType"], notification["ComparisonOperator"], float(notification["Threshold"])


def _tags(response: BudgetsResponse) -> dict[str, dict[str, str]]:
    return patching.kept(response.backend, "tags")
