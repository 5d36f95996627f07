"""The report's runs: what was run when and how long it took, from the log `runs.jsonl` in the lake's folder, where one is kept.

A line is a JSON object: `run_id`, `started_at` (ISO 8601), `job`, `seconds`, `datasets` (rows by dataset, or an object with
`rows`), and, where a bill is known, `cost_usd`. The ledger has no times in it, as the same deliveries have to give the same
bytes, so without the log nothing is known of runs.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from lake.report.figures import figure
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.words import counted, divided, number

__all__ = ["Run", "read_runs", "section"]

_JOBS = ("hydro", "solar", "nuclear", "gas")
"""Colours for jobs, in the order of their names."""


@dataclass(frozen=True)
class Run:
    """One run of a job. `cost_usd` is null where no bill is known, as on a machine of one's own."""

    started_at: datetime
    job: str
    seconds: Decimal
    rows: int
    run_id: str
    cost_usd: Decimal | None = None


def read_runs(file: Path) -> tuple[list[Run], int]:
    """The runs of the log, oldest first, and how many of its lines are no runs. Without a file there are none."""
    if not file.is_file():
        return [], 0
    runs, broken = [], 0
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            runs.append(_run(json.loads(line, parse_float=Decimal)))
        except (ValueError, KeyError, TypeError, AttributeError, InvalidOperation):
            broken += bool(line.strip())
    return sorted(runs, key=lambda run: (run.started_at, run.job, run.run_id)), broken


def section(runs: Sequence[Run], broken: int) -> Section:
    """The history and the cost of runs, or how to get one."""
    lead = "Seconds are those of the machine that ran the job."
    if not runs:
        said = ["No history of runs is kept in this lake: `runs.jsonl` in its folder would hold one line a run."]
        return Section("runs", "Runs and their cost", "", [Insights(said)])
    seconds, rows = sum((run.seconds for run in runs), Decimal(0)), sum(run.rows for run in runs)
    said = [f"{counted(len(runs), 'run')} took {number(seconds, 1)} seconds for {counted(rows, 'row')}."]
    speed = divided(rows, seconds, 0)
    if speed:
        said[0] = f"{said[0][:-1]}, {speed:,} a second."
    bills = [run.cost_usd for run in runs if run.cost_usd is not None]
    said.append(f"They cost {number(sum(bills, Decimal(0)), 4)} USD." if bills else "No bill is known for any of them.")
    if broken:
        said.append(
            f"{counted(broken, 'line')} of the log could not be read and {'is' if broken == 1 else 'are'} left out."
        )
    return Section("runs", "Runs and their cost", lead, [Insights(said), _history(runs)])


def _history(runs: Sequence[Run]) -> Chart:
    jobs = sorted({run.job for run in runs})
    colours = {job: _JOBS[index % len(_JOBS)] for index, job in enumerate(jobs)}
    traces = []
    for job in jobs:
        own = [run for run in runs if run.job == job]
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": [run.started_at.strftime("%Y-%m-%d %H:%M:%S") for run in own],
                "y": [run.seconds for run in own],
                "marker": {"color": f"var(--{colours[job]})", "size": 9, "symbol": jobs.index(job)},
                "hovertemplate": "%{x}: %{y:,.2f} s<extra></extra>",
            }
        )
    return Chart(
        title="How long runs took",
        unit="seconds",
        plots=[
            Plot("", figure(traces, hovermode="closest", xaxis={"type": "date"}, yaxis={"rangemode": "tozero"}), 260)
        ],
        keys=[Key(job, colours[job], "dot") for job in jobs],
        table=Table(
            ("started, UTC", "job", "seconds", "rows", "cost USD", "run"),
            [
                (f"{run.started_at:%Y-%m-%d %H:%M:%S}", run.job, run.seconds, run.rows, run.cost_usd, run.run_id)
                for run in reversed(runs)
            ],
        ),
    )


def _run(line: dict[str, Any]) -> Run:
    started = datetime.fromisoformat(line["started_at"])
    started = started.astimezone(UTC) if started.tzinfo else started.replace(tzinfo=UTC)
    seconds, cost = Decimal(str(line["seconds"])), line.get("cost_usd")
    if not seconds.is_finite():
        raise ValueError(f"{seconds} seconds are no time")
    counts = (count["rows"] if isinstance(count, dict) else count for count in line.get("datasets", {}).values())
    return Run(
        started_at=started,
        job=str(line["job"]),
        seconds=seconds,
        rows=sum(int(count) for count in counts),
        run_id=str(line.get("run_id", "")),
        cost_usd=None if cost is None else Decimal(str(cost)),
    )
