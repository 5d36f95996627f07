"""Athena from Python: a question is started once, waited for, cancelled when nobody waits any more, and read page by page.

Values are in `athena_results.py`, large answers in `athena_unload.py`, what a question costs in `athena_cost.py`, what went wrong
in `athena_failures.py`. Rights are those of the workgroup's persona: nothing here reads the lake's own buckets.
"""

import hashlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from lake.athena_failures import AthenaError, failure_of, refusal_of
from lake.athena_results import Table, table_of
from lake.parameters import Value, literal_of

__all__ = ["Answer", "Athena", "Execution", "Question", "Workgroup"]

_RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 8})
"""Athena answers bursts with TooManyRequestsException; adaptive mode waits and slows the sender as well."""
_FIRST_WAIT_SECONDS = 0.25
_LONGEST_WAIT_SECONDS = 5.0
_GROWTH = 1.6
_ATTEMPTS = 3
_ENDED = {"SUCCEEDED", "FAILED", "CANCELLED"}
_PAGE_ROWS = 1000
"""What one page of GetQueryResults holds at most."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """What is asked: one statement, values for its `?` in order, and how old a kept answer may be (0: none is taken).

    `occasion` makes asking idempotent: the same question on the same occasion (`2026-11-23`, a run's id) is started once, whoever
    repeats it and however often. Without one every asking is an occasion of its own, and only its own retries are recognised.
    """

    sql: str
    parameters: tuple[Value, ...] = ()
    reuse_minutes: int = 0
    occasion: str = field(default_factory=lambda: uuid.uuid4().hex)

    def token(self, workgroup: str, database: str, attempt: int) -> str:
        """The ClientRequestToken: 64 letters that say which question this is, where, on which occasion, and which attempt."""
        literals = [literal_of(value) for value in self.parameters]
        said = [workgroup, database, self.sql, literals, self.reuse_minutes, self.occasion, attempt]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Execution:
    """A query that Athena has answered: what it read and whether an earlier answer was taken again.

    `manifest` is the list of files that an UNLOAD wrote, as an address in S3; empty for other statements.
    """

    id: str
    statement: str
    scanned_bytes: int
    is_reused: bool
    seconds: float
    manifest: str = ""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """The rows, and the execution that gave them."""

    table: Table
    execution: Execution


@dataclass(frozen=True, kw_only=True)
class Workgroup:
    """What a workgroup decides for its queries. `cutoff_bytes` is where Athena stops one, or 0 for nowhere."""

    output: str
    cutoff_bytes: int
    manages_results: bool


class Athena:
    """Athena, asked in a workgroup about a database. `client` is a boto3 Athena client, or null for one from the environment.

    A question that takes longer than `patience_seconds` is cancelled.
    """

    def __init__(
        self,
        workgroup: str,
        database: str,
        *,
        client: Any = None,  # noqa: ANN401 - boto3 clients have no type
        patience_seconds: float = 1800,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.workgroup, self.database = workgroup, database
        self._athena = client or boto3.client("athena", config=_RETRIES)
        self._patience, self._sleep = patience_seconds, sleep

    def ask(self, question: Question) -> Answer:
        """Rows and columns of the answer, all pages. Raises `AthenaError`."""
        execution = self.run(question)
        return Answer(table=self.read(execution), execution=execution)

    def run(self, question: Question, *, attempts: int = _ATTEMPTS) -> Execution:
        """Starts the question and waits for its end; what Athena calls retryable is started again, so many times in all.

        Ctrl-C, or any other end of waiting, cancels the query: what nobody waits for shall not go on costing. Raises
        `AthenaError`.
        """
        failure: AthenaError | None = None
        for attempt in range(attempts):
            identifier = self._start(question, attempt)
            try:
                found = self._ended(identifier)
            except BaseException:
                self.cancel(identifier)
                raise
            if found["Status"]["State"] == "SUCCEEDED":
                return _execution(found)
            failure = failure_of(found)
            if not failure.retryable:
                break
        assert failure is not None  # noqa: S101 - for the type checker: there is at least one attempt
        raise failure

    def read(self, execution: Execution) -> Table:
        """The rows of a query that has ended. Raises `AthenaError`."""
        with _refusals():
            return table_of(self._pages(execution.id), has_header=execution.statement == "DML")

    def cancel(self, identifier: str) -> None:
        """Stops a query. One that cannot be stopped, because it has ended or the right is missing, is let be."""
        with suppress(ClientError, BotoCoreError):
            self._athena.stop_query_execution(QueryExecutionId=identifier)

    @cached_property
    def settings(self) -> Workgroup:
        """What the workgroup decides. Raises `AthenaError`."""
        with _refusals():
            told = self._athena.get_work_group(WorkGroup=self.workgroup)["WorkGroup"].get("Configuration", {})
        return Workgroup(
            output=told.get("ResultConfiguration", {}).get("OutputLocation", ""),
            cutoff_bytes=told.get("BytesScannedCutoffPerQuery", 0),
            manages_results=told.get("ManagedQueryResultsConfiguration", {}).get("Enabled", False),
        )

    def _start(self, question: Question, attempt: int) -> str:
        asked: dict[str, Any] = {
            "QueryString": question.sql,
            "ClientRequestToken": question.token(self.workgroup, self.database, attempt),
            "QueryExecutionContext": {"Database": self.database, "Catalog": "AwsDataCatalog"},
            "WorkGroup": self.workgroup,
        }
        if question.parameters:
            asked["ExecutionParameters"] = [literal_of(value) for value in question.parameters]
        if question.reuse_minutes and not self.settings.manages_results:
            by_age = {"Enabled": True, "MaxAgeInMinutes": question.reuse_minutes}
            asked["ResultReuseConfiguration"] = {"ResultReuseByAgeConfiguration": by_age}
        with _refusals():
            return str(self._athena.start_query_execution(**asked)["QueryExecutionId"])

    def _ended(self, identifier: str) -> Mapping[str, Any]:
        wait, waited = _FIRST_WAIT_SECONDS, 0.0
        while True:
            with _refusals():
                found: Mapping[str, Any] = self._athena.get_query_execution(QueryExecutionId=identifier)[
                    "QueryExecution"
                ]
            if found["Status"]["State"] in _ENDED:
                return found
            if waited >= self._patience:
                raise AthenaError(
                    f"no answer after {waited:.0f} seconds; the query {identifier} was cancelled",
                    category="here",
                    advice="ask for less at once, or wait longer with --timeout",
                )
            self._sleep(wait)
            waited, wait = waited + wait, min(wait * _GROWTH, _LONGEST_WAIT_SECONDS)

    def _pages(self, identifier: str) -> Iterator[Mapping[str, Any]]:
        pages = self._athena.get_paginator("get_query_results")
        yield from pages.paginate(QueryExecutionId=identifier, PaginationConfig={"PageSize": _PAGE_ROWS})


class _refusals:  # noqa: N801 - reads as a statement
    """What botocore raises becomes an `AthenaError`."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError | BotoCoreError):
            raise refusal_of(error) from error


def _execution(found: Mapping[str, Any]) -> Execution:
    numbers = found.get("Statistics", {})
    return Execution(
        id=found["QueryExecutionId"],
        statement=found.get("StatementType", "DML"),
        scanned_bytes=numbers.get("DataScannedInBytes", 0),
        is_reused=numbers.get("ResultReuseInformation", {}).get("ReusedPreviousResult", False),
        seconds=numbers.get("TotalExecutionTimeInMillis", 0) / 1000,
        manifest=numbers.get("DataManifestLocation", ""),
    )
