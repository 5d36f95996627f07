"""Numbers against Python's own exact arithmetic: what text means, what units make of it, how it is rounded."""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.source import FileFormat
from tests.strategies import numbers_written, written
from transforms import numbers

POINT = FileFormat()
COMMA = FileFormat(decimal_mark=",", thousands_mark=".")
WIDE = Context(prec=80, rounding=ROUND_HALF_EVEN)
MILLIONTH = Decimal("0.000001")
BOUND = 10**20

SHORT_PERIODS = [
    ("kWh", None),
    ("MWh", None),
    ("GWh", None),
    ("MW", 5),
    ("MW", 15),
    ("MW", 60),
    ("MW", 25),
    ("MW", 9999 * 60),
]


def read(text: str | None, file: FileFormat = POINT) -> Decimal | None:
    """One text as `numbers.number` reads it."""
    return pl.DataFrame({"t": [text]}, schema={"t": pl.String}).select(numbers.number(pl.col("t"), file)).item()


def convert(value: Decimal, factor: Fraction) -> Decimal | None:
    """One number, converted to six decimals."""
    frame = pl.DataFrame({"v": [value]}, schema={"v": numbers.EXACT})
    return frame.select(numbers.converted(pl.col("v"), factor, 6)).item()


def half_even(value: Fraction, places: int) -> Decimal:
    """The reference: Python rounds fractions half even."""
    return Decimal(round(value * 10**places)).scaleb(-places, WIDE)


@pytest.mark.parametrize("file", [POINT, COMMA], ids=["point", "comma"])
def test_written_numbers_are_read_to_the_last_digit(file):
    @given(numbers_written(file))
    def prove(pair):
        value, text = pair
        assert read(text, file) == value

    prove()


@given(st.text(alphabet="0123456789.,+-eE ²٣xnaif_", max_size=8))
def test_what_python_does_not_read_as_a_plain_number_is_none(text):
    is_plain = re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", text) is not None
    assert (read(text) is not None) == is_plain
    if is_plain:
        assert read(text) == Decimal(text)


@pytest.mark.parametrize(
    "text", [None, "", "1e3", "1E3", "inf", "-Infinity", "NaN", "1_000", "0x10", "1,5", "--1", "٣", "1 0"]
)
def test_no_exponent_no_infinity_no_foreign_notation_is_read(text):
    assert read(text) is None


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("1.234", "1234"),
        ("1.234,5", "1234.5"),
        ("-1.234.567,89", "-1234567.89"),
        ("1234,5", "1234.5"),
        (",5", "0.5"),
        ("12.345.678", "12345678"),
        ("1.5", None),
        ("0.085", None),
        ("0.123", None),
        ("01.234", None),
        ("1234.567", None),
        ("1.234.56", None),
        ("1..234", None),
        (".123", None),
        ("1,234.567", None),
        ("1,2,3", None),
    ],
)
def test_thousands_marks_must_cut_groups_of_three_behind_a_digit_that_is_not_zero(text, meaning):
    assert read(text, COMMA) == (None if meaning is None else Decimal(meaning))


@given(st.integers(0, 999).map(lambda units: Decimal(units).scaleb(-3)))
def test_an_english_fraction_is_never_multiplied_under_a_dialect_with_points_for_thousands(value):
    assert read(f"{value:.3f}", COMMA) is None


@pytest.mark.parametrize("mark", [" ", "'", "\u00a0", "."])
def test_any_thousands_mark_that_a_source_may_declare_works(mark):
    assert read(f"12{mark}345,5", FileFormat(decimal_mark=",", thousands_mark=mark)) == Decimal("12345.5")
    assert read(f"12{mark}34,5", FileFormat(decimal_mark=",", thousands_mark=mark)) is None


@given(st.integers(1, 60), st.booleans())
def test_a_number_of_any_length_is_read_exactly_or_not_at_all(digits, is_negative):
    text = ("-" if is_negative else "") + "9" * digits
    assert read(text) == (Decimal(text) if int("9" * digits) < BOUND else None)


@pytest.mark.parametrize("file", [POINT, COMMA], ids=["point", "comma"])
def test_more_than_nine_decimals_are_too_precise_and_trailing_zeros_are_not(file):
    texts = [
        "1.123456789",
        "1.1234567890",
        "1.000000000000000",
        "1.1234567891",
        "1.00000000000001",
        "1",
        "x.0000000001",
    ]
    local = [text.replace(".", file.decimal_mark) for text in texts] + [None]
    frame = pl.DataFrame({"t": local}, schema={"t": pl.String})
    found = frame.select(numbers.is_too_precise(pl.col("t"), file)).to_series().to_list()
    assert found == [False, False, False, True, True, False, True, None]


@pytest.mark.parametrize(("unit", "minutes"), SHORT_PERIODS)
def test_energy_converts_to_mwh_as_fractions_do_rounded_half_even_or_not_at_all(unit, minutes):
    factor = numbers.unit_factor(unit, minutes, price=False)
    assert factor == {"kWh": Fraction(1, 1000), "MWh": 1, "GWh": 1000, "MW": Fraction(minutes or 0, 60)}[unit]

    @given(numbers_written(POINT))
    def prove(pair):
        converted = convert(pair[0], factor)
        exact = half_even(Fraction(pair[0]) * factor, 6)
        assert converted == exact or (converted is None and abs(exact) >= 10**12)

    prove()


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("minutes", [1, 5, 7, 25, 60, 100, 9998, 9999, 9999 * 60])
def test_the_largest_number_that_is_read_is_converted_or_null_but_never_an_error(minutes, sign):
    largest = sign * Decimal("99999999999999999999.999999999")
    factor = Fraction(minutes, 60)
    assert convert(largest, factor) in {None, half_even(Fraction(largest) * factor, 6)}


@pytest.mark.parametrize(("unit", "factor"), [("kWh", 1000), ("MWh", 1), ("GWh", Fraction(1, 1000))])
def test_prices_convert_the_other_way_round(unit, factor):
    assert numbers.unit_factor(unit, None, price=True) == factor


def test_power_without_a_fixed_period_is_refused_and_not_guessed():
    with pytest.raises(ValueError, match="unit MW needs a delivery period in minutes"):
        numbers.unit_factor("MW", None, price=False)


@pytest.mark.parametrize(
    ("kwh", "mwh"),
    [
        ("0.0005", "0"),
        ("0.0015", "0.000002"),
        ("0.0025", "0.000002"),
        ("-0.0015", "-0.000002"),
        ("0.00250001", "0.000003"),
    ],
)
def test_halves_go_to_the_even_neighbour(kwh, mwh):
    assert convert(Decimal(kwh), Fraction(1, 1000)) == Decimal(mwh)


@pytest.mark.parametrize(
    ("power", "mwh"), [("0.000006", "0"), ("0.000018", "0.000002"), ("-0.000006", "0"), ("-0.000018", "-0.000002")]
)
def test_halves_of_power_over_five_minutes_go_to_the_even_neighbour(power, mwh):
    assert convert(Decimal(power), Fraction(5, 60)) == Decimal(mwh)


@given(st.integers(-(10**30), 10**30), st.integers(1, 10**20))
def test_whole_numbers_are_divided_half_even(dividend, divisor):
    schema = {"a": pl.Int128, "b": pl.Int128}
    frame = pl.DataFrame({"a": [dividend], "b": [divisor]}, schema=schema)
    found = frame.select(numbers.divided_half_even(pl.col("a"), pl.col("b"))).item()
    assert found == round(Fraction(dividend, divisor))


@given(
    st.integers(-(10**18) + 1, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-6, WIDE)),
    st.integers(-(10**18) + 1, 10**18 - 1).map(lambda units: Decimal(units).scaleb(-6, WIDE)),
)
def test_products_of_any_two_quantities_and_prices_are_exact(quantity, price):
    frame = pl.DataFrame({"q": [quantity], "p": [price]}, schema=dict.fromkeys("qp", pl.Decimal(18, 6)))
    assert frame.select(numbers.product_exact(pl.col("q"), pl.col("p"))).item() == WIDE.multiply(quantity, price)


@given(st.lists(numbers_written(COMMA), max_size=5))
def test_reading_a_column_reads_each_text_as_if_it_were_alone(pairs):
    texts = [text for _, text in pairs]
    frame = pl.DataFrame({"t": texts}, schema={"t": pl.String})
    together = frame.select(numbers.number(pl.col("t"), COMMA)).to_series().to_list()
    assert together == [read(text, COMMA) for text in texts] == [value for value, _ in pairs]


def test_the_reference_itself_writes_marks_where_a_spaniard_would():
    assert written(Decimal("-1234567.5"), COMMA, grouped=True) == "-1.234.567,5"
