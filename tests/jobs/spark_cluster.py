"""Both jobs on a small cluster of this machine whose executors are killed: a program of its own, run by `test_spark_killed.py`."""

import os
import sys
from pathlib import Path

from jobs import processed_to_curated
from jobs.spark_session import java_home
from tests.jobs.lakes import run_raw
from tests.jobs.spark import killing


def main(lake: Path, scratch: Path) -> None:
    """Runs both jobs on the lake; the turns of their writes are kept in folders of the scratch folder."""
    from pyspark.sql import SparkSession

    os.environ.setdefault("JAVA_HOME", str(java_home()))
    os.environ["PYSPARK_PYTHON"] = sys.executable
    here = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.ui.enabled": "false"}
    settings = {"spark.executor.memory": "512m", "spark.deploy.maxExecutorRetries": "-1", "spark.log.level": "ERROR"}
    builder = SparkSession.builder.master("local-cluster[2,1,1024]")
    for name, value in {**here, **settings, "spark.executorEnv.POLARS_MAX_THREADS": "1"}.items():
        builder = builder.config(name, value)
    session = builder.getOrCreate()
    run_raw(killing(lake, scratch / "first", (3, 12), is_executor=True), engine="spark")
    processed_to_curated.run(killing(lake, scratch / "second", (9, 24), is_executor=True), engine="spark")
    session.stop()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
