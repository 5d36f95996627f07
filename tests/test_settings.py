"""The stack's settings: what is read, what is refused, and that project file, stacks and dataclass say the same."""

from dataclasses import FrozenInstanceError, fields
from typing import get_type_hints

import pulumi_aws as aws
import pytest
import yaml

import settings
from deployment import program
from settings import Settings, SettingsError, camel
from tests.engine import built

PROJECT = yaml.safe_load(program.PROJECT_FILE.read_text())
TYPES = {str: "string", int: "integer", bool: "boolean", tuple[str, ...]: "array"}
STACKS = ["dev", "local", "prod", "staging"]


def read(stack: str = "dev", **changes: str | None) -> Settings:
    """The stack's settings with some configuration values replaced (None takes one away)."""
    values: dict[str, str | None] = {**program.configuration(stack)}
    values |= {key if ":" in key else f"energy-lake:{key}": value for key, value in changes.items()}
    config = {key: value for key, value in values.items() if value is not None}
    # a program that registers nothing is refused by the engine, hence the topic
    return built(lambda: (settings.load(), aws.sns.Topic("any"))[0], stack=stack, config=config).made


def refused(stack: str = "dev", **changes: str | None) -> str:
    with pytest.raises(SettingsError) as error:
        read(stack, **changes)
    return str(error.value)


def test_every_field_is_declared_described_and_typed_in_the_project_file_and_nothing_else_is():
    hints = get_type_hints(Settings)
    ours = {camel(f.name): TYPES[hints[f.name]] for f in fields(Settings) if f.name not in {"stack", "region"}}
    assert {key: entry["type"] for key, entry in PROJECT["config"].items()} == ours
    assert not [key for key, entry in PROJECT["config"].items() if len(entry["description"]) < 20]


def test_the_project_runs_in_its_own_environment():
    assert PROJECT["name"] == "energy-lake"
    assert PROJECT["runtime"] == {"name": "python", "options": {"virtualenv": ".venv"}}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_sets_only_what_the_project_declares_and_all_that_has_no_default(stack: str):
    given = {key.removeprefix("energy-lake:") for key in yaml.safe_load(stack_file(stack))["config"]} - {"aws:region"}
    assert given <= set(PROJECT["config"])
    assert {key for key, entry in PROJECT["config"].items() if "default" not in entry} <= given


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_does_not_repeat_a_default(stack: str):
    given = yaml.safe_load(stack_file(stack))["config"]
    repeated = {
        key
        for key, entry in PROJECT["config"].items()
        if "default" in entry and given.get(f"energy-lake:{key}") == entry["default"]
    }
    assert repeated <= {"warehouse", "nodes", "nodeType"}, "these are said where a cluster is chosen, for the reader"


def stack_file(stack: str) -> str:
    return (program.ROOT / f"Pulumi.{stack}.yaml").read_text()


def test_settings_are_read_with_their_types():
    lake = read("prod")
    assert (lake.stack, lake.region, lake.account_id) == ("prod", "eu-west-1", "210987654321")
    assert (lake.workers, lake.auto_scaling, lake.destroyable) == (10, True, False)
    assert lake.analyst_regions == ("Andalucía", "Aragón", "Galicia", "Madrid")


def test_settings_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        read().workers = 3  # type: ignore[misc]


def test_names_tags_and_limits_follow_from_the_settings():
    lake = read("prod")
    assert lake.prefix == "energy-lake-prod"
    assert lake.tags == {"project": "energy-lake", "environment": "prod", "cost-center": "energy-trading"}
    assert lake.scan_limits()["bi"] == 200 * 1024**3
    assert lake.all_administrators == (
        "arn:aws:iam::210987654321:role/energy-lake-deployer",
        "arn:aws:iam::210987654321:role/data-platform-lead",
    )


def test_an_empty_list_of_people_leaves_the_choice_to_the_account():
    analyst = "arn:aws:iam::123456789012:role/sso-analyst"
    trusted = read(analysts=f'["{analyst}"]').trusted()
    assert trusted["analyst"] == (analyst,)
    assert trusted["engineer"] == ("arn:aws:iam::123456789012:root",)


def test_only_the_stack_on_this_machine_is_emulated():
    assert [stack for stack in STACKS if read(stack).is_emulated] == ["local"]


def test_production_cannot_be_destroyed_locks_deliveries_and_never_sleeps():
    lake = read("prod")
    assert (lake.destroyable, lake.raw_lock_days, lake.pause, lake.warehouse) == (False, 365, "", "cluster")
    assert lake.require_mfa
    assert lake.alert_emails


def test_a_setting_that_is_missing_is_named_with_the_command_that_sets_it():
    assert refused(accountId=None) == (
        "account_id is not set: pulumi config set accountId VALUE; Pulumi.yaml says what it means"
    )


def test_a_setting_of_the_wrong_type_is_named():
    assert refused(workers="many").startswith("workers cannot be read: ")
    assert refused(analystRegions='{"north": 1}') == (
        "analyst_regions cannot be read: analyst_regions is {'north': 1}, it must be a list of texts: "
        "pulumi config set --path 'analystRegions[0]' VALUE; Pulumi.yaml says what it has to be"
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"accountId": "42"},
            "account_id is '42', it must be the account's 12 digits: pulumi config set accountId 123456789012",
        ),
        (
            {"aws:region": "Ireland"},
            ("aws:region is 'Ireland', it must be a region such as eu-west-1: pulumi config set aws:region eu-west-1"),
        ),
        (
            {"warehouse": "duckdb"},
            "warehouse is 'duckdb', it must be one of cluster, serverless: serverless for a few questions a day",
        ),
        (
            {"monthlyBudgetUsd": "0"},
            "monthly_budget_usd is 0, it must be 1 or more: it is what keeps a mistake from becoming a bill",
        ),
        (
            {"deliverers": '["exporter"]'},
            ("deliverers is 'exporter', it must be ARNs of IAM principals: arn:aws:iam::123456789012:role/NAME"),
        ),
        (
            {"deployer": "arn:aws:iam::999999999999:role/deployer"},
            (
                "deployer is 'arn:aws:iam::999999999999:role/deployer', it must be the ARN of an IAM role or user of account "
                "123456789012: `aws sts get-caller-identity` shows who you are; for a session give the role it belongs to"
            ),
        ),
        (
            {"sharedAccounts": '["123456789012"]'},
            "shared_accounts is '123456789012', it must be other accounts only: leave this account out of the list",
        ),
        (
            {"pause": "cron(0 19 ? * MON-FRI *)", "warehouse": "cluster"},
            "pause is 'cron(0 19 ? * MON-FRI *)' and resume is '': set both, or neither and let the cluster run",
        ),
        (
            {"pause": "cron(0 19 ? * MON-FRI *)", "resume": "cron(0 7 ? * MON-FRI *)"},
            (
                "pause is set and warehouse is serverless, which pauses by itself: take pause and resume away, "
                "or choose warehouse cluster"
            ),
        ),
        (
            {"rawLockDays": "30"},
            (
                "raw_lock_days is 30 and destroyable is true: locked deliveries cannot be destroyed, "
                "set one of them to 0 or false"
            ),
        ),
        (
            {"endpoint": "http://127.0.0.1:4566"},
            (
                "endpoint is 'http://127.0.0.1:4566' in stack dev: only the stack local is deployed to an emulator, "
                "and it needs its address; set or remove endpoint"
            ),
        ),
        (
            {"startOnSchedule": "false", "startOnDelivery": "false"},
            "start_on_schedule and start_on_delivery are both false: nothing would ever start the jobs, switch one on",
        ),
        (
            {"startOnSchedule": "false"},
            (
                "start_on_delivery is true without start_on_schedule: Glue drops events when it is busy, and only a "
                "scheduled run picks up what was dropped; switch start_on_schedule on too"
            ),
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_the_way_out(changes: dict[str, str], message: str):
    assert refused(**changes) == message
