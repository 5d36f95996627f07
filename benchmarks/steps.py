"""What is measured: each step as the command that a user would type, in a folder that it finds ready and leaves to be looked at."""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from measure import Cost, measured
from the_job import DELIVERED
from trades import write_trades

__all__ = [
    "COMPETITORS",
    "CURATED",
    "FLOOR",
    "PRODUCT",
    "ROWS_PER_FILE",
    "SPARK_ENGINE",
    "Bench",
    "NoRoomError",
    "deliver",
]

HERE = Path(__file__).parent
ROWS_PER_FILE = 1_666_667
"""20 million rows in 12 files."""
FLOOR = "floor"
PRODUCT = "raw-to-processed"
CURATED = "processed-to-curated"
SPARK_ENGINE = " on spark"
"""Added to a job's name where the product's other engine does it."""
COMPETITORS = {"DuckDB": "duckdb_job.py", "Spark": "spark_job.py", "pandas": "pandas_job.py"}
_SCRATCH_BYTES_A_ROW = 300
"""What the programs leave in one round, and as much again for the delivered row and what they keep meanwhile."""


class NoRoomError(RuntimeError):
    """The scratch folder is on a disk that will not hold what is measured."""


@dataclass(frozen=True)
class Bench:
    """A folder with the delivered files and everything that steps make of them."""

    folder: Path
    rows: int
    files: int
    rounds: int = 1

    @property
    def csv(self) -> Path:
        """The delivered files."""
        return self.folder / "csv"

    @property
    def csv_bytes(self) -> int:
        """The size of the delivered files."""
        return sum(file.stat().st_size for file in self.csv.iterdir())

    def prepared(self) -> "Bench":
        """Writes the delivered files. Raises `NoRoomError` where the disk would not hold the rest.

        In a process of its own, so that memory and threads of this one stay as they are.
        """
        self.folder.mkdir(parents=True)
        needed, free = self.rows * (1 + self.rounds) * _SCRATCH_BYTES_A_ROW, shutil.disk_usage(self.folder).free
        if free < needed:
            raise NoRoomError(
                f"{needed >> 20:,} MiB of scratch are needed and {free >> 20:,} are free; give a folder on a larger disk "
                f"with --scratch, or fewer --rows or --rounds"
            )
        measured([sys.executable, str(HERE / "steps.py"), str(self.csv), str(self.rows), str(self.files)], log=self.log)
        return self

    @property
    def log(self) -> Path:
        """What the last step printed."""
        return self.folder / "said.txt"

    def output(self, step: str) -> Path:
        """Where a step leaves what it made: both jobs of the product share a lake."""
        if step.startswith((PRODUCT, CURATED)):
            return self.folder / ("lake-spark" if step.endswith(SPARK_ENGINE) else "lake")
        return self.folder / step.lower()

    def run(self, step: str) -> Cost:
        """Runs a step on what is there and measures it. Raises `measure.StepFailedError`."""
        return measured(self._command(step), log=self.log)

    def renewed(self, step: str) -> None:
        """Puts away what an earlier round left, so that the step begins as the first time.

        It is deleted only with the whole folder: where thousands of files went, ext4 takes ten times as long to make the next
        ones, for minutes, because it passes over what was just freed.
        """
        out = self.output(step)
        if step.startswith(CURATED):
            return
        if out.exists():
            earlier = self.folder / "earlier"
            earlier.mkdir(exist_ok=True)
            out.rename(earlier / f"{len(list(earlier.iterdir()))}-{out.name}")
        if step.startswith(PRODUCT):
            deliver(self.csv, out)

    def _command(self, step: str) -> list[str]:
        out = self.output(step)
        if step == FLOOR:
            out.mkdir(exist_ok=True)
            return [sys.executable, str(HERE / "floor.py"), str(self.csv), str(out / "floor.parquet")]
        if step in COMPETITORS:
            return [sys.executable, str(HERE / COMPETITORS[step]), str(self.csv), str(out)]
        job = step.removesuffix(SPARK_ENGINE)
        lake = str(Path(sys.executable).parent / "lake")
        engines = ["--engine", "spark"] if job != step else []
        return [lake, "--lake", str(out), "run", "--job", job, *engines]


def deliver(csv: Path, lake: Path) -> None:
    """Puts delivered files into a lake's raw zone, as `lake ingest` would."""
    raw = lake / "raw" / DELIVERED
    raw.mkdir(parents=True, exist_ok=True)
    for file in sorted(csv.iterdir()):
        (raw / file.name).hardlink_to(file)


if __name__ == "__main__":
    write_trades(Path(sys.argv[1]), rows=int(sys.argv[2]), files=int(sys.argv[3]))
