"""Which actions an S3 request performs, on what, under which condition keys.

After the Service Authorization Reference, "Actions, resources, and condition keys for Amazon S3". Known to be left out: access
points, object lock, S3 Select.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote

__all__ = ["Act", "acts_of"]

_OF_BUCKET = {
    "accelerate": "AccelerateConfiguration",
    "acl": "BucketAcl",
    "cors": "BucketCORS",
    "encryption": "EncryptionConfiguration",
    "inventory": "InventoryConfiguration",
    "lifecycle": "LifecycleConfiguration",
    "location": "BucketLocation",
    "logging": "BucketLogging",
    "metrics": "MetricsConfiguration",
    "notification": "BucketNotification",
    "object-lock": "BucketObjectLockConfiguration",
    "ownershipControls": "BucketOwnershipControls",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "publicAccessBlock": "BucketPublicAccessBlock",
    "replication": "ReplicationConfiguration",
    "requestPayment": "BucketRequestPayment",
    "tagging": "BucketTagging",
    "versioning": "BucketVersioning",
    "website": "BucketWebsite",
}
"""A part of a bucket, as a query names it -> as actions name it."""

_OF_OBJECT = {"acl": "Acl", "attributes": "Attributes", "retention": "Retention", "tagging": "Tagging"}

_DELETED_BY_NAME = {"policy", "website"}
"""Parts that have an action for taking them away; taking away any other is putting nothing in its place."""

_HEADERS = (
    "x-amz-acl",
    "x-amz-copy-source",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
)
"""Headers that are condition keys of the same name."""

_QUERIES = {"prefix": "s3:prefix", "delimiter": "s3:delimiter", "max-keys": "s3:max-keys", "versionId": "s3:VersionId"}


@dataclass(frozen=True, kw_only=True)
class Act:
    """Something that a request does, and that has to be allowed: an action on a resource, and the condition keys."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def acts_of(method: str, path: str, query: str, headers: Mapping[str, str], body: bytes = b"") -> list[Act]:
    """What a request does, all of which has to be allowed.

    Args:
        method: GET, PUT …
        path: `/bucket/key`, decoded.
        query: The query string.
        headers: The request's, names in lower case.
        body: What was sent; looked into only where it lists what is to be deleted.
    """
    given = {name: values[0] for name, values in parse_qs(query, keep_blank_values=True).items()}
    bucket, _, key = path.removeprefix("/").partition("/")
    context = {f"s3:{name}": headers[name] for name in _HEADERS if name in headers}
    context |= {condition: given[name] for name, condition in _QUERIES.items() if name in given}
    if not bucket:
        return [Act(action="s3:ListAllMyBuckets", resource="*", context=context)]
    arn = f"arn:aws:s3:::{bucket}"
    if not key and method == "POST" and "delete" in given:
        return [
            Act(action=f"s3:DeleteObject{'Version' if version else ''}", resource=f"{arn}/{name}", context=context)
            for name, version in _listed(body)
        ]
    if not key:
        return [Act(action=_on_bucket(method, given), resource=arn, context=context)]
    acts = [Act(action=_on_object(method, given), resource=f"{arn}/{key}", context=context)]
    source = unquote(headers.get("x-amz-copy-source", "")).removeprefix("/").partition("?versionId=")
    if source[0]:
        action = "s3:GetObjectVersion" if source[2] else "s3:GetObject"
        acts.append(Act(action=action, resource=f"arn:aws:s3:::{source[0]}", context=context))
    return acts


def _on_bucket(method: str, given: Mapping[str, str]) -> str:
    part = next((name for name in given if name in _OF_BUCKET), None)
    if part:
        verb = {"GET": "Get", "DELETE": "Delete" if part in _DELETED_BY_NAME else "Put"}.get(method, "Put")
        return f"s3:{verb}{_OF_BUCKET[part]}"
    if method in {"GET", "HEAD"}:
        listing = {"versions": "ListBucketVersions", "uploads": "ListBucketMultipartUploads"}
        return "s3:" + next((action for name, action in listing.items() if name in given), "ListBucket")
    return {"PUT": "s3:CreateBucket", "DELETE": "s3:DeleteBucket"}.get(method, "s3:PutObject")


def _on_object(method: str, given: Mapping[str, str]) -> str:
    version = "Version" if "versionId" in given else ""
    if "uploadId" in given and method in {"GET", "DELETE"}:
        return "s3:ListMultipartUploadParts" if method == "GET" else "s3:AbortMultipartUpload"
    part = next((_OF_OBJECT[name] for name in given if name in _OF_OBJECT), "")
    if method == "POST":
        return "s3:RestoreObject" if "restore" in given else "s3:PutObject"
    if method == "PUT":
        return f"s3:PutObject{version if part else ''}{part}"
    return f"s3:{'Delete' if method == 'DELETE' else 'Get'}Object{version}{part}"


def _listed(body: bytes) -> list[tuple[str, bool]]:
    """The keys that a DeleteObjects request lists, and whether it names a version of each."""
    objects = re.findall(r"<Object>(.*?)</Object>", body.decode("utf-8", "replace"), re.DOTALL)
    keys = [(re.search(r"<Key>(.*?)</Key>", found, re.DOTALL), "<VersionId>" in found) for found in objects]
    return [(_plain(key[1]), version) for key, version in keys if key]


def _plain(text: str) -> str:
    for code, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&apos;", "'"), ("&#13;", "\r"), ("&amp;", "&")):
        text = text.replace(code, sign)
    return text
