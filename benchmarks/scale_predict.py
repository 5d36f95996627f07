"""What the fitted costs say of a day's deliveries on Glue: seconds, workers, requests, dollars, and where memory ends.

Prices are of us-east-1, list, as pages and cost models of others showed them between 2026-09-25 and 2026-10-07; none was read on
a page of AWS. What is assumed and not measured stands in `ASSUMED`, each with its reason.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from scale_model import REQUESTS, Fit, Shape, fit, fitted, measured_of
from scale_simulation import Cluster, Outcome, simulate, sizes

__all__ = [
    "ASSUMED",
    "FIRST",
    "G1X_FREE_DISK_GB",
    "GET_RATE",
    "PRICES",
    "PUT_RATE",
    "SECOND",
    "SHAPES",
    "WORKERS",
    "Model",
    "Prediction",
    "Worker",
    "model_of",
]

PRICES = {
    "Glue 5.x, DPU-hour": 0.44,
    "Glue 5.x FLEX, DPU-hour": 0.29,
    "Glue 6.0, DPU-hour": 0.308,
    "S3 Standard, GB-month": 0.023,
    "S3 PUT, COPY, LIST, 1,000 requests": 0.005,
    "S3 GET, HEAD, 1,000 requests": 0.0004,
    "KMS, 10,000 requests": 0.03,
    "Data Catalog, 100,000 objects a month above the first million": 1.0,
    "Athena, TB scanned": 5.0,
}
ASSUMED = {
    "vCPU seconds a CPU second here": (
        1.5,
        "half of a Glue vCPU is a hyperthread; take a first run on Glue to replace it",
    ),
    "seconds a request to S3": (0.025, "usual first-byte time within a region; the jobs wait for each"),
    "entries read from S3 at a time": (10.0, "the threads of `Ledger.entries`, as many as boto3 keeps connections"),
    "MB a second of one stream to or from S3": (60.0, "a single connection; boto3 opens several for large objects"),
    "share of a worker's memory for Python": (0.6, "the rest is the JVM, Arrow buffers and the system"),
    "KMS requests a thousand objects with a bucket key": (10.0, "AWS says a bucket key saves up to 99 % of them"),
}
FIRST, SECOND = "raw-to-processed", "processed-to-curated"
PUT_RATE, GET_RATE = 3_500, 5_500
"""Requests a second and prefix that S3 takes before it answers Slow Down (S3 guide, "Optimizing performance")."""


@dataclass(frozen=True)
class Worker:
    """Glue's worker types (Glue guide, "Configuring job properties"): memory and free disk in GB."""

    vcpus: int
    memory_gb: int
    dpus: int


WORKERS = {
    "G.1X": Worker(4, 16, 1),
    "G.2X": Worker(8, 32, 2),
    "G.4X": Worker(16, 64, 4),
    "G.8X": Worker(32, 128, 8),
}
REQUESTS_A_MOVE = 3
"""A look whether it is still staged, one for its size, the copy; a delete besides, which costs time and no money."""
G1X_FREE_DISK_GB = 44
"""What a G.1X worker has beside the system (Glue guide)."""
SHAPES = (
    ("0.1 GB a day", 0.1, 96, 3, 2, True),
    ("1 GB a day", 1.0, 96, 3, 2, True),
    ("10 GB a day", 10.0, 100, 3, 3, True),
    ("100 GB a day", 100.0, 1_000, 3, 3, True),
    ("1 TB over a year of dates", 1_000.0, 10_000, 365, 3, False),
    ("1 TB over ten years of dates", 1_000.0, 10_000, 3_650, 3, False),
    ("1 TB a day on three dates", 1_000.0, 10_000, 3, 3, True),
)
"""Name, GB of CSV, files, market days touched, market days a file holds, whether it comes every day."""


@dataclass(frozen=True)
class Prediction:
    """A stage of a shape on a cluster. `hours` of the whole run by simulation, `usd` of Glue alone."""

    shape: Shape
    stage: str
    worker: str
    workers: int
    cpu_seconds: float
    outcome: Outcome

    @property
    def hours(self) -> float:
        """Until the last task has ended."""
        return self.outcome.seconds / 3600

    @property
    def usd(self) -> float:
        """DPU-hours at the price of the pinned version."""
        return self.hours * self.workers * WORKERS[self.worker].dpus * PRICES["Glue 5.x, DPU-hour"]


@dataclass(frozen=True)
class Model:
    """Fitted costs, and sizes that the same runs showed."""

    cpu: dict[str, Fit]
    requests: dict[str, dict[str, Fit]]
    bytes_a_row: float
    processed_bytes_a_row: float
    curated_bytes_a_row: float
    peak_base_mib: float
    peak_bytes_a_row: float

    def shape(self, name: str) -> Shape:
        """One of `SHAPES`, its rows as wide as the measured ones."""
        known = next(known for known in SHAPES if known[0] == name)
        return Shape(*known, self.bytes_a_row)

    def rows_that_fit(self, memory_gb: float) -> float:
        """The most rows of one market day that a task with so much memory computes: a day is never cut."""
        share = ASSUMED["share of a worker's memory for Python"][0]
        return max(0.0, memory_gb * 1e9 * share - self.peak_base_mib * (1 << 20)) / self.peak_bytes_a_row

    def task_seconds(self, shape: Shape, stage: str) -> float:
        """Slot seconds of the whole stage: CPU, and the time in which a task waits for S3."""
        counts = shape.counts_of(stage)
        cpu = self.cpu[stage].of(counts) * ASSUMED["vCPU seconds a CPU second here"][0]
        asked = sum(found.of(counts) for kind, found in self.requests[stage].items() if kind != "COPY")
        asked -= REQUESTS_A_MOVE * self.moves(shape, stage)
        width = self.bytes_a_row if stage == FIRST else self.processed_bytes_a_row
        moved = counts["rows"] * width / 1e6 / ASSUMED["MB a second of one stream to or from S3"][0]
        return cpu + ASSUMED["seconds a request to S3"][0] * asked + moved

    def moves(self, shape: Shape, stage: str) -> float:
        """Staged files that the driver moves into place, one after another, when all tasks are done."""
        copies = self.requests[stage].get("COPY")
        return copies.of(shape.counts_of(stage)) if copies else 0.0

    def predict(
        self,
        shape: Shape,
        stage: str,
        cluster: tuple[str, int, int],
        *,
        largest_first: bool = True,
    ) -> Prediction:
        """The stage on a cluster: worker type, how many with the driver, and tasks at a time on each.

        Tasks are files or dates of skewed sizes. Fewer tasks at a time on a worker than it has vCPUs use several of them each.
        """
        worker, workers, slots = cluster
        tasks = shape.files if stage == FIRST else shape.dates
        speed = WORKERS[worker].vcpus / slots
        work = [seconds / speed for seconds in sizes(tasks, self.task_seconds(shape, stage), 0.5, seed=1)]
        outcome = simulate(work, Cluster(max(1, workers - 1) * slots), 1, largest_first=largest_first)
        moving = self.moves(shape, stage) * (REQUESTS_A_MOVE + 1) * ASSUMED["seconds a request to S3"][0]
        outcome = replace(outcome, seconds=outcome.seconds + moving)
        return Prediction(shape, stage, worker, workers, self.cpu[stage].of(shape.counts_of(stage)), outcome)

    def cluster(self, shape: Shape, stage: str, hours: float) -> tuple[str, int, int] | None:
        """The smallest worker whose memory holds a task, and as many as end within so many hours at an efficiency of 80 %.

        Null where no worker holds one of the shape's dates.
        """
        for name, worker in WORKERS.items():
            slots = worker.vcpus
            if stage != FIRST:
                while slots and self.rows_that_fit(worker.memory_gb / slots) < shape.rows_a_date:
                    slots //= 2
            if slots:
                vcpus = self.task_seconds(shape, stage) / (hours * 3600 * 0.8)
                most = shape.files if stage == FIRST else shape.dates
                wanted = min(math.ceil(vcpus / worker.vcpus), math.ceil(most / slots))
                return name, 1 + max(1, wanted), slots
        return None


def model_of(measured: Mapping[str, Any]) -> Model:
    """The model of what `scale.json` has."""
    first = measured_of(measured, FIRST)
    second = [run for run in measured_of(measured, SECOND) if run["counts"]["rows"]]
    largest = max(first, key=lambda run: run["counts"]["rows"])
    curated = max(second, key=lambda run: run["counts"]["rows"])
    return Model(
        cpu=fitted(measured),
        requests={stage: _requests(measured["requests"], stage) for stage in REQUESTS},
        bytes_a_row=largest["counts"]["csv_bytes"] / largest["counts"]["rows"],
        processed_bytes_a_row=largest["counts"]["processed_bytes"] / largest["counts"]["rows"],
        curated_bytes_a_row=curated["counts"]["curated_bytes"] / curated["counts"]["rows"],
        **_peaks(second),
    )


def _requests(found: Sequence[Mapping[str, Any]], stage: str) -> dict[str, Fit]:
    """Of each kind of price: what writes and lists, what reads, what is free."""
    kinds = {"PUT, COPY, LIST": ("PUT", "COPY", "LIST"), "GET, HEAD": ("GET", "HEAD"), "COPY": ("COPY",)}
    steps = [part[step] for part in found for step in ("first", "again")]
    return {
        name: fit(
            [step[f"counts of {stage}"] for step in steps],
            [sum(step[stage].get(kind, 0) for kind in of) for step in steps],
            REQUESTS[stage],
        )
        for name, of in kinds.items()
        if any(step[stage].get(kind) for step in steps for kind in of)
    }


def _peaks(runs: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Memory of the second job by the rows of its largest date: the line through the smallest and the largest measured."""

    def rows(run: Mapping[str, Any]) -> float:
        return float(run["counts"]["rows"] / max(1, run["counts"]["dates"]))

    few, many = min(runs, key=rows), max(runs, key=rows)
    slope = (many["cost"]["peak_mib"] - few["cost"]["peak_mib"]) * (1 << 20) / (rows(many) - rows(few))
    return {"peak_base_mib": few["cost"]["peak_mib"], "peak_bytes_a_row": slope}
