"""What a job tells while it runs, one step after the other, to whoever wants to know.

A job knows steps and nobody who listens; `observe_run.py` makes a run of them, and what becomes of that (a log, a file, lineage)
is each listener's own. Nothing of it is part of the lake, whose bytes do not depend on clocks.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from jobs.ledger import Entry

__all__ = ["Observer", "Step", "Steps", "counts_of_file", "unobserved"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step of a job: what it worked on, what it counted, and how long it took.

    `dataset` and `file` (a path in the raw zone, or the first and last date of a batch) are empty where a step is of none in
    particular. `seconds` is wall time.
    """

    name: str
    seconds: float
    dataset: str = ""
    file: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)


Observer = Callable[[Step], None]


def unobserved(_: Step) -> None:
    """Tells nobody."""


class Steps:
    """The steps of a job in their order: each took from the end of the one before."""

    def __init__(self, observe: Observer) -> None:
        self._observe = observe
        self._since = time.perf_counter()

    def done(self, name: str, dataset: str = "", file: str = "", **counts: int) -> None:
        """Tells that the step is over."""
        now = time.perf_counter()
        self._observe(Step(name=name, seconds=now - self._since, dataset=dataset, file=file, counts=counts))
        self._since = now


def counts_of_file(size_bytes: int, entry: Entry | None) -> dict[str, int]:
    """What is counted of a delivered file, `rows` always. No entry means that it was refused, which leaves it as it was."""
    counts = {"files": 1, "bytes_read": size_bytes, "rows": 0}
    if entry is None:
        return counts | {"refused": 1}
    if entry.repeats:
        return counts | {"repeated": 1}
    return counts | {
        "rows": entry.received.rows,
        "valid": entry.valid.rows,
        "rejected": entry.rejected.rows,
        "duplicates": entry.duplicates.rows,
    }
