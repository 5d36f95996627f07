"""What the tests of Athena share: botocore's client, answered by a script and checked against AWS's own model of the calls."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import boto3
from botocore.stub import ANY, Stubber

from lake.athena import Athena

__all__ = ["ANY", "IDENTIFIER", "Script", "cells", "ended", "scripted"]

IDENTIFIER = "11111111-2222-3333-4444-555555555555"


class Script:
    """The calls that are expected, in order, with their answers. `waits` are the seconds that were slept."""

    def __init__(self) -> None:
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "eu-west-1"}
        self.client = boto3.client("athena", **keys)
        self.stub = Stubber(self.client)
        self.waits: list[float] = []

    def starts(self, expected: Mapping[str, Any] | None = None, identifier: str = IDENTIFIER) -> None:
        """A start, of anything or of exactly this."""
        asked = {"QueryString": ANY, "ClientRequestToken": ANY, "QueryExecutionContext": ANY, "WorkGroup": ANY}
        self.stub.add_response("start_query_execution", {"QueryExecutionId": identifier}, expected or asked)

    def says(self, *executions: Mapping[str, Any]) -> None:
        """What is told of the query, each time that it is asked for."""
        for execution in executions:
            self.stub.add_response(
                "get_query_execution",
                {"QueryExecution": execution},
                {"QueryExecutionId": execution["QueryExecutionId"]},
            )

    def pages(self, columns: Sequence[Mapping[str, Any]], *pages: Sequence[Sequence[str | None]]) -> None:
        """The pages of the answer, each but the last with the token of the next."""
        for number, rows in enumerate(pages):
            asked: dict[str, Any] = {"QueryExecutionId": ANY, "MaxResults": 1000}
            if number:
                asked["NextToken"] = f"page{number}"
            content: dict[str, Any] = {
                "ResultSet": {
                    "ResultSetMetadata": {"ColumnInfo": list(columns)},
                    "Rows": [{"Data": cells(row)} for row in rows],
                }
            }
            if number + 1 < len(pages):
                content["NextToken"] = f"page{number + 1}"
            self.stub.add_response("get_query_results", content, asked)

    def athena(self, **more: Any) -> Athena:
        """The client of the lake, talking to the script."""
        wait = more.pop("sleep", self.waits.append)
        return Athena("energy-lake-dev-analyst", "energy_lake_dev_curated", client=self.client, sleep=wait, **more)


@contextmanager
def scripted() -> Iterator[Script]:
    """A script whose calls have all to be made."""
    script = Script()
    with script.stub:
        yield script
        script.stub.assert_no_pending_responses()


def cells(row: Sequence[str | None]) -> list[dict[str, str]]:
    """A row as Athena sends it: no text for null."""
    return [{} if text is None else {"VarCharValue": text} for text in row]


def ended(state: str = "SUCCEEDED", identifier: str = IDENTIFIER, **more: Any) -> dict[str, Any]:
    """A query execution in a state; `more` may have `error`, `reason`, `statement`, and what goes into the statistics."""
    status: dict[str, Any] = {"State": state}
    if "error" in more:
        status["AthenaError"] = more.pop("error")
    if "reason" in more:
        status["StateChangeReason"] = more.pop("reason")
    statement = more.pop("statement", "DML")
    return {"QueryExecutionId": identifier, "StatementType": statement, "Status": status, "Statistics": more}
