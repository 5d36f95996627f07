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
    return _above(
        scope,
        told,
        f"late-{dataset}",
        description=f"A delivered file of {dataset} has not been taken in for more than {days} days.",
        metric="DueDays",
        dimensions={"Dataset": dataset},
        statistic="Maximum",
        most=days,
    )


def costly(scope: Scope, told: aws.sns.Topic, job: str) -> aws.cloudwatch.MetricAlarm:
    """Runs of a job that together cost more in a day than they may. The budget of the stack tells of money spent, later."""
    most = scope.args.alerts.daily_cost_usd
    return _above(
        scope,
        told,
        f"costly-{job}",
        description=f"The runs of {job} cost more than {most:g} USD in a day, by their own estimate.",
        metric="EstimatedCostUSD",
        dimensions={"Job": job},
        statistic="Sum",
        most=most,
    )


def _above(
    scope: Scope,
    told: aws.sns.Topic,
    what: str,
    *,
    description: str,
    metric: str,
    dimensions: dict[str, str],
    statistic: str,
    most: float,
) -> aws.cloudwatch.MetricAlarm:
    """An alarm on a day on which the metric is above the most that it may be; a day without a run is a good one."""
    return aws.cloudwatch.MetricAlarm(
        f"{scope.name}-{what}",
        name=scope.named(what),
        alarm_description=description,
        namespace=scope.args.metrics_namespace,
        metric_name=metric,
        dimensions=dimensions,
        statistic=statistic,
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
