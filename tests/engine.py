"""The only way tests build components: run, drained, recorded.

A component that is built plainly under mocks has registered nothing yet on the next line, so "no public bucket" would hold
of anything. ``built`` runs the program to its end, and refuses to return when nothing was registered.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import pulumi

from deployment.answers import ACCOUNT_ID, REGION, Answer, AwsShaped, UnexpectedCallError
from deployment.recording import Options, Recording, Resource, record

__all__ = [
    "ACCOUNT_ID",
    "REGION",
    "Build",
    "Engine",
    "Options",
    "Resource",
    "UnexpectedCallError",
    "built",
]

T = TypeVar("T")

Build: TypeAlias = Recording[T]
Engine = AwsShaped


def built(
    make: Callable[[], T],
    *,
    stack: str = "dev",
    config: Mapping[str, str] | None = None,
    answers: Mapping[str, Answer] | None = None,
    calls: Mapping[str, dict[str, Any]] | None = None,
) -> Build[T]:
    """Build under a recording engine and return what was made with everything it registered.

    Args:
        make: Constructs the component (or runs the program) and returns it.
        stack: The stack's name.
        config: Full configuration keys and their values as text.
        answers: Computed values for further resource types (type -> function of name and inputs).
        calls: Results of further provider functions (token -> result).

    Raises:
        AssertionError: Nothing was registered, so any test of the result would pass on nothing.
        UnexpectedCallError: A provider function was called that has no answer.
    """
    pulumi.runtime.set_all_config({}, [])
    build = record(make, Engine(answers, calls), stack=stack, config=config)
    assert build.resources, "nothing was registered: make() has to construct a component and return it"
    return build
