"""Questions from strangers: what a query cannot read, cannot write and cannot make the terminal do.

What a query must not open is really there, so a refusal is no mere absence.
"""

from pathlib import Path

import pytest

from jobs.zones import Zones
from lake import query as queries
from lake.query import DIALECTS, QueryError, connect, run_query
from tests.jobs.lakes import put_raw, run_both, text, trade, tree
from tests.lake.commands import json_of, lake, ok

WRITES = [
    "COPY (SELECT 1) TO '{lake}/curated/providers/providers.parquet'",
    "COPY curated_providers TO '{out}/x.csv'",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{lake}/curated/providers/providers.parquet'",
    "EXPORT DATABASE '{out}/export'",
    "ATTACH '{out}/x.db'",
    "INSTALL httpfs",
    "LOAD httpfs",
    "SET enable_external_access = true",
    "RESET allowed_paths",
    "PRAGMA enable_profiling",
    "CREATE TABLE x AS SELECT 1",
    "CREATE OR REPLACE VIEW curated_providers AS SELECT 1",
    "DROP VIEW curated_providers",
    "INSERT INTO curated_providers VALUES (1)",
    "DELETE FROM curated_providers",
    "BEGIN",
    "CALL enable_logging()",
    "PREPARE p AS SELECT 1",
    "SELECT 1; COPY (SELECT 1) TO '{out}/x.csv'",
    "PIVOT curated_market_daily ON currency USING sum(trades)",
    "",
    " ; ",
    "/* nothing */",
]
READS = [
    "SELECT * FROM read_csv('{secret}')",
    "SELECT * FROM read_text('{secret}')",
    "SELECT * FROM read_blob('{secret}')",
    "SELECT * FROM '{secret}'",
    "SELECT * FROM glob('{folder}/*')",
    "SELECT * FROM sniff_csv('{secret}')",
    "SELECT * FROM read_json('{secret}')",
    "SELECT * FROM read_parquet('{folder}/other.parquet')",
    "SELECT * FROM parquet_metadata('{folder}/other.parquet')",
    "SELECT * FROM read_text('{lake}/ledger/curated.json')",
    "SELECT * FROM read_text('{lake}/raw/**')",
    "SELECT * FROM read_text('{lake}/curated/providers/../../ledger/curated.json')",
    "SELECT * FROM read_csv('https://example.com/x.csv')",
    "SELECT * FROM read_csv('s3://bucket/x.csv')",
    "SELECT * FROM query('COPY (SELECT 1) TO ''{folder}/x.csv''')",
    "SELECT * FROM enable_logging(storage = 'file', storage_path = '{folder}/log')",
    "SELECT getenv('HOME')",
]


@pytest.mark.parametrize("sql", WRITES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_query_that_is_no_single_select_is_refused_before_anything_happens(
    sound: Path, tmp_path: Path, sql: str, dialect: str
):
    (tmp_path / "out").mkdir()
    before = tree(sound)
    done = lake(sound, "query", sql.format(lake=sound, out=tmp_path / "out"), "--dialect", dialect)

    assert (done.exit_code, done.stdout) == (2, "")
    assert "one SELECT is expected" in done.stderr or "Invalid expression" in done.stderr
    assert tree(sound) == before
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("sql", READS)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_select_can_open_no_file_but_the_lake_s_own_tables(sound: Path, tmp_path: Path, sql: str, dialect: str):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "secret.csv").write_text("password\nhunter2\n", encoding="utf-8")
    (folder / "other.parquet").write_bytes(next(sound.rglob("*.parquet")).read_bytes())
    asked = sql.format(secret=folder / "secret.csv", folder=folder, lake=sound)
    done = lake(sound, "query", asked, "--dialect", dialect)

    assert (done.exit_code, done.stdout) == (2, ""), done.stdout
    assert "hunter2" not in done.stderr
    assert sorted(file.name for file in folder.iterdir()) == ["other.parquet", "secret.csv"]


def test_a_refused_file_says_that_a_query_reads_tables_only(tmp_path: Path):
    done = lake(tmp_path, "query", "SELECT * FROM read_csv('/etc/passwd')")
    assert done.stderr.endswith("A query reads the tables of the lake and no other file.\n")


def test_no_variable_of_the_program_is_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    import polars as pl

    monkeypatch.setattr(queries, "secrets_here", pl.DataFrame({"a": [1]}), raising=False)
    with pytest.raises(QueryError, match="Table with name secrets_here does not exist"):
        run_query(Zones.under(str(tmp_path)), "SELECT * FROM secrets_here")


def test_the_connection_itself_opens_the_files_of_its_tables_and_no_others(sound: Path):
    with connect(Zones.under(str(sound))) as connection:
        [allowed] = connection.execute("SELECT current_setting('allowed_paths')").fetchall()[0]
    assert {Path(path).suffix for path in allowed} == {".parquet"}
    assert all(path.startswith(str(sound)) for path in allowed)


def test_hostile_names_and_values_are_data(tmp_path: Path):
    root = tmp_path / "la'ke [x]*?" / "';DROP TABLE x;--"
    zones = Zones.under(str(root))
    name = "we'ird [red]*;--.csv"
    put_raw(
        zones, text([trade(1), trade(2, transaction_id="'); DROP VIEW x;--"), trade(3, energy_type="[/red]")]), name
    )
    run_both(zones, reject_limit=None)

    assert json_of(root, "query", "SELECT transaction_id FROM curated_transactions ORDER BY 1") == [
        {"transaction_id": "'); DROP VIEW X;--"},
        {"transaction_id": "T0001"},
    ]
    said = ok(root, "query", "SELECT source_file, raw FROM quarantine_transactions")
    assert name in said
    assert "[/red]" in said
    assert name in ok(root, "quarantine")


@pytest.mark.parametrize("columns", ["60", "250"])
def test_markup_is_printed_and_control_characters_are_shown_as_codes(tmp_path: Path, columns: str):
    sql = "SELECT '[red]x[/red]' AS \"[bold]h\", '\x1b[31mred\ntwo' AS \"c\x1b\", '[/]' AS e"
    said = ok(tmp_path, "query", sql, COLUMNS=columns)

    assert "[red]x[/red]" in said
    assert "[bold]h" in said
    assert r"\x1b[31mred\ntwo" in said
    assert "\x1b" not in said
