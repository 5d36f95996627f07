"""Real callers at an emulator with --auth: what policies let through and what they stop."""

import json
from fnmatch import fnmatchcase
from http.client import HTTPConnection

import pytest
from botocore.exceptions import ClientError
from local_aws import lifecycle
from local_aws.address import client
from local_aws.identity import Keys

from deployment import program
from deployment.effective import NEEDS_KEY, VERBS, Access

HERE = {"LocationConstraint": "eu-west-1"}
DENY_OTHER_ENCRYPTION = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "DenyOtherEncryption",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::guarded/*",
            "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}},
        }
    ],
}


@pytest.fixture(scope="module")
def guarded(tmp_path_factory):
    """An emulator that decides."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        running = lifecycle.start(0, auth=True)
        yield running
        lifecycle.stop(running.port)


@pytest.fixture
def root(guarded):
    return lambda service: client(service, at=guarded.endpoint)


@pytest.fixture
def acting(guarded, root):
    """Clients of a role with these statements."""

    def made(name, *statements, session=None):
        iam = root("iam")
        trust = {"Version": "2012-10-17", "Statement": []}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=json.dumps(document))
        keys = assumed(root, name, session)
        return lambda service: client(service, keys, at=guarded.endpoint)

    return made


def assumed(root, role, session=None):
    limit = {"Policy": json.dumps({"Version": "2012-10-17", "Statement": session})} if session else {}
    given = root("sts").assume_role(RoleArn=f"arn:aws:iam::123456789012:role/{role}", RoleSessionName="test", **limit)[
        "Credentials"
    ]
    return Keys(access_key=given["AccessKeyId"], secret_key=given["SecretAccessKey"], token=given["SessionToken"])


def allow(actions, resources, **more):
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def test_a_role_does_what_its_policy_allows_and_nothing_else(root, acting):
    root("s3").create_bucket(Bucket="plain", CreateBucketConfiguration=HERE)
    s3 = acting("writer", allow(["s3:PutObject"], ["arn:aws:s3:::plain/in/*"]))("s3")
    s3.put_object(Bucket="plain", Key="in/a", Body=b"1")
    with pytest.raises(ClientError, match=r"AccessDenied.*role/writer is not authorized to perform: s3:PutObject"):
        s3.put_object(Bucket="plain", Key="out/a", Body=b"1")
    with pytest.raises(ClientError, match="s3:GetObject on resource: arn:aws:s3:::plain/in/a because no policy allows"):
        s3.get_object(Bucket="plain", Key="in/a")
    with pytest.raises(ClientError, match="403"):
        s3.head_object(Bucket="plain", Key="in/a")


def test_a_condition_of_a_bucket_policy_stops_whom_it_means_and_nobody_else(root, acting):
    root("s3").create_bucket(Bucket="guarded", CreateBucketConfiguration=HERE)
    root("s3").put_bucket_policy(Bucket="guarded", Policy=json.dumps(DENY_OTHER_ENCRYPTION))
    s3 = acting("encrypting", allow("s3:*", "*"))("s3")
    s3.put_object(Bucket="guarded", Key="a", Body=b"1", ServerSideEncryption="aws:kms")
    with pytest.raises(ClientError, match="explicit deny in statement DenyOtherEncryption"):
        s3.put_object(Bucket="guarded", Key="b", Body=b"1", ServerSideEncryption="AES256")
    with pytest.raises(ClientError, match="explicit deny in statement DenyOtherEncryption"):
        s3.put_object(Bucket="guarded", Key="b", Body=b"1")
    s3.get_object(Bucket="guarded", Key="a")


def test_listing_is_limited_to_the_prefix_that_is_allowed(root, acting):
    root("s3").create_bucket(Bucket="listed", CreateBucketConfiguration=HERE)
    only = {"StringLike": {"s3:prefix": ["mine/*"]}}
    s3 = acting("lister", allow("s3:ListBucket", "arn:aws:s3:::listed", Condition=only))("s3")
    assert s3.list_objects_v2(Bucket="listed", Prefix="mine/")["KeyCount"] == 0
    with pytest.raises(ClientError, match="AccessDenied"):
        s3.list_objects_v2(Bucket="listed")


def test_an_object_under_a_key_needs_the_key_as_well(root, acting):
    key = root("kms").create_key()["KeyMetadata"]["Arn"]
    root("s3").create_bucket(Bucket="sealed", CreateBucketConfiguration=HERE)
    root("s3").put_object(Bucket="sealed", Key="a", Body=b"1", ServerSideEncryption="aws:kms", SSEKMSKeyId=key)
    without = acting("keyless", allow("s3:GetObject", "*"))("s3")
    with pytest.raises(ClientError, match=r"kms:Decrypt on arn:aws:kms.* is needed"):
        without.get_object(Bucket="sealed", Key="a")
    having = acting("keyed", allow("s3:GetObject", "*"), allow("kms:Decrypt", key))("s3")
    assert having.get_object(Bucket="sealed", Key="a")["Body"].read() == b"1"


def test_an_object_that_was_deleted_is_not_there_and_no_fault_of_the_decision(root, acting):
    root("s3").create_bucket(Bucket="forgotten", CreateBucketConfiguration=HERE)
    root("s3").put_bucket_versioning(Bucket="forgotten", VersioningConfiguration={"Status": "Enabled"})
    root("s3").put_object(Bucket="forgotten", Key="a", Body=b"1")
    root("s3").delete_object(Bucket="forgotten", Key="a")
    with pytest.raises(ClientError, match="NoSuchKey"):
        acting("late-reader", allow(["s3:GetObject", "s3:ListBucket"], "*"))("s3").get_object(
            Bucket="forgotten", Key="a"
        )


def test_glue_is_decided_down_to_the_table(root, acting):
    root("glue").create_database(DatabaseInput={"Name": "d"})
    for table in ("shown", "hidden"):
        root("glue").create_table(DatabaseName="d", TableInput={"Name": table})
    arn = "arn:aws:glue:eu-west-1:123456789012:"
    glue = acting("reader", allow("glue:GetTable", [f"{arn}catalog", f"{arn}database/d", f"{arn}table/d/shown"]))(
        "glue"
    )
    assert glue.get_table(DatabaseName="d", Name="shown")["Table"]["Name"] == "shown"
    with pytest.raises(ClientError, match=r"AccessDeniedException.*glue:GetTable on resource: .*table/d/hidden"):
        glue.get_table(DatabaseName="d", Name="hidden")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        glue.start_job_run(JobName="none")


def test_a_session_has_no_more_than_its_own_policy_and_a_boundary_limits_a_role(root, acting):
    root("s3").create_bucket(Bucket="limited", CreateBucketConfiguration=HERE)
    s3 = acting("broad", allow("s3:*", "*"), session=[allow("s3:ListBucket", "*")])("s3")
    s3.list_objects_v2(Bucket="limited")
    with pytest.raises(ClientError, match="no permissions boundary or session policy"):
        s3.put_object(Bucket="limited", Key="a", Body=b"1")
    limit = json.dumps({"Version": "2012-10-17", "Statement": [allow("s3:ListBucket", "*")]})
    arn = root("iam").create_policy(PolicyName="limit", PolicyDocument=limit)["Policy"]["Arn"]
    s3 = acting("bounded", allow("s3:*", "*"))("s3")
    s3.put_object(Bucket="limited", Key="a", Body=b"1")
    root("iam").put_role_permissions_boundary(RoleName="bounded", PermissionsBoundary=arn)
    with pytest.raises(ClientError, match="no permissions boundary or session policy"):
        s3.put_object(Bucket="limited", Key="a", Body=b"1")


def test_strangers_are_refused_and_the_root_is_not(guarded, root):
    stranger = Keys(access_key="AKIAIOSFODNN7EXAMPLE", secret_key="x", token="")  # noqa: S106 - nobody has it
    with pytest.raises(ClientError, match="InvalidAccessKeyId"):
        client("s3", stranger, at=guarded.endpoint).list_buckets()
    with pytest.raises(ClientError, match="UnrecognizedClientException"):
        client("glue", stranger, at=guarded.endpoint).get_databases()
    root("s3").create_bucket(Bucket="roots", CreateBucketConfiguration=HERE)
    connection = HTTPConnection("127.0.0.1", guarded.port)
    connection.request("GET", "/roots")
    assert connection.getresponse().status == 403, "nothing is public"
    connection.close()


def test_what_cannot_be_decided_is_refused_and_not_let_through(root, acting):
    s3 = acting("odd", {"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})("s3")
    with pytest.raises(ClientError, match=r"cannot be decided here: .*NotAction"):
        s3.list_buckets()


@pytest.fixture(scope="module")
def stack():
    return Access(recording=program.recorded("local"))


def test_every_role_of_the_stack_gets_what_the_access_matrix_says_and_no_more(guarded, root, stack):
    _deploy_access(root, stack)
    tries = {
        "read": lambda s3, bucket, key: s3.get_object(Bucket=bucket, Key=key),
        "write": lambda s3, bucket, key: s3.put_object(Bucket=bucket, Key=key, Body=b"1"),
        "delete": lambda s3, bucket, key: s3.delete_object(Bucket=bucket, Key=key),
    }
    wrong, allowed = [], 0
    for role in stack.roles.values():
        s3 = client("s3", assumed(root, role.name), at=guarded.endpoint)
        for bucket in stack.bucket_policies:
            for verb, attempt in tries.items():
                patterns = stack.objects(role, bucket, verb)
                for key in {"a-place-nobody-named/x", *(p.replace("*", "x") for p in patterns)}:
                    expected = any(_fits(pattern, key) for pattern in patterns)
                    wrong += [f"{role.name} {verb} {bucket}/{key}: {expected=}"] * (
                        _is_let(attempt, s3, bucket, key) != expected
                    )
                    allowed += expected
    assert not wrong
    assert allowed > len(stack.roles), "the jobs at least can do something"


def _fits(pattern, key):
    return fnmatchcase(key, pattern.replace("[", "[[]"))


def _is_let(attempt, s3, bucket, key):
    try:
        attempt(s3, bucket, key)
    except ClientError as error:
        return error.response["Error"]["Code"] != "AccessDenied"
    return True


def _deploy_access(root, stack):
    """The roles, buckets, keys and policies of the stack as its program registered them, and nothing else of it."""
    arns = {}
    for arn, policy in dict(stack.keys_of_buckets.values()).items():
        arns[arn] = root("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]

    def placed(document):
        text = json.dumps(document)
        for recorded, real in arns.items():
            text = text.replace(recorded, real)
        return text

    for role in stack.roles.values():
        root("iam").create_role(RoleName=role.name, AssumeRolePolicyDocument=json.dumps(role.trust))
        for number, policy in enumerate(role.policies):
            root("iam").put_role_policy(RoleName=role.name, PolicyName=str(number), PolicyDocument=placed(policy))
    for bucket, policy in stack.bucket_policies.items():
        root("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=HERE)
        if bucket in stack.keys_of_buckets:
            default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arns[stack.keys_of_buckets[bucket][0]]}
            rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
            root("s3").put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
        root("s3").put_bucket_policy(Bucket=bucket, Policy=placed(policy))
    assert set(VERBS) >= set(NEEDS_KEY)


def test_athena_is_decided_by_workgroup_also_for_a_query_that_is_named_by_its_id(root, acting):
    root("s3").create_bucket(Bucket="answers", CreateBucketConfiguration=HERE)
    where = {"ResultConfiguration": {"OutputLocation": "s3://answers/"}}
    for group in ("own", "other"):
        root("athena").create_work_group(Name=group, Configuration=where)
    groups = "arn:aws:athena:eu-west-1:123456789012:workgroup/"
    run = ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetNamedQuery"]
    athena = acting("asker", allow(run, f"{groups}own"))("athena")
    mine = athena.start_query_execution(QueryString="SELECT 1", WorkGroup="own")["QueryExecutionId"]
    assert athena.get_query_execution(QueryExecutionId=mine)["QueryExecution"]["WorkGroup"] == "own"
    refused = r"AccessDeniedException.*resource: .*workgroup/{}"
    for group in ({"WorkGroup": "other"}, {}):
        with pytest.raises(ClientError, match=refused.format(group.get("WorkGroup", "primary"))):
            athena.start_query_execution(QueryString="SELECT 1", **group)
    theirs = root("athena").start_query_execution(QueryString="SELECT 1", WorkGroup="other")["QueryExecutionId"]
    with pytest.raises(ClientError, match=refused.format("other")):
        athena.get_query_execution(QueryExecutionId=theirs)
    named = root("athena").create_named_query(Name="n", Database="d", QueryString="SELECT 1", WorkGroup="other")
    with pytest.raises(ClientError, match=refused.format("other")):
        athena.get_named_query(NamedQueryId=named["NamedQueryId"])
    with pytest.raises(ClientError, match=r"athena:ListWorkGroups on resource: \*"):
        athena.list_work_groups()
