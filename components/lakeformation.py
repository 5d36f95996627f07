"""LakeGovernance: who may read what, and a record of who did.

The settings of the account come first, in `lakeformation_settings.py`; what is decided about access is in
`lakeformation_access.py`; tags, grants, roles and the audit trail are built by the modules of those names.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.lakeformation_access import (
    PERSONA_SIGHT,
    PERSONAS,
    ZONE_SENSITIVITY,
    AnalystScope,
    GovernedColumn,
    GovernedTable,
    cell_filters,
)
from components.lakeformation_audit import LakeAudit, LakeAuditArgs
from components.lakeformation_grants import CrossAccountShare, Granter, Writer
from components.lakeformation_roles import CATALOGS_SEEN, Roles
from components.lakeformation_settings import LakeSettings, LakeSettingsArgs
from components.lakeformation_tags import Catalog, attach_tags, declare_tags
from components.policies import audit, lakeformation, names

__all__ = [
    "AnalystScope",
    "CrossAccountShare",
    "GovernedColumn",
    "GovernedTable",
    "LakeAudit",
    "LakeAuditArgs",
    "LakeGovernance",
    "LakeGovernanceArgs",
    "LakeSettings",
    "LakeSettingsArgs",
    "Writer",
]

DEFAULT_DATABASE_CHOICES = ("adopt", "create", "skip")

_TRUSTED = re.compile(r"arn:[a-z-]+:(iam|sts)::\d{12}:[^*?]+")


@dataclass(frozen=True, kw_only=True)
class LakeGovernanceArgs:
    """What is governed, and for whom.

    Attributes:
        prefix: The beginning of every name of the stack.
        account_id: The account.
        region: The region of catalog and buckets.
        partition: The AWS partition.
        catalog_id: What `LakeSettings` exposes, so that nothing is granted before the settings are in place.
        databases: Zone -> database, for raw, processed and curated.
        curated_tables: The tables of the curated zone with the sensitivity of every column.
        table_names: Their names as the catalog gives them back, so that they exist before they are tagged.
        bucket_arns: Zone -> bucket ARN, for raw, processed and curated: the locations that are registered.
        key_arn: The lake's key.
        writers: The jobs and crawlers that fill the zones.
        trusted_principals: Persona -> IAM principals (ARNs) that may take on its role.
        require_mfa: Whether they need a second factor for it.
        analyst: The regions and whole tables of the analyst.
        views: The views that engineers keep in the curated database, as queries define them.
        cross_account: What is shared with other accounts; None for nothing.
        default_database: The catalog's database `default`, which Athena asks for: `adopt` grants on the one that is
            there, `create` makes it (once an account and region), `skip` leaves it alone.
        audit: The audit trail.
        tags: Put on every resource that takes tags.
    """

    prefix: str
    account_id: str
    region: str
    partition: str = "aws"
    catalog_id: pulumi.Input[str]
    databases: Mapping[str, pulumi.Input[str]]
    curated_tables: Sequence[GovernedTable]
    table_names: Mapping[str, pulumi.Input[str]]
    bucket_arns: Mapping[str, pulumi.Input[str]]
    key_arn: pulumi.Input[str]
    writers: Sequence[Writer]
    trusted_principals: Mapping[str, Sequence[str]]
    require_mfa: bool = True
    analyst: AnalystScope
    views: Sequence[str] = ()
    cross_account: CrossAccountShare | None = None
    default_database: str = "adopt"
    audit: LakeAuditArgs
    tags: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse what would leave a zone ungoverned or a persona open."""
        for part, given in (("databases", self.databases), ("bucket_arns", self.bucket_arns)):
            missing = sorted(set(ZONE_SENSITIVITY) - set(given))
            if missing:
                raise ValueError(
                    f"{part} lacks {', '.join(missing)}, expected {', '.join(sorted(ZONE_SENSITIVITY))}; "
                    "pass what catalog and storage expose"
                )
        tables = sorted(table.name for table in self.curated_tables)
        if sorted(self.table_names) != tables:
            raise ValueError(
                f"table_names has {', '.join(sorted(self.table_names)) or 'none'}, curated_tables has "
                f"{', '.join(tables) or 'none'}; they must be the same tables"
            )
        clashes = sorted(set(self.views) & set(tables))
        if clashes:
            raise ValueError(f"views has {', '.join(clashes)}, which is a table; give the view another name")
        self._check_trust()
        if self.default_database not in DEFAULT_DATABASE_CHOICES:
            raise ValueError(
                f"default_database is {self.default_database!r}, allowed are {', '.join(DEFAULT_DATABASE_CHOICES)}"
            )
        cell_filters(self.curated_tables, self.analyst)

    def _check_trust(self) -> None:
        if sorted(self.trusted_principals) != sorted(PERSONAS):
            raise ValueError(
                f"trusted_principals has {', '.join(sorted(self.trusted_principals)) or 'none'}, "
                f"expected exactly {', '.join(PERSONAS)}"
            )
        for persona, principals in self.trusted_principals.items():
            strangers = [arn for arn in principals if not _TRUSTED.fullmatch(arn)]
            if strangers or not principals:
                raise ValueError(
                    f"trusted_principals of {persona} has {', '.join(strangers) or 'none'}, expected ARNs of IAM principals "
                    "without wildcards; arn:aws:iam::<account>:root leaves the choice to the account's own IAM policies"
                )


class LakeGovernance(pulumi.ComponentResource):
    """LF-tags, registered zones, persona roles, grants, cell filters, and the audit trail.

    Attributes:
        persona_role_arns: Persona -> its role.
        persona_role_names: Persona -> its role's name, for the workgroup policies.
        registration_role_arn: The role that Lake Formation reads the zones with.
        trail_arn: The audit trail.
        audit_bucket_name: Where the trail's files are.
    """

    persona_role_arns: dict[str, pulumi.Output[str]]
    persona_role_names: dict[str, pulumi.Output[str]]
    registration_role_arn: pulumi.Output[str]
    trail_arn: pulumi.Output[str]
    audit_bucket_name: pulumi.Output[str]

    def __init__(self, name: str, args: LakeGovernanceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:lakeformation:LakeGovernance", name, None, opts)
        self._name, self._args = name, args
        # What the caller wants first (settings, tables) has to come before every child: a component does not hand its own
        # depends_on down.
        self._child = pulumi.ResourceOptions(parent=self, depends_on=opts.depends_on if opts else None)

        roles = Roles(
            name=name,
            prefix=args.prefix,
            account_id=args.account_id,
            region=args.region,
            partition=args.partition,
            key_arn=args.key_arn,
            opts=self._child,
            tags=args.tags,
        )
        registration = roles.registration([self._bucket(zone) for zone in sorted(ZONE_SENSITIVITY)])
        personas = roles.personas(args.trusted_principals, require_mfa=args.require_mfa)
        trail = LakeAudit(f"{name}-audit", args.audit, pulumi.ResourceOptions(parent=self))
        self._extra_rights(roles, personas, trail)
        declared = declare_tags(name, self._catalog, self._child)
        tagged = attach_tags(name, self._catalog, self._after(declared))
        self._grant(personas, [*tagged, *self._locations(registration, declared)])

        self.persona_role_arns = {persona: role.arn for persona, role in personas.items()}
        self.persona_role_names = {persona: role.name for persona, role in personas.items()}
        self.registration_role_arn = registration[0].arn
        self.trail_arn, self.audit_bucket_name = trail.trail_arn, trail.bucket_name
        self.register_outputs(
            {"persona_role_arns": self.persona_role_arns, "persona_role_names": self.persona_role_names}
            | {"registration_role_arn": self.registration_role_arn}
            | {"trail_arn": self.trail_arn, "audit_bucket_name": self.audit_bucket_name}
        )

    def _bucket(self, zone: str) -> str:
        return names.bucket_name(self._args.prefix, zone, self._args.account_id, self._args.region)

    def _extra_rights(self, roles: Roles, personas: Mapping[str, aws.iam.Role], trail: LakeAudit) -> None:
        """An auditor reads the trail and lists grants; an engineer keeps the views that queries define."""
        watched = self._args.audit.trail
        may_audit = trail.key_arn.apply(lambda key: json.dumps(audit.auditor(watched, key)))
        roles.attach("persona-auditor", personas["auditor"], "audit", may_audit)
        if self._args.views:
            keeper = lakeformation.view_keeper(
                names.database_name(self._args.prefix, "curated"),
                self._args.views,
                self._args.account_id,
                self._args.region,
                partition=self._args.partition,
            )
            roles.attach("persona-engineer", personas["engineer"], "views", json.dumps(keeper))

    @property
    def _catalog(self) -> Catalog:
        return Catalog(
            catalog_id=self._args.catalog_id,
            databases=self._args.databases,
            tables=self._args.curated_tables,
            table_names=self._args.table_names,
        )

    def _locations(
        self, registration: tuple[aws.iam.Role, aws.iam.RolePolicy], declared: Sequence[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        """The zones' buckets under Lake Formation, with a role of our own: the service-linked one bypasses SCPs.

        They come after the tags only because those come after the settings, which a location has no input for; before them
        the deployer may not be allowed to register anything.
        """
        role, policy = registration
        return [
            aws.lakeformation.Resource(
                f"{self._name}-location-{zone}",
                arn=self._args.bucket_arns[zone],
                role_arn=role.arn,
                use_service_linked_role=False,
                hybrid_access_enabled=False,
                opts=self._after([policy, *declared]),
            )
            for zone in sorted(ZONE_SENSITIVITY)
        ]

    def _grant(self, personas: Mapping[str, aws.iam.Role], first: Sequence[pulumi.Resource]) -> None:
        """Every grant comes after every tag, so that nobody sees a column before it says how sensitive it is."""
        granter = Granter(name=self._name, catalog=self._catalog, opts=self._after(first))
        default = self._default_database()
        for persona, role in personas.items():
            for zone in CATALOGS_SEEN[persona]:
                keeps_views = persona == "engineer" and zone == "curated" and self._args.views
                granter.database(persona, role.arn, zone, ["CREATE_TABLE", "DESCRIBE"] if keeps_views else ["DESCRIBE"])
            if default is not None:
                granter.default_database(persona, role.arn, default)
            if persona in PERSONA_SIGHT:
                granter.sight(persona, role.arn)
                granter.names_only(
                    persona, role.arn, sorted({*CATALOGS_SEEN[persona]} - {*PERSONA_SIGHT[persona].zones})
                )
        granter.cells(personas["analyst"].arn, self._args.analyst)
        for writer in self._args.writers:
            granter.writer(writer, self._args.bucket_arns[writer.zone])
        if self._args.cross_account:
            granter.share(self._args.cross_account)
            self._let_ram_share()

    def _default_database(self) -> pulumi.Input[str] | None:
        if self._args.default_database == "skip":
            return None
        if self._args.default_database == "adopt":
            return lakeformation.DEFAULT_DATABASE
        return aws.glue.CatalogDatabase(
            f"{self._name}-default",
            name=lakeformation.DEFAULT_DATABASE,
            description="Empty; Athena asks for it before every query.",
            tags=self._args.tags,
            opts=self._child,
        ).name

    def _let_ram_share(self) -> None:
        args = self._args
        policy = lakeformation.sharing(
            names.database_name(args.prefix, "curated"), args.account_id, args.region, partition=args.partition
        )
        aws.glue.ResourcePolicy(
            f"{self._name}-sharing", policy=json.dumps(policy), enable_hybrid="TRUE", opts=self._child
        )

    def _after(self, first: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._child, pulumi.ResourceOptions(depends_on=list(first)))
