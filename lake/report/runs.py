"""The report's runs: what was run when, how it ended and how long it took, from the log `runs.jsonl` in the lake's folder.

`jobs/observe_run.py` writes it, a JSON object a line; `run_id`, `started_at`, `job`, `status`, `seconds` and the `rows` of
`datasets` are read here. The ledger has no times in it, as the same deliveries have to give the same bytes.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from lake.report.figures import figure, label
from lake.report.parts import Chart, Insights, Key, Plot, Section, Table
from lake.report.words import counted, divided, number

__all__ = ["Run", "read_runs", "section"]

_COLOURS = ("hydro", "solar", "nuclear", "gas")
_SYMBOLS = ("circle", "square", "diamond", "triangle-up")
"""What a job's marks look like, in the order of their names."""
_FAILED = "failed"

_COLUMNS = {
    "started_at": "started, UTC",
    "job": "job",
    "status": "ended",
    "seconds": "seconds",
    "rows": "rows",
    "run_id": "run",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a job: when it began, in UTC to the second, how it ended, and how many rows it took."""

    started_at: str
    job: str
    status: str
    seconds: Decimal
    rows: int
    run_id: str


def read_runs(file: Path) -> tuple[list[Run], int]:
    """The runs of the log, oldest first, and how many of its lines are no runs. Without a file there are none."""
    if not file.is_file():
        return [], 0
    runs, broken = [], 0
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            runs.append(_run(json.loads(line, parse_float=Decimal)))
        except (ValueError, ArithmeticError, KeyError, TypeError, AttributeError):
            broken += bool(line.strip())
    return sorted(runs, key=lambda run: (run.started_at, run.job, run.run_id)), broken


def section(runs: Sequence[Run], broken: int) -> Section:
    """The history of runs and what they cost in time, or how to get one."""
    title = "Runs and what they cost"
    left = [f"{counted(broken, 'line')} of `runs.jsonl` could not be read and counts nowhere."] if broken else []
    if not runs:
        none = "No run is known: `lake run` writes one line a run into `runs.jsonl` in the lake's folder."
        return Section("runs", title, "", [Insights([none, *left])])
    jobs = sorted({run.job for run in runs})
    said = [_cost([run for run in runs if run.job == job]) for job in jobs]
    failed = sum(1 for run in runs if run.status == _FAILED)
    said += [f"{counted(failed, 'run')} failed."] if failed else []
    lead = "Seconds are those of the machine that ran the job; they are what a run costs, wherever machines are paid by time."
    return Section("runs", title, lead, [Insights(said + left), _history(runs, jobs)])


def _cost(runs: Sequence[Run]) -> str:
    seconds, rows = sum((run.seconds for run in runs), Decimal(0)), sum(run.rows for run in runs)
    times = "once" if len(runs) == 1 else f"{len(runs):,} times"
    said = f"{runs[0].job} ran {times}: {number(seconds, 1)} seconds for {counted(rows, 'row')}"
    each = divided(seconds * 1_000_000, rows, 1)
    return f"{said}." if each is None else f"{said}, {number(each, 1)} seconds a million."


def _history(runs: Sequence[Run], jobs: Sequence[str]) -> Chart:
    look = {job: (_COLOURS[i % len(_COLOURS)], _SYMBOLS[i % len(_SYMBOLS)]) for i, job in enumerate(jobs)}
    traces = [
        {
            "type": "scatter",
            "mode": "markers",
            "name": label(job),
            "x": [run.started_at for run in runs if run.job == job],
            "y": [run.seconds for run in runs if run.job == job],
            "marker": {"color": f"var(--{look[job][0]})", "size": 9, "symbol": look[job][1]},
            "hovertemplate": "%{x}: %{y:,.2f} s",
        }
        for job in jobs
    ]
    layout = {"hovermode": "closest", "xaxis": {"type": "date", "nticks": 5}, "yaxis": {"rangemode": "tozero"}}
    return Chart(
        title="How long runs took",
        unit="seconds",
        plots=[Plot("", figure(traces, **layout), 260)],
        keys=[Key(job, look[job][0], look[job][1]) for job in jobs],
        table=Table.of((vars(run) for run in reversed(runs)), _COLUMNS),
    )


def _run(line: dict[str, Any]) -> Run:
    started = datetime.fromisoformat(line["started_at"])
    started = started.astimezone(UTC) if started.tzinfo else started.replace(tzinfo=UTC)
    seconds = Decimal(line["seconds"])
    if not seconds.is_finite():
        raise ValueError(f"{seconds} seconds are no time")
    return Run(
        started_at=f"{started:%Y-%m-%d %H:%M:%S}",
        job=str(line["job"]),
        status=str(line["status"]),
        seconds=seconds,
        rows=sum(int(counts.get("rows", 0)) for counts in line["datasets"].values()),
        run_id=str(line["run_id"]),
    )
