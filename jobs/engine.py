"""Which engine a run computes with: polars on one machine, or Spark, which spreads the same polars code over many.

Nothing here imports Spark: a laptop without it runs everything else.
"""

from importlib.util import find_spec

__all__ = ["ENGINES", "SPARK_FROM_BYTES", "EngineError", "is_spark"]

ENGINES = ("polars", "spark", "auto")

SPARK_FROM_BYTES = 16 << 30
"""What must be due, in bytes as delivered, before `auto` takes Spark.

One machine of four cores takes some 60 MB a second, so that much in under five minutes. Below it there is little to win: a
Spark session starts in 5 to 30 seconds, and of Glue's two smallest workers one only drives the other.
"""


class EngineError(RuntimeError):
    """The engine asked for cannot run here. The message says what it needs."""


def is_spark(engine: str, bytes_due: int) -> bool:
    """Whether Spark is to compute what is due. Raises `EngineError` where it was asked for by name and is not there.

    `auto` goes by size, and takes polars where there is no Spark: a machine without it takes longer and gets there too.
    """
    if engine not in ENGINES:
        raise EngineError(f"{engine!r} is no engine; there are {', '.join(ENGINES)}")
    is_there = find_spec("pyspark") is not None
    if engine == "spark" and not is_there:
        raise EngineError(
            "the engine spark needs pyspark, which is not installed; `make spark` installs it beside the rest, and the "
            "engine polars needs nothing"
        )
    return engine == "spark" or (engine == "auto" and is_there and bytes_due >= SPARK_FROM_BYTES)
