"""What starts the workflow, what follows what, and where events go that cannot be delivered."""

import json

import pytest

from components.glue import StartSettings
from components.policies import glue_events
from tests.components.glue_case import BUCKETS, SITE, depends_on, lake, plain

RULE = "aws:cloudwatch/eventRule:EventRule"
TARGET = "aws:cloudwatch/eventTarget:EventTarget"
TRIGGER = "aws:glue/trigger:Trigger"
QUEUE = "aws:sqs/queue:Queue"
WORKFLOW_ARN = "arn:aws:glue:eu-west-1:123456789012:workflow/energy-lake-dev-daily"
QUEUE_ARN = "arn:aws:sqs:eu-west-1:123456789012:energy-lake-dev-undelivered-events"


@pytest.fixture(scope="module")
def build():
    return lake()


def after(**condition: str) -> dict[str, object]:
    return {"logical": "AND", "conditions": [{"logicalOperator": "EQUALS", **condition}]}


def test_one_run_at_a_time_because_two_would_write_one_ledger(build):
    assert plain(build.one("aws:glue/workflow:Workflow").inputs) == {
        "name": "energy-lake-dev-daily",
        "description": "From delivered files to curated tables: job, crawler, job, crawlers.",
        "maxConcurrentRuns": 1,
        "tags": {"project": "energy-lake"},
    }


def test_the_start_trigger_gathers_events_and_is_never_enabled_or_disabled(build):
    trigger = build.one(TRIGGER, "catalog-start").inputs
    assert "enabled" not in plain(trigger), "Glue can toggle no EVENT trigger: a change would fail for ever"
    assert plain(trigger, "description") == {
        "name": "energy-lake-dev-start",
        "type": "EVENT",
        "workflowName": "energy-lake-dev-daily",
        "eventBatchingConditions": [{"batchSize": 100, "batchWindow": 900}],
        "actions": [{"jobName": "energy-lake-dev-raw-to-processed"}],
        "tags": {"project": "energy-lake"},
    }


def test_job_crawler_job_and_crawlers_follow_each_other(build):
    chain = {
        trigger.name: (trigger.inputs["predicate"], trigger.inputs["actions"])
        for trigger in build.of(TRIGGER)
        if trigger.inputs["type"] == "CONDITIONAL"
    }
    assert chain == {
        "catalog-crawl-processed": (
            after(jobName="energy-lake-dev-raw-to-processed", state="SUCCEEDED"),
            [{"crawlerName": "energy-lake-dev-crawler-processed"}],
        ),
        "catalog-curate": (
            after(crawlerName="energy-lake-dev-crawler-processed", crawlState="SUCCEEDED"),
            [{"jobName": "energy-lake-dev-processed-to-curated"}],
        ),
        "catalog-crawl-raw-1": (
            after(jobName="energy-lake-dev-processed-to-curated", state="SUCCEEDED"),
            [
                {"crawlerName": "energy-lake-dev-crawler-raw-clients"},
                {"crawlerName": "energy-lake-dev-crawler-raw-transactions"},
            ],
        ),
    }
    assert all(t.inputs["startOnCreation"] for t in build.of(TRIGGER) if t.inputs["type"] == "CONDITIONAL")
    assert {t.inputs["workflowName"] for t in build.of(TRIGGER)} == {"energy-lake-dev-daily"}


def test_no_trigger_starts_more_than_two_crawlers():
    build = lake(datasets=("clients", "providers", "transactions"))
    crawls = {t.name: len(t.inputs["actions"]) for t in build.of(TRIGGER) if "crawl-raw" in t.name}
    assert crawls == {"catalog-crawl-raw-1": 2, "catalog-crawl-raw-2": 1}


def test_a_delivery_is_a_new_object_in_a_datasets_folder_straight_from_s3(build):
    rule = build.one(RULE, "deliveries").inputs
    assert json.loads(rule["eventPattern"]) == {
        "source": ["aws.s3"],
        "detail-type": ["Object Created"],
        "detail": {
            "bucket": {"name": [BUCKETS["raw"]]},
            "object": {"key": [{"prefix": "clients/"}, {"prefix": "transactions/"}]},
        },
    }
    assert (rule["name"], rule["state"]) == ("energy-lake-dev-deliveries", "ENABLED")


def test_the_schedule_sweeps_up_what_events_dropped(build):
    assert plain(build.one(RULE, "schedule").inputs, "description") == {
        "name": "energy-lake-dev-schedule",
        "scheduleExpression": "cron(15 3 * * ? *)",
        "state": "ENABLED",
        "tags": {"project": "energy-lake"},
    }


def test_a_stack_switches_the_rules_and_sets_the_batches():
    start = StartSettings(
        schedule="rate(1 hour)", on_schedule=False, on_delivery=False, batch_size=1, batch_window_seconds=60
    )
    build = lake(start=start)
    rules = {rule.name: rule.inputs["state"] for rule in build.of(RULE) if "failures" not in rule.name}
    assert rules == {"catalog-deliveries": "DISABLED", "catalog-schedule": "DISABLED"}
    assert build.one(RULE, "schedule").inputs["scheduleExpression"] == "rate(1 hour)"
    assert build.one(TRIGGER, "catalog-start").inputs["eventBatchingConditions"] == [
        {"batchSize": 1, "batchWindow": 60}
    ]


@pytest.mark.parametrize("rule", ["deliveries", "schedule"])
def test_both_rules_notify_the_workflow_and_keep_what_fails(build, rule):
    target = build.one(TARGET, f"{rule}-target")
    assert plain(target.inputs) == {
        "rule": f"energy-lake-dev-{rule}",
        "targetId": "workflow",
        "arn": WORKFLOW_ARN,
        "roleArn": "arn:aws:iam::123456789012:role/energy-lake-dev-workflow-events",
        "deadLetterConfig": {"arn": QUEUE_ARN},
        "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 24},
    }
    assert "catalog-workflow-events-access" in depends_on(target)


def test_the_role_of_the_rules_can_notify_and_nothing_else(build):
    role = build.one("aws:iam/role:Role", "workflow-events-role").inputs
    policy = build.one("aws:iam/rolePolicy:RolePolicy", "workflow-events-access").inputs
    rules = ["energy-lake-dev-deliveries", "energy-lake-dev-schedule"]
    assert json.loads(role["assumeRolePolicy"]) == glue_events.workflow_events_trust(SITE, rules)
    assert json.loads(policy["policy"]) == glue_events.workflow_events(SITE)


def test_lost_events_are_kept_two_weeks_encrypted(build):
    assert plain(build.one(QUEUE).inputs) == {
        "name": "energy-lake-dev-undelivered-events",
        "sqsManagedSseEnabled": True,
        "messageRetentionSeconds": 1_209_600,
        "tags": {"project": "energy-lake"},
    }


def test_all_four_rules_may_leave_events_in_the_queue(build):
    rules = [f"energy-lake-dev-{rule}" for rule in ("deliveries", "schedule", "job-failures", "crawler-failures")]
    policy = json.loads(build.one("aws:sqs/queuePolicy:QueuePolicy").inputs["policy"])
    assert policy == glue_events.dead_letter_queue(SITE, "energy-lake-dev-undelivered-events", rules)
    assert sorted(rules) == sorted(rule.inputs["name"] for rule in build.of(RULE))
    assert [target.inputs["deadLetterConfig"] for target in build.of(TARGET)] == [{"arn": QUEUE_ARN}] * 4
