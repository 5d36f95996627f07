"""`docs/deploy.md` says what is true: its names exist, its sums add up, its counts are the program's.

Times, and that AWS bills like this, are estimates; the page says so.
"""

import functools
import re
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from deployment.program import run

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "deploy.md").read_text()
SETTINGS = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
STACKS = ("dev", "staging", "prod")


@functools.cache
def program(stack):
    return run(stack)


def table(stack):
    """The cost table of a stack: its lines as (item, quantity, price, amount), and the sum it states."""
    part = PAGE.split(f"\n### {stack}\n")[1].split("\n### ")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")] for line in part.splitlines() if line.startswith("| ")
    ]
    lines = [
        (item, Decimal(re.match(r"[\d.]+", quantity)[0]), Decimal(price), Decimal(amount))
        for item, quantity, price, amount in rows[1:-1]
    ]
    return lines, Decimal(rows[-1][-1].strip("*"))


@pytest.mark.parametrize("stack", STACKS)
def test_every_line_is_quantity_times_price(stack):
    for item, quantity, price, amount in table(stack)[0]:
        assert (quantity * price).quantize(Decimal("0.01")) == amount, f"{item} of {stack}"


@pytest.mark.parametrize("stack", STACKS)
def test_every_month_is_the_sum_of_its_lines(stack):
    lines, total = table(stack)
    assert sum(amount for *_, amount in lines) == total


@pytest.mark.parametrize("stack", STACKS)
def test_the_first_table_states_the_month_rounded(stack):
    stated = re.search(rf"^\| `{stack}` .* USD (\d+) \|$", PAGE, re.MULTILINE)[1]
    assert int(stated) == round(table(stack)[1])


@pytest.mark.parametrize("stack", STACKS)
def test_the_budget_is_above_what_the_month_costs_and_below_three_times_that(stack):
    budget = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]["energy-lake:monthlyBudgetUsd"]
    total = table(stack)[1]
    assert total < budget < 3 * total


@pytest.mark.parametrize("stack", STACKS)
def test_keys_and_alarms_are_the_programs(stack):
    counted = {item: quantity for item, quantity, *_ in table(stack)[0]}
    counts = program(stack).counts()
    assert counted["KMS keys"] == counts["aws:kms/key:Key"]
    assert counted["CloudWatch alarms"] == counts["aws:cloudwatch/metricAlarm:MetricAlarm"]


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_nodes_are_the_programs(stack):
    cluster = program(stack).one("aws:redshift/cluster:Cluster").inputs
    hours = {item: quantity for item, quantity, *_ in table(stack)[0]}[f"Redshift {cluster['nodeType']}"]
    assert hours == (261 if stack == "staging" else 730 * int(cluster["numberOfNodes"]))


def test_the_serverless_limit_is_the_programs():
    limit = program("dev").one("aws:redshiftserverless/usageLimit:UsageLimit").inputs["amount"]
    assert {item: quantity for item, quantity, *_ in table("dev")[0]}[
        "Redshift Serverless, its monthly limit used up"
    ] == limit


def test_the_number_of_resources_is_about_right():
    stated = int(re.search(r"about (\d+) resources", PAGE)[1])
    counts = program("dev").counts()
    assert abs(stated - sum(number for token, number in counts.items() if token.startswith("aws:"))) <= 20


def test_the_number_of_statements_is_right():
    stated = int(re.search(r"warehouse's (\d+) SQL statements", PAGE)[1])
    assert program("dev").counts()["aws:redshiftdata/statement:Statement"] == stated


def test_every_setting_it_sets_or_names_exists():
    named = set(re.findall(r"pulumi config set (?:--path ')?([a-z]\w*)", PAGE)) - {"aws"}
    named |= set(re.findall(r"`([a-z]+[A-Z]\w*)`", PAGE)) & set(SETTINGS)
    assert len(named) >= 10
    assert named <= set(SETTINGS)


def test_every_output_it_asks_for_exists():
    named = set(re.findall(r"pulumi stack output ([a-z]\w+)", PAGE))
    assert named == {"copyRoleArn", "loaderRoleArn", "personaRoleArns"}
    assert named <= set(program("dev").exports)


def test_every_name_in_its_commands_is_one_of_the_stack():
    names = {str(value) for r in program("dev").resources for value in r.inputs.values() if isinstance(value, str)}
    written = set(re.findall(r"(energy-lake-\$STACK[a-z-]*[a-z])", PAGE)) - {"energy-lake-$STACK-curated"}
    assert written
    assert {name.replace("$STACK", "dev") for name in written} <= names
    assert any(name.startswith("energy-lake-dev-curated-") for name in names)


def test_every_path_it_names_is_there():
    paths = set(re.findall(r"`((?:[a-z_]+/)+|(?:__main__|Pulumi)\.[a-z]+|requirements\.lock)`", PAGE))
    assert {"sources/", "localstack/", "__main__.py", "Pulumi.yaml", "requirements.lock"} <= paths
    assert not [path for path in paths if not (ROOT / path).exists()]


def test_every_make_target_it_names_is_there():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"`?make ([a-z]+)", PAGE))
    assert {"test", "wheels"} <= targets
    assert not [target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)]
