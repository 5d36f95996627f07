"""Measures the product beside what a user would pick instead, and writes `results.json`, `RESULTS.md` and the chart.

    python benchmarks/bench.py [--rows 2000000] [--files 2] [--rounds 3] [--pandas-rows 500000]

Every program does the same job (`the_job.py`) on the same files, each in a process of its own, in turn, so that a noisy
machine disturbs all alike; what counts is the median of each round's own ratio. In the first round every output is compared
with the product's: row by row up to two million rows, beyond that by counts and sums of each date and each set of reasons.
Growth with size, a new day and a single small file: `grow.py`.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from compare import differences, different_sums, output_of
from measure import Cost
from results import RESULTS, kept
from rules_step import rules_rounds
from steps import COMPETITORS, CURATED, FLOOR, PRODUCT, ROWS_PER_FILE, SPARK_ENGINE, Bench

_MOST_ROWS_COMPARED = 2_000_000
_LEAST_FILES = 2
"""So that some trades are delivered again in another file."""


class DifferentError(RuntimeError):
    """A program's output is not the product's, so its time says nothing."""


def main() -> None:
    """Measures all parts that were asked for, the small ones first."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="energy-lake-bench-", dir=options.scratch))
    try:
        if "pandas" in options.parts:
            steps = [FLOOR, PRODUCT, *COMPETITORS]
            files = max(_LEAST_FILES, round(options.files * options.pandas_rows / options.rows))
            _measure("small", Bench(folder / "small", options.pandas_rows, files, options.rounds), steps, options)
        if "rules" in options.parts:
            kept("rules", rules_rounds(folder / "rules", options.pandas_rows, options.rounds), options.results)
        if "main" in options.parts:
            steps = [FLOOR, PRODUCT, "DuckDB", "Spark"] + [PRODUCT + SPARK_ENGINE] * options.engine_spark
            steps += [CURATED] + [CURATED + SPARK_ENGINE] * options.engine_spark
            _measure("main", Bench(folder / "main", options.rows, options.files, options.rounds), steps, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.results == RESULTS:
        import render

        render.main()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=2_000_000, help="of the main table")
    parser.add_argument(
        "--pandas-rows", type=int, default=500_000, help="of the table with pandas, and of the rules' step"
    )
    parser.add_argument(
        "--files", type=int, help="of the main table; else one for every 1.67 million rows, at least two"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", nargs="+", default=["pandas", "rules", "main"], choices=["pandas", "rules", "main"])
    parser.add_argument("--without", nargs="*", default=[], choices=list(COMPETITORS), help="leave a program out")
    parser.add_argument(
        "--once",
        nargs="*",
        default=[],
        choices=list(COMPETITORS),
        help="measure a slow program in the first round only",
    )
    parser.add_argument("--engine-spark", action="store_true", help="also the product with its other engine")
    parser.add_argument("--scratch", default=None, help="a folder with room for eight times the CSV")
    parser.add_argument("--results", type=Path, default=RESULTS, help="another file to write, without page and chart")
    options = parser.parse_args()
    options.files = options.files or max(_LEAST_FILES, round(options.rows / ROWS_PER_FILE))
    return options


def _measure(name: str, bench: Bench, steps: list[str], options: argparse.Namespace) -> None:
    """All rounds of one table."""
    load = os.getloadavg()[1]
    bench.prepared()
    print(f"{bench.rows:,} rows in {bench.files} files, {bench.csv_bytes / 1e6:,.0f} MB of CSV", flush=True)
    rounds: list[dict[str, dict[str, float]]] = []
    rows: dict[str, int] = {}
    for number in range(options.rounds):
        left_out = {*options.without, *(options.once if number else ())}
        costs = {step: _once(bench, step) for step in steps if step not in left_out}
        rounds.append({step: cost.to_json() for step, cost in costs.items()})
        if number == 0:
            rows = _compared(bench, list(costs))
    result: dict[str, Any] = {
        "load": round(load, 1),
        "rows": bench.rows,
        "files": bench.files,
        "csv_bytes": bench.csv_bytes,
        "rounds": rounds,
        "outcome": rows,
        "compared": "rows" if bench.rows <= _MOST_ROWS_COMPARED else "sums",
    }
    kept(name, result, options.results)
    shutil.rmtree(bench.folder)


def _once(bench: Bench, step: str) -> Cost:
    bench.renewed(step)
    os.sync()  # what the step before left to be written is not this one's work
    cost = bench.run(step)
    print(
        f"{step:30} {cost.wall_s:8.1f} s wall {cost.user_s:8.1f} s user {cost.system_s:7.1f} s system "
        f"{cost.peak_mib:7,.0f} MiB peak ({cost.anonymous_mib:,.0f} anonymous)",
        flush=True,
    )
    return cost


def _compared(bench: Bench, steps: list[str]) -> dict[str, int]:
    """How many rows ended where, the same for every program. Raises `DifferentError` saying what is not the same."""
    ours = output_of(bench.output(PRODUCT))
    compare = differences if bench.rows <= _MOST_ROWS_COMPARED else different_sums
    for step in steps:
        if step in COMPETITORS or step == PRODUCT + SPARK_ENGINE:
            found = compare(ours, output_of(bench.output(step)))
            if found:
                raise DifferentError(f"{step} and the product differ:\n" + "\n".join(found))
    return ours.rows()


if __name__ == "__main__":
    sys.exit(main())
