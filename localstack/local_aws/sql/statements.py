"""Athena's statements: which kind one is, and who does it.

Questions and prepared statements are done here, what changes the catalog in `definitions.py`, what shows it in
`showing.py`, what writes rows in `writing.py`.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlglot import exp

from local_aws.sql import trino
from local_aws.sql.reader import Reader

__all__ = ["NO_ROWS", "Done", "Request", "kind_of", "query", "run", "texts"]

_COMMENT = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?\*/", re.DOTALL)
_EXECUTE = re.compile(r"EXECUTE\s+(?P<name>\w+)(?:\s+USING\s+(?P<values>.*))?", re.IGNORECASE | re.DOTALL)
_PREPARE = re.compile(r"PREPARE\s+(?P<name>\w+)\s+FROM\s+(?P<sql>.*)", re.IGNORECASE | re.DOTALL)
_DEALLOCATE = re.compile(r"DEALLOCATE\s+PREPARE\s+(?P<name>\w+)", re.IGNORECASE)

_DML = {
    "SELECT": "SELECT",
    "WITH": "SELECT",
    "VALUES": "SELECT",
    "INSERT": "INSERT",
    "UNLOAD": "UNLOAD",
    "EXECUTE": "EXECUTE",
}
_UTILITY = {"SHOW", "DESCRIBE", "DESC", "EXPLAIN"}


@dataclass(frozen=True, kw_only=True)
class Request:
    """A statement to be done.

    Attributes:
        sql: The text.
        database: Where unqualified names are.
        reader: Asks the catalog with the caller's rights.
        parameters: The values of the text's question marks, each a literal of SQL.
        prepared: Prepared statements of the workgroup: name -> SQL. PREPARE and DEALLOCATE change it.
        results: The folder of results, as an address of S3.
        id: What is unique to this execution, for the names of files.
        is_enforced: Whether the workgroup says where results go, whatever a statement says.
    """

    sql: str
    database: str
    reader: Reader
    parameters: tuple[str, ...] = ()
    prepared: dict[str, str] = field(default_factory=dict)
    results: str = ""
    id: str = ""
    is_enforced: bool = False

    @property
    def bare(self) -> str:
        """The statement without comments around it and a semicolon behind it."""
        return bare(self.sql)


@dataclass(frozen=True, kw_only=True)
class Done:
    """What a statement gave.

    Attributes:
        columns: Name and type of every column; none where there is no answer.
        rows: The rows, as Python values.
        scanned_bytes: What was read.
        has_header: Whether names stand in the answer's first row, as they do for questions and not for SHOW.
    """

    columns: Sequence[tuple[str, exp.DataType]] = ()
    rows: Sequence[Sequence[Any]] = ()
    scanned_bytes: int = 0
    has_header: bool = False


NO_ROWS = Done()


def bare(sql: str) -> str:
    """A statement without comments before it and a semicolon behind it."""
    text = sql.strip()
    while found := _COMMENT.match(text):
        text = text[found.end() :].strip()
    return text.removesuffix(";").strip()


def kind_of(sql: str) -> tuple[str, str]:
    """Athena's `StatementType` and `SubstatementType`."""
    words = bare(sql).lstrip("(").upper().replace("CREATE OR REPLACE", "CREATE", 1).split(maxsplit=2)
    first = words[0] if words else ""
    if first in _DML:
        return "DML", _DML[first]
    second = re.split(r"\W", words[1], maxsplit=1)[0] if len(words) > 1 else ""
    if first == "CREATE" and second == "TABLE" and re.search(r"\bAS\b\s*(\(|SELECT|WITH)", sql, re.IGNORECASE):
        return "DDL", "CREATE_TABLE_AS_SELECT"
    return ("UTILITY" if first in _UTILITY else "DDL"), "_".join(part for part in (first, second) if part)


def run(request: Request) -> Done:
    """Does a statement.

    Raises:
        ValueError: Athena would refuse it; the text is its reason.
        LookupError: Something it names is not there.
        PermissionError: The caller may not.
    """
    from local_aws.sql import definitions, showing, writing

    handlers: tuple[tuple[re.Pattern[str], Callable[[Request, re.Match[str]], Done]], ...] = (
        (_EXECUTE, _execute),
        (_PREPARE, _prepare),
        (_DEALLOCATE, _deallocate),
        *writing.STATEMENTS,
        *definitions.STATEMENTS,
        *showing.STATEMENTS,
    )
    text = request.bare
    for pattern, handler in handlers:
        if found := pattern.fullmatch(text):
            return handler(request, found)
    return query(request, request.sql)


def query(request: Request, sql: str) -> Done:
    """Answers a question."""
    tree = _bound(trino.parse(sql), request.parameters)
    if not isinstance(tree, exp.Query | exp.Values):
        first = bare(sql).split(maxsplit=1)[0]
        raise trino.SyntaxRefusedError(f"SYNTAX_ERROR: line 1:1: {first} is no statement that is answered here")
    answer = request.reader.answer(_as_select(tree), request.database)
    return Done(columns=answer.columns, rows=answer.rows, scanned_bytes=answer.scanned_bytes, has_header=True)


def texts(name: str, values: Sequence[str]) -> Done:
    """A list of texts in one column, as SHOW gives it."""
    return Done(columns=[(name, exp.DType.VARCHAR.into_expr())], rows=[(value,) for value in values])


def _as_select(tree: exp.Expr) -> exp.Expr:
    """VALUES by itself is a question in Trino; as a table of a SELECT its columns get the names that Athena gives them."""
    if not isinstance(tree, exp.Values):
        return tree
    names = ", ".join(f"_col{place}" for place in range(len(tree.expressions[0].expressions)))
    return trino.parse(f"SELECT * FROM ({tree.sql('trino')}) AS v({names})")  # noqa: S608 - a query around a query


def _bound(tree: exp.Expr, parameters: Sequence[str]) -> exp.Expr:
    """The query with its question marks filled in, each by the literal that was given for it."""
    marks = sorted(tree.find_all(exp.Placeholder), key=lambda mark: mark.meta.get("start", 0))
    if len(marks) != len(parameters):
        raise trino.SyntaxRefusedError(
            f"INVALID_PARAMETER_USAGE: Incorrect number of parameters: expected {len(marks)} but found {len(parameters)}"
        )
    for mark, text in zip(marks, parameters, strict=True):
        (value,) = trino.parse(f"SELECT {text}").expressions
        if value.find(exp.Column, exp.Query) and not isinstance(value, exp.Literal):
            raise trino.SyntaxRefusedError(
                f"SYNTAX_ERROR: {text} is no literal; texts of parameters stand in single quotes"
            )
        mark.replace(value.copy())
    return tree


def _execute(request: Request, found: re.Match[str]) -> Done:
    name = found["name"].lower()
    if name not in request.prepared:
        raise trino.SyntaxRefusedError(f"NOT_FOUND: Prepared statement not found: {name}")
    values = request.parameters
    if found["values"]:
        values = tuple(part.sql("trino") for part in trino.parse(f"SELECT {found['values']}").expressions)
    return run(replace(request, sql=request.prepared[name], parameters=values))


def _prepare(request: Request, found: re.Match[str]) -> Done:
    trino.parse(found["sql"])
    request.prepared[found["name"].lower()] = found["sql"]
    return NO_ROWS


def _deallocate(request: Request, found: re.Match[str]) -> Done:
    if request.prepared.pop(found["name"].lower(), None) is None:
        raise trino.SyntaxRefusedError(f"NOT_FOUND: Prepared statement not found: {found['name']}")
    return NO_ROWS
