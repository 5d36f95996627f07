"""SQL types as the two engines know them: their families, what two of them have in common, and how decimals grow.

Types are sqlglot's `DataType`s throughout. Sources: Trino documentation, "Decimal functions and operators" and "Data types";
Amazon Redshift Database Developer Guide, "Computations with numeric values"; Athena User Guide, "Data types in Athena".
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sqlglot import exp

__all__ = [
    "MOST_DIGITS",
    "REDSHIFT",
    "TRINO",
    "Engine",
    "cast",
    "common",
    "decimal",
    "digits",
    "family",
    "is_decimal",
    "is_integer",
    "of_duckdb",
    "of_hive",
]

MOST_DIGITS = 38
"""The widest decimal of Trino, Redshift and DuckDB alike."""

_INTEGERS = {exp.DType.TINYINT: 3, exp.DType.SMALLINT: 5, exp.DType.INT: 10, exp.DType.BIGINT: 19, exp.DType.INT128: 38}
_FLOATS = {exp.DType.FLOAT, exp.DType.DOUBLE}
_TEXTS = {exp.DType.VARCHAR, exp.DType.CHAR, exp.DType.TEXT, exp.DType.NVARCHAR, exp.DType.NCHAR}
_TIMESTAMPS = {exp.DType.TIMESTAMP, exp.DType.DATETIME, exp.DType.TIMESTAMPNTZ, exp.DType.TIMESTAMP_MS}
_ZONED = {exp.DType.TIMESTAMPTZ, exp.DType.TIMESTAMPLTZ}

_FAMILIES = {
    **dict.fromkeys((*_INTEGERS, *_FLOATS, exp.DType.DECIMAL), "number"),
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys((*_TIMESTAMPS, *_ZONED, exp.DType.DATE), "time"),
}

Digits = tuple[int, int]
"""Precision and scale of a decimal."""


def decimal(precision: int, scale: int) -> exp.DataType:
    """The type DECIMAL(precision, scale), precision capped as both engines cap it."""
    params = [exp.DataTypeParam(this=exp.Literal.number(part)) for part in (min(precision, MOST_DIGITS), scale)]
    return exp.DataType(this=exp.DType.DECIMAL, expressions=params)


def cast(node: exp.Expr, kind: exp.DataType | exp.DType) -> exp.Expr:
    """The expression as a type, always: sqlglot's own function leaves a cast away where it takes two decimals for one type."""
    to = kind.copy() if isinstance(kind, exp.DataType) else kind.into_expr()
    made = exp.Cast(this=node, to=to)
    made.type = to.copy()
    return made


def is_decimal(kind: exp.DataType | None) -> bool:
    """Whether the type is a decimal with its digits known."""
    return kind is not None and kind.this == exp.DType.DECIMAL


def is_integer(kind: exp.DataType | None) -> bool:
    """Whether the type is one of the integers."""
    return kind is not None and kind.this in _INTEGERS


def digits(kind: exp.DataType | None) -> Digits | None:
    """Precision and scale of a decimal, or of an integer when it meets one; None for everything else."""
    if kind is None:
        return None
    if kind.this in _INTEGERS:
        return _INTEGERS[kind.this], 0
    if kind.this != exp.DType.DECIMAL:
        return None
    if not kind.expressions:
        return MOST_DIGITS, 0
    found = [int(param.name) for param in kind.expressions]
    return found[0], found[1] if len(found) > 1 else 0


def family(kind: exp.DataType | None) -> str | None:
    """The kind of value, among which engines compare without a cast; None where it is not known or null."""
    if kind is None or kind.this in {exp.DType.UNKNOWN, exp.DType.NULL} or not isinstance(kind.this, exp.DType):
        return None
    return _FAMILIES.get(kind.this, kind.this.value.lower())


def common(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    """The type that both are brought to before they are compared, united or chosen between; UNKNOWN where there is none."""
    if exp.DType.NULL in (left.this, right.this):
        return right if left.this == exp.DType.NULL else left
    if left == right:
        return left
    if family(left) is None or family(left) != family(right):
        return exp.DType.UNKNOWN.into_expr()
    if family(left) == "number":
        return _common_number(left, right)
    if family(left) == "text":
        return exp.DType.VARCHAR.into_expr()
    return _wider_time(left, right) if family(left) == "time" else left


def _wider_time(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    kinds = {left.this, right.this}
    return exp.DType.TIMESTAMPTZ.into_expr() if kinds & _ZONED else exp.DType.TIMESTAMP.into_expr()


def _common_number(left: exp.DataType, right: exp.DataType) -> exp.DataType:
    if left.this in _FLOATS or right.this in _FLOATS:
        return exp.DType.DOUBLE.into_expr()
    one, two = digits(left), digits(right)
    if one is None or two is None:
        return exp.DType.UNKNOWN.into_expr()
    if is_integer(left) and is_integer(right):
        return left if one >= two else right
    scale = max(one[1], two[1])
    return decimal(max(one[0] - one[1], two[0] - two[1]) + scale, scale)


@dataclass(frozen=True, kw_only=True)
class Engine:
    """How one engine types what it computes.

    Attributes:
        name: As sqlglot calls its dialect.
        divided: Digits of a quotient of two decimals.
        multiplied: Digits of a product; a scale above 38 is for the engine to refuse.
        averaged_integer: Type of the mean of integers.
    """

    name: str
    divided: Callable[[Digits, Digits], Digits]
    multiplied: Callable[[Digits, Digits], Digits]
    averaged_integer: exp.DType


def _trino_quotient(one: Digits, two: Digits) -> Digits:
    return min(one[0] + two[1] + max(0, two[1] - one[1]), MOST_DIGITS), max(one[1], two[1])


def _trino_product(one: Digits, two: Digits) -> Digits:
    return min(one[0] + two[0], MOST_DIGITS), one[1] + two[1]


def _fitted(precision: int, scale: int) -> Digits:
    """Redshift gives scale away for digits before the point, but keeps four."""
    if precision <= MOST_DIGITS:
        return precision, scale
    return MOST_DIGITS, max(MOST_DIGITS + scale - precision, min(4, scale))


def _redshift_quotient(one: Digits, two: Digits) -> Digits:
    scale = max(4, one[1] + two[0] - two[1] + 1)
    return _fitted(one[0] - one[1] + two[1] + scale, scale)


def _redshift_product(one: Digits, two: Digits) -> Digits:
    return _fitted(one[0] + two[0] + 1, one[1] + two[1])


TRINO = Engine(name="trino", divided=_trino_quotient, multiplied=_trino_product, averaged_integer=exp.DType.DOUBLE)
REDSHIFT = Engine(
    name="redshift", divided=_redshift_quotient, multiplied=_redshift_product, averaged_integer=exp.DType.BIGINT
)


def of_hive(text: str) -> exp.DataType:
    """The Trino type of a column of the Glue catalog, given as Hive spells it.

    Raises:
        ValueError: Athena knows no such type.
    """
    built = exp.DataType.build(text.strip().lower(), dialect="hive")
    if built.this == exp.DType.TEXT:
        return exp.DType.VARCHAR.into_expr()
    for inner in list(built.find_all(exp.DataType)):
        if inner.this == exp.DType.TEXT:
            inner.set("this", exp.DType.VARCHAR)
    return built


def of_duckdb(text: str) -> exp.DataType:
    """The type that DuckDB gives a column, in the words that both engines share; UNKNOWN for a column of nulls alone."""
    return _of_duckdb(text).copy()


@cache
def _of_duckdb(text: str) -> exp.DataType:
    if text == '"NULL"':
        return exp.DType.UNKNOWN.into_expr()
    built = exp.DataType.build(text, dialect="duckdb")
    for inner in built.find_all(exp.DataType):
        if inner.this == exp.DType.TEXT:
            inner.set("this", exp.DType.VARCHAR)
        elif inner.this == exp.DType.INT128:
            inner.set("this", exp.DType.BIGINT)
    return built
