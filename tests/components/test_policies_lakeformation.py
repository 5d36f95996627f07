"""What the roles of governance are let through by IAM; what Lake Formation then shows them is in `test_lakeformation.py`."""

import pytest

from components.policies.lakeformation import (
    persona_catalog,
    persona_trust,
    registration_access,
    registration_trust,
    sharing,
    view_keeper,
)
from deployment.iam import Request, decide

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/lake"
ANALYST = f"arn:aws:iam::{ACCOUNT}:role/energy-lake-dev-persona-analyst"
REGISTRATION = f"arn:aws:iam::{ACCOUNT}:role/energy-lake-dev-lakeformation-registration"
DATABASE = "energy_lake_dev_curated"
GLUE = f"arn:aws:glue:{REGION}:{ACCOUNT}"


def let_through(document, principal, action, resource, **context):
    keys = {key.replace("__", ":"): value for key, value in context.items()}
    return decide(Request(principal=principal, action=action, resource=resource, context=keys), [document]).allowed


def test_only_lake_formation_of_this_account_takes_on_the_registration_role():
    assert registration_trust(ACCOUNT, REGION) == {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AssumeLakeformation",
                "Effect": "Allow",
                "Principal": {"Service": "lakeformation.amazonaws.com"},
                "Action": ["sts:AssumeRole", "sts:SetContext", "sts:SetSourceIdentity"],
                "Condition": {
                    "StringEquals": {"aws:SourceAccount": ACCOUNT},
                    "ArnLike": {"aws:SourceArn": [f"arn:aws:lakeformation:{REGION}:{ACCOUNT}:*"]},
                },
            }
        ],
    }


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:GetObject", "arn:aws:s3:::curated/clients/clients.parquet", True),
        ("s3:ListBucket", "arn:aws:s3:::curated", True),
        ("s3:PutObject", "arn:aws:s3:::curated/clients/clients.parquet", False),
        ("s3:DeleteObject", "arn:aws:s3:::curated/clients/clients.parquet", False),
        ("s3:GetObject", "arn:aws:s3:::quarantine/clients/clients.parquet", False),
    ],
)
def test_lake_formation_reads_registered_buckets_and_changes_nothing(action, resource, allowed):
    assert let_through(registration_access(["curated", "raw"], KEY, REGION), REGISTRATION, action, resource) is allowed


def test_lake_formation_decrypts_through_s3_only():
    access = registration_access(["curated"], KEY, REGION)
    assert let_through(access, REGISTRATION, "kms:Decrypt", KEY, kms__ViaService="s3.eu-west-1.amazonaws.com")
    assert not let_through(access, REGISTRATION, "kms:Decrypt", KEY, kms__ViaService="glue.eu-west-1.amazonaws.com")
    assert not let_through(
        access, REGISTRATION, "kms:GenerateDataKey", KEY, kms__ViaService="s3.eu-west-1.amazonaws.com"
    )


def test_a_persona_is_taken_on_by_named_principals_with_a_second_factor():
    principals = [f"arn:aws:iam::{ACCOUNT}:role/sso-analyst"]
    assert persona_trust(principals, require_mfa=True)["Statement"] == [
        {
            "Sid": "AssumePersona",
            "Effect": "Allow",
            "Principal": {"AWS": principals},
            "Action": ["sts:AssumeRole"],
            "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}},
        }
    ]


def test_without_mfa_the_trust_has_no_condition():
    assert "Condition" not in persona_trust(["arn:aws:iam::123456789012:root"], require_mfa=False)["Statement"][0]


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("glue:GetTable", f"{GLUE}:table/{DATABASE}/clients", True),
        ("glue:GetPartitions", f"{GLUE}:table/{DATABASE}/transactions", True),
        ("glue:GetDatabase", f"{GLUE}:database/default", True),
        ("lakeformation:GetDataAccess", "*", True),
        ("glue:GetTable", f"{GLUE}:table/energy_lake_dev_raw/clients", False),
        ("glue:UpdateTable", f"{GLUE}:table/{DATABASE}/clients", False),
        ("glue:CreateTable", f"{GLUE}:table/{DATABASE}/mine", False),
        ("lakeformation:GrantPermissions", "*", False),
        ("s3:GetObject", "arn:aws:s3:::curated/clients/clients.parquet", False),
        ("s3:ListBucket", "arn:aws:s3:::curated", False),
    ],
)
def test_a_persona_looks_into_its_catalog_and_asks_lake_formation_for_the_rest(action, resource, allowed):
    assert let_through(persona_catalog([DATABASE], KEY, ACCOUNT, REGION), ANALYST, action, resource) is allowed


def test_no_persona_document_names_s3():
    written = str(persona_catalog([DATABASE], KEY, ACCOUNT, REGION))
    assert "s3:" not in written


def test_a_persona_uses_the_lakes_key_for_the_catalog_and_not_for_objects():
    catalog = persona_catalog([DATABASE], KEY, ACCOUNT, REGION)
    assert let_through(catalog, ANALYST, "kms:Decrypt", KEY, kms__ViaService="glue.eu-west-1.amazonaws.com")
    assert not let_through(catalog, ANALYST, "kms:Decrypt", KEY, kms__ViaService="s3.eu-west-1.amazonaws.com")


def test_an_engineer_keeps_exactly_the_views_of_the_queries():
    keeper = view_keeper(DATABASE, ["monthly_prices"], ACCOUNT, REGION)
    assert let_through(keeper, ANALYST, "glue:UpdateTable", f"{GLUE}:table/{DATABASE}/monthly_prices")
    assert not let_through(keeper, ANALYST, "glue:UpdateTable", f"{GLUE}:table/{DATABASE}/transactions")
    assert not let_through(keeper, ANALYST, "glue:DeleteTable", f"{GLUE}:table/{DATABASE}/transactions")


def test_ram_may_share_the_curated_database_for_this_account():
    assert sharing(DATABASE, ACCOUNT, REGION)["Statement"] == [
        {
            "Sid": "LetRamShare",
            "Effect": "Allow",
            "Principal": {"Service": "ram.amazonaws.com"},
            "Action": ["glue:ShareResource"],
            "Resource": [f"{GLUE}:catalog", f"{GLUE}:database/{DATABASE}", f"{GLUE}:table/{DATABASE}/*"],
            "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}},
        }
    ]
