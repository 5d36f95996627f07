"""What Lake Formation lets a principal see of a table, from the grants, tags and cell filters that are stored.

Evaluated as the developer guide says ("Lake Formation access control overview", "Data filtering", "Assigning LF-Tags"): SELECT
by name, by columns, by LF-tag policy and by cell filter add up; a tag of a column goes before its table's, that before its
database's; partition keys are not filtered; a grant without a filter makes every filter beside it idle.

What this does not prove: that AWS evaluates it so. The account's root, whose keys everybody has here, sees everything; on AWS
it sees what it is granted. Whether a table is governed at all is read off the settings as they are now: while they let
`IAM_ALLOWED_PRINCIPALS` in by default, everybody sees everything.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from moto.lakeformation.models import lakeformation_backends

from local_aws.fixes.lakeformation import cell_filters
from local_aws.identity import ACCOUNT_ID, Caller

__all__ = ["Access", "DeniedError", "NotDecidedError", "access", "may_ask", "may_create"]

_EVERYBODY = {"IAM_ALLOWED_PRINCIPALS", "EVERYONE"}
_ALL = {"ALL", "SELECT", "SUPER"}
_DEFAULT = "default"
_DESCRIBES = {"ALL", "DESCRIBE", "SUPER"}
_CREATES = {"ALL", "CREATE_TABLE", "SUPER"}

Grant = Mapping[str, Any]
Tags = Mapping[str, str]


class DeniedError(PermissionError):
    """The caller sees nothing of the table."""


class NotDecidedError(NotImplementedError):
    """Grants that together mean something this stand-in does not compute."""


@dataclass(frozen=True, kw_only=True)
class Access:
    """What of a table is seen.

    Attributes:
        columns: The names that are seen, in the table's order.
        rows: The conditions of which a row has to meet one, in PartiQL; none where all rows are seen.
    """

    columns: tuple[str, ...]
    rows: tuple[str, ...] = ()


def access(
    caller: Caller, region: str, database: str, table: str, columns: Sequence[str], keys: Sequence[str] = ()
) -> Access:
    """What a caller sees of a table or view.

    Args:
        caller: Who asks.
        region: Where the catalog is.
        database: The table's database.
        table: Its name.
        columns: Its columns, those of its files and then its partition keys.
        keys: Those that are partition keys.

    Raises:
        DeniedError: There is no grant that shows any of it.
        NotDecidedError: Several cell filters that show different columns.
    """
    everything = Access(columns=tuple(columns))
    if caller.is_root or _is_open(region):
        return everything
    seen: set[str] = set()
    filtered: dict[frozenset[str], list[str]] = {}
    for grant in _grants(caller, region, _ALL):
        found = _by_name(grant, database, table, columns)
        found |= _by_tag(grant, region, database, table, columns)
        seen |= found
        shown = _by_filter(grant, region, database, table, columns, keys)
        if shown is not None:
            names, condition = shown
            if condition:
                filtered.setdefault(names, []).append(condition)
            else:
                seen |= names
    if seen:
        if any(not names <= seen for names in filtered):
            raise NotDecidedError(
                f"{database}.{table}: {caller.arn} has whole columns and filtered ones; not decided here"
            )
        return Access(columns=tuple(name for name in columns if name in seen))
    if len(filtered) > 1:
        raise NotDecidedError(f"{database}.{table}: {caller.arn} has filters with different columns; not decided here")
    for names, rows in filtered.items():
        return Access(columns=tuple(name for name in columns if name in names), rows=tuple(rows))
    raise DeniedError(
        f"Insufficient permissions to execute the query. Insufficient Lake Formation permission(s) on {table}"
    )


def may_ask(caller: Caller, region: str, databases: Sequence[str]) -> None:
    """Lets through whom Athena lets ask anything of a governed catalog: it looks at the database `default` first.

    Source: Athena User Guide, "Considerations and limitations for querying data registered with Lake Formation".

    Args:
        caller: Who asks.
        region: Where the catalog is.
        databases: The databases that there are.

    Raises:
        DeniedError: The caller has no DESCRIBE there, or there is none.
    """
    if caller.is_root or _is_open(region):
        return
    if _DEFAULT not in databases:
        raise DeniedError("Insufficient Lake Formation permission(s): Required Create Database on Catalog")
    for grant in _grants(caller, region, _DESCRIBES):
        if (grant.get("Database") or {}).get("Name") == _DEFAULT:
            return
    raise DeniedError(f"Insufficient Lake Formation permission(s): Required Describe on {_DEFAULT}")


def may_create(caller: Caller, region: str, database: str) -> None:
    """Lets through whoever may make tables in a database: by name, or by the database's own tags.

    Raises:
        DeniedError: There is no such grant.
    """
    if caller.is_root or _is_open(region):
        return
    tags = _tags(region, database, "", "")
    for grant in _grants(caller, region, _CREATES):
        policy = grant.get("LFTagPolicy")
        if (grant.get("Database") or {}).get("Name") == database:
            return
        if policy and policy["ResourceType"] == "DATABASE" and _meets(tags, policy["Expression"]):
            return
    raise DeniedError(f"Insufficient Lake Formation permission(s): Required Create Table on {database}")


def _is_open(region: str) -> bool:
    """Whether new tables still let everybody in whom IAM lets in, which is how an account begins."""
    settings = _backend(region).get_data_lake_settings(ACCOUNT_ID)
    return any(
        default["Principal"]["DataLakePrincipalIdentifier"] in _EVERYBODY and _ALL & set(default["Permissions"])
        for default in settings.get("CreateTableDefaultPermissions") or ()
    )


def _grants(caller: Caller, region: str, permissions: set[str]) -> Iterator[Grant]:
    """What a caller has one of these permissions on, by its own grants and by those of all principals of the account."""
    principals = {caller.arn, f"{ACCOUNT_ID}:IAMPrincipals", *_EVERYBODY}
    catalog = _backend(region).grants.get(ACCOUNT_ID)
    for grant in list(catalog.permissions) if catalog else []:
        if grant.principal["DataLakePrincipalIdentifier"] in principals and permissions & set(grant.permissions):
            yield grant.resource


def _by_name(resource: Grant, database: str, table: str, columns: Sequence[str]) -> set[str]:
    whole = resource.get("Table")
    if whole and whole["DatabaseName"] == database and (whole.get("Name") == table or "TableWildcard" in whole):
        return set(columns)
    part = resource.get("TableWithColumns")
    if not part or (part["DatabaseName"], part["Name"]) != (database, table):
        return set()
    if part.get("ColumnNames"):
        return set(columns) & set(part["ColumnNames"])
    return set(columns) - set((part.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ())


def _by_tag(resource: Grant, region: str, database: str, table: str, columns: Sequence[str]) -> set[str]:
    policy = resource.get("LFTagPolicy")
    if not policy or policy["ResourceType"] != "TABLE":
        return set()
    return {column for column in columns if _meets(_tags(region, database, table, column), policy["Expression"])}


def _meets(tags: Tags, expression: Sequence[Mapping[str, Any]]) -> bool:
    return all(tags.get(part["TagKey"]) in part["TagValues"] for part in expression)


def _tags(region: str, database: str, table: str, column: str) -> Tags:
    """The tags of a column in the end: what is nearer to it goes before what it inherits."""
    backend = _backend(region)
    layers = (
        backend.lf_database_tags.get((ACCOUNT_ID, database), []),
        backend.lf_table_tags.get((ACCOUNT_ID, database, table), []),
        backend.lf_columns_tags.get((ACCOUNT_ID, database, table, column), []),
    )
    return {tag["TagKey"]: tag["TagValues"][0] for layer in layers for tag in layer}


def _by_filter(
    resource: Grant, region: str, database: str, table: str, columns: Sequence[str], keys: Sequence[str]
) -> tuple[frozenset[str], str] | None:
    """The columns and the rows that a granted cell filter shows; an empty condition means all rows."""
    named = resource.get("DataCellsFilter")
    if not named or (named["DatabaseName"], named["TableName"]) != (database, table):
        return None
    place = (named.get("TableCatalogId") or ACCOUNT_ID, database, table, named["Name"])
    content = cell_filters(_backend(region)).get(place)
    if content is None:
        return None
    if content.get("ColumnNames"):
        names = set(content["ColumnNames"]) | set(keys)
    else:
        names = set(columns) - set((content.get("ColumnWildcard") or {}).get("ExcludedColumnNames") or ())
    return frozenset(names & set(columns)), (content.get("RowFilter") or {}).get("FilterExpression") or ""


def _backend(region: str) -> Any:  # noqa: ANN401 - moto's
    return lakeformation_backends[ACCOUNT_ID][region]
