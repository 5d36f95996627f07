"""CloudWatch's metric math as far as alarms need it: arithmetic, comparisons, `AND OR IF ABS MIN MAX SUM FILL`.

One number a metric and period goes in and one comes out (CloudWatch user guide, "Using math expressions with metrics").
Searches, anomaly bands and functions over time are refused by name.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping

__all__ = ["MetricMathError", "evaluated"]

Value = float | None

_BINARY: dict[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
_COMPARED: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_PLAIN: dict[str, Callable[[list[float]], float]] = {
    "ABS": lambda given: abs(given[0]),
    "MIN": min,
    "MAX": max,
    "SUM": sum,
}


class MetricMathError(ValueError):
    """An expression is not in CloudWatch's syntax, or needs what is not emulated."""


def evaluated(expression: str, values: Mapping[str, Value]) -> Value:
    """The value of an expression in one period.

    Args:
        expression: As the alarm has it; names are the ids of its metrics.
        values: What each metric was in the period; None where nothing was measured.

    Returns:
        None where a metric that the answer depends on was not measured, or where something is divided by zero: CloudWatch
        has no data point there.

    Raises:
        MetricMathError: The expression cannot be read, or names a metric that is not there.
    """
    spelled = re.sub(r"\bAND\b|&&", " and ", re.sub(r"\bOR\b|\|\|", " or ", expression))
    try:
        tree = ast.parse(spelled.replace("^", "**"), mode="eval").body
    except SyntaxError as error:
        raise MetricMathError(f"metric math {expression!r} cannot be read: {error.msg}") from error
    try:
        return _value(tree, values)
    except ZeroDivisionError:
        return None


def _value(node: ast.expr, values: Mapping[str, Value]) -> Value:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return float(node.value)
    if isinstance(node, ast.Name) and node.id in values:
        return values[node.id]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return _called(node.func.id.upper(), node.args, values)
    return _combined(node, values)


def _combined(node: ast.expr, values: Mapping[str, Value]) -> Value:
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _measured([node.left, node.right], values, lambda sides: _BINARY[type(node.op)](*sides))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return _measured([node.operand], values, lambda sides: -sides[0])
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in _COMPARED:
        compare = _COMPARED[type(node.ops[0])]
        return _measured([node.left, node.comparators[0]], values, lambda sides: float(compare(*sides)))
    if isinstance(node, ast.BoolOp):
        joined = all if isinstance(node.op, ast.And) else any
        return _measured(node.values, values, lambda sides: float(joined(sides)))
    raise MetricMathError(f"metric math {ast.unparse(node)!r} names no metric of the alarm, or is not emulated")


def _called(name: str, arguments: list[ast.expr], values: Mapping[str, Value]) -> Value:
    if name == "IF":
        condition = _value(arguments[0], values)
        if condition is None:
            return None
        return _value(arguments[1 if condition else 2], values) if len(arguments) > (1 if condition else 2) else None
    if name == "FILL":
        given = _value(arguments[0], values)
        return _value(arguments[1], values) if given is None else given
    if name not in _PLAIN:
        raise MetricMathError(f"metric math function {name} is not emulated")
    listed = arguments[0].elts if len(arguments) == 1 and isinstance(arguments[0], ast.List) else arguments
    return _measured(listed, values, _PLAIN[name])


def _measured(nodes: list[ast.expr], values: Mapping[str, Value], compute: Callable[[list[float]], float]) -> Value:
    """The computation, or None where one of its parts was not measured."""
    parts = [_value(node, values) for node in nodes]
    known = [part for part in parts if part is not None]
    return compute(known) if len(known) == len(parts) else None
