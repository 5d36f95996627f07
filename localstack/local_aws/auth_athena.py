"""Which action an Athena request performs, and on which workgroup or catalog.

After the Service Authorization Reference, "Actions, resources, and condition keys for Amazon Athena". What the query then reads
and writes is not decided by the caller's policies here: the catalog, the files and the place of the results are the emulator's.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from moto.athena.models import AthenaBackend, athena_backends

from local_aws.auth_s3 import Act
from local_aws.fixes import patching
from local_aws.identity import ACCOUNT_ID

__all__ = ["acts_of"]

_ON_ALL = {"ListWorkGroups", "ListDataCatalogs", "ListEngineVersions", "ListApplicationDPUSizes"}
_ON_CATALOG = {
    *("GetDataCatalog", "CreateDataCatalog", "UpdateDataCatalog", "DeleteDataCatalog"),
    *("GetDatabase", "ListDatabases", "GetTableMetadata", "ListTableMetadata"),
}
_DEFAULT_WORKGROUP = "primary"


def acts_of(action: str, region: str, given: Mapping[str, Any]) -> list[Act]:
    """What a request does, all of which has to be allowed.

    Args:
        action: As the request names it: `StartQueryExecution`.
        region: The region that was asked.
        given: The request's body.
    """
    prefix = f"arn:aws:athena:{region}:{ACCOUNT_ID}:"
    if action in _ON_ALL:
        resources = ["*"]
    elif action in _ON_CATALOG:
        resources = [f"{prefix}datacatalog/{given.get('CatalogName') or given.get('Name')}"]
    elif "ResourceARN" in given:
        resources = [given["ResourceARN"]]
    else:
        workgroups = sorted(set(_workgroups(athena_backends[ACCOUNT_ID][region], action, given)))
        resources = [f"{prefix}workgroup/{name}" for name in workgroups]
    return [Act(action=f"athena:{action}", resource=resource) for resource in resources]


def _workgroups(backend: AthenaBackend, action: str, given: Mapping[str, Any]) -> Iterator[str]:
    """The workgroups that a request is about: the one it names, or those of the queries that it names."""
    executions = [given.get("QueryExecutionId"), *given.get("QueryExecutionIds", ())]
    queries = [given.get("NamedQueryId"), *given.get("NamedQueryIds", ())]
    if not any([*executions, *queries]):
        yield (
            given.get("WorkGroup") or (given.get("Name") if action.endswith("WorkGroup") else "") or _DEFAULT_WORKGROUP
        )
    for name in filter(None, executions):
        execution = patching.kept(backend, "executions").get(name)
        yield execution.workgroup if execution else _DEFAULT_WORKGROUP
    for name in filter(None, queries):
        query = backend.named_queries.get(name)
        yield query.workgroup.name if query else _DEFAULT_WORKGROUP
