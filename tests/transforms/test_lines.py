"""Which lines are records: against Python's CSV reader, and against the parser that has to survive what is let through."""

import csv
import io
from pathlib import Path

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from contracts.lines import LONGEST_LINE_BYTES
from transforms import lines

DIALECTS = [(",", '"'), (";", '"'), ("|", "'"), ("\t", "$")]
PIECES = ["a", "ñ", " ", "  ", ",", ",", ",", '"', '"', '""', "\r", "1", "|", "'"]
LINES = st.lists(st.sampled_from(PIECES), max_size=10).map("".join)


def found_faults(texts: list[str], fields: int, delimiter: str = ",", quote: str = '"') -> dict[int, tuple[str, str]]:
    """Line number to fault and text, as intake keeps them."""
    schema = {lines.RECORD: pl.UInt32, lines.LINE: pl.String}
    frame = pl.DataFrame({lines.RECORD: range(len(texts)), lines.LINE: texts}, schema=schema).lazy()
    broken = lines.faults(frame, delimiter=delimiter, quote=quote, fields=fields).collect()
    assert set(broken.columns) == {lines.RECORD, lines.LINE, "fault"}
    return {row: (fault, text) for row, text, fault in broken.select(lines.RECORD, lines.LINE, "fault").iter_rows()}


def joined(texts: list[str], fields: int, delimiter: str = ",", quote: str = '"') -> dict[int, tuple[str, int]]:
    """The records that are made of broken lines."""
    broken = found_faults(texts, fields, delimiter, quote)
    return lines.joined_records(broken, delimiter=delimiter, quote=quote, fields=fields)


def parsed(texts: list[str], fields: int) -> list[tuple[str | None, ...]]:
    """The lines as the job's parser reads them; the last value is the overflow."""
    schema = {f"c{number}": pl.String for number in range(fields + 1)}
    content = "".join(f"{text}\n" for text in texts).encode()
    options = {"has_header": False, "missing_columns": "insert", "truncate_ragged_lines": True}
    return pl.scan_csv(io.BytesIO(content), schema=schema, **options).collect().rows()


def by_python(text: str) -> list[str]:
    """The line's fields as Python reads them, strictly; a bare carriage return, which it refuses, counts as any letter."""
    return next(csv.reader([text.replace("\r", "r")], strict=True), [""])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("1,2,3", None),
        ("1,,", None),
        (",,", None),
        ("", "blank"),
        (" \t ", "blank"),
        ("\r", "blank"),
        ("1,2,3,4", "too_many_fields"),
        ('1,2,3,"a,b"', "too_many_fields"),
        ("1,2,3\r", None),
        ('1,"a,b",3', None),
        ('1,"a ""b"" c",3', None),
        ('"","",""', None),
        ("1,2", "too_few_fields"),
        ("1", "too_few_fields"),
        ('1,"a,b"', "too_few_fields"),
        ('1,"a,3', "unclosed_quote"),
        ('1,a"b,3', "unclosed_quote"),
        ('1,"a"b,3', "unclosed_quote"),
        ('1,2,3"', "unclosed_quote"),
        ('1, "a",3', "unclosed_quote"),
        ('1,"a" ,3', "unclosed_quote"),
        ("1,\x00,3", "nul_byte"),
        ("1,\x1a0,3", "nul_byte"),
        ('"\x00', "nul_byte"),
        ("1,\ufffd,3", "bad_encoding"),
        ("\ufffd", "bad_encoding"),
        ("x" * (LONGEST_LINE_BYTES + 1), "too_long"),
        ("ñ" * (LONGEST_LINE_BYTES // 2 + 1), "too_long"),
        ("\x00" * (LONGEST_LINE_BYTES + 1), "too_long"),
    ],
)
def test_a_line_has_the_first_of_its_faults_or_none(text, fault):
    found = {number: name for number, (name, _) in found_faults([text], 3).items()}
    assert found == ({} if fault is None else {0: fault})


def test_faults_are_named_in_the_order_in_which_the_contract_lists_them():
    both = {"too_long": "x\x00", "nul_byte": "\x00\ufffd", "bad_encoding": '\ufffd"', "unclosed_quote": '"'}
    both["too_long"] = both["too_long"] * LONGEST_LINE_BYTES
    told = [found_faults([text], 3)[0][0] for text in both.values()]
    assert told == list(both) == sorted(told, key=lines.FAULTS.index)


@example([' "'], 1)
@example(['"a" ,'], 2)
@example(['a, "b,c"'], 2)
@given(st.lists(LINES, max_size=4), st.integers(1, 4))
def test_what_is_let_through_is_parsed_line_by_line_and_as_python_reads_it(texts, fields):
    broken = found_faults(texts, fields)
    kept = [text for number, text in enumerate(texts) if number not in broken and "\r" not in text]
    rows = parsed(kept, fields)
    assert len(rows) == len(kept)
    for text, row in zip(kept, rows, strict=True):
        read = by_python(text)
        assert [value or "" for value in row] == [*read, ""], text


@given(st.lists(LINES, max_size=5), st.integers(1, 4))
def test_joined_records_take_lines_that_follow_each_other_once_and_are_whole(texts, fields):
    broken = found_faults(texts, fields)
    taken: list[int] = []
    for first, (record, count) in joined(texts, fields).items():
        taken += range(first, first + count)
        assert set(range(first, first + count)) <= set(broken)
        assert found_faults([record], fields) == {}
        assert len(by_python(record)) == fields
        pieces = "".join(text for _, text in (broken[number] for number in range(first, first + count)))
        assert record.replace(" ", "") == pieces.replace(" ", "")
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize(("delimiter", "quote"), DIALECTS)
@pytest.mark.parametrize("breaks", range(1, 8))
def test_a_quoted_value_over_line_breaks_becomes_one_record(delimiter, quote, breaks):
    value = ["first", *(f"line {number}" for number in range(breaks))]
    texts = [delimiter.join(["1", "x", quote + value[0]]), *value[1:-1], value[-1] + quote + delimiter + "end"]
    record = delimiter.join(["1", "x", quote + " ".join(value) + quote, "end"])
    assert joined(["0" + delimiter * 3, *texts, "9" + delimiter * 3], 4, delimiter, quote) == {1: (record, breaks + 1)}


def test_a_value_over_more_than_eight_lines_is_left_broken():
    assert joined(['1,"a', *["b"] * 7, 'c",3'], 3) == {}
    assert joined(['1,"a', *["b"] * 6, 'c",3'], 3) != {}


def test_records_that_stand_side_by_side_are_each_joined():
    assert joined(['1,"a', 'b",2', '3,"c', 'd",4'], 3) == {0: ('1,"a b",2', 2), 2: ('3,"c d",4', 2)}


def test_an_unclosed_quote_never_swallows_the_lines_after_it():
    texts = ['1,"a,3', "4,5,6", '7,"b,9', '8,"c,9', "1,2,3"]
    assert set(found_faults(texts, 3)) == {0, 2, 3}
    assert joined(texts, 3) == {}


def test_an_empty_line_inside_a_quoted_value_is_part_of_it():
    assert joined(['1,"a', "", 'b",3'], 3) == {0: ('1,"a  b",3', 3)}


def test_a_line_with_fields_to_spare_is_not_joined():
    assert joined(['1,"a', 'b",2,3,4'], 3) == {}


@pytest.mark.parametrize("second", ['b\x00",3', 'b\ufffd",3', "b" * (LONGEST_LINE_BYTES + 1) + '",3'])
def test_broken_bytes_never_enter_a_record_by_being_joined(second):
    assert joined(['1,"a', second], 3) == {}


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ('1, "a,b" ,3', '1,"a,b",3'),
        ('  "1",2,"3"  ', '"1",2,"3"'),
        ('1,"a ""b"" " ,3', '1,"a ""b"" ",3'),
        ('1, " a " ,3', '1," a ",3'),
    ],
)
def test_blanks_around_quotes_are_taken_away_and_those_inside_stay(text, record):
    assert joined([text], 3) == {0: (record, 1)}


@pytest.mark.parametrize("text", ['1,x "a",3', '1,"a" b,3', '1, "a" , "b', '1, "a",3,4'])
def test_a_quote_in_the_middle_of_a_value_is_never_mended(text):
    assert joined([text], 3) == {}


def test_every_fault_and_only_a_fault_comes_back_from_its_marker():
    first = pl.DataFrame({"a": [lines.marker(fault) for fault in (*lines.FAULTS, lines.CONTINUED)] + ["1", None, ""]})
    found = first.select(lines.fault_of_marked(pl.col("a"))).to_series().to_list()
    assert found == [*range(len(lines.FAULTS)), None, None, None, None]
    continued = first.select(lines.is_continuation(pl.col("a"))).to_series().to_list()
    assert continued == [False] * len(lines.FAULTS) + [True, False, False, False]


def test_the_parser_of_these_tests_is_set_as_the_jobs_is():
    code = "".join(path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "jobs").glob("*.py"))
    assert 'missing_columns="insert"' in code
    assert "truncate_ragged_lines=True" in code
