"""How moto is changed: by name, once, and loudly where moto is not what the change was written for."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from moto.core.responses import BaseResponse

__all__ = ["MotoChangedError", "add", "asked", "kept", "replace", "wrap"]

_MARK = "__of_local_aws__"

Method = Callable[..., Any]


class MotoChangedError(RuntimeError):
    """moto has, or lacks, what a change was written for; the change has to be looked at again."""


def add(owner: type, name: str, method: Method) -> None:
    """Gives a class what it lacks. Raises `MotoChangedError` where it lacks it no longer."""
    there = vars(owner).get(name)
    if there is not None and not hasattr(there, _MARK):
        raise MotoChangedError(f"moto's {owner.__name__} has {name} by now: the one added here can go")
    _put(owner, name, method)


def replace(owner: type, name: str, method: Method) -> None:
    """Puts another method in a method's place. Raises `MotoChangedError` where there is none."""
    _present(owner, name)
    _put(owner, name, method)


def wrap(owner: type, name: str, around: Callable[..., Any]) -> None:
    """Puts `around(original, self, *args, **kwargs)` in a method's place, once however often it is asked to.

    Raises:
        MotoChangedError: There is no such method.
    """
    original = _present(owner, name)
    if hasattr(original, _MARK):
        return

    @wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as moto's own
        return around(original, self, *args, **kwargs)

    _put(owner, name, method)


def asked(response: BaseResponse, name: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever was sent
    """A parameter of the request that a response object answers; the default where it was not sent."""
    found = response._get_param(name)  # noqa: SLF001 - moto has no public way
    return default if found is None else found


def kept(backend: object, name: str) -> dict[Any, Any]:
    """What moto has no place for, on the backend it belongs to, so that it is forgotten with it."""
    found: dict[Any, Any] = vars(backend).setdefault(f"local_aws_{name}", {})
    return found


def _present(owner: type, name: str) -> Method:
    found: Method | None = vars(owner).get(name)
    if found is None:
        raise MotoChangedError(f"moto's {owner.__name__} has no {name} any more: what changes it has to be looked at")
    return found


def _put(owner: type, name: str, method: Method) -> None:
    vars(method)[_MARK] = True
    setattr(owner, name, method)
