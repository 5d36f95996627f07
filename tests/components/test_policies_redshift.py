"""The warehouse's IAM documents, decided as IAM would: what is let through, and what next to it is not."""

import pytest

from components.policies import redshift as policies
from components.policies.document import reasons
from deployment.iam import Request, decide
from tests.engine import ACCOUNT_ID, REGION

BUCKET = f"energy-lake-dev-curated-{ACCOUNT_ID}-{REGION}"
BUCKET_ARN = f"arn:aws:s3:::{BUCKET}"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/lake"
WAREHOUSE = "energy-lake-dev-warehouse"
CLUSTER = f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:cluster:{WAREHOUSE}"
DATABASE = f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:dbname:{WAREHOUSE}/energy_lake"
WORKGROUP = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT_ID}:workgroup/abc"
ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/energy-lake-dev-redshift-copy"
STRANGER = "arn:aws:iam::999999999999:role/stranger"
TABLES = ("clients", "transactions")
THROUGH_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": BUCKET_ARN}

COPY = policies.copy_access(BUCKET, TABLES, KEY, REGION)
LEDGER = f"energy-lake-dev-processed-{ACCOUNT_ID}-{REGION}"
LOADER = policies.loader_access(BUCKET, LEDGER, TABLES, KEY, REGION, warehouse_arn=CLUSTER, credentials_arn=DATABASE)


def allowed(document, action, resource, context=None, *, principal=ROLE):
    return decide(
        Request(principal=principal, action=action, resource=resource, context=context or {}), [document]
    ).allowed


def trusted(document, service, context=None):
    request = Request(principal=service, action="sts:AssumeRole", resource="*", context=context or {})
    return decide(request, [], document).allowed


@pytest.mark.parametrize(
    ("key", "may"),
    [
        ("clients/clients.parquet", True),
        ("transactions/date=2026-11-23/transactions.parquet", True),
        ("_manifests/transactions/1.json", True),
        ("market_daily/date=2026-11-23/market_daily.parquet", False),
        ("clients_private/x.parquet", False),
    ],
)
def test_copy_reads_the_loaded_tables_and_their_manifests_only(key, may):
    assert allowed(COPY, "s3:GetObject", f"{BUCKET_ARN}/{key}") is may


@pytest.mark.parametrize("action", ["s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:PutObjectAcl"])
def test_copy_changes_nothing(action):
    assert not allowed(COPY, action, f"{BUCKET_ARN}/clients/clients.parquet")


def test_copy_reads_no_other_bucket():
    assert not allowed(COPY, "s3:GetObject", "arn:aws:s3:::energy-lake-dev-raw/clients/clients.parquet")


@pytest.mark.parametrize("document", [COPY, LOADER], ids=["copy", "loader"])
@pytest.mark.parametrize(("prefix", "may"), [("clients/", True), ("_manifests/", True), ("", False), ("cli", False)])
def test_listing_is_of_the_loaded_tables(document, prefix, may):
    assert allowed(document, "s3:ListBucket", BUCKET_ARN, {"s3:prefix": prefix}) is may


@pytest.mark.parametrize(
    ("context", "may"),
    [
        (THROUGH_S3, True),
        ({**THROUGH_S3, "kms:EncryptionContext:aws:s3:arn": f"{BUCKET_ARN}/clients/clients.parquet"}, True),
        ({**THROUGH_S3, "kms:EncryptionContext:aws:s3:arn": f"{BUCKET_ARN}-other"}, False),
        ({**THROUGH_S3, "kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}, False),
        ({}, False),
    ],
    ids=["bucket key", "object", "other bucket", "other service", "directly"],
)
@pytest.mark.parametrize("document", [COPY, LOADER], ids=["copy", "loader"])
def test_the_key_opens_curated_objects_through_s3_and_nothing_else(document, context, may):
    assert allowed(document, "kms:Decrypt", KEY, context) is may


def test_only_the_loader_encrypts():
    assert not allowed(COPY, "kms:GenerateDataKey", KEY, THROUGH_S3)
    assert allowed(LOADER, "kms:GenerateDataKey", KEY, THROUGH_S3)


@pytest.mark.parametrize(
    ("user", "may"),
    [
        (f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:dbuser:{WAREHOUSE}/IAMR:energy-lake-dev-warehouse-loader", True),
        (f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:dbuser:other/loader", False),
        (f"arn:aws:redshift:{REGION}:999999999999:dbuser:{WAREHOUSE}/loader", False),
        (f"arn:aws:redshift:us-west-2:{ACCOUNT_ID}:dbuser:{WAREHOUSE}/loader", False),
    ],
    ids=["ours", "other warehouse", "other account", "other region"],
)
def test_redshift_takes_the_copy_role_for_users_of_this_warehouse_only(user, may):
    trust = policies.copy_trust(WAREHOUSE, ACCOUNT_ID, REGION)
    assert trusted(trust, "redshift.amazonaws.com", {"sts:ExternalId": user}) is may


def test_nobody_takes_the_copy_role_without_saying_for_whom():
    assert not trusted(policies.copy_trust(WAREHOUSE, ACCOUNT_ID, REGION), "redshift.amazonaws.com")


@pytest.mark.parametrize("serverless", [True, False])
def test_the_serverless_service_is_trusted_by_a_serverless_warehouse_only(serverless):
    trust = policies.copy_trust(WAREHOUSE, ACCOUNT_ID, REGION, serverless=serverless)
    user = {"sts:ExternalId": f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:dbuser:{WAREHOUSE}/loader"}
    assert trusted(trust, "redshift-serverless.amazonaws.com", user) is serverless
    assert trusted(trust, "redshift.amazonaws.com", user)


def test_the_loader_writes_manifests_and_nothing_else():
    assert allowed(LOADER, "s3:PutObject", f"{BUCKET_ARN}/_manifests/transactions/1.json")
    assert not allowed(LOADER, "s3:PutObject", f"{BUCKET_ARN}/transactions/date=2026-11-23/transactions.parquet")
    assert not allowed(LOADER, "s3:DeleteObject", f"{BUCKET_ARN}/_manifests/transactions/1.json")


@pytest.mark.parametrize(
    ("key", "may"),
    [
        ("_ledger/curated.json", True),
        ("_ledger/commit.json", True),
        ("_ledger/transactions/0123456789abcdef.json", False),
        ("transactions/date=2026-11-23/x.parquet", False),
    ],
)
def test_of_the_ledger_the_loader_reads_the_curated_zones_state_only(key, may):
    assert allowed(LOADER, "s3:GetObject", f"arn:aws:s3:::{LEDGER}/{key}") is may
    assert not allowed(LOADER, "s3:PutObject", f"arn:aws:s3:::{LEDGER}/{key}")
    assert not allowed(COPY, "s3:GetObject", f"arn:aws:s3:::{LEDGER}/{key}")


def test_the_loader_learns_that_there_is_no_commit_and_is_not_refused():
    assert allowed(LOADER, "s3:ListBucket", f"arn:aws:s3:::{LEDGER}")


def test_the_loader_decrypts_the_state():
    context = THROUGH_S3 | {"kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{LEDGER}"}
    assert allowed(LOADER, "kms:Decrypt", KEY, context)
    assert not allowed(LOADER, "kms:GenerateDataKey", KEY, context)


@pytest.mark.parametrize("action", ["redshift-data:ExecuteStatement", "redshift-data:BatchExecuteStatement"])
def test_the_loader_runs_statements_on_this_warehouse(action):
    assert allowed(LOADER, action, CLUSTER)
    assert not allowed(LOADER, action, f"{CLUSTER}-other")


def test_the_loader_signs_in_as_itself_and_reads_no_password():
    assert allowed(LOADER, "redshift:GetClusterCredentialsWithIAM", DATABASE)
    assert not allowed(LOADER, "redshift:GetClusterCredentials", DATABASE)
    assert not allowed(
        LOADER, "secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:123456789012:secret:x"
    )


def test_a_serverless_sign_in_is_asked_on_the_workgroup():
    document = policies.connect_access(WORKGROUP, WORKGROUP, serverless=True)
    assert allowed(document, "redshift-serverless:GetCredentials", WORKGROUP)
    assert not allowed(document, "redshift:GetClusterCredentialsWithIAM", WORKGROUP)


def test_a_reader_gets_statements_and_a_sign_in_and_no_file():
    document = policies.connect_access(CLUSTER, DATABASE)
    assert [statement["Sid"] for statement in document["Statement"]] == [
        "RunStatements",
        "RuntimeSignIn",
        "FollowOwnStatements",
    ]
    assert not allowed(document, "s3:GetObject", f"{BUCKET_ARN}/clients/clients.parquet")


def test_results_are_for_those_who_asked():
    for document in (LOADER, policies.connect_access(CLUSTER, DATABASE)):
        (own,) = [statement for statement in document["Statement"] if statement["Sid"] == "FollowOwnStatements"]
        assert own["Condition"] == {"StringEquals": {"redshift-data:statement-owner-iam-userid": "${aws:userid}"}}
        assert own["Action"] == [
            "redshift-data:CancelStatement",
            "redshift-data:DescribeStatement",
            "redshift-data:GetStatementResult",
        ]


def test_the_loader_is_taken_on_by_those_named_only():
    trust = policies.loader_trust([ROLE])
    request = Request(principal=ROLE, action="sts:AssumeRole", resource="*")
    other = Request(principal=STRANGER, action="sts:AssumeRole", resource="*")
    assert decide(request, [], trust).allowed
    assert not decide(other, [], trust).allowed


@pytest.mark.parametrize(
    ("account", "group", "may"),
    [(ACCOUNT_ID, WAREHOUSE, True), (ACCOUNT_ID, "default", False), ("999999999999", WAREHOUSE, False)],
)
def test_the_scheduler_is_trusted_for_this_group_of_this_account(account, group, may):
    trust = policies.scheduler_trust(WAREHOUSE, ACCOUNT_ID, REGION)
    context = {
        "aws:SourceAccount": account,
        "aws:SourceArn": f"arn:aws:scheduler:{REGION}:{account}:schedule-group/{group}",
    }
    assert trusted(trust, "scheduler.amazonaws.com", context) is may


def test_the_schedule_pauses_and_resumes_and_does_not_delete():
    document = policies.scheduler_access(CLUSTER)
    assert [
        allowed(document, f"redshift:{verb}Cluster", CLUSTER) for verb in ("Pause", "Resume", "Delete", "Resize")
    ] == [
        True,
        True,
        False,
        False,
    ]
    assert not allowed(document, "redshift:PauseCluster", f"{CLUSTER}-other")


@pytest.mark.parametrize(("account", "may"), [(ACCOUNT_ID, True), ("999999999999", False)])
def test_flow_logs_are_delivered_for_this_account(account, may):
    trust = policies.flow_log_trust(ACCOUNT_ID, REGION)
    context = {
        "aws:SourceAccount": account,
        "aws:SourceArn": f"arn:aws:ec2:{REGION}:{account}:vpc-flow-log/fl-1",
    }
    assert trusted(trust, "vpc-flow-logs.amazonaws.com", context) is may


def test_flow_logs_go_into_their_group_only():
    group = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/vpc/{WAREHOUSE}"
    document = policies.flow_log_access(f"{group}:*")
    assert allowed(document, "logs:PutLogEvents", f"{group}:log-stream:eni-1")
    assert not allowed(document, "logs:PutLogEvents", f"{group}-other:log-stream:eni-1")
    assert not allowed(document, "logs:CreateLogGroup", f"{group}:*")


def passes(document, action, resource, principal):
    return decide(Request(principal=principal, action=action, resource=resource), [], document).allowed


@pytest.mark.parametrize(
    ("principal", "action", "resource", "may"),
    [
        (ROLE, "s3:GetObject", f"{BUCKET_ARN}/clients/clients.parquet", True),
        (ROLE, "s3:ListBucket", BUCKET_ARN, True),
        (ROLE, "s3:PutObject", f"{BUCKET_ARN}/clients/clients.parquet", False),
        (ROLE, "s3:GetObject", "arn:aws:s3:::elsewhere/clients/clients.parquet", False),
        (STRANGER, "s3:GetObject", f"{BUCKET_ARN}/clients/clients.parquet", False),
    ],
    ids=["read", "list", "write", "other bucket", "other account"],
)
def test_the_way_to_s3_leads_from_this_account_to_curated_files_only(principal, action, resource, may):
    assert passes(policies.s3_endpoint(BUCKET, TABLES, ACCOUNT_ID), action, resource, principal) is may


@pytest.mark.parametrize("service", policies.INTERFACE_ENDPOINTS)
def test_an_interface_endpoint_lets_this_account_do_the_listed_and_nothing_else(service):
    document = policies.interface_endpoint(service, ACCOUNT_ID)
    prefix = policies.INTERFACE_ENDPOINTS[service][0].split(":")[0]
    for action in policies.INTERFACE_ENDPOINTS[service]:
        assert action.startswith(f"{prefix}:")
        assert "*" not in action
        assert passes(document, action, "arn:aws:any:thing", ROLE)
        assert not passes(document, action, "arn:aws:any:thing", STRANGER)
    assert not passes(document, f"{prefix}:DeleteEverything", "arn:aws:any:thing", ROLE)


def test_an_unknown_endpoint_is_refused():
    with pytest.raises(
        ValueError, match=r"endpoint 'ec2' is unknown: it must be one of glue, kms, lakeformation, logs, "
    ):
        policies.interface_endpoint("ec2", ACCOUNT_ID)


def test_every_wildcard_of_these_documents_says_why():
    for service in policies.INTERFACE_ENDPOINTS:
        policies.interface_endpoint(service, ACCOUNT_ID)
    policies.s3_endpoint(BUCKET, TABLES, ACCOUNT_ID)
    policies.flow_log_access("arn:aws:logs:eu-west-1:123456789012:log-group:x:*")
    mine = {r.sid: r.reason for r in reasons()}
    assert {"FollowOwnStatements", "FindLogGroup", "OnlyCuratedReads", "OnlyThisAccount"} <= set(mine)
