"""Athena's texts as values: every type as itself, null as None, and the same as rows, as a polars frame and as Arrow."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lake.athena_results import Table, table_of
from tests.lake.athena_stand_in import cells

TYPES: list[tuple[dict[str, Any], str, Any, Any]] = [
    ({"Type": "boolean"}, "true", True, pl.Boolean),
    ({"Type": "bigint"}, "9007199254740993", 9007199254740993, pl.Int64),
    ({"Type": "integer"}, "-7", -7, pl.Int32),
    ({"Type": "double"}, "1.0E-7", 1e-7, pl.Float64),
    ({"Type": "double"}, "Infinity", float("inf"), pl.Float64),
    (
        {"Type": "decimal", "Precision": 38, "Scale": 6},
        "12345678901234567890123456789012.345678",
        Decimal("12345678901234567890123456789012.345678"),
        pl.Decimal(38, 6),
    ),
    ({"Type": "decimal", "Precision": 18, "Scale": 2}, "-0.50", Decimal("-0.50"), pl.Decimal(18, 2)),
    ({"Type": "date"}, "2024-02-29", date(2024, 2, 29), pl.Date),
    ({"Type": "timestamp"}, "2024-05-01 23:00:00.000", datetime(2024, 5, 1, 23), pl.Datetime("us")),  # noqa: DTZ001
    ({"Type": "timestamp with time zone"}, "2024-05-01 23:00:00.000 UTC", datetime(2024, 5, 1, 23, tzinfo=UTC), None),
    (
        {"Type": "timestamp with time zone"},
        "2024-05-02 01:00:00.000 Europe/Madrid",
        datetime(2024, 5, 2, 1, tzinfo=ZoneInfo("Europe/Madrid")),
        None,
    ),
    (
        {"Type": "timestamp with time zone"},
        "2024-05-02 01:00:00.000 +02:00",
        datetime(2024, 5, 1, 23, tzinfo=UTC),
        None,
    ),
    ({"Type": "time"}, "10:30:00.000", time(10, 30), pl.Time),
    ({"Type": "varbinary"}, "ab cd", b"\xab\xcd", pl.Binary),
    ({"Type": "varchar"}, "", "", pl.String),
    ({"Type": "varchar"}, "'; DROP TABLE x; --\x00\n[red]", "'; DROP TABLE x; --\x00\n[red]", pl.String),
    ({"Type": "array"}, "[a, b]", "[a, b]", pl.String),
    ({"Type": "row"}, "{a=1}", "{a=1}", pl.String),
]


def one(column: dict[str, Any], *texts: str | None, has_header: bool = True) -> Table:
    """A table of one column `c`, as one page."""
    info = {"Name": "c", **column}
    rows = [["c"]] if has_header else []
    rows += [[text] for text in texts]
    page = {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": [info]}, "Rows": [{"Data": cells(row)} for row in rows]}}
    return table_of([page], has_header=has_header)


@pytest.mark.parametrize(("column", "text", "value", "dtype"), TYPES)
def test_a_value_comes_as_itself(column: dict[str, Any], text: str, value: Any, dtype: Any):
    table = one(column, text, None)
    [[found], [missing]] = table.rows
    assert (found, type(found), missing) == (value, type(value), None)
    frame = table.frame()
    assert frame.schema["c"] == (dtype or pl.Datetime("us", "UTC"))
    assert frame["c"].to_list() == [value, None]
    assert table.arrow().column("c").to_pylist() == [value, None]


def test_arrow_keeps_the_digits_of_a_decimal():
    table = one({"Type": "decimal", "Precision": 18, "Scale": 2}, "1.50").arrow()
    assert table.schema.field("c").type in (pa.decimal128(18, 2), pa.decimal128(38, 2))
    assert table.column("c").to_pylist() == [Decimal("1.50")]


def test_an_answer_without_rows_has_its_columns_and_types():
    table = one({"Type": "decimal", "Precision": 10, "Scale": 3})
    assert table.rows == []
    assert table.frame().schema == {"c": pl.Decimal(10, 3)}
    assert table.result.columns == ["c"]


def test_a_row_that_is_like_the_header_is_data_where_there_is_no_header():
    assert one({"Type": "varchar"}, "c", has_header=False).rows == [("c",)]
    assert one({"Type": "varchar"}, "c").rows == [("c",)]


def test_what_describe_leaves_out_at_a_row_s_end_is_null():
    info = [{"Name": name, "Type": "string"} for name in ("name", "type", "comment")]
    page = {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": info}, "Rows": [{"Data": cells(["a", "date"])}]}}
    assert table_of([page], has_header=False).rows == [("a", "date", None)]


def test_two_columns_of_one_name_are_rows_but_no_frame():
    info = [{"Name": "a", "Type": "integer"}] * 2
    page = {"ResultSet": {"ResultSetMetadata": {"ColumnInfo": info}, "Rows": [{"Data": cells(["1", "2"])}]}}
    table = table_of([page], has_header=False)
    assert table.rows == [(1, 2)]
    with pytest.raises(pl.exceptions.DuplicateError, match="name them apart with AS"):
        table.frame()


@given(
    st.lists(
        st.none() | st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**20), max_value=10**20)
    )
)
def test_decimals_survive_as_they_are(values: list[Decimal | None]):
    texts = [None if value is None else f"{value:f}" for value in values]
    table = one({"Type": "decimal", "Precision": 38, "Scale": 6}, *texts)
    assert [row[0] for row in table.rows] == values
    assert table.frame()["c"].to_list() == values


@given(st.lists(st.none() | st.text()))
def test_texts_survive_as_they_are(values: list[str | None]):
    assert [row[0] for row in one({"Type": "varchar"}, *values).rows] == values
