"""The policies that were deployed, and what they say of an act. See `auth.py`, whose checkout makes `deployment` importable."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.glue.models import glue_backends
from moto.iam.models import ManagedPolicy, iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import FakeBucket, FakeKey, s3_backends
from moto.sts.models import sts_backends

from deployment.iam import Decision, Document, Request, decide, decide_key
from local_aws.auth_s3 import Act
from local_aws.identity import ACCOUNT_ID, PARTITION, Caller

__all__ = ["objection"]

_KMS_OF = {"s3:GetObject": "kms:Decrypt", "s3:GetObjectVersion": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}
_KEY_ID = "s3:x-amz-server-side-encryption-aws-kms-key-id"


def objection(who: Caller, act: Act, region: str) -> str:
    """Why a caller may not do something, in AWS's words; empty where they may.

    Raises:
        UnknownElementError: A policy uses what the evaluator does not know.
    """
    context = {"aws:RequestedRegion": region, "aws:SourceIp": "127.0.0.1", "aws:ResourceAccount": ACCOUNT_ID}
    request = Request(principal=who.arn, action=act.action, resource=act.resource, context={**context, **act.context})
    own = _policies_of(who)
    for limit in (_boundary_of(who), _session_of(who)):
        if limit is not None and not decide(request, [limit]).allowed:
            return "because no permissions boundary or session policy allows it"
    decision = decide(request, own, _resource_policy(act, region))
    if not decision.allowed:
        return _why(decision)
    key_arn = _key_of(act)
    if not key_arn:
        return ""
    asked = _use_of_key(who, act, key_arn)
    decision = decide_key(asked, own, _key_policy(key_arn))
    return "" if decision.allowed else f"({asked.action} on {key_arn} is needed) {_why(decision)}"


def _why(decision: Decision) -> str:
    if decision.explicit:
        return f"with an explicit deny in statement {decision.sid or 'without a Sid'}"
    return f"because no policy allows the action{f' (statement {decision.sid})' if decision.sid else ''}"


def _policies_of(who: Caller) -> list[Document]:
    """What is attached to a caller: inline and managed policies, a user's groups' too."""
    iam = iam_backends[ACCOUNT_ID][PARTITION]
    if who.role_name:
        holders: list[Any] = [role for role in iam.get_roles() if role.name == who.role_name]
    else:
        user = iam.get_user(who.arn.rsplit("/", 1)[-1])
        holders = [user, *iam.get_groups_for_user(user.name)]
    texts = [text for holder in holders for text in holder.policies.values()]
    texts += [_text_of(policy) for holder in holders for policy in holder.managed_policies.values()]
    return [_document(text) for text in texts]


def _boundary_of(who: Caller) -> Document | None:
    iam = iam_backends[ACCOUNT_ID][PARTITION]
    arns = [role.permissions_boundary_arn for role in iam.get_roles() if role.name == who.role_name]
    return _document(_text_of(iam.get_policy(arns[0]))) if arns and arns[0] else None


def _session_of(who: Caller) -> Document | None:
    session = sts_backends[ACCOUNT_ID][PARTITION].get_assumed_role_from_access_key(who.access_key)
    return _document(session.policy) if session and session.policy else None


def _resource_policy(act: Act, region: str) -> Document | None:
    if act.action.startswith("glue:"):
        policies = glue_backends[ACCOUNT_ID][region].resource_policies
        return next((_document(policy["PolicyInJson"]) for policy in policies.values()), None)
    bucket = _bucket(act)
    return _document(bucket.policy.decode()) if bucket is not None and bucket.policy else None


def _bucket(act: Act) -> FakeBucket | None:
    name = act.resource.removeprefix("arn:aws:s3:::").partition("/")[0]
    return s3_backends[ACCOUNT_ID][PARTITION].buckets.get(name)


def _key_of(act: Act) -> str:
    """The key of our own that an object is, or will be, encrypted with; empty where it is S3's."""
    bucket = _bucket(act) if act.action in _KMS_OF else None
    if bucket is None:
        return ""
    if act.action == "s3:PutObject":
        found = act.context.get(_KEY_ID) or _default_of(bucket).get("KMSMasterKeyID")
    else:
        there = bucket.keys.get(act.resource.partition("/")[2])
        found = there.kms_key_id if isinstance(there, FakeKey) else None  # a delete marker has none
    return found if found and found.startswith("arn:") else ""


def _default_of(bucket: FakeBucket) -> Mapping[str, str]:
    rule = (bucket.encryption or {}).get("Rule", {})
    default: Mapping[str, str] = rule.get("ApplyServerSideEncryptionByDefault", {})
    return default


def _use_of_key(who: Caller, act: Act, key_arn: str) -> Request:
    """S3's call to KMS on behalf of the caller. With a bucket key the context names the bucket, otherwise the object."""
    bucket = _bucket(act)
    has_bucket_key = bucket is not None and (bucket.encryption or {}).get("Rule", {}).get("BucketKeyEnabled") in {
        True,
        "true",
    }
    context = {
        "kms:ViaService": f"s3.{key_arn.split(':')[3]}.amazonaws.com",
        "kms:CallerAccount": ACCOUNT_ID,
        "kms:EncryptionContext:aws:s3:arn": act.resource.partition("/")[0] if has_bucket_key else act.resource,
    }
    return Request(principal=who.arn, action=_KMS_OF[act.action], resource=key_arn, context=context)


def _key_policy(key_arn: str) -> Document:
    keys = kms_backends[ACCOUNT_ID][key_arn.split(":")[3]].keys
    key = keys.get(key_arn.rsplit("/", 1)[-1])
    return _document(key.policy) if key else {}


def _text_of(policy: ManagedPolicy) -> str:
    """The version of a managed policy that is in force."""
    return next(str(v.document) for v in policy.versions if v.version_id == policy.default_version_id)


def _document(text: str) -> Document:
    found: Document = json.loads(text if text.lstrip().startswith("{") else unquote(text))
    return found
