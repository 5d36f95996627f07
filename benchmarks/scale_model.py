"""The model of `docs/scale.md`: costs that are fitted to measured runs, and what they say of any other workload.

A stage costs so much a run, a file, an output, a date, a row. The fit is least squares on relative errors without negative
costs, so that a small run counts as much as a large one. GB are 10^9 bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

__all__ = ["REQUESTS", "STAGES", "Fit", "Shape", "fit", "fitted", "measured_of"]

STAGES: dict[str, tuple[str, ...]] = {
    "raw-to-processed": ("runs", "files", "outputs", "rows"),
    "processed-to-curated": ("runs", "processed_files", "dates", "carried_dates", "rows"),
    "compact": ("runs", "merged_files", "dates_merged", "rows"),
}
"""What each stage's CPU seconds are explained by."""
REQUESTS: dict[str, tuple[str, ...]] = {
    "raw-to-processed": ("runs", "files", "outputs", "entries"),
    "processed-to-curated": ("runs", "processed_files", "dates", "carried_dates", "entries"),
}
"""What each stage's requests are explained by."""


@dataclass(frozen=True)
class Fit:
    """Costs by what causes them, and the largest error of any run that they were fitted to, as a share of what it took."""

    costs: dict[str, float]
    worst_error: float

    def of(self, counts: Mapping[str, float]) -> float:
        """What a workload costs."""
        return sum(cost * counts.get(name, 0.0) for name, cost in self.costs.items())


@dataclass(frozen=True)
class Shape:
    """A run's deliveries of trades. `dates` is how many market days are touched, `dates_a_file` how many one file holds.

    A `daily` shape comes every day and touches the same dates as the days beside it, so that each date is computed as often as
    there are `dates`, with ever more of its rows. `bytes_a_row` is of the CSV.
    """

    name: str
    csv_gb: float
    files: int
    dates: int
    dates_a_file: int
    daily: bool
    bytes_a_row: float

    @property
    def rows(self) -> float:
        """Records delivered."""
        return self.csv_gb * 1e9 / self.bytes_a_row

    @property
    def rows_a_date(self) -> float:
        """What a touched date holds when all of it was delivered."""
        return self.rows if self.daily else self.rows / self.dates

    @property
    def outputs(self) -> int:
        """Processed files, without quarantine."""
        return self.files * self.dates_a_file

    @property
    def again(self) -> float:
        """How often a row is read by the second job, until its date is complete."""
        return (self.dates + 1) / 2 if self.daily else 1.0

    def counts(self) -> dict[str, float]:
        """What costs are multiplied by, entries of earlier deliveries apart."""
        return {
            "runs": 1,
            "files": self.files,
            "outputs": self.outputs,
            "processed_files": self.outputs * self.again,
            "dates": self.dates,
            "carried_dates": max(self.dates, 31),
            "rows": self.rows,
        }

    def counts_of(self, stage: str) -> dict[str, float]:
        """The same for one stage: the second reads rows again."""
        again = self.again if stage == "processed-to-curated" else 1.0
        return self.counts() | {"rows": self.rows * again}


def fitted(measured: Mapping[str, Any]) -> dict[str, Fit]:
    """CPU seconds of each stage, of what `scale.json` has."""
    return {
        stage: fit(
            [run["counts"] for run in runs], [run["cost"]["user_s"] + run["cost"]["system_s"] for run in runs], causes
        )
        for stage, causes in STAGES.items()
        if (runs := measured_of(measured, stage))
    }


def measured_of(measured: Mapping[str, Any], stage: str) -> list[dict[str, Any]]:
    """The runs of a stage."""
    return [run for run in measured["runs"] if run["stage"] == stage]


def fit(counts: Sequence[Mapping[str, float]], took: Sequence[float], causes: Sequence[str]) -> Fit:
    """Of all choices of causes whose costs come out positive the one with the least squares of relative errors."""
    best: tuple[float, dict[str, float]] | None = None
    for size in range(len(causes), 0, -1):
        for chosen in combinations(causes, size):
            costs = _least_squares([[run.get(name, 0.0) for name in chosen] for run in counts], took)
            if costs is None or min(costs) < 0:
                continue
            found = dict(zip(chosen, costs, strict=True))
            squares = sum(_error(found, run, value) ** 2 for run, value in zip(counts, took, strict=True))
            if best is None or squares < best[0]:
                best = squares, found
    if best is None:
        raise ValueError(f"no costs of {', '.join(causes)} explain {len(took)} runs; measure more of them")
    costs_of = dict.fromkeys(causes, 0.0) | best[1]
    worst = max(abs(_error(costs_of, run, value)) for run, value in zip(counts, took, strict=True))
    return Fit(costs_of, worst)


def _error(costs: Mapping[str, float], run: Mapping[str, float], took: float) -> float:
    return sum(cost * run.get(name, 0.0) for name, cost in costs.items()) / took - 1


def _least_squares(rows: Sequence[Sequence[float]], took: Sequence[float]) -> list[float] | None:
    """The costs with the least squares of relative errors, by the normal equations; null where the causes cannot be told apart."""
    size = len(rows[0])
    scale = [max(abs(row[k] / value) for row, value in zip(rows, took, strict=True)) or 1.0 for k in range(size)]
    relative = [[cell / value / scale[k] for k, cell in enumerate(row)] for row, value in zip(rows, took, strict=True)]
    matrix = [
        [sum(row[i] * row[j] for row in relative) for j in range(size)] + [sum(row[i] for row in relative)]
        for i in range(size)
    ]
    for pivot in range(size):
        best = max(range(pivot, size), key=lambda i: abs(matrix[i][pivot]))
        if abs(matrix[best][pivot]) < 1e-12:  # noqa: PLR2004 - nothing is left of a column
            return None
        matrix[pivot], matrix[best] = matrix[best], matrix[pivot]
        for i in range(size):
            if i != pivot:
                factor = matrix[i][pivot] / matrix[pivot][pivot]
                matrix[i] = [a - factor * b for a, b in zip(matrix[i], matrix[pivot], strict=True)]
    return [matrix[k][size] / matrix[k][k] / scale[k] for k in range(size)]
