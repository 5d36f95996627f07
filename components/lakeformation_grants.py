"""Builds what `lakeformation_access.py` decides: data cells filters and every grant.

Three habits of the provider shape the grants. SELECT on a plain `table` is revoked and granted anew at every deployment
(terraform-provider-aws issue 49453), and a `table` and a `table_with_columns` grant to one principal on one table do not
survive each other (39082): so tables are granted by LF-tag or by data cells filter only. And lists are sorted, since
Lake Formation returns them in an order of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import pulumi
import pulumi_aws as aws

from components.lakeformation_access import (
    PERSONA_SIGHT,
    SENSITIVITY_TAG,
    ZONE_SENSITIVITY,
    ZONE_TAG,
    AnalystScope,
    CellFilter,
    cell_filters,
)
from components.lakeformation_tags import Catalog

__all__ = ["CrossAccountShare", "Granter", "Writer"]

_ACCOUNT_DIGITS = 12


@dataclass(frozen=True, kw_only=True)
class Writer:
    """A role that fills the lake.

    Attributes:
        name: What it is called in the program, such as `processed-to-curated`.
        role_arn: Its role.
        zone: The zone it writes to, or whose tables it makes.
        creates_tables: Whether it makes tables there, as crawlers do.
        changes_tables: Whether it registers partitions or changes schemas there.
    """

    name: str
    role_arn: pulumi.Input[str]
    zone: str
    creates_tables: bool = False
    changes_tables: bool = False

    def __post_init__(self) -> None:
        """Refuse a zone that has no database."""
        if self.zone not in ZONE_SENSITIVITY:
            raise ValueError(
                f"writer {self.name}: zone is {self.zone!r}, allowed are {', '.join(sorted(ZONE_SENSITIVITY))}"
            )


@dataclass(frozen=True, kw_only=True)
class CrossAccountShare:
    """What other accounts are shown of the curated zone: all rows, columns of these sensitivities.

    Attributes:
        account_ids: The accounts, 12 digits each. Their own administrators pass the grant on.
        sensitivities: Columns of which sensitivity; personal ones never leave the account.
    """

    account_ids: tuple[str, ...]
    sensitivities: tuple[str, ...] = ("public",)

    def __post_init__(self) -> None:
        """Refuse what is no account, and personal data."""
        strangers = [i for i in self.account_ids if len(i) != _ACCOUNT_DIGITS or not i.isdigit()]
        if strangers or not self.account_ids:
            raise ValueError(
                f"cross-account account_ids are {list(self.account_ids)}, expected account numbers of 12 digits; "
                "leave the share away to share with nobody"
            )
        refused = sorted(set(self.sensitivities) - {"internal", "public"})
        if refused or not self.sensitivities:
            raise ValueError(
                f"cross-account sensitivities are {list(self.sensitivities)}, allowed are internal, public; "
                "personal columns are not shared with other accounts"
            )


@dataclass(frozen=True, kw_only=True)
class Granter:
    """Makes grants, all with the same parent and after the same things.

    Attributes:
        name: The beginning of the grants' names.
        catalog: What is granted on.
        opts: Options of every grant.
    """

    name: str
    catalog: Catalog
    opts: pulumi.ResourceOptions

    def database(
        self, who: str, principal: pulumi.Input[str], zone: str, permissions: Sequence[str] = ("DESCRIBE",)
    ) -> None:
        """Permissions on the database of a zone."""
        self._grant(
            f"{who}-database-{zone}", principal, permissions, database=self._place(self.catalog.databases[zone])
        )

    def default_database(self, who: str, principal: pulumi.Input[str], database: pulumi.Input[str]) -> None:
        """DESCRIBE on `default`, without which Athena refuses every query on governed data."""
        self._grant(f"{who}-database-default", principal, ["DESCRIBE"], database=self._place(database))

    def tables(
        self, who: str, principal: pulumi.Input[str], tags: Mapping[str, Sequence[str]], permissions: Sequence[str]
    ) -> None:
        """Permissions on all tables and columns that carry, for every tag, one of its values."""
        self._grant(f"{who}-tables", principal, permissions, lf_tag_policy=self._tagged("TABLE", tags))

    def sight(self, persona: str, principal: pulumi.Input[str]) -> None:
        """What a persona sees by tag."""
        sight = PERSONA_SIGHT[persona]
        tags = {SENSITIVITY_TAG: sight.sensitivities, ZONE_TAG: sight.zones}
        self.tables(persona, principal, tags, ["DESCRIBE", "SELECT"])

    def names_only(self, persona: str, principal: pulumi.Input[str], zones: Sequence[str]) -> None:
        """The tables of these zones by name and schema, without a row of them."""
        if zones:
            self.tables(f"{persona}-names-of", principal, {ZONE_TAG: zones}, ["DESCRIBE"])

    def cells(self, principal: pulumi.Input[str], scope: AnalystScope) -> None:
        """The analyst's filters, with one SELECT on each and no other right on a table."""
        for cell_filter in cell_filters(self.catalog.tables, scope):
            place = {
                "database_name": self.catalog.databases["curated"],
                "name": f"analyst-{cell_filter.table}",
                "table_catalog_id": self.catalog.catalog_id,
                "table_name": self.catalog.table_names[cell_filter.table],
            }
            made = aws.lakeformation.DataCellsFilter(
                f"{self.name}-filter-{cell_filter.table}",
                table_data=cast("aws.lakeformation.DataCellsFilterTableDataArgsDict", {**place, **_shown(cell_filter)}),
                opts=self.opts,
            )
            self._grant(
                f"analyst-cells-{cell_filter.table}", principal, ["SELECT"], after=[made], data_cells_filter=place
            )

    def writer(self, writer: Writer, bucket_arn: pulumi.Input[str]) -> None:
        """What a job or crawler may change in the catalog, and the bucket that its tables may point into.

        Whoever changes tables reads partitions back, hence SELECT.
        """
        if writer.creates_tables or writer.changes_tables:
            creates = ["CREATE_TABLE"] if writer.creates_tables else []
            self.database(writer.name, writer.role_arn, writer.zone, [*creates, "DESCRIBE"])
            rights = ["ALTER", "DESCRIBE", "INSERT", "SELECT"]
            self.tables(writer.name, writer.role_arn, {ZONE_TAG: [writer.zone]}, rights)
        location = {"arn": bucket_arn, "catalog_id": self.catalog.catalog_id}
        self._grant(f"{writer.name}-location", writer.role_arn, ["DATA_LOCATION_ACCESS"], data_location=location)

    def share(self, share: CrossAccountShare) -> None:
        """Curated tables for other accounts, with the grant option: only so can their administrators let anybody in."""
        zone = {ZONE_TAG: ["curated"]}
        tags = {SENSITIVITY_TAG: share.sensitivities, **zone}
        for account in sorted(share.account_ids):
            self._grant(
                f"account-{account}-database",
                account,
                ["DESCRIBE"],
                permissions_with_grant_options=["DESCRIBE"],
                lf_tag_policy=self._tagged("DATABASE", zone),
            )
            self._grant(
                f"account-{account}-tables",
                account,
                ["DESCRIBE", "SELECT"],
                permissions_with_grant_options=["DESCRIBE", "SELECT"],
                lf_tag_policy=self._tagged("TABLE", tags),
            )

    def _place(self, database: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
        return {"name": database, "catalog_id": self.catalog.catalog_id}

    def _tagged(self, resource_type: str, tags: Mapping[str, Sequence[str]]) -> dict[str, Any]:
        return {
            "resource_type": resource_type,
            "expressions": [{"key": key, "values": sorted(tags[key])} for key in sorted(tags)],
            "catalog_id": self.catalog.catalog_id,
        }

    def _grant(
        self,
        suffix: str,
        principal: pulumi.Input[str],
        permissions: Sequence[str],
        *,
        after: Sequence[pulumi.Resource] = (),
        **resource: Any,  # noqa: ANN401 - what it is on, in the provider's words
    ) -> None:
        aws.lakeformation.Permissions(
            f"{self.name}-grant-{suffix}",
            catalog_id=self.catalog.catalog_id,
            principal=principal,
            permissions=sorted(permissions),
            opts=pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=list(after))),
            **resource,
        )


def _shown(cell_filter: CellFilter) -> dict[str, Any]:
    """Columns and rows in the provider's words: a wildcard says that there is nothing to hide."""
    columns: dict[str, Any] = (
        {"column_wildcard": {}} if cell_filter.columns is None else {"column_names": list(cell_filter.columns)}
    )
    rows: dict[str, Any] = (
        {"all_rows_wildcard": {}} if cell_filter.rows is None else {"filter_expression": cell_filter.rows}
    )
    return {**columns, "row_filter": rows}
