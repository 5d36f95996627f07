"""DuckDB macros that compute as Trino does where the two differ in value; `trino.py` writes calls of them.

They are templates that DuckDB expands before it decides on types, so each asks `typeof` which of Trino's rules applies and
gives its answer the type that Trino would. Division in Trino ("Decimal functions and operators"): whole numbers give the
whole part; `decimal(p1, s1) / decimal(p2, s2)` has max(s1, s2) digits after the point, half rounded away from zero;
floating point is IEEE 754. DuckDB 2.0 makes a DOUBLE of all of them.
"""

import duckdb

__all__ = ["MACROS", "prepare"]

_SIZES = """trino_scale(kind) AS
    CASE WHEN starts_with(kind, 'DECIMAL') THEN CAST(regexp_extract(kind, ',(\\d+)\\)', 1) AS INTEGER) ELSE 0 END"""
"""Digits after the point of a type's name; none for whole numbers."""

_IS_FLOAT = "trino_is_float(kind) AS kind IN ('DOUBLE', 'FLOAT')"

_DIGITS = "trino_digits(x) AS CAST(replace(CAST(x AS VARCHAR), '.', '') AS HUGEINT)"
"""An exact number without its point."""

_POWER = "trino_power(n) AS CAST('1' || repeat('0', n) AS HUGEINT)"
"""Ten to the n, exactly; DuckDB's own power is a DOUBLE."""

_UNIT = """trino_unit(scale, one) AS
    cast_to_type(CASE WHEN scale = 0 THEN '1' ELSE '0.' || repeat('0', scale - 1) || '1' END, one)"""
"""The smallest step of a decimal type: what a number of such steps is multiplied with."""

_LONG = """trino_long_division(a, b, steps) AS list_transform(list_transform(
    [{'b': b, 'q': a // b, 'r': (a % b) * trino_power(steps // 2)}],
    lambda u: {'b': u.b, 'q': u.q * trino_power(steps // 2) + u.r // u.b,
               'r': (u.r % u.b) * trino_power(steps - steps // 2)}),
    lambda u: {'q': u.q * trino_power(steps - steps // 2) + u.r // u.b, 'r': u.r % u.b})[1]"""
"""Quotient and rest of a * 10^steps and b in two steps of half the digits each, for what HUGEINT would not hold at once. What
does not fit even so is an out-of-range error, never a wrong number."""

_QUOTIENT = """trino_quotient(a, b, steps, is_rounded) AS list_transform(list_transform(
    [{'a': trino_digits(a), 'b': trino_digits(b), 'limit': trino_power(38 - steps), 'power': trino_power(least(steps, 38))}],
    lambda v: {'sign': CASE WHEN (v.a < 0) <> (v.b < 0) THEN -1 ELSE 1 END, 'b': abs(v.b),
               'parts': CASE WHEN abs(v.a) < v.limit
                             THEN {'q': abs(v.a) * v.power // abs(v.b), 'r': abs(v.a) * v.power % abs(v.b)}
                             ELSE trino_long_division(abs(v.a), abs(v.b), steps) END}),
    lambda v: v.sign * (v.parts.q + CASE WHEN is_rounded AND v.parts.r >= v.b - v.parts.r THEN 1 ELSE 0 END))[1]"""
"""Digits of a / b with `steps` more of them."""

_EXACT = """trino_exact(a, b, scale_a, scale_b, is_rounded) AS
    CAST(trino_quotient(a, b, greatest(scale_a, scale_b) - scale_a + scale_b, is_rounded) AS DECIMAL(38, 0))
    * trino_unit(greatest(scale_a, scale_b), CASE WHEN false THEN a + b END)"""

_DIVIDE = """trino_divide(a, b) AS list_transform([{'a': a, 'b': b}], lambda o: cast_to_type(
    CASE WHEN trino_is_float(typeof(o.a)) OR trino_is_float(typeof(o.b))
         THEN CAST(CAST(o.a AS DOUBLE) / CAST(o.b AS DOUBLE) AS VARCHAR)
         ELSE CAST(trino_exact(
            o.a, o.b, trino_scale(typeof(o.a)), trino_scale(typeof(o.b)),
            starts_with(typeof(o.a), 'DECIMAL') OR starts_with(typeof(o.b), 'DECIMAL')) AS VARCHAR) END,
    CASE WHEN false THEN o.a + o.b END))[1]"""
"""`a + b` is never computed: its type is that of the quotient. The list is how DuckDB binds and computes an operand once, however
often it is named: macros are replaced by their text, and operands may be sums over windows, or quotients themselves."""

_MEAN = """trino_mean(total, number, one) AS list_transform([{'sum': total, 'n': number, 'one': one}], lambda m: cast_to_type(
    CASE WHEN starts_with(typeof(m.one), 'DECIMAL') THEN CAST(trino_divide(m.sum, m.n) AS VARCHAR)
         ELSE CAST(CAST(m.sum AS DOUBLE) / m.n AS VARCHAR) END,
    CASE WHEN false THEN list_aggregate([m.one], 'median') END))[1]"""
"""The mean of a decimal is a decimal of the same digits, of a whole number a DOUBLE; so is the type of DuckDB's median."""

_WHOLE = """trino_whole(x) AS list_transform([{'x': x}], lambda o: cast_to_type(
    CASE WHEN trino_is_float(typeof(o.x)) THEN CAST(round(TRY_CAST(o.x AS DOUBLE)) AS VARCHAR) ELSE CAST(o.x AS VARCHAR) END,
    CASE WHEN false THEN o.x END))[1]"""
"""What a cast to a whole number starts from: Trino rounds half away from zero, DuckDB half of a DOUBLE to even."""

_WIDE = "trino_wide(x) AS cast_to_type(x, CASE WHEN false THEN list_aggregate([x], 'sum') END)"
"""A factor with as many digits as there are: DuckDB multiplies decimals of 18 digits within 18, Trino within 38."""

_MOVE = """trino_move
    (day DATE, span INTERVAL) AS CAST(day + span AS DATE),
    (instant TIMESTAMP, span INTERVAL) AS instant + span,
    (instant TIMESTAMPTZ, span INTERVAL) AS instant + span"""

_TRUNCATE = """trino_truncate
    (unit VARCHAR, day DATE) AS CAST(date_trunc(unit, day) AS DATE),
    (unit VARCHAR, instant TIMESTAMP) AS date_trunc(unit, instant),
    (unit VARCHAR, instant TIMESTAMPTZ) AS date_trunc(unit, instant)"""
"""A day stays a day; DuckDB would make an instant of it."""

MACROS = tuple(
    f"CREATE OR REPLACE TEMP MACRO {macro}"
    for macro in (
        _SIZES,
        _IS_FLOAT,
        _DIGITS,
        _POWER,
        _UNIT,
        _LONG,
        _QUOTIENT,
        _EXACT,
        _DIVIDE,
        _MEAN,
        _WHOLE,
        _WIDE,
        _MOVE,
        _TRUNCATE,
    )
)
"""Statements that make the macros, in an order in which each finds those it uses."""


def prepare(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives a connection what translated questions call."""
    for macro in MACROS:
        connection.execute(macro)
