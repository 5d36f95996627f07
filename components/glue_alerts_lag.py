"""Alarms on what a run says of itself beside its rows: how far the lake is behind, and what it costs.

The metrics are ``DueDays``, with the one dimension ``Dataset``, from raw-to-processed, and ``EstimatedCostUSD``, with the one
dimension ``Job``, from both jobs. The other alarms are in ``glue_alerts``.
"""

import pulumi_aws as aws

from components.glue_scope import Scope

__all__ = ["costly", "late"]

DAY = 86_400
"""Seconds."""


def late(scope: Scope, told: aws.sns.Topic, dataset: str) -> aws.cloudwatch.MetricAlarm:
    """Files of a dataset that wait longer than they may: they are refused again and again, or come faster than runs do."""
    days = scope.args.alerts.due_days
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-late-{dataset}",
        name=scope.named(f"late-{dataset}"),
        alarm_description=f"A delivered file of {dataset} has not been taken in for more than {days} days.",
        namespace=scope.args.metrics_namespace,
        metric_name="DueDays",
        dimensions={"Dataset": dataset},
        statistic="Maximum",
        period=DAY,
        comparison_operator="GreaterThanThreshold",
        threshold=days,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        alarm_actions=[told.arn],
        ok_actions=[told.arn],
        tags=scope.args.tags,
        opts=scope.options(),
    )


def costly(scope: Scope, told: aws.sns.Topic, job: str) -> aws.cloudwatch.MetricAlarm:
    """Runs of a job that together cost more in a day than they may. The budget of the stack tells of money spent, later."""
    most = scope.args.alerts.daily_cost_usd
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-costly-{job}",
        name=scope.named(f"costly-{job}"),
        alarm_description=f"The runs of {job} cost more than {most:g} USD in a day, by their own estimate.",
        namespace=scope.args.metrics_namespace,
        metric_name="EstimatedCostUSD",
        dimensions={"Job": job},
        statistic="Sum",
        period=DAY,
        comparison_operator="GreaterThanThreshold",
        threshold=most,
        evaluation_periods=1,
        treat_missing_data="notBreaching",
        alarm_actions=[told.arn],
        ok_actions=[told.arn],
        tags=scope.args.tags,
        opts=scope.options(),
    )
