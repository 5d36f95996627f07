"""Lake Formation: grants that can be found and taken back, tags that add up, and cell filters.

Here they are stored. What they let a query see is decided in `local_aws/sql/`.
"""

import json
from typing import Any

from moto.lakeformation import urls
from moto.lakeformation.exceptions import AlreadyExists, EntityNotFound, InvalidInput
from moto.lakeformation.models import LakeFormationBackend, Permission
from moto.lakeformation.responses import LakeFormationResponse

from local_aws.fixes import patching

__all__ = ["cell_filters", "install"]

_CALLS = ("CreateDataCellsFilter", "GetDataCellsFilter", "UpdateDataCellsFilter", "DeleteDataCellsFilter")
_KEY = ("TableCatalogId", "DatabaseName", "TableName", "Name")

Resource = dict[str, Any]
FilterKey = tuple[str, ...]


def install() -> None:
    """Changes moto's Lake Formation."""
    patching.replace(LakeFormationBackend, "revoke_permissions", _revoke)
    patching.replace(LakeFormationResponse, "list_permissions", _list_permissions)
    patching.replace(LakeFormationBackend, "remove_lf_tags_from_resource", _remove_tags)
    patching.wrap(LakeFormationBackend, "add_lf_tags_to_resource", _add_tags)
    patching.add(LakeFormationResponse, "create_data_cells_filter", _create_filter)
    patching.add(LakeFormationResponse, "get_data_cells_filter", _get_filter)
    patching.add(LakeFormationResponse, "update_data_cells_filter", _update_filter)
    patching.add(LakeFormationResponse, "delete_data_cells_filter", _delete_filter)
    patching.replace(LakeFormationResponse, "list_data_cells_filter", _list_filters)
    urls.url_paths.update({f"{{0}}/{call}$": urls.response.dispatch for call in _CALLS})


def cell_filters(backend: object) -> dict[FilterKey, dict[str, Any]]:
    """The cell filters of a Lake Formation backend: (catalog, database, table, name) -> its `TableData`."""
    return patching.kept(backend, "cell_filters")


def _revoke(
    backend: LakeFormationBackend,
    catalog_id: str,
    principal: dict[str, str],
    resource: Resource,
    permissions_to_revoke: list[str],
    permissions_with_grant_options_to_revoke: list[str],
) -> None:
    """AWS takes back what is named, and says so where there is nothing to take: the provider revokes until it hears that.

    moto says nothing, tells resources apart by whether they name the catalog, and loses a grant of which a part was taken
    back.
    """
    catalog = backend.grants.get(catalog_id)
    wanted = _without_catalog(resource, catalog_id)
    grants = list(catalog.permissions) if catalog else []
    hit = [g for g in grants if g.principal == principal and _without_catalog(g.resource, catalog_id) == wanted]
    if catalog is None or not hit:
        raise InvalidInput("No permissions revoked. Grantee has no permissions on the resource.")
    rest = Permission(
        principal=principal,
        resource=hit[0].resource,
        permissions=[p for p in hit[0].permissions if p not in permissions_to_revoke],
        permissions_with_grant_options=[
            p for p in hit[0].permissions_with_grant_options if p not in permissions_with_grant_options_to_revoke
        ],
    )
    catalog.permissions = {g for g in grants if g is not hit[0]} | (set() if rest.is_empty() else {rest})


def _list_permissions(response: LakeFormationResponse) -> str:
    """AWS lists the grants on any kind of resource, on columns too where their table is asked for. moto knows four kinds."""
    catalog_id = patching.asked(response, "CatalogId", response.current_account)
    principal, resource = patching.asked(response, "Principal"), patching.asked(response, "Resource")
    catalog = response.lakeformation_backend.grants.get(catalog_id)
    found = [
        grant.to_external_form()
        for grant in (catalog.permissions if catalog else ())
        if principal in (None, grant.principal)
        and (resource is None or _is_on(_without_catalog(grant.resource, catalog_id), resource, catalog_id))
    ]
    return json.dumps({"PrincipalResourcePermissions": found})


def _is_on(granted: Resource, asked: Resource, catalog_id: str) -> bool:
    ((kind, wanted),) = _without_catalog(asked, catalog_id).items()
    if kind == "Table" and "TableWithColumns" in granted:
        columns = granted["TableWithColumns"]
        return (columns["DatabaseName"], columns["Name"]) == (wanted["DatabaseName"], wanted.get("Name"))
    return kind in granted and bool(granted[kind] == wanted)


def _without_catalog(value: Any, catalog_id: str) -> Any:  # noqa: ANN401 - any part of a request
    """The same thing without the catalog, which may be named or left out everywhere."""
    if isinstance(value, dict):
        said = {key: inner for key, inner in value.items() if not _is_own_catalog(key, inner, catalog_id)}
        return {key: _without_catalog(inner, catalog_id) for key, inner in said.items()}
    return [_without_catalog(inner, catalog_id) for inner in value] if isinstance(value, list) else value


def _is_own_catalog(key: str, value: object, catalog_id: str) -> bool:
    return key in {"CatalogId", "TableCatalogId"} and value in (None, catalog_id)


def _add_tags(
    original: Any,  # noqa: ANN401 - moto's own method
    backend: LakeFormationBackend,
    catalog_id: str,
    resource: Resource,
    tags: list[dict[str, Any]],
) -> Any:  # noqa: ANN401 - as above
    """AWS adds tags to those there are. moto puts them in their place, and lets resources share one list of them."""
    before = [store.get(key, []) for store, key in _places(backend, resource)]
    failures = original(backend, catalog_id, resource, tags)
    if not failures:
        new = {tag["TagKey"] for tag in tags}
        for (store, key), there in zip(_places(backend, resource), before, strict=True):
            store[key] = [tag for tag in there if tag["TagKey"] not in new] + [dict(tag) for tag in tags]
    return failures


def _remove_tags(
    backend: LakeFormationBackend,
    catalog_id: str,  # noqa: ARG001 - moto gives it
    resource: Resource,
    tags: list[dict[str, Any]],
) -> None:
    """AWS takes tags off by their key, and it is no fault when another removal was first. moto fails."""
    gone = {tag["TagKey"] for tag in tags}
    for store, key in _places(backend, resource):
        store[key] = [tag for tag in store.get(key, []) if tag["TagKey"] not in gone]


def _places(backend: LakeFormationBackend, resource: Resource) -> list[tuple[dict[Any, Any], tuple[str, ...]]]:
    """Where the tags of a resource are: the stores, and the keys in them."""
    ((kind, named),) = resource.items()
    catalog = named.get("CatalogId") or backend.account_id
    if kind == "Database":
        keys: list[tuple[str, ...]] = [(catalog, named["Name"])]
    elif kind == "Table":
        keys = [(catalog, named["DatabaseName"], named["Name"])]
    else:
        keys = [(catalog, named["DatabaseName"], named["Name"], column) for column in named["ColumnNames"]]
    stores: dict[str, dict[Any, Any]] = {
        "Database": backend.lf_database_tags,
        "Table": backend.lf_table_tags,
        "TableWithColumns": backend.lf_columns_tags,
    }
    return [(stores[kind], key) for key in keys]


def _create_filter(response: LakeFormationResponse) -> str:
    """AWS has cell filters. moto knows none; so with the four calls below."""
    given = patching.asked(response, "TableData")
    filters = cell_filters(response.lakeformation_backend)
    if _key(given) in filters:
        raise AlreadyExists(f"Data cells filter {given['Name']} already exists")
    filters[_key(given)] = {**given, "VersionId": "1"}
    return "{}"


def _update_filter(response: LakeFormationResponse) -> str:
    given = patching.asked(response, "TableData")
    there = _found(response, _key(given))
    cell_filters(response.lakeformation_backend)[_key(given)] = {**given, "VersionId": str(int(there["VersionId"]) + 1)}
    return "{}"


def _get_filter(response: LakeFormationResponse) -> str:
    return json.dumps({"DataCellsFilter": _found(response, _asked_key(response))})


def _delete_filter(response: LakeFormationResponse) -> str:
    _found(response, _asked_key(response))
    del cell_filters(response.lakeformation_backend)[_asked_key(response)]
    return "{}"


def _list_filters(response: LakeFormationResponse) -> str:
    table = patching.asked(response, "Table", {})
    wanted = (table.get("DatabaseName"), table.get("Name"))
    found = [
        content
        for (_, database, name, _), content in cell_filters(response.lakeformation_backend).items()
        if not table or wanted == (database, name)
    ]
    return json.dumps({"DataCellsFilters": found})


def _key(table_data: dict[str, Any]) -> FilterKey:
    return tuple(table_data[part] for part in _KEY)


def _asked_key(response: LakeFormationResponse) -> FilterKey:
    return tuple(patching.asked(response, part) for part in _KEY)


def _found(response: LakeFormationResponse, key: FilterKey) -> dict[str, Any]:
    there = cell_filters(response.lakeformation_backend).get(key)
    if there is None:
        raise EntityNotFound
    return there
