"""The floor under every program that reads these files: polars, the CSV as text into one Parquet file, without a rule.

`python floor.py CSV_FOLDER PARQUET_FILE`
"""

import sys
from pathlib import Path

import polars as pl

__all__ = ["run"]


def run(csv: Path, target: Path) -> None:
    """Reads everything and writes it again."""
    pl.scan_csv(csv / "*.csv", infer_schema=False).sink_parquet(target)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
