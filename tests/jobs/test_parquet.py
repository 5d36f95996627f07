"""Words are written as lists and places, and read as the texts they are by everyone who reads a lake's files."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet as pq
from hypothesis import given
from hypothesis import strategies as st

from jobs.parquet import stored_rows, write_parquet, write_parquets
from transforms.words import words

TEXTS = st.one_of(
    st.lists(st.sampled_from(["", "wind", "Ω", "a" * 40, None]), max_size=60),
    st.builds(lambda text, count: [text] * count, st.text(max_size=20), st.integers(0, 60)),
)


def written(tmp_path: Path, frame: pl.DataFrame) -> Path:
    """The frame as a file."""
    target = tmp_path / "x" / "file.parquet"
    write_parquet(frame, target)
    return target


@given(TEXTS)
def test_words_and_texts_are_read_as_the_same_texts(tmp_path_factory, values: list[str | None]):
    texts = pl.Series("text", values, dtype=pl.String)
    frame = pl.DataFrame([texts, words(texts).alias("word"), pl.int_range(texts.len(), eager=True).alias("n")])
    expected = frame.with_columns(pl.col("word").cast(pl.String))
    target = written(tmp_path_factory.mktemp("written"), frame)
    assert pl.read_parquet(target).equals(expected)
    assert pl.read_parquet(target).schema == expected.schema
    assert {str(field.type) for field in pq.read_schema(target)} <= {"string", "large_string", "int64", "string_view"}
    assert pq.read_table(target)["word"].to_pylist() == values
    with duckdb.connect() as connection:
        found = connection.execute("SELECT word FROM read_parquet(?) ORDER BY n", [str(target)]).fetchall()
    assert found == [(value,) for value in values]


def test_the_bytes_do_not_depend_on_the_rows_that_words_were_cut_from(tmp_path):
    alone = pl.DataFrame([words(pl.Series("word", ["wind", "gas", None]))])
    cut = pl.DataFrame([words(pl.Series("word", ["solar", "wind", "gas", None, "hydro"]))]).slice(1, 3)
    assert written(tmp_path / "alone", alone).read_bytes() == written(tmp_path / "cut", cut).read_bytes()


def test_files_say_how_many_rows_they_hold_in_the_order_asked(tmp_path):
    files = [tmp_path / f"{rows}.parquet" for rows in range(70, 0, -1)]
    write_parquets({file: pl.DataFrame({"row": range(int(file.stem))}) for file in files})

    assert stored_rows(files) == list(range(70, 0, -1))
    assert stored_rows([]) == []
