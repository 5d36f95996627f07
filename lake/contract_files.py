"""Contracts as files: how a document becomes YAML and is read again, and how the last release is kept.

The folder has one file a dataset, `<zone>/<dataset>.odcs.yaml`, and below `released/<version>/` the same files as they were
when that version was released. What is in a document is told by `contracts/odcs.py`.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from contracts.changes import Change, Level
from contracts.compatibility import changes
from contracts.model import ContractError
from contracts.odcs import documents

__all__ = ["RELEASED", "as_yaml", "read_contracts", "release", "write_contracts"]

RELEASED = "released"
"""The folder of the last release, below the folder of contracts."""

_SUFFIX = ".odcs.yaml"
_HEAD = "# Generated from contracts/ by `lake contract write`; edit the contracts, not this file.\n"
_WIDTH = 120


class _Flow(list[Any]):
    """A list that is written on one line: 150 currencies one below the other would hide the rest."""


class _Dumper(yaml.SafeDumper):
    """YAML as people write it: lists indented below what they belong to, nothing written as a reference."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002 - yaml's own
        """Indents lists, too."""
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ANN401, ARG002 - yaml's own
        """Says a value again where it stands again."""
        return True


_Dumper.add_representer(
    _Flow, lambda dumper, data: dumper.represent_sequence("tag:yaml.org,2002:seq", data, flow_style=True)
)


def as_yaml(document: Mapping[str, Any]) -> str:
    """The document in its own order, with a line that says where it comes from."""
    body = yaml.dump(_compact(document), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH)
    return _HEAD + body


def _compact(value: Any, name: str = "") -> Any:  # noqa: ANN401 - whatever a document holds
    if isinstance(value, Mapping):
        return {key: _compact(entry, key) for key, entry in value.items()}
    if isinstance(value, list):
        entries = [_compact(entry) for entry in value]
        return (
            _Flow(entries)
            if name in {"enum", "value", "properties", "transformSourceObjects"} and not _is_nested(value)
            else entries
        )
    return value


def _is_nested(values: list[Any]) -> bool:
    """Whether an entry is more than a name and a value."""
    return any(isinstance(entry, Mapping) and len(entry) > 1 for entry in values)


def write_contracts(folder: Path, version: str) -> int:
    """Writes every dataset's file, removes those of datasets that there are no more, and says how many there are."""
    made = documents(version)
    for file in _files(folder):
        if file.relative_to(folder).as_posix() not in made:
            file.unlink()
    for path, document in made.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(as_yaml(document), encoding="utf-8", newline="\n")
    return len(made)


def read_contracts(place: Path) -> dict[str, dict[str, Any]]:
    """The documents of a file or of a folder, by id. A release inside the folder is not looked into.

    Raises `ContractError` where there is none, or one that is no contract.
    """
    files = [place] if place.is_file() else _files(place)
    if not files:
        raise ContractError(
            f"{place} holds no contract, which is a file <zone>/<dataset>{_SUFFIX} or the folder of zones"
        )
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        document = _read(file)
        if document["id"] in found:
            raise ContractError(f"{file} is a second contract with the id {document['id']}; remove one of them")
        found[document["id"]] = document
    return found


def _files(folder: Path) -> list[Path]:
    return sorted({*folder.glob(f"*{_SUFFIX}"), *folder.glob(f"*/*{_SUFFIX}")})


def _read(file: Path) -> dict[str, Any]:
    try:
        document = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{file} is no YAML: {error}") from error
    if not isinstance(document, dict) or document.get("kind") != "DataContract" or not document.get("id"):
        raise ContractError(
            f"{file} is no contract of the Open Data Contract Standard: `kind: DataContract` and an `id` were expected"
        )
    return document


def release(folder: Path, version: str) -> tuple[Path, list[Change]]:
    """Keeps the contracts as they are now as the release `version`, instead of the one before; and what changed since.

    Raises `ContractError`, with the old release in place, where that version was released and says something else, is not
    above the last one, or is not far enough above it for what would break: before 1.0 the second number has to grow, from
    then on the first.
    """
    made = {path: as_yaml(document) for path, document in documents(version).items()}
    target, last = folder / RELEASED / version, _last(folder / RELEASED)
    changed: list[Change] = []
    if last:
        changed = changes(read_contracts(last), {document["id"]: document for document in documents(version).values()})
        _check_version(last.name, version, changed)
        if last == target:
            return target, changed
    for path, text in made.items():
        file = target / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8", newline="\n")
    if last:
        shutil.rmtree(last)
    return target, changed


def _last(folder: Path) -> Path | None:
    """The folder of the last release. Raises `ContractError` where there are several."""
    found = sorted(path for path in folder.glob("*") if path.is_dir())
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise ContractError(f"{folder} holds the releases {names}; keep the last one, the others are in the history")
    return found[0] if found else None


def _check_version(last: str, version: str, changed: list[Change]) -> None:
    if version == last and changed:
        raise ContractError(
            f"{version} is released and says something else ({changed[0]}); raise the version in pyproject.toml"
        )
    before, after = _numbers(last), _numbers(version)
    if after < before:
        raise ContractError(
            f"{version} is below {last}, which is the last release; raise the version in pyproject.toml"
        )
    breaking = [change for change in changed if change.level == Level.BREAKING]
    count = 2 if before[0] == 0 else 1
    if breaking and after[:count] == before[:count]:
        raise ContractError(
            f"{len(breaking)} changes break what {last} promised, the first: {breaking[0]} A release that breaks needs "
            f"{'a new second number' if count > 1 else 'a new first number'}, which {version} has not"
        )


def _numbers(version: str) -> tuple[int, ...]:
    """The three numbers of a version. Raises `ContractError` for anything else."""
    parts = version.split(".")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() for part in parts):  # noqa: PLR2004 - major.minor.patch
        raise ContractError(f"{version!r} is no version; three numbers such as 0.2.0 were expected")
    return tuple(int(part) for part in parts)
