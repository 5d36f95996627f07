"""Delivered text: blanks, nulls in any spelling, enumerated values in any case."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.source import FieldMapping
from tests.strategies import SOURCES, decorated, in_any_case
from transforms.text import RAW, cleaned, field_text, spelled

NULLS = ("", "null", "n/a", "not available")


def clean(texts: list[str | None], nulls: tuple[str, ...] = NULLS) -> list[str | None]:
    """Texts as `cleaned` leaves them."""
    return (
        pl.DataFrame({RAW + "a": texts}, schema={RAW + "a": pl.String})
        .select(cleaned("a", nulls))
        .to_series()
        .to_list()
    )


def field(mapping: FieldMapping, **columns: str | None) -> str | None:
    """What is delivered for a field of one row whose cleaned columns are given."""
    frame = pl.DataFrame({f"c:{name}": [text] for name, text in columns.items()}, schema_overrides={"c:b": pl.String})
    return frame.select(field_text(mapping, "c:")).item()


@given(st.sampled_from(NULLS).flatmap(in_any_case), st.sampled_from(["", " ", "\t", "\u00a0 "]))
def test_a_spelling_of_null_is_null_in_any_case_and_with_blanks_around(word, blank):
    assert clean([blank + word + blank]) == [None]


@given(st.text(max_size=12))
def test_any_other_text_only_loses_its_blanks(text):
    expected = text.strip() if text.isprintable() else None
    found = clean([text])
    if expected is not None:
        assert found == [None if expected.lower() in NULLS else expected]


def test_empty_is_null_even_where_a_source_lists_only_other_spellings():
    assert clean(["", "  ", "NA", "na", "x"], ("na",)) == [None, None, None, None, "x"]


def test_words_that_only_contain_a_null_stay():
    assert clean(["nullable", "n/a n/a", "nul", "not  available"]) == ["nullable", "n/a n/a", "nul", "not  available"]


@pytest.mark.parametrize("source", SOURCES)
def test_every_spelling_of_every_source_is_understood_in_any_case(source):
    for dataset in SOURCES[source].datasets.values():
        for mapping in dataset.fields.values():
            for word, meaning in mapping.spellings.items():
                cases = sorted({case.strip() for case in decorated([word])} | {word.title()})
                found = (
                    pl.DataFrame({"t": cases}).select(spelled(pl.col("t"), mapping.spellings, pl.String())).to_series()
                )
                assert set(found) == {meaning}, word


def test_an_unlisted_word_and_null_have_no_meaning():
    frame = pl.DataFrame({"t": ["eolico", "win", "", None]})
    assert frame.select(spelled(pl.col("t"), {"wind": "wind"}, pl.String())).to_series().to_list() == [None] * 4


def test_joined_columns_are_null_where_one_of_them_is():
    mapping = FieldMapping(columns=("a", "b"), join="/")
    assert field(mapping, a="x", b="y") == "x/y"
    assert field(mapping, a="x", b=None) is None


@pytest.mark.parametrize(
    ("when", "text", "kept"),
    [
        ("^PRV", "prv-1", True),
        ("^PRV", "X-PRV", False),
        ("^PRV|^GEN", "gen2", True),
        ("[0-9]$", "A1", True),
        ("[0-9]$", "A", False),
    ],
)
def test_a_condition_looks_at_the_text_in_upper_case_where_the_field_is(when, text, kept):
    assert field(FieldMapping(columns=("a",), when=when, upper=True), a=text) == (text.upper() if kept else None)
