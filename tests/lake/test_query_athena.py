"""`lake query --athena`: what is said before and after, what is refused before anything is asked, and how failures end.

The Athena is the emulator's, in this process, over the files of a small lake.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jobs.zones import Zones
from lake.athena import Athena
from tests.lake.commands import deliver_all, json_of, lake, ok
from tests.queries.both_engines import WORKGROUP, both_engines

HOSTILE = "'; DROP TABLE transactions; --"
ATHENA = ("--athena", "--workgroup", WORKGROUP)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The root of a small lake whose tables Athena has too."""
    folder = tmp_path_factory.mktemp("athena")
    deliver_all(folder / "lake", folder / "files")
    ok(folder / "lake", "run")
    with pytest.MonkeyPatch.context() as patch, both_engines(Zones.under(str(folder / "lake"))):
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "test")
        patch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        yield folder / "lake"


def test_athena_answers_with_the_numbers_of_the_folder_lake(root: Path):
    sql = "SELECT energy_type, SUM(amount) AS amount, AVG(quantity_mwh) AS mean FROM transactions GROUP BY 1 ORDER BY 1"
    assert ok(root, "query", sql, "--json", *ATHENA) == ok(root, "query", sql, "--json")
    assert ok(root, "query", sql, "--csv", *ATHENA) == ok(root, "query", sql, "--csv")
    assert ok(root, "query", sql, *ATHENA) == ok(root, "query", sql)


def test_the_cost_is_said_before_and_after_and_not_in_the_answer(root: Path):
    done = lake(root, "query", "SELECT SUM(amount) AS a FROM transactions", "--json", *ATHENA)
    assert done.exit_code == 0
    before, after = done.stderr.splitlines()
    files = len(list((root / "curated/transactions").rglob("*.parquet")))
    assert before.startswith("Will scan about ")
    assert before.endswith(f" in {files} files, $0.00005.")
    assert after.startswith("Scanned ")
    assert "$0.00005; query " in after
    assert before.split(" about ")[1].split(" in ")[0] == after.removeprefix("Scanned ").split(" in ")[0]
    assert "scan" not in done.stdout


def test_values_are_bound_and_never_part_of_the_question(root: Path):
    sql = "SELECT ? AS v, COUNT(*) AS n FROM transactions WHERE provider_id = ? OR date = ?"
    given = ("--param", HOSTILE, "--param", HOSTILE, "--param", "date:2024-05-02")
    assert json_of(root, "query", sql, *given, *ATHENA) == json_of(root, "query", sql, *given)
    assert json_of(root, "query", sql, *given)[0]["v"] == HOSTILE


def test_a_question_that_would_scan_too_much_is_refused_before_it_is_asked(root: Path, monkeypatch: pytest.MonkeyPatch):
    def asked(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(Athena, "run", asked)
    done = lake(root, "query", "SELECT * FROM transactions", "--max-scan", "0.000001", *ATHENA)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "the limit is 1.0 kB; nothing was asked" in done.stderr
    assert "more with --max-scan" in done.stderr


def test_where_the_files_are_not_known_the_workgroup_s_own_limit_has_to_do(root: Path, tmp_path: Path):
    sql = "SELECT COUNT(*) AS n FROM transactions"
    done = lake(tmp_path / "empty", "query", sql, "--max-scan", "0.5", *ATHENA)
    assert done.exit_code == 2
    assert "the workgroup lets it scan more than 500.0 MB" in done.stderr
    done = lake(tmp_path / "empty", "query", sql, "--max-scan", "1", "--json", *ATHENA)
    assert (done.exit_code, done.stdout) == (0, '[\n {"n": 12}\n]\n')
    assert "What it will scan is not known: this lake has no files of transactions." in done.stderr


def test_a_question_that_athena_refuses_ends_with_its_category_and_what_to_do(root: Path):
    done = lake(root, "query", "SELECT nothing FROM transactions", *ATHENA)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "error Athena says (user error): COLUMN_NOT_FOUND" in done.stderr
    assert "a column that is not granted is not there either" in done.stderr


def test_without_a_workgroup_nothing_is_asked(root: Path):
    done = lake(root, "query", "SELECT 1", "--athena")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "Athena is asked in a workgroup; name it" in done.stderr


def test_a_large_answer_comes_by_parquet_with_the_same_values(root: Path):
    sql = "SELECT transaction_id, date, amount, delivery_start, provider_id FROM transactions"
    by_unload = json_of(root, "query", sql, "--unload", *ATHENA)
    assert sorted(by_unload, key=repr) == sorted(json_of(root, "query", sql), key=repr)


def test_control_c_says_that_the_query_was_cancelled(root: Path, monkeypatch: pytest.MonkeyPatch):
    cancelled: list[str] = []

    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Athena, "_ended", interrupted)
    monkeypatch.setattr(Athena, "cancel", lambda _, identifier: cancelled.append(identifier))
    done = lake(root, "query", "SELECT 1", *ATHENA)
    assert (done.exit_code, done.stdout) == (130, "")
    assert "the query was cancelled in Athena; what it had scanned until then is billed" in done.stderr
    assert len(cancelled) == 1


def test_an_answer_that_could_not_be_taken_again_says_why(root: Path):
    done = lake(root, "query", "SELECT 1 AS a", "--reuse", "60", *ATHENA)
    assert done.exit_code == 0
    assert "No earlier answer was taken" in done.stderr


def test_tables_are_listed_and_described(root: Path):
    assert "transactions" in ok(root, "query", "SHOW TABLES", "--csv", *ATHENA)
    assert "transaction_id" in ok(root, "query", "DESCRIBE transactions", "--csv", *ATHENA)
