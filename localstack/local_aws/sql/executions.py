"""A query of Athena from its start to its end: where its result goes, what became of it, why it failed."""

import logging
import re
import threading
import time
import uuid
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from local_aws.hooks import at_reset
from local_aws.identity import Caller
from local_aws.lake_formation import NotDecidedError
from local_aws.sql import objects, results
from local_aws.sql.arithmetic import NotSupportedError
from local_aws.sql.reader import Reader, ScanLimitError
from local_aws.sql.statements import Done, Request, kind_of, run

__all__ = ["Execution", "start"]

_LOG = logging.getLogger(__name__)
_AT_ONCE = threading.Semaphore(4)
"""So many queries run, the rest is QUEUED; two cores are all there is."""
_RUNNING: "weakref.WeakSet[Execution]" = weakref.WeakSet()
_USERS_FAULT = 2
_SYSTEMS_FAULT = 1
_NOTHING_RAN = (ValueError, LookupError, PermissionError)


@dataclass(kw_only=True, eq=False)
class Execution:
    """One query.

    Attributes:
        sql: As it was given.
        caller: Whose rights hold.
        region: Where it runs.
        database: Where its unqualified tables are.
        context: The `QueryExecutionContext` as it was given.
        workgroup: The name of its workgroup.
        configuration: The `ResultConfiguration` that holds, `OutputLocation` being the folder of results.
        scan_limit_bytes: What it may read at most.
        parameters: The values of its question marks, each a literal of SQL.
        prepared: Prepared statements of the workgroup: name -> SQL.
        is_enforced: Whether the workgroup says where results go, whatever a statement says.
    """

    sql: str
    caller: Caller
    region: str
    database: str
    context: Mapping[str, Any]
    workgroup: str
    configuration: dict[str, Any]
    scan_limit_bytes: int | None = None
    parameters: tuple[str, ...] = ()
    prepared: dict[str, str] = field(default_factory=dict)
    is_enforced: bool = False
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: str = "QUEUED"
    reason: str = ""
    error: dict[str, Any] = field(default_factory=dict)
    submitted: float = field(default_factory=time.time)
    started: float = 0.0
    completed: float = 0.0
    kind: str = "DML"
    substatement: str = ""
    output: str = ""
    columns: list[results.Column] = field(default_factory=list)
    rows: list[list[str | None]] = field(default_factory=list)
    has_header: bool = False
    scanned_bytes: int = 0
    _lake: duckdb.DuckDBPyConnection | None = None

    def __post_init__(self) -> None:
        """Says at once what kind of statement it is and where its result will be, as Athena does."""
        self.kind, self.substatement = kind_of(self.sql)
        folder = self.configuration["OutputLocation"].rstrip("/")
        self.output = f"{folder}/{self.id}.{'csv' if self.kind == 'DML' else 'txt'}"

    def stop(self) -> None:
        """Cancels it, unless it is over."""
        if self.state in {"QUEUED", "RUNNING"}:
            self.state, self.reason, self.completed = "CANCELLED", "Query cancelled by user", time.time()
            if self._lake is not None:
                self._lake.interrupt()

    def run(self) -> None:
        """Runs it to its end. What goes wrong is its state and its reason, never an exception."""
        with _AT_ONCE:
            if self.state != "QUEUED":
                return
            self.state, self.started = "RUNNING", time.time()
            with TemporaryDirectory(prefix="energy-lake-athena-") as folder:
                try:
                    done = self._done(Path(folder))
                    self._keep(done)
                    self._end("SUCCEEDED")
                except ScanLimitError as limit:
                    self._end("CANCELLED", str(limit))
                except (NotSupportedError, NotDecidedError) as unknown:
                    self._end("FAILED", f"NOT_SUPPORTED: {unknown}", _USERS_FAULT)
                except _NOTHING_RAN as error:
                    self._end("FAILED", str(error), _USERS_FAULT)
                except duckdb.Error as error:
                    self._end("FAILED", _explained(error), _USERS_FAULT)
                except Exception as error:  # noqa: BLE001 - a fault of this stand-in ends the query, not the emulator
                    _LOG.exception("query %s", self.id)
                    self._end("FAILED", f"GENERIC_INTERNAL_ERROR: {error}", _SYSTEMS_FAULT)

    def _done(self, folder: Path) -> Done:
        reader = Reader(
            caller=self.caller,
            region=self.region,
            folder=folder,
            scan_limit_bytes=self.scan_limit_bytes,
            started=self._remember,
        )
        return run(
            Request(
                sql=self.sql,
                database=self.database,
                reader=reader,
                parameters=self.parameters,
                prepared=self.prepared,
                results=self.output.rsplit("/", 1)[0],
                id=self.id,
                is_enforced=self.is_enforced,
            )
        )

    def _remember(self, lake: duckdb.DuckDBPyConnection) -> None:
        self._lake = lake

    def _keep(self, done: Done) -> None:
        """The answer, and its file in the place that was said: nothing is left of a query that was cancelled meanwhile."""
        self._lake = None
        if self.state != "RUNNING":
            return
        self.columns, self.scanned_bytes, self.has_header = list(done.columns), done.scanned_bytes, done.has_header
        kinds = [kind for _, kind in done.columns]
        self.rows = [[results.text(v, k) for v, k in zip(row, kinds, strict=True)] for row in done.rows]
        encryption = self.configuration.get("EncryptionConfiguration") or {}
        sealed = objects.Sealed.of(encryption.get("EncryptionOption"), encryption.get("KmsKey"))
        place = objects.place_of(self.output)
        if done.has_header:
            objects.write(place, results.as_csv(done.columns, self.rows), sealed)
        else:
            lines = "".join("\t".join(cell or "" for cell in row) + "\n" for row in self.rows)
            objects.write(place, lines.encode(), sealed)
        objects.write(objects.Place(place.bucket, f"{place.key}.metadata"), results.as_metadata(done.columns), sealed)

    def _end(self, state: str, reason: str = "", fault: int = 0) -> None:
        if self.state != "RUNNING":  # it was stopped
            return
        self.state, self.reason, self.completed = state, reason, time.time()
        if fault:
            self.error = {"ErrorCategory": fault, "ErrorType": 0, "Retryable": False, "ErrorMessage": reason}


def start(execution: Execution) -> None:
    """Runs an execution beside everything else."""
    _RUNNING.add(execution)
    threading.Thread(target=execution.run, name=f"athena-{execution.id}", daemon=True).start()


@at_reset
def _stop_all() -> None:
    for execution in list(_RUNNING):
        execution.stop()


_NOT_FOUND = (
    "COLUMN_NOT_FOUND: Column '{}' cannot be resolved or requester is not authorized to access requested resources"
)
_REASONS = (
    (re.compile(r"Division by zero"), "DIVISION_BY_ZERO: Division by zero"),
    (re.compile(r'Referenced (?:column|table) "(\w+)" not found'), _NOT_FOUND),
    (re.compile(r"(?:Overflow|out of range|Out of Range)(.*)"), "NUMERIC_VALUE_OUT_OF_RANGE: {}"),
    (re.compile(r"(?:Conversion Error|Could not convert|Could not cast)(?:: )?(.*)"), "INVALID_CAST_ARGUMENT: {}"),
    (re.compile(r"(?:Binder|Parser|Catalog) Error: (.*)"), "SYNTAX_ERROR: {}"),
)


def _explained(error: duckdb.Error) -> str:
    """The reason by Athena's name, with DuckDB's own words behind it."""
    first = str(error).strip().split("\n", maxsplit=1)[0]
    for pattern, reason in _REASONS:
        if found := pattern.search(first):
            return reason.format(*found.groups())
    return f"GENERIC_INTERNAL_ERROR: {first}"
