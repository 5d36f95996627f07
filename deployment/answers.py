"""What AWS would answer: ids, ARNs and the other values that exist only once a resource does.

They have AWS's shape and are derived from the inputs, so that a policy which names a resource by its ARN can be compared
with what a component exports.
"""

from collections.abc import Callable, Mapping
from typing import Any

import pulumi

ACCOUNT_ID = "123456789012"
REGION = "eu-west-1"
ZONE_LETTERS = "abc"

Inputs = Mapping[str, Any]
Answer = Callable[[str, Inputs], dict[str, Any]]
"""Resource name and inputs -> computed values; the key ``id`` is the resource's id."""


class UnexpectedCallError(AssertionError):
    """The program called a provider function nobody has an answer for."""


def regional(service: str, path: str) -> str:
    """An ARN in the test account and region."""
    return f"arn:aws:{service}:{REGION}:{ACCOUNT_ID}:{path}"


def _named(service: str, kind: str, separator: str = "/") -> Answer:
    """A resource whose id is its name and whose ARN ends in kind and name."""

    def answer(name: str, inputs: Inputs) -> dict[str, Any]:
        given = inputs.get("name", f"{name}-1a2b3c4")
        return {"id": given, "name": given, "arn": regional(service, f"{kind}{separator}{given}")}

    return answer


def _bucket(name: str, inputs: Inputs) -> dict[str, Any]:
    bucket = inputs.get("bucket", f"{name}-1a2b3c4")
    return {
        "id": bucket,
        "bucket": bucket,
        "arn": f"arn:aws:s3:::{bucket}",
        "bucketDomainName": f"{bucket}.s3.amazonaws.com",
        "bucketRegionalDomainName": f"{bucket}.s3.{REGION}.amazonaws.com",
        "bucketRegion": REGION,
    }


def _bucket_part(_name: str, inputs: Inputs) -> dict[str, Any]:
    return {"id": inputs["bucket"]}


def _object(_name: str, inputs: Inputs) -> dict[str, Any]:
    return {"id": inputs["key"], "arn": f"arn:aws:s3:::{inputs['bucket']}/{inputs['key']}", "versionId": "v1"}


def _iam(kind: str) -> Answer:
    def answer(name: str, inputs: Inputs) -> dict[str, Any]:
        given = inputs.get("name", f"{name}-1a2b3c4")
        arn = f"arn:aws:iam::{ACCOUNT_ID}:{kind}/{given}"
        return {"id": arn if kind == "policy" else given, "name": given, "arn": arn, "uniqueId": "AROAEXAMPLE"}

    return answer


def _key(name: str, _inputs: Inputs) -> dict[str, Any]:
    return {"id": f"{name}-key-id", "keyId": f"{name}-key-id", "arn": regional("kms", f"key/{name}-key-id")}


def _alias(_name: str, inputs: Inputs) -> dict[str, Any]:
    return {"id": inputs["name"], "arn": regional("kms", inputs["name"])}


def _topic(name: str, inputs: Inputs) -> dict[str, Any]:
    arn = regional("sns", inputs.get("name", f"{name}-1a2b3c4"))
    return {"id": arn, "arn": arn}


def _queue(name: str, inputs: Inputs) -> dict[str, Any]:
    given = inputs.get("name", f"{name}-1a2b3c4")
    url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/{given}"
    return {"id": url, "url": url, "arn": regional("sqs", given)}


def _catalog_table(_name: str, inputs: Inputs) -> dict[str, Any]:
    path = f"{inputs['databaseName']}/{inputs['name']}"
    return {"id": f"{ACCOUNT_ID}:{path.replace('/', ':')}", "arn": regional("glue", f"table/{path}")}


def _cluster(_name: str, inputs: Inputs) -> dict[str, Any]:
    identifier = inputs["clusterIdentifier"]
    host = f"{identifier}.abc123.{REGION}.redshift.amazonaws.com"
    return {
        "id": identifier,
        "arn": regional("redshift", f"cluster:{identifier}"),
        "endpoint": f"{host}:5439",
        "dnsName": host,
        "clusterNamespaceArn": regional("redshift", f"namespace:{identifier}"),
        "masterPasswordSecretArn": regional("secretsmanager", f"secret:redshift!{identifier}-admin-AbCdEf"),
    }


def _serverless_namespace(_name: str, inputs: Inputs) -> dict[str, Any]:
    given = inputs["namespaceName"]
    return {
        "id": given,
        "namespaceId": f"{given}-id",
        "arn": regional("redshift-serverless", f"namespace/{given}-id"),
        "adminPasswordSecretArn": regional("secretsmanager", f"secret:redshift!{given}-admin-AbCdEf"),
    }


def _serverless_workgroup(_name: str, inputs: Inputs) -> dict[str, Any]:
    given = inputs["workgroupName"]
    address = f"{given}.{ACCOUNT_ID}.{REGION}.redshift-serverless.amazonaws.com"
    return {
        "id": given,
        "workgroupId": f"{given}-id",
        "arn": regional("redshift-serverless", f"workgroup/{given}-id"),
        "endpoints": [{"address": address, "port": 5439, "vpcEndpoints": []}],
    }


def _ec2(kind: str) -> Answer:
    def answer(name: str, _inputs: Inputs) -> dict[str, Any]:
        return {"id": f"{name}-id", "arn": regional("ec2", f"{kind}/{name}-id")}

    return answer


ANSWERS: Mapping[str, Answer] = {
    "aws:s3/bucket:Bucket": _bucket,
    **{
        f"aws:s3/{part[0].lower()}{part[1:]}:{part}": _bucket_part
        for part in (
            "BucketPolicy",
            "BucketPublicAccessBlock",
            "BucketVersioning",
            "BucketServerSideEncryptionConfiguration",
            "BucketLifecycleConfiguration",
            "BucketLogging",
            "BucketOwnershipControls",
            "BucketNotification",
            "BucketObjectLockConfiguration",
        )
    },
    "aws:s3/bucketObjectv2:BucketObjectv2": _object,
    "aws:iam/role:Role": _iam("role"),
    "aws:iam/policy:Policy": _iam("policy"),
    "aws:kms/key:Key": _key,
    "aws:kms/alias:Alias": _alias,
    "aws:sns/topic:Topic": _topic,
    "aws:sqs/queue:Queue": _queue,
    "aws:cloudtrail/trail:Trail": _named("cloudtrail", "trail"),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group", ":"),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm", ":"),
    "aws:glue/catalogDatabase:CatalogDatabase": _named("glue", "database"),
    "aws:glue/catalogTable:CatalogTable": _catalog_table,
    "aws:glue/job:Job": _named("glue", "job"),
    "aws:glue/crawler:Crawler": _named("glue", "crawler"),
    "aws:glue/trigger:Trigger": _named("glue", "trigger"),
    "aws:glue/workflow:Workflow": _named("glue", "workflow"),
    "aws:athena/workgroup:Workgroup": _named("athena", "workgroup"),
    "aws:redshift/cluster:Cluster": _cluster,
    "aws:redshiftserverless/namespace:Namespace": _serverless_namespace,
    "aws:redshiftserverless/workgroup:Workgroup": _serverless_workgroup,
    "aws:ec2/vpc:Vpc": _ec2("vpc"),
    "aws:ec2/subnet:Subnet": _ec2("subnet"),
    "aws:ec2/securityGroup:SecurityGroup": _ec2("security-group"),
}
"""Type -> how its computed values follow from its inputs; a type without an entry gets an id and an ARN of its name."""

CALLS: Mapping[str, dict[str, Any]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": {
        "accountId": ACCOUNT_ID,
        "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/deployer/session",
        "userId": "AROAEXAMPLE:session",
        "id": ACCOUNT_ID,
    },
    "aws:index/getRegion:getRegion": {
        "region": REGION,
        "name": REGION,
        "id": REGION,
        "description": "",
        "endpoint": "",
    },
    "aws:index/getPartition:getPartition": {
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
        "id": "aws",
        "reverseDnsPrefix": "com.amazonaws",
    },
    "aws:index/getAvailabilityZones:getAvailabilityZones": {
        "names": [REGION + letter for letter in ZONE_LETTERS],
        "zoneIds": [f"euw1-az{number}" for number, _ in enumerate(ZONE_LETTERS, 1)],
        "id": REGION,
        "groupNames": [REGION],
    },
}
"""Function -> its result."""


class AwsShaped(pulumi.runtime.Mocks):
    """Answers like AWS, from the tables above; a call that is not in them is loud."""

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        calls: Mapping[str, dict[str, Any]] | None = None,
        *,
        account_id: str = ACCOUNT_ID,
    ) -> None:
        self._answers = {**ANSWERS, **(answers or {})}
        self._calls = {**CALLS, **(calls or {})}
        self._account_id = account_id

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """The resource's id, and its inputs with the computed values."""
        if not args.typ.startswith("aws:"):
            return f"{args.name}-id", dict(args.inputs)
        answer = self._answers.get(args.typ, _ordinary(args.typ))
        computed = {key: self._ours(value) for key, value in answer(args.name, args.inputs).items()}
        return computed.pop("id"), {**args.inputs, **computed}

    def _ours(self, value: Any) -> Any:  # noqa: ANN401 - any JSON value
        return value.replace(ACCOUNT_ID, self._account_id) if isinstance(value, str) else value

    def call(self, args: pulumi.runtime.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        """The function's result.

        Raises:
            UnexpectedCallError: There is no answer for it.
        """
        if args.token not in self._calls:
            known = ", ".join(sorted(self._calls))
            raise UnexpectedCallError(
                f"the program called {args.token} with {dict(args.args)}: components take such values as arguments; "
                f"if it has to be called, give its answer (known: {known})"
            )
        return dict(self._calls[args.token]), None


def _ordinary(token: str) -> Answer:
    module, kind = token.split(":")[1:]
    service = module.split("/")[0]

    def answer(name: str, _inputs: Inputs) -> dict[str, Any]:
        return {"id": f"{name}-id", "arn": regional(service, f"{kind.lower()}/{name}")}

    return answer
