"""The same SQL gives the same numbers on the folder lake and in the emulator's Athena: named queries, views, expressions."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from components.athena_files import read_queries
from contracts import CURATED
from lake.athena import Question
from lake.athena_cost import estimate_of
from lake.athena_failures import AthenaError
from lake.athena_unload import ask_by_unload
from lake.query import run_query
from tests.queries.both_engines import DATABASE, Both, both_engines, generated_lake
from tests.queries.lake import QUERIES

pytestmark = pytest.mark.slow  # a minute or more: every question twice

SPECS = [spec for spec in read_queries(QUERIES, DATABASE) if not spec.view]
VIEWS = [spec for spec in read_queries(QUERIES, DATABASE) if spec.view]

_WITHOUT_ROWS = {"credit_limits", "region_flows"}
"""In so small a lake nobody owes anything on the newest day, and no trade names both parties."""

_NOT_IN_THE_EMULATOR = {"remit_readiness"}
"""It needs `translate`, which the emulator's Athena refuses by name; `test_remit_readiness.py` has it on the folder lake."""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    with both_engines(generated_lake(tmp_path_factory.mktemp("both"))) as made:
        yield made


def compared(both: Both, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows, which have to be the same from both, names included."""
    here = run_query(both.zones, sql, values, dialect="trino")
    there = both.athena.ask(Question(sql=sql, parameters=values)).table.result
    assert there.columns == here.columns
    assert len(there.rows) == len(here.rows)
    for mine, theirs in zip(here.rows, there.rows, strict=True):
        assert [_plain(value) for value in theirs] == [_plain(value) for value in mine]
    return here.rows


def _plain(value: Any) -> Any:
    """Doubles may differ in the last of their digits, as sums of them depend on their order."""
    return pytest.approx(value, rel=1e-12) if isinstance(value, float) else value


@pytest.mark.parametrize(
    "spec", [spec for spec in SPECS if spec.name not in _NOT_IN_THE_EMULATOR], ids=lambda spec: spec.name
)
def test_a_named_query_gives_the_same_numbers(both: Both, spec: Any):
    rows = compared(both, spec.sql)
    assert rows or spec.name in _WITHOUT_ROWS, "an answer without rows proves nothing"


@pytest.mark.parametrize("spec", VIEWS, ids=lambda spec: spec.name)
def test_a_view_gives_the_same_numbers(both: Both, spec: Any):
    _, _, body = spec.sql.partition(f"VIEW {spec.view} AS")
    assert compared(both, f"SELECT * FROM (\n{body}\n) AS v ORDER BY 1, 2, 3")  # noqa: S608 - our own file


@pytest.mark.parametrize("table", CURATED)
def test_a_table_is_the_same_in_every_value(both: Both, table: str):
    columns = [column.name for column in CURATED[table].columns if column.type.name != "texts"]
    names = ", ".join(columns)
    compared(both, f"SELECT {names} FROM {table} ORDER BY {names}")  # noqa: S608 - names of contracts


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT SUM(amount) / COUNT(*), SUM(amount) / SUM(quantity_mwh), SUM(quantity_mwh) / 7 FROM transactions",
        "SELECT COUNT(*) / 7, -COUNT(*) / 7, COUNT(*) % 7, COUNT(*) / 7e0, COUNT(*) / 7.00 FROM transactions",
        "SELECT AVG(amount), AVG(quantity_mwh), AVG(source_row), AVG(price_per_mwh) FILTER (WHERE amount < 0) FROM transactions",
        "SELECT currency, AVG(amount), SUM(amount) / NULLIF(SUM(quantity_mwh), 0) FROM transactions GROUP BY currency ORDER BY 1",
        "SELECT date, AVG(bought_amount) OVER (PARTITION BY currency, energy_type ORDER BY date) FROM market_daily ORDER BY 1, 2",
        "SELECT amount, quantity_mwh, amount / quantity_mwh AS unit FROM transactions WHERE quantity_mwh > 0 ORDER BY 1, 2, 3",
        "SELECT date, date + INTERVAL '1' DAY, date - INTERVAL '1' MONTH, DATE_TRUNC('week', date) FROM market_daily ORDER BY 1",
        "SELECT DATE_DIFF('day', MIN(date), MAX(date)), DATE_DIFF('month', MIN(date), MAX(date)) FROM transactions",
        "SELECT DATE_DIFF('hour', delivery_start, delivery_end) AS h, COUNT(*) FROM transactions GROUP BY 1 ORDER BY 1",
        "SELECT DATE_DIFF('day', delivery_start, delivery_end + INTERVAL '23' HOUR) AS d, COUNT(*) FROM transactions GROUP BY 1",
        "SELECT CAST(amount AS BIGINT), CAST(amount AS DECIMAL(20, 1)), ROUND(amount, 1) FROM transactions ORDER BY 1, 2",
        "SELECT CAST(quantity_mwh AS DOUBLE) / 3, CAST(CAST(amount AS DOUBLE) AS BIGINT) FROM transactions ORDER BY 1, 2",
        "SELECT CAST(2.5e0 AS BIGINT), CAST(-2.5e0 AS INTEGER), CAST('2.5' AS DECIMAL), CAST('abc' AS VARCHAR(2))",
        "SELECT quantity_mwh * price_per_mwh * 1000, amount * 2, 3 * COUNT(*) OVER () FROM transactions ORDER BY 1, 2",
        "SELECT energy_type, COUNT(DISTINCT provider_id), COUNT(client_id) FROM transactions GROUP BY 1 ORDER BY 1",
        "SELECT provider_id FROM transactions ORDER BY provider_id DESC, transaction_id LIMIT 50",
        "SELECT COALESCE(provider_name, 'none'), CONCAT('x', provider_id) FROM transactions ORDER BY transaction_id LIMIT 50",
        "SELECT SUBSTR(transaction_id, 1, 2), LENGTH(transaction_id) FROM transactions ORDER BY transaction_id LIMIT 9",
        "SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT NULL ORDER BY 1",
        "WITH w AS (SELECT energy_type, SUM(trades) AS n FROM market_daily GROUP BY energy_type) SELECT n / 2, n FROM w ORDER BY 2",
    ],
)
def test_an_expression_gives_the_same_numbers(both: Both, sql: str):
    assert compared(both, sql)


HOSTILE = "'; DROP TABLE transactions; --"


def test_values_are_bound_in_both_and_are_never_part_of_the_question(both: Both):
    day = both.athena.ask(Question(sql="SELECT MAX(date) FROM transactions")).table.rows[0][0]
    assert isinstance(day, date)
    sql = "SELECT COUNT(*) FROM transactions WHERE date = ? AND (currency = ? OR currency <> ?)"
    [[count]] = compared(both, sql, day, HOSTILE, HOSTILE)
    assert count > 0
    assert compared(both, "SELECT ? AS t, ? AS n, ? AS d, ? AS b", HOSTILE, Decimal("1.50"), day, True) == [
        (HOSTILE, Decimal("1.50"), day, True)
    ]


def test_what_both_refuse_is_refused(both: Both):
    for sql in (
        "SELECT 1 / 0",
        "SELECT nothing FROM transactions",
        "SELECT 1 FROM nowhere",
        "SELECT amount::INT FROM transactions",
    ):
        with pytest.raises(ValueError, match=r"."):
            run_query(both.zones, sql, dialect="trino")
        with pytest.raises(AthenaError):
            both.athena.ask(Question(sql=sql))


def test_an_answer_of_more_than_a_page_is_whole(both: Both):
    sql = (
        "WITH thrice AS (SELECT 1 AS n UNION ALL SELECT 2 UNION ALL SELECT 3) "
        "SELECT t.transaction_id, u.n FROM transactions AS t CROSS JOIN thrice AS u ORDER BY 1, 2"
    )
    rows = compared(both, sql)
    assert len(rows) > 2_000, "two pages at least"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT amount, currency FROM transactions",
        "SELECT SUM(amount) FROM transactions WHERE date > DATE '2026-11-10'",
        "SELECT COUNT(*) FROM transactions",
        "SELECT region FROM providers",
    ],
)
def test_what_is_said_before_is_what_is_scanned(both: Both, sql: str):
    estimate = estimate_of(both.zones, sql, DATABASE)
    assert estimate.is_complete
    assert both.athena.run(Question(sql=sql)).scanned_bytes == estimate.scanned_bytes


def test_a_large_answer_by_unload_has_the_same_rows(both: Both):
    sql = "SELECT transaction_id, date, amount, delivery_start, is_client_known FROM transactions"
    unloaded = ask_by_unload(both.athena, Question(sql=sql), s3=both.s3)
    here = run_query(both.zones, sql, dialect="trino")
    assert unloaded.frame.columns == here.columns
    assert sorted(unloaded.frame.rows(), key=repr) == sorted(here.rows, key=repr)


def test_an_unload_without_rows_has_columns_and_types(both: Both):
    sql = "SELECT amount, date FROM transactions WHERE amount > ?"
    unloaded = ask_by_unload(both.athena, Question(sql=sql, parameters=(Decimal(10**15),)), s3=both.s3)
    assert unloaded.frame.is_empty()
    assert [str(kind) for kind in unloaded.frame.dtypes] == ["Decimal(precision=18, scale=2)", "Date"]


def test_the_same_occasion_is_one_query(both: Both):
    question = Question(sql="SELECT COUNT(*) FROM transactions", occasion="a run")
    assert both.athena.run(question).id == both.athena.run(question).id
    assert both.athena.run(question).id != both.athena.run(Question(sql=question.sql)).id
