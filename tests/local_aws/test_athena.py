"""Athena's stand-in asked through boto3: what it reads, where results go, how it pages, fails and is stopped."""

import csv
import io
from datetime import datetime
from decimal import Decimal

import polars as pl
import pytest
from botocore.exceptions import ClientError

from tests.local_aws.governed import persona
from tests.local_aws.tables import BUCKET, DATABASE, PARQUET, Athena, asked, mwh


@pytest.fixture
def athena():
    with asked() as made:
        yield made


@pytest.fixture
def trades(athena: Athena):
    """Three days of trades in folders, two of them registered."""
    athena.make_table("trades", {"id": "string", "mwh": "decimal(18,6)"}, {"date": "date"})
    for day, values in (("2026-01-01", ("1.5", "2")), ("2026-01-02", ("10",)), ("2026-01-03", ("100",))):
        frame = pl.DataFrame({"id": [f"{day}-{n}" for n in range(len(values))], "mwh": mwh(*values)})
        athena.put(f"trades/date={day}/a.parquet", frame)
    athena.register("trades", "2026-01-01", "trades/date=2026-01-01/")
    athena.register("trades", "2026-01-02", "trades/date=2026-01-02/")
    return athena


def test_only_registered_partitions_are_read(trades: Athena):
    assert trades.rows("SELECT SUM(mwh), COUNT(*), MAX(date) FROM trades") == [["13.500000", "3", "2026-01-02"]]
    assert trades.rows("MSCK REPAIR TABLE trades")[-1] == [
        "Repair: Added partition to metastore trades:date=2026-01-03"
    ]
    assert trades.rows("SELECT SUM(mwh), COUNT(*), MAX(date) FROM trades") == [["113.500000", "4", "2026-01-03"]]


def test_a_condition_on_the_partition_key_leaves_out_whole_files(trades: Athena):
    everything = trades.ask("SELECT SUM(mwh) FROM trades").scanned_bytes
    one_day = trades.ask("SELECT SUM(mwh) FROM trades WHERE date = DATE '2026-01-02' AND mwh > 0")
    assert 0 < one_day.scanned_bytes < everything
    assert one_day.rows == [["10.000000"]]


def test_columns_that_nobody_asks_for_are_not_scanned(trades: Athena):
    whole = trades.ask("SELECT * FROM trades").scanned_bytes
    assert 0 < trades.ask("SELECT SUM(mwh) FROM trades").scanned_bytes < whole
    assert trades.ask("SELECT MAX(date) FROM trades").scanned_bytes == 0


def test_a_table_without_a_partition_is_empty_and_not_an_error(athena: Athena):
    athena.make_table("trades", {"id": "string"}, {"date": "date"})
    athena.put("trades/date=2026-01-01/a.parquet", pl.DataFrame({"id": ["1"]}))
    assert athena.rows("SELECT * FROM trades") == []


def test_hidden_objects_are_no_data(athena: Athena):
    athena.make_table("trades", {"id": "string"}, {})
    athena.put("trades/a.parquet", pl.DataFrame({"id": ["1"]}))
    athena.s3.put_object(Bucket=BUCKET, Key="trades/_SUCCESS", Body=b"no parquet")
    athena.s3.put_object(Bucket=BUCKET, Key="trades/_state/x.parquet", Body=b"no parquet")
    assert athena.rows("SELECT * FROM trades") == [["1"]]


def test_columns_of_parquet_are_found_by_name_and_missing_ones_are_null(athena: Athena):
    athena.make_table("t", {"a": "bigint", "b": "string", "later": "string"}, {})
    athena.put("t/1.parquet", pl.DataFrame({"B": ["x"], "a": [1]}))
    assert athena.rows("SELECT a, b, later FROM t") == [["1", "x", None]]


def test_a_file_of_another_type_is_bad_data_that_names_file_and_column(athena: Athena):
    athena.make_table("t", {"a": "bigint"}, {})
    athena.put("t/1.parquet", pl.DataFrame({"a": ["one"]}))
    assert athena.refusal("SELECT a FROM t") == (
        "HIVE_BAD_DATA: Field a's type large_string in parquet file s3://lake/t/1.parquet is incompatible with type bigint "
        "defined in table schema"
    )


def test_a_partition_registered_with_another_type_is_refused(athena: Athena):
    athena.make_table("t", {"a": "bigint"}, {"date": "date"})
    descriptor = {"Location": f"s3://{BUCKET}/t/", "Columns": [{"Name": "a", "Type": "string"}], **PARQUET}
    athena.glue.create_partition(
        DatabaseName=DATABASE,
        TableName="t",
        PartitionInput={"Values": ["2026-01-01"], "StorageDescriptor": descriptor},
    )
    assert athena.refusal("SELECT a FROM t").startswith("HIVE_PARTITION_SCHEMA_MISMATCH: ")


def test_instants_are_shown_in_utc_with_milliseconds(athena: Athena):
    athena.make_table("t", {"at": "timestamp"}, {})
    instants = pl.Series([datetime(2026, 1, 1, 10, 30, 0, 1500)], dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")  # noqa: DTZ001 - the zone follows
    athena.put("t/1.parquet", pl.DataFrame({"at": instants}))
    assert athena.rows("SELECT at FROM t") == [["2026-01-01 10:30:00.002"]]


def test_raw_csv_is_read_by_position_as_texts(athena: Athena):
    text = 'Id;Name\n1;"a;b"\n2\n3;c;too much\n'
    descriptor = {
        "Columns": [{"Name": "id", "Type": "string"}, {"Name": "name", "Type": "string"}],
        "Location": f"s3://{BUCKET}/raw/",
        "SerdeInfo": {
            "SerializationLibrary": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
            "Parameters": {"separatorChar": ";", "quoteChar": '"'},
        },
    }
    parameters = {"skip.header.line.count": "1"}
    table = {"Name": "raw", "StorageDescriptor": descriptor, "Parameters": parameters, "TableType": "EXTERNAL_TABLE"}
    athena.glue.create_table(DatabaseName=DATABASE, TableInput=table)
    athena.s3.put_object(Bucket=BUCKET, Key="raw/a.csv", Body=text.encode())
    longest = csv.field_size_limit()
    assert athena.rows("SELECT id, name FROM raw ORDER BY id") == [["1", "a;b"], ["2", None], ["3", "c"]]
    assert csv.field_size_limit() >= longest  # the whole process's, which others read by


def test_the_result_lies_where_the_execution_says_as_athena_writes_it(trades: Athena):
    answered = trades.ask("""SELECT 1 AS a, 'say "x"' AS b, CAST(NULL AS VARCHAR) AS c""")
    location = answered.execution["ResultConfiguration"]["OutputLocation"]
    assert location == f"s3://results/people/{answered.execution['QueryExecutionId']}.csv"
    key = location.removeprefix("s3://results/")
    assert trades.s3.get_object(Bucket="results", Key=key)["Body"].read() == b'"a","b","c"\n"1","say ""x""",\n'
    assert trades.s3.head_object(Bucket="results", Key=f"{key}.metadata")["ContentLength"] > 0


def test_an_enforced_workgroup_decides_where_results_go(trades: Athena):
    elsewhere = {"ResultConfiguration": {"OutputLocation": "s3://lake/mine/"}}
    answered = trades.ask("SELECT 1", **elsewhere)
    assert answered.execution["ResultConfiguration"]["OutputLocation"].startswith("s3://results/people/")


def test_a_workgroup_that_is_not_enforced_lets_the_client_choose():
    with asked({"EnforceWorkGroupConfiguration": False}) as athena:
        elsewhere = {"ResultConfiguration": {"OutputLocation": "s3://lake/mine"}}
        answered = athena.ask("SELECT 1", **elsewhere)
        assert answered.execution["ResultConfiguration"]["OutputLocation"].startswith("s3://lake/mine/")


def test_without_a_place_for_results_nothing_is_started(athena: Athena):
    with pytest.raises(ClientError, match="No output location provided"):
        athena.ask("SELECT 1", workgroup="primary")


def test_an_unknown_workgroup_is_said(athena: Athena):
    with pytest.raises(ClientError, match="WorkGroup nowhere is not found"):
        athena.ask("SELECT 1", workgroup="nowhere")


def test_a_query_that_would_read_too_much_is_cancelled_and_leaves_no_result():
    with asked({"BytesScannedCutoffPerQuery": 10_485_760}) as athena:
        athena.make_table("t", {"a": "string"}, {})
        big = pl.DataFrame({"a": [f"{n:064x}" for n in range(200_000)]})
        buffer = io.BytesIO()
        big.write_parquet(buffer, compression="uncompressed")
        athena.s3.put_object(Bucket=BUCKET, Key="t/a.parquet", Body=buffer.getvalue())
        answered = athena.ask("SELECT MAX(a) FROM t")
        assert (answered.state, answered.reason) == ("CANCELLED", "Query cancelled! : Bytes scanned limit was exceeded")
        assert "Contents" not in athena.s3.list_objects_v2(Bucket="results")
        assert athena.rows("SELECT COUNT(*) FROM t") == [["200000"]]


def test_results_come_in_pages_with_the_names_first(athena: Athena):
    identifier = athena.ask("SELECT x FROM UNNEST(SEQUENCE(1, 2500)) AS t(x) ORDER BY x").execution["QueryExecutionId"]
    pages = athena.athena.get_paginator("get_query_results").paginate(QueryExecutionId=identifier)
    sizes, values = [], []
    for page in pages:
        rows = [row["Data"][0]["VarCharValue"] for row in page["ResultSet"]["Rows"]]
        sizes.append(len(rows))
        values += rows
    assert sizes == [1000, 1000, 501]
    assert values == ["x", *(str(n) for n in range(1, 2501))]


def test_columns_say_their_types_precision_and_scale(athena: Athena):
    sql = "SELECT 1.50 AS price, 'x' AS name, DATE '2026-01-01' AS day, COUNT(*) AS n, TRUE AS yes, 1e0 AS share"
    found = [(c["Name"], c["Type"], c["Precision"], c["Scale"]) for c in athena.ask(sql).columns]
    assert found == [
        ("price", "decimal", 3, 2),
        ("name", "varchar", 2147483647, 0),
        ("day", "date", 0, 0),
        ("n", "bigint", 19, 0),
        ("yes", "boolean", 0, 0),
        ("share", "double", 17, 0),
    ]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        (
            "SELECT nope FROM trades",
            (
                "COLUMN_NOT_FOUND: line 1:8: Column 'nope' cannot be resolved or requester is not authorized to access "
                "requested resources"
            ),
        ),
        ("SELECT 1 FROM nowhere", "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.curated.nowhere' does not exist"),
        ("SELECT 1 FROM lost.trades", "SCHEMA_NOT_FOUND: line 1:15: Schema 'lost' does not exist"),
        ("SELECT 1/0", "DIVISION_BY_ZERO: Division by zero"),
        ("SELECT 1; SELECT 2", "Only one sql statement is allowed. Got: 2"),
        ("SELECT 1::INT", "SYNTAX_ERROR: line 1:9: mismatched input '::'"),
        ("SELECT mwh AS e, COUNT(*) FROM trades GROUP BY e", "COLUMN_NOT_FOUND: "),
        ("SELECT * FROM trades WHERE date = '2026-01-01'", "TYPE_MISMATCH: Cannot apply operator: date = varchar"),
        ("SELECT list_sum(ARRAY[1])", "NOT_SUPPORTED: function list_sum is not answered here"),
        ("SELECT * FROM read_parquet('/etc/passwd')", ""),
        ("TRUNCATE TABLE trades", ""),
    ],
)
def test_a_query_that_fails_says_why_in_athenas_words(trades: Athena, sql: str, reason: str):
    assert trades.refusal(sql).startswith(reason)


def test_question_marks_are_filled_in_by_literals(trades: Athena):
    sql = "SELECT COUNT(*) FROM trades WHERE date >= ? AND id <> ?"
    assert trades.rows(sql, ExecutionParameters=["DATE '2026-01-02'", "'x'"]) == [["1"]]
    assert "is no literal" in trades.refusal(sql, ExecutionParameters=["DATE '2026-01-02'", "x"])
    assert trades.refusal(sql, ExecutionParameters=["1"]).startswith("INVALID_PARAMETER_USAGE")


def test_a_parameter_is_never_more_than_a_value(trades: Athena):
    assert "is no literal" in trades.refusal("SELECT ?", ExecutionParameters=["(SELECT MAX(id) FROM trades)"])
    assert "Got: 2" in trades.refusal("SELECT ?", ExecutionParameters=["1; DROP TABLE trades"])
    assert trades.rows("SELECT ?", ExecutionParameters=["'''; DROP TABLE trades; --'"]) == [
        ["'; DROP TABLE trades; --"]
    ]


def test_a_prepared_statement_of_the_workgroup_is_executed(trades: Athena):
    trades.athena.create_prepared_statement(
        StatementName="after", WorkGroup="people", QueryStatement="SELECT COUNT(*) FROM trades WHERE date > ?"
    )
    assert trades.rows("EXECUTE after USING DATE '2026-01-01'") == [["1"]]
    assert trades.rows("EXECUTE after", ExecutionParameters=["DATE '2025-01-01'"]) == [["3"]]
    trades.rows("PREPARE hello FROM SELECT 'hello'")
    assert trades.rows("EXECUTE hello") == [["hello"]]
    trades.rows("DEALLOCATE PREPARE hello")
    assert trades.refusal("EXECUTE hello") == "NOT_FOUND: Prepared statement not found: hello"


def test_the_same_token_is_the_same_query(athena: Athena):
    token = "t" * 32
    first, second = (
        athena.athena.start_query_execution(QueryString="SELECT 1", WorkGroup="people", ClientRequestToken=token)
        for _ in range(2)
    )
    assert first["QueryExecutionId"] == second["QueryExecutionId"]
    athena.ended(first["QueryExecutionId"])


def test_a_query_can_be_stopped_and_stays_so(athena: Athena):
    endless = "SELECT COUNT(*) FROM UNNEST(SEQUENCE(1, 100000)) AS a(x) CROSS JOIN UNNEST(SEQUENCE(1, 100000)) AS b(y)"
    identifier = athena.athena.start_query_execution(QueryString=endless, WorkGroup="people")["QueryExecutionId"]
    athena.athena.stop_query_execution(QueryExecutionId=identifier)
    assert athena.ended(identifier).state == "CANCELLED"
    assert athena.rows("SELECT 1") == [["1"]]
    assert athena.ended(identifier).state == "CANCELLED"


def test_executions_of_a_workgroup_are_listed_newest_first(athena: Athena):
    ids = [athena.ask(f"SELECT {n}").execution["QueryExecutionId"] for n in range(3)]
    assert athena.athena.list_query_executions(WorkGroup="people")["QueryExecutionIds"] == ids[::-1]
    described = athena.athena.batch_get_query_execution(QueryExecutionIds=[ids[0], "0" * 36])
    assert [one["Query"] for one in described["QueryExecutions"]] == ["SELECT 0"]
    assert [one["QueryExecutionId"] for one in described["UnprocessedQueryExecutionIds"]] == ["0" * 36]


def test_rows_of_a_question_become_a_table_and_more_can_be_added(trades: Athena):
    trades.rows("CREATE TABLE copied WITH (partitioned_by = ARRAY['date']) AS SELECT id, mwh, date FROM trades")
    assert trades.rows("SELECT COUNT(*), SUM(mwh), MIN(date) FROM copied") == [["3", "13.500000", "2026-01-01"]]
    trades.rows("INSERT INTO copied SELECT 'new', CAST(1 AS DECIMAL(18, 6)), DATE '2026-03-01'")
    assert trades.rows("SELECT COUNT(*), SUM(mwh), MAX(date) FROM copied") == [["4", "14.500000", "2026-03-01"]]
    assert "TABLE_ALREADY_EXISTS" in trades.refusal("CREATE TABLE copied AS SELECT 1 AS one")


def test_an_enforced_workgroup_decides_where_a_new_tables_files_go(trades: Athena):
    sql = "CREATE TABLE copied WITH (external_location = 's3://lake/mine/') AS SELECT id FROM trades"
    assert "enforces a centralized output location" in trades.refusal(sql)
    trades.rows("CREATE TABLE copied AS SELECT id FROM trades")
    location = trades.glue.get_table(DatabaseName=DATABASE, Name="copied")["Table"]["StorageDescriptor"]["Location"]
    assert location.startswith("s3://results/people/tables/")


def test_rows_are_unloaded_as_parquet_into_an_empty_folder(trades: Athena):
    sql = "UNLOAD (SELECT id, mwh FROM trades ORDER BY id) TO 's3://lake/out/' WITH (format = 'PARQUET')"
    trades.rows(sql)
    (key,) = [entry["Key"] for entry in trades.s3.list_objects_v2(Bucket=BUCKET, Prefix="out/")["Contents"]]
    body = trades.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    assert pl.read_parquet(io.BytesIO(body))["mwh"].to_list() == [Decimal("1.5"), Decimal(2), Decimal(10)]
    assert "HIVE_PATH_ALREADY_EXISTS" in trades.refusal(sql)


def test_a_view_is_kept_in_the_catalog_and_reads_the_tables_beneath(trades: Athena):
    trades.rows("CREATE OR REPLACE VIEW daily AS SELECT date, SUM(mwh) AS total FROM trades GROUP BY date")
    trades.rows("CREATE VIEW busy AS SELECT * FROM daily WHERE total > 5")
    assert trades.rows("SELECT total FROM busy") == [["10.000000"]]
    kept = trades.glue.get_table(DatabaseName=DATABASE, Name="daily")["Table"]
    assert kept["TableType"] == "VIRTUAL_VIEW"
    assert [(c["Name"], c["Type"]) for c in kept["StorageDescriptor"]["Columns"]] == [
        ("date", "date"),
        ("total", "decimal(38,6)"),
    ]
    assert trades.rows("SHOW VIEWS") == [["busy"], ["daily"]]
    assert "ALREADY_EXISTS" in trades.refusal("CREATE VIEW daily AS SELECT 1 AS one")


def test_a_name_of_the_query_itself_goes_before_a_table(trades: Athena):
    assert trades.rows("WITH trades AS (SELECT 5 AS x) SELECT x FROM trades") == [["5"]]


def test_what_there_is_can_be_shown(trades: Athena):
    assert trades.rows("SHOW TABLES") == [["trades"]]
    assert trades.rows("SHOW PARTITIONS trades") == [["date=2026-01-01"], ["date=2026-01-02"]]
    assert trades.rows("SHOW DATABASES") == [[DATABASE]]
    assert trades.rows("DESCRIBE trades")[1] == ["mwh                 \tdecimal(18,6)       \t                    "]


def test_tables_and_partitions_are_made_and_forgotten_by_statements(trades: Athena):
    trades.rows(
        "CREATE EXTERNAL TABLE again (id string, mwh decimal(18,6)) PARTITIONED BY (date date) "
        f"STORED AS PARQUET LOCATION 's3://{BUCKET}/trades/'"
    )
    trades.rows("ALTER TABLE again ADD IF NOT EXISTS PARTITION (date = '2026-01-03')")
    assert trades.rows("SELECT mwh FROM again") == [["100.000000"]]
    trades.rows("ALTER TABLE again DROP PARTITION (date = '2026-01-03')")
    assert trades.rows("SELECT mwh FROM again") == []
    trades.rows("DROP TABLE again")
    assert "does not exist" in trades.refusal("SELECT * FROM again")


def test_an_account_that_is_not_governed_lets_everybody_see_everything(trades: Athena):
    assert len(persona(trades, "analyst").rows("SELECT * FROM trades")) == 3


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT t.nope FROM trades AS t",
        "SELECT nope FROM (SELECT id FROM trades) AS t",
        "SELECT t.nope FROM (SELECT id FROM trades) AS t",
        "SELECT id FROM trades ORDER BY nope",
        "SELECT COUNT(*) FROM trades HAVING MAX(nope) > 1",
        "SELECT a.id FROM trades AS a INNER JOIN trades AS b ON a.id = b.nope",
        "WITH t AS (SELECT id FROM trades) SELECT nope FROM t",
    ],
)
def test_a_column_that_is_not_there_is_not_found_wherever_it_stands(trades: Athena, sql: str):
    assert "Column 'nope' cannot be resolved" in trades.refusal(sql)
