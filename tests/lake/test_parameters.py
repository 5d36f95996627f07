"""Values for a question's `?`: how they are written on the command line, and the literal that carries each to Athena."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp, parse_one

from lake.parameters import ParameterError, Value, literal_of, parameter_of


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("plain", "plain"),
        ("", ""),
        ("text:date:2024-01-01", "date:2024-01-01"),
        ("nobody:knows", "nobody:knows"),
        ("integer:-5", -5),
        ("decimal:1.50", Decimal("1.50")),
        ("boolean:true", True),
        ("boolean:false", False),
        ("date:2024-02-29", date(2024, 2, 29)),
        ("timestamp:2024-05-01 23:00:00", datetime(2024, 5, 1, 23)),  # noqa: DTZ001 - UTC by contract
        ("timestamp:2024-05-02T01:00:00+02:00", datetime(2024, 5, 1, 23)),  # noqa: DTZ001
        ("null:", None),
    ],
)
def test_a_value_is_what_it_is_written_as(written: str, value: Value):
    found = parameter_of(written)
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("integer:1.5", "'1.5' is no integer; write digits, or text:integer:1.5 where a text is meant"),
        ("decimal:many", "'many' is no decimal"),
        ("decimal:NaN", "'NaN' is no decimal"),
        ("boolean:yes", "write true or false"),
        ("date:01/02/2024", "write YYYY-MM-DD"),
        ("timestamp:noon", "in UTC"),
        ("null:x", "nothing comes after null:"),
    ],
)
def test_a_value_that_is_not_what_it_says_is_refused(written: str, why: str):
    with pytest.raises(ParameterError) as told:
        parameter_of(written)
    assert why in str(told.value)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        (None, "NULL"),
        (True, "true"),
        (-7, "-7"),
        (Decimal("1.50"), "1.50"),
        (Decimal("-0.00"), "-0.00"),
        (Decimal(5), "DECIMAL '5'"),
        (Decimal("1E+3"), "DECIMAL '1000'"),
        (date(2024, 2, 29), "DATE '2024-02-29'"),
        (datetime(2024, 5, 1, 23), "TIMESTAMP '2024-05-01 23:00:00.000000'"),  # noqa: DTZ001
        (datetime(2024, 5, 2, 1, tzinfo=timezone(timedelta(hours=2))), "TIMESTAMP '2024-05-01 23:00:00.000000'"),
        (datetime(2024, 5, 1, 23, 0, 0, 5, tzinfo=UTC), "TIMESTAMP '2024-05-01 23:00:00.000005'"),
        ("it's; --", "'it''s; --'"),
        ("", "''"),
    ],
)
def test_a_literal_says_the_value_and_its_type(value: Value, literal: str):
    assert literal_of(value) == literal


@given(st.text())
def test_whatever_a_text_holds_its_literal_is_one_literal(value: str):
    read = parse_one(f"SELECT {literal_of(value)}", read="trino").selects
    assert [type(part) for part in read] == [exp.Literal]
    assert read[0].this == value


@given(st.text())
def test_any_text_can_be_written_on_the_command_line(value: str):
    assert parameter_of(f"text:{value}") == value
