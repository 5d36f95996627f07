"""Large answers: the UNLOAD that is asked, the files that its manifest names, and their types. S3 is moto's."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import boto3
import polars as pl
import pytest
from moto import mock_aws

from lake.athena import Question
from lake.athena_failures import AthenaError
from lake.athena_unload import ask_by_unload, unload_statement
from tests.lake.athena_stand_in import ANY, Script, ended, scripted

PLACE = "s3://results/analyst/"


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 that has the results bucket."""
    for name, value in (
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ):
        monkeypatch.setenv(name, value)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="results", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        yield client


def keeps_results(script: Script, output: str = PLACE) -> None:
    told = {"Name": "energy-lake-dev-analyst", "Configuration": {"ResultConfiguration": {"OutputLocation": output}}}
    script.stub.add_response("get_work_group", {"WorkGroup": told}, {"WorkGroup": "energy-lake-dev-analyst"})


def put(client: Any, key: str, frame: pl.DataFrame) -> str:
    body = io.BytesIO()
    frame.write_parquet(body)
    client.put_object(Bucket="results", Key=key, Body=body.getvalue())
    return f"s3://results/{key}"


def test_the_question_is_wrapped_whole_and_its_place_is_quoted():
    made = unload_statement("SELECT a -- the end\n;", "s3://b/it's/")
    assert made == (
        "UNLOAD (\nSELECT a -- the end\n\n) TO 's3://b/it''s/' WITH (format = 'PARQUET', compression = 'SNAPPY')"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1) TO 's3://elsewhere/' WITH (format = 'CSV') --",
        "SELECT 1; SELECT 2",
        "SHOW TABLES",
        "DROP TABLE transactions",
        "",
    ],
)
def test_what_is_no_single_select_is_not_wrapped(sql: str):
    with pytest.raises(AthenaError):
        unload_statement(sql, PLACE)


def test_the_files_of_the_manifest_are_the_answer_with_types_as_they_are(s3: Any):
    rows = pl.DataFrame(
        {
            "n": [1, 2],
            "amount": [Decimal("1.50"), None],
            "tags": [["a", "b"], []],
            "at": [datetime(2024, 5, 1, 23)] * 2,  # noqa: DTZ001 - UTC by contract, stored without a zone
        },
        schema={"n": pl.Int64, "amount": pl.Decimal(18, 2), "tags": pl.List(pl.String), "at": pl.Datetime("ns")},
    )
    question = Question(sql="SELECT * FROM t WHERE a = ?", parameters=("x';--",), occasion="o")
    token = question.token("energy-lake-dev-analyst", "energy_lake_dev_curated", 0)
    files = [
        put(s3, f"analyst/unload/{token}/{name}", rows[start : start + 1]) for start, name in enumerate(("one", "two"))
    ]
    put(s3, f"analyst/unload/{token}/left-by-a-failed-writer", rows)
    s3.put_object(Bucket="results", Key="analyst/q-manifest.csv", Body="\n".join(files).encode() + b"\n")
    with scripted() as script:
        keeps_results(script)
        script.starts(
            {
                "QueryString": unload_statement(question.sql, f"{PLACE}unload/{token}/"),
                "ExecutionParameters": ["'x'';--'"],
                "ClientRequestToken": ANY,
                "QueryExecutionContext": {"Database": "energy_lake_dev_curated", "Catalog": "AwsDataCatalog"},
                "WorkGroup": "energy-lake-dev-analyst",
            }
        )
        script.says(ended(DataManifestLocation="s3://results/analyst/q-manifest.csv", DataScannedInBytes=7))
        unloaded = ask_by_unload(script.athena(), question, s3=s3)
    assert unloaded.execution.scanned_bytes == 7
    assert unloaded.frame.schema == {**rows.schema, "at": pl.Datetime("us")}
    assert unloaded.frame.equals(rows.with_columns(pl.col("at").cast(pl.Datetime("us"))))


def test_an_answer_without_rows_has_its_columns_and_types(s3: Any):
    s3.put_object(Bucket="results", Key="empty.csv", Body=b"")
    with scripted() as script:
        keeps_results(script)
        script.starts()
        script.says(ended(DataManifestLocation="s3://results/empty.csv"))
        script.starts()
        script.says(ended())
        script.pages([{"Name": "amount", "Type": "decimal", "Precision": 18, "Scale": 2}], [["amount"]])
        unloaded = ask_by_unload(script.athena(), Question(sql="SELECT amount FROM t"), s3=s3)
    assert unloaded.frame.schema == {"amount": pl.Decimal(18, 2)}
    assert unloaded.frame.is_empty()


def test_without_a_place_for_results_nothing_is_asked():
    with scripted() as script:
        keeps_results(script, "")
        with pytest.raises(AthenaError, match="keeps its results itself"):
            ask_by_unload(script.athena(), Question(sql="SELECT 1"))


def test_a_zoned_instant_stays_one(s3: Any):
    frame = pl.DataFrame({"at": [datetime(2024, 5, 1, 23, tzinfo=UTC)]}, schema={"at": pl.Datetime("us", "UTC")})
    s3.put_object(Bucket="results", Key="m.csv", Body=put(s3, "z", frame).encode())
    with scripted() as script:
        keeps_results(script)
        script.starts()
        script.says(ended(DataManifestLocation="s3://results/m.csv"))
        assert ask_by_unload(script.athena(), Question(sql="SELECT at FROM t"), s3=s3).frame.equals(frame)
