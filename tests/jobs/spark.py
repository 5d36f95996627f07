"""What the tests of the engine spark share: whether it can run here, and two lakes to compare."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from jobs.engine import EngineError
from jobs.reports import RunReport
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
    """One session for all tests of a process; a machine without Java says what it lacks."""
    from jobs.spark_session import spark_session

    try:
        spark_session()
    except EngineError as error:
        pytest.skip(str(error))


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
