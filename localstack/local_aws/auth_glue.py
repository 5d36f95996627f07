"""Which action a Glue request performs, and on what.

After the Service Authorization Reference, "Actions, resources, and condition keys for AWS Glue", and the Glue User Guide,
"Specifying AWS Glue resource ARNs": an action on the catalog has to be allowed on everything above what it acts on, too.
"""

from collections.abc import Mapping
from typing import Any

from local_aws.auth_s3 import Act
from local_aws.identity import ACCOUNT_ID

__all__ = ["acts_of"]

_CATALOG = ("Database", "Table", "Partition", "ColumnStatistics", "UserDefinedFunction")
_OTHERS = ("Crawler", "Trigger", "Workflow", "Job", "Blueprint", "Connection")
"""Nouns of actions that have resources of their own; a longer name comes before one that it contains."""


def acts_of(action: str, region: str, given: Mapping[str, Any]) -> list[Act]:
    """What a request does, all of which has to be allowed.

    Args:
        action: As the request names it: `GetTable`.
        region: The region that was asked.
        given: The request's body.
    """
    prefix = f"arn:aws:glue:{region}:{ACCOUNT_ID}:"
    resources = _resources(action, given)
    return [Act(action=f"glue:{action}", resource="*" if name == "*" else prefix + name) for name in resources]


def _resources(action: str, given: Mapping[str, Any]) -> list[str]:
    if action not in {"GetJobBookmark", "ResetJobBookmark"} and any(noun in action for noun in _CATALOG):
        return _of_catalog(action, given)
    noun = next((noun for noun in _OTHERS if noun in action), None)
    names = [given.get(f"{noun}Name") or given.get("Name")] if noun else []
    listed = given.get(f"{noun}Names") if noun else None
    found = [f"{str(noun).lower()}/{name}" for name in listed or names if name]
    return found or ["*"]


def _of_catalog(action: str, given: Mapping[str, Any]) -> list[str]:
    about_databases = "Database" in action
    database = given.get("DatabaseName") or (given.get("DatabaseInput") or {}).get("Name")
    database = given.get("Name", database) if about_databases else database
    if about_databases or not database:
        return ["catalog", f"database/{database or '*'}"]
    named = given.get("TableName") or (given.get("TableInput") or {}).get("Name")
    tables = given.get("TablesToDelete") or [named or given.get("Name") or "*"]
    return ["catalog", f"database/{database}", *(f"table/{database}/{table}" for table in tables)]
