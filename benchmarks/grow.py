"""How the product grows: with the size of what is due, with the size of what is there already, and for a single small file.

    python benchmarks/grow.py sweep [--sizes 5 10 20 40 80]     million rows; a file has 1.67 million in each size
    python benchmarks/grow.py year [--rows 20000000]            one new day, and one file of 1,000 rows, on top of a year

Both write their part of `results.json` and the page. A year is measured on a lake that both jobs have made; each new file
brings trades of its own, and the median of several files is what counts.
"""

import argparse
import os
import shutil
import sys
import tempfile
from pathlib import Path

from measure import Cost, measured
from render import main as rendered
from results import RESULTS, kept
from steps import CURATED, FLOOR, PRODUCT, ROWS_PER_FILE, Bench, deliver
from trades import write_trades

_DAYS = 365
_REPEATS = 5
_EVENT_ROWS = 1_000
_FIRST_NEW_TRADE = 900_000_000


def main() -> None:
    """Measures one of the two and renders the page."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="energy-lake-bench-", dir=options.scratch))
    try:
        if options.what == "sweep":
            _sweep(folder, options)
        else:
            _year(folder, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if options.results == RESULTS:
        rendered()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("what", choices=["sweep", "year"])
    parser.add_argument("--sizes", type=float, nargs="+", default=[5, 10, 20, 40, 80], help="million rows each")
    parser.add_argument("--rows", type=int, default=20_000_000, help="of the year that is there")
    parser.add_argument("--scratch", default=None, help="a folder with room for eight times the CSV")
    parser.add_argument("--results", type=Path, default=RESULTS, help="another file to write, without the page")
    return parser.parse_args()


def _sweep(folder: Path, options: argparse.Namespace) -> None:
    sizes = []
    for size in options.sizes:
        rows = round(size * 1_000_000)
        bench = Bench(folder / f"{rows}", rows, max(1, round(rows / ROWS_PER_FILE))).prepared()
        bench.renewed(PRODUCT)
        costs = {step: _told(bench, step).to_json() for step in (FLOOR, PRODUCT, CURATED)}
        sizes.append({"rows": rows, "files": bench.files, "csv_bytes": bench.csv_bytes, "costs": costs})
        shutil.rmtree(bench.folder)
        kept("sweep", {"sizes": sizes}, options.results)


def _year(folder: Path, options: argparse.Namespace) -> None:
    bench = Bench(folder / "year", options.rows, max(1, round(options.rows / ROWS_PER_FILE))).prepared()
    bench.renewed(PRODUCT)
    year = [_told(bench, step) for step in (PRODUCT, CURATED)]
    lake, day_rows = bench.output(PRODUCT), max(_EVENT_ROWS, options.rows // _DAYS)
    both = [sum(values) for values in zip(*((cost.wall_s, cost.user_s, cost.system_s) for cost in year), strict=True)]
    whole = Cost(*both, max(cost.peak_mib for cost in year), max(cost.anonymous_mib for cost in year))
    on_year = [_arrival(bench, lake, day_rows, number) for number in range(_REPEATS)]
    alone = [_arrival(bench, folder / f"alone-{number}", day_rows, number) for number in range(_REPEATS)]
    day = {
        "year_rows": options.rows,
        "day_rows": day_rows,
        "year": whole.to_json(),
        "on_year": [cost.to_json() for cost in on_year],
        "alone": [cost.to_json() for cost in alone],
    }
    kept("day", day, options.results)
    events = [_arrival(bench, lake, _EVENT_ROWS, number) for number in range(_REPEATS, 2 * _REPEATS)]
    kept("event", {"year_rows": options.rows, "runs": [cost.to_json() for cost in events]}, options.results)


def _arrival(bench: Bench, lake: Path, rows: int, number: int) -> Cost:
    """What `lake run` takes for one new file with trades of one day."""
    csv, day = lake / f"arrived-{number}", 30 + 30 * number
    first = _FIRST_NEW_TRADE + number * 1_000_000
    write_trades(csv, rows=rows, files=1, days=(day, day + 1), first=first)
    deliver(csv, lake)
    shutil.rmtree(csv)
    os.sync()
    cost = measured([str(Path(sys.executable).parent / "lake"), "--lake", str(lake), "run"], log=bench.log)
    print(
        f"{rows:,} rows of a day: {cost.wall_s:.2f} s wall {cost.cpu_s:.2f} s CPU {cost.peak_mib:,.0f} MiB", flush=True
    )
    return cost


def _told(bench: Bench, step: str) -> Cost:
    os.sync()
    cost = bench.run(step)
    print(
        f"{bench.rows:12,} rows {step:22} {cost.wall_s:8.1f} s wall {cost.cpu_s:8.1f} s CPU {cost.peak_mib:7,.0f} MiB",
        flush=True,
    )
    return cost


if __name__ == "__main__":
    main()
