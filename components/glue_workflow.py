"""The workflow: a delivery or the clock starts it; then job, crawler, job, crawlers, each after the one before.

Two EventBridge rules, one for new files in the raw zone and one for the schedule, notify the same workflow, whose start
trigger gathers events into batches. Glue neither guarantees nor deduplicates events, and drops what arrives while a run
is under way (Glue guide, "Starting an AWS Glue workflow with an Amazon EventBridge event"). So an event only says *look*:
the job finds by the ledger what is due, and the schedule sweeps up what was dropped.

What a stack switches on and off are the rules, never the start trigger: Glue cannot enable or disable an EVENT trigger
after it was made. Crawling raw comes last because nothing waits for it: it only shows engineers what was delivered.
"""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from components.glue_scope import Scope
from components.policies import glue as policies
from components.policies import glue_events, names

__all__ = [
    "CRAWLER_FAILURES",
    "DELIVERIES",
    "JOB_FAILURES",
    "QUEUE",
    "RULES",
    "SCHEDULE",
    "dead_letters",
    "event_rules",
    "workflow",
]

DELIVERIES = "deliveries"
SCHEDULE = "schedule"
JOB_FAILURES = "job-failures"
CRAWLER_FAILURES = "crawler-failures"
RULES = (DELIVERIES, SCHEDULE, JOB_FAILURES, CRAWLER_FAILURES)
"""The stack's EventBridge rules; each leaves in the queue what it cannot deliver."""

QUEUE = "undelivered-events"

CRAWLERS_A_TRIGGER = 2
"""Glue guide, "AWS Glue triggers": a trigger starts two crawlers at most."""

KEPT_SECONDS = 14 * 24 * 3600
"""The longest SQS keeps a message: time to notice, mend and send it again."""

LONGEST_TRY_SECONDS = 3600
MOST_TRIES = 24
"""How long and how often EventBridge tries to deliver an event before it leaves it in the queue."""


def workflow(
    scope: Scope, jobs: Mapping[str, aws.glue.Job], crawlers: Mapping[str, aws.glue.Crawler]
) -> aws.glue.Workflow:
    """The workflow with its triggers. One run at a time: two would write the same ledger."""
    built = aws.glue.Workflow(
        f"{scope.name}-workflow",
        name=names.workflow_name(scope.args.prefix),
        description="From delivered files to curated tables: job, crawler, job, crawlers.",
        max_concurrent_runs=1,
        tags=scope.args.tags,
        opts=scope.options(),
    )
    raw_job, curate_job = jobs[policies.RAW_JOB].name, jobs[policies.CURATE_JOB].name
    processed = crawlers["processed"].name
    raw = [crawler.name for name, crawler in crawlers.items() if name != "processed"]
    _start(scope, built, raw_job)
    _then(scope, built, "crawl-processed", after_job=raw_job, crawl=[processed])
    _then(scope, built, "curate", after_crawler=processed, run=curate_job)
    for first in range(0, len(raw), CRAWLERS_A_TRIGGER):
        some = raw[first : first + CRAWLERS_A_TRIGGER]
        _then(scope, built, f"crawl-raw-{first // CRAWLERS_A_TRIGGER + 1}", after_job=curate_job, crawl=some)
    return built


def dead_letters(scope: Scope) -> aws.sqs.Queue:
    """The queue for events that could not be delivered: encrypted, open to the stack's rules, over TLS only.

    Encrypted with SQS's own key: EventBridge has to write to it even when what failed is the use of the lake's key.
    """
    name = scope.named(QUEUE)
    queue = aws.sqs.Queue(
        f"{scope.name}-{QUEUE}",
        name=name,
        sqs_managed_sse_enabled=True,
        message_retention_seconds=KEPT_SECONDS,
        tags=scope.args.tags,
        opts=scope.options(),
    )
    aws.sqs.QueuePolicy(
        f"{scope.name}-{QUEUE}-policy",
        queue_url=queue.url,
        policy=json.dumps(glue_events.dead_letter_queue(scope.site, name, [scope.named(rule) for rule in RULES])),
        opts=scope.options(),
    )
    return queue


def event_rules(scope: Scope, notified: aws.glue.Workflow, queue: aws.sqs.Queue) -> list[aws.cloudwatch.EventRule]:
    """The two rules that start the workflow, each with the workflow as its target and the queue for what fails."""
    start = scope.args.start
    role, access = scope.role(
        "workflow-events",
        description="Lets EventBridge notify the lake's workflow.",
        trust=glue_events.workflow_events_trust(scope.site, [scope.named(DELIVERIES), scope.named(SCHEDULE)]),
        access=json.dumps(glue_events.workflow_events(scope.site)),
    )
    rules = {
        DELIVERIES: aws.cloudwatch.EventRule(
            f"{scope.name}-{DELIVERIES}",
            name=scope.named(DELIVERIES),
            description="A file was delivered to the raw zone.",
            event_pattern=_pattern(scope),
            state=_state(on=start.on_delivery),
            tags=scope.args.tags,
            opts=scope.options(),
        ),
        SCHEDULE: aws.cloudwatch.EventRule(
            f"{scope.name}-{SCHEDULE}",
            name=scope.named(SCHEDULE),
            description="Looks for what is due, whatever events said.",
            schedule_expression=start.schedule,
            state=_state(on=start.on_schedule),
            tags=scope.args.tags,
            opts=scope.options(),
        ),
    }
    for suffix, rule in rules.items():
        aws.cloudwatch.EventTarget(
            f"{scope.name}-{suffix}-target",
            rule=rule.name,
            target_id="workflow",
            arn=notified.arn,
            role_arn=role.arn,
            dead_letter_config={"arn": queue.arn},
            retry_policy={
                "maximum_event_age_in_seconds": LONGEST_TRY_SECONDS,
                "maximum_retry_attempts": MOST_TRIES,
            },
            opts=scope.options(access),
        )
    return list(rules.values())


def _start(scope: Scope, built: aws.glue.Workflow, job: pulumi.Input[str]) -> None:
    """The start trigger. `enabled` is left alone, for good: see this module's docstring."""
    start = scope.args.start
    aws.glue.Trigger(
        f"{scope.name}-start",
        name=scope.named("start"),
        description="A batch of events, be they deliveries or the clock.",
        type="EVENT",
        workflow_name=built.name,
        event_batching_conditions=[{"batch_size": start.batch_size, "batch_window": start.batch_window_seconds}],
        actions=[{"job_name": job}],
        tags=scope.args.tags,
        opts=scope.options(),
    )


def _then(
    scope: Scope,
    built: aws.glue.Workflow,
    suffix: str,
    *,
    after_job: pulumi.Input[str] | None = None,
    after_crawler: pulumi.Input[str] | None = None,
    run: pulumi.Input[str] | None = None,
    crawl: Sequence[pulumi.Input[str]] = (),
) -> None:
    """A trigger that starts a job or crawlers once a job or a crawler has succeeded.

    It looks only at runs the workflow started: a job or crawler started by hand ends there.
    """
    succeeded = "SUCCEEDED"
    aws.glue.Trigger(
        f"{scope.name}-{suffix}",
        name=scope.named(suffix),
        type="CONDITIONAL",
        workflow_name=built.name,
        start_on_creation=True,
        predicate={
            "logical": "AND",
            "conditions": [
                {"logical_operator": "EQUALS", "job_name": after_job, "state": succeeded}
                if after_job is not None
                else {"logical_operator": "EQUALS", "crawler_name": after_crawler, "crawl_state": succeeded}
            ],
        },
        actions=[{"job_name": run}] if run is not None else [{"crawler_name": crawler} for crawler in crawl],
        tags=scope.args.tags,
        opts=scope.options(),
    )


def _pattern(scope: Scope) -> pulumi.Output[str]:
    """A new object in a dataset's folder of the raw bucket, straight from S3: however it was uploaded, in parts or copied.

    A rule on CloudTrail's PutObject would need a trail of data events and miss multipart uploads.
    """
    prefixes = [{"prefix": f"{dataset}/"} for dataset in scope.args.datasets]
    return pulumi.Output.from_input(scope.args.buckets["raw"]).apply(
        lambda bucket: json.dumps(
            {
                "source": ["aws.s3"],
                "detail-type": ["Object Created"],
                "detail": {"bucket": {"name": [bucket]}, "object": {"key": prefixes}},
            },
            sort_keys=True,
        )
    )


def _state(*, on: bool) -> str:
    return "ENABLED" if on else "DISABLED"
