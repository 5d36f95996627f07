"""The governed catalog, and the LF-tags on it: how sensitive a column is, and which zone a table belongs to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.lakeformation_access import (
    SENSITIVITIES,
    SENSITIVITY_TAG,
    ZONE_SENSITIVITY,
    ZONE_TAG,
    GovernedTable,
)

__all__ = ["Catalog", "attach_tags", "declare_tags"]


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """The catalog as governance sees it.

    Attributes:
        catalog_id: The account's catalog; it resolves when the settings are in place.
        databases: Zone -> database.
        tables: What the curated zone holds.
        table_names: The tables' names as the catalog gives them back, so that they exist before they are tagged.
    """

    catalog_id: pulumi.Input[str]
    databases: Mapping[str, pulumi.Input[str]]
    tables: Sequence[GovernedTable]
    table_names: Mapping[str, pulumi.Input[str]]


def declare_tags(name: str, catalog: Catalog, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """The two LF-tags: how sensitive, and which zone."""
    values = {SENSITIVITY_TAG: sorted(SENSITIVITIES), ZONE_TAG: sorted(ZONE_SENSITIVITY)}
    return [
        aws.lakeformation.LfTag(
            f"{name}-tag-{key}", catalog_id=catalog.catalog_id, key=key, values=values[key], opts=opts
        )
        for key in sorted(values)
    ]


def attach_tags(name: str, catalog: Catalog, opts: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """Tags on databases, on curated tables, and on each of their columns, so that retagging a table moves no column.

    One after the other within a table, since Lake Formation refuses two changes of it at a time; the strictest first.
    """
    tagged: list[pulumi.Resource] = [_tag_database(name, catalog, zone, opts) for zone in sorted(ZONE_SENSITIVITY)]
    for table in catalog.tables:
        last = _tag_table(name, catalog, table, opts)
        tagged.append(last)
        for sensitivity in reversed(SENSITIVITIES):
            if table.columns_of(sensitivity):
                after = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[last]))
                last = _tag_columns(name, catalog, table, sensitivity, after)
                tagged.append(last)
    return tagged


def _tag_database(
    name: str, catalog: Catalog, zone: str, opts: pulumi.ResourceOptions
) -> aws.lakeformation.ResourceLfTags:
    return aws.lakeformation.ResourceLfTags(
        f"{name}-tags-{zone}",
        catalog_id=catalog.catalog_id,
        database={"name": catalog.databases[zone], "catalog_id": catalog.catalog_id},
        lf_tags=[
            {"key": SENSITIVITY_TAG, "value": ZONE_SENSITIVITY[zone], "catalog_id": catalog.catalog_id},
            {"key": ZONE_TAG, "value": zone, "catalog_id": catalog.catalog_id},
        ],
        opts=opts,
    )


def _tag_table(
    name: str, catalog: Catalog, table: GovernedTable, opts: pulumi.ResourceOptions
) -> aws.lakeformation.ResourceLfTags:
    return aws.lakeformation.ResourceLfTags(
        f"{name}-tags-{table.name}",
        catalog_id=catalog.catalog_id,
        table={
            "database_name": catalog.databases["curated"],
            "name": catalog.table_names[table.name],
            "catalog_id": catalog.catalog_id,
        },
        lf_tags=[{"key": SENSITIVITY_TAG, "value": table.sensitivity, "catalog_id": catalog.catalog_id}],
        opts=opts,
    )


def _tag_columns(
    name: str, catalog: Catalog, table: GovernedTable, sensitivity: str, opts: pulumi.ResourceOptions
) -> aws.lakeformation.ResourceLfTags:
    return aws.lakeformation.ResourceLfTags(
        f"{name}-tags-{table.name}-{sensitivity}",
        catalog_id=catalog.catalog_id,
        table_with_columns={
            "database_name": catalog.databases["curated"],
            "name": catalog.table_names[table.name],
            "column_names": list(table.columns_of(sensitivity)),
            "catalog_id": catalog.catalog_id,
        },
        lf_tags=[{"key": SENSITIVITY_TAG, "value": sensitivity, "catalog_id": catalog.catalog_id}],
        opts=opts,
    )
