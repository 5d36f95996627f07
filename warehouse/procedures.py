"""Stored procedures around statements that have no idempotent form, as many as the Data API's longest statement asks for."""

import hashlib
from collections.abc import Iterable

from warehouse.sql import DdlError, qualified

__all__ = ["LONGEST_STATEMENT", "PROCEDURE", "procedures"]

PROCEDURE = "apply_contracts"
"""The first procedure; the others have a number behind it. Names that begin with `sp_` are Redshift's to give."""

LONGEST_STATEMENT = 100_000
"""Bytes in one statement of the Data API (Redshift Management Guide, "Using the Amazon Redshift Data API")."""

_FRAME_BYTES = 500
"""Room for what is around a body."""


def procedures(bodies: Iterable[list[str]]) -> dict[str, str]:
    """Statements that make procedures of the bodies and call them, by name, in order.

    The lines of one body stay together in one procedure, and thus in one transaction. `found` is declared as an INTEGER.

    Raises:
        DdlError: A body is longer than a statement may be, or a name or description in it would end it.
    """
    named = {}
    for number, lines in enumerate(_packed(bodies), start=1):
        suffix = "" if number == 1 else f"-{number}"
        name = PROCEDURE + suffix.replace("-", "_")
        text = _procedure(name, lines)
        named[f"procedure{suffix}"] = text
        # The digest makes the call another text whenever the procedure is one, so that a changed contract is applied.
        named[f"apply{suffix}"] = f"CALL {qualified(name)}() /* {hashlib.sha256(text.encode()).hexdigest()[:12]} */"
    return named


def _packed(bodies: Iterable[list[str]]) -> list[list[str]]:
    packed: list[list[str]] = [[]]
    for lines in bodies:
        together = [*packed[-1], *lines]
        if packed[-1] and _size(together) > LONGEST_STATEMENT - _FRAME_BYTES:
            packed.append(list(lines))
        else:
            packed[-1] = together
    return packed


def _size(lines: list[str]) -> int:
    return sum(len(_line(line).encode()) for line in lines)


def _line(line: str) -> str:
    return f"  {line};\n"


def _procedure(name: str, lines: list[str]) -> str:
    body = "".join(_line(line) for line in lines)
    if "$$" in body:
        raise DdlError("a name or description holds $$, which ends a procedure's body; write it in another way")
    text = (
        f"CREATE OR REPLACE PROCEDURE {qualified(name)}() AS $$\n"
        f"DECLARE found INTEGER;\nBEGIN\n{body}END;\n$$ LANGUAGE plpgsql SECURITY INVOKER"
    )
    if len(text.encode()) > LONGEST_STATEMENT:
        raise DdlError(
            f"procedure {name} has {len(text.encode())} bytes, the Data API takes {LONGEST_STATEMENT}: shorten descriptions"
        )
    return text
