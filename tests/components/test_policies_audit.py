"""Who may write the audit trail, who may read it, and that nobody may take it away."""

import re

import pytest

from components.policies.audit import AuditTrail, audit_bucket, audit_key, auditor, trail_logs, trail_logs_trust
from deployment.iam import Request, decide, decide_key

ACCOUNT = "123456789012"
REGION = "eu-west-1"
TRAIL = AuditTrail(prefix="energy-lake-dev", account_id=ACCOUNT, region=REGION)
BUCKET = "arn:aws:s3:::energy-lake-dev-audit-123456789012-eu-west-1"
FILE = f"{BUCKET}/AWSLogs/{ACCOUNT}/CloudTrail/eu-west-1/2026/01/01/file.json.gz"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/audit"
ARN = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/energy-lake-dev-audit"
CLOUDTRAIL = "cloudtrail.amazonaws.com"
ADMIN = f"arn:aws:iam::{ACCOUNT}:role/admin"
AUDITOR = f"arn:aws:iam::{ACCOUNT}:role/energy-lake-dev-persona-auditor"
STRANGER = "arn:aws:iam::999999999999:role/thief"
EVERYTHING = {"Statement": [{"Sid": "All", "Effect": "Allow", "Action": "*", "Resource": "*"}]}
OWNER_CONTROLS = {"s3:x-amz-acl": "bucket-owner-full-control"}


def on_bucket(principal, action, resource, context=None, *, deletable=False, own=EVERYTHING):
    request = Request(principal=principal, action=action, resource=resource, context=context or {})
    return decide(request, [own], audit_bucket(TRAIL, deletable=deletable)).allowed


def delivered(source_arn, context):
    request = Request(
        principal=CLOUDTRAIL, action="s3:PutObject", resource=FILE, context={"aws:SourceArn": source_arn, **context}
    )
    return decide(request, [], audit_bucket(TRAIL)).allowed


def test_the_names_are_the_stacks():
    assert TRAIL.name == "energy-lake-dev-audit"
    assert TRAIL.arn == ARN
    assert TRAIL.bucket_arn == BUCKET
    assert TRAIL.log_group_arn == f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/energy-lake-dev/audit"


def test_a_prefix_that_makes_the_bucket_name_too_long_is_refused():
    message = (
        "bucket name 'energy-lake-a-stack-with-quite-a-long-name-audit-123456789012-eu-west-1' has 71 characters, "
        "S3 allows 63: choose a shorter stack name"
    )
    with pytest.raises(ValueError, match=re.escape(message)):
        AuditTrail(prefix="energy-lake-a-stack-with-quite-a-long-name", account_id=ACCOUNT, region=REGION)


def test_cloudtrail_delivers_for_this_trail():
    assert delivered(ARN, OWNER_CONTROLS)


def test_cloudtrail_does_not_deliver_for_a_trail_of_somebody_else():
    assert not delivered("arn:aws:cloudtrail:eu-west-1:999999999999:trail/energy-lake-dev-audit", OWNER_CONTROLS)


def test_cloudtrail_does_not_deliver_files_that_the_bucket_owner_could_not_read():
    assert not delivered(ARN, {})


def test_cloudtrail_writes_nowhere_but_in_its_folder():
    request = Request(
        principal=CLOUDTRAIL,
        action="s3:PutObject",
        resource=f"{BUCKET}/elsewhere",
        context={"aws:SourceArn": ARN, **OWNER_CONTROLS},
    )
    assert not decide(request, [], audit_bucket(TRAIL)).allowed


@pytest.mark.parametrize("action", ["s3:DeleteObject", "s3:DeleteObjectVersion"])
def test_nobody_deletes_a_file_of_the_trail(action):
    assert not on_bucket(ADMIN, action, FILE)


def test_nobody_deletes_the_bucket():
    assert not on_bucket(ADMIN, "s3:DeleteBucket", BUCKET)


def test_a_stack_that_is_destroyed_with_its_content_may_delete_it():
    assert on_bucket(ADMIN, "s3:DeleteObject", FILE, deletable=True)
    assert on_bucket(ADMIN, "s3:DeleteBucket", BUCKET, deletable=True)


@pytest.mark.parametrize(
    ("principal", "context"),
    [
        pytest.param(ADMIN, {"aws:SecureTransport": "false"}, id="bare HTTP"),
        pytest.param(ADMIN, {"s3:TlsVersion": "1.1"}, id="old TLS"),
        pytest.param(STRANGER, {}, id="another account"),
    ],
)
def test_the_bucket_refuses(principal, context):
    assert not on_bucket(principal, "s3:GetObject", FILE, context)


def test_the_auditor_reads_files_of_the_trail():
    assert on_bucket(AUDITOR, "s3:GetObject", FILE, own=auditor(TRAIL, KEY))


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:ListBucket", BUCKET, True),
        ("cloudtrail:GetTrailStatus", ARN, True),
        ("cloudtrail:ListPublicKeys", "*", True),
        ("logs:StartQuery", TRAIL.log_group_arn, True),
        ("lakeformation:ListPermissions", "*", True),
        ("cloudtrail:StopLogging", ARN, False),
        ("lakeformation:GrantPermissions", "*", False),
        ("logs:DeleteLogGroup", TRAIL.log_group_arn, False),
        ("s3:GetObject", "arn:aws:s3:::energy-lake-dev-curated-123456789012-eu-west-1/clients/clients.parquet", False),
    ],
)
def test_the_auditor_reads_records_and_changes_none(action, resource, allowed):
    request = Request(principal=AUDITOR, action=action, resource=resource)
    assert decide(request, [auditor(TRAIL, KEY)]).allowed is allowed


def key_lets(principal, action, context=None, own=EVERYTHING):
    request = Request(principal=principal, action=action, resource=KEY, context=context or {})
    return decide_key(request, [own], audit_key(TRAIL)).allowed


CONTEXT = {"kms:EncryptionContext:aws:cloudtrail:arn": ARN}


def test_the_trail_encrypts_with_its_key():
    assert key_lets(CLOUDTRAIL, "kms:GenerateDataKey", {"aws:SourceArn": ARN, **CONTEXT}, {})
    assert not key_lets(CLOUDTRAIL, "kms:GenerateDataKey", {"aws:SourceArn": f"{ARN}-other", **CONTEXT}, {})


def test_only_its_own_log_group_encrypts_with_the_key():
    logs = f"logs.{REGION}.amazonaws.com"
    assert key_lets(logs, "kms:GenerateDataKey", {"kms:EncryptionContext:aws:logs:arn": TRAIL.log_group_arn}, {})
    other = {"kms:EncryptionContext:aws:logs:arn": f"{TRAIL.log_group_arn}-other"}
    assert not key_lets(logs, "kms:GenerateDataKey", other, {})


def test_the_auditor_decrypts_through_s3_and_administrators_do_not():
    via = {"kms:ViaService": f"s3.{REGION}.amazonaws.com", "kms:CallerAccount": ACCOUNT}
    assert key_lets(AUDITOR, "kms:Decrypt", via, auditor(TRAIL, KEY))
    assert not key_lets(ADMIN, "kms:Decrypt", via)
    assert not key_lets(AUDITOR, "kms:Decrypt", {**via, "kms:ViaService": f"glue.{REGION}.amazonaws.com"})


def test_administrators_keep_the_key():
    assert key_lets(ADMIN, "kms:PutKeyPolicy")


def test_cloudtrail_writes_its_own_streams_of_the_one_group():
    streams = f"{TRAIL.log_group_arn}:log-stream"
    for name, allowed in (
        (f"{ACCOUNT}_CloudTrail_{REGION}", True),
        (f"{ACCOUNT}_CloudTrail_{REGION}_2", True),
        ("mine", False),
    ):
        request = Request(principal="arn:aws:iam::1:role/r", action="logs:PutLogEvents", resource=f"{streams}:{name}")
        assert decide(request, [trail_logs(TRAIL)]).allowed is allowed


def test_the_log_role_is_cloudtrails_for_this_trail():
    (statement,) = trail_logs_trust(TRAIL)["Statement"]
    assert statement["Principal"] == {"Service": CLOUDTRAIL}
    assert statement["Condition"] == {
        "StringEquals": {"aws:SourceAccount": ACCOUNT},
        "ArnLike": {"aws:SourceArn": [ARN]},
    }
