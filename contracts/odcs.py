"""Contracts in the words of the Open Data Contract Standard 3.2, one document per dataset, for readers outside this code.

Plain mappings in the order in which they are to be read; `lake contract write` puts them into `docs/contracts/`. What makes
one of two documents a breaking change is in `compatibility.py`.
"""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from contracts import CURATED, DELIVERED
from contracts.glue_types import hive_type
from contracts.lineage_columns import LINEAGE_OF
from contracts.model import (
    AnyGiven,
    AtLeast,
    Check,
    Column,
    Dataset,
    Fits,
    GivenWith,
    MatchesProduct,
    OneOf,
    Parses,
    Precise,
    Present,
    Role,
    Rule,
    Severity,
    TimeExists,
    TimeUnique,
    ValidIdentifier,
    WholeLine,
)

__all__ = ["ENGINE", "ZONES", "document", "documents"]

ZONES: Mapping[str, Mapping[str, Dataset]] = {"processed": DELIVERED, "curated": CURATED}
"""The zones that others read, with their datasets. Quarantine is for those who mend deliveries, not a product."""

ENGINE = "energy-lake"
"""Who executes the rules: raw-to-processed. A check of another engine is none of this project's."""

_STANDARD = "v3.2.0"

_LOGICAL: dict[str, dict[str, Any]] = {
    "text": {"logicalType": "string"},
    "decimal": {"logicalType": "number"},
    "date": {"logicalType": "date"},
    "instant": {"logicalType": "timestamp", "logicalTypeOptions": {"timezone": False, "defaultTimezone": "Etc/UTC"}},
    "integer": {"logicalType": "integer", "logicalTypeOptions": {"format": "i64"}},
    "boolean": {"logicalType": "boolean"},
    "texts": {"logicalType": "array", "items": {"name": "item", "logicalType": "string"}},
}
"""Instants are stored without a zone and mean UTC."""

_USAGE = {
    "processed": "Read with Athena, database of the processed zone. Every delivered version of a row is here; what counts now "
    "is in the curated zone.",
    "curated": "Read with Athena, database of the curated zone, or in the warehouse, schema analytics.",
}

_SEVERITY = {Severity.REJECT: "error", Severity.WARN: "warning", Severity.OFF: "info"}

_DIMENSION: dict[type[Check], str] = {
    Present: "completeness",
    AnyGiven: "completeness",
    GivenWith: "completeness",
    Parses: "conformity",
    Precise: "conformity",
    OneOf: "conformity",
    WholeLine: "conformity",
    TimeExists: "conformity",
    TimeUnique: "conformity",
    ValidIdentifier: "conformity",
    AtLeast: "accuracy",
    Fits: "accuracy",
    MatchesProduct: "consistency",
}


def documents(version: str) -> dict[str, dict[str, Any]]:
    """Every dataset's document, by its path below the folder of contracts: `<zone>/<dataset>.odcs.yaml`."""
    return {
        f"{zone}/{name}.odcs.yaml": document(dataset, zone, version)
        for zone, datasets in ZONES.items()
        for name, dataset in datasets.items()
    }


def document(dataset: Dataset, zone: str, version: str) -> dict[str, Any]:
    """The dataset's document. `version` is the release that the contract belongs to."""
    return {
        "apiVersion": _STANDARD,
        "kind": "DataContract",
        "id": f"energy-lake.{zone}.{dataset.name}",
        "name": f"{zone}/{dataset.name}",
        "version": version,
        "status": "active",
        "domain": "energy-trading",
        "dataProduct": "energy-lake",
        "description": {"purpose": dataset.description, "usage": _USAGE[zone]},
        "schema": [_schema(dataset, zone)],
    }


def _schema(dataset: Dataset, zone: str) -> dict[str, Any]:
    """The one table of a document. Only in curated data a key is unique; elsewhere it is told as what identifies versions."""
    is_curated = zone == "curated"
    positions = {name: place for place, name in enumerate(dataset.key, start=1)} if is_curated else {}
    made: dict[str, Any] = {
        "name": dataset.name,
        "logicalType": "object",
        "physicalType": "table",
        "physicalName": dataset.name,
        "description": dataset.description,
        "dataGranularityDescription": dataset.grain,
    }
    if not is_curated:
        made["customProperties"] = [{"property": "versionedKey", "value": list(dataset.key)}]
    made["properties"] = [
        _property(column, dataset, positions.get(column.name), is_curated=is_curated) for column in dataset.columns
    ]
    quality = [_unique(dataset)] if is_curated else [_quality(rule) for rule in dataset.rules]
    return made | {"quality": quality}


def _property(column: Column, dataset: Dataset, key_position: int | None, *, is_curated: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": column.name,
        **_LOGICAL[column.type.name],
        "physicalType": hive_type(column),
        "description": column.description,
        "required": not column.nullable,
    }
    if key_position:
        made |= {"primaryKey": True, "primaryKeyPosition": key_position}
    if column.name == dataset.partition:
        made |= {"partitioned": True, "partitionKeyPosition": 1}
    made["classification"] = str(column.sensitivity)
    if is_curated:
        made["transformSourceObjects"] = list(LINEAGE_OF[dataset.name].columns[column.name].inputs)
    if column.allowed:
        made["enum"] = [{"value": value} for value in column.allowed]
    custom = {"unit": column.unit, "lineage": column.role == Role.LINEAGE}
    properties = [{"property": name, "value": value} for name, value in custom.items() if value]
    return made | ({"customProperties": properties} if properties else {})


def _unique(dataset: Dataset) -> dict[str, Any]:
    return {
        "name": "key_unique",
        "description": f"A key ({', '.join(dataset.key)}) stands in one row only.",
        "dimension": "uniqueness",
        "type": "library",
        "metric": "duplicateValues",
        "arguments": {"properties": list(dataset.key)},
        "mustBe": 0,
        "unit": "rows",
    }


def _quality(rule: Rule) -> dict[str, Any]:
    """A rule as a check of our own engine, whole enough to be told from a stricter one."""
    kind = type(rule.check)
    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(rule.check).items()}
    return {
        "name": rule.code,
        "description": rule.sentence,
        "dimension": _DIMENSION[kind],
        "severity": _SEVERITY[rule.severity],
        "type": "custom",
        "engine": ENGINE,
        "implementation": {"check": kind.__name__, **arguments},
    }
