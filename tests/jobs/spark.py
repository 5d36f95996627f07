"""What the tests of the engine spark share: whether it can run here, two lakes to compare, and a lake that kills."""

import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from jobs.engine import EngineError
from jobs.reports import RunReport
from jobs.storage import FolderStorage
from jobs.zones import Zones

of_spark = [
    pytest.mark.skipif(find_spec("pyspark") is None, reason="the engine spark is not installed: make spark"),
    pytest.mark.filterwarnings(
        "ignore:unclosed <socket:ResourceWarning"
    ),  # pyspark leaves those to the garbage collector
    pytest.mark.filterwarnings("ignore:distutils Version classes are deprecated:DeprecationWarning"),
]


@pytest.fixture(scope="session", autouse=True)
def session() -> None:
    """One session for all tests of a process; a machine without Java says what it lacks.

    Its workers find the tests' own modules, whose storages kill them.
    """
    from jobs.spark_session import spark_session

    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(Path(__file__).parents[2]), prepend=os.pathsep)
        try:
            spark_session()
        except EngineError as error:
            pytest.skip(str(error))


class KillingStorage(FolderStorage):
    """A folder at some of whose writes the process that writes is killed, by the system, with half a file left behind.

    Writes are counted over all processes and zones in the folder `turns`: each makes the file of the next number.
    """

    def __init__(self, root: Path, turns: Path, kills: tuple[int, ...], *, is_executor: bool = False) -> None:
        super().__init__(root)
        self.turns, self.kills, self.is_executor = turns, kills, is_executor

    def put(self, path: str, content: bytes | Path) -> None:
        self._turn(path)
        super().put(path, content)

    def take(self, path: str, file: Path) -> None:
        self._turn(path)
        super().take(path, file)

    def delete(self, path: str) -> None:
        self._turn(path)
        super().delete(path)

    def _turn(self, path: str) -> None:
        number = 1
        while not self._is_free(number):
            number += 1
        if number in self.kills and os.getpid() != int((self.turns / "driver").read_text()):
            target = self.root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            (target.parent / f".half-{number}").write_bytes(b"half a fi")
            (self.turns / f"killed-{number}").touch()
            if (
                self.is_executor
            ):  # the JVM that started the daemon that started this worker, which outlives it for a moment
                os.kill(_parent_of(os.getppid()), signal.SIGKILL)
                return
            os.kill(os.getpid(), signal.SIGKILL)

    def _is_free(self, number: int) -> bool:
        try:
            (self.turns / str(number)).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def _parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])


def killing(root: Path, turns: Path, kills: tuple[int, ...], *, is_executor: bool = False) -> Zones:
    """The lake in the folder, whose workers, or their executors, die at these writes; the driver does not."""
    turns.mkdir()
    (turns / "driver").write_text(str(os.getpid()))
    names = ("processed", "quarantine", "curated", "ledger")
    storages = {n: KillingStorage(root / n, turns, kills, is_executor=is_executor) for n in names}
    return Zones(raw=FolderStorage(root / "raw"), **storages)


def killed(turns: Path) -> int:
    """How many workers were killed."""
    return len(list(turns.glob("killed-*")))


@contextmanager
def two_lakes() -> Iterator[tuple[Path, Path]]:
    """Two empty lakes, one for either engine."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        yield Path(one), Path(other)


def without_times(report: RunReport) -> RunReport:
    """The report as it is by any engine, on any machine."""
    for dataset in report.datasets.values():
        dataset.seconds = 0.0
    return report


def zones_of(root: Path) -> Zones:
    """The lake in the folder."""
    return Zones.under(str(root))
