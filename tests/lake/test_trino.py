"""Athena's SQL in DuckDB's words: the values must be those that Trino's documentation promises, worked out here by hand.

What Trino does is taken from its manual ("Decimal functions and operators", "Date and time functions", "Conversion functions");
no Trino runs here. `tests/queries` compares the folder lake with the emulator's Athena, which was built apart from this.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, localcontext
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lake.trino import TrinoError, to_duckdb
from lake.trino_macros import prepare


@pytest.fixture(scope="module")
def lake() -> Iterator[duckdb.DuckDBPyConnection]:
    """A table with two trades, with the macros at hand and the clock of the lake."""
    connection = duckdb.connect()
    prepare(connection)
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(
        """CREATE TABLE trades AS SELECT * FROM (VALUES
            (1::BIGINT, DATE '2024-05-02', TIMESTAMP '2024-05-01 23:00:00', 1.5::DECIMAL(18, 6), 3::DECIMAL(18, 6), 'a-b',
             ['x', 'y']),
            (2, DATE '2024-05-03', TIMESTAMP '2024-05-02 22:30:00', 2.5, 7, 'c', NULL)
        ) AS t(n, date, start, mwh, price, code, tags)"""
    )
    yield connection
    connection.close()


def answer(lake: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return lake.execute(to_duckdb(sql), list(values)).fetchall()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7.0 / 2", Decimal("3.5")),
        ("1 / 3.00", Decimal("0.33")),
        ("2 / 3.00", Decimal("0.67")),
        ("-0.01 / 2", Decimal("-0.01")),  # half away from zero
        ("7e0 / 2", 3.5),
        ("1e0 / 0", float("inf")),
        ("TRY(1 / 0)", None),
        ("1 / NULLIF(0, 0)", None),
        ("9007199254740993 / 1", 9007199254740993),  # a DOUBLE would say …992
        ("-7 % 3", -1),
        (
            "DECIMAL '12345678901234567890123456.789012' / DECIMAL '3.000000'",
            Decimal("4115226300411522630041152.263004"),
        ),
        ("8 / 4 / 2", 1),
        ("AVG(n)", 1.5),
        ("AVG(mwh)", Decimal("2.000000")),
        ("AVG(price) FILTER (WHERE n = 2)", Decimal("7.000000")),
        ("AVG(DISTINCT price)", Decimal("5.000000")),
        ("AVG(price) FILTER (WHERE n > 2)", None),
        ("SUM(mwh * price) / SUM(mwh)", Decimal("5.500000000000")),  # (4.5 + 17.5) / 4
        ("SUM(n) / 2", 1),
        ("CAST(600000 AS DECIMAL(18, 6)) * CAST(600000 AS DECIMAL(18, 6))", Decimal("360000000000.000000000000")),
        ("MAX(mwh) * MAX(price) * 2", Decimal("35.000000000000")),
        ("3 * MAX(n)", 6),
        ("2 * 1.5e0", 3.0),
        ("CAST('2.5' AS DECIMAL)", Decimal(3)),
        ("DECIMAL '2.50'", Decimal("2.50")),
        ("CAST(2.5e0 AS BIGINT)", 3),
        ("CAST(-2.5e0 AS INTEGER)", -3),
        ("CAST(2.5 AS BIGINT)", 3),
        ("CAST('12' AS BIGINT)", 12),
        ("TRY_CAST('x' AS BIGINT)", None),
        ("CAST('abc' AS VARCHAR(2))", "ab"),
        ("REGEXP_EXTRACT('abc', 'z')", None),
        ("REGEXP_EXTRACT('abc', 'b(.)', 1)", "c"),
        ("SPLIT_PART('a-b', '-', 2)", "b"),
        ("SPLIT_PART('a-b', '-', 3)", None),
        ("CONCAT('a', NULL)", None),
        ("GREATEST(1, NULL)", None),
        ("EVERY(n > 0)", True),
        ("REGEXP_REPLACE('aaa', 'a', 'b')", "bbb"),
        ("DATE_FORMAT(TIMESTAMP '2024-05-01 23:07:09', '%Y-%m-%d %H:%i:%s')", "2024-05-01 23:07:09"),
        ("DAY_OF_WEEK(DATE '2024-05-05')", 7),  # a Sunday
    ],
)
def test_an_expression_has_the_value_that_trino_gives(lake: duckdb.DuckDBPyConnection, expression: str, value: Any):
    [[found]] = answer(lake, f"SELECT {expression} FROM trades LIMIT 1")  # noqa: S608 - from the table above
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, Decimal):
        assert found.as_tuple().exponent == value.as_tuple().exponent


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("DATE '2024-02-29' + INTERVAL '1' DAY", date(2024, 3, 1)),
        ("DATE '2024-03-01' - 2 * INTERVAL '1' DAY", date(2024, 2, 28)),
        ("INTERVAL '1' MONTH + DATE '2024-01-31'", date(2024, 2, 29)),
        ("(SELECT MAX(date) FROM trades) - INTERVAL '30' DAY", date(2024, 4, 3)),
        ("TIMESTAMP '2024-01-01 23:30:00' + INTERVAL '1' HOUR", datetime(2024, 1, 2, 0, 30)),  # noqa: DTZ001 - UTC by contract
        ("DATE_ADD('month', -1, DATE '2024-03-31')", date(2024, 2, 29)),
        ("DATE_TRUNC('month', DATE '2024-05-17')", date(2024, 5, 1)),
        ("DATE_TRUNC('week', DATE '2024-05-05')", date(2024, 4, 29)),
        ("DATE_TRUNC('hour', TIMESTAMP '2024-05-05 10:59:59')", datetime(2024, 5, 5, 10)),  # noqa: DTZ001
        ("DATE_DIFF('day', TIMESTAMP '2024-01-01 12:00:00', TIMESTAMP '2024-01-02 11:59:59')", 0),
        ("DATE_DIFF('month', DATE '2024-01-31', DATE '2024-02-01')", 0),
        ("DATE_DIFF('day', DATE '2024-01-01', DATE '2024-03-01')", 60),
        ("HOUR(TIMESTAMP '2024-05-01 23:00:00' AT TIME ZONE 'Europe/Madrid')", 1),
        ("CAST(TIMESTAMP '2024-05-01 23:00:00' AT TIME ZONE 'Europe/Madrid' AS DATE)", date(2024, 5, 2)),
        ("HOUR(AT_TIMEZONE(TIMESTAMP '2024-05-01 23:00:00', 'Europe/Madrid'))", 1),
        ("TIMESTAMP '2024-05-01 23:00:00' AT TIME ZONE 'Europe/Madrid' > TIMESTAMP '2024-05-01 23:30:00'", False),
        ("TO_UNIXTIME(TIMESTAMP '1970-01-02 00:00:00' AT TIME ZONE 'Europe/Madrid')", 86400.0),
        ("WITH_TIMEZONE(TIMESTAMP '2024-05-02 01:00:00', 'Europe/Madrid')", datetime(2024, 5, 1, 23, tzinfo=UTC)),
        ("TIMESTAMP '2024-01-01 00:00:00.5'", datetime(2024, 1, 1, 0, 0, 0, 500_000)),  # noqa: DTZ001
    ],
)
def test_days_and_instants_are_counted_as_trino_counts_them(
    lake: duckdb.DuckDBPyConnection, expression: str, value: Any
):
    [[found]] = answer(lake, f"SELECT {expression}")
    assert (found, type(found)) == (value, type(value))


def test_a_mean_over_a_window_is_exact_and_may_hold_another_mean(lake: duckdb.DuckDBPyConnection):
    rows = answer(lake, "SELECT n, AVG(price) OVER (ORDER BY n) FROM trades ORDER BY n")
    assert rows == [(1, Decimal("3.000000")), (2, Decimal("5.000000"))]
    assert answer(lake, "SELECT AVG(AVG(n)) OVER (PARTITION BY AVG(price)) FROM trades") == [(1.5,)]
    named = "SELECT AVG(mwh) OVER w FROM trades WINDOW w AS (ORDER BY n DESC) ORDER BY 1"
    assert answer(lake, named) == [(Decimal("2.000000"),), (Decimal("2.500000"),)]


_DIGITS = st.tuples(st.integers(-(10**18), 10**18), st.integers(0, 9))
_DIVISOR = st.tuples(st.integers(-(10**18), 10**18).filter(bool), st.integers(0, 9))


@settings(max_examples=10)
@given(st.lists(st.tuples(_DIGITS, _DIVISOR), min_size=10, max_size=20))
def test_a_quotient_is_rounded_once_half_away_from_zero_or_cut_where_both_are_whole(
    pairs: list[tuple[tuple[int, int], tuple[int, int]]],
):
    questions, wanted = [], []
    with localcontext(prec=90):
        for (one, scale_one), (two, scale_two) in pairs:
            scale = max(scale_one, scale_two)
            left, right = Decimal(one).scaleb(-scale_one), Decimal(two).scaleb(-scale_two)
            wanted.append((left / right).quantize(Decimal(1).scaleb(-scale), ROUND_HALF_UP if scale else ROUND_DOWN))
            kinds = [f"DECIMAL(28, {digits})" if scale else "BIGINT" for digits in (scale_one, scale_two)]
            questions.append(f"CAST('{left:f}' AS {kinds[0]}) / CAST('{right:f}' AS {kinds[1]})")
    with duckdb.connect() as bare:
        prepare(bare)
        assert answer(bare, f"SELECT {', '.join(questions)}") == [tuple(wanted)]


def test_a_quotient_that_does_not_fit_is_an_error_and_no_wrong_number(lake: duckdb.DuckDBPyConnection):
    with pytest.raises(duckdb.OutOfRangeException):
        answer(lake, f"SELECT DECIMAL '{'9' * 38}' / DECIMAL '0.{'0' * 37}1'")


@pytest.mark.parametrize("expression", ["1 / 0", "1.0 / 0", "SUM(mwh) / 0"])
def test_a_division_by_zero_is_an_error(lake: duckdb.DuckDBPyConnection, expression: str):
    with pytest.raises(duckdb.InvalidInputException, match="Division by zero"):
        answer(lake, f"SELECT {expression} FROM trades")  # noqa: S608 - from the table above


def test_parameters_are_bound_in_the_order_of_the_text(lake: duckdb.DuckDBPyConnection):
    sql = "SELECT ? AS a, DATE_ADD('day', ?, ?) AS b, AVG(?) AS c FROM trades WHERE n < ? LIMIT ?"
    assert answer(lake, sql, "x", 2, date(2024, 1, 1), 5, 9, 1) == [("x", date(2024, 1, 3), 5.0)]


@settings(max_examples=10)
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=8, max_size=12))
def test_a_text_is_data_whatever_is_in_it(values: list[str]):
    literals = ["'" + value.replace("'", "''") + "'" for value in values]
    with duckdb.connect() as bare:
        [found] = answer(bare, f"SELECT {', '.join(literals)}, {', '.join('?' * len(values))}", *values)
    assert found == (*values, *values)


def test_names_are_what_athena_would_show(lake: duckdb.DuckDBPyConnection):
    made = lake.execute(to_duckdb('SELECT N, Code AS Named, Code AS "Kept", 1 + 1, CAST(n AS DOUBLE) FROM Trades'))
    assert [column[0] for column in made.description] == ["n", "named", "Kept", "_col3", "_col4"]
    united = lake.execute(to_duckdb("SELECT 1 UNION ALL SELECT 2"))
    assert [column[0] for column in united.description] == ["_col0"]


def test_a_quoted_name_is_a_name_whatever_is_in_it(lake: duckdb.DuckDBPyConnection):
    sql = 'SELECT "a""; DROP TABLE trades; --" FROM (SELECT 7 AS "a""; DROP TABLE trades; --")'
    assert answer(lake, sql) == [(7,)]


def test_words_that_only_duckdb_reserves_are_names(lake: duckdb.DuckDBPyConnection):
    assert answer(lake, "SELECT lambda, summarize FROM (SELECT 1 AS lambda, 2 AS summarize)") == [(1, 2)]


def test_lists_and_their_places_are_as_in_trino(lake: duckdb.DuckDBPyConnection):
    sql = "SELECT tag, place FROM trades CROSS JOIN UNNEST(tags) WITH ORDINALITY AS u(tag, place) ORDER BY place"
    assert answer(lake, sql) == [("x", 1), ("y", 2)]
    sql = "SELECT ELEMENT_AT(tags, 3), tags[1], CARDINALITY(tags), CONTAINS(tags, 'y') FROM trades WHERE n = 1"
    assert answer(lake, sql) == [(None, "x", 2, True)]


def test_the_catalog_before_a_name_is_left_out():
    asked = "SELECT AwsDataCatalog.lake.t.n FROM awsdatacatalog.lake.t"
    assert to_duckdb(asked) == 'SELECT "lake"."t"."n" FROM "lake"."t"'
    with pytest.raises(TrinoError, match="other is no catalog here; the one there is is called awsdatacatalog"):
        to_duckdb("SELECT 1 FROM other.lake.t")


def test_comments_do_not_travel():
    assert to_duckdb("SELECT n /* one */ FROM t -- two") == 'SELECT "n" FROM "t"'


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("SELECT n::VARCHAR FROM t", "line 1: Athena does not know ::"),
        ("SELECT n FROM t QUALIFY n = 1", "line 1, column 25: Invalid expression"),
        ("SELECT n FROM t WHERE code ILIKE 'a'", "Athena does not know ILIKE"),
        ("SELECT 1;\nSELECT 2", "one SELECT is expected, there are 2 statements"),
        ("", "one SELECT is expected, there are 0 statements"),
        ("SELECT FROM WHERE", "line 1, column"),
        ("SELECT 'open", "Error tokenizing"),
        ("SELECT 1_000", "1_000 is no number"),
        ("DROP TABLE t", "DROP is not allowed: a question only reads"),
        ("INSERT INTO t VALUES (1)", "INSERT is not allowed"),
        ("EXPLAIN SELECT 1", "EXPLAIN is not allowed"),
        ("SHOW CREATE TABLE t", "SHOW is not allowed"),
        ("CREATE TABLE t AS SELECT 1 AS a", "CREATE is not allowed"),
        ("SELECT CAST('a' AS CHAR(3))", "CHAR fills up with blanks"),
        ("SELECT (a AT TIME ZONE 'UTC') + INTERVAL '1' DAY FROM t", "add it first"),
        ("SELECT REDUCE(ARRAY[1], 0, (s, x) -> s + x, s -> s)", "the folder lake cannot answer that"),
    ],
)
def test_what_athena_or_the_folder_lake_would_not_take_is_refused_with_the_reason(sql: str, why: str):
    with pytest.raises(TrinoError) as refused:
        to_duckdb(sql)
    assert why in str(refused.value)


def test_nothing_is_logged_about_a_refused_statement(caplog: pytest.LogCaptureFixture):
    with pytest.raises(TrinoError):
        to_duckdb("EXPLAIN SELECT 1")
    assert caplog.records == []


def test_a_named_database_becomes_what_stands_for_it():
    asked = "SELECT Lake_Dev.t.n FROM lake_dev.t JOIN u ON TRUE"
    assert to_duckdb(asked, database=str.upper) == ('SELECT "LAKE_DEV"."t"."n" FROM "LAKE_DEV"."t" JOIN "u" ON TRUE')


@pytest.mark.parametrize(("sql", "words"), [("SHOW TABLES", "SHOW TABLES"), ("DESCRIBE Trades", 'DESCRIBE "trades"')])
def test_tables_can_be_looked_at(sql: str, words: str):
    assert to_duckdb(sql) == words
