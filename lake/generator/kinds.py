"""What a kind of dirt (or of history) is.

The kinds themselves stand in `faults.py`, `broken_lines.py`, `harmless.py`, `history.py`, `party_files.py`, `refused.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from lake.generator.dialects import DIALECTS, Dialect
from lake.generator.trades import Trade

__all__ = ["Adjust", "Break", "Effect", "Kind", "RowKind", "Spoil"]

Adjust = Callable[[Trade, Random], None]
"""Changes a copy of the trade before it is written, so that total and quantity still agree."""
Spoil = Callable[[dict[str, str], Dialect, Random], None]
"""Changes the written fields, by the names in `TRADE_FIELDS`."""
Break = Callable[[str, Dialect, Random], bytes]
"""From the written line to the bytes that are delivered instead."""


class Effect(StrEnum):
    """What the lake does with it."""

    REJECTED = "rejected"
    WARNED = "warned"
    HARMLESS = "harmless"
    FLAGGED = "flagged"
    HISTORY = "history"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One thing that may be planted; `sentence` says what it is and `reasons` which codes such a row gets."""

    name: str
    sentence: str
    effect: Effect
    reasons: tuple[str, ...] = ()
    dataset: str = "transactions"
    sources: tuple[str, ...] = tuple(DIALECTS)


@dataclass(frozen=True, kw_only=True)
class RowKind(Kind):
    """A kind that spoils single trades, in one of three ways.

    With `needs_skipped_hour` it fits only files whose days include one on which the clock skips an hour.
    """

    adjust: Adjust | None = None
    spoil: Spoil | None = None
    break_line: Break | None = None
    needs_skipped_hour: bool = False
