"""How a source file is refused: the file, the key, the value that was there and what is allowed, never a guess."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from contracts.source import SourceError

__all__ = ["choice", "only", "refuse", "table", "texts", "typed"]

_E = TypeVar("_E", bound=StrEnum)
_NAMES: dict[type, str] = {str: "a text in quotes", bool: "true or false", int: "a whole number, 0 or more"}


def refuse(where: str, key: str, value: object, allowed: str) -> NoReturn:
    """Raises `SourceError`."""
    raise SourceError(f"{where}: {key} is {value!r}; allowed is {allowed}")


def only(content: Mapping[str, Any], allowed: set[str], where: str) -> None:
    """Refuses keys that mean nothing: a misspelt key would otherwise be a rule that silently does not hold."""
    strangers = sorted(set(content) - allowed)
    if strangers:
        raise SourceError(f"{where}: unknown {', '.join(strangers)}; allowed are {', '.join(sorted(allowed))}")


def table(content: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    """The table under a key, empty where there is none."""
    value = content.get(key, {})
    if not isinstance(value, Mapping):
        refuse(where, key, value, "a table")
    return value


def texts(value: object, where: str, key: str) -> tuple[str, ...]:
    """A list of texts. One text is refused: taken as a list it would be its letters."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        refuse(where, key, value, "a list of texts")
    return tuple(value)


def typed(content: Mapping[str, Any], kinds: Mapping[str, type], where: str, prefix: str) -> None:
    """Refuses values of another type than the key's."""
    for key, kind in kinds.items():
        value = content.get(key, kind())
        if type(value) is not kind or (isinstance(value, int) and value < 0):
            refuse(where, f"{prefix}.{key}", value, _NAMES[kind])


def choice(kind: type[_E], value: object, where: str, key: str) -> _E:
    """The member of a closed list that a text names."""
    try:
        return kind(str(value))
    except ValueError:
        refuse(where, key, value, " or ".join(str(option) for option in kind))
