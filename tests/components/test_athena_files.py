"""How a query file is read, and what is refused. The files themselves are tested in `tests/queries`."""

import re
from pathlib import Path

import pytest

from components.athena_files import QueryFileError, QuerySpec, read_queries, read_query

FILE = """\
-- question: How much?
-- grain: one row
-- reads: trades, clients
-- for: bi, analyst
-- A remark; with a semicolon.
SELECT 1
"""


def test_a_file_becomes_a_named_query():
    spec = read_query("how_much", FILE, "curated")
    assert spec == QuerySpec(
        name="how_much",
        description="How much? Grain: one row. Reads: trades, clients.",
        database="curated",
        sql=FILE.strip(),
        personas=("analyst", "bi"),
        reads=("clients", "trades"),
    )
    assert spec.view is None


def test_a_semicolon_at_the_end_is_dropped():
    assert read_query("q", FILE.strip() + ";\n", "curated").sql == FILE.strip()


def test_a_view_is_known_by_its_statement():
    text = FILE.replace("SELECT 1", "create or replace view daily_prices as\nSELECT 1")
    assert read_query("q", text, "curated").view == "daily_prices"


@pytest.mark.parametrize("field", ["question", "grain", "reads", "for"])
def test_a_missing_field_is_refused(field):
    text = "\n".join(line for line in FILE.splitlines() if not line.startswith(f"-- {field}:"))
    with pytest.raises(
        QueryFileError, match=re.escape(f"query q: the header has `-- {field}:` 0 times, expected once")
    ):
        read_query("q", text, "curated")


def test_a_field_given_twice_is_refused():
    with pytest.raises(QueryFileError, match=re.escape("query q: the header has `-- grain:` 2 times, expected once")):
        read_query("q", f"-- grain: one row\n{FILE}", "curated")


@pytest.mark.parametrize("body", ["", "SELECT 1;\nSELECT 2"])
def test_anything_but_one_statement_is_refused(body):
    message = "query q: expected one statement after the header; split the file or remove the semicolon"
    with pytest.raises(QueryFileError, match=re.escape(message)):
        read_query("q", FILE.replace("SELECT 1", body), "curated")


def test_a_query_for_nobody_is_refused():
    with pytest.raises(
        QueryFileError, match=re.escape("query q: no persona has it; name at least one after `-- for:`")
    ):
        read_query("q", FILE.replace("bi, analyst", ","), "curated")


def test_a_description_longer_than_athena_takes_is_refused():
    with pytest.raises(
        QueryFileError, match=re.escape("query q: description has 1042 characters, Athena takes 1 to 1024")
    ):
        read_query("q", FILE.replace("How much?", "?" * 1002), "curated")


def test_files_are_read_in_order_of_name(tmp_path: Path):
    for name in ("b", "a"):
        (tmp_path / f"{name}.sql").write_text(FILE)
    (tmp_path / "README.md").write_text("no query")
    assert [spec.name for spec in read_queries(tmp_path, "curated")] == ["a", "b"]


def test_a_folder_without_queries_is_refused(tmp_path: Path):
    with pytest.raises(
        QueryFileError, match=re.escape(f"{tmp_path} has no *.sql file; give the folder of the queries")
    ):
        read_queries(tmp_path, "curated")
