"""`lake query`: the lake's tables in SQL, and answers that lose nothing. What it must not do is in `test_query_safety.py`."""

import csv
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from contracts import CURATED, DELIVERED
from jobs.publish import Publication
from jobs.zones import Zones
from lake.query import QueryError, run_query
from lake.result import Result, as_csv, as_json, as_text
from tests.lake.commands import json_of, lake, ok

TABLES = sorted(
    [f"curated_{name}" for name in CURATED]
    + [f"processed_{name}{kind}" for name in DELIVERED for kind in ("", "_superseded")]
    + [f"quarantine_{name}" for name in DELIVERED]
)
_DELIVERED = {f"curated_{name}" for name in DELIVERED}


def asked(root: Path, sql: str) -> list[tuple[Any, ...]]:
    """The rows of an answer as Python values."""
    return run_query(Zones.under(str(root)), sql).rows


def test_an_empty_lake_has_every_table_with_every_column_and_no_row(tmp_path: Path):
    empty = Zones.under(str(tmp_path / "nowhere"))

    assert [row[0] for row in run_query(empty, "SHOW TABLES").rows] == TABLES
    for table in TABLES:
        assert run_query(empty, f"FROM {table}").rows == []
    assert not (tmp_path / "nowhere").exists()


def test_an_empty_table_has_the_columns_and_types_of_a_full_one(sound: Path, tmp_path: Path):
    empty, full = Zones.under(str(tmp_path / "nowhere")), Zones.under(str(sound))
    for table in TABLES:
        wanted = [row[:2] for row in run_query(full, f"DESCRIBE {table}").rows]
        assert [row[:2] for row in run_query(empty, f"DESCRIBE {table}").rows] == wanted, table


def test_each_table_holds_the_rows_that_the_books_name(sound: Path):
    counts = {table: asked(sound, f"FROM {table} SELECT count(*)")[0][0] for table in TABLES}

    plain = {table: count for table, count in counts.items() if not table.startswith("curated_") or table in _DELIVERED}
    assert {table: count for table, count in plain.items() if count} == {
        "curated_clients": 1,
        "curated_providers": 2,
        "curated_transactions": 12,
        "processed_clients": 1,
        "processed_providers": 2,
        "processed_transactions": 12,
        "processed_transactions_superseded": 1,
        "quarantine_transactions": 1,
    }


def test_a_file_that_no_book_names_is_not_in_a_table(sound: Path):
    folder = next((sound / "processed/transactions").glob("date=*"))
    file = next(folder.glob("*.parquet"))
    (folder / "left_by_a_killed_run.parquet").write_bytes(file.read_bytes())

    assert asked(sound, "SELECT count(*) FROM processed_transactions") == [(12,)]


def test_values_come_as_themselves_decimals_with_all_their_digits(sound: Path):
    [row] = asked(
        sound,
        "SELECT quantity_mwh, amount, delivery_start, delivery_end, date, provider_id, client_id, is_client_known, source_row "
        "FROM curated_transactions WHERE transaction_id = 'T0001'",
    )

    assert [str(value) for value in row] == [
        "1.000000",
        "100.00",
        "2024-05-01 23:00:00",
        "2024-05-02 00:00:00",
        "2024-05-02",
        "PRV-1",
        "None",
        "None",
        "1",
    ]
    assert isinstance(row[0], Decimal)


def test_json_is_an_array_of_objects_with_exact_numbers_nulls_lists_and_utc(sound: Path):
    sql = "SELECT transaction_id id, quantity_mwh, delivery_start, provider_id FROM curated_transactions ORDER BY 1 LIMIT 2"
    said = ok(sound, "query", sql, "--json")

    assert json.loads(said, parse_float=Decimal) == [
        {
            "id": "T0001",
            "quantity_mwh": Decimal("1.000000"),
            "delivery_start": "2024-05-01 23:00:00",
            "provider_id": "PRV-1",
        },
        {
            "id": "T0002",
            "quantity_mwh": Decimal("1.000000"),
            "delivery_start": "2024-05-03 00:00:00",
            "provider_id": None,
        },
    ]
    assert '"quantity_mwh": 1.000000,' in said, "digits after the point are part of an exact number"
    assert json_of(sound, "query", "SELECT reasons FROM quarantine_transactions") == [
        {"reasons": ["energy_type_unknown", "quantity_bad_number"]}
    ]
    assert json_of(sound, "query", "SELECT 1 WHERE false") == []


def test_csv_has_a_header_empty_nulls_exact_decimals_and_lists_as_json(sound: Path):
    sql = (
        "SELECT reasons, NULL::VARCHAR AS n, 0::DECIMAL(18,7) AS zero, true AS yes, 'a,\"b\"' AS t, "
        "123456789012345678901234567890.12345678::DECIMAL(38,8) AS big FROM quarantine_transactions"
    )
    rows = list(csv.reader(io.StringIO(ok(sound, "query", sql, "--csv", "--dialect", "duckdb"))))

    assert rows == [
        ["reasons", "n", "zero", "yes", "t", "big"],
        [
            '["energy_type_unknown", "quantity_bad_number"]',
            "",
            "0.0000000",
            "true",
            'a,"b"',
            "123456789012345678901234567890.12345678",
        ],
    ]


@pytest.mark.parametrize(
    ("expression", "written"),
    [
        ("1e-7::DECIMAL(18,7)", "0.0000001"),
        ("-0.5::DECIMAL(4,2)", "-0.50"),
        ("99999999999999999999999999999999999999::HUGEINT", "99999999999999999999999999999999999999"),
        ("'NaN'::DOUBLE", '"nan"'),
        ("'-Infinity'::DOUBLE", '"-inf"'),
        ("0.1::DOUBLE", "0.1"),
        ("chr(0) || '1' || chr(0)", r'"\u00001\u0000"'),
        ("'é\"\n'", r'"é\"\n"'),
        ("TIMESTAMP '2024-01-01 00:00:00.000001'", '"2024-01-01 00:00:00.000001"'),
        ("TIMESTAMPTZ '2024-07-01 12:00:00+02'", '"2024-07-01 10:00:00"'),
        ("{'a': 1.50, 'b': [DATE '2024-01-01', NULL]}", '{"a": 1.50, "b": ["2024-01-01", null]}'),
        ("MAP {1.5: 2}", '{"1.5": 2}'),
        ("'\\xAB'::BLOB", '"ab"'),
    ],
)
def test_every_kind_of_value_is_written_as_json_without_loss(tmp_path: Path, expression: str, written: str):
    assert as_json(run_query(Zones.under(str(tmp_path)), f"SELECT {expression} AS v")) == f'[\n {{"v": {written}}}\n]'


def test_columns_of_one_name_are_all_in_the_object():
    assert as_json(Result(["a", "a", "a_1"], [(1, 2, 3)])) == '[\n {"a": 1, "a_1": 2, "a_1_1": 3}\n]'
    assert as_csv(Result(["a", "a"], [(1, 2)])) == "a,a\n1,2\n"


def test_what_tables_show_of_a_value_is_what_csv_writes():
    values = (None, "x", True, Decimal("0E-7"), b"\xab", [Decimal("1.0"), "é"])
    assert [as_text(v) for v in values] == ["", "x", "true", "0.0000000", "ab", '[1.0, "é"]']


def test_zoned_instants_are_shown_in_utc_whatever_surrounds_them(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    result = run_query(
        zones, "SELECT 1 AS a, TIMESTAMPTZ '2024-07-01 12:00:00+02' AS a, 'é;' AS b ORDER BY 1; -- the end;"
    )

    assert result.columns == ["a", "a", "b"]
    assert [[str(v) for v in row] for row in result.rows] == [["1", "2024-07-01 10:00:00", "é;"]]
    nested = run_query(zones, "SELECT [TIMESTAMPTZ '2024-07-01 12:00:00+02']")
    assert nested.rows[0][0][0] == datetime(2024, 7, 1, 10, tzinfo=UTC)


def in_trino(root: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of an answer to a question in Athena's SQL."""
    return run_query(Zones.under(str(root)), sql, values, dialect="trino").rows


@pytest.mark.parametrize(
    "name",
    [
        "transactions",
        "curated_transactions",
        "energy_lake_dev_curated.transactions",
        "AwsDataCatalog.energy_lake_prod_curated.Transactions",
        '"awsdatacatalog"."energy_lake_staging_curated"."transactions"',
        "energy_lake_dev_processed.transactions",
        "processed_transactions",
    ],
)
def test_a_table_has_the_names_it_has_in_athena(sound: Path, name: str):
    sql = f"SELECT COUNT(*), MAX(t.price_per_mwh) FROM {name} AS t"  # noqa: S608 - from the list above
    assert in_trino(sound, sql) == [(12, Decimal("100.000000"))]


def test_a_table_named_in_full_can_be_named_before_its_columns(sound: Path):
    sql = (
        "SELECT energy_lake_dev_curated.providers.provider_id FROM energy_lake_dev_curated.providers "
        "WHERE providers.provider_id = 'PRV-1'"
    )
    assert in_trino(sound, sql) == [("PRV-1",)]


def test_what_a_question_names_itself_comes_before_a_table_of_that_name(sound: Path):
    assert in_trino(sound, "WITH transactions AS (SELECT 1 AS a) SELECT a FROM transactions") == [(1,)]


def test_a_database_that_is_not_there_is_answered_with_those_there_are(sound: Path):
    with pytest.raises(
        QueryError, match="energy_lake_dev_raw is no database of the lake; there are energy_lake_<stack>_"
    ):
        in_trino(sound, "SELECT 1 FROM energy_lake_dev_raw.transactions")


def test_a_quotient_of_amounts_is_exact_as_in_athena_and_a_double_in_duckdb(sound: Path):
    sql = "SELECT SUM(amount) / 7 FROM curated_transactions"
    [[exact]] = in_trino(sound, sql)
    [[rough]] = asked(sound, sql)
    assert exact == (asked(sound, "SELECT SUM(amount) FROM curated_transactions")[0][0] / 7).quantize(Decimal("0.01"))
    assert isinstance(rough, float)


HOSTILE = "'; DROP VIEW curated_providers; --"


def test_values_are_bound_in_order_and_never_part_of_the_question(sound: Path):
    sql = "SELECT ?, provider_id FROM providers WHERE provider_id = ? OR provider_id = ?"
    assert in_trino(sound, sql, HOSTILE, "PRV-1", HOSTILE) == [(HOSTILE, "PRV-1")]
    values = ("--param", HOSTILE, "--param", "PRV-1", "--param", "x")
    assert json_of(sound, "query", sql.replace("?,", "? AS v,"), *values) == [{"v": HOSTILE, "provider_id": "PRV-1"}]
    duck = json_of(sound, "query", "SELECT ? AS v", "--dialect", "duckdb", "--param", HOSTILE)
    assert duck == [{"v": HOSTILE}]


def test_values_of_every_kind_come_as_what_they_are(sound: Path):
    values = [
        "date:2024-05-02",
        "integer:7",
        "decimal:1.50",
        "boolean:true",
        "null:",
        "text:date:x",
        "timestamp:2024-05-02T10:00",
    ]
    options = [part for value in values for part in ("--param", value)]
    sql = "SELECT ? + INTERVAL '1' DAY AS d, ? / 2 AS i, ? AS n, ? AS b, ? AS z, ? AS t, ? AS s"
    assert json.loads(ok(sound, "query", sql, "--json", *options), parse_float=Decimal) == [
        {
            "d": "2024-05-03",
            "i": 3,
            "n": Decimal("1.50"),
            "b": True,
            "z": None,
            "t": "date:x",
            "s": "2024-05-02 10:00:00",
        }
    ]


def test_as_many_values_as_holes_are_asked_for(sound: Path):
    done = lake(sound, "query", "SELECT ?, ?", "--param", "a")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the question has 2 ? and 1 values were given" in done.stderr


def test_a_value_that_is_not_what_it_is_said_to_be_is_refused(sound: Path):
    done = lake(sound, "query", "SELECT ?", "--param", "date:yesterday")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'yesterday' is no date; write YYYY-MM-DD, or text:date:yesterday where a text is meant" in done.stderr


def test_a_dialect_that_is_not_there_is_refused(sound: Path):
    done = lake(sound, "query", "SELECT 1", "--dialect", "spark")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "'spark' is no dialect; there are trino and duckdb" in done.stderr


def test_tables_can_be_listed_and_described_in_athena_s_words(sound: Path):
    assert {"transactions", "curated_transactions", "quarantine_clients"} <= {
        row[0] for row in in_trino(sound, "SHOW TABLES")
    }
    assert in_trino(sound, "DESCRIBE transactions")[0][0] == "transaction_id"


@pytest.mark.parametrize("dialect", ["trino", "duckdb"])
def test_a_division_by_zero_says_the_way_out_and_nothing_of_how_it_is_computed(tmp_path: Path, dialect: str):
    done = lake(
        tmp_path, "query", "SELECT 1 % 0, 7 // 1" if dialect == "duckdb" else "SELECT 1 / 0", "--dialect", dialect
    )
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error Division by zero; NULLIF(…, 0) around the divisor")
    assert "struct_extract" not in done.stderr


def test_an_unknown_table_is_answered_with_the_tables_there_are(tmp_path: Path):
    done = lake(tmp_path, "query", "SELECT * FROM trades")

    assert done.exit_code == 2
    assert "Table with name trades does not exist!" in done.stderr
    assert all(table in done.stderr for table in TABLES)


def test_an_error_shows_the_place_in_the_question_and_no_markup_of_it(tmp_path: Path):
    done = lake(tmp_path, "query", "SELECT '[red]' FROM [/red] WHERE", "--dialect", "duckdb")

    assert done.exit_code == 2
    assert done.stderr.startswith("error Parser Error: syntax error")
    assert "LINE 1: SELECT '[red]' FROM [/red] WHERE\n" in done.stderr


def test_a_missing_file_of_a_table_is_an_error_that_says_where_to_look(sound: Path):
    (sound / "curated/providers/providers.parquet").unlink()
    done = lake(sound, "query", "SELECT 1")

    assert done.exit_code == 2
    assert "curated/providers/providers.parquet" in done.stderr or "providers.parquet" in done.stderr


def test_an_answer_too_wide_for_the_terminal_is_shown_record_by_record_without_loss(sound: Path):
    sql = "SELECT * FROM curated_transactions ORDER BY transaction_id LIMIT 2"
    said = ok(sound, "query", sql, COLUMNS="80")

    assert said.startswith("row 1\n  transaction_id        T0001\n")
    assert "  quantity_mwh          1.000000\n" in said
    assert "\nrow 2\n" in said


def test_a_table_never_loses_a_digit_however_narrow_the_terminal(sound: Path):
    said = ok(sound, "query", "SELECT CAST(123456789012345.67 AS DECIMAL(18,2)) AS a, 'b' AS b", COLUMNS="12")
    assert "123456789012345.67" in said
    assert "1,200.00" in ok(sound, "status", COLUMNS="20")


def test_a_long_answer_is_cut_with_a_word_about_the_rest(tmp_path: Path):
    said = ok(tmp_path, "query", "SELECT range AS n FROM range(1234)")

    assert said.splitlines()[-1] == "… and 1,034 rows more; `lake query` with --csv or --json gives all of them."
    assert len(json_of(tmp_path, "query", "SELECT range AS n FROM range(1234)")) == 1234


def test_an_answer_without_rows_names_its_columns(tmp_path: Path):
    assert ok(tmp_path, "query", "SELECT 1 AS a, 2 AS b WHERE false") == "No rows. The columns are a, b.\n"


def test_only_one_form_of_answer_can_be_asked_for(tmp_path: Path):
    done = lake(tmp_path, "query", "SELECT 1", "--csv", "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "choose one of --csv and --json" in done.stderr


def test_a_query_between_commit_and_move_sees_the_new_lake(sound: Path):
    zones = Zones.under(str(sound))
    state = json.loads((sound / "ledger/curated.json").read_text(encoding="utf-8"))
    publication = Publication(zones)
    path = "providers/providers.parquet"
    publication.stage("curated", path, zones.curated.read("clients/clients.parquet"))
    (sound / "ledger/commit.json").write_text(
        json.dumps({"moves": [["curated", path]], "removes": [], "state": state}), encoding="utf-8"
    )
    with pytest.raises(QueryError, match="provider_id"):
        run_query(zones, "SELECT provider_id FROM curated_providers")
