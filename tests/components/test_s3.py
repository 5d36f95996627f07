"""LakeStorage: what is registered, exactly.

Mocks prove what the lake asks for, not that AWS accepts it; that is proved by ``tests/deployment``, which shows the same
resources to AWS's own provider.
"""

import functools
import json

import pulumi_aws as aws
import pytest

from components.s3 import KeyUse, LakeStorage, LakeStorageArgs, Retention, ZoneRetention
from tests.engine import ACCOUNT_ID, REGION, Build, built

KEY_ARN = "arn:aws:kms:eu-west-1:123456789012:key/storage-key-key-id"
ZONES = ["curated", "jobs", "logs", "processed", "quarantine", "raw", "results"]
READER = f"arn:aws:iam::{ACCOUNT_ID}:role/energy-lake-dev-raw-to-processed"


def args(**changes: object) -> LakeStorageArgs:
    plain: dict[str, object] = {
        "prefix": "energy-lake-dev",
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "key_uses": [KeyUse(name="Jobs", principal_arns=(READER,), services=("s3",), encrypts=True)],
        "readers": {"raw": [READER]},
        "writers": {"processed": [READER]},
        "tags": {"project": "energy-lake"},
    }
    return LakeStorageArgs(**{**plain, **changes})  # type: ignore[arg-type]


@functools.cache
def storage(**changes: object) -> Build[LakeStorage]:
    return built(lambda: LakeStorage("storage", args(**changes)))


def bucket(zone: str) -> str:
    return f"energy-lake-dev-{zone}-{ACCOUNT_ID}-{REGION}"


def policy_of(build: Build[LakeStorage], zone: str) -> dict[str, dict[str, object]]:
    document = json.loads(build.one("aws:s3/bucketPolicy:BucketPolicy", f"-{zone}-policy").inputs["policy"])
    return {statement["Sid"]: statement for statement in document["Statement"]}


def test_seven_buckets_with_everything_that_guards_them_and_one_key():
    assert storage().counts() == {
        "aws:kms/alias:Alias": 1,
        "aws:kms/key:Key": 1,
        "aws:s3/bucket:Bucket": 7,
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": 7,
        "aws:s3/bucketLogging:BucketLogging": 7,
        "aws:s3/bucketNotification:BucketNotification": 1,
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls": 7,
        "aws:s3/bucketPolicy:BucketPolicy": 7,
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": 7,
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": 7,
        "aws:s3/bucketVersioning:BucketVersioning": 7,
        "energylake:s3:LakeStorage": 1,
    }


def test_buckets_are_named_by_stack_zone_account_and_region():
    build = storage()
    assert [resource.inputs["bucket"] for resource in build.of("aws:s3/bucket:Bucket")] == [bucket(z) for z in ZONES]
    assert {resource.inputs["tags"]["zone"] for resource in build.of("aws:s3/bucket:Bucket")} == set(ZONES)


def test_every_child_has_the_component_as_its_parent():
    build = storage()
    component = build.one("energylake:s3:LakeStorage")
    assert {r.options.parent for r in build.resources if r.custom} == {component.urn}


def test_no_bucket_can_be_public():
    for resource in storage().of("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"):
        assert {key: resource.inputs[key] for key in sorted(resource.inputs) if key != "bucket"} == {
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        }


def test_access_control_lists_are_off_everywhere():
    for resource in storage().of("aws:s3/bucketOwnershipControls:BucketOwnershipControls"):
        assert resource.inputs["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_every_bucket_keeps_versions():
    for resource in storage().of("aws:s3/bucketVersioning:BucketVersioning"):
        assert resource.inputs["versioningConfiguration"] == {"status": "Enabled"}


def test_every_bucket_but_the_log_bucket_is_encrypted_with_the_lakes_key_and_a_bucket_key():
    build = storage()
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    rules = {r.inputs["bucket"]: r.inputs["rules"] for r in build.of(kind)}
    assert rules.pop(bucket("logs")) == [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]
    assert set(rules) == {bucket(zone) for zone in ZONES if zone != "logs"}
    for rule in rules.values():
        assert rule == [
            {
                "applyServerSideEncryptionByDefault": {"kmsMasterKeyId": KEY_ARN, "sseAlgorithm": "aws:kms"},
                "bucketKeyEnabled": True,
            }
        ]


def test_the_key_rotates_every_year_and_waits_thirty_days_before_it_dies():
    key = storage().one("aws:kms/key:Key").inputs
    assert (key["enableKeyRotation"], key["deletionWindowInDays"]) == (True, 30)
    assert key.get("rotationPeriodInDays") is None, "KMS's own period is a year"
    assert storage().one("aws:kms/alias:Alias").inputs["name"] == "alias/energy-lake-dev"


def test_the_key_policy_has_a_statement_per_use():
    document = json.loads(storage().one("aws:kms/key:Key").inputs["policy"])
    assert [statement["Sid"] for statement in document["Statement"]] == [
        "AdministerWithoutUse",
        "Jobs",
        "EncryptLogGroups",
        "PublishAlerts",
    ]


def test_every_bucket_delivers_its_access_logs_into_a_folder_of_its_own():
    build = storage()
    logging = {r.inputs["bucket"]: r.inputs for r in build.of("aws:s3/bucketLogging:BucketLogging")}
    assert {name: inputs["targetPrefix"] for name, inputs in logging.items()} == {
        bucket(zone): f"s3-access/{zone}/" for zone in ZONES
    }
    assert {inputs["targetBucket"] for inputs in logging.values()} == {bucket("logs")}


def test_access_logging_waits_for_the_log_buckets_policy():
    build = storage()
    policy = build.one("aws:s3/bucketPolicy:BucketPolicy", "-logs-policy").urn
    for resource in build.of("aws:s3/bucketLogging:BucketLogging"):
        assert policy in resource.options.depends_on


def test_the_log_bucket_takes_logs_of_the_lakes_buckets_and_of_those_named_and_of_no_other():
    statement = policy_of(storage(further_logged_buckets=("audit",)), "logs")["DeliverAccessLogs"]
    assert statement["Principal"] == {"Service": "logging.s3.amazonaws.com"}
    assert statement["Condition"] == {
        "ArnLike": {
            "aws:SourceArn": [
                *(
                    f"arn:aws:s3:::{bucket(zone)}"
                    for zone in ("raw", "processed", "quarantine", "curated", "results", "jobs", "logs")
                ),
                "arn:aws:s3:::audit",
            ]
        },
        "StringEquals": {"aws:SourceAccount": ACCOUNT_ID},
    }


def test_a_bucket_policy_waits_until_the_bucket_is_closed_to_the_public():
    build = storage()
    for zone in ZONES:
        policy = build.one("aws:s3/bucketPolicy:BucketPolicy", f"-{zone}-policy")
        block = build.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", f"-{zone}-public-access")
        ownership = build.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls", f"-{zone}-ownership")
        assert {block.urn, ownership.urn} <= set(policy.options.depends_on)


def test_raw_tells_eventbridge_and_nobody_else_does():
    notification = storage().one("aws:s3/bucketNotification:BucketNotification").inputs
    assert (notification["bucket"], notification["eventbridge"]) == (bucket("raw"), True)


def test_only_the_zones_that_were_closed_name_readers_and_writers():
    build = storage()
    closed = {
        zone: sorted(sid for sid in policy_of(build, zone) if sid.startswith("DenyOther") and sid.endswith("ers"))
        for zone in ZONES
    }
    assert {zone: sids for zone, sids in closed.items() if sids} == {
        "raw": ["DenyOtherReaders"],
        "processed": ["DenyOtherWriters"],
    }


def test_the_policies_name_the_lakes_key():
    build = storage()
    for zone in ZONES:
        statement = policy_of(build, zone).get("DenyOtherKeys")
        if zone == "logs":
            assert statement is None
        else:
            assert statement is not None
            assert statement["Condition"] == {
                "Null": {"s3:x-amz-server-side-encryption-aws-kms-key-id": "false"},
                "StringNotEquals": {"s3:x-amz-server-side-encryption-aws-kms-key-id": KEY_ARN},
            }


def lifecycle(build: Build[LakeStorage], zone: str) -> list[dict[str, object]]:
    kind = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    rules: list[dict[str, object]] = build.one(kind, f"-{zone}-lifecycle").inputs["rules"]
    return rules


def test_raw_moves_to_cheaper_classes_and_never_expires():
    every, age = lifecycle(storage(), "raw")
    assert every == {
        "id": "abandoned-and-replaced",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
        "noncurrentVersionExpiration": {"noncurrentDays": 3650},
        "expiration": {"expiredObjectDeleteMarker": True},
    }
    assert age == {
        "id": "age",
        "status": "Enabled",
        "filter": {"prefix": ""},
        "transitions": [
            {"days": 30, "storageClass": "STANDARD_IA"},
            {"days": 90, "storageClass": "GLACIER_IR"},
        ],
    }


def test_results_expire_and_keep_no_delete_marker_rule_beside_the_days():
    every, age = lifecycle(storage(), "results")
    assert "expiration" not in every
    assert age["expiration"] == {"days": 14}


def test_a_zone_with_nothing_but_versions_has_one_rule():
    assert [rule["id"] for rule in lifecycle(storage(), "curated")] == ["abandoned-and-replaced"]


def test_lifecycle_rules_wait_for_versioning():
    build = storage()
    for zone in ZONES:
        versioning = build.one("aws:s3/bucketVersioning:BucketVersioning", f"-{zone}-versioning").urn
        kind = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
        assert versioning in build.one(kind, f"-{zone}-lifecycle").options.depends_on


def test_object_lock_is_off_unless_asked_for():
    build = storage()
    assert {r.inputs["objectLockEnabled"] for r in build.of("aws:s3/bucket:Bucket")} == {False}


def test_object_lock_covers_raw_only():
    build = storage(raw_object_lock_days=30)
    assert [r.name for r in build.of("aws:s3/bucket:Bucket") if r.inputs["objectLockEnabled"]] == ["storage-raw"]
    lock = build.one("aws:s3/bucketObjectLockConfiguration:BucketObjectLockConfiguration").inputs
    assert lock["rule"] == {"defaultRetention": {"mode": "GOVERNANCE", "days": 30}}


def test_buckets_survive_a_destroy_unless_the_stack_says_otherwise():
    assert {r.inputs["forceDestroy"] for r in storage().of("aws:s3/bucket:Bucket")} == {False}
    assert {r.inputs["forceDestroy"] for r in storage(force_destroy=True).of("aws:s3/bucket:Bucket")} == {True}


def test_outputs_name_every_zone():
    build = storage()
    assert build.value(build.made.bucket_names) == {zone: bucket(zone) for zone in ZONES}
    assert build.value(build.made.bucket_arns) == {zone: f"arn:aws:s3:::{bucket(zone)}" for zone in ZONES}
    assert build.value(build.made.key_arn) == KEY_ARN
    assert build.value(build.made.ready) is True


def test_who_uses_a_bucket_name_waits_for_the_buckets_guards():
    def program() -> None:
        made = LakeStorage("storage", args())
        aws.s3.BucketObjectv2("script", bucket=made.bucket_names["jobs"], key="script.py", content="")

    build = built(program)
    waits = set(build.one("aws:s3/bucketObjectv2:BucketObjectv2").options.depends_on)
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    assert build.one(kind, "-jobs-encryption").urn in waits
    assert build.one("aws:s3/bucketPolicy:BucketPolicy", "-jobs-policy").urn in waits


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"account_id": "42"}, "account_id is '42', it must be the account's 12 digits"),
        (
            {"readers": {"results": [READER]}},
            "readers names results: only raw, processed, quarantine, curated hold data that can be closed",
        ),
        (
            {"raw_object_lock_days": 0},
            "raw_object_lock_days is 0, it must be at least 1: leave it away for no lock",
        ),
        (
            {"raw_object_lock_days": 30, "force_destroy": True},
            (
                "raw_object_lock_days is 30 and force_destroy is on: locked deliveries cannot be destroyed, "
                "switch one of them off"
            ),
        ),
        (
            {"raw_object_lock_days": 30, "retention": ZoneRetention(raw=Retention(expire_after=7))},
            (
                "raw_object_lock_days is 30 and raw expires after 7 days: a locked delivery cannot expire, "
                "keep raw for at least 30 days or lock it for less"
            ),
        ),
        (
            {"prefix": "energy-lake-a-very-long-stack-name"},
            (
                "bucket name 'energy-lake-a-very-long-stack-name-processed-123456789012-eu-west-1' has 67 characters, "
                "S3 allows 63: choose a shorter stack name"
            ),
        ),
    ],
)
def test_a_wrong_argument_is_refused_with_the_way_out(changes: dict[str, object], message: str):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared word for word
        args(**changes)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (
            {"infrequent_after": 7},
            "retention: infrequent_after is 7 days, S3 allows 30 or more: leave it away to stay in the standard class",
        ),
        (
            {"infrequent_after": 90, "archive_after": 60},
            (
                "retention: archive_after is 60 days and infrequent_after is 90: "
                "archive_after must come after infrequent_after, or one of them be left away"
            ),
        ),
        (
            {"archive_after": 90, "expire_after": 30},
            (
                "retention: expire_after is 30 days and archive_after is 90: "
                "expire_after must come after archive_after, or one of them be left away"
            ),
        ),
        ({"noncurrent": 0}, "retention: noncurrent is 0 days, it must be at least 1"),
    ],
)
def test_a_retention_out_of_order_is_refused(wrong: dict[str, int], message: str):
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the message is compared word for word
        Retention(**wrong)
    assert str(refused.value) == message


def test_a_zone_without_retention_is_refused():
    with pytest.raises(ValueError, match="zone 'bronze' is unknown: it must be one of raw, processed"):
        ZoneRetention().of("bronze")
