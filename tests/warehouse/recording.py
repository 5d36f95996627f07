"""The Data API as a client sees it, without a warehouse behind it: it notes what is sent and answers what it is told to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from contracts.model import Dataset
from warehouse.books import BOOKS
from warehouse.ddl import redshift_type

Field = dict[str, Any]


def fields(*values: object) -> list[Field]:
    """A record as GetStatementResult gives it."""
    return [
        {"isNull": True} if v is None else {"longValue": v} if isinstance(v, int) else {"stringValue": str(v)}
        for v in values
    ]


@dataclass
class Recorder:
    """`answers`: pattern of a question to its records. `ends`: what becomes of the next statements, the last one of all more.

    An end is a status, or a pair: the number of the part that fails, and its error.
    """

    answers: dict[str, list[list[Field]]] = field(default_factory=dict)
    ends: list[str | tuple[int, str]] = field(default_factory=lambda: ["FINISHED"])
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    interrupt_at: int = 0
    _sent: dict[str, dict[str, Any]] = field(default_factory=dict)
    _polled: int = 0

    def execute_statement(self, **given: Any) -> dict[str, Any]:
        return self._send("execute", given)

    def batch_execute_statement(self, **given: Any) -> dict[str, Any]:
        kept = {"SessionId": "session-1"} if "SessionKeepAliveSeconds" in given else {}
        return self._send("batch", given) | kept

    def describe_statement(self, **given: Any) -> dict[str, Any]:
        self._polled += 1
        if self._polled == self.interrupt_at:
            raise KeyboardInterrupt
        sqls = self._sent[given["Id"]].get("Sqls", [])
        if self._polled % 2:
            parts = [{"Status": "FINISHED" if at == 0 else "STARTED"} for at in range(len(sqls))]
            return {"Status": "STARTED", "SubStatements": parts}
        end = self.ends.pop(0) if sqls and len(self.ends) > 1 else self.ends[0] if sqls else "FINISHED"
        if isinstance(end, str):
            return {"Status": end, "SubStatements": [{"Status": end} for _ in sqls]}
        number, error = end
        parts = [{"Status": "FINISHED" if at < number else "ABORTED"} for at in range(len(sqls))]
        parts[number] = {"Status": "FAILED", "Error": error}
        return {"Status": "FAILED", "Error": f"Query #{number + 1} failed", "SubStatements": parts}

    def cancel_statement(self, **given: Any) -> dict[str, Any]:
        self.calls.append(("cancel", given))
        return {"Status": True}

    def get_paginator(self, name: str) -> "Recorder":
        assert name == "get_statement_result"
        return self

    def paginate(self, **given: Any) -> Iterator[dict[str, Any]]:
        sql = self._sent[given["Id"]]["Sql"]
        found = next((records for pattern, records in self.answers.items() if re.search(pattern, sql)), [])
        for start in range(0, len(found), 2):
            yield {"Records": found[start : start + 2]}

    def batches(self) -> list[dict[str, Any]]:
        """What was sent as batches."""
        return [given for kind, given in self.calls if kind == "batch"]

    def _send(self, kind: str, given: dict[str, Any]) -> dict[str, Any]:
        identifier = f"{kind}-{len(self.calls)}"
        self.calls.append((kind, given))
        self._sent[identifier] = given
        return {"Id": identifier}


def columns_answer(*datasets: Dataset) -> list[list[Field]]:
    """What svv_columns says of tables that are as their contracts say."""
    found = []
    for dataset in (*datasets, *BOOKS.values()):
        for column in dataset.columns:
            name, _, size = redshift_type(column).rstrip(")").partition("(")
            length, precision, scale = None, None, None
            if name == "VARCHAR":
                name, length = "character varying", int(size)
            if name == "DECIMAL":
                name, precision, scale = "numeric", *map(int, size.split(","))
            if name == "TIMESTAMP":
                name = "timestamp without time zone"
            nullable = "YES" if column.nullable else "NO"
            found.append(fields(dataset.name, column.name, name.lower(), length, precision, scale, nullable))
    return found
