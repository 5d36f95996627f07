"""Redshift by its Data API: SQL over HTTPS, without a way into the warehouse's network and without a password.

Calls are asynchronous: a statement is sent, asked after until it has ended, and its rows are fetched page by page. A batch is
one transaction. Whoever interrupts the program cancels what runs.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from warehouse.plan import LoadError
from warehouse.transaction import Step

__all__ = ["LONGEST_BATCH", "DataApi", "StatementError", "Target"]

LONGEST_BATCH = 40
"""Statements in one batch (Redshift Data API Reference, "BatchExecuteStatement")."""

_RETRIES = Config(retries={"mode": "adaptive", "max_attempts": 10})
_ENDED = {"FINISHED", "FAILED", "ABORTED"}
_FIRST_WAIT_SECONDS = 0.2
_LONGEST_WAIT_SECONDS = 5.0

Progress = Callable[[str, int, int], None]


class StatementError(LoadError):
    """Redshift did not do a statement. `step` is what it was for, `said` is Redshift's own error."""

    def __init__(self, step: str, said: str) -> None:
        super().__init__(f"{step}: Redshift says: {said}")
        self.step = step
        self.said = said


@dataclass(frozen=True, kw_only=True)
class Target:
    """Which database, and as whom.

    Without a secret one signs in as what one is to AWS, and is the database user `IAMR:<role>`. Raises `ValueError` where
    not exactly one of workgroup (serverless) and cluster (provisioned) is named.
    """

    database: str
    workgroup: str = ""
    cluster: str = ""
    secret_arn: str = ""

    def __post_init__(self) -> None:
        """Refuse two warehouses, and none."""
        if bool(self.workgroup) == bool(self.cluster):
            raise ValueError(
                f"workgroup is {self.workgroup!r}, cluster is {self.cluster!r}: name one of them, a workgroup where the "
                f"warehouse is serverless"
            )

    def arguments(self) -> dict[str, str]:
        """As every first call of a session names it."""
        named = {
            "Database": self.database,
            "WorkgroupName": self.workgroup,
            "ClusterIdentifier": self.cluster,
            "SecretArn": self.secret_arn,
        }
        return {name: value for name, value in named.items() if value}


class DataApi:
    """Runs SQL on a target. `client` is a boto3 client, or null for one from the environment; `sleep` waits seconds."""

    def __init__(
        self,
        target: Target,
        client: Any = None,  # noqa: ANN401 - boto3 clients have no type
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.target = target
        self._api = client or boto3.client("redshift-data", config=_RETRIES)
        self._sleep = sleep

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The answer to a question: numbers as int, everything else as text. Raises `StatementError`."""
        sent = self._api.execute_statement(Sql=sql, **self.target.arguments())
        self._finished(sent["Id"], [Step("question", sql)])
        pages = self._api.get_paginator("get_statement_result").paginate(Id=sent["Id"])
        return [tuple(_value(field) for field in record) for page in pages for record in page["Records"]]

    def batch(
        self,
        steps: Sequence[Step],
        token: str,
        *,
        session: str = "",
        keep_seconds: int = 0,
        progress: Progress = lambda *_: None,
    ) -> str:
        """Runs the steps as one transaction and gives the session's id, which lives on for `keep_seconds`.

        A call that AWS got and whose answer was lost is sent again under the same client token, and done once. Every call of
        this function has a token of its own, since one that failed must be tried anew and not be answered from memory; that a
        load is done once is seen to inside the transaction. Raises `StatementError`.
        """
        where: dict[str, Any] = {"SessionId": session} if session else dict(self.target.arguments())
        if keep_seconds:
            where["SessionKeepAliveSeconds"] = keep_seconds
        sent = self._api.batch_execute_statement(
            Sqls=[step.sql for step in steps],
            StatementName=f"energy-lake load {token}",
            ClientToken=f"{token[:32]}{uuid4().hex[:24]}",
            **where,
        )
        self._finished(sent["Id"], steps, progress)
        return str(sent.get("SessionId", ""))

    def _finished(self, identifier: str, steps: Sequence[Step], progress: Progress = lambda *_: None) -> None:
        """Waits for the end. Whatever interrupts the waiting cancels the statement."""
        wait = _FIRST_WAIT_SECONDS
        try:
            while True:
                told = self._api.describe_statement(Id=identifier)
                done = sum(part["Status"] == "FINISHED" for part in told.get("SubStatements", []))
                progress(steps[min(done, len(steps) - 1)].label, done, len(steps))
                if told["Status"] in _ENDED:
                    break
                self._sleep(wait)
                wait = min(2 * wait, _LONGEST_WAIT_SECONDS)
        except BaseException:
            with suppress(BotoCoreError, ClientError):
                self._api.cancel_statement(Id=identifier)
            raise
        if told["Status"] != "FINISHED":
            raise _error(told, steps)


def _error(told: dict[str, Any], steps: Sequence[Step]) -> StatementError:
    """What went wrong, and in which step: that of the first part with an error."""
    for step, part in zip(steps, told.get("SubStatements", []), strict=False):
        if part["Status"] in {"FAILED", "ABORTED"} and part.get("Error"):
            return StatementError(step.label, part["Error"])
    return StatementError(steps[0].label if len(steps) == 1 else "load", told.get("Error") or told["Status"].lower())


def _value(field: dict[str, Any]) -> Any:  # noqa: ANN401 - what a column holds
    """A field of a result: null, or the one value that is there."""
    if field.get("isNull"):
        return None
    return next(iter(field.values()))
