"""Trino's arithmetic and dates, where DuckDB's differ: every number here is worked out by Trino's rules, not by an engine."""

import io
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal, localcontext
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from local_aws.identity import REGION, ROOT, Caller
from local_aws.sql import trino
from local_aws.sql.arithmetic import NotSupportedError
from local_aws.sql.reader import Reader, connection
from local_aws.sql.results import text
from local_aws.sql.trino import SyntaxRefusedError
from moto import mock_aws

NOBODY_ELSE = Caller(arn=ROOT, role_name=None, access_key="test")


def answers(sql: str) -> list[list[str | None]]:
    """The rows of a question that needs no table, as Athena writes them."""
    with mock_aws(), TemporaryDirectory() as folder:
        reader = Reader(caller=NOBODY_ELSE, region=REGION, folder=Path(folder))
        answer = reader.answer(trino.parse(sql), "default")
        kinds = [kind for _, kind in answer.columns]
        return [[text(value, kind) for value, kind in zip(row, kinds, strict=True)] for row in answer.rows]


def kinds(sql: str) -> list[str]:
    """The Trino types of a question's columns."""
    with mock_aws(), TemporaryDirectory() as folder:
        reader = Reader(caller=NOBODY_ELSE, region=REGION, folder=Path(folder))
        return [kind.sql("trino").lower() for _, kind in reader.answer(trino.parse(sql), "default").columns]


def value(expression: str) -> str | None:
    return answers(f"SELECT {expression}")[0][0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 / 2", "0"),
        ("7 / 2", "3"),
        ("-7 / 2", "-3"),  # cut towards zero
        ("7 % -3", "1"),
        ("-7 % 3", "-1"),  # the sign of the dividend
        ("7 / 2.0", "3.5"),  # decimal(10,0) / decimal(2,1): scale 1
        ("1.0 / 3", "0.3"),  # scale max(1, 0)
        ("2.0 / 3", "0.7"),
        ("1.00 / 3.0000", "0.3333"),  # scale max(2, 4)
        ("-2.0 / 3", "-0.7"),
        ("0.05 / 2.00", "0.03"),  # 0.025, half up
        ("-0.05 / 2.00", "-0.03"),  # away from zero
        ("0.15 / 2.00", "0.08"),  # 0.075, where half even would say 0.08 and a double 0.07
        ("0.25 / 2.00", "0.13"),  # 0.125, where half even says 0.12
        ("7 / 2e0", "3.5"),
        ("1 / 0e0", "Infinity"),
        ("0e0 / 0", "NaN"),
        ("10.5 % 3", "1.5"),
        ("1.5 * 1.5", "2.25"),
        ("1.10 + 2.2", "3.30"),
        # (10^8 - 1)^2, in decimal(36, 12)
        ("CAST(99999999 AS DECIMAL(18, 6)) * CAST(99999999 AS DECIMAL(18, 6))", "9999999800000001.000000000000"),
        ("100 * 1.5", "150.0"),
        ("CAST(2.5e0 AS INTEGER)", "3"),
        ("CAST(-2.5e0 AS INTEGER)", "-3"),
        ("CAST(2.5 AS BIGINT)", "3"),
        ("CAST(1.25 AS DECIMAL(2, 1))", "1.3"),
        ("CAST(2.675 AS DECIMAL)", "3"),
        ("ROUND(2.5)", "3"),
        ("ROUND(-2.5)", "-3"),
        ("ROUND(2.345, 2)", "2.350"),  # the scale stays
        ("ROUND(2.5e0)", "3.0"),
        ("CEIL(1.2)", "2"),
        ("FLOOR(-1.2)", "-2"),
        ("CAST('abcdef' AS VARCHAR(3))", "abc"),
        ("CAST(1.50 AS VARCHAR)", "1.50"),
        ("CAST(TIMESTAMP '2026-01-02 03:04:05.678' AS VARCHAR)", "2026-01-02 03:04:05.678"),
        ("'a' || NULL", None),
        ("CONCAT('a', NULL)", None),
        ("GREATEST(1, NULL)", None),
        ("TRY(1 / 0)", None),
        ("TRY(6 / 2)", "3"),
        ("TRY(COALESCE(1.0 / 0, 5))", None),
        ("TRY(CAST('x' AS INTEGER))", None),
        ("TRY_CAST('x' AS INTEGER)", None),
        ("NULLIF(1, 1)", None),
        ("1 / CAST(NULL AS INTEGER)", None),
        ("CAST(NULL AS DECIMAL(10, 2)) / 0", None),
        ("1e7", "1.0E7"),
        ("9999999e0", "9999999.0"),
        ("1e-3", "0.001"),
        ("1.5e-5", "1.5E-5"),
        ("-1.2345678901234567e300", "-1.2345678901234567E300"),
        ("ARRAY[1, NULL, 3]", "[1, null, 3]"),
        ("MAP(ARRAY['a'], ARRAY[1])", "{a=1}"),
        ("ELEMENT_AT(ARRAY[1, 2], 5)", None),
        ("ELEMENT_AT(ARRAY[1, 2], -1)", "2"),
        ("ELEMENT_AT(MAP(ARRAY['a'], ARRAY[1]), 'b')", None),
        ("CARDINALITY(ARRAY[1, 2])", "2"),
        ("TRANSLATE('abcb', 'ab', 'x')", "xc"),
        ("ARRAYS_OVERLAP(ARRAY[1, 2], ARRAY[2])", "true"),
    ],
)
def test_an_expression_is_what_trino_says(expression: str, expected: str | None):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DATE '2026-01-31' + INTERVAL '1' MONTH", "2026-02-28"),
        ("DATE '2026-01-31' - INTERVAL '1' DAY", "2026-01-30"),
        ("TIMESTAMP '2026-01-31 10:00:00' + INTERVAL '1' DAY", "2026-02-01 10:00:00.000"),
        ("DATE_TRUNC('month', DATE '2026-02-17')", "2026-02-01"),
        ("DATE_TRUNC('hour', TIMESTAMP '2026-02-17 10:30:00')", "2026-02-17 10:00:00.000"),
        ("DATE_ADD('day', 3, DATE '2026-02-27')", "2026-03-02"),
        ("DATE_ADD('hour', 3, TIMESTAMP '2026-02-27 23:00:00')", "2026-02-28 02:00:00.000"),
        ("DATE_DIFF('day', DATE '2026-01-01', DATE '2026-03-01')", "59"),
        ("DATE_DIFF('month', DATE '2026-01-31', DATE '2026-02-01')", "0"),  # no whole month
        ("DATE_DIFF('month', DATE '2026-01-15', DATE '2026-03-15')", "2"),
        ("DATE_DIFF('day', TIMESTAMP '2026-01-01 23:00:00', TIMESTAMP '2026-01-02 22:00:00')", "0"),
        ("DATE_DIFF('hour', TIMESTAMP '2026-01-01 10:30:00', TIMESTAMP '2026-01-01 12:15:00')", "1"),
        ("DATE_DIFF('day', DATE '2026-03-01', DATE '2026-01-01')", "-59"),
        ("DATE_FORMAT(TIMESTAMP '2026-02-17 10:30:00', '%Y-%m')", "2026-02"),
        ("DATE_PARSE('17/02/2026', '%d/%m/%Y')", "2026-02-17 00:00:00.000"),
        ("DAY_OF_WEEK(DATE '2026-02-16')", "1"),  # a Monday
        ("DAY_OF_YEAR(DATE '2026-02-01')", "32"),
        ("EXTRACT(YEAR FROM DATE '2026-02-01')", "2026"),
        ("FROM_UNIXTIME(0)", "1970-01-01 00:00:00.000 UTC"),
        ("LAST_DAY_OF_MONTH(DATE '2026-02-01')", "2026-02-28"),
        ("CAST(DATE '2026-02-01' AS TIMESTAMP)", "2026-02-01 00:00:00.000"),
    ],
)
def test_a_date_is_what_trino_says(expression: str, expected: str):
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT 1.50, 0.05, 100, 3000000000, 1e0", ["decimal(3, 2)", "decimal(2, 2)", "integer", "bigint", "double"]),
        ("SELECT CAST(1 AS DECIMAL(18, 6)) * CAST(1 AS DECIMAL(18, 6))", ["decimal(36, 12)"]),
        ("SELECT CAST(1 AS DECIMAL(38, 12)) / CAST(1 AS DECIMAL(38, 6))", ["decimal(38, 12)"]),
        ("SELECT CAST(1 AS DECIMAL(10, 2)) / CAST(1 AS DECIMAL(10, 6))", ["decimal(20, 6)"]),  # 10 + 6 + (6 - 2)
        ("SELECT CAST(1 AS DECIMAL(10, 2)) + CAST(1 AS DECIMAL(8, 4))", ["decimal(13, 4)"]),  # max(8, 4) + 4 + 1
        ("SELECT CAST(1 AS DECIMAL(10, 2)) % CAST(1 AS DECIMAL(8, 4))", ["decimal(8, 4)"]),
        ("SELECT 2 * CAST(1 AS DECIMAL(10, 2))", ["decimal(20, 2)"]),  # an integer is decimal(10, 0)
        (
            "SELECT SUM(x), AVG(x), MAX(x), COUNT(x) FROM (VALUES 1.50) AS t(x)",
            ["decimal(38, 2)", "decimal(3, 2)", "decimal(3, 2)", "bigint"],
        ),
        ("SELECT SUM(x), AVG(x) FROM (VALUES 1) AS t(x)", ["bigint", "double"]),
        ("SELECT x FROM (SELECT 1 AS x UNION ALL SELECT 2.50 AS x) AS t", ["decimal(12, 2)"]),
        ("SELECT COALESCE(1, 2.5), CASE WHEN TRUE THEN 1.5 ELSE 2 END", ["decimal(11, 1)", "decimal(11, 1)"]),
    ],
)
def test_a_type_has_the_digits_that_trino_gives_it(sql: str, expected: list[str]):
    assert [kind.replace("int", "integer") if kind == "int" else kind for kind in kinds(sql)] == expected


def test_a_mean_of_decimals_is_one_of_the_same_scale_rounded_half_up():
    # (1.50 + 2.25) / 2 = 1.875, half up 1.88; over the window of one row it is the row
    assert answers("SELECT AVG(x) FROM (VALUES 1.50, 2.25, NULL) AS t(x)") == [["1.88"]]
    sql = "SELECT x, AVG(x) OVER (ORDER BY x ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM (VALUES 1.50, 2.25) AS t(x)"
    assert answers(sql) == [["1.50", "1.50"], ["2.25", "1.88"]]
    assert answers("SELECT AVG(x) FILTER (WHERE x > 2) FROM (VALUES 1.50, 2.25) AS t(x)") == [["2.25"]]
    assert answers("SELECT AVG(x) FROM (SELECT 1.50 AS x WHERE FALSE) AS t") == [[None]]


def test_nulls_come_last_in_either_direction_unless_it_is_said():
    for order, expected in (
        ("x", ["1", "2", None]),
        ("x DESC", ["2", "1", None]),
        ("x NULLS FIRST", [None, "1", "2"]),
        ("x DESC NULLS FIRST", [None, "2", "1"]),
    ):
        assert [row[0] for row in answers(f"SELECT x FROM (VALUES 1, NULL, 2) AS t(x) ORDER BY {order}")] == expected  # noqa: S608 - of this test


def test_a_percentile_is_a_value_that_is_there():
    sql = "SELECT APPROX_PERCENTILE(x, 0.5), APPROX_PERCENTILE(x, ARRAY[0.1, 0.9]) FROM (VALUES 1.5, 2.5, 9.0) AS t(x)"
    assert answers(sql) == [["2.5", "[1.5, 9.0]"]]
    assert answers("SELECT APPROX_DISTINCT(x) FROM (VALUES 1, 1, 2, NULL) AS t(x)") == [["2"]]


def test_a_sum_of_integers_beyond_64_bits_fails():
    sql = "SELECT SUM(x) FROM (VALUES 9223372036854775807, 1) AS t(x)"
    with pytest.raises(Exception, match=r"Could not cast|out of range|Conversion"):
        answers(sql)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("1 = 'a'", "integer = varchar"),
        ("DATE '2026-01-01' > '2025-01-01'", "date > varchar"),
        ("DATE '2026-01-01' BETWEEN '2025' AND '2027'", "date BETWEEN varchar"),
        ("1 IN ('a')", "integer IN varchar"),
        ("'a' + 1", r"varchar \+ integer"),
        ("DATE '2026-01-01' + 1", r"date \+ integer"),
        ("CASE WHEN TRUE THEN 1 ELSE 'a' END", "integer, varchar"),
        ("CAST(1 AS DECIMAL(38, 20)) * CAST(1 AS DECIMAL(38, 20))", "DECIMAL scale"),
    ],
)
def test_what_trino_does_not_bring_together_is_refused(expression: str, reason: str):
    with pytest.raises(SyntaxRefusedError, match=rf"TYPE_MISMATCH: .*{reason}"):
        answers(f"SELECT {expression}")


def test_a_quotient_whose_types_are_not_known_is_refused_rather_than_guessed():
    with pytest.raises(NotSupportedError, match=r"the types of .* are not known here"):
        answers("SELECT JSON_EXTRACT(JSON_PARSE('[1]'), '$[0]') / 2")


DIVIDENDS = st.decimals(min_value=-(10**12), max_value=10**12, places=6) | st.sampled_from([Decimal(0), None])
DIVISORS = st.decimals(min_value=-(10**9), max_value=10**9, places=6).filter(bool) | st.none()


@settings(deadline=None, max_examples=25)
@example(
    pairs=[
        (Decimal("0.000005"), Decimal(10)),
        (Decimal("-0.000005"), Decimal(10)),
        (None, Decimal(1)),
        (Decimal(1), None),
    ]
)
@given(pairs=st.lists(st.tuples(DIVIDENDS, DIVISORS), min_size=1, max_size=30))
def test_a_quotient_of_decimals_is_exact_and_rounded_half_up(pairs: Sequence[tuple[Decimal | None, Decimal | None]]):
    kind = pl.Decimal(38, 6)
    frame = pl.DataFrame({"a": [a for a, _ in pairs], "b": [b for _, b in pairs]}, schema={"a": kind, "b": kind})
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    with TemporaryDirectory() as folder, connection() as lake:
        path = Path(folder) / "pairs.parquet"
        path.write_bytes(buffer.getvalue())
        schema = trino.MappingSchema({"pairs": {"a": "DECIMAL(38, 6)", "b": "DECIMAL(38, 6)"}}, dialect="trino")
        lake.execute(f"CREATE VIEW pairs AS SELECT * FROM read_parquet('{path}')")  # noqa: S608 - of this test
        sql = trino.duckdb_sql(trino.checked(trino.parse("SELECT a / b FROM pairs"), schema))
        found = [row[0] for row in lake.execute(sql).fetchall()]
    with localcontext() as context:
        context.prec = 100
        expected = [
            None if a is None or b is None else (a / b).quantize(Decimal("0.000001"), rounding=ROUND_HALF_UP)
            for a, b in pairs
        ]
    assert found == expected
