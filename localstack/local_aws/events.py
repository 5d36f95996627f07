"""EventBridge: events of S3 and of Glue, schedules, and their delivery to workflows, topics and queues.

Delivered at once and in the thread of whoever caused the event; AWS takes its time, may deliver twice and in any order.
What cannot be delivered goes to the target's dead-letter queue without a second try. Proves nothing about the permissions of
a target's role, of a topic or of a queue.
"""

import copy
import json
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.events.models import Rule, events_backends
from moto.s3 import notifications
from moto.s3.models import FakeKey, s3_backends
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.arns import parse_arn

from local_aws import clock, schedules
from local_aws.event_input import handed_over
from local_aws.fixes import patching
from local_aws.identity import ACCOUNT_ID, PARTITION

__all__ = ["install", "on_target", "rule_schedules", "send"]

Event = dict[str, Any]
Target = dict[str, Any]
Delivery = Callable[[str, Event, str], None]

_LOG = logging.getLogger(__name__)
_DELIVERIES: dict[str, Delivery] = {}
_DIARY = schedules.Diary()
_REASONS = {
    "ObjectCreated:Put": "PutObject",
    "ObjectCreated:Post": "POST Object",
    "ObjectCreated:Copy": "CopyObject",
    "ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
    "ObjectRemoved:Delete": "DeleteObject",
    "ObjectRemoved:DeleteMarkerCreated": "DeleteObject",
}
"""S3 user guide, "EventBridge event message structure"."""


def install() -> None:
    """Changes moto's EventBridge and S3, and starts the clock of the schedules."""
    patching.wrap(Rule, "send_to_targets", _send_to_targets)
    notifications._send_event_bridge_message = _of_object  # type: ignore[assignment]  # noqa: SLF001 - the one place where S3's events leave
    on_target("sns", _publish)
    on_target("sqs", _enqueue)
    clock.every_second(rule_schedules)


def on_target(service: str, deliver: Delivery) -> None:
    """Says how targets of a service are reached: a function of the target's ARN, the event, and the text to hand over."""
    _DELIVERIES[service] = deliver


def send(region: str, *, source: str, detail_type: str, detail: dict[str, Any], resources: Iterable[str] = ()) -> str:
    """Puts an event of a service on the default bus of a region; returns its id."""
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": detail_type,
        "source": source,
        "account": ACCOUNT_ID,
        "time": _instant(datetime.now(UTC)),
        "region": region,
        "resources": list(resources),
        "detail": detail,
    }
    for rule in list(events_backends[ACCOUNT_ID][region].event_buses["default"].rules.values()):
        rule.send_to_targets(event)  # type: ignore[arg-type]  # moto's own shape of an event has a number for the time
    return str(event["id"])


def rule_schedules(now: datetime) -> None:
    """Fires the rules whose schedule is due in this minute, once, at whatever second of it this is asked."""
    for backend in list(events_backends[ACCOUNT_ID].values()):
        for rule in list(backend.event_buses["default"].rules.values()):
            schedule = rule.scheduled_expression if rule.state == "ENABLED" else None
            if schedule and _DIARY.is_due(rule, schedule, now):
                _fire(rule, now.replace(second=0, microsecond=0))


def _fire(rule: Rule, minute: datetime) -> None:
    event = {
        "version": "0",
        "id": str(uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": ACCOUNT_ID,
        "time": _instant(minute),
        "region": rule.region_name,
        "resources": [rule.arn],
        "detail": {},
    }
    for target in list(rule.targets):
        _deliver(rule, target, event)


def _send_to_targets(original: Any, rule: Rule, event: Any, transform_input: bool = True) -> None:  # noqa: ANN401, FBT001, FBT002 - as moto's own
    """AWS asks a rule's state and pattern, and delivers to each target by itself.

    moto asks no state, takes a rule that has only a schedule to match every event, and gives up at the first target it does
    not know.
    """
    pattern = rule.event_pattern
    if rule.state != "ENABLED" or not pattern.get_pattern() or not pattern.matches_event(event):
        return
    for target in list(rule.targets):
        service = parse_arn(target["Arn"]).service
        if service in _DELIVERIES:
            _deliver(rule, target, _as_shown(event, rule.region_name))
        else:
            alone = copy.copy(rule)
            alone.targets = [target]
            original(alone, event, transform_input)


def _as_shown(event: Any, region: str) -> Event:  # noqa: ANN401 - moto's shapes of an event
    """The event as EventBridge shows it: its time is a text, and it has the region of its bus."""
    time = event["time"]
    shown = time if isinstance(time, str) else _instant(datetime.fromtimestamp(float(time), UTC))
    return {**event, "time": shown, "region": event["region"] or region}


def _deliver(rule: Rule, target: Target, event: Event) -> None:
    arn = target["Arn"]
    try:
        _DELIVERIES[parse_arn(arn).service](arn, event, handed_over(target, event, rule.arn))
    except Exception as error:  # noqa: BLE001 - whatever it is, the event is kept and the other targets are reached
        _LOG.exception("event %s of rule %s did not reach %s", event["id"], rule.name, arn)
        queue = target.get("DeadLetterConfig", {}).get("Arn")
        if queue:
            _bury(queue, rule, target, event, error)


def _bury(queue: str, rule: Rule, target: Target, event: Event, error: Exception) -> None:
    """Leaves an event in the dead-letter queue, with EventBridge's attributes."""
    told = {
        "ERROR_CODE": type(error).__name__,
        "ERROR_MESSAGE": str(error) or type(error).__name__,
        "RULE_ARN": rule.arn,
        "TARGET_ARN": target["Arn"],
        "EXHAUSTED_RETRY_CONDITION": "MaximumRetryAttempts",
        "RETRY_ATTEMPTS": "0",
    }
    attributes = {name: {"DataType": "String", "StringValue": value} for name, value in told.items()}
    _enqueue(queue, event, json.dumps(event), attributes)


def _publish(arn: str, _event: Event, text: str) -> None:
    sns_backends[ACCOUNT_ID][parse_arn(arn).region].publish(message=text, arn=arn)


def _enqueue(arn: str, _event: Event, text: str, attributes: dict[str, Any] | None = None) -> None:
    queue = parse_arn(arn)
    sqs_backends[ACCOUNT_ID][queue.region].send_message(queue.resource_id, text, message_attributes=attributes)


def _of_object(_account: str, bucket: Any, event_name: str, key: Any) -> None:  # noqa: ANN401 - moto's bucket and key
    """AWS tells EventBridge of an object with ids, time and reason of its own.

    moto makes them up, tells of tags that nobody added, and tells nobody any more once one target could not be reached.
    """
    happened = str(getattr(event_name, "value", event_name)).removeprefix("s3:")
    if happened == "ObjectTagging:Put" and not s3_backends[ACCOUNT_ID][PARTITION].tagger.get_tag_dict_for_resource(
        key.arn
    ):
        return
    about = {"key": key.name, "sequencer": uuid4().hex[:16].upper()}
    if isinstance(key, FakeKey):
        about |= {"size": key.size, "etag": key.etag.strip('"')}
    if bucket.is_versioned:
        about["version-id"] = key.version_id
    send(
        bucket.region_name,
        source="aws.s3",
        detail_type=notifications._detail_type(event_name),  # noqa: SLF001 - moto knows S3's names
        detail={
            "version": "0",
            "bucket": {"name": bucket.name},
            "object": about,
            "request-id": uuid4().hex[:16].upper(),
            "requester": ACCOUNT_ID,
            "source-ip-address": "127.0.0.1",
            "reason": _REASONS.get(happened, happened),
        },
        resources=[bucket.arn],
    )


def _instant(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
