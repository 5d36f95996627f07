"""EventBridge: who is told of what, in which words, and what becomes of an event that reaches nobody.

What is not shown here: the time AWS takes, events that come twice, and the permissions of targets.
"""

import json
import subprocess
import sys
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from local_aws.event_input import handed_over

EVENT = {
    "id": "e1",
    "source": "aws.glue",
    "resources": ["arn:1"],
    "detail": {"jobName": "raw-to-processed", "state": "FAILED", "message": 'said "no"', "runs": 2},
}


class Bus:
    """A rule of the test's own with a queue behind it."""

    def __init__(self, aws) -> None:
        self.name = f"t{uuid4().hex[:12]}"
        self.events, self.sqs, self.sns, self.s3 = aws("events"), aws("sqs"), aws("sns"), aws("s3")
        self.queue, self.queue_arn = self.make_queue(self.name)

    def make_queue(self, name: str) -> tuple[str, str]:
        url = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        return url, f"arn:aws:sqs:eu-west-1:123456789012:{name}"

    def rule(self, pattern: dict, *targets: dict, **settings) -> None:
        self.events.put_rule(Name=self.name, EventPattern=json.dumps(pattern), **settings)
        self.events.put_targets(Rule=self.name, Targets=[{"Id": str(n), **one} for n, one in enumerate(targets)])

    def send(self, **detail) -> None:
        entry = {"Source": self.name, "DetailType": "Test", "Detail": json.dumps(detail)}
        assert self.events.put_events(Entries=[entry])["FailedEntryCount"] == 0

    def received(self, queue: str | None = None) -> list[dict]:
        found = self.sqs.receive_message(
            QueueUrl=queue or self.queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return found.get("Messages", [])


@pytest.fixture
def bus(aws):
    return Bus(aws)


def test_a_target_is_told_of_what_the_pattern_names_and_of_nothing_else(bus):
    bus.rule({"source": [bus.name], "detail": {"key": [{"prefix": "in/"}]}}, {"Arn": bus.queue_arn})

    bus.send(key="out/a")
    bus.send(key="in/a")

    (message,) = bus.received()
    event = json.loads(message["Body"])
    assert (event["detail"], event["region"], event["account"]) == ({"key": "in/a"}, "eu-west-1", "123456789012")
    datetime.strptime(event["time"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)


def test_a_disabled_rule_tells_nobody(bus):
    bus.rule({"source": [bus.name]}, {"Arn": bus.queue_arn}, State="DISABLED")

    bus.send(key="a")

    assert bus.received() == []


def test_a_rule_with_only_a_schedule_is_not_told_of_events(bus):
    bus.events.put_rule(Name=bus.name, ScheduleExpression="cron(0 0 1 1 ? 2199)")
    bus.events.put_targets(Rule=bus.name, Targets=[{"Id": "1", "Arn": bus.queue_arn}])

    bus.send(key="a")

    assert bus.received() == []


SCHEDULED = """
from datetime import UTC, datetime, timedelta
from moto.events.models import events_backends
from moto.sqs.models import sqs_backends
from local_aws import events
events.install()
queues, bus = sqs_backends["123456789012"]["eu-west-1"], events_backends["123456789012"]["eu-west-1"]
queues.create_queue("told", {})
for name, schedule, state in (("due", "rate(2 minutes)", "ENABLED"), ("off", "rate(2 minutes)", "DISABLED")):
    bus.put_rule(name, scheduled_expression=schedule, state=state)
    bus.put_targets(name, None, [{"Id": "1", "Arn": "arn:aws:sqs:eu-west-1:123456789012:told"}])
for second in range(300):
    events.rule_schedules(datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=second))
for message in queues.get_queue("told")._messages:
    print(message.body)
"""


def test_a_rule_fires_once_in_each_minute_that_its_schedule_names():
    told = subprocess.run([sys.executable, "-c", SCHEDULED], capture_output=True, text=True, check=True)

    events = [json.loads(line) for line in told.stdout.splitlines()]
    assert [event["time"] for event in events] == ["2030-01-01T00:02:00Z", "2030-01-01T00:04:00Z"]
    assert {event["detail-type"] for event in events} == {"Scheduled Event"}
    assert events[0]["resources"] == ["arn:aws:events:eu-west-1:123456789012:rule/due"]


def test_a_topic_passes_on_the_text_that_the_rule_makes(bus):
    topic = bus.sns.create_topic(Name=bus.name)["TopicArn"]
    bus.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=bus.queue_arn)
    transformer = {"InputPathsMap": {"name": "$.detail.job"}, "InputTemplate": '"Job <name> is late."'}
    bus.rule({"source": [bus.name]}, {"Arn": topic, "InputTransformer": transformer})

    bus.send(job="curate")

    (message,) = bus.received()
    assert json.loads(message["Body"])["Message"] == '"Job curate is late."'


def test_what_reaches_nobody_lies_in_the_dead_letter_queue_and_the_other_targets_are_told(bus):
    letters, letters_arn = bus.make_queue(f"{bus.name}-letters")
    gone = f"arn:aws:glue:eu-west-1:123456789012:workflow/{bus.name}"
    bus.rule({"source": [bus.name]}, {"Arn": gone, "DeadLetterConfig": {"Arn": letters_arn}}, {"Arn": bus.queue_arn})

    bus.send(key="a")

    (message,) = bus.received(letters)
    assert json.loads(message["Body"])["detail"] == {"key": "a"}
    assert message["MessageAttributes"]["TARGET_ARN"]["StringValue"] == gone
    assert "has no trigger that waits for events" in message["MessageAttributes"]["ERROR_MESSAGE"]["StringValue"]
    assert len(bus.received()) == 1


def test_s3_tells_of_an_object_however_it_was_made_and_with_ids_of_its_own(bus):
    bus.s3.create_bucket(Bucket=bus.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bus.rule({"source": ["aws.s3"], "detail": {"bucket": {"name": [bus.name]}}}, {"Arn": bus.queue_arn})
    bus.s3.put_object(Bucket=bus.name, Key="before", Body=b"x")
    bus.s3.put_bucket_notification_configuration(
        Bucket=bus.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )

    bus.s3.put_object(Bucket=bus.name, Key="put", Body=b"xyz")
    bus.s3.copy_object(Bucket=bus.name, Key="copied", CopySource=f"{bus.name}/put")
    upload = bus.s3.create_multipart_upload(Bucket=bus.name, Key="parts")["UploadId"]
    part = bus.s3.upload_part(Bucket=bus.name, Key="parts", UploadId=upload, PartNumber=1, Body=b"x")["ETag"]
    parts = {"Parts": [{"ETag": part, "PartNumber": 1}]}
    bus.s3.complete_multipart_upload(Bucket=bus.name, Key="parts", UploadId=upload, MultipartUpload=parts)
    bus.s3.delete_object(Bucket=bus.name, Key="put")

    told = [json.loads(message["Body"]) for message in bus.received()]
    by_key = {(event["detail"]["object"]["key"], event["detail-type"]): event for event in told}
    assert {(key, kind): event["detail"]["reason"] for (key, kind), event in by_key.items()} == {
        ("put", "Object Created"): "PutObject",
        ("copied", "Object Created"): "CopyObject",
        ("parts", "Object Created"): "CompleteMultipartUpload",
        ("put", "Object Deleted"): "DeleteObject",
    }
    assert by_key["put", "Object Created"]["detail"]["object"]["size"] == 3
    assert len({event["id"] for event in told}) == len(told)


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({}, json.dumps(EVENT)),
        ({"Input": '{"fixed": 1}'}, '{"fixed": 1}'),
        ({"InputPath": "$.detail.runs"}, "2"),
        ({"InputPath": "$.nothing"}, "null"),
    ],
)
def test_a_target_is_handed_the_event_a_part_of_it_or_a_constant(target, text):
    assert handed_over(target, EVENT, "arn:rule") == text


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ('"Job <name> is <state>."', '"Job raw-to-processed is FAILED."'),
        ('"It <said>"', '"It said \\"no\\""'),  # the text stays valid JSON
        ('{"job": <name>, "runs": <runs>}', '{"job": "raw-to-processed", "runs": 2}'),
        ('{"rule": <aws.events.rule-arn>}', '{"rule": "arn:rule"}'),
        ('"<gone>!"', '"!"'),
        ('{"first": <first>}', '{"first": "arn:1"}'),
    ],
)
def test_a_template_is_filled_as_json_or_as_text(template, text):
    paths = {
        "name": "$.detail.jobName",
        "state": "$.detail.state",
        "said": "$.detail.message",
        "runs": "$.detail.runs",
        "gone": "$.detail.gone.further",
        "first": "$.resources[0]",
    }

    given = handed_over({"InputTransformer": {"InputPathsMap": paths, "InputTemplate": template}}, EVENT, "arn:rule")

    assert given == text
    json.loads(given)
