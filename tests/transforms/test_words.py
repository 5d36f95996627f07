"""Words are texts in another shape: what is sorted, compared or put together comes out as the texts would."""

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from transforms.words import common_words, own_words, texts, words

TEXTS = st.lists(st.one_of(st.none(), st.sampled_from(["b", "a", "", "ä", "Z"]), st.text(max_size=4)), max_size=40)
RUNS = st.lists(st.tuples(st.one_of(st.none(), st.sampled_from(["b", "a"])), st.integers(1, 30)), max_size=4).map(
    lambda runs: [text for text, count in runs for _ in range(count)]
)


def series(values: list[str | None]) -> pl.Series:
    return pl.Series("word", values, dtype=pl.String)


@given(TEXTS | RUNS)
def test_words_are_their_texts_and_sort_as_texts_do(values):
    found = words(series(values))
    assert found.cast(pl.String).to_list() == values
    assert found.sort().cast(pl.String).to_list() == series(values).sort().to_list()
    assert found.dtype.categories.to_list() == sorted(set(values) - {None})


@given(TEXTS | RUNS, TEXTS)
def test_columns_with_common_words_can_stand_in_one(first, second):
    one, other = common_words(words(series(first)), words(series(second)))
    assert pl.concat([one, other]).cast(pl.String).to_list() == [*first, *second]


@given(TEXTS | RUNS, st.integers(0, 40), st.integers(0, 40))
def test_a_cut_keeps_its_own_words_only(values, start, length):
    cut = pl.DataFrame([words(series(values))]).slice(start, length)
    own = own_words(cut)
    assert texts(own).equals(texts(cut))
    assert set(own["word"].dtype.categories) == set(values[start : start + length]) - {None}


@given(st.integers(250, 262), st.integers(0, 300), st.booleans())
def test_many_words_become_texts_whatever_list_they_were_of(own_count, more, with_null):
    values = [f"CLI{number:05}" for number in range(own_count)] + [None] * with_null
    alone = words(series(values))
    among = words(series([*values, *(f"A{number}" for number in range(more))])).head(len(values))

    found = [own_words(pl.DataFrame([column]))["word"] for column in (alone, among)]

    assert found[0].dtype == found[1].dtype
    assert (found[0].dtype == pl.String) == (own_count > 256)
    assert all(column.cast(pl.String).to_list() == values for column in found)
