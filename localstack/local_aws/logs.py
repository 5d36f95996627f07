"""What AWS's services write to CloudWatch Logs, as `GetLogEvents` then shows it."""

from collections.abc import Iterable

from moto.core.utils import unix_time_millis
from moto.logs.models import logs_backends

from local_aws.identity import ACCOUNT_ID

__all__ = ["write"]

LONGEST_EVENT = 262_144 - 26
"""Bytes of one event (CloudWatch Logs quotas), less what each event counts besides."""


def write(region: str, group: str, stream: str, lines: Iterable[str]) -> None:
    """Appends lines to a stream; group and stream are made where they are not there, as Glue does."""
    backend = logs_backends[ACCOUNT_ID][region]
    backend.ensure_log_group(group)
    backend.ensure_log_stream(group, stream)
    now = int(unix_time_millis())
    events = [{"timestamp": now, "message": line[:LONGEST_EVENT]} for line in lines if line]
    if events:
        backend.put_log_events(group, stream, events)
