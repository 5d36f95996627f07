"""How fast is raw-to-processed, beside the bare floor: polars reading the same CSV as text into one Parquet file, no rules.

    python benchmarks/raw_to_processed.py [--rows 5000000] [--files 12] [--rounds 3] [--curated]

Floor and job run in turn, each in a process of its own, so that a noisy machine disturbs both alike; what counts is the
median of each round's ratio. The job is the product's own code through its public entry point, ledger and all.
"""

import argparse
import shutil
import statistics
import tempfile
from pathlib import Path

from measure import Cost, measured


def main() -> None:
    """Measures and prints a line a step and the ratios."""
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="energy-lake-bench-", dir=options.scratch))
    try:
        measured(lambda: _write(folder / "csv", options.rows, options.files))
        size = sum(file.stat().st_size for file in (folder / "csv").iterdir()) / 1e6
        print(f"{options.rows:,} rows in {options.files} files, {size:,.0f} MB of CSV; {options.rounds} rounds")
        rounds = [_round(folder, curated=options.curated) for _ in range(options.rounds)]
        for name in rounds[0]:
            _print(name, [costs[name] for costs in rounds], [costs["floor"] for costs in rounds], options.rows)
    finally:
        shutil.rmtree(folder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--files", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--curated", action="store_true", help="also processed-to-curated")
    parser.add_argument("--scratch", default=None, help="a folder with room for four times the CSV")
    return parser.parse_args()


def _round(folder: Path, *, curated: bool) -> dict[str, Cost]:
    """One turn of every step on a fresh lake."""
    shutil.rmtree(folder / "lake", ignore_errors=True)
    _deliver(folder)
    costs = {"floor": measured(lambda: _floor(folder)), "raw-to-processed": measured(lambda: _job(folder / "lake"))}
    if curated:
        costs["processed-to-curated"] = measured(lambda: _curated(folder / "lake"))
    return costs


def _write(folder: Path, rows: int, files: int) -> None:
    from trades import write_trades

    write_trades(folder, rows=rows, files=files)


def _deliver(folder: Path) -> None:
    raw = folder / "lake" / "raw" / "transactions" / "source=standard" / "ingest_date=2027-01-01"
    raw.mkdir(parents=True)
    for file in (folder / "csv").iterdir():
        (raw / file.name).hardlink_to(file)


def _floor(folder: Path) -> None:
    import polars as pl

    pl.scan_csv(folder / "csv" / "*.csv", infer_schema=False).sink_parquet(folder / "floor.parquet")


def _job(lake: Path) -> None:
    from jobs import raw_to_processed
    from jobs.source_files import load_sources
    from jobs.zones import Zones

    report = raw_to_processed.run(Zones.under(str(lake)), load_sources())
    if report.refused:
        raise SystemExit(report.refused[0].why)


def _curated(lake: Path) -> None:
    from jobs import processed_to_curated
    from jobs.zones import Zones

    processed_to_curated.run(Zones.under(str(lake)))


def _print(name: str, costs: list[Cost], floors: list[Cost], rows: int) -> None:
    ratio = statistics.median(cost.cpu_s / floor.cpu_s for cost, floor in zip(costs, floors, strict=True))
    wall, cpu = statistics.median(c.wall_s for c in costs), statistics.median(c.cpu_s for c in costs)
    peak = max(cost.peak_mib for cost in costs)
    print(
        f"{name:22} {rows / wall:12,.0f} rows/s {wall:8.1f} s wall {cpu:8.1f} s CPU {ratio:6.2f} × floor {peak:7,.0f} MiB peak"
    )


if __name__ == "__main__":
    main()
