"""The program as Terraform: what it registers, as a configuration of the same resources.

Every value that only AWS knows is answered with a reference (``${aws_kms_key.lake.arn}``), which the program
then passes on like any other text. What it registered is, renamed, a Terraform configuration, and Terraform's AWS provider,
whose code pulumi-aws wraps, can say what it thinks of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi

from deployment.answers import AwsShaped
from deployment.fitting import Fitting, computed
from deployment.naming import argument, label, snake, terraform_type
from deployment.recording import Recording, Resource
from deployment.schema import Schema

SOURCE = "hashicorp/aws"


@dataclass(frozen=True, kw_only=True)
class Translation:
    """A program in Terraform's words.

    Attributes:
        resources: Type -> label -> body.
        unmapped: Arguments (``type.argument``) that the program gives and this provider does not have.
    """

    resources: Mapping[str, Mapping[str, dict[str, Any]]]
    unmapped: frozenset[str]

    def configuration(self, version: str, provider: Mapping[str, Any]) -> dict[str, Any]:
        """The whole of ``main.tf.json``."""
        return {
            "terraform": {"required_providers": {"aws": {"source": SOURCE, "version": version}}},
            "provider": {"aws": dict(provider)},
            "resource": self.resources,
        }


class References(AwsShaped):
    """Answers every computed value with a reference to it."""

    def __init__(self, schema: Schema) -> None:
        super().__init__()
        self._schema = schema

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        """The resource's id and state, as references."""
        if not args.typ.startswith("aws:"):
            return super().new_resource(args)
        kind = terraform_type(args.typ, self._schema.blocks)
        address = f"{kind}.{label(args.name)}"
        return f"${{{address}.id}}", computed(address, args.inputs, self._schema.blocks[kind])


def translated(recording: Recording[Any], schema: Schema) -> Translation:
    """The Terraform configuration of what a program registered under :class:`References`."""
    fitting = Fitting()
    addresses = _addresses(recording, schema)
    resources: dict[str, dict[str, dict[str, Any]]] = {}
    for resource in recording.resources:
        if resource.urn not in addresses:
            continue
        kind, name = addresses[resource.urn].split(".")
        block = schema.blocks[kind]
        body = fitting.body(resource.inputs, block, kind)
        _name(body, name, block)
        body |= _options(resource, addresses, recording, block)
        resources.setdefault(kind, {})[name] = body
    return Translation(resources=resources, unmapped=frozenset(fitting.unmapped))


def _addresses(recording: Recording[Any], schema: Schema) -> dict[str, str]:
    return {
        resource.urn: f"{terraform_type(resource.token, schema.blocks)}.{label(resource.name)}"
        for resource in recording.resources
        if resource.token.startswith("aws:")
    }


def _name(body: dict[str, Any], name: str, block: Mapping[str, Any]) -> None:
    """Pulumi itself names what the program leaves unnamed; so does this."""
    given = block["attributes"].get("name", {})
    nameable = given.get("required") or given.get("optional")
    if nameable and not {"name", "name_prefix"} & set(body):
        body["name"] = name


def _options(
    resource: Resource, addresses: Mapping[str, str], recording: Recording[Any], block: Mapping[str, Any]
) -> dict[str, Any]:
    needed = {address for urn in resource.options.depends_on for address in _standing_for(urn, addresses, recording)}
    needed -= {addresses[resource.urn]}
    made: dict[str, Any] = {"depends_on": sorted(needed)} if needed else {}
    known = [*block.get("attributes", {}), *block.get("block_types", {})]
    ignored = [argument(snake(path.split(".")[0].split("[")[0]), known) for path in resource.options.ignore_changes]
    lifecycle: dict[str, Any] = {"ignore_changes": sorted(filter(None, ignored))} if any(ignored) else {}
    if resource.options.protect:
        lifecycle["prevent_destroy"] = True
    return made | ({"lifecycle": lifecycle} if lifecycle else {})


def _standing_for(urn: str, addresses: Mapping[str, str], recording: Recording[Any]) -> list[str]:
    """A resource stands for itself, a component for all that is in it."""
    if urn in addresses:
        return [addresses[urn]]
    children = [resource.urn for resource in recording.resources if resource.options.parent == urn]
    return [address for child in children for address in _standing_for(child, addresses, recording)]
