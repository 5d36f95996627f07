"""The trail: what it records, where it goes, and how that place is closed."""

import json
import re

import pytest

from components.lakeformation import LakeAudit
from components.policies.audit import AuditTrail, audit_bucket, audit_key, trail_logs, trail_logs_trust
from tests.components.lakeformation_samples import audit_args
from tests.engine import ACCOUNT_ID, REGION, built

TRAIL = AuditTrail(prefix="energy-lake-dev", account_id=ACCOUNT_ID, region=REGION)
BUCKET = f"energy-lake-dev-audit-{ACCOUNT_ID}-{REGION}"
KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/audit-key-key-id"
GROUP_ARN = f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/energy-lake-dev/audit"
TAGS = {"project": "energy-lake"}


def audited(**changes):
    return built(lambda: LakeAudit("audit", audit_args(**changes)))


def inputs(build, token, suffix=None):
    return {key: value for key, value in build.one(token, suffix).inputs.items() if value is not None}


def test_the_trail_records_every_region_with_signed_digests_and_every_object():
    assert inputs(audited(), "aws:cloudtrail/trail:Trail") == {
        "name": "energy-lake-dev-audit",
        "s3BucketName": BUCKET,
        "kmsKeyId": KEY_ARN,
        "enableLogging": True,
        "enableLogFileValidation": True,
        "isMultiRegionTrail": True,
        "includeGlobalServiceEvents": True,
        "cloudWatchLogsGroupArn": f"{GROUP_ARN}:*",
        "cloudWatchLogsRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/energy-lake-dev-audit-logs",
        "advancedEventSelectors": [
            {"name": "Management events", "fieldSelectors": [{"field": "eventCategory", "equals": ["Management"]}]},
            {
                "name": "Objects of the lake",
                "fieldSelectors": [
                    {"field": "eventCategory", "equals": ["Data"]},
                    {"field": "resources.type", "equals": ["AWS::S3::Object"]},
                    {"field": "resources.ARN", "startsWiths": ["arn:aws:s3:::curated/", "arn:aws:s3:::raw/"]},
                ],
            },
        ],
        "tags": TAGS,
    }


def test_the_trail_starts_when_its_bucket_is_finished_and_its_role_may_write():
    build = audited()
    first = {
        build.one(token).urn
        for token in (
            "aws:s3/bucketPolicy:BucketPolicy",
            "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
            "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
            "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
            "aws:iam/rolePolicy:RolePolicy",
        )
    }
    assert first <= set(build.one("aws:cloudtrail/trail:Trail").options.depends_on)


def test_the_bucket_is_kept_unless_the_stack_says_otherwise():
    assert inputs(audited(), "aws:s3/bucket:Bucket") == {"bucket": BUCKET, "forceDestroy": False, "tags": TAGS}
    assert inputs(audited(deletable=True), "aws:s3/bucket:Bucket")["forceDestroy"] is True


@pytest.mark.parametrize("deletable", [False, True])
def test_the_bucket_has_the_trails_policy(deletable):
    policy = inputs(audited(deletable=deletable), "aws:s3/bucketPolicy:BucketPolicy")["policy"]
    assert json.loads(policy) == audit_bucket(TRAIL, deletable=deletable)


def test_the_bucket_is_closed_versioned_and_encrypted_with_the_trails_key():
    build = audited()
    assert inputs(build, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock") == {
        "bucket": BUCKET,
        "blockPublicAcls": True,
        "blockPublicPolicy": True,
        "ignorePublicAcls": True,
        "restrictPublicBuckets": True,
    }
    assert inputs(build, "aws:s3/bucketOwnershipControls:BucketOwnershipControls")["rule"] == {
        "objectOwnership": "BucketOwnerEnforced"
    }
    assert inputs(build, "aws:s3/bucketVersioning:BucketVersioning")["versioningConfiguration"] == {"status": "Enabled"}
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    assert inputs(build, encryption)["rules"] == [
        {
            "applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": KEY_ARN},
            "bucketKeyEnabled": True,
        }
    ]


def test_who_reaches_for_the_bucket_is_logged_elsewhere():
    assert inputs(audited(), "aws:s3/bucketLogging:BucketLogging") == {
        "bucket": BUCKET,
        "targetBucket": "logs",
        "targetPrefix": "s3-access/audit/",
    }


def test_files_expire_after_their_time():
    (rule,) = inputs(audited(retention_days=400), "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")[
        "rules"
    ]
    assert rule["status"] == "Enabled"
    assert rule["expiration"] == {"days": 400}
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 30}


def test_the_key_rotates_and_is_the_trails():
    key = inputs(audited(), "aws:kms/key:Key")
    assert key["enableKeyRotation"] is True
    assert key["deletionWindowInDays"] == 30
    assert json.loads(key["policy"]) == audit_key(TRAIL)


def test_the_log_group_is_encrypted_and_forgets_in_time():
    assert inputs(audited(log_retention_days=30), "aws:cloudwatch/logGroup:LogGroup") == {
        "name": "/energy-lake-dev/audit",
        "retentionInDays": 30,
        "kmsKeyId": KEY_ARN,
        "tags": TAGS,
    }


def test_cloudtrail_writes_the_log_group_with_a_role_of_its_own():
    build = audited()
    role = inputs(build, "aws:iam/role:Role")
    assert role["name"] == "energy-lake-dev-audit-logs"
    assert json.loads(role["assumeRolePolicy"]) == trail_logs_trust(TRAIL)
    assert json.loads(inputs(build, "aws:iam/rolePolicy:RolePolicy")["policy"]) == trail_logs(TRAIL)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"watched_bucket_arns": {}},
            "watched_bucket_arns is empty, expected the zones' buckets; without them no read is recorded",
        ),
        (
            {"retention_days": 30, "log_retention_days": 90},
            (
                "retention_days is 30 and log_retention_days 90; the files are the record and must be kept at least as long "
                "as the copy that is searched"
            ),
        ),
        (
            {"log_retention_days": 91},
            "log_retention_days is 91, CloudWatch Logs takes 1, 3, 5, 7, 14, 30, 60, 90, 120,",
        ),
    ],
)
def test_a_wrong_argument_is_refused_with_its_way_out(changes, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        audit_args(**changes)
