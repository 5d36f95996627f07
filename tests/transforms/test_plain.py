"""The cheap reading of plain rows: it may leave any row to `normalise`, and gives no row anything that `normalise` would not.

`normalise` is the reference throughout. The rows here are nearly plain, each with a few fields from a list of what is easily
taken for something else: exponents, blanks, stamps of sixty seconds, hours that clocks skip or repeat, totals a cent off.
"""

from dataclasses import replace

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import DELIVERED
from contracts.model import Severity
from tests.strategies import SOURCES, delivered, header_of, raw_rows
from tests.transforms.running import few
from transforms import lines, times
from transforms.normalise import normalise
from transforms.plain import plain_rows
from transforms.split import split

STANDARD = SOURCES["standard"]
PLAIN = {
    "transaction_id": ["TRX000000001", "TRX-2", "A-LONG-IDENTIFIER-000000001"],
    "transaction_date": ["2026-05-01 10:00:00", "2026-10-25 04:00:00", "2027-12-31 23:00:00"],
    "transaction_type": ["buy", "Venta", "SALE"],
    "entity_id": ["PRV001", "CLI00001", "PRV-WITH-A-LONG-NUMBER"],
    "quantity_kwh": ["1000", "1.5", "0.001", "0.0005", "0.0015", "123456.789", "+7", ".5", "5.", "999999999999.999"],
    "price_per_kwh": ["0.05", "-0.01", "0.123456789", "0.0000000005", "1", "999"],
    "energy_type": ["wind", "Solar", " gas", "EÓLICA", "hidro ", "Natural Gas"],
    "total_amount": ["50", "0.08", "50.00", "0.00", "6172.84", "-0.02"],
}
"""A price of 0.05 and 1,000 kWh make 50; the other totals fit seldom, which is as good."""
ODD = {
    "transaction_id": [
        "",
        " TRX1",
        "trx1",
        "null",
        "N/A",
        "-",
        "TRX1\t",
        "TRX\u00a01",
        "Ñ1",
        "transaction_id",
        "\x1a3",
        None,
    ],
    "transaction_date": [
        *(
            "2026-03-29 02:30:00",
            "2026-10-25 02:30:00",
            "2026-05-01 10:00:60",
            "2026-05-01T10:00:00",
            " 2026-05-01 10:00:00",
        ),
        *(
            "2026-02-30 10:00:00",
            "1890-01-01 00:00:00",
            "2026-05-01",
            "2300-01-01 00:00:00",
            "1950-07-01 00:00:00",
            "",
            None,
        ),
    ],
    "transaction_type": ["", "swap", "bUy", "  buy", "null", "ｂｕｙ", None],
    "entity_id": ["", "X-1", "prv001", " PRV001", "PRV", "PRV 1", "null", "CLI\u00e9", None],
    "quantity_kwh": [
        "1e3",
        "1E3",
        "-1",
        "0",
        "1,5",
        "1.00000000049",
        "1.0000000004900",
        "1_0",
        "inf",
        "-",
        "",
        "1 ",
        "9" * 19,
        None,
    ],
    "price_per_kwh": ["1e-2", "nan", "0.12345678901", "99999999999", "", "n/a", "--1", "1.000000000000000000001", None],
    "energy_type": ["plasma", "", "NULL", "wInD", "  solar", "eólıca", None],
    "total_amount": ["50.01", "50.011", "50.0100000000001", "5e1", "", "x", "1.00", "50.004", None],
}
OPTIONAL = {
    "currency": ["EUR", "eur", " COP ", "XXX", "euro", "-", "", None],
    "action": ["new", "E", "baja", "x", "NULL", None],
}
FIELDS = {name: st.sampled_from(PLAIN[name] * 4 + ODD[name]) for name in PLAIN}


def table_of(fields):
    """Few rows or many: what an example costs is its plan and not its rows, so some hold as many as ten small ones do."""
    rows = st.fixed_dictionaries(fields)
    return st.lists(rows, max_size=12) | st.lists(rows, min_size=25, max_size=50)


def cut(rows, source, header):
    """The plain rows and the others, both as `split` gives typed rows, and all of them as it does without the cheap way."""
    contract = DELIVERED["transactions"]
    frame = delivered(rows, header)
    told = plain_rows(frame, contract, source, header)
    ways = [split(normalise(part, contract, source, header), contract, source, header) for part in (told.others, frame)]
    return told.typed.collect(), ways[0].typed.collect(), ways[1].typed.collect()


def agree(rows, source, header=tuple(PLAIN)):
    """Holds both ways together; gives the numbers of the plain rows."""
    typed, others, expected = cut(rows, source, header)
    assert typed.schema == expected.schema
    assert pl.concat([typed, others]).sort(lines.RECORD).equals(expected)
    return typed[lines.RECORD].to_list()


@few
@given(table_of(FIELDS))
def test_a_row_that_is_read_the_cheap_way_becomes_what_normalise_makes_of_it(rows):
    agree(rows, STANDARD)


@pytest.mark.parametrize("change", [{"total_mismatch": Severity.OFF}, {"quantity_too_precise": Severity.OFF}])
def test_so_it_does_where_a_source_leaves_rules_out(change):
    trades = replace(STANDARD.datasets["transactions"], severities=change)
    source = replace(STANDARD, datasets=STANDARD.datasets | {"transactions": trades})

    @few
    @given(st.lists(st.fixed_dictionaries(FIELDS), max_size=12))
    def prove(rows):
        agree(rows, source)

    prove()


@few
@given(raw_rows("transactions", "standard"))
def test_so_it_does_for_any_rows_at_all(rows):
    agree(rows, STANDARD, header_of("transactions", STANDARD))


@few
@given(table_of(FIELDS | {name: st.sampled_from(texts) for name, texts in OPTIONAL.items()}))
def test_so_it_does_with_columns_that_may_be_left_out(rows):
    agree(rows, STANDARD, (*PLAIN, *OPTIONAL))


def test_sound_rows_really_are_read_the_cheap_way():
    sound = {name: texts[0] for name, texts in PLAIN.items()}
    others = [
        sound | {"transaction_type": "SALE", "energy_type": " gas"},
        sound | {"quantity_kwh": "0.5", "total_amount": "0.020"},
        sound | {"entity_id": "CLI-A-LONG-ONE", "price_per_kwh": "-0.05", "total_amount": "-50"},
    ]
    assert agree([sound], STANDARD, (*PLAIN, *OPTIONAL)) == [0]
    assert agree([sound, *others], STANDARD) == [0, 1, 2, 3], "0.0005 MWh × 50 is 0.025, which is 0.02"


@pytest.mark.parametrize(("name", "text"), [(name, text) for name, texts in ODD.items() for text in texts])
def test_one_odd_field_leaves_the_other_rows_plain(name, text):
    sound = {name: texts[0] for name, texts in PLAIN.items()}
    plain = agree([sound, sound | {name: text}, sound], STANDARD)
    assert plain in ([0, 2], [0, 1, 2])


def test_a_line_of_too_many_fields_is_not_plain():
    header = header_of("transactions", STANDARD)
    frame = delivered([{name: texts[0] for name, texts in PLAIN.items()}], header)
    frame = frame.with_columns(pl.lit("x").alias("raw:_overflow"))
    assert plain_rows(frame, DELIVERED["transactions"], STANDARD, header).typed.collect().is_empty()


@pytest.mark.parametrize(
    ("dataset", "source"),
    [(dataset, name) for name, source in SOURCES.items() for dataset in source.datasets],
)
def test_what_cannot_be_told_apart_is_left_to_normalise_and_the_standard_trades_are_not(dataset, source):
    told = plain_rows(
        delivered([], header_of(dataset, SOURCES[source])),
        DELIVERED[dataset],
        SOURCES[source],
        header_of(dataset, SOURCES[source]),
    )
    assert (told is not None) == ((dataset, source) == ("transactions", "standard"))


@pytest.mark.parametrize(
    "zone", ["Europe/Madrid", "America/Bogota", "America/Havana", "Australia/Lord_Howe", "Africa/Casablanca"]
)
def test_the_table_of_days_knows_the_instant_of_every_half_hour_or_says_nothing(zone):
    """Thirty years of half hours; on days without a change it must say something."""
    naive = pl.datetime_range(pl.datetime(1999, 12, 30), pl.datetime(2030, 1, 1), "30m", time_unit="us", eager=True)
    frame = naive.alias(times.NAIVE).to_frame().with_columns(text=naive.dt.strftime("%Y-%m-%d %H:%M:%S"))
    stamp = STANDARD.datasets["transactions"].fields["delivery_start"]
    _, start, *_ = times.plain_periods("text", stamp, zone)
    found = frame.lazy().with_columns(start).collect()["delivery_start"]
    known = naive.dt.replace_time_zone(zone, ambiguous="null", non_existent="null").dt.convert_time_zone("UTC")
    assert found.drop_nulls().equals(known.filter(found.is_not_null()))
    assert found.is_not_null().mean() > 0.98
