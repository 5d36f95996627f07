"""Crawlers: what lies in a bucket becomes tables, columns and partitions, and a second look changes nothing.

What is not shown here: how Glue samples and how sure its classifiers are, which it does not publish.
"""

import gzip
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from local_aws.glue.folders import Stored, excluded, grouped

from components.glue_crawlers import EXCLUSIONS, configuration
from tests.local_aws.glue_case import Glue, until

TRADES = {
    "trade": pa.array(["a"]),
    "delivered_at": pa.array([datetime(2026, 1, 1, tzinfo=UTC)], pa.timestamp("us", tz="UTC")),
    "quantity_mwh": pa.array([Decimal("1.500")], pa.decimal128(18, 3)),
    "settled_on": pa.array([date(2026, 1, 1)]),
    "reasons": pa.array([["late"]], pa.list_(pa.string())),
    "row": pa.array([1], pa.int64()),
    "known": pa.array([True]),
}
SEMICOLONS = {
    "Name": "csv",
    "Delimiter": ";",
    "QuoteSymbol": '"',
    "ContainsHeader": "PRESENT",
    "Serde": "OpenCSVSerDe",
    "AllowSingleColumn": False,
    "CustomDatatypeConfigured": True,
    "CustomDatatypes": ["STRING"],
}


def parquet(columns: dict[str, pa.Array]) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


@pytest.fixture
def glue(aws):
    made = Glue(aws)
    made.client.create_database(DatabaseInput={"Name": made.name})
    return made


def crawl(glue: Glue, **settings) -> dict:
    """Makes a crawler like the stack's if there is none, starts it, and gives it back when it is done."""
    if glue.name not in glue.client.list_crawlers()["CrawlerNames"]:
        glue.client.create_crawler(
            **{
                "Name": glue.name,
                "Role": glue.role,
                "DatabaseName": glue.name,
                "Targets": {
                    "S3Targets": [
                        {"Path": f"s3://{glue.name}/trades/", "Exclusions": list(EXCLUSIONS), "SampleSize": 5}
                    ]
                },
                "Configuration": configuration(2),
                "SchemaChangePolicy": {"UpdateBehavior": "UPDATE_IN_DATABASE", "DeleteBehavior": "LOG"},
                **settings,
            }
        )
    glue.client.start_crawler(Name=glue.name)
    return until(
        lambda: shown if (shown := glue.client.get_crawler(Name=glue.name)["Crawler"])["State"] == "READY" else None
    )


def table(glue: Glue, name: str) -> dict:
    return glue.client.get_table(DatabaseName=glue.name, Name=name)["Table"]


def columns(shown: dict) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in shown["StorageDescriptor"]["Columns"]]


def partitions(glue: Glue, name: str) -> list[dict]:
    return glue.client.get_partitions(DatabaseName=glue.name, TableName=name)["Partitions"]


def test_parquet_becomes_a_table_with_the_files_own_types_and_a_partition_a_folder(glue):
    for day in ("2026-01-01", "2026-01-02"):
        glue.put(f"trades/date={day}/a.parquet", parquet(TRADES))
    glue.put("trades/_SUCCESS", "")
    glue.put("trades/_ledger/note.json", "{}")
    glue.put("trades/date=2026-01-01/b.parquet.tmp", "half")

    done = crawl(glue)

    assert done["LastCrawl"]["Status"] == "SUCCEEDED"
    shown = table(glue, "trades")
    assert columns(shown) == [
        ("trade", "string"),
        ("delivered_at", "timestamp"),
        ("quantity_mwh", "decimal(18,3)"),
        ("settled_on", "date"),
        ("reasons", "array<string>"),
        ("row", "bigint"),
        ("known", "boolean"),
    ]
    assert shown["PartitionKeys"] == [{"Name": "date", "Type": "string"}]
    assert shown["StorageDescriptor"]["Location"] == f"s3://{glue.name}/trades/"
    assert shown["Parameters"]["classification"] == "parquet"
    assert shown["Parameters"]["objectCount"] == "2"
    assert [(one["Values"], one["StorageDescriptor"]["Location"]) for one in partitions(glue, "trades")] == [
        (["2026-01-01"], f"s3://{glue.name}/trades/date=2026-01-01/"),
        (["2026-01-02"], f"s3://{glue.name}/trades/date=2026-01-02/"),
    ]


def test_a_second_crawl_of_the_same_files_makes_no_new_version(glue):
    glue.put("trades/date=2026-01-01/a.parquet", parquet(TRADES))
    crawl(glue)
    before = table(glue, "trades")

    crawl(glue)

    assert table(glue, "trades") == before
    metrics = glue.client.get_crawler_metrics(CrawlerNameList=[glue.name])["CrawlerMetricsList"][0]
    assert (metrics["TablesCreated"], metrics["TablesUpdated"]) == (0, 0)


def test_a_new_column_goes_behind_those_that_are_there_and_one_that_left_the_files_stays(glue):
    glue.put("trades/date=2026-01-01/a.parquet", parquet({"a": TRADES["row"], "b": TRADES["trade"]}))
    crawl(glue)
    glue.put("trades/date=2026-01-01/a.parquet", parquet({"c": TRADES["known"], "a": TRADES["row"]}))
    glue.put("trades/date=2026-01-02/a.parquet", parquet({"c": TRADES["known"], "a": TRADES["row"]}))

    crawl(glue)

    now = [("a", "bigint"), ("b", "string"), ("c", "boolean")]
    assert columns(table(glue, "trades")) == now
    assert [columns(one) for one in partitions(glue, "trades")] == [now, now], "partitions inherit from the table"


def test_csv_is_a_table_a_source_whose_header_names_the_columns_and_whose_columns_are_text(glue):
    glue.client.create_classifier(CsvClassifier={**SEMICOLONS, "Name": f"{glue.name}-comma", "Delimiter": ","})
    glue.client.create_classifier(CsvClassifier={**SEMICOLONS, "Name": f"{glue.name}-semicolon"})
    lines = 'Trade Id;quantity;"note"\nA;1.5;"x; y"\nB;2.5;z\n'
    glue.put("trades/source=north/ingest_date=2026-01-01/a.csv", lines)
    glue.put("trades/source=south/ingest_date=2026-01-02/b.csv.gz", gzip.compress(b"a,b,c\n1,2,3\n"))

    crawl(
        glue,
        Configuration=configuration(3),
        Classifiers=[f"{glue.name}-comma", f"{glue.name}-semicolon"],
        TablePrefix="trades_",
    )

    north, south = table(glue, "trades_source_north"), table(glue, "trades_source_south")
    assert columns(north) == [("trade id", "string"), ("quantity", "string"), ("note", "string")]
    assert north["PartitionKeys"] == [{"Name": "ingest_date", "Type": "string"}]
    assert north["Parameters"]["skip.header.line.count"] == "1"
    serde = north["StorageDescriptor"]["SerdeInfo"]
    assert serde["SerializationLibrary"] == "org.apache.hadoop.hive.serde2.OpenCSVSerde"
    assert serde["Parameters"]["separatorChar"] == ";"
    assert south["StorageDescriptor"]["SerdeInfo"]["Parameters"]["separatorChar"] == ","
    assert south["Parameters"]["compressionType"] == "gzip"


def test_what_cannot_be_classified_makes_no_table_and_does_not_fail_the_crawl(glue):
    glue.put("trades/a.parquet", "no Parquet at all")

    assert crawl(glue)["LastCrawl"]["Status"] == "SUCCEEDED"

    assert glue.client.get_tables(DatabaseName=glue.name)["TableList"] == []


def test_a_crawl_that_cannot_read_fails_with_the_reason_and_tells_event_bridge(glue, aws):
    url = aws("sqs").create_queue(QueueName=glue.name)["QueueUrl"]
    pattern = {"source": ["aws.glue"], "detail": {"crawlerName": [glue.name], "state": ["Failed"]}}
    aws("events").put_rule(Name=glue.name, EventPattern=json.dumps(pattern))
    queue = f"arn:aws:sqs:eu-west-1:123456789012:{glue.name}"
    aws("events").put_targets(Rule=glue.name, Targets=[{"Id": "1", "Arn": queue}])

    done = crawl(glue, Targets={"S3Targets": [{"Path": f"s3://{glue.name}-gone/trades/"}]})

    assert done["LastCrawl"]["Status"] == "FAILED"
    assert "NoSuchBucket" in done["LastCrawl"]["ErrorMessage"]
    event = json.loads(until(lambda: aws("sqs").receive_message(QueueUrl=url).get("Messages"))[0]["Body"])
    assert event["detail"]["errorMessage"] == done["LastCrawl"]["ErrorMessage"]


def test_files_that_lie_otherwise_than_the_rest_are_left_out_and_named_in_the_log(glue):
    for day in (1, 2):
        glue.put(f"trades/date=2026-01-0{day}/a.parquet", parquet(TRADES))
    glue.put("trades/stray.parquet", parquet({"other": TRADES["row"]}))

    done = crawl(glue)

    assert len(partitions(glue, "trades")) == 2
    last = done["LastCrawl"]
    said = glue.logs.get_log_events(logGroupName=last["LogGroup"], logStreamName=last["LogStream"])["events"]
    assert any("trades/stray.parquet lies otherwise" in event["message"] for event in said)


def test_without_a_table_level_the_first_named_folder_is_where_partitions_begin():
    objects = [Stored("lake/trades/date=1/a", 1), Stored("lake/trades/date=2/hour=1/a", 1), Stored("lake/prices/p", 1)]

    found = grouped("b", "lake/", [*objects, Stored("lake/trades/date=3/a", 1)], table_level=None, prefix="x_")

    assert [(one.name, one.partition_keys, len(one.odd)) for one in found] == [
        ("x_prices", (), 0),
        ("x_trades", ("date",), 1),
    ]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "date=1/", "date=2/", "date=2/hour=1/", "plain/"]),
            st.text("abc", min_size=1, max_size=2),
            st.integers(0, 2),
        ),
        max_size=12,
    ),
    st.sampled_from([None, 2]),
)
def test_every_object_with_content_is_in_one_table_once_or_named_as_odd(paths, level):
    objects = {Stored(f"trades/{folder}{name}", size) for folder, name, size in paths}

    found = grouped("b", "trades/", objects, table_level=level, prefix="")

    placed = [stored.key for one in found for members in one.partitions.values() for stored in members]
    odd = [key for one in found for key in one.odd]
    assert sorted(placed + odd) == sorted(stored.key for stored in objects if stored.size)
    for one in found:
        for values, members in one.partitions.items():
            assert len(values) == len(one.partition_keys)
            assert all(f"s3://b/{stored.key}".startswith(one.folder_of(values)) for stored in members)


@pytest.mark.parametrize(
    ("key", "out"),
    [
        ("trades/date=1/a.parquet", False),
        ("trades/date=1/.a.parquet", True),
        ("trades/date=1/_SUCCESS", True),
        ("trades/x/_part/a.parquet", True),
        ("trades/x/y/_part/z/a.parquet", True),
        ("trades/a.csv.zst", True),
        ("trades/a.tmp", True),
        ("trades/a.csv", False),
    ],
)
def test_the_stacks_exclusions_take_out_markers_and_what_is_unfinished(key, out):
    assert excluded(key, "trades/", EXCLUSIONS) is out
