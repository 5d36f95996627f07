"""A call of the Redshift Data API from its start to its end: one statement, or a batch that is one transaction."""

import logging
import re
import threading
import time
import uuid
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from local_aws.hooks import at_reset
from local_aws.sql.arithmetic import NotSupportedError
from local_aws.sql.redshift_session import Database, Outcome, Session

__all__ = ["Part", "Run", "explained", "start"]

_LOG = logging.getLogger(__name__)
_RUNNING: "weakref.WeakSet[Run]" = weakref.WeakSet()
_ENDED = {"FINISHED", "FAILED", "ABORTED"}
_NANOSECONDS = 1_000_000_000


@dataclass(kw_only=True)
class Part:
    """One statement of a run: its text, and what became of it."""

    sql: str
    status: str = "SUBMITTED"
    error: str = ""
    outcome: Outcome = field(default_factory=Outcome)
    began: float = 0.0
    ended: float = 0.0

    @property
    def duration(self) -> int:
        """Nanoseconds it took."""
        return round((self.ended - self.began) * _NANOSECONDS) if self.ended else 0


@dataclass(kw_only=True, eq=False)
class Run:
    """What one call runs.

    Attributes:
        database: Where.
        user: As whom.
        parts: The statements, in order.
        is_batch: Whether it was a batch, whose parts are named `<id>:<number>`.
        is_one_transaction: Whether the first failure takes everything back.
        parameters: The values of `:name`s.
        about: What the call named, to be told back: cluster or workgroup, secret, user, name.
        session: The session it runs in; None for one of its own.
    """

    database: Database
    user: str
    parts: list[Part]
    is_batch: bool = False
    is_one_transaction: bool = True
    parameters: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    session: Session | None = None
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = "SUBMITTED"
    error: str = ""
    created: float = field(default_factory=time.time)
    updated: float = field(default_factory=time.time)
    over: threading.Event = field(default_factory=threading.Event)
    _current: Session | None = None

    def run(self) -> None:
        """Runs all parts to their end; what goes wrong is their state."""
        session = self.session or Session(self.database, self.user)
        self._current = session
        try:
            self._set("STARTED")
            if self.is_one_transaction:
                self._in_one_transaction(session)
            else:
                self._one_by_one(session)
        except Exception as error:  # noqa: BLE001 - a fault of this stand-in ends the statement, not the emulator
            _LOG.exception("statement %s", self.id)
            self._end("FAILED", f"ERROR: the stand-in failed: {error}")
        finally:
            if self.session is None:
                session.close()
            self.over.set()

    def stop(self) -> bool:
        """Cancels it, unless it is over; says whether there was something to cancel."""
        if self.status in _ENDED:
            return False
        self._end("ABORTED", "")
        if self._current is not None:
            self._current.lake.interrupt()
        return True

    def _in_one_transaction(self, session: Session) -> None:
        session.begin()
        for number, part in enumerate(self.parts, start=1):
            if not self._done(session, part):
                self._taken_back(session, f"Query #{number} failed with {part.error}" if self.is_batch else part.error)
                return
        try:
            session.commit()
        except duckdb.Error as error:
            session.rollback()
            self.parts[-1].status, self.parts[-1].error = "FAILED", explained(error)
            self._end("FAILED", explained(error))
            return
        self._end("FINISHED", "")

    def _taken_back(self, session: Session, error: str) -> None:
        session.rollback()
        for part in self.parts:
            if part.status in {"SUBMITTED", "STARTED"}:
                part.status = "ABORTED"
        self._end("FAILED", error)

    def _one_by_one(self, session: Session) -> None:
        """Every part for itself (`AUTO_COMMIT`): what came before a failure stays, and the rest is not begun."""
        for number, part in enumerate(self.parts, start=1):
            session.begin()
            if not self._done(session, part):
                self._taken_back(session, f"Query #{number} failed with {part.error}")
                return
            session.commit()
        self._end("FINISHED", "")

    def _done(self, session: Session, part: Part) -> bool:
        if self.status == "ABORTED":
            return False
        part.status, part.began = "STARTED", time.time()
        try:
            part.outcome = session.run(part.sql, self.parameters)
        except NotSupportedError as error:
            part.error = f"ERROR: not answered by this stand-in: {error}"
        except (ValueError, LookupError, PermissionError) as error:
            part.error = str(error)
        except duckdb.Error as error:
            part.error = explained(error)
        part.ended = time.time()
        part.status = "FAILED" if part.error else "FINISHED"
        return not part.error

    def _set(self, status: str) -> None:
        if self.status not in _ENDED:
            self.status, self.updated = status, time.time()

    def _end(self, status: str, error: str) -> None:
        if self.status not in _ENDED:
            self.status, self.error, self.updated = status, error, time.time()


def start(run: Run, seconds: float) -> None:
    """Runs it beside everything else, and waits for its end for so long."""
    _RUNNING.add(run)
    threading.Thread(target=run.run, name=f"redshift-{run.id}", daemon=True).start()
    if seconds:
        run.over.wait(seconds)


@at_reset
def _stop_all() -> None:
    for run in list(_RUNNING):
        run.stop()


_REASONS: Sequence[tuple[re.Pattern[str], str]] = (
    (
        re.compile(r"NOT NULL constraint failed: [\w.\"]*?\"?(\w+)\"?$"),
        "ERROR: Cannot insert a NULL value into column {0}",
    ),
    (re.compile(r"Division by zero"), "ERROR: Divide by zero"),
    (re.compile(r"Conflict|conflict"), "ERROR: 1023\n  Detail: Serializable isolation violation on table in Redshift"),
    (re.compile(r"(?:Overflow|Out of Range|out of range)(.*)"), "ERROR: Numeric data overflow{0}"),
    (re.compile(r"Table with name (\S+) does not exist"), 'ERROR: relation "{0}" does not exist'),
    (re.compile(r"Schema with name (\S+) does not exist"), 'ERROR: schema "{0}" does not exist'),
)
_NO_NUMBER = re.compile(r"Could not convert string '(.*?)' to (\w+)", re.DOTALL)
_INTEGERS = {"INT32": "Integer", "INT64": "Long", "INT16": "Short"}


def explained(error: duckdb.Error) -> str:
    """DuckDB's error in Redshift's words, as far as a loader would look for them."""
    text = str(error).strip()
    if found := _NO_NUMBER.search(text):
        kind = _INTEGERS.get(found[2], found[2].title())
        reason = f"Invalid digit, Value '{found[1][:1]}', Pos 0, Type: {kind}"
        return f"ERROR: {reason}\n  Detail:\n  error:  {reason}\n  code:      1207\n  context:   {found[1]}"
    first = text.split("\n", maxsplit=1)[0]
    for pattern, reason in _REASONS:
        if found := pattern.search(first):
            return reason.format(*found.groups())
    return f"ERROR: {first}"
