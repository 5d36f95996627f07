"""EventBridge to Glue: events that notify a workflow are gathered into batches by its EVENT trigger, and a batch starts a run.

Glue neither guarantees nor deduplicates events, and drops a batch while as many runs as there may be are under way (Glue
guide, "Starting an AWS Glue workflow with an Amazon EventBridge event"); here nothing but that last is lost.
"""

import json
import logging
import threading
from typing import Any

from moto.glue.exceptions import ConcurrentRunsExceededException
from moto.glue.models import FakeTrigger, GlueBackend, glue_backends
from moto.utilities.arns import parse_arn

from local_aws import events
from local_aws.fixes import patching
from local_aws.glue import workflows
from local_aws.identity import ACCOUNT_ID

__all__ = ["install", "notify"]

_LOG = logging.getLogger(__name__)
_LOCK = threading.Lock()
_DEFAULT_WINDOW_SECONDS = 900


def install() -> None:
    """Lets EventBridge reach workflows."""
    events.on_target("glue", notify)


def notify(arn: str, event: dict[str, Any], _text: str) -> None:
    """Notifies a workflow of an event.

    Args:
        arn: The workflow's.
        event: The event; Glue passes on its id alone.

    Raises:
        LookupError: There is no such workflow, or no trigger of it waits for events.
    """
    target = parse_arn(arn)
    backend = glue_backends[ACCOUNT_ID][target.region]
    waiting = [
        trigger
        for trigger in backend.triggers.values()
        if trigger.workflow_name == target.resource_id and trigger.trigger_type == "EVENT"
    ]
    if not waiting:
        raise LookupError(f"workflow {target.resource_id} has no trigger that waits for events")
    for trigger in waiting:
        _gather(backend, trigger, str(event["id"]))


def _gather(backend: GlueBackend, trigger: FakeTrigger, event_id: str) -> None:
    """Adds an event to the trigger's batch. The batch is full by count, or when its time since the first event is over."""
    condition = trigger.event_batching_condition or {}
    with _LOCK:
        batch = _batches(backend).setdefault(trigger.name, [])
        batch.append(event_id)
        is_full = len(batch) >= int(condition.get("BatchSize", 1))
        is_first = len(batch) == 1
    if is_full:
        _release(backend, trigger, batch)
    elif is_first:
        window = float(condition.get("BatchWindow", _DEFAULT_WINDOW_SECONDS))
        timer = threading.Timer(window, _release, (backend, trigger, batch))
        timer.daemon = True
        timer.start()


def _release(backend: GlueBackend, trigger: FakeTrigger, batch: list[str]) -> None:
    """Starts a run with a batch, once, whether its count or its time came first."""
    with _LOCK:
        if _batches(backend).get(trigger.name) is not batch:
            return
        del _batches(backend)[trigger.name]
    try:
        workflows.start(backend, trigger.workflow_name, {"aws:eventIds": json.dumps(batch)})
    except ConcurrentRunsExceededException:
        _LOG.warning("%d events are dropped, as Glue drops them: %s runs", len(batch), trigger.workflow_name)


def _batches(backend: GlueBackend) -> dict[str, list[str]]:
    return patching.kept(backend, "batches")
