"""The roles of governance: the one that locations are registered with, and one a persona."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
import pulumi_aws as aws

from components.lakeformation_access import PERSONA_SIGHT, PERSONAS
from components.policies import lakeformation as documents
from components.policies import names

__all__ = ["CATALOGS_SEEN", "Roles"]

CATALOGS_SEEN: Mapping[str, tuple[str, ...]] = {
    "analyst": ("curated",),
    "auditor": ("curated", "processed", "raw"),
    "bi": PERSONA_SIGHT["bi"].zones,
    "engineer": PERSONA_SIGHT["engineer"].zones,
}
"""The zones whose databases a persona may look into. An auditor sees that raw and processed tables exist, not what is in them."""

SESSION_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Roles:
    """Makes roles, all with the same parent.

    Attributes:
        name: The beginning of their Pulumi names.
        prefix: The beginning of their names in IAM.
        account_id: The account.
        region: The region of catalog and key.
        partition: The AWS partition.
        key_arn: The lake's key, which also encrypts the catalog.
        opts: Options of every resource.
        tags: Put on every role.
    """

    name: str
    prefix: str
    account_id: str
    region: str
    partition: str
    key_arn: pulumi.Input[str]
    opts: pulumi.ResourceOptions
    tags: Mapping[str, str] = field(default_factory=dict)

    def registration(self, buckets: Sequence[str]) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """The role that Lake Formation reads the zones with, and its policy, which a registration has to wait for."""
        role = self._role(
            "lakeformation-registration",
            "Lake Formation reads the registered zones with it",
            json.dumps(documents.registration_trust(self.account_id, self.region, partition=self.partition)),
        )
        access = pulumi.Output.from_input(self.key_arn).apply(
            lambda key: json.dumps(documents.registration_access(buckets, key, self.region, partition=self.partition))
        )
        return role, self.attach("lakeformation-registration", role, "read-zones", access)

    def personas(self, trusted: Mapping[str, Sequence[str]], *, require_mfa: bool) -> dict[str, aws.iam.Role]:
        """One role a persona, with the coarse policy of the catalogs it may look into."""
        return {persona: self._persona(persona, sorted(trusted[persona]), require_mfa) for persona in PERSONAS}

    def attach(
        self, suffix: str, role: aws.iam.Role, policy_name: str, policy: pulumi.Input[str]
    ) -> aws.iam.RolePolicy:
        """An inline policy."""
        return aws.iam.RolePolicy(
            f"{self.name}-{suffix}-{policy_name}", name=policy_name, role=role.id, policy=policy, opts=self.opts
        )

    def _persona(self, persona: str, principals: Sequence[str], require_mfa: bool) -> aws.iam.Role:  # noqa: FBT001
        role = self._role(
            f"persona-{persona}",
            f"Reads the lake as {persona}, through Lake Formation only",
            json.dumps(documents.persona_trust(principals, require_mfa=require_mfa)),
        )
        databases = [names.database_name(self.prefix, zone) for zone in CATALOGS_SEEN[persona]]
        policy = pulumi.Output.from_input(self.key_arn).apply(
            lambda key: json.dumps(
                documents.persona_catalog(databases, key, self.account_id, self.region, partition=self.partition)
            )
        )
        self.attach(f"persona-{persona}", role, "catalog", policy)
        return role

    def _role(self, role: str, description: str, trust: str) -> aws.iam.Role:
        return aws.iam.Role(
            f"{self.name}-{role}",
            name=names.role_name(self.prefix, role),
            description=description,
            assume_role_policy=trust,
            max_session_duration=SESSION_SECONDS,
            tags=self.tags,
            opts=self.opts,
        )
