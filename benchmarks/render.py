"""Draws `RESULTS.md` and the chart from `results.json`: `python benchmarks/render.py`. Nothing is measured here.

Every sentence about who wins is computed, so that none can outlive its numbers.
"""

import statistics
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ratios import cpu, median, peak, ratio, wall
from results import load
from verdicts import losses, reached

__all__ = ["main", "page"]

PAGE = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Writes the page, and the chart where matplotlib is there to draw it."""
    results = load()
    PAGE.write_text(page(results), encoding="utf-8")
    try:
        from chart import draw
    except ModuleNotFoundError as error:
        print(f"no chart: {error.name} is missing (`make bench` installs it)")
        return
    draw(results)


def page(results: dict[str, Any]) -> str:
    """The whole page. The same results give the same bytes."""
    blocks = [
        "# Results",
        "Drawn by `benchmarks/render.py` from `benchmarks/results.json`; what is compared and how is in [README.md](README.md).",
        (
            "A ratio is the median of each round's own ratio, not the quotient of the medians beside it. Memory counts a program "
            "with all it started, mapped files included; the anonymous part of it is what no file stands behind."
        ),
        *_machines(results.values()),
        *_comparison(results.get("main"), "The job and its competitors", chart=True),
        *_comparison(results.get("small"), "With pandas, at a size it takes"),
        *_aims(results),
        *_rules(results.get("rules")),
        *_growth(results.get("sweep")),
        *_day(results.get("day")),
        *_event(results.get("event")),
    ]
    return "\n\n".join(blocks) + "\n"


def _comparison(part: dict[str, Any] | None, title: str, *, chart: bool = False) -> list[str]:
    if part is None:
        return []
    outcome, rounds = part["outcome"], part["rounds"]
    compared = (
        "row by row: every column of every kept and replaced trade, file, row number and reasons of every rejected one"
        if part["compared"] == "rows"
        else "by counts and sums of every column by date, and of rejected rows by file and set of reasons"
    )
    head = ["program", "rows/s", "wall s", "CPU s", "of it system", "CPU ÷ floor", "wall ÷ ours", "CPU ÷ ours"]
    rows = [
        [
            step,
            f"{part['rows'] / median(rounds, step, wall):,.0f}",
            f"{median(rounds, step, wall):.1f}",
            f"{median(rounds, step, cpu):.1f}",
            f"{median(rounds, step, lambda cost: cost['system_s']):.1f}",
            f"{ratio(rounds, step, 'floor', cpu):.2f}",
            f"{ratio(rounds, step, 'raw-to-processed', wall):.2f}",
            f"{ratio(rounds, step, 'raw-to-processed', cpu):.2f}",
            f"{peak(rounds, step):,.0f}",
            f"{peak(rounds, step, 'anonymous_mib'):,.0f}",
        ]
        for step in rounds[0]
    ]
    once = [step for step in rounds[0] if step not in rounds[-1]]
    but = f" ({' and '.join(once)} in the first of them only)" if once else ""
    picture = (
        '<picture><source media="(prefers-color-scheme: dark)" srcset="results-dark.svg">'
        '<img alt="CPU seconds and peak memory of each program" src="results.svg"></picture>'
    )
    return [
        f"## {title}",
        (
            f"{part['rows']:,} rows in {part['files']} files, {part['csv_bytes'] / 1e6:,.0f} MB of CSV; medians of {len(rounds)} "
            f"interleaved rounds{but}. {_origin(part)} The machine's load before that was {part['load']:g}."
        ),
        _table([*head, "peak MiB", "anonymous MiB"], rows),
        *([picture] if chart else []),
        (
            f"All of them kept {outcome['kept']:,} rows, replaced {outcome['replaced']:,} and rejected {outcome['rejected']:,}; "
            f"compared {compared}."
        ),
    ]


def _aims(results: dict[str, Any]) -> list[str]:
    lost, held = losses(results), reached(results)
    return [
        "## Where it loses",
        "\n".join(f"* {sentence}" for sentence in lost) or "Nowhere in what was measured.",
        "## What it reaches",
        "\n".join(f"* {sentence}" for sentence in held) or "None of its aims.",
    ]


def _rules(part: dict[str, Any] | None) -> list[str]:
    if part is None:
        return []
    rounds = part["rounds"]
    names = {"read": "start and read the frame, no rule", "ours": "this project's bit mask"}
    rows = [
        [
            names.get(way, way),
            f"{median(rounds, way, wall):.1f}",
            f"{median(rounds, way, cpu):.1f}",
            f"{statistics.median(_beside_reading(costs, way) for costs in rounds):.2f}",
            f"{peak(rounds, way):,.0f}",
        ]
        for way in rounds[0]
    ]
    return [
        "## The rules' step alone",
        (
            f"{part['rows']:,} typed rows, twenty rules, all reasons of the {part['rejected']:,} that break one; the three give "
            f"the same. {_origin(part)}"
        ),
        _table(["way", "wall s", "CPU s", "CPU beside reading ÷ ours", "peak MiB"], rows),
        (
            "dataframely and pandera check a frame that is typed already: reading text with its reasons, severities by source, "
            "rules that only count, versions of a key in several files and the numbers of lines are beyond both. pandera wants "
            "the whole frame in memory; of a lazy one it checks the schema alone."
        ),
    ]


def _growth(part: dict[str, Any] | None) -> list[str]:
    if part is None:
        return []
    sizes = part["sizes"]
    rows = [
        [
            f"{size['rows'] / 1e6:g} M",
            str(size["files"]),
            *(f"{size['costs'][step]['wall_s']:.1f}" for step in size["costs"]),
            *(f"{cpu(size['costs'][step]) / size['rows'] * 1e6:.2f}" for step in size["costs"]),
            *(f"{size['costs'][step]['peak_mib']:,.0f}" for step in size["costs"]),
        ]
        for size in sizes
    ]
    steps = list(sizes[0]["costs"])
    head = ["rows", "files", *(f"{step}, wall s" for step in steps), *(f"{step}, CPU s a million" for step in steps)]
    return ["## Growth", _origin(part), _table([*head, *(f"{step}, peak MiB" for step in steps)], rows)]


def _day(part: dict[str, Any] | None) -> list[str]:
    if part is None:
        return []
    year, alone = _middle(part["on_year"]), _middle(part["alone"])
    return [
        "## A new day",
        (
            f"{part['day_rows']:,} rows of one day: `lake run` takes {year:.1f} s of CPU time where {part['year_rows']:,} rows of "
            f"a year are there, and {alone:.1f} s in an empty lake; the year took {cpu(part['year']):.1f} s. {_origin(part)}"
        ),
    ]


def _event(part: dict[str, Any] | None) -> list[str]:
    if part is None:
        return []
    walls = sorted(cost["wall_s"] for cost in part["runs"])
    return [
        "## A single small file",
        (
            f"A file of 1,000 rows on top of {part['year_rows']:,} rows of a year: from command to prompt `lake run` takes "
            f"{statistics.median(walls):.2f} s (from {walls[0]:.2f} to {walls[-1]:.2f} in {len(walls)} runs). "
            f"{_origin(part)}"
        ),
    ]


def _middle(costs: Iterable[dict[str, float]]) -> float:
    return statistics.median(cpu(cost) for cost in costs)


def _beside_reading(costs: dict[str, dict[str, float]], way: str) -> float:
    base = cpu(costs["read"])
    return (cpu(costs[way]) - base) / max(cpu(costs["ours"]) - base, 0.001)


def _machines(parts: Iterable[dict[str, Any]]) -> list[str]:
    """The machine and the libraries of all parts, once where they are the same."""
    told = []
    for part in parts:
        machine, versions = part["machine"], part["versions"]
        libraries = ", ".join(f"{name} {found}" for name, found in versions.items())
        told.append(
            f"{machine['cores']} cores of {machine['cpu']}, {machine['memory_mib'] / 1024:.0f} GiB, {machine['system']}; "
            f"{libraries}."
        )
    return list(dict.fromkeys(told))


def _origin(part: dict[str, Any]) -> str:
    """When and with which code; a plus behind the commit means that the product had changes that it has not."""
    return f"Measured {part['measured']} at commit {part['code']}."


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in lines)


if __name__ == "__main__":
    main()
