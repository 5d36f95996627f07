"""The whole program, stack by stack, under a recording engine.

What single components register is in ``tests/components``; here is what only the whole can show: that the parts fit, what a
stack amounts to, what it exports, and which properties hold over all resources at once.
"""

import json
from collections import Counter
from typing import Any

import pytest

from deployment import program
from deployment.iam import several
from deployment.recording import Recording, Resource
from settings import SettingsError

STACKS = ["dev", "local", "prod", "staging"]


def run(stack: str) -> Recording[None]:
    return program.recorded(stack)


def aws(stack: str) -> list[Resource]:
    return [resource for resource in run(stack).resources if resource.token.startswith("aws:")]


def documents(resource: Resource) -> list[dict[str, Any]]:
    """Every IAM document among the inputs of a resource."""
    texts = [resource.inputs.get(key) for key in ("policy", "assumeRolePolicy", "inlinePolicy")]
    found = [json.loads(text) for text in texts if isinstance(text, str)]
    return [document for document in found if "Statement" in document]


@pytest.mark.parametrize("stack", STACKS)
def test_the_program_is_made_of_its_components_and_of_nothing_else(stack: str):
    components = [r for r in run(stack).resources if r.token.startswith("energylake:")]
    assert Counter(r.token for r in components) == {
        "energylake:s3:LakeStorage": 1,
        "energylake:lakeformation:LakeSettings": 1,
        "energylake:glue:LakeCatalog": 1,
        "energylake:lakeformation:LakeGovernance": 1,
        "energylake:lakeformation:LakeAudit": 1,
        "energylake:athena:LakeQueries": 1,
        "energylake:redshift:LakeWarehouse": 1,
        "energylake:costs:CostGuard": 1,
    }


@pytest.mark.parametrize("stack", STACKS)
def test_every_resource_is_made_by_the_provider_that_is_bound_to_the_account(stack: str):
    provider = run(stack).one("pulumi:providers:aws")
    assert {r.options.provider.rsplit("::", 1)[0] for r in aws(stack)} == {provider.urn}


@pytest.mark.parametrize("stack", ["dev", "prod", "staging"])
def test_no_other_account_can_be_touched(stack: str):
    provider = run(stack).one("pulumi:providers:aws").inputs
    account = program.configuration(stack)["energy-lake:accountId"]
    assert json.loads(provider["allowedAccountIds"]) == [account]
    assert "accessKey" not in provider


def test_the_local_stack_reaches_nothing_but_the_emulator():
    endpoints = json.loads(run("local").one("pulumi:providers:aws").inputs["endpoints"])
    used = {r.token.split(":")[1].split("/")[0] for r in aws("local")}
    assert set(endpoints[0].values()) == {"http://127.0.0.1:4566"}
    names = {"cfg": "", "ssm": "", "vpc": "ec2", "budgets": "budgets"}
    reached = set(endpoints[0]) | {"cloudwatch"}
    assert {names.get(service, service) for service in used} <= reached


@pytest.mark.parametrize("stack", STACKS)
def test_the_exports_are_what_clients_need(stack: str):
    exports = run(stack).exports
    prefix = f"energy-lake-{stack}"
    account = program.configuration(stack)["energy-lake:accountId"]
    assert set(exports) == {
        "alertTopicArn",
        "buckets",
        "copyRoleArn",
        "crawlers",
        "databases",
        "jobs",
        "keyArn",
        "loaderRoleArn",
        "personaRoleArns",
        "trailArn",
        "warehouse",
        "warehouseDatabase",
        "warehouseEndpoint",
        "workflow",
        "workgroups",
    }
    assert exports["buckets"]["raw"] == f"{prefix}-raw-{account}-eu-west-1"
    assert exports["databases"] == {zone: f"energy_lake_{stack}_{zone}" for zone in ("raw", "processed", "curated")}
    assert exports["jobs"] == {job: f"{prefix}-{job}" for job in ("raw-to-processed", "processed-to-curated")}
    assert exports["workflow"] == f"{prefix}-daily"
    assert exports["warehouse"] == f"{prefix}-warehouse"
    assert exports["workgroups"] == {p: f"{prefix}-{p}" for p in ("analyst", "auditor", "bi", "engineer")}


@pytest.mark.parametrize("stack", STACKS)
def test_every_bucket_of_the_stack_is_closed_versioned_encrypted_and_logged(stack: str):
    buckets = {r.inputs["bucket"] for r in run(stack).of("aws:s3/bucket:Bucket")}
    assert len(buckets) == 8
    for part in (
        "BucketPublicAccessBlock",
        "BucketVersioning",
        "BucketServerSideEncryptionConfiguration",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketLogging",
        "BucketLifecycleConfiguration",
    ):
        token = f"aws:s3/{part[0].lower()}{part[1:]}:{part}"
        assert {r.inputs["bucket"] for r in run(stack).of(token)} == buckets, part


@pytest.mark.parametrize("stack", STACKS)
def test_there_is_one_notification_a_bucket_since_a_second_would_overwrite_the_first(stack: str):
    assert len(run(stack).of("aws:s3/bucketNotification:BucketNotification")) == 1


@pytest.mark.parametrize("stack", STACKS)
def test_every_document_is_within_the_size_that_aws_takes(stack: str):
    limits = {
        "aws:iam/rolePolicy:RolePolicy": 10_240,
        "aws:iam/policy:Policy": 6_144,
        "aws:iam/role:Role": 2_048,
        "aws:s3/bucketPolicy:BucketPolicy": 20_480,
        "aws:kms/key:Key": 32_768,
    }
    for resource in aws(stack):
        for document in documents(resource):
            size = len(json.dumps(document, separators=(",", ":")))
            assert size <= limits.get(resource.token, 20_480), (resource.name, size)


@pytest.mark.parametrize("stack", STACKS)
def test_no_role_of_the_lake_has_more_inline_policy_than_iam_takes(stack: str):
    sizes: Counter[str] = Counter()
    for policy in run(stack).of("aws:iam/rolePolicy:RolePolicy"):
        sizes[policy.inputs["role"]] += len("".join(policy.inputs["policy"].split()))
    assert {role: size for role, size in sizes.items() if size > 10_240} == {}


@pytest.mark.parametrize("stack", STACKS)
def test_every_service_is_trusted_under_a_condition(stack: str):
    bare = []
    for resource in aws(stack):
        for document in documents(resource):
            for statement in document["Statement"]:
                principal = statement.get("Principal")
                if statement["Effect"] == "Allow" and isinstance(principal, dict) and "Service" in principal:
                    keys = json.dumps(statement.get("Condition", {}))
                    if not any(part in keys for part in ("Source", "ExternalId", "EncryptionContext")):
                        bare.append((resource.name, statement["Sid"], several(principal["Service"])))
    assert bare == []


@pytest.mark.parametrize("stack", STACKS)
def test_everything_that_can_have_tags_has_the_stacks(stack: str):
    tagged = [r for r in aws(stack) if "tags" in r.inputs]
    assert len(tagged) > 50
    for resource in tagged:
        assert resource.inputs["tags"]["environment"] == stack, resource.name


def test_stacks_differ_in_settings_only():
    counts = {stack: Counter(r.token for r in aws(stack)) for stack in STACKS}
    shared = {token: {counts[stack][token] for stack in STACKS} for token in set().union(*counts.values())}
    differing = {token for token, numbers in shared.items() if len(numbers) > 1}
    assert {token.split(":")[1].split("/")[0] for token in differing} <= {
        "redshift",  # a cluster, or
        "redshiftserverless",  # a workgroup
        "scheduler",  # a pause
        "iam",  # its role
        "sns",  # addresses that are told
        "s3",  # object lock
        "glue",  # the encryption of the catalog belongs to one stack of an account; the database default
        "cloudwatch",  # logs of a cluster or a workgroup
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"energy-lake:accountId": "12"}, "account_id is '12', it must be the account's 12 digits"),
        ({"energy-lake:deployer": None}, "deployer is not set: pulumi config set deployer VALUE"),
    ],
)
def test_a_wrong_setting_stops_the_program_before_anything_is_registered(changes: dict[str, str | None], message: str):
    with pytest.raises(SettingsError, match=message):
        program.run("dev", changes=changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"energy-lake:schedule": "daily"}, "schedule 'daily': must be cron"),
        ({"energy-lake:workers": "1"}, "workers 1: must be between 2 and 299"),
        ({"energy-lake:vpcCidr": "8.8.0.0/20"}, "vpc_cidr is '8.8.0.0/20': it must be a private range"),
        ({"energy-lake:logDays": "15"}, "15"),
    ],
)
def test_what_a_component_refuses_stops_the_program_too(changes: dict[str, str | None], message: str):
    with pytest.raises(ValueError, match=message):
        program.run("dev", changes=changes)
