"""CostGuard: what is registered, exactly. That AWS counts by the tag is not proved here; it needs a day of real costs."""

import pytest

from components.costs import CostGuard, CostGuardArgs
from tests.engine import built

TOPIC = "arn:aws:sns:eu-west-1:123456789012:energy-lake-dev-alerts"


def args(**changes):
    plain = {
        "prefix": "energy-lake-dev",
        "monthly_limit_usd": 120,
        "tag_key": "stack",
        "tag_value": "dev",
        "topic_arn": TOPIC,
        "tags": {"project": "energy-lake", "stack": "dev"},
    }
    return CostGuardArgs(**{**plain, **changes})


def guard(**changes):
    return built(lambda: CostGuard("costs", args(**changes)))


def test_one_budget_and_nothing_else():
    assert guard().counts() == {"aws:budgets/budget:Budget": 1, "energylake:costs:CostGuard": 1}


def test_the_budget_is_the_stacks_months_in_dollars():
    budget = guard().one("aws:budgets/budget:Budget", "costs-monthly").inputs
    assert {key: value for key, value in budget.items() if key != "notifications"} == {
        "name": "energy-lake-dev-monthly",
        "budgetType": "COST",
        "timeUnit": "MONTHLY",
        "limitAmount": "120",
        "limitUnit": "USD",
        "costFilters": [{"name": "TagKeyValue", "values": ["user:stack$dev"]}],
        "costTypes": {"includeCredit": False, "includeRefund": False},
        "tags": {"project": "energy-lake", "stack": "dev"},
    }


def test_alerts_tell_the_topic_what_was_spent_and_what_will_be():
    notifications = guard().one("aws:budgets/budget:Budget").inputs["notifications"]
    assert notifications == [
        {
            "notificationType": kind,
            "comparisonOperator": "GREATER_THAN",
            "threshold": percent,
            "thresholdType": "PERCENTAGE",
            "subscriberSnsTopicArns": [TOPIC],
        }
        for kind, percent in [("ACTUAL", 50), ("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100)]
    ]


def test_alerts_can_go_to_people_alone():
    notifications = (
        guard(topic_arn=None, emails=["lake@example.com"], actual_percents=(90,))
        .one("aws:budgets/budget:Budget")
        .inputs["notifications"]
    )
    assert [(n["threshold"], n["subscriberEmailAddresses"]) for n in notifications] == [
        (90, ["lake@example.com"]),
        (100, ["lake@example.com"]),
    ]
    assert not any("subscriberSnsTopicArns" in n for n in notifications)


def test_tags_are_activated_only_when_asked():
    tags = guard(activate_tags=["project", "stack"]).of("aws:costexplorer/costAllocationTag:CostAllocationTag")
    assert [(tag.name, tag.inputs) for tag in tags] == [
        ("costs-tag-project", {"tagKey": "project", "status": "Active"}),
        ("costs-tag-stack", {"tagKey": "stack", "status": "Active"}),
    ]


def test_every_child_has_the_component_as_its_parent():
    build = guard(activate_tags=["stack"])
    component = build.one("energylake:costs:CostGuard")
    assert {r.options.parent for r in build.resources if r.custom} == {component.urn}


def test_the_budgets_name_is_its_output():
    build = guard()
    assert build.component_outputs[build.one("energylake:costs:CostGuard").urn] == {
        "budget_name": "energy-lake-dev-monthly"
    }


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"monthly_limit_usd": 0},
            "monthly_limit_usd is 0: it must be 1 or more; docs/deploy.md works out what a stack costs",
        ),
        (
            {"topic_arn": None},
            "topic_arn and emails are both empty: a budget that tells nobody guards nothing; give one",
        ),
        (
            {"actual_percents": (50, 50)},
            "actual_percents is [50, 50]: it must be 1 to 4 different percents from 1 to 1000",
        ),
        ({"actual_percents": ()}, "actual_percents is []: it must be 1 to 4 different percents from 1 to 1000"),
        ({"actual_percents": (0,)}, "actual_percents is [0]: it must be 1 to 4 different percents from 1 to 1000"),
        ({"forecast_percent": 0}, "forecast_percent is 0: it must be from 1 to 1000"),
        ({"emails": ["nobody"]}, "emails is ['nobody']: it must be at most 10 addresses"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_a_wrong_setting_is_refused_with_the_way_out(wrong, message):
    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the whole message is compared
        args(**wrong)
    assert str(raised.value) == message
