"""Who is told when something fails: a topic, rules on failed jobs and crawlers, alarms on what the jobs measure.

The jobs' metrics, in the namespace the catalog is given: ``RowsIn``, ``RowsValid``, ``RowsRejected``, ``RowsDuplicate``
and ``FilesRefused`` with the one dimension ``Dataset``, from raw-to-processed; ``RunSeconds`` with the one dimension
``Job``, from both jobs at the end of each run. Lag and cost are in ``glue_alerts_lag``. An alarm looks at exactly one set of
dimensions, so a metric with another set is another metric and alarms nobody.
"""

import json
from collections.abc import Mapping
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.glue_alerts_lag import costly, late
from components.glue_scope import Scope
from components.glue_workflow import CRAWLER_FAILURES, JOB_FAILURES, QUEUE
from components.policies import glue as policies
from components.policies import glue_events, names

__all__ = ["alarms", "failure_rules", "topic"]

HOUR = 3600
"""Seconds; the period of every alarm on what jobs measure, for runs are minutes apart at least."""

SLOW_SHARE = 0.8
"""Of its timeout: from here a run is slow, and somebody can act before Glue stops one."""


class _Alarm(TypedDict):
    """What every alarm has in common."""

    name: str
    alarm_description: str
    alarm_actions: list[pulumi.Output[str]]
    ok_actions: list[pulumi.Output[str]]
    tags: Mapping[str, str]
    opts: pulumi.ResourceOptions


def topic(scope: Scope) -> tuple[aws.sns.Topic, aws.sns.TopicPolicy]:
    """The topic, encrypted with the lake's key, with its policy and its readers."""
    built = aws.sns.Topic(
        f"{scope.name}-alerts",
        name=names.topic_name(scope.args.prefix),
        display_name="Energy Lake",
        kms_master_key_id=scope.args.key_arn,
        tags=scope.args.tags,
        opts=scope.options(),
    )
    policy = aws.sns.TopicPolicy(
        f"{scope.name}-alerts-policy",
        arn=built.arn,
        policy=json.dumps(
            glue_events.topic(scope.site, [scope.named(rule) for rule in (JOB_FAILURES, CRAWLER_FAILURES)])
        ),
        opts=scope.options(),
    )
    for number, subscription in enumerate(scope.args.alerts.subscriptions, 1):
        aws.sns.TopicSubscription(
            f"{scope.name}-alerts-subscription-{number}",
            topic=built.arn,
            protocol=subscription.protocol,
            endpoint=subscription.endpoint,
            opts=scope.options(),
        )
    return built, policy


def failure_rules(
    scope: Scope,
    told: tuple[aws.sns.Topic, aws.sns.TopicPolicy],
    queue: aws.sqs.Queue,
    jobs: Mapping[str, aws.glue.Job],
    crawlers: Mapping[str, aws.glue.Crawler],
) -> None:
    """Tell the topic when one of our jobs or crawlers fails (Glue guide, "Automating AWS Glue with EventBridge")."""
    _failure_rule(
        scope,
        JOB_FAILURES,
        told,
        queue,
        description="A job of the lake failed, ran out of time, or was stopped.",
        detail_type="Glue Job State Change",
        detail={
            "jobName": [job.name for job in jobs.values()],
            "state": ["FAILED", "TIMEOUT", "STOPPED", "ERROR"],
        },
        paths={"name": "$.detail.jobName", "state": "$.detail.state", "run": "$.detail.jobRunId"},
        template='"Energy Lake: job <name> is <state> in run <run>. Its logs are in CloudWatch under /aws-glue/jobs."',
    )
    _failure_rule(
        scope,
        CRAWLER_FAILURES,
        told,
        queue,
        description="A crawler of the lake failed.",
        detail_type="Glue Crawler State Change",
        detail={"crawlerName": [crawler.name for crawler in crawlers.values()], "state": ["Failed"]},
        paths={"name": "$.detail.crawlerName", "state": "$.detail.state", "why": "$.detail.errorMessage"},
        template='"Energy Lake: crawler <name> is <state>: <why>"',
    )


def alarms(scope: Scope, told: aws.sns.Topic, queue: aws.sqs.Queue) -> list[aws.cloudwatch.MetricAlarm]:
    """Every alarm; nothing measured is no breach, except that a lake where no run ends is stale."""
    built = [_undelivered(scope, told, queue)]
    for dataset in scope.args.datasets:
        built += [_rejected(scope, told, dataset), _refused(scope, told, dataset), _unbalanced(scope, told, dataset)]
    built += [late(scope, told, dataset) for dataset in scope.args.datasets]
    built += [alarm(scope, told, job) for job in scope.args.jobs for alarm in (_slow, costly)]
    if scope.args.start.on_schedule:
        built.append(_stale(scope, told))
    return built


def _failure_rule(
    scope: Scope,
    suffix: str,
    told: tuple[aws.sns.Topic, aws.sns.TopicPolicy],
    queue: aws.sqs.Queue,
    *,
    description: str,
    detail_type: str,
    detail: Mapping[str, pulumi.Input[object]],
    paths: Mapping[str, str],
    template: str,
) -> None:
    pattern = pulumi.Output.from_input(detail).apply(
        lambda known: json.dumps(
            {"source": ["aws.glue"], "detail-type": [detail_type], "detail": known}, sort_keys=True
        )
    )
    rule = aws.cloudwatch.EventRule(
        f"{scope.name}-{suffix}",
        name=scope.named(suffix),
        description=description,
        event_pattern=pattern,
        tags=scope.args.tags,
        opts=scope.options(),
    )
    aws.cloudwatch.EventTarget(
        f"{scope.name}-{suffix}-target",
        rule=rule.name,
        target_id="alerts",
        arn=told[0].arn,
        dead_letter_config={"arn": queue.arn},
        input_transformer={"input_paths": paths, "input_template": template},
        opts=scope.options(told[1]),
    )


def _rejected(scope: Scope, told: aws.sns.Topic, dataset: str) -> aws.cloudwatch.MetricAlarm:
    most = scope.args.alerts.rejected_percent
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-rejected-{dataset}",
        comparison_operator="GreaterThanThreshold",
        threshold=most,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        metric_queries=[
            _measured(scope, "rejected", "RowsRejected", dataset),
            _measured(scope, "given", "RowsIn", dataset),
            {
                "id": "share",
                "expression": "IF(given > 0, 100 * rejected / given, 0)",
                "label": f"% of {dataset} rejected",
                "return_data": True,
            },
        ],
        **_alarm(scope, told, f"rejected-{dataset}", f"More than {most}% of the rows of {dataset} were rejected."),
    )


def _unbalanced(scope: Scope, told: aws.sns.Topic, dataset: str) -> aws.cloudwatch.MetricAlarm:
    """Rows in must be rows valid, rejected or duplicate: the promise that nothing is lost, checked from outside."""
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-unbalanced-{dataset}",
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        metric_queries=[
            _measured(scope, "given", "RowsIn", dataset),
            _measured(scope, "valid", "RowsValid", dataset),
            _measured(scope, "rejected", "RowsRejected", dataset),
            _measured(scope, "duplicate", "RowsDuplicate", dataset),
            {
                "id": "imbalance",
                "expression": "ABS(given - valid - rejected - duplicate)",
                "label": f"rows of {dataset} unaccounted for",
                "return_data": True,
            },
        ],
        **_alarm(scope, told, f"unbalanced-{dataset}", f"Rows of {dataset} went in and did not come out: none may."),
    )


def _refused(scope: Scope, told: aws.sns.Topic, dataset: str) -> aws.cloudwatch.MetricAlarm:
    most = scope.args.alerts.refused_files
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-refused-{dataset}",
        namespace=scope.args.metrics_namespace,
        metric_name="FilesRefused",
        dimensions={"Dataset": dataset},
        statistic="Sum",
        period=HOUR,
        comparison_operator="GreaterThanThreshold",
        threshold=most,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        **_alarm(scope, told, f"refused-{dataset}", f"More than {most} files of {dataset} were refused whole."),
    )


def _slow(scope: Scope, told: aws.sns.Topic, job: str) -> aws.cloudwatch.MetricAlarm:
    minutes = scope.args.jobs[job].timeout_minutes
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-slow-{job}",
        namespace=scope.args.metrics_namespace,
        metric_name="RunSeconds",
        dimensions={"Job": job},
        statistic="Maximum",
        period=HOUR,
        comparison_operator="GreaterThanThreshold",
        threshold=minutes * 60 * SLOW_SHARE,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        **_alarm(scope, told, f"slow-{job}", f"A run of {job} took most of the {minutes} minutes it may take."),
    )


def _stale(scope: Scope, told: aws.sns.Topic) -> aws.cloudwatch.MetricAlarm:
    hours = scope.args.alerts.stale_after_hours
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-stale",
        namespace=scope.args.metrics_namespace,
        metric_name="RunSeconds",
        dimensions={"Job": policies.CURATE_JOB},
        statistic="SampleCount",
        period=HOUR,
        comparison_operator="LessThanThreshold",
        threshold=1,
        evaluation_periods=hours,
        treat_missing_data="breaching",
        **_alarm(scope, told, "stale", f"No run of {policies.CURATE_JOB} has ended for {hours} hours."),
    )


def _undelivered(scope: Scope, told: aws.sns.Topic, queue: aws.sqs.Queue) -> aws.cloudwatch.MetricAlarm:
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-{QUEUE}-alarm",
        namespace="AWS/SQS",
        metric_name="ApproximateNumberOfMessagesVisible",
        dimensions={"QueueName": queue.name},
        statistic="Maximum",
        period=300,
        comparison_operator="GreaterThanThreshold",
        threshold=0,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        **_alarm(scope, told, QUEUE, "Events could not be delivered; they wait in the queue for two weeks."),
    )


def _alarm(scope: Scope, told: aws.sns.Topic, suffix: str, description: str) -> _Alarm:
    return {
        "name": scope.named(suffix),
        "alarm_description": description,
        "alarm_actions": [told.arn],
        "ok_actions": [told.arn],
        "tags": scope.args.tags,
        "opts": scope.options(),
    }


def _measured(
    scope: Scope, identifier: str, metric: str, dataset: str
) -> aws.cloudwatch.MetricAlarmMetricQueryArgsDict:
    """One of the jobs' metrics as a term of an alarm's expression."""
    return {
        "id": identifier,
        "return_data": False,
        "metric": {
            "namespace": scope.args.metrics_namespace,
            "metric_name": metric,
            "dimensions": {"Dataset": dataset},
            "stat": "Sum",
            "period": HOUR,
        },
    }
