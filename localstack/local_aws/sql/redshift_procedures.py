"""Stored procedures, as far as the warehouse's own definitions use them: a body of statements with IF, EXECUTE and SELECT INTO.

A procedure runs in the transaction of its CALL, with the caller's rights. Loops, cursors, arguments and exceptions that are
caught are not here.
"""

import operator
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local_aws.sql.arithmetic import NotSupportedError
from local_aws.sql.redshift import RedshiftError
from local_aws.sql.redshift_rights import Need
from local_aws.sql.redshift_session import Outcome, Session
from local_aws.sql.redshift_tables import table_of

__all__ = ["CALL", "CREATE", "call", "create"]

_NAME = r'(?P<name>(?:"(?:[^"]|"")+"|\w+)(?:\.(?:"(?:[^"]|"")+"|\w+))?)'
CREATE = re.compile(
    rf"CREATE\s+(?P<replace>OR\s+REPLACE\s+)?PROCEDURE\s+{_NAME}\s*\((?P<arguments>[^)]*)\)\s*(?:NONATOMIC\s+)?AS\s+"
    r"\$\$(?P<body>.*)\$\$\s*LANGUAGE\s+plpgsql(?:\s+SECURITY\s+(?:INVOKER|DEFINER))?",
    re.IGNORECASE | re.DOTALL,
)
CALL = re.compile(rf"CALL\s+{_NAME}\s*\((?P<arguments>[^)]*)\)", re.IGNORECASE | re.DOTALL)

_BODY = re.compile(r"\s*(?:DECLARE\s+(?P<declared>.*?))?\bBEGIN\b(?P<lines>.*)\bEND\s*;?\s*", re.IGNORECASE | re.DOTALL)
_PIECE = re.compile(r"(?:'(?:[^'\\]|''|\\.)*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|[^;'\"])+", re.DOTALL)
_INTO = re.compile(r"SELECT\s+INTO\s+(?P<variable>\w+)\s+(?P<rest>.*)", re.IGNORECASE | re.DOTALL)
_INTO_LATE = re.compile(
    r"SELECT\s+(?P<first>.*?)\s+INTO\s+(?P<variable>\w+)\s+(?P<rest>FROM\s+.*)", re.IGNORECASE | re.DOTALL
)
_IF = re.compile(r"(?P<word>IF|ELSIF)\s+(?P<condition>.*?)\s+THEN\s*(?P<then>.*)", re.IGNORECASE | re.DOTALL)
_COMPARISON = re.compile(r"(?P<variable>\w+)\s*(?P<sign>=|<>|>|<)\s*(?P<number>\d+)")
_COMPARED = {"=": operator.eq, "<>": operator.ne, ">": operator.gt, "<": operator.lt}
_EXECUTE = re.compile(r"EXECUTE\s+(?P<text>'.*')", re.IGNORECASE | re.DOTALL)
_ASSIGN = re.compile(r"(?P<variable>\w+)\s*:=\s*(?P<value>.*)", re.DOTALL)
_RAISE = re.compile(r"RAISE\s+(?P<level>\w+)\s+'(?P<text>(?:[^']|'')*)'.*", re.IGNORECASE | re.DOTALL)


def create(session: Session, _text: str, found: re.Match[str]) -> Outcome:
    """Keeps a procedure. What is wrong with its body shows when it is called, as in Redshift."""
    place = table_of(found["name"])
    session.demand(Need("CREATE", place[0]))
    if found["arguments"].strip():
        raise NotSupportedError("procedures with arguments are not answered here")
    if place in session.state.procedures and not found["replace"]:
        raise RedshiftError(f'ERROR: procedure "{place[1]}" already exists with same argument types')
    session.state.procedures[place] = found["body"]
    session.state.rights.owners[place] = session.user
    return Outcome()


def call(session: Session, _text: str, found: re.Match[str]) -> Outcome:
    """Runs a procedure."""
    place = table_of(found["name"])
    body = session.state.procedures.get(place)
    if body is None:
        raise RedshiftError(f"ERROR: procedure {place[1]}() does not exist")
    session.demand(Need("USAGE", place[0]), Need("EXECUTE", *place))
    shape = _BODY.fullmatch(body)
    if shape is None:
        raise RedshiftError(f"ERROR: syntax error in the body of procedure {place[1]}")
    run = _Run(session)
    for declared in (shape["declared"] or "").split(";"):
        if declared.strip():
            run.variables[declared.split()[0].lower()] = None
    for piece in _pieces(shape["lines"]):
        run.step(piece)
    return Outcome()


def _pieces(text: str) -> Iterator[str]:
    """The parts of a body at its semicolons, those inside of texts and names aside."""
    for found in _PIECE.finditer(text):
        piece = re.sub(r"^(?:\s*--[^\n]*\n)*", "", found[0]).strip()
        if piece:
            yield piece


@dataclass
class _Run:
    """A procedure that runs: its variables, and which branches it is in (for each IF: whether this one runs, whether one has)."""

    session: Session
    variables: dict[str, Any] = field(default_factory=dict)
    branches: list[list[bool]] = field(default_factory=list)

    @property
    def _is_on(self) -> bool:
        return all(branch[0] for branch in self.branches)

    def step(self, piece: str) -> None:
        """Does one part of the body; a branch begins, changes or ends in it."""
        word = piece.split(maxsplit=1)[0].upper()
        if re.fullmatch(r"END\s+IF", piece, re.IGNORECASE):
            self.branches.pop()
        elif found := _IF.fullmatch(piece):
            self._branch(found)
        elif word == "ELSE":
            branch = self.branches[-1]
            branch[0], branch[1] = not branch[1], True
            self._rest(piece[len("ELSE") :])
        elif self._is_on:
            self._do(piece)

    def _branch(self, found: re.Match[str]) -> None:
        if found["word"].upper() == "ELSIF":
            branch = self.branches[-1]
            branch[0] = not branch[1] and self._is_true(found["condition"])
            branch[1] = branch[1] or branch[0]
        else:
            holds = self._is_on and self._is_true(found["condition"])
            self.branches.append([holds, holds])
        self._rest(found["then"])

    def _rest(self, text: str) -> None:
        if text.strip():
            self.step(text.strip())

    def _is_true(self, condition: str) -> bool:
        simple = _COMPARISON.fullmatch(condition)
        if simple and isinstance(value := self.variables.get(simple["variable"].lower()), int):
            return bool(_COMPARED[simple["sign"]](value, int(simple["number"])))
        return bool(self._value(condition))

    def _value(self, expression: str) -> Any:  # noqa: ANN401 - a value of SQL
        return self.session.run(f"SELECT {self._filled(expression)} AS value").rows[0][0]

    def _filled(self, text: str) -> str:
        """An expression with the values of variables in their names' places."""
        parts = re.split(r"('(?:[^']|'')*')", text)
        names = "|".join(map(re.escape, self.variables)) or r"(?!)"
        return "".join(
            part if part.startswith("'") else re.sub(rf"\b({names})\b", self._literal, part, flags=re.IGNORECASE)
            for part in parts
        )

    def _literal(self, found: re.Match[str]) -> str:
        value = self.variables[found[1].lower()]
        if value is None:
            return "NULL"
        return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)

    def _do(self, piece: str) -> None:
        if found := _INTO.fullmatch(piece):
            self._into(found["variable"], f"SELECT {found['rest']}")
        elif found := _INTO_LATE.fullmatch(piece):
            self._into(found["variable"], f"SELECT {found['first']} {found['rest']}")
        elif found := _EXECUTE.fullmatch(piece):
            self.session.run(self._value(found["text"]))
        elif found := _ASSIGN.fullmatch(piece):
            self.variables[found["variable"].lower()] = self._value(found["value"])
        elif found := _RAISE.fullmatch(piece):
            if found["level"].upper() == "EXCEPTION":
                raise RedshiftError(f"ERROR: {found['text']}")
        else:
            self.session.run(piece)

    def _into(self, variable: str, question: str) -> None:
        if variable.lower() not in self.variables:
            raise RedshiftError(f'ERROR: "{variable}" is not a known variable')
        rows = self.session.run(question).rows
        self.variables[variable.lower()] = rows[0][0] if rows else None
