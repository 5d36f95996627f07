"""Workflows: what is wired to what starts, once, and only after what it waits for.

What is not shown here: how long Glue waits, and which of many events it loses.
"""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.schedules import Diary, ScheduleError, is_due

from tests.local_aws.glue_case import Glue, until

TELL = "import json, sys\nprint(json.dumps(sys.argv[1:]))"


@pytest.fixture
def glue(aws):
    return Glue(aws)


def workflow(glue: Glue, *, starts: dict, **settings) -> str:
    """A workflow with a start trigger of the given kind, that runs the job `first`."""
    glue.client.create_workflow(Name=glue.name, **settings)
    trigger(glue, "start", [{"JobName": f"{glue.name}-first"}], **starts)
    return glue.name


def trigger(glue: Glue, suffix: str, actions: list[dict], **settings) -> str:
    name = f"{glue.name}-{suffix}"
    glue.client.create_trigger(**{"Name": name, "WorkflowName": glue.name, "Actions": actions, **settings})
    return name


def after(*conditions: tuple[str, str], logical: str = "AND") -> dict:
    """Settings of a trigger that waits for jobs in states."""
    waited = [{"LogicalOperator": "EQUALS", "JobName": job, "State": state} for job, state in conditions]
    return {"Type": "CONDITIONAL", "StartOnCreation": True, "Predicate": {"Logical": logical, "Conditions": waited}}


def completed(glue: Glue, run_id: str) -> dict:
    return until(
        lambda: (
            run
            if (run := glue.client.get_workflow_run(Name=glue.name, RunId=run_id, IncludeGraph=True)["Run"])["Status"]
            != "RUNNING"
            else None
        )
    )


def runs_of(glue: Glue, suffix: str) -> list[dict]:
    return glue.client.get_job_runs(JobName=f"{glue.name}-{suffix}")["JobRuns"]


def test_a_job_that_succeeds_leads_on_to_the_crawler_and_the_crawler_to_the_next_job(glue):
    first, second = glue.job("first", TELL), glue.job("second", TELL)
    glue.client.create_database(DatabaseInput={"Name": glue.name})
    glue.client.create_crawler(
        Name=glue.name,
        Role=glue.role,
        DatabaseName=glue.name,
        Targets={"S3Targets": [{"Path": f"s3://{glue.name}/t/"}]},
    )
    workflow(glue, starts={"Type": "ON_DEMAND"}, DefaultRunProperties={"kept": "yes"})
    trigger(glue, "crawl", [{"CrawlerName": glue.name}], **after((first, "SUCCEEDED")))
    crawled = {"LogicalOperator": "EQUALS", "CrawlerName": glue.name, "CrawlState": "SUCCEEDED"}
    waits = {"Type": "CONDITIONAL", "StartOnCreation": True, "Predicate": {"Logical": "AND", "Conditions": [crawled]}}
    trigger(glue, "then", [{"JobName": second, "Arguments": {"--own": "1"}}], **waits)

    run_id = glue.client.start_workflow_run(Name=glue.name, RunProperties={"given": "too"})["RunId"]
    run = completed(glue, run_id)

    assert run["Status"] == "COMPLETED"
    assert run["WorkflowRunProperties"] == {"kept": "yes", "given": "too"}
    counted = {name: count for name, count in run["Statistics"].items() if count}
    assert counted == {"TotalActions": 3, "SucceededActions": 3}
    last = runs_of(glue, "second")[0]
    given_to_it = json.loads(glue.said(last))
    assert given_to_it[given_to_it.index("--WORKFLOW_RUN_ID") + 1] == run_id
    assert given_to_it[given_to_it.index("--own") + 1] == "1"
    assert last["TriggerName"] == f"{glue.name}-then"
    nodes = {(node["Type"], node["Name"]): node for node in run["Graph"]["Nodes"]}
    assert nodes["JOB", second]["JobDetails"]["JobRuns"][0]["JobRunState"] == "SUCCEEDED"
    assert nodes["CRAWLER", glue.name]["CrawlerDetails"]["Crawls"][0]["State"] == "SUCCEEDED"
    assert len(run["Graph"]["Edges"]) == 5


def test_a_job_that_fails_ends_the_run_there_and_only_what_waits_for_failure_starts(glue):
    first, good, bad = glue.job("first", "raise OSError"), glue.job("good", TELL), glue.job("bad", TELL)
    workflow(glue, starts={"Type": "ON_DEMAND"})
    trigger(glue, "good", [{"JobName": good}], **after((first, "SUCCEEDED")))
    trigger(glue, "bad", [{"JobName": bad}], **after((first, "FAILED"), (first, "TIMEOUT"), logical="ANY"))

    run = completed(glue, glue.client.start_workflow_run(Name=glue.name)["RunId"])

    assert run["Status"] == "COMPLETED"
    assert (run["Statistics"]["FailedActions"], run["Statistics"]["SucceededActions"]) == (1, 1)
    assert runs_of(glue, "good") == []


def test_a_job_started_by_hand_leads_nowhere(glue):
    first, second = glue.job("first", TELL), glue.job("second", TELL)
    workflow(glue, starts={"Type": "ON_DEMAND"})
    trigger(glue, "then", [{"JobName": second}], **after((first, "SUCCEEDED")))

    glue.carried_out(first)

    assert glue.client.get_workflow_runs(Name=glue.name)["Runs"] == []
    assert runs_of(glue, "second") == []


def test_one_run_too_many_is_refused_and_a_stopped_run_stops_its_job(glue):
    glue.job("first", "import time\ntime.sleep(600)")
    workflow(glue, starts={"Type": "ON_DEMAND"}, MaxConcurrentRuns=1)
    run_id = glue.client.start_workflow_run(Name=glue.name)["RunId"]

    with pytest.raises(glue.client.exceptions.ConcurrentRunsExceededException):
        glue.client.start_workflow_run(Name=glue.name)
    glue.client.stop_workflow_run(Name=glue.name, RunId=run_id)

    until(lambda: glue.client.get_workflow_run(Name=glue.name, RunId=run_id)["Run"]["Status"] == "STOPPED")
    assert runs_of(glue, "first")[0]["JobRunState"] == "STOPPED"


def test_what_cannot_be_started_is_an_errored_action_and_the_run_ends(glue):
    workflow(glue, starts={"Type": "ON_DEMAND"})

    run = completed(glue, glue.client.start_workflow_run(Name=glue.name)["RunId"])

    assert run["Statistics"]["ErroredActions"] == 1


def deliveries(glue: Glue, aws) -> None:
    """A rule that notifies the workflow of every new object below `in/`."""
    glue.s3.put_bucket_notification_configuration(
        Bucket=glue.name, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    created = {"bucket": {"name": [glue.name]}, "object": {"key": [{"prefix": "in/"}]}}
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"], "detail": created}
    aws("events").put_rule(Name=glue.name, EventPattern=json.dumps(pattern))
    arn = f"arn:aws:glue:eu-west-1:123456789012:workflow/{glue.name}"
    aws("events").put_targets(Rule=glue.name, Targets=[{"Id": "1", "Arn": arn, "RoleArn": glue.role}])


def test_a_new_object_starts_the_workflow_and_one_elsewhere_does_not(glue, aws):
    glue.job("first", TELL)
    workflow(glue, starts={"Type": "EVENT", "EventBatchingCondition": {"BatchSize": 1, "BatchWindow": 900}})
    deliveries(glue, aws)

    glue.put("elsewhere/a.csv", "a")
    assert glue.client.get_workflow_runs(Name=glue.name)["Runs"] == []
    glue.put("in/a.csv", "a")

    run = completed(glue, glue.client.get_workflow_runs(Name=glue.name)["Runs"][0]["WorkflowRunId"])
    assert len(json.loads(run["WorkflowRunProperties"]["aws:eventIds"])) == 1
    assert runs_of(glue, "first")[0]["JobRunState"] == "SUCCEEDED"


def test_events_gather_until_the_batch_is_full(glue, aws):
    glue.job("first", TELL)
    workflow(glue, starts={"Type": "EVENT", "EventBatchingCondition": {"BatchSize": 3, "BatchWindow": 900}})
    deliveries(glue, aws)

    glue.put("in/a", "a")
    glue.put("in/b", "b")
    assert glue.client.get_workflow_runs(Name=glue.name)["Runs"] == []
    glue.put("in/c", "c")

    (run,) = glue.client.get_workflow_runs(Name=glue.name)["Runs"]
    assert len(json.loads(run["WorkflowRunProperties"]["aws:eventIds"])) == 3


def test_a_batch_that_does_not_fill_starts_when_its_time_is_over(glue, aws):
    glue.job("first", TELL)
    workflow(glue, starts={"Type": "EVENT", "EventBatchingCondition": {"BatchSize": 100, "BatchWindow": 1}})
    deliveries(glue, aws)

    glue.put("in/a", "a")
    glue.put("in/b", "b")

    (run,) = until(lambda: glue.client.get_workflow_runs(Name=glue.name)["Runs"])
    assert len(json.loads(run["WorkflowRunProperties"]["aws:eventIds"])) == 2


def test_an_event_during_a_run_is_dropped_as_glue_drops_it(glue, aws):
    glue.job("first", "import time\ntime.sleep(600)")
    starts = {"Type": "EVENT", "EventBatchingCondition": {"BatchSize": 1, "BatchWindow": 1}}
    workflow(glue, starts=starts, MaxConcurrentRuns=1)
    deliveries(glue, aws)

    glue.put("in/a", "a")
    glue.put("in/b", "b")

    (run,) = glue.client.get_workflow_runs(Name=glue.name)["Runs"]
    glue.client.stop_workflow_run(Name=glue.name, RunId=run["WorkflowRunId"])


@pytest.mark.parametrize(
    ("expression", "minute", "due"),
    [
        ("cron(15 3 * * ? *)", "2026-11-23 03:15", True),
        ("cron(15 3 * * ? *)", "2026-11-23 03:16", False),
        ("cron(0/20 * * * ? *)", "2026-11-23 07:40", True),
        ("cron(0/20 * * * ? *)", "2026-11-23 07:41", False),
        ("cron(0 8 ? * MON-FRI *)", "2026-11-23 08:00", True),  # a Monday
        ("cron(0 8 ? * MON-FRI *)", "2026-11-22 08:00", False),
        ("cron(0 8 L * ? *)", "2028-02-29 08:00", True),
        ("cron(0 8 L * ? *)", "2028-02-28 08:00", False),
        ("cron(0 8 ? * 2#4 *)", "2026-11-23 08:00", True),  # the fourth Monday
        ("cron(0 8 ? * 2#3 *)", "2026-11-23 08:00", False),
        ("cron(0 8 ? * 2L *)", "2026-11-30 08:00", True),  # the last Monday
        ("cron(0 8 ? * 2L *)", "2026-11-23 08:00", False),
        ("cron(0 8 1,23 JAN,NOV ? 2026)", "2026-11-23 08:00", True),
        ("cron(0 8 1,23 JAN,NOV ? 2027)", "2026-11-23 08:00", False),
        ("rate(5 minutes)", "2026-11-23 00:10", True),
        ("rate(5 minutes)", "2026-11-23 00:11", False),
        ("rate(1 day)", "2026-11-24 00:00", True),
        ("rate(1 day)", "2026-11-23 00:00", False),
    ],
)
def test_a_schedule_is_due_in_the_minutes_it_names(expression, minute, due):
    since = datetime(2026, 11, 23, tzinfo=UTC)

    assert is_due(expression, datetime.fromisoformat(minute).replace(tzinfo=UTC), since) is due


@pytest.mark.parametrize(
    "expression", ["cron(15 3 * *)", "rate(0 minutes)", "cron(61 * * * ? *)", "cron(0 8 15W * ? *)"]
)
def test_a_schedule_that_cannot_be_kept_is_refused_by_name(expression):
    with pytest.raises(ScheduleError, match=r"no schedule|cannot be read|outside"):
        is_due(expression, datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))


class Owner:
    """Something on a schedule."""


@given(st.lists(st.integers(0, 600), min_size=1, max_size=40))
def test_something_on_a_schedule_is_due_once_a_minute_however_often_it_is_asked(seconds):
    diary, owner = Diary(), Owner()
    start = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())

    asked = [datetime.fromtimestamp(start + second, UTC) for second in sorted(seconds)]
    due = [moment for moment in asked if diary.is_due(owner, "cron(* * * * ? *)", moment)]

    minutes = sorted({moment.replace(second=0) for moment in asked})
    assert [moment.replace(second=0) for moment in due] == minutes[1:], (
        "the minute in which it was made is over already"
    )
