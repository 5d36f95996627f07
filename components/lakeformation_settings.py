"""Lake Formation's settings of the account and region: built before the catalog, destroyed after everything.

PutDataLakeSettings replaces all settings at once ("DataLakeSettings", Lake Formation API Reference), so whatever is not said
here is gone: other administrators too. Hence the list of administrators has to be given. The settings exist once an account
and region: only one stack may own them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

__all__ = ["LakeSettings", "LakeSettingsArgs", "refuse_open_defaults"]

CROSS_ACCOUNT_VERSIONS = ("1", "2", "3", "4", "5")
ADMIN_LIMIT = 30
"""Lake Formation API Reference, "DataLakeSettings"."""

_IAM_PRINCIPAL = re.compile(r"arn:[a-z-]+:iam::\d{12}:(role|user)/.+")


@dataclass(frozen=True, kw_only=True)
class LakeSettingsArgs:
    """What governs the whole account and region.

    Attributes:
        account_id: The account whose catalog it is.
        admins: Every data lake administrator that shall remain, as IAM user or role ARNs; the deployer is added. Whoever
            is an administrator today and not in this list stops being one.
        deployer_arn: The IAM user or role that deploys; without it no later grant could be made.
        read_only_admins: Who may see every grant and change none.
        trusted_resource_owners: Accounts that may learn which of our principals read their shared tables.
        cross_account_version: How grants to other accounts are shared, "1" to "5"; "4" shares through AWS RAM, also
            straight to principals ("Updating cross-account data sharing version settings").
    """

    account_id: str
    admins: Sequence[str]
    deployer_arn: str
    read_only_admins: Sequence[str] = ()
    trusted_resource_owners: Sequence[str] = ()
    cross_account_version: str = "4"

    def __post_init__(self) -> None:
        """Refuse what would lock somebody out, or what Lake Formation would refuse half way through."""
        if not self.admins:
            raise ValueError(
                "admins is empty, expected every data lake administrator that shall remain: the settings are replaced as a "
                "whole, so whoever is not listed loses the right; list what `aws lakeformation get-data-lake-settings` shows "
                "(or, in a new account, the deployer alone)"
            )
        for field, arns in (
            ("admins", self.admins),
            ("deployer_arn", (self.deployer_arn,)),
            ("read_only_admins", self.read_only_admins),
        ):
            strangers = [arn for arn in arns if not _IAM_PRINCIPAL.fullmatch(arn)]
            if strangers:
                raise ValueError(
                    f"{field} has {', '.join(strangers)}, expected ARNs of IAM users or roles "
                    "(arn:aws:iam::<account>:role/<name>); for a session give the role it belongs to"
                )
        if len(self.all_admins) > ADMIN_LIMIT:
            raise ValueError(
                f"admins has {len(self.all_admins)} entries with the deployer, Lake Formation takes {ADMIN_LIMIT}; "
                "let several people share a role"
            )
        if self.cross_account_version not in CROSS_ACCOUNT_VERSIONS:
            raise ValueError(
                f"cross_account_version is {self.cross_account_version!r}, allowed are {', '.join(CROSS_ACCOUNT_VERSIONS)}"
            )

    @property
    def all_admins(self) -> list[str]:
        """The administrators with the deployer among them, sorted, since Lake Formation returns them in any order."""
        return sorted({*self.admins, self.deployer_arn})


class LakeSettings(pulumi.ComponentResource):
    """Lake Formation in charge: named administrators, nothing open by default, the querying role in the audit trail.

    Attributes:
        catalog_id: The account's catalog. It resolves only when the settings are in place and closed, so whatever takes
            it (databases, tables, grants) is created after them and destroyed before: destroying them leaves no
            administrator behind.
    """

    catalog_id: pulumi.Output[str]

    def __init__(self, name: str, args: LakeSettingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:lakeformation:LakeSettings", name, None, opts)
        settings = _settings(name, args, pulumi.ResourceOptions(parent=self))
        self.catalog_id = pulumi.Output.all(
            settings.id, settings.create_database_default_permissions, settings.create_table_default_permissions
        ).apply(lambda read: _closed(args.account_id, read[1], read[2]))
        self.register_outputs({"catalog_id": self.catalog_id})


def refuse_open_defaults(what: str, defaults: object) -> None:
    """Raise when new databases or tables would be open to everybody whose IAM policy allows it.

    Empty defaults are in force when the settings are first created. On settings that existed before, the provider keeps
    what it finds and shows no difference (pulumi-aws issue 4366), so the state has to be looked at.

    Raises:
        ValueError: There are default permissions left.
    """
    if isinstance(defaults, Sequence) and not isinstance(defaults, str) and defaults:
        raise ValueError(
            f"new {what} are still open to IAM_ALLOWED_PRINCIPALS by default, so Lake Formation would not govern them; "
            "clear both lists once with `aws lakeformation put-data-lake-settings` (give back what "
            "get-data-lake-settings shows, with CreateDatabaseDefaultPermissions and CreateTableDefaultPermissions as []), "
            "then run `pulumi up --refresh`"
        )


def _closed(account_id: str, database_defaults: object, table_defaults: object) -> str:
    refuse_open_defaults("databases", database_defaults)
    refuse_open_defaults("tables", table_defaults)
    return account_id


def _settings(name: str, args: LakeSettingsArgs, opts: pulumi.ResourceOptions) -> aws.lakeformation.DataLakeSettings:
    return aws.lakeformation.DataLakeSettings(
        f"{name}-settings",
        catalog_id=args.account_id,
        admins=args.all_admins,
        read_only_admins=sorted(args.read_only_admins),
        create_database_default_permissions=[],
        create_table_default_permissions=[],
        trusted_resource_owners=sorted(args.trusted_resource_owners),
        # No cluster of EMR and no engine of others: their filtering would be outside of what the tests here describe.
        allow_external_data_filtering=False,
        allow_full_table_external_data_access=False,
        parameters={
            "CROSS_ACCOUNT_VERSION": args.cross_account_version,
            # Returned by Lake Formation in any case; left out, every plan would show a difference.
            "SET_CONTEXT": "TRUE",
            "SET_SOURCE_IDENTITY": "TRUE",
        },
        opts=opts,
    )
