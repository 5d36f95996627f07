"""Who is told of what: the topic, the rules on failures, and every alarm's arithmetic."""

import json

import pytest

from components.glue import AlertSettings, JobSettings, StartSettings, Subscription
from components.policies import glue_events
from tests.components.glue_case import KEY, SITE, depends_on, lake, plain

ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:energy-lake-dev-alerts"


@pytest.fixture(scope="module")
def build():
    return lake()


def measured(identifier: str, metric: str) -> dict[str, object]:
    return {
        "id": identifier,
        "returnData": False,
        "metric": {
            "namespace": "EnergyLake",
            "metricName": metric,
            "dimensions": {"Dataset": "clients"},
            "stat": "Sum",
            "period": 3600,
        },
    }


def test_the_topic_is_encrypted_with_the_lakes_key(build):
    assert plain(build.one("aws:sns/topic:Topic").inputs) == {
        "name": "energy-lake-dev-alerts",
        "displayName": "Energy Lake",
        "kmsMasterKeyId": KEY,
        "tags": {"project": "energy-lake"},
    }


def test_only_the_failure_rules_and_alarms_publish_to_the_topic(build):
    policy = build.one("aws:sns/topicPolicy:TopicPolicy").inputs
    rules = ["energy-lake-dev-job-failures", "energy-lake-dev-crawler-failures"]
    assert policy["arn"] == TOPIC_ARN
    assert json.loads(policy["policy"]) == glue_events.topic(SITE, rules)


def test_those_who_subscribe_are_told():
    told = [
        Subscription(protocol="email", endpoint="desk@example.com"),
        Subscription(protocol="https", endpoint="https://example.com/alerts"),
    ]
    build = lake(alerts=AlertSettings(subscriptions=told))
    assert [plain(reader.inputs) for reader in build.of("aws:sns/topicSubscription:TopicSubscription")] == [
        {"topic": TOPIC_ARN, "protocol": reader.protocol, "endpoint": reader.endpoint} for reader in told
    ]


def test_a_job_that_ends_otherwise_than_well_is_told(build):
    assert json.loads(build.one(RULE, "job-failures").inputs["eventPattern"]) == {
        "source": ["aws.glue"],
        "detail-type": ["Glue Job State Change"],
        "detail": {
            "jobName": ["energy-lake-dev-raw-to-processed", "energy-lake-dev-processed-to-curated"],
            "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"],
        },
    }


def test_a_crawler_that_fails_is_told(build):
    assert json.loads(build.one(RULE, "crawler-failures").inputs["eventPattern"]) == {
        "source": ["aws.glue"],
        "detail-type": ["Glue Crawler State Change"],
        "detail": {
            "crawlerName": [
                "energy-lake-dev-crawler-processed",
                "energy-lake-dev-crawler-raw-clients",
                "energy-lake-dev-crawler-raw-transactions",
            ],
            "state": ["Failed"],
        },
    }


def test_a_failure_is_told_in_a_sentence_by_the_topics_own_policy(build):
    target = build.one(TARGET, "job-failures-target")
    assert plain(target.inputs) == {
        "rule": "energy-lake-dev-job-failures",
        "targetId": "alerts",
        "arn": TOPIC_ARN,
        "deadLetterConfig": {"arn": "arn:aws:sqs:eu-west-1:123456789012:energy-lake-dev-undelivered-events"},
        "inputTransformer": {
            "inputPaths": {"name": "$.detail.jobName", "state": "$.detail.state", "run": "$.detail.jobRunId"},
            "inputTemplate": (
                '"Energy Lake: job <name> is <state> in run <run>. Its logs are in CloudWatch under /aws-glue/jobs."'
            ),
        },
    }
    assert "catalog-alerts-policy" in depends_on(target)


def test_every_alarm_tells_the_topic_when_it_begins_and_when_it_ends(build):
    alarms = build.of(ALARM)
    assert [alarm.inputs["name"] for alarm in alarms] == [
        "energy-lake-dev-refused-clients",
        "energy-lake-dev-refused-transactions",
        "energy-lake-dev-rejected-clients",
        "energy-lake-dev-rejected-transactions",
        "energy-lake-dev-slow-processed-to-curated",
        "energy-lake-dev-slow-raw-to-processed",
        "energy-lake-dev-stale",
        "energy-lake-dev-unbalanced-clients",
        "energy-lake-dev-unbalanced-transactions",
        "energy-lake-dev-undelivered-events",
    ]
    assert {(*alarm.inputs["alarmActions"], *alarm.inputs["okActions"]) for alarm in alarms} == {(TOPIC_ARN, TOPIC_ARN)}


def test_a_share_of_rejected_rows_alarms(build):
    alarm = build.one(ALARM, "rejected-clients").inputs
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 5)
    assert alarm["treatMissingData"] == "notBreaching"
    assert alarm["metricQueries"] == [
        measured("rejected", "RowsRejected"),
        measured("given", "RowsIn"),
        {
            "id": "share",
            "expression": "IF(given > 0, 100 * rejected / given, 0)",
            "label": "% of clients rejected",
            "returnData": True,
        },
    ]


def test_a_single_row_unaccounted_for_alarms(build):
    alarm = build.one(ALARM, "unbalanced-clients").inputs
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 0)
    assert alarm["metricQueries"] == [
        measured("given", "RowsIn"),
        measured("valid", "RowsValid"),
        measured("rejected", "RowsRejected"),
        measured("duplicate", "RowsDuplicate"),
        {
            "id": "imbalance",
            "expression": "ABS(given - valid - rejected - duplicate)",
            "label": "rows of clients unaccounted for",
            "returnData": True,
        },
    ]


def test_thresholds_are_settings_of_the_stack():
    build = lake(
        alerts=AlertSettings(rejected_percent=1.5, refused_files=3, stale_after_hours=2),
        jobs={"raw-to-processed": JobSettings(timeout_minutes=100), "processed-to-curated": JobSettings()},
        metrics_namespace="EnergyLake/dev",
    )
    refused, stale = build.one(ALARM, "refused-clients").inputs, build.one(ALARM, "stale").inputs
    assert build.one(ALARM, "rejected-clients").inputs["threshold"] == 1.5
    assert (refused["namespace"], refused["metricName"], refused["dimensions"]) == (
        "EnergyLake/dev",
        "FilesRefused",
        {"Dataset": "clients"},
    )
    assert (refused["statistic"], refused["threshold"]) == ("Sum", 3)
    assert build.one(ALARM, "slow-raw-to-processed").inputs["threshold"] == 4800, "80 % of a hundred minutes"
    assert (stale["evaluationPeriods"], stale["period"]) == (2, 3600)


def test_a_lake_where_no_run_ends_is_stale(build):
    alarm = build.one(ALARM, "stale").inputs
    assert alarm["dimensions"] == {"Job": "processed-to-curated"}
    assert (alarm["statistic"], alarm["comparisonOperator"], alarm["threshold"]) == (
        "SampleCount",
        "LessThanThreshold",
        1,
    )
    assert alarm["treatMissingData"] == "breaching", "a run that never was leaves no metric"


def test_a_lake_without_a_schedule_is_never_stale():
    build = lake(start=StartSettings(on_schedule=False))
    assert [alarm.name for alarm in build.of(ALARM) if alarm.name.endswith("stale")] == []


def test_one_lost_event_alarms(build):
    alarm = build.one(ALARM, "undelivered-events-alarm").inputs
    assert (alarm["namespace"], alarm["metricName"]) == ("AWS/SQS", "ApproximateNumberOfMessagesVisible")
    assert alarm["dimensions"] == {"QueueName": "energy-lake-dev-undelivered-events"}
    assert (alarm["comparisonOperator"], alarm["threshold"]) == ("GreaterThanThreshold", 0)
