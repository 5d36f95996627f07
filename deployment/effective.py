"""What the registered policies, grants and tags amount to: who can do what in the end.

An IAM policy that allows something is only half an answer: the bucket's policy may refuse it, and without the key an object
cannot be read. So each permission is tried as the most favourable request it could cover, against all three.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from deployment.iam import Document, Request, Statement, decide, decide_key, matches, several, statements
from deployment.recording import Recording, Resource

VERBS = {"read": "s3:GetObject", "write": "s3:PutObject", "delete": "s3:DeleteObject", "list": "s3:ListBucket"}
NEEDS_KEY = {"read": "kms:Decrypt", "write": "kms:GenerateDataKey"}

LfTags = Mapping[str, str]


def documents(resource: Resource) -> list[Document]:
    """Every IAM document among a resource's inputs."""
    texts = [value for value in resource.inputs.values() if isinstance(value, str) and '"Statement"' in value]
    return [json.loads(text) for text in texts]


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role of the stack: its name, trust, and all that is attached to it."""

    name: str
    arn: str
    trust: Document
    policies: tuple[Document, ...]


@dataclass(frozen=True, kw_only=True)
class Access:
    """Everything about access that a program registered."""

    recording: Recording[Any] = field(repr=False)

    @cached_property
    def roles(self) -> dict[str, Role]:
        """Role name -> role."""
        attached: dict[str, list[Document]] = {}
        for policy in self.recording.of("aws:iam/rolePolicy:RolePolicy"):
            attached.setdefault(policy.inputs["role"], []).append(json.loads(policy.inputs["policy"]))
        found = {}
        for role in self.recording.of("aws:iam/role:Role"):
            name = role.inputs["name"]
            arn = f"arn:aws:iam::{self.account}:role/{name}"
            trust = json.loads(role.inputs["assumeRolePolicy"])
            found[name] = Role(name=name, arn=arn, trust=trust, policies=tuple(attached.get(name, ())))
        return found

    @cached_property
    def account(self) -> str:
        """The stack's account, from its settings of Lake Formation."""
        account: str = self.recording.one("aws:lakeformation/dataLakeSettings:DataLakeSettings").inputs["catalogId"]
        return account

    @cached_property
    def bucket_policies(self) -> dict[str, Document]:
        """Bucket name -> its policy."""
        policies = self.recording.of("aws:s3/bucketPolicy:BucketPolicy")
        return {policy.inputs["bucket"]: json.loads(policy.inputs["policy"]) for policy in policies}

    @cached_property
    def keys_of_buckets(self) -> dict[str, tuple[str, Document]]:
        """Bucket name -> ARN and policy of the key its objects are encrypted with; a bucket with S3's own key is not in it."""
        keys = {f"{key.id}": json.loads(key.inputs["policy"]) for key in self.recording.of("aws:kms/key:Key")}
        kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
        found = {}
        for rule in self.recording.of(kind):
            arn = rule.inputs["rules"][0]["applyServerSideEncryptionByDefault"].get("kmsMasterKeyId")
            if arn:
                found[rule.inputs["bucket"]] = (arn, keys[arn.split("/")[-1]])
        return found

    def objects(self, role: Role, bucket: str, verb: str) -> list[str]:
        """The key patterns in a bucket on which a role can do something, bucket policy and key considered."""
        return sorted(
            {key for key, request in self._attempts(role, bucket, verb) if self._succeeds(role, bucket, verb, request)}
        )

    def _attempts(self, role: Role, bucket: str, verb: str) -> Iterator[tuple[str, Request]]:
        """The most favourable request under each statement that allows the verb."""
        arn = f"arn:aws:s3:::{bucket}"
        for statement in allowing(role.policies, VERBS[verb]):
            for resource in several(statement["Resource"]):
                if verb == "list":
                    for prefix in _prefixes(statement):
                        if _covers(resource, arn):
                            yield prefix, _request(role, VERBS[verb], arn, statement, {"s3:prefix": _concrete(prefix)})
                elif resource == "*" or resource.startswith(f"{arn}/"):
                    key = "*" if resource == "*" else resource.removeprefix(f"{arn}/")
                    yield key, _request(role, VERBS[verb], f"{arn}/{_concrete(key)}", statement, {})

    def _succeeds(self, role: Role, bucket: str, verb: str, request: Request) -> bool:
        if not decide(request, role.policies, self.bucket_policies.get(bucket)).allowed:
            return False
        key = self.keys_of_buckets.get(bucket)
        return key is None or verb not in NEEDS_KEY or self._has_key(role, bucket, NEEDS_KEY[verb], *key)

    def _has_key(self, role: Role, bucket: str, action: str, key_arn: str, policy: Document) -> bool:
        region = key_arn.split(":")[3]
        context = {
            "kms:ViaService": f"s3.{region}.amazonaws.com",
            "kms:CallerAccount": self.account,
            "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}",
        }
        request = Request(principal=role.arn, action=action, resource=key_arn, context=context)
        return decide_key(request, role.policies, policy).allowed

    def actions(self, role: Role) -> dict[str, list[str]]:
        """Resource pattern -> the actions that the role's own policies allow on it."""
        found: dict[str, set[str]] = {}
        for document in role.policies:
            for statement in statements(document):
                if statement["Effect"] == "Allow":
                    for resource in several(statement["Resource"]):
                        found.setdefault(resource, set()).update(several(statement["Action"]))
        return {resource: sorted(actions) for resource, actions in sorted(found.items())}


@dataclass(frozen=True, kw_only=True)
class Sight:
    """What a principal sees of one column: not at all, all rows, or the rows of a filter."""

    visible: bool
    rows: str = ""


@dataclass(frozen=True, kw_only=True)
class Governance:
    """Lake Formation's grants, tags and filters, as registered."""

    recording: Recording[Any] = field(repr=False)

    @cached_property
    def grants(self) -> list[dict[str, Any]]:
        """The inputs of every grant."""
        return [grant.inputs for grant in self.recording.of("aws:lakeformation/permissions:Permissions")]

    @cached_property
    def tables(self) -> dict[str, tuple[str, list[str]]]:
        """Curated table -> its database and columns, partition keys last."""
        found = {}
        for table in self.recording.of("aws:glue/catalogTable:CatalogTable"):
            columns = [*table.inputs["storageDescriptor"]["columns"], *(table.inputs.get("partitionKeys") or [])]
            found[table.inputs["name"]] = (table.inputs["databaseName"], [column["name"] for column in columns])
        return found

    def tags_of(self, database: str, table: str, column: str) -> LfTags:
        """The tags a column has in the end: its own before its table's before its database's."""
        layers: list[LfTags] = [{}, {}, {}]
        for entry in self.recording.of("aws:lakeformation/resourceLfTags:ResourceLfTags"):
            tags = {tag["key"]: tag["value"] for tag in entry.inputs["lfTags"]}
            part = _tagged(entry.inputs, database, table, column)
            if part is not None:
                layers[part] = {**layers[part], **tags}
        return {**layers[0], **layers[1], **layers[2]}

    def sight(self, principal: str, table: str, column: str) -> Sight:
        """What a principal sees of a column of a curated table."""
        database, _ = self.tables[table]
        tags = self.tags_of(database, table, column)
        own = [grant for grant in self.grants if grant["principal"] == principal and "SELECT" in grant["permissions"]]
        if any(_by_tag(grant, tags) for grant in own):
            return Sight(visible=True)
        filters = [self._filter(grant["dataCellsFilter"]) for grant in own if grant.get("dataCellsFilter")]
        for cells in filters:
            if cells["tableName"] == table and _shows(cells, column):
                return Sight(visible=True, rows=cells["rowFilter"].get("filterExpression", ""))
        return Sight(visible=False)

    def _filter(self, reference: Mapping[str, str]) -> dict[str, Any]:
        for cells in self.recording.of("aws:lakeformation/dataCellsFilter:DataCellsFilter"):
            data: dict[str, Any] = cells.inputs["tableData"]
            if all(data[key] == reference[key] for key in ("databaseName", "tableName", "name")):
                return data
        raise LookupError(f"a grant names the filter {reference}, which is not there")


def _by_tag(grant: Mapping[str, Any], tags: LfTags) -> bool:
    policy = grant.get("lfTagPolicy")
    if not policy or policy["resourceType"] != "TABLE":
        return False
    return all(tags.get(expression["key"]) in expression["values"] for expression in policy["expressions"])


def _shows(cells: Mapping[str, Any], column: str) -> bool:
    """Partition keys are no part of a column filter: whoever sees the table sees them."""
    listed = cells.get("columnNames")
    return not listed or column in listed or column == "date"


def _tagged(inputs: Mapping[str, Any], database: str, table: str, column: str) -> int | None:
    """How close to the column a tag sits: 0 for its database, 1 for its table, 2 for itself; None for something else."""
    if (on := inputs.get("database")) and on["name"] == database:
        return 0
    if (on := inputs.get("table")) and (on["databaseName"], on["name"]) == (database, table):
        return 1
    on = inputs.get("tableWithColumns")
    if on and (on["databaseName"], on["name"]) == (database, table) and column in on["columnNames"]:
        return 2
    return None


def allowing(policies: Iterable[Document], action: str) -> Iterator[Statement]:
    """The statements that allow an action on anything at all."""
    for document in policies:
        for statement in statements(document):
            bare = {"Effect": "Allow", "Action": statement["Action"]}
            if statement["Effect"] == "Allow" and matches(
                bare, Request(principal="arn::::::", action=action, resource="")
            ):
                yield statement


def _request(role: Role, action: str, resource: str, statement: Statement, extra: Mapping[str, str]) -> Request:
    """The request that fulfils the statement's own conditions, which is the most it could ever allow."""
    context = dict(extra)
    for operator, pairs in statement.get("Condition", {}).items():
        for key, wanted in pairs.items():
            if "Not" not in operator and operator != "Null" and key not in context:
                context[key] = _concrete(several(wanted)[0])
    return Request(principal=role.arn, action=action, resource=resource, context=context)


def _prefixes(statement: Statement) -> list[str]:
    conditions = statement.get("Condition", {})
    for operator in ("StringLike", "StringEquals"):
        if "s3:prefix" in conditions.get(operator, {}):
            return several(conditions[operator]["s3:prefix"])
    return ["*"]


def _covers(pattern: str, arn: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), arn) is not None


def _concrete(pattern: str) -> str:
    return pattern.replace("*", "x")
