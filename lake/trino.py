"""A question in the SQL of Athena (Trino), in DuckDB's words and with the values that Trino would give.

sqlglot turns the syntax; where the two engines mean different things by the same words, the rewrites of `trino_rewrites.py`
call the macros of `trino_macros.py`, which find out the types when DuckDB binds the question. Names of tables stay: who asks
knows what they mean. Still different: how a DOUBLE or an instant is written as text, `date - date` (a number of days here),
approximate functions.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, ClassVar

from sqlglot import ErrorLevel, Token, TokenType, exp
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ParseError, TokenError, UnsupportedError
from sqlglot.parsers.trino import TrinoParser

from lake.trino_rewrites import REWRITES, TrinoError, mean

__all__ = ["TrinoError", "parse", "to_duckdb", "tokens_of", "translated"]

_NOT_TRINO = {TokenType.DCOLON, TokenType.ILIKE}
"""What sqlglot would read and Athena would not."""
_EXPECTED = "a question only reads, so one SELECT is expected (also WITH, VALUES, DESCRIBE, SHOW TABLES)"


class _Parser(TrinoParser):
    TYPE_LITERAL_PARSERS: ClassVar[dict[exp.DType, Any]] = {
        **TrinoParser.TYPE_LITERAL_PARSERS,
        exp.DType.DECIMAL: lambda _, this, to: _decimal_literal(this, to),
    }
    PLACEHOLDER_PARSERS: ClassVar = {
        **TrinoParser.PLACEHOLDER_PARSERS,
        TokenType.PLACEHOLDER: lambda self: exp.Placeholder(this=str(self._prev.start)),
    }
    """Where each `?` stands: the order of a tree is not that of its text."""

    def _warn_unsupported(self) -> None:
        """Nothing is logged: what sqlglot reads as a mere command is refused with a message of its own."""


class _Trino(Trino):
    Parser = _Parser


def to_duckdb(sql: str, database: Callable[[str], str] | None = None) -> str:
    """The question for a DuckDB connection that was given the macros (`trino_macros.prepare`).

    The n-th `?` becomes `$n`. Names that are not quoted are in small letters, as Athena shows them, and a column without a name is
    called `_col0` and so on by its place. `database` says which schema of DuckDB stands for a database that is named; without it
    the names stay. Raises `TrinoError`.
    """
    tree = parse(sql)
    if isinstance(tree, exp.Command) and tree.text("expression").strip().upper() == "TABLES":
        return "SHOW TABLES"
    if not isinstance(tree, exp.Query | exp.Values | exp.Describe) and tree.text("kind").upper() != "VIEW":
        word = tree.name if isinstance(tree, exp.Command) else tree.key
        raise TrinoError(f"{word.upper()} is not allowed: {_EXPECTED}")
    try:
        made = translated(tree)
        if database:
            _rename_databases(made, database)
        return made.sql("duckdb", comments=False, normalize_functions=False, unsupported_level=ErrorLevel.RAISE)
    except UnsupportedError as error:
        raise TrinoError(f"the folder lake cannot answer that: {error}") from error


def parse(sql: str) -> exp.Expr:
    """The one statement of a text as Trino reads it, every `?` with its number. Raises `TrinoError`."""
    tokens = tokens_of(sql)
    _refuse_strangers(tokens)
    try:
        trees = [tree for tree in _Trino().parser().parse(tokens, sql) if tree is not None]
    except ParseError as error:
        raise TrinoError(_explained(error)) from error
    if len(trees) != 1:
        raise TrinoError(f"one SELECT is expected, there are {len(trees)} statements")
    holes = sorted(trees[0].find_all(exp.Placeholder), key=lambda hole: int(hole.name or 0))
    for number, hole in enumerate(holes, start=1):
        hole.replace(exp.Parameter(this=exp.Literal.number(number)))
    return trees[0]


def tokens_of(sql: str) -> list[Token]:
    """The words of a text as Trino reads them, with their places. Raises `TrinoError`."""
    try:
        return _Trino().tokenize(sql)
    except TokenError as error:
        raise TrinoError(_explained(error)) from error


def translated(tree: exp.Expr) -> exp.Expr:
    """The tree with everything that DuckDB would answer otherwise than Trino put into other words. The tree is changed.

    Raises `TrinoError` for what has no words there.
    """
    _name_columns(tree)
    while (average := tree.find(exp.Avg)) is not None:
        mean(average)
    for node in reversed(list(tree.walk())):
        rewrite = REWRITES.get(type(node))
        new = rewrite(node) if rewrite else node
        if new is not node:
            node.replace(new)
    for name in tree.find_all(exp.Identifier):
        if not name.args.get("quoted"):
            name.replace(exp.to_identifier(name.name.lower(), quoted=True))
    return tree


def _rename_databases(tree: exp.Expr, database: Callable[[str], str]) -> None:
    for node in tree.find_all(exp.Table, exp.Column):
        if node.text("db"):
            node.set("db", exp.to_identifier(database(node.text("db")), quoted=True))


def _refuse_strangers(tokens: list[Token]) -> None:
    for token in tokens:
        if token.token_type in _NOT_TRINO:
            raise TrinoError(f"line {token.line}: Athena does not know {token.text}")
    for digits, rest in pairwise(tokens):
        if digits.token_type is TokenType.NUMBER and rest.token_type is TokenType.VAR and rest.start == digits.end + 1:
            raise TrinoError(f"line {rest.line}: {digits.text}{rest.text} is no number; write digits only")


def _explained(error: ParseError | TokenError) -> str:
    first = (getattr(error, "errors", None) or [{}])[0]
    if first.get("line"):
        return f"line {first['line']}, column {first['col']}: {first['description']}"
    return str(error)


def _decimal_literal(text: exp.Expr, kind: exp.DataType) -> exp.Expr:
    """`DECIMAL '1.50'` is as wide as it is written: (3, 2)."""
    whole, _, fraction = text.name.strip().lstrip("+-").partition(".")
    digits = max(len(whole.lstrip("0")) + len(fraction), 1)
    return exp.cast(text, kind if kind.expressions else exp.DataType.build(f"DECIMAL({digits}, {len(fraction)})"))


def _name_columns(tree: exp.Expr) -> None:
    query = tree.expression if isinstance(tree, exp.Create) else tree
    while isinstance(query, exp.SetOperation | exp.Subquery):
        query = query.this
    if not isinstance(query, exp.Select):
        return
    for place, column in enumerate(query.selects):
        if not isinstance(column, exp.Alias | exp.Column | exp.Dot) and not column.is_star:
            column.replace(exp.alias_(column.copy(), f"_col{place}"))
