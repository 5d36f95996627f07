"""The measurements behind `docs/scale.md`, and the page.

    python benchmarks/scale.py --measure    # a few minutes: runs the product's commands, renews scale.json and the page
    python benchmarks/scale.py              # the page again, of what scale.json has

Lakes of several sizes and shapes, so that the costs of a run, a file, an output, a date and a row can be told apart
(`scale_model.py`); requests counted (`scale_requests.py`); books of a size that cannot be run here (`scale_books.py`).
"""

import argparse
import json
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from measure import measured
from results import origin
from scale_page import PAGE, page
from scale_predict import FIRST, SECOND

__all__ = ["LAKES", "MEASURED", "load", "main"]

ROOT = Path(__file__).parents[1]
MEASURED = Path(__file__).parent / "scale.json"
LAKES = {
    "small files": (60_000, 60, 2),
    "a quarter": (250_000, 4, 90),
    "half a million": (500_000, 2, 5),
    "a million": (1_000_000, 8, 30),
    "two million": (2_000_000, 4, 2),
    "a year": (400_000, 2, 365),
}
"""By name: records, files, market days that each file holds."""
_ON_TOP = (100_000, 1, 1)
_FAR = 50_000_000
"""Trades of the delivery on top have numbers from here, so that they correct none of the year's."""
_COUNTED = ((1, 1), (4, 1), (1, 6), (4, 6), (8, 3))
"""Files and days of the small lakes whose requests are counted."""
_BOOKS = (("ledger", 1_000, 4), ("ledger", 10_000, 4), ("state", 365, 10_000), ("state", 3_650, 100_000))


def main() -> None:
    """Measures where it is asked to, and writes the page."""
    parser = argparse.ArgumentParser(description="the measurements behind docs/scale.md, and the page")
    parser.add_argument("--measure", action="store_true", help="run everything anew")
    parser.add_argument("--scratch", help="where to put lakes meanwhile")
    options = parser.parse_args()
    if options.measure:
        folder = Path(tempfile.mkdtemp(prefix="energy-lake-scale-", dir=options.scratch))
        try:
            made = _measure(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        MEASURED.write_text(json.dumps(made, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    PAGE.write_text(page(load()), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")


def load() -> dict[str, Any]:
    """What was measured."""
    found: dict[str, Any] = json.loads(MEASURED.read_text(encoding="utf-8"))
    return found


def _measure(folder: Path) -> dict[str, Any]:
    runs: list[dict[str, Any]] = []
    for name, (rows, files, days) in LAKES.items():
        lake = folder / "lake"
        _deliver(lake, rows, files, days, 0)
        runs += _both(lake, name)
        if name == "a year":
            runs += _both(lake, "nothing due")
            _deliver(lake, *_ON_TOP, _FAR)
            runs += _both(lake, "a day on top of a year")
        runs.append(_compacted(lake, name))
        shutil.rmtree(lake)
    return {
        "origin": origin(),
        "runs": runs,
        "requests": [_requests(folder / "lake", files, days) for files, days in _COUNTED],
        "books": [_books(folder / "books", *what) for what in _BOOKS],
    }


def _deliver(lake: Path, rows: int, files: int, days: int, first: int) -> None:
    """In a process of its own, so that this one stays small."""
    raw = lake / f"raw/transactions/source=standard/ingest_date=2027-01-0{1 + bool(first)}"
    code = (
        f"from pathlib import Path; from trades import write_trades; "
        f"write_trades(Path({str(raw)!r}), rows={rows}, files={files}, days=(0, {days}), first={first})"
    )
    measured([sys.executable, "-c", code], environment={"PYTHONPATH": str(Path(__file__).parent)})


def _both(lake: Path, name: str) -> list[dict[str, Any]]:
    before = _entries(lake)
    first = _job(lake, name, FIRST, ["run", "--job", FIRST])
    entries = _entries(lake)
    new = {path: entry for path, entry in entries.items() if path not in before}
    outputs = [output for entry in new.values() for output in entry["outputs"] if output["date"]]
    touched = {output["date"] for output in outputs}
    csv = sum(entry["size_bytes"] for entry in new.values())
    first["counts"] = {
        "runs": 1,
        "files": len(new),
        "outputs": len(outputs),
        "rows": sum(entry["received"]["rows"] for entry in new.values()),
        "csv_bytes": csv,
        "entries": len(before),
        "processed_bytes": _size(lake / "processed"),
    }
    second = _job(lake, name, SECOND, ["run", "--job", SECOND, "--json"])
    read = [o for entry in entries.values() for o in entry["outputs"] if o["date"] in touched]
    second["counts"] = {
        "runs": 1,
        "processed_files": len(read),
        "dates": json.loads(second.pop("said"))["curated"]["transactions"]["partitions_redone"],
        "carried_dates": _carried(entries, touched),
        "rows": sum(output["rows"] for output in read),
        "csv_bytes": csv,
        "entries": len(entries),
        "curated_bytes": _size(lake / "curated"),
        "curated_files": sum(1 for _ in (lake / "curated").rglob("*.parquet")),
        "ledger_bytes": _size(lake / "ledger"),
    }
    first.pop("said")
    return [first, second]


def _compacted(lake: Path, name: str) -> dict[str, Any]:
    run = _job(lake, name, "compact", ["compact", "--json"])
    told = json.loads(run.pop("said"))["transactions"]
    outputs = [o for entry in _entries(lake).values() for o in entry["outputs"] if o["date"]]
    run["counts"] = {
        "runs": 1,
        "merged_files": told["files_before"] - told["files_after"] + told["dates_changed"],
        "dates_merged": told["dates_changed"],
        "rows": sum(output["rows"] for output in outputs),
    }
    return run


def _job(lake: Path, name: str, stage: str, words: list[str]) -> dict[str, Any]:
    """One command, as it is typed. What it prints goes with the result."""
    said = lake.parent / "said.txt"
    command = [str(Path(sys.executable).parent / "lake"), "--lake", str(lake), *words]
    cost = measured(command, log=said).to_json()
    return {"lake": name, "stage": stage, "cost": cost, "said": said.read_text()}


def _requests(lake: Path, files: int, days: int) -> dict[str, Any]:
    """Both jobs over a small lake, then over one delivery more, with every call counted."""
    found: dict[str, Any] = {"files": files, "days": days}
    for step, (count, first) in {"first": (files, 0), "again": (1, _FAR)}.items():
        _deliver(lake, 200 * count, count, days if first == 0 else 1, first)
        before = _entries(lake)
        said = lake.parent / "said.txt"
        program = Path(__file__).parent / "scale_requests.py"
        measured([sys.executable, str(program), str(lake)], log=said, environment={"PYTHONPATH": str(ROOT)})
        entries = _entries(lake)
        new = [entry for path, entry in entries.items() if path not in before]
        dates = {o["date"] for entry in new for o in entry["outputs"] if o["date"]}
        read = [o for entry in entries.values() for o in entry["outputs"] if o["date"] in dates]
        found[step] = json.loads(said.read_text().splitlines()[-1]) | {
            f"counts of {name}": {
                "runs": 1,
                "files": len(new),
                "outputs": sum(bool(o["date"]) for entry in new for o in entry["outputs"]),
                "processed_files": len(read),
                "dates": len(dates),
                "carried_dates": _carried(entries, dates),
                "entries": len(before) if name == FIRST else len(entries),
            }
            for name in (FIRST, SECOND)
        }
    shutil.rmtree(lake)
    return found


def _carried(entries: dict[str, dict[str, Any]], touched: set[str]) -> int:
    """Dates of the months that are touched: month marts are carried through all of them."""
    months = {day[:7] for day in touched}
    return len({o["date"] for entry in entries.values() for o in entry["outputs"] if o["date"][:7] in months})


def _books(folder: Path, what: str, first: int, second: int) -> dict[str, Any]:
    said = folder.with_name("said.txt")
    program = Path(__file__).parent / "scale_books.py"
    command = [sys.executable, str(program), what, str(folder), str(first), str(second)]
    cost = measured(command, log=said, environment={"PYTHONPATH": str(ROOT)})
    shutil.rmtree(folder)
    return {"what": what, "sizes": [first, second], "peak_mib": round(cost.peak_mib)} | json.loads(said.read_text())


def _entries(lake: Path) -> dict[str, dict[str, Any]]:
    """The ledger's entries, read as plain JSON so that this process loads no part of the lake."""
    files = (lake / "ledger/transactions").glob("*.json")
    return {entry["file"]: entry for entry in (json.loads(file.read_text()) for file in files)}


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


if __name__ == "__main__":
    main()
