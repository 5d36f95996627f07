"""A run of a job as others see it: an identifier, when it began, its steps, how it ended. And who is told of them."""

import json
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TextIO

from jobs.observe import Step
from jobs.reports import RunReport

__all__ = ["JsonLog", "Listener", "Run", "observed"]


@dataclass(kw_only=True)
class Run:
    """One run of a job. `seconds`, `error` and `report` are filled in when it has ended; `error` is empty where it did well.

    `counts` are those of all steps added up, `datasets` the same by dataset. `report` is what the job says it did; null where
    it failed.
    """

    job: str
    run_id: str
    started_at: datetime
    seconds: float = 0.0
    counts: dict[str, int] = field(default_factory=dict)
    datasets: dict[str, dict[str, int]] = field(default_factory=dict)
    report: RunReport | None = None
    error: str = ""

    @property
    def status(self) -> str:
        """How it ended."""
        return "failed" if self.error else "complete"

    def add(self, step: Step) -> None:
        """Adds a step's counts to those of the run."""
        totals = [self.counts, self.datasets.setdefault(step.dataset, {})] if step.dataset else [self.counts]
        for total in totals:
            for name, count in step.counts.items():
                total[name] = total.get(name, 0) + count

    def to_json(self) -> dict[str, Any]:
        """The run in one object, as `runs.jsonl` has it (docs/observability.md)."""
        told: dict[str, Any] = {
            "run_id": self.run_id,
            "started_at": self.started_at.isoformat(timespec="milliseconds"),
            "job": self.job,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "counts": self.counts,
            "datasets": self.datasets,
        }
        return told | ({"error": self.error} if self.error else {})


class Listener(Protocol):
    """Who is told of a run. A listener raises nothing that it can help: the lake does not depend on who listens."""

    def started(self, run: Run) -> None:
        """The run begins."""

    def stepped(self, run: Run, step: Step) -> None:
        """A step is over."""

    def ended(self, run: Run) -> None:
        """The run is over, well or not."""


class Observation:
    """What a job is given to tell its steps to. The job's report is put into `run.report` by whoever called it."""

    def __init__(self, run: Run, listeners: Sequence[Listener]) -> None:
        self.run = run
        self._listeners = listeners

    def __call__(self, step: Step) -> None:
        """Passes the step on."""
        self.run.add(step)
        for listener in self._listeners:
            listener.stepped(self.run, step)


@contextmanager
def observed(job: str, listeners: Sequence[Listener], run_id: str = "") -> Iterator[Observation]:
    """A run that the listeners are told of, from its begin to its end; an error passes through and is told as well.

    `run_id` is the identifier that others know the run by, or empty for a new one.
    """
    run = Run(job=job, run_id=run_id or str(uuid.uuid4()), started_at=datetime.now(UTC))
    began = time.perf_counter()
    for listener in listeners:
        listener.started(run)
    try:
        yield Observation(run, listeners)
    except BaseException as error:  # a run that was stopped by hand has ended too
        run.error = f"{type(error).__name__}: {error}"
        raise
    finally:
        run.seconds = time.perf_counter() - began
        for listener in listeners:
            listener.ended(run)


class JsonLog:
    """One line of JSON a step, and one when the run begins and ends, for a log that machines read."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def started(self, run: Run) -> None:
        """Says which run begins."""
        self._write(run, {"step": "run", "status": "started"})

    def stepped(self, run: Run, step: Step) -> None:
        """Says what was done."""
        said = {"step": step.name, "dataset": step.dataset, "file": step.file, "counts": dict(step.counts)}
        self._write(run, said | {"seconds": round(step.seconds, 3)})

    def ended(self, run: Run) -> None:
        """Says how it ended, with what was counted in all."""
        self._write(run, {"step": "run", **run.to_json()})

    def _write(self, run: Run, said: dict[str, Any]) -> None:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"at": now, "run_id": run.run_id, "job": run.job, **said})
        self._stream.write(line + "\n")
        self._stream.flush()
