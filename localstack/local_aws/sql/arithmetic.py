"""Arithmetic that DuckDB does in another way than Trino and Redshift: quotients, remainders, means.

DuckDB divides decimals and integers as doubles and answers a division by zero with infinity or null. Here quotients of decimals
are exact, rounded half up (away from zero) to the engine's scale, in integers of 128 bits; where those do not
suffice the query fails, it is never silently inexact. Integers are cut towards zero.
"""

from sqlglot import exp

from local_aws.sql.types import MOST_DIGITS, Engine, cast, decimal, digits, is_decimal, is_integer

__all__ = ["MACROS", "NotSupportedError", "mean", "quotient", "remainder", "tried"]

_LARGEST_FACTOR = 10**38
_COUNT = decimal(19, 0)

OR_NULL = "_or_null"
"""Behind the name of a macro: the same, but null where the divisor is zero; DuckDB's TRY takes nothing that may raise by itself."""

_BOTH = (
    """CREATE MACRO aws_divided{suffix}(one, two, factor) AS CASE
        WHEN one IS NULL OR two IS NULL THEN NULL
        WHEN two = 0 THEN {by_zero}
        ELSE sign(one) * sign(two) * (
            (abs(one) // abs(two)) * factor + (abs(one) % abs(two) * factor) // abs(two)
            + CASE WHEN (abs(one) % abs(two) * factor) % abs(two)
                >= abs(two) - (abs(one) % abs(two) * factor) % abs(two) THEN 1 ELSE 0 END)
        END""",
    # The list binds each operand once: macros are replaced by their text, and operands may be sums over windows.
    """CREATE MACRO aws_decimal_quotient{suffix}(one, two, factor, unit) AS CAST(list_extract(list_transform(
        [{{'one': aws_unscaled(one), 'two': aws_unscaled(two)}}],
        lambda pair: aws_divided{suffix}(pair.one, pair.two, factor)), 1) AS DECIMAL(38, 0)) * unit""",
    """CREATE MACRO aws_integer_quotient{suffix}(one, two) AS list_extract(list_transform([{{'one': one, 'two': two}}],
        lambda pair: CASE WHEN pair.two = 0 THEN {by_zero} ELSE pair.one // pair.two END), 1)""",
    """CREATE MACRO aws_remainder{suffix}(one, two) AS list_extract(list_transform([{{'one': one, 'two': two}}],
        lambda pair: CASE WHEN pair.two = 0 THEN {by_zero} ELSE pair.one % pair.two END), 1)""",
)
MACROS = (
    # The digits of a decimal as one integer: 1.50 -> 150. By its text, which is exact at every scale.
    "CREATE MACRO aws_unscaled(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)",
    "CREATE MACRO aws_double_quotient(one, two) AS CAST(one AS DOUBLE) / CAST(two AS DOUBLE)",
    *(text.format(suffix="", by_zero="error('Division by zero')") for text in _BOTH),
    *(text.format(suffix=OR_NULL, by_zero="NULL") for text in _BOTH),
)
"""Run once in every connection."""


class NotSupportedError(ValueError):
    """Something that the service can do and this stand-in cannot. It is never answered with a guess."""


def quotient(node: exp.Expr, engine: Engine) -> exp.Expr:
    """The division in DuckDB's words; its operands are in DuckDB's words already and keep their types.

    Raises:
        NotSupportedError: An operand's type is not known, so neither is the rule.
    """
    left, right = node.this, node.expression
    if is_integer(left.type) and is_integer(right.type):
        return cast(exp.func("aws_integer_quotient", left, right), node.type or exp.DType.BIGINT)
    if is_decimal(node.type):
        return _decimal_quotient(left, right, node.type)
    if node.is_type(exp.DType.DOUBLE):
        return exp.func("aws_double_quotient", left, right)
    raise NotSupportedError(
        f"{engine.name}: the types of {node.sql(engine.name)} are not known here; cast its operands to say which division is meant"
    )


def remainder(node: exp.Expr) -> exp.Expr:
    """What a division leaves; by zero it fails, unless it is a double's."""
    if node.is_type(exp.DType.DOUBLE):
        return node
    return exp.func("aws_remainder", node.this, node.expression)


def mean(kind: exp.DataType | None, total: exp.Expr, count: exp.Expr) -> exp.Expr:
    """The mean of decimals, which is a decimal of their own scale; DuckDB's is a double.

    Args:
        kind: The type of the values and of their mean.
        total: The sum of the values, with whatever window or filter the mean has.
        count: Their number, likewise.
    """
    found = digits(kind)
    total.type = decimal(MOST_DIGITS, found[1] if found else 0)
    number = cast(count, _COUNT)
    number.type = _COUNT
    return _decimal_quotient(total, number, kind)


def _decimal_quotient(left: exp.Expr, right: exp.Expr, kind: exp.DataType | None) -> exp.Expr:
    one, two, result = digits(left.type), digits(right.type), digits(kind)
    if one is None or two is None or result is None or kind is None:
        raise NotSupportedError(f"the digits of {left.sql()} / {right.sql()} are not known here; cast its operands")
    factor = 10 ** (result[1] + two[1] - one[1])
    if factor >= _LARGEST_FACTOR:
        raise NotSupportedError(
            f"{left.sql()} / {right.sql()} needs more digits than there are here; cast its operands"
        )
    unit = f"CAST('{_unit(result[1])}' AS DECIMAL({result[1] + 1}, {result[1]}))"
    call = exp.func(
        "aws_decimal_quotient",
        cast(left, exp.DataType.build(f"DECIMAL({one[0]}, {one[1]})")),
        cast(right, exp.DataType.build(f"DECIMAL({two[0]}, {two[1]})")),
        cast(exp.Literal.number(factor), exp.DType.INT128),
        exp.maybe_parse(unit, dialect="duckdb"),
    )
    return cast(call, kind)


def _unit(scale: int) -> str:
    """The smallest step of a scale: 0.01 for 2."""
    return "1" if scale == 0 else "0." + "1".rjust(scale, "0")


def tried(node: exp.Expr) -> exp.Expr:
    """TRY around divisions that are in DuckDB's words already: null where a divisor is zero, and TRY for all other failures."""
    zeros = []
    for inner in node.find_all(exp.Anonymous):
        if inner.name in _FAILING:
            zeros.append(exp.EQ(this=inner.expressions[1].copy(), expression=exp.Literal.number(0)))
            inner.set("this", inner.name + OR_NULL)
    return exp.Case().when(exp.or_(*zeros), exp.null()).else_(node.copy()) if zeros else node


_FAILING = {"aws_decimal_quotient", "aws_integer_quotient", "aws_remainder"}
