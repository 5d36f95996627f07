"""A persona's queries: its own workgroup, its own results, and the key for those alone."""

import pytest

from components.policies.athena import persona_queries, result_prefix
from deployment.iam import Request, decide

ACCOUNT = "123456789012"
REGION = "eu-west-1"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/lake"
BI = f"arn:aws:iam::{ACCOUNT}:role/energy-lake-dev-persona-bi"
RESULTS = "arn:aws:s3:::results"
DOCUMENT = persona_queries("energy-lake-dev", "bi", "results", KEY, ACCOUNT, REGION)


def let_through(action, resource, context=None):
    return decide(Request(principal=BI, action=action, resource=resource, context=context or {}), [DOCUMENT]).allowed


def workgroup(name):
    return f"arn:aws:athena:{REGION}:{ACCOUNT}:workgroup/{name}"


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("athena:StartQueryExecution", workgroup("energy-lake-dev-bi"), True),
        ("athena:GetQueryResults", workgroup("energy-lake-dev-bi"), True),
        ("athena:GetQueryResultsStream", workgroup("energy-lake-dev-bi"), True),
        ("athena:ListNamedQueries", workgroup("energy-lake-dev-bi"), True),
        ("athena:ListTableMetadata", f"arn:aws:athena:{REGION}:{ACCOUNT}:datacatalog/AwsDataCatalog", True),
        ("athena:StartQueryExecution", workgroup("energy-lake-dev-analyst"), False),
        ("athena:GetQueryResults", workgroup("energy-lake-dev-analyst"), False),
        ("athena:StartQueryExecution", workgroup("primary"), False),
        ("athena:UpdateWorkGroup", workgroup("energy-lake-dev-bi"), False),
        ("athena:DeleteNamedQuery", workgroup("energy-lake-dev-bi"), False),
    ],
)
def test_a_persona_queries_in_its_own_workgroup_and_changes_none(action, resource, allowed):
    assert let_through(action, resource) is allowed


@pytest.mark.parametrize(
    ("action", "resource", "allowed"),
    [
        ("s3:GetObject", f"{RESULTS}/bi/1.csv", True),
        ("s3:PutObject", f"{RESULTS}/bi/1.csv", True),
        ("s3:GetObject", f"{RESULTS}/analyst/1.csv", False),
        ("s3:GetObject", f"{RESULTS}/bi-team/1.csv", False),
        ("s3:PutObject", f"{RESULTS}/analyst/1.csv", False),
        ("s3:DeleteObject", f"{RESULTS}/bi/1.csv", False),
        ("s3:GetObject", "arn:aws:s3:::curated/bi/1.parquet", False),
    ],
)
def test_a_persona_reads_and_writes_its_own_results(action, resource, allowed):
    assert let_through(action, resource) is allowed


@pytest.mark.parametrize(
    ("prefix", "allowed"), [("bi/", True), ("bi", True), ("bi/2026", True), ("", False), ("analyst/", False)]
)
def test_a_persona_lists_its_own_results(prefix, allowed):
    assert let_through("s3:ListBucket", RESULTS, {"s3:prefix": prefix}) is allowed


VIA_S3 = {"kms:ViaService": f"s3.{REGION}.amazonaws.com"}


@pytest.mark.parametrize(
    ("context", "allowed"),
    [
        pytest.param({**VIA_S3, "kms:EncryptionContext:aws:s3:arn": RESULTS}, True, id="bucket key of the results"),
        pytest.param({**VIA_S3, "kms:EncryptionContext:aws:s3:arn": f"{RESULTS}/bi/1.csv"}, True, id="own result"),
        pytest.param(
            {**VIA_S3, "kms:EncryptionContext:aws:s3:arn": f"{RESULTS}/analyst/1.csv"}, False, id="other result"
        ),
        pytest.param({**VIA_S3, "kms:EncryptionContext:aws:s3:arn": "arn:aws:s3:::curated"}, False, id="the data"),
        pytest.param({**VIA_S3}, False, id="no context"),
        pytest.param(
            {"kms:ViaService": f"glue.{REGION}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": RESULTS},
            False,
            id="another service",
        ),
    ],
)
def test_the_key_opens_results_and_nothing_else(context, allowed):
    assert let_through("kms:Decrypt", KEY, context) is allowed


def test_a_result_prefix_ends_in_a_slash():
    assert result_prefix("bi") == "bi/"
