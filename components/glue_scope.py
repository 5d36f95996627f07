"""What the builders of `LakeCatalog` share: its name and arguments, the options of its children, roles."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.glue_args import LakeCatalogArgs
from components.policies import names
from components.policies.document import Document
from components.policies.glue import Site

__all__ = ["Scope"]


@dataclass(frozen=True, kw_only=True)
class Scope:
    """The component that is being built.

    Attributes:
        name: Its Pulumi name; its children's names begin with it.
        args: What it was told.
        parent: The component itself.
        after: What the caller wants to exist before it; every child waits for it, and is destroyed before it.
    """

    name: str
    args: LakeCatalogArgs
    parent: pulumi.Resource
    after: Sequence[pulumi.Resource]

    @property
    def site(self) -> Site:
        """Where the stack lives."""
        return self.args.site

    def named(self, suffix: str) -> str:
        """What something of this stack is called on AWS."""
        return f"{self.args.prefix}-{suffix}"

    def uri(self, zone: str, folder: str = "") -> pulumi.Output[str]:
        """The ``s3://`` address of a zone, or of a folder in it; ends in a slash."""
        below = f"{folder}/" if folder else ""
        return pulumi.Output.concat("s3://", self.args.buckets[zone], "/", below)

    def options(self, *depends_on: pulumi.Resource, replace_first: bool = False) -> pulumi.ResourceOptions:
        """The options of a child: our own, and what is passed here.

        Args:
            depends_on: What the child needs without naming it in an input.
            replace_first: Whether a replacement is preceded by the deletion, because the name is fixed.
        """
        return pulumi.ResourceOptions(
            parent=self.parent,
            depends_on=[*self.after, *depends_on],
            delete_before_replace=True if replace_first else None,
        )

    def with_key(self, write: Callable[[str], Document]) -> pulumi.Output[str]:
        """A document that names the lake's key, as JSON."""
        return pulumi.Output.from_input(self.args.key_arn).apply(lambda key_arn: json.dumps(write(key_arn)))

    def role(
        self, role: str, *, description: str, trust: Document, access: pulumi.Input[str]
    ) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
        """A role and its one policy. Whoever uses the role has to wait for the policy: a job without it fails at once."""
        built = aws.iam.Role(
            f"{self.name}-{role}-role",
            name=names.role_name(self.args.prefix, role),
            description=description,
            assume_role_policy=json.dumps(trust),
            tags=self.args.tags,
            opts=self.options(),
        )
        policy = aws.iam.RolePolicy(
            f"{self.name}-{role}-access", name="access", role=built.name, policy=access, opts=self.options()
        )
        return built, policy
