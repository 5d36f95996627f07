"""Tables for Athena's tests: made in the catalog of this process, asked through boto3, without a port.

`asked()` opens an empty AWS with Athena's stand-in; everything in it is gone afterwards.
"""

import io
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import boto3
import botocore.session
import polars as pl
from local_aws.fixes import athena as athena_fixes
from local_aws.fixes import lakeformation as lakeformation_fixes
from local_aws.identity import REGION
from local_aws.sql import athena
from moto import mock_aws

__all__ = ["BUCKET", "DATABASE", "PARQUET", "Answered", "Athena", "asked", "mwh", "session_of"]

BUCKET = "lake"
DATABASE = "curated"
WORKGROUP = "people"
RESULTS = "s3://results/people/"
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
PARQUET = {"SerdeInfo": {"SerializationLibrary": _PARQUET}}
_LOADER = botocore.session.Session().get_component("data_loader")
_POLLS_SECONDS = 0.01
_LONGEST_SECONDS = 60


@dataclass(frozen=True)
class Answered:
    """What came of a statement: `GetQueryExecution`, and the texts of every row without the names."""

    execution: Mapping[str, Any]
    columns: Sequence[Mapping[str, Any]]
    rows: Sequence[Sequence[str | None]]

    @property
    def state(self) -> str:
        return str(self.execution["Status"]["State"])

    @property
    def reason(self) -> str:
        return str(self.execution["Status"].get("StateChangeReason", ""))

    @property
    def scanned_bytes(self) -> int:
        return int(self.execution["Statistics"]["DataScannedInBytes"])


def session_of(keys: Mapping[str, str]) -> boto3.Session:
    """A session with these keys; what botocore reads of the services is read once for all of them."""
    made = botocore.session.Session()
    made.register_component("data_loader", _LOADER)
    return boto3.Session(region_name=REGION, botocore_session=made, **keys)


class Athena:
    """Asks a workgroup, and fills the lake that it reads."""

    def __init__(self, keys: Mapping[str, str] | None = None) -> None:
        self.session = session_of(keys or _ROOT)
        self.s3, self.glue = self.session.client("s3"), self.session.client("glue")
        self.athena = self.session.client("athena")

    def ask(self, sql: str, *, workgroup: str = WORKGROUP, **more: Any) -> Answered:
        """Runs a statement to its end."""
        more = {"QueryExecutionContext": {"Database": DATABASE}, **more}
        identifier = self.athena.start_query_execution(QueryString=sql, WorkGroup=workgroup, **more)["QueryExecutionId"]
        return self.ended(identifier)

    def ended(self, identifier: str) -> Answered:
        """Waits for a statement's end."""
        until = time.monotonic() + _LONGEST_SECONDS
        while True:
            execution = self.athena.get_query_execution(QueryExecutionId=identifier)["QueryExecution"]
            if execution["Status"]["State"] not in {"QUEUED", "RUNNING"}:
                break
            assert time.monotonic() < until, f"{identifier} did not end"
            time.sleep(_POLLS_SECONDS)
        if execution["Status"]["State"] != "SUCCEEDED":
            return Answered(execution, (), ())
        found = self.athena.get_query_results(QueryExecutionId=identifier)["ResultSet"]
        rows = [[cell.get("VarCharValue") for cell in row["Data"]] for row in found["Rows"]]
        header = execution["StatementType"] == "DML" and bool(rows)
        return Answered(execution, found["ResultSetMetadata"]["ColumnInfo"], rows[1:] if header else rows)

    def rows(self, sql: str, **more: Any) -> list[list[str | None]]:
        """The answer's rows; fails with the reason."""
        answered = self.ask(sql, **more)
        assert answered.state == "SUCCEEDED", answered.reason
        return [list(row) for row in answered.rows]

    def value(self, expression: str) -> str | None:
        """What a single expression is."""
        return self.rows(f"SELECT {expression}")[0][0]

    def refusal(self, sql: str, **more: Any) -> str:
        """Why a statement failed."""
        answered = self.ask(sql, **more)
        assert answered.state == "FAILED", answered.rows
        return answered.reason

    def make_table(self, name: str, columns: Mapping[str, str], keys: Mapping[str, str], **more: Any) -> None:
        """A table of Parquet below a folder of its name, without a partition."""
        self.glue.create_table(
            DatabaseName=DATABASE,
            TableInput={
                "Name": name,
                "TableType": "EXTERNAL_TABLE",
                "PartitionKeys": [{"Name": key, "Type": kind} for key, kind in keys.items()],
                "StorageDescriptor": {
                    "Columns": [{"Name": column, "Type": kind} for column, kind in columns.items()],
                    "Location": f"s3://{BUCKET}/{name}/",
                    **PARQUET,
                },
                **more,
            },
        )

    def put(self, key: str, frame: pl.DataFrame) -> None:
        """A Parquet file in the lake."""
        buffer = io.BytesIO()
        frame.write_parquet(buffer)
        self.s3.put_object(Bucket=BUCKET, Key=key, Body=buffer.getvalue())

    def register(self, table: str, value: str, location: str) -> None:
        """A partition of a table with one key."""
        self.glue.create_partition(
            DatabaseName=DATABASE,
            TableName=table,
            PartitionInput={
                "Values": [value],
                "StorageDescriptor": {"Location": f"s3://{BUCKET}/{location}", **PARQUET},
            },
        )


_ROOT = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


@contextmanager
def asked(configuration: Mapping[str, Any] | None = None) -> Iterator[Athena]:
    """An empty lake and a workgroup, which is enforced unless its configuration says otherwise."""
    athena_fixes.install()
    lakeformation_fixes.install()
    athena.install()
    with mock_aws():
        made = Athena()
        for bucket in (BUCKET, "results"):
            made.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        made.glue.create_database(DatabaseInput={"Name": DATABASE})
        settings = {
            "ResultConfiguration": {"OutputLocation": RESULTS},
            "EnforceWorkGroupConfiguration": True,
            **(configuration or {}),
        }
        made.athena.create_work_group(Name=WORKGROUP, Configuration=settings)
        yield made


def mwh(*values: str) -> pl.Series:
    """Energy as the lake keeps it."""
    return pl.Series("mwh", [Decimal(value) for value in values], pl.Decimal(18, 6))
