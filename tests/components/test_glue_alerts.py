"""Who is told of what: the topic, the rules on failures, and every alarm's arithmetic."""

import json
import re
from pathlib import Path

import pytest

from components.glue import AlertSettings, JobSettings, StartSettings, Subscription
from components.policies import glue_events
from tests.components.glue_case import KEY, SITE, depends_on, lake, plain

ROOT = Path(__file__).parents[2]
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
        "energy-lake-dev-costly-processed-to-curated",
        "energy-lake-dev-costly-raw-to-processed",
        "energy-lake-dev-late-clients",
        "energy-lake-dev-late-transactions",
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


def test_a_file_that_waits_for_days_alarms():
    alarm = lake(alerts=AlertSettings(due_days=3)).one(ALARM, "late-clients").inputs
    assert (alarm["metricName"], alarm["dimensions"], alarm["statistic"]) == (
        "DueDays",
        {"Dataset": "clients"},
        "Maximum",
    )
    assert (alarm["comparisonOperator"], alarm["threshold"], alarm["period"]) == ("GreaterThanThreshold", 3, 86_400)
    assert alarm["treatMissingData"] == "notBreaching"


def test_runs_that_cost_too_much_in_a_day_alarm():
    alarm = lake(alerts=AlertSettings(daily_cost_usd=2.5)).one(ALARM, "costly-raw-to-processed").inputs
    assert (alarm["metricName"], alarm["dimensions"], alarm["statistic"]) == (
        "EstimatedCostUSD",
        {"Job": "raw-to-processed"},
        "Sum",
    )
    assert (alarm["comparisonOperator"], alarm["threshold"], alarm["period"]) == ("GreaterThanThreshold", 2.5, 86_400)
    assert "cost more than 2.5 USD in a day" in alarm["alarmDescription"]


@pytest.mark.parametrize(
    ("settings", "dpus", "price"),
    [
        (JobSettings(), "2", "0.44"),
        (JobSettings(worker_type="G.2X", workers=4), "8", "0.44"),
        (JobSettings(execution_class="FLEX", workers=3), "3", "0.29"),
        (JobSettings(dpu_hour_usd=0.308), "2", "0.308"),
    ],
)
def test_a_run_is_told_what_it_is_billed_for_and_at_which_price(settings: JobSettings, dpus: str, price: str):
    build = lake(jobs={"raw-to-processed": settings, "processed-to-curated": JobSettings()})
    given = build.one("aws:glue/job:Job", "raw-to-processed").inputs["defaultArguments"]
    assert (given["--dpus"], given["--dpu_hour_usd"]) == (dpus, price)


def test_a_run_is_told_where_lineage_goes_only_where_there_is_such_a_place():
    url = "http://marquez.example.com:5000"
    with_it, without = (lake(lineage_url=given).one("aws:glue/job:Job", "raw-to-processed") for given in (url, ""))
    assert with_it.inputs["defaultArguments"]["--lineage_url"] == url
    assert "--lineage_url" not in without.inputs["defaultArguments"]
    with pytest.raises(ValueError, match=r"lineage_url 'marquez': must be an address that begins with https://"):
        lake(lineage_url="marquez")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"due_days": -1}, "due_days -1: must be between 0 and 365"),
        ({"daily_cost_usd": 0}, "daily_cost_usd 0: must be between 0.01 and 100000"),
    ],
)
def test_a_threshold_that_is_always_crossed_is_refused(wrong: dict, message: str):
    with pytest.raises(ValueError, match=message):
        AlertSettings(**wrong)


def test_every_metric_of_an_alarm_is_one_that_jobs_put():
    put = set(re.findall(r'"((?:Rows|Files|Run|Due|Estimated)\w+)"', (ROOT / "jobs" / "cloud.py").read_text()))
    build = lake()
    named = {alarm.inputs.get("metricName") for alarm in build.of(ALARM)} - {None, "ApproximateNumberOfMessagesVisible"}
    queried = {
        query["metric"]["metricName"]
        for alarm in build.of(ALARM)
        for query in alarm.inputs.get("metricQueries", [])
        if "metric" in query
    }
    assert named == {"FilesRefused", "RunSeconds", "DueDays", "EstimatedCostUSD"}
    assert named | queried <= put
