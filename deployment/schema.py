"""The AWS provider's schema of the resource types in use, kept beside this module.

``python -m deployment.schema`` renews it; that needs ``terraform`` and the provider, reading it needs neither.
"""

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("schema.json")

Block = Mapping[str, Any]

_KEPT_OF_ATTRIBUTE = ("type", "required", "optional", "computed")


@dataclass(frozen=True, kw_only=True)
class Schema:
    """What the provider knows.

    Attributes:
        version: The provider's version.
        blocks: Resource type -> its attributes and nested blocks.
    """

    version: str
    blocks: Mapping[str, Block]


@cache
def kept() -> Schema:
    """The schema kept with the project."""
    content = json.loads(KEPT.read_text())
    return Schema(version=content["version"], blocks=content["resources"])


def trimmed(full: Mapping[str, Any], types: Iterable[str]) -> dict[str, Block]:
    """The blocks of these types out of the provider's own schema, without what is written for people."""
    return {kind: _block(full[kind]["block"]) for kind in sorted(types)}


def _block(block: Mapping[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "attributes": {name: _attribute(attribute) for name, attribute in block.get("attributes", {}).items()}
    }
    nested = {
        name: {"nesting_mode": child["nesting_mode"], "block": _block(child["block"])}
        for name, child in block.get("block_types", {}).items()
    }
    return made | ({"block_types": nested} if nested else {})


def _attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    made = {part: attribute[part] for part in _KEPT_OF_ATTRIBUTE if part in attribute}
    if "nested_type" in attribute:
        nested = attribute["nested_type"]
        made["nested_type"] = {"nesting_mode": nested["nesting_mode"], **_block(nested)}
    return made


def renew() -> str:
    """Ask the installed provider and write the types the project's stacks use; returns a sentence about it."""
    from deployment import program, terraform
    from deployment.naming import terraform_type

    full = terraform.full_schema()
    tokens = {
        resource.token
        for stack in program.stacks()
        for resource in program.run(stack).resources
        if resource.token.startswith("aws:")
    }
    types = {terraform_type(token, full.blocks) for token in tokens}
    blocks = trimmed({kind: {"block": block} for kind, block in full.blocks.items()}, types)
    text = json.dumps({"version": full.version, "resources": blocks}, sort_keys=True, separators=(",", ":"))
    KEPT.write_text(text.replace('},"aws_', '},\n"aws_') + "\n")
    return f"{len(blocks)} types of provider {full.version} in {KEPT.name}"


if __name__ == "__main__":
    sys.stdout.write(renew() + "\n")
