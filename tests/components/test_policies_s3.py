"""The building blocks of policies, and the bucket and key policies: what they let through and what they stop."""

import json

import pytest

from components.policies import names
from components.policies.document import (
    WildcardError,
    allow,
    deny,
    document,
    is_wildcard,
    reasons,
    service_trust,
)
from components.policies.kms import KeyUse, lake_key_policy
from components.policies.s3 import data_bucket_policy, log_bucket_policy
from deployment.iam import Decision, Request, decide, decide_key

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/lake"
BUCKET = "energy-lake-dev-raw-123456789012-eu-west-1"
OBJECT = f"arn:aws:s3:::{BUCKET}/transactions/file.csv"
JOB = f"arn:aws:iam::{ACCOUNT}:role/energy-lake-dev-raw-to-processed"
ANALYST = f"arn:aws:iam::{ACCOUNT}:role/energy-lake-dev-persona-analyst"
STRANGER = "arn:aws:iam::999999999999:role/thief"
ALL_OF_S3 = {"Statement": [{"Sid": "All", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}
ALL_OF_KMS = {"Statement": [{"Sid": "All", "Effect": "Allow", "Action": "kms:*", "Resource": "*"}]}
SSE = "s3:x-amz-server-side-encryption"
SSE_KEY = "s3:x-amz-server-side-encryption-aws-kms-key-id"


# --- building blocks


def test_a_statement_has_iams_own_names():
    assert allow("Read", "s3:GetObject", "arn:aws:s3:::b/*", conditions={"Bool": {"aws:SecureTransport": "true"}}) == {
        "Sid": "Read",
        "Effect": "Allow",
        "Action": ["s3:GetObject"],
        "Resource": ["arn:aws:s3:::b/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "true"}},
    }


@pytest.mark.parametrize(
    ("actions", "resources", "principals", "named"),
    [
        ("s3:*", "arn:aws:s3:::b/*", None, "s3:*"),
        ("s3:GetObject", "*", None, "*"),
        ("s3:GetObject", "arn:aws:s3:::*", None, "arn:aws:s3:::*"),
        ("s3:GetObject", "arn:aws:s3:::b/*", "*", "principal *"),
        ("s3:GetObject", "arn:aws:s3:::b/*", {"AWS": "*"}, "principal *"),
    ],
)
def test_a_wildcard_in_an_allow_needs_a_reason(actions: str, resources: str, principals: object, named: str):
    with pytest.raises(WildcardError) as refused:
        allow("Wide", actions, resources, principals=principals)  # type: ignore[arg-type]
    assert str(refused.value) == (
        f"statement Wide allows {named}: name exactly what is meant, or say why a wildcard is right in wildcard_reason"
    )


def test_a_reason_is_listed_and_is_not_part_of_the_document():
    statement = allow("ListedWide", "s3:GetObject", "*", wildcard_reason="tests need one")
    assert statement == {"Sid": "ListedWide", "Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
    assert [(r.wildcards, r.reason) for r in reasons() if r.sid == "ListedWide"] == [(("*",), "tests need one")]


def test_a_reason_without_a_wildcard_is_refused():
    with pytest.raises(WildcardError, match="statement Narrow has a wildcard_reason but no wildcard"):
        allow("Narrow", "s3:GetObject", "arn:aws:s3:::b/*", wildcard_reason="none")


def test_a_deny_may_be_as_wide_as_it_likes():
    assert deny("Stop", "*", "*")["Effect"] == "Deny"


@pytest.mark.parametrize(
    ("resource", "wide"),
    [
        ("*", True),
        ("arn:aws:s3:::bucket/*", False),
        ("arn:aws:s3:::bucket*/x", True),
        ("arn:aws:glue:eu-west-1:1:table/db/*", False),
        ("arn:aws:glue:eu-west-1:1:table/*", True),
        ("arn:aws:glue:*:1:table/db/t", True),
        ("arn:aws:glue:eu-west-1:1:catalog", False),
        ("arn:aws:logs:eu-west-1:1:log-group:/aws-glue/*", False),
        ("arn:aws:logs:eu-west-1:1:log-group:*", True),
        ("arn:aws:sns:eu-west-1:1:topic", False),
        ("arn:aws:sns:eu-west-1:1:*", True),
        ("arn:aws:iam::1:role/*", True),
        ("not-an-arn*", True),
    ],
)
def test_a_resource_that_names_nothing_is_a_wildcard(resource: str, wide: bool):  # noqa: FBT001
    assert is_wildcard(resource) is wide


def test_sids_must_be_legal_and_differ():
    with pytest.raises(ValueError, match="Sid 'read-it' must be letters and digits only"):
        deny("read-it", "s3:*", "*")
    with pytest.raises(ValueError, match="Sids must differ within a policy, these come twice: Stop"):
        document(deny("Stop", "s3:*", "*"), deny("Stop", "glue:*", "*"))


def test_an_empty_statement_or_policy_is_refused():
    with pytest.raises(ValueError, match="statement Read has an empty Resource: leave the statement away instead"):
        allow("Read", "s3:GetObject", [])
    with pytest.raises(ValueError, match="a policy needs at least one statement"):
        document()


def test_a_service_is_trusted_for_this_account_only():
    assert service_trust("glue.amazonaws.com", ACCOUNT, source_arns="arn:aws:glue:eu-west-1:123456789012:*") == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AssumeGlue",
                "Effect": "Allow",
                "Principal": {"Service": "glue.amazonaws.com"},
                "Action": ["sts:AssumeRole"],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": ACCOUNT},
                    "ArnLike": {"aws:SourceArn": ["arn:aws:glue:eu-west-1:123456789012:*"]},
                },
            }
        ],
    }


# --- names


def test_names_of_buckets_databases_and_roles():
    prefix = names.prefix("dev")
    assert names.bucket_name(prefix, "raw", ACCOUNT, REGION) == BUCKET
    assert names.database_name(prefix, "curated") == "energy_lake_dev_curated"
    assert names.role_arn(prefix, "raw-to-processed", ACCOUNT) == JOB


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValueError, match="zone 'bronze' is unknown: it must be one of raw, processed, quarantine"):
        names.bucket_name("energy-lake-dev", "bronze", ACCOUNT, REGION)
    with pytest.raises(ValueError, match="zone 'jobs' has no database: it must be one of raw, processed, curated"):
        names.database_name("energy-lake-dev", "jobs")


# --- data buckets


def put(principal: str = JOB, **headers: str) -> Decision:
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY)
    return decide(
        Request(principal=principal, action="s3:PutObject", resource=OBJECT, context=headers), [ALL_OF_S3], policy
    )


def test_a_put_that_relies_on_the_buckets_default_goes_through():
    assert put().allowed


def test_a_put_that_names_the_lakes_key_goes_through():
    assert put(**{SSE: "aws:kms", SSE_KEY: KEY}).allowed


@pytest.mark.parametrize(
    ("headers", "sid"),
    [
        ({SSE: "AES256"}, "DenyOtherEncryption"),
        ({SSE: "aws:kms:dsse", SSE_KEY: KEY}, "DenyOtherEncryption"),
        ({SSE: "aws:kms", SSE_KEY: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/other"}, "DenyOtherKeys"),
        ({SSE: "aws:kms"}, "DenyUnnamedKey"),
        ({"s3:x-amz-server-side-encryption-customer-algorithm": "AES256"}, "DenyCustomerKeys"),
    ],
)
def test_a_put_with_other_encryption_is_stopped(headers: dict[str, str], sid: str):
    assert put(**headers) == Decision(allowed=False, sid=sid, explicit=True)


@pytest.mark.parametrize(
    ("context", "sid"),
    [
        ({"aws:SecureTransport": "false"}, "DenyWithoutTls"),
        ({"s3:TlsVersion": "1.1"}, "DenyOldTls"),
        ({"s3:TlsVersion": "1.0"}, "DenyOldTls"),
    ],
)
@pytest.mark.parametrize("zone_policy", ["data", "logs"])
def test_no_bucket_talks_without_modern_tls(context: dict[str, str], sid: str, zone_policy: str):
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY) if zone_policy == "data" else logs()
    bucket = BUCKET if zone_policy == "data" else LOGS
    call = Request(principal=JOB, action="s3:GetObject", resource=f"arn:aws:s3:::{bucket}/k", context=context)
    assert decide(call, [ALL_OF_S3], policy) == Decision(allowed=False, sid=sid, explicit=True)


def test_tls_1_2_is_new_enough():
    assert put(**{"s3:TlsVersion": "1.2"}).allowed


def test_another_account_is_stopped_and_an_aws_service_is_not():
    assert put(STRANGER).sid == "DenyOtherAccounts"
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY, readers=[JOB], writers=[JOB])
    for action in ("s3:PutObject", "s3:GetObject"):
        call = Request(principal="delivery.logs.amazonaws.com", action=action, resource=OBJECT)
        assert not decide(call, [], policy).explicit


def test_somebody_without_any_identity_is_stopped():
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY)
    call = Request(principal="", action="s3:GetObject", resource=OBJECT, context={"aws:PrincipalIsAWSService": "false"})
    assert decide(call, [], policy).sid == "DenyOtherAccounts"


@pytest.mark.parametrize("action", ["s3:GetObject", "s3:GetObjectVersion"])
def test_only_readers_read_a_closed_bucket_whatever_their_own_policy_says(action: str):
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY, readers=[JOB])
    assert decide(Request(principal=JOB, action=action, resource=OBJECT), [ALL_OF_S3], policy).allowed
    assert decide(Request(principal=ANALYST, action=action, resource=OBJECT), [ALL_OF_S3], policy) == Decision(
        allowed=False, sid="DenyOtherReaders", explicit=True
    )


def test_only_readers_list_a_closed_bucket():
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY, readers=[JOB])
    call = Request(principal=ANALYST, action="s3:ListBucket", resource=f"arn:aws:s3:::{BUCKET}")
    assert decide(call, [ALL_OF_S3], policy).sid == "DenyOtherReaders"


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"])
def test_only_writers_write_and_delete_in_a_closed_bucket(action: str):
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY, writers=[JOB])
    assert decide(Request(principal=JOB, action=action, resource=OBJECT), [ALL_OF_S3], policy).allowed
    assert (
        decide(Request(principal=ANALYST, action=action, resource=OBJECT), [ALL_OF_S3], policy).sid
        == "DenyOtherWriters"
    )


def test_a_data_bucket_policy_allows_nothing_by_itself():
    policy = data_bucket_policy(BUCKET, ACCOUNT, KEY, readers=[JOB], writers=[JOB])
    assert {statement["Effect"] for statement in policy["Statement"]} == {"Deny"}


# --- log bucket

LOGS = "energy-lake-dev-logs-123456789012-eu-west-1"


def logs() -> dict[str, object]:
    return log_bucket_policy(LOGS, ACCOUNT, [BUCKET])


def delivery(service: str, key: str, **context: str) -> Decision:
    call = Request(
        principal=f"{service}.amazonaws.com",
        action="s3:PutObject",
        resource=f"arn:aws:s3:::{LOGS}/{key}",
        context=context,
    )
    return decide(call, [], logs())


def test_access_logs_of_the_lakes_buckets_are_delivered():
    source = {"aws:SourceArn": f"arn:aws:s3:::{BUCKET}", "aws:SourceAccount": ACCOUNT}
    assert delivery("logging.s3", "s3-access/raw/x", **source) == Decision(allowed=True, sid="DeliverAccessLogs")
    assert not delivery("logging.s3", "elsewhere/x", **source).allowed
    assert not delivery("logging.s3", "s3-access/raw/x", **{**source, "aws:SourceAccount": "999999999999"}).allowed
    assert not delivery("logging.s3", "s3-access/raw/x", **{**source, "aws:SourceArn": "arn:aws:s3:::other"}).allowed


def test_the_log_bucket_is_closed_to_other_accounts():
    call = Request(principal=STRANGER, action="s3:GetObject", resource=f"arn:aws:s3:::{LOGS}/k")
    assert decide(call, [ALL_OF_S3], logs()).sid == "DenyOtherAccounts"


def test_the_log_bucket_leaves_encryption_to_those_who_deliver():
    assert not [s for s in logs()["Statement"] if SSE in json.dumps(s)]  # type: ignore[attr-defined]


# --- key

USES = [
    KeyUse(name="Jobs", principal_arns=(JOB,), services=("s3", "glue"), encrypts=True),
    KeyUse(name="Consumers", principal_arns=(ANALYST,), services=("glue",)),
    KeyUse(
        name="Deployment",
        principal_arns=(f"arn:aws:iam::{ACCOUNT}:role/deployer",),
        services=("redshift",),
        grants=True,
    ),
]


def use(principal: str, action: str, **context: str) -> Decision:
    policy = lake_key_policy(ACCOUNT, REGION, "energy-lake-dev", USES)
    keys = {"kms:CallerAccount": ACCOUNT, **context}
    call = Request(principal=principal, action=action, resource=KEY, context=keys)
    return decide_key(call, [] if call.is_service else [ALL_OF_KMS], policy)


S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
GLUE = {"kms:ViaService": "glue.eu-west-1.amazonaws.com"}


def test_a_job_encrypts_and_decrypts_through_s3_only():
    assert use(JOB, "kms:Decrypt", **S3).sid == "Jobs"
    assert use(JOB, "kms:GenerateDataKey", **S3).allowed
    assert not use(JOB, "kms:Decrypt").allowed
    assert not use(JOB, "kms:Decrypt", **{"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}).allowed


def test_a_consumer_reads_catalog_metadata_and_nothing_else():
    assert use(ANALYST, "kms:Decrypt", **GLUE).sid == "Consumers"
    assert not use(ANALYST, "kms:GenerateDataKey", **GLUE).allowed
    assert not use(ANALYST, "kms:Decrypt", **S3).allowed


def test_only_the_deployer_may_give_a_service_a_lasting_grant():
    via = {"kms:ViaService": "redshift.eu-west-1.amazonaws.com"}
    assert use(f"arn:aws:iam::{ACCOUNT}:role/deployer", "kms:CreateGrant", **via).allowed
    assert not use(JOB, "kms:CreateGrant", **S3).allowed


def test_an_administrator_of_the_key_cannot_read_with_it():
    admin = f"arn:aws:iam::{ACCOUNT}:role/admin"
    assert use(admin, "kms:PutKeyPolicy").sid == "AdministerWithoutUse"
    for action in ("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:CreateGrant"):
        assert not use(admin, action, **S3).allowed


def test_log_groups_of_this_account_only_are_encrypted():
    context = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws-glue/jobs/output"}
    other = {
        "kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:999999999999:log-group:/aws-glue/jobs/output"
    }
    assert use("logs.eu-west-1.amazonaws.com", "kms:Encrypt", **context).sid == "EncryptLogGroups"
    assert not use("logs.eu-west-1.amazonaws.com", "kms:Encrypt", **other).allowed


@pytest.mark.parametrize("service", ["budgets", "cloudwatch", "events"])
def test_alerts_reach_the_encrypted_topic_and_no_other(service: str):
    topic = {"kms:EncryptionContext:aws:sns:topicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:energy-lake-dev-alerts"}
    other = {"kms:EncryptionContext:aws:sns:topicArn": "arn:aws:sns:eu-west-1:999999999999:theirs"}
    assert use(f"{service}.amazonaws.com", "kms:GenerateDataKey", **topic).sid == "PublishAlerts"
    assert not use(f"{service}.amazonaws.com", "kms:GenerateDataKey", **other).allowed


def test_a_use_without_principals_or_services_is_refused():
    with pytest.raises(ValueError, match="key use Nobody: principal_arns is empty: leave the use away instead"):
        KeyUse(name="Nobody", principal_arns=(), services=("s3",))


@pytest.mark.parametrize(
    ("policy", "limit"),
    [
        (lake_key_policy(ACCOUNT, REGION, "energy-lake-dev", USES), 32 * 1024),
        (data_bucket_policy(BUCKET, ACCOUNT, KEY, readers=[JOB] * 10, writers=[JOB] * 10), 20 * 1024),
        (log_bucket_policy(LOGS, ACCOUNT, [BUCKET] * 8), 20 * 1024),
    ],
    ids=["key", "data bucket", "log bucket"],
)
def test_policies_stay_within_what_aws_accepts(policy: dict[str, object], limit: int):
    assert len(json.dumps(policy)) < limit
