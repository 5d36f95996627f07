"""What a rule hands to its target: the event, a part of it, a constant, or a text made from it.

The template rules are those of the EventBridge user guide, "Input transformation": inside quotes a value is written as it
is, outside them as JSON; a path that finds nothing leaves nothing behind.
"""

import json
import re
from typing import Any

__all__ = ["handed_over"]

_PLACEHOLDER = re.compile(r'"(?:[^"\\]|\\.)*"|<([^<>\s]+)>')
_INNER = re.compile(r"<([^<>\s]+)>")


def handed_over(target: dict[str, Any], event: dict[str, Any], rule_arn: str) -> str:
    """The text that a target receives for an event.

    Args:
        target: As `PutTargets` was given it.
        event: The event, as EventBridge shows it.
        rule_arn: The rule's ARN, which a template may name.
    """
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_found(target["InputPath"], event))
    transformer = target.get("InputTransformer")
    if not transformer:
        return json.dumps(event)
    values = {name: _found(path, event) for name, path in transformer.get("InputPathsMap", {}).items()}
    values |= {"aws.events.rule-arn": rule_arn, "aws.events.event": event, "aws.events.event.json": event}
    return _filled(transformer["InputTemplate"], values)


def _filled(template: str, values: dict[str, Any]) -> str:
    def inside_quotes(match: re.Match[str]) -> str:
        value = values.get(match[1])
        text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
        return json.dumps(text)[1:-1]

    def anywhere(match: re.Match[str]) -> str:
        if match[1] is None:
            return _INNER.sub(inside_quotes, match[0])
        value = values.get(match[1])
        return "" if value is None else json.dumps(value)

    return _PLACEHOLDER.sub(anywhere, template)


def _found(path: str, event: dict[str, Any]) -> Any:  # noqa: ANN401 - a part of a JSON document
    """What is at a path such as `$.detail.jobName` or `$.resources[0]`; None where there is nothing."""
    found: Any = event
    for name, index in re.findall(r"\.([^.\[\]]+)|\[(\d+)\]", path):
        try:
            found = found[name] if name else found[int(index)]
        except (KeyError, IndexError, TypeError):
            return None
    return found
