"""CloudWatch alarms: evaluated when something is measured and once a minute, their changes told to topics and to EventBridge.

A period reaches back from this moment; CloudWatch's end on the minute, some minutes later, and it may look at more periods
than the alarm has. Composite alarms, anomaly bands and percentiles are not evaluated; actions other than topics are logged.
Proves nothing about the topic's policy or its key.
"""

import json
import logging
import threading
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.models import (
    Alarm,
    CloudWatchBackend,
    Dimension,
    MetricAggregatedDatum,
    MetricDatum,
    MetricDatumBase,
    cloudwatch_backends,
)
from moto.sns.models import sns_backends
from moto.sqs.models import sqs_backends
from moto.utilities.arns import parse_arn

from local_aws import clock, events, metric_math
from local_aws.fixes import patching
from local_aws.identity import ACCOUNT_ID

__all__ = ["evaluate", "install", "measure_queues_and_evaluate"]

_LOG = logging.getLogger(__name__)
_LOCK = threading.RLock()
_BREACHES: Mapping[str, Any] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}
_MINUTE = timedelta(minutes=1)
_SUBJECT_LETTERS = 99


def install() -> None:
    """Changes moto's CloudWatch, and starts the clock of the evaluation."""
    patching.wrap(CloudWatchBackend, "put_metric_data", _put_metric_data)
    patching.wrap(CloudWatchBackend, "put_metric_alarm", _put_metric_alarm)
    patching.wrap(Alarm, "update_state", _update_state)
    clock.every_second(measure_queues_and_evaluate)


class _Minute:
    last: datetime = datetime.min.replace(tzinfo=UTC)


def measure_queues_and_evaluate(now: datetime) -> None:
    """Once a minute: what SQS measures of its queues, then every alarm."""
    if now - _Minute.last < _MINUTE:
        return
    _Minute.last = now
    for region, queues in list(sqs_backends[ACCOUNT_ID].items()):
        for queue in list(queues.queues.values()):
            cloudwatch_backends[ACCOUNT_ID][region].metric_data.append(
                MetricDatum(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    float(queue.approximate_number_of_messages),
                    [{"Name": "QueueName", "Value": queue.name}],
                    now.replace(tzinfo=None),
                    "Count",
                )
            )
    for backend in list(cloudwatch_backends[ACCOUNT_ID].values()):
        evaluate(backend, now)


def evaluate(backend: CloudWatchBackend, now: datetime) -> None:
    """Evaluates every alarm of a region, and changes the state of those that have another now."""
    with _LOCK:
        for alarm in list(backend.alarms.values()):
            if alarm.rule:
                continue
            try:
                state, reason = _state(alarm, backend.metric_data, now)
            except metric_math.MetricMathError:
                _LOG.exception("alarm %s is not evaluated", alarm.name)
                continue
            if state != alarm.state_value:
                alarm.update_state(reason, "{}", state)


def _state(alarm: Alarm, data: list[MetricDatumBase], now: datetime) -> tuple[str, str]:
    """The state that an alarm has by its data points, and why (CloudWatch user guide, "Evaluating an alarm")."""
    periods = int(alarm.evaluation_periods)
    points = [_point(alarm, data, now, back) for back in range(periods)]
    missing = alarm.treat_missing_data or "missing"
    known = [point for point in points if point is not None]
    if not known and missing in {"missing", "ignore"}:
        return ("INSUFFICIENT_DATA" if missing == "missing" else alarm.state_value), "No data points were received."
    breaches = _BREACHES[alarm.comparison_operator]
    breaching = sum(
        missing == "breaching" if point is None else breaches(point, float(alarm.threshold)) for point in points
    )
    needed = int(alarm.datapoints_to_alarm or periods)
    shown = ", ".join("missing" if point is None else f"{point:g}" for point in points[:5])
    reason = (
        f"{breaching} of the last {periods} data points [{shown}] were {_operator(alarm)} ({float(alarm.threshold):g})."
    )
    return ("ALARM" if breaching >= needed else "OK"), f"Threshold Crossed: {reason}" if breaching >= needed else reason


def _operator(alarm: Alarm) -> str:
    words = "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in alarm.comparison_operator)
    return words.strip().replace(" threshold", " the threshold")


def _point(alarm: Alarm, data: list[MetricDatumBase], now: datetime, back: int) -> float | None:
    """The value of an alarm's metric or expression in one period, counted back from now."""
    if not alarm.metric_data_queries:
        period = int(alarm.period)
        wanted = (alarm.namespace, alarm.metric_name, alarm.dimensions)
        return _statistic(_within(data, wanted, now, period, back), alarm.statistic)
    values: dict[str, float | None] = {}
    expressions = {}
    shown = ""
    for query in alarm.metric_data_queries:
        if query.metric_stat:
            metric, period = query.metric_stat.metric, int(query.metric_stat.period)
            wanted = (metric.namespace, metric.metric_name, metric.dimensions)
            values[query.id] = _statistic(_within(data, wanted, now, period, back), query.metric_stat.stat)
        else:
            expressions[query.id] = str(query.expression)
        if str(query.return_data).lower() != "false":
            shown = query.id
    for name, expression in expressions.items():
        values[name] = metric_math.evaluated(expression, values)
    return values[shown]


def _within(
    data: list[MetricDatumBase], wanted: tuple[str, str, list[Dimension]], now: datetime, period: int, back: int
) -> list[MetricDatumBase]:
    """The data of one metric in one period: an alarm looks at exactly one set of dimensions."""
    namespace, name, dimensions = wanted
    end = now - timedelta(seconds=period * back)
    start = end - timedelta(seconds=period)
    named = {(dimension.name, dimension.value) for dimension in dimensions}
    return [
        datum
        for datum in data
        if (datum.namespace, datum.name) == (namespace, name)
        and {(dimension.name, dimension.value) for dimension in datum.dimensions} == named
        and start < _utc(datum.timestamp) <= end
    ]


def _statistic(data: list[MetricDatumBase], statistic: str) -> float | None:
    if not data:
        return None
    counts = [datum.sample_count if isinstance(datum, MetricAggregatedDatum) else 1.0 for datum in data]
    sums = [datum.sum if isinstance(datum, MetricAggregatedDatum) else _single(datum) for datum in data]
    if statistic == "SampleCount":
        return sum(counts)
    if statistic == "Average":
        return sum(sums) / sum(counts)
    if statistic == "Minimum":
        return min(datum.min if isinstance(datum, MetricAggregatedDatum) else _single(datum) for datum in data)
    if statistic == "Maximum":
        return max(datum.max if isinstance(datum, MetricAggregatedDatum) else _single(datum) for datum in data)
    return sum(sums)


def _single(datum: MetricDatumBase) -> float:
    return datum.value if isinstance(datum, MetricDatum) else 0.0


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _put_metric_data(original: Any, backend: CloudWatchBackend, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as moto's own
    """AWS evaluates alarms. moto never does."""
    original(backend, *args, **kwargs)
    evaluate(backend, datetime.now(UTC))


def _put_metric_alarm(original: Any, backend: CloudWatchBackend, *args: Any, **kwargs: Any) -> Alarm:  # noqa: ANN401 - as moto's own
    """AWS begins an alarm without data and keeps the state of one that is changed. moto begins with OK each time."""
    before = backend.alarms.get(kwargs["name"])
    alarm: Alarm = original(backend, *args, **kwargs)
    alarm.state_value = before.state_value if before else "INSUFFICIENT_DATA"
    alarm.history = before.history if before else alarm.history
    return alarm


def _update_state(original: Any, alarm: Alarm, reason: str, reason_data: str, state_value: str) -> None:  # noqa: ANN401 - as moto's own
    """AWS tells of a change of state. moto notes it."""
    before = alarm.state_value
    original(alarm, reason, reason_data, state_value)
    if before == state_value:
        return
    _LOG.info("alarm %s: %s -> %s. %s", alarm.name, before, state_value, reason)
    if alarm.actions_enabled:
        actions = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}.get(
            state_value, alarm.insufficient_data_actions
        )
        for action in actions:
            _act(alarm, action, before)
    _tell(alarm, before)


def _act(alarm: Alarm, action: str, before: str) -> None:
    target = parse_arn(action)
    if target.service != "sns":
        _LOG.warning("alarm %s: action %s is not emulated", alarm.name, action)
        return
    message = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": ACCOUNT_ID,
        "AlarmConfigurationUpdatedTimestamp": alarm.configuration_updated_timestamp.isoformat(),
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": alarm.state_updated_timestamp.isoformat(),
        "Region": alarm.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
        "Trigger": _trigger(alarm),
    }
    subject = f'{alarm.state_value}: "{alarm.name}" in {alarm.region_name}'[:_SUBJECT_LETTERS]
    try:
        sns_backends[ACCOUNT_ID][target.region].publish(message=json.dumps(message), arn=action, subject=subject)
    except Exception:  # noqa: BLE001 - whoever measured something is not to blame for a topic that is gone
        _LOG.exception("alarm %s did not reach %s", alarm.name, action)


def _trigger(alarm: Alarm) -> dict[str, Any]:
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": alarm.statistic,
        "Dimensions": [{"name": dimension.name, "value": dimension.value} for dimension in alarm.dimensions],
        "Expressions": [query.expression for query in alarm.metric_data_queries if query.expression],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data,
    }


def _tell(alarm: Alarm, before: str) -> None:
    """CloudWatch user guide, "Alarm events and EventBridge"."""
    events.send(
        alarm.region_name,
        source="aws.cloudwatch",
        detail_type="CloudWatch Alarm State Change",
        detail={
            "alarmName": alarm.name,
            "state": {"value": alarm.state_value, "reason": alarm.state_reason},
            "previousState": {"value": before},
        },
        resources=[alarm.alarm_arn],
    )
