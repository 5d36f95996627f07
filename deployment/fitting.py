"""Fits what a program asked for into the provider's schema: Pulumi's inputs in, a Terraform resource body out."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi

from deployment.naming import argument, camel, snake
from deployment.schema import Block

NOT_CHECKED = {"region"}
"""Inputs that only pulumi-aws 7 has on every resource; the provider takes the region of its own configuration."""

_FOREIGN = re.compile(r"\$\{(?!(?:tolist\()?aws_[a-z0-9_]+\.)")


class Fitting:
    """Fits one resource after another, and keeps the paths of inputs the provider has no argument for."""

    def __init__(self) -> None:
        self.unmapped: list[str] = []

    def body(self, inputs: Mapping[str, Any], block: Block, path: str) -> dict[str, Any]:
        """The body of a resource or of a nested block."""
        attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
        made: dict[str, Any] = {}
        for key, value in inputs.items():
            if value is None or key.startswith("__"):
                continue
            name = argument(key, [*attributes, *blocks], path)
            if name is None:
                self._miss(key, path)
            elif name in attributes:
                made[name] = self._attribute(value, attributes[name], f"{path}.{name}")
            else:
                items = value if isinstance(value, list) else [value]
                made[name] = [self.body(item, blocks[name]["block"], f"{path}.{name}") for item in items]
        return made

    def _miss(self, key: str, path: str) -> None:
        if snake(key) not in NOT_CHECKED:
            self.unmapped.append(f"{path}.{snake(key)}")

    def _attribute(self, value: Any, attribute: Mapping[str, Any], path: str) -> Any:  # noqa: ANN401 - any JSON value
        if "nested_type" in attribute:
            nested = attribute["nested_type"]
            items = value if isinstance(value, list) else [value]
            bodies = [self.body(item, nested, path) for item in items]
            return bodies[0] if nested["nesting_mode"] == "single" else bodies
        kind = attribute["type"]
        fields = object_fields(kind)
        if fields is not None:
            items = value if isinstance(value, list) else [value]
            return [dict.fromkeys(fields) | {snake(k): escaped(v) for k, v in i.items()} for i in items]
        if isinstance(value, list) and isinstance(kind, str):
            return escaped(value[0]) if value else None
        return escaped(value)


def object_fields(kind: object) -> Mapping[str, Any] | None:
    """The fields of a list or set of objects; None for any other type."""
    match kind:
        case ["list" | "set", ["object", dict() as fields, *_]]:
            return fields
        case _:
            return None


def escaped(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with everything escaped that Terraform would take for a template, except references to resources."""
    if isinstance(value, pulumi.FileAsset):
        return str(Path(value.path).resolve())
    if isinstance(value, str):
        return _FOREIGN.sub("$${", value).replace("%{", "%%{")
    if isinstance(value, list):
        return [escaped(item) for item in value]
    if isinstance(value, dict):
        return {key: escaped(item) for key, item in value.items()}
    return value


def computed(address: str, inputs: Mapping[str, Any], block: Block) -> dict[str, Any]:
    """The resource's state: its inputs, and a reference for every value that only AWS knows.

    Numbers and booleans cannot be references in Pulumi's state, so they are 0 and False.
    """
    state = dict(inputs)
    for name, attribute in block.get("attributes", {}).items():
        key, kind = camel(name), attribute.get("type")
        if not attribute.get("computed") or state.get(key) is not None:
            continue
        fields = object_fields(kind)
        if kind == "string":
            state[key] = f"${{{address}.{name}}}"
        elif kind in ("number", "bool"):
            state[key] = 0 if kind == "number" else False
        elif fields is not None:
            first = f"${{tolist({address}.{name})[0]"
            objects = [{camel(inner): f"{first}.{inner}}}" for inner in fields}]
            state |= {key: objects, f"{key}s": objects}
        elif isinstance(kind, list) and kind[0] in ("list", "set"):
            items = [f"${{tolist({address}.{name})[0]}}"]
            state |= {key: items, f"{key}s": items}
    return state
