"""What a stack may cost: a monthly budget with alerts, and the tags by which costs are told apart.

A budget warns; it stops nothing. What stops by itself is set where it is used: Athena's scan limits, the jobs' timeouts and
the serverless warehouse's limit.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

__all__ = ["CostGuard", "CostGuardArgs"]

MOST_NOTIFICATIONS = 5
"""AWS Budgets API Reference, "CreateBudget": alerts of one budget; one of them is kept for the forecast."""

MOST_EMAILS = 10
"""AWS Budgets API Reference, "NotificationWithSubscribers": addresses of one alert."""


@dataclass(frozen=True, kw_only=True)
class CostGuardArgs:
    """What the guard watches, and whom it tells.

    Attributes:
        prefix: Beginning of every name, such as ``energy-lake-dev``.
        monthly_limit_usd: What a calendar month may cost, whole US dollars, tax and support left aside.
        tag_key: The tag that every resource of the stack carries and other stacks carry with another value.
        tag_value: The stack's value of it.
        actual_percents: At which shares of the limit an alert tells what was spent.
        forecast_percent: At which share of the limit an alert tells what the month will probably cost. AWS forecasts
            after about five weeks of use.
        topic_arn: The topic that is told; None tells nobody there.
        emails: Addresses that are told.
        activate_tags: Tags to make cost allocation tags of. Only the management account of an organisation (or an
            account without one) may, and only when the tag has been in use for about a day: leave it empty for the first
            deployment.
        tags: What is put on the budget.
    """

    prefix: str
    monthly_limit_usd: int
    tag_key: str
    tag_value: str
    actual_percents: Sequence[int] = (50, 80, 100)
    forecast_percent: int = 100
    topic_arn: pulumi.Input[str] | None = None
    emails: Sequence[str] = ()
    activate_tags: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a budget that warns nobody, never, or too often."""
        if self.monthly_limit_usd < 1:
            raise ValueError(
                f"monthly_limit_usd is {self.monthly_limit_usd}: it must be 1 or more; docs/deploy.md works out what a "
                "stack costs"
            )
        if self.topic_arn is None and not self.emails:
            raise ValueError("topic_arn and emails are both empty: a budget that tells nobody guards nothing; give one")
        wrong = sorted({percent for percent in self.actual_percents if not 1 <= percent <= 1000})  # noqa: PLR2004 - AWS's bound
        if wrong or not 1 <= len(set(self.actual_percents)) == len(self.actual_percents) < MOST_NOTIFICATIONS:
            raise ValueError(
                f"actual_percents is {list(self.actual_percents)}: it must be 1 to {MOST_NOTIFICATIONS - 1} different "
                "percents from 1 to 1000"
            )
        if not 1 <= self.forecast_percent <= 1000:  # noqa: PLR2004 - as above
            raise ValueError(f"forecast_percent is {self.forecast_percent}: it must be from 1 to 1000")
        if len(self.emails) > MOST_EMAILS or any("@" not in address for address in self.emails):
            raise ValueError(f"emails is {list(self.emails)}: it must be at most {MOST_EMAILS} addresses")


class CostGuard(pulumi.ComponentResource):
    """A monthly budget of one stack, by its tag.

    Attributes:
        budget_name: The budget.
    """

    def __init__(self, name: str, args: CostGuardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:costs:CostGuard", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        budget = _budget(name, args, child)
        for tag in args.activate_tags:
            aws.costexplorer.CostAllocationTag(f"{name}-tag-{tag}", tag_key=tag, status="Active", opts=child)
        self.budget_name = budget.name
        self.register_outputs({"budget_name": self.budget_name})


def _budget(name: str, args: CostGuardArgs, opts: pulumi.ResourceOptions) -> aws.budgets.Budget:
    return aws.budgets.Budget(
        f"{name}-monthly",
        name=f"{args.prefix}-monthly",
        budget_type="COST",
        time_unit="MONTHLY",
        limit_amount=str(args.monthly_limit_usd),
        limit_unit="USD",
        # Until the tag is a cost allocation tag the filter finds nothing and the budget stays at zero (docs/deploy.md).
        cost_filters=[
            aws.budgets.BudgetCostFilterArgs(name="TagKeyValue", values=[f"user:{args.tag_key}${args.tag_value}"])
        ],
        # Credits and refunds would hide what is being used.
        cost_types=aws.budgets.BudgetCostTypesArgs(include_credit=False, include_refund=False),
        notifications=[
            *(_notification(args, "ACTUAL", percent) for percent in args.actual_percents),
            _notification(args, "FORECASTED", args.forecast_percent),
        ],
        tags=args.tags,
        opts=opts,
    )


def _notification(args: CostGuardArgs, kind: str, percent: int) -> aws.budgets.BudgetNotificationArgs:
    return aws.budgets.BudgetNotificationArgs(
        notification_type=kind,
        comparison_operator="GREATER_THAN",
        threshold=percent,
        threshold_type="PERCENTAGE",
        subscriber_sns_topic_arns=None if args.topic_arn is None else [args.topic_arn],
        subscriber_email_addresses=list(args.emails) or None,
    )
