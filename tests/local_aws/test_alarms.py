"""Alarms: what is measured changes their state, and the change is told, once.

What is not shown here: the minutes CloudWatch takes, and topics whose policy or key keeps an alarm out.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.metric_math import MetricMathError, evaluated

SHARE = "IF(given > 0, 100 * rejected / given, 0)"


class Watch:
    """An alarm of the test's own and a queue that hears of it."""

    def __init__(self, aws) -> None:
        self.name = f"t{uuid4().hex[:12]}"
        self.cloudwatch, self.sqs = aws("cloudwatch"), aws("sqs")
        self.queue = self.sqs.create_queue(QueueName=self.name)["QueueUrl"]
        self.topic = aws("sns").create_topic(Name=self.name)["TopicArn"]
        aws("sns").subscribe(
            TopicArn=self.topic, Protocol="sqs", Endpoint=f"arn:aws:sqs:eu-west-1:123456789012:{self.name}"
        )

    def alarm(self, **settings) -> None:
        """An alarm on the sum of an hour of `Refused` above zero, unless told otherwise."""
        on_one_metric = {
            "Namespace": self.name,
            "MetricName": "Refused",
            "Dimensions": [{"Name": "Dataset", "Value": "trades"}],
            "Statistic": "Sum",
            "Period": 3600,
        }
        usual = {
            "AlarmName": self.name,
            "EvaluationPeriods": 1,
            "Threshold": 0.0,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [self.topic],
            "OKActions": [self.topic],
        }
        self.cloudwatch.put_metric_alarm(**{**usual, **({} if "Metrics" in settings else on_one_metric), **settings})

    def put(self, metric: str, value: float, *, dataset: str = "trades", ago: timedelta = timedelta()) -> None:
        datum = {"MetricName": metric, "Value": value, "Dimensions": [{"Name": "Dataset", "Value": dataset}]}
        self.cloudwatch.put_metric_data(
            Namespace=self.name, MetricData=[{**datum, "Timestamp": datetime.now(UTC) - ago}]
        )

    def state(self) -> str:
        return self.cloudwatch.describe_alarms(AlarmNames=[self.name])["MetricAlarms"][0]["StateValue"]

    def told(self) -> list[dict]:
        found = self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]


@pytest.fixture
def watch(aws):
    return Watch(aws)


def metrics(namespace: str, *names: str, expression: str) -> list[dict]:
    terms = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {
                "Metric": {
                    "Namespace": namespace,
                    "MetricName": name,
                    "Dimensions": [{"Name": "Dataset", "Value": "trades"}],
                },
                "Stat": "Sum",
                "Period": 3600,
            },
        }
        for name in names
    ]
    return [*terms, {"Id": "share", "Expression": expression, "ReturnData": True}]


def test_a_breach_is_told_once_with_what_cloudwatch_says(watch):
    watch.alarm()
    assert watch.state() == "INSUFFICIENT_DATA"
    watch.put("Refused", 0)
    assert watch.state() == "OK"
    watch.told()

    watch.put("Refused", 2)
    watch.put("Refused", 1)

    assert watch.state() == "ALARM"
    (message,) = watch.told()
    assert message["Subject"] == f'ALARM: "{watch.name}" in eu-west-1'
    body = json.loads(message["Message"])
    assert (body["AlarmName"], body["OldStateValue"], body["NewStateValue"]) == (watch.name, "OK", "ALARM")
    assert "1 of the last 1 data points [2] were greater than the threshold (0)" in body["NewStateReason"]


@pytest.mark.parametrize(
    "put",
    [
        {"dataset": "providers"},
        {"ago": timedelta(hours=2)},
    ],
)
def test_another_dimension_or_another_hour_is_not_the_alarms(watch, put):
    watch.alarm()

    watch.put("Refused", 5, **put)

    assert watch.state() == "OK"


def test_an_expression_over_several_metrics_is_computed_by_period(watch):
    watch.alarm(Metrics=metrics(watch.name, "rejected", "given", expression=SHARE), Threshold=5.0)

    watch.put("given", 100)
    watch.put("rejected", 5)
    assert watch.state() == "OK", "five of a hundred are not more than five percent"
    watch.put("rejected", 1)

    assert watch.state() == "ALARM"


@pytest.mark.parametrize(
    ("missing", "state"),
    [("breaching", "ALARM"), ("notBreaching", "OK"), ("missing", "INSUFFICIENT_DATA")],
)
def test_where_nothing_was_measured_the_alarm_says_what_it_was_told_to(watch, missing, state):
    watch.alarm(TreatMissingData=missing, EvaluationPeriods=36)

    watch.put("Other", 1)

    assert watch.state() == state


def test_some_periods_of_many_are_enough_where_the_alarm_says_so(watch):
    watch.alarm(EvaluationPeriods=3, DatapointsToAlarm=2)

    watch.put("Refused", 1, ago=timedelta(hours=2.5))
    assert watch.state() == "OK"
    watch.put("Refused", 1)

    assert watch.state() == "ALARM"


def test_an_alarm_that_is_changed_keeps_its_state(watch):
    watch.alarm()
    watch.put("Refused", 1)

    watch.alarm(AlarmDescription="the same with a description")

    assert watch.state() == "ALARM"


def test_a_state_set_by_hand_is_told_unless_actions_are_switched_off(watch):
    watch.alarm(ActionsEnabled=False)
    watch.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="ALARM", StateReason="a rehearsal")
    assert watch.told() == []

    watch.cloudwatch.enable_alarm_actions(AlarmNames=[watch.name])
    watch.cloudwatch.set_alarm_state(AlarmName=watch.name, StateValue="OK", StateReason="over")

    assert json.loads(watch.told()[0]["Message"])["NewStateReason"] == "over"


WAITING = """
from datetime import UTC, datetime
from moto.cloudwatch.models import cloudwatch_backends
from moto.sqs.models import sqs_backends
from local_aws import alarms
alarms.install()
queues, watched = sqs_backends["123456789012"]["eu-west-1"], cloudwatch_backends["123456789012"]["eu-west-1"]
queues.create_queue("letters", {})
dimensions = [{"Name": "QueueName", "Value": "letters"}]
alarm = watched.put_metric_alarm(
    name="undelivered", namespace="AWS/SQS", metric_name="ApproximateNumberOfMessagesVisible", dimensions=dimensions,
    comparison_operator="GreaterThanThreshold", threshold=0, evaluation_periods=1, period=300, statistic="Maximum",
    description="", alarm_actions=[],
)
queues.send_message("letters", "undelivered")
alarms.measure_queues_and_evaluate(datetime.now(UTC))
print(alarm.state_value)
"""


def test_a_message_that_waits_in_a_queue_is_measured_by_the_minute():
    told = subprocess.run([sys.executable, "-c", WAITING], capture_output=True, text=True, check=True)

    assert told.stdout.strip() == "ALARM"


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (SHARE, 25.0),
        ("ABS(given - 9 * rejected)", 12.5),
        ("MAX([rejected, given]) + MIN(rejected, given) - SUM([1, 2])", 9.5),
        ("IF(given >= 10 AND rejected < 1, 1, -1)", -1.0),
        ("IF(given == 10 || rejected > 100, 2 ^ 3)", 8.0),
        ("FILL(gone, 7) / 2", 3.5),
        ("gone + given", None),
        ("IF(gone > 0, 1, 0)", None),
        ("given / (rejected - 2.5)", None),
    ],
)
def test_metric_math_is_computed(expression, value):
    assert evaluated(expression, {"given": 10.0, "rejected": 2.5, "gone": None}) == value


@pytest.mark.parametrize("expression", ["given +", "unknown * 2", "ANOMALY_DETECTION_BAND(given)", "__import__('os')"])
def test_metric_math_that_is_not_known_is_refused_by_name(expression):
    with pytest.raises(MetricMathError, match="metric math"):
        evaluated(expression, {"given": 1.0})


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_rows_that_are_all_accounted_for_never_raise_the_alarm_on_the_books(valid, rejected, duplicate):
    books = {"given": float(valid + rejected + duplicate), "valid": valid, "rejected": rejected, "duplicate": duplicate}

    assert evaluated("ABS(given - valid - rejected - duplicate)", books) == 0
    assert evaluated("ABS(given - valid - rejected - duplicate)", {**books, "given": books["given"] + 1}) == 1
