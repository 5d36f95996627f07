"""`lake demo` on a small size: every number agrees, the same demo twice is the same lake, and no stranger's folder is emptied."""

import re
from pathlib import Path

import pytest

from lake import demo
from lake.truth_check import Comparison
from tests.jobs.lakes import tree
from tests.lake.commands import json_of, lake, ok, write

SMALL = ("--days", "3", "--rows", "1200")


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A demo's folder and what was printed."""
    folder = tmp_path_factory.mktemp("demo") / "with a blank"
    return folder, ok(folder, "demo", "--directory", str(folder), *SMALL, COLUMNS="80")


def test_a_demo_ends_with_zero_and_all_numbers_as_planted(done):
    _, said = done
    assert re.search(r"\nAll \d\d numbers are exactly what was planted.\n", said)
    assert "\nThe books balance: rows, MWh and money in are rows, MWh and money out.\n" in said


def test_a_demo_shows_what_was_planted_and_answers_three_questions(done):
    _, said = done
    assert re.search(r"\nfile_empty +1  refused   A file of no bytes", said)
    assert len(re.findall(r"\nSELECT ", said)) == 3
    assert "No rows" not in said.split("4 · three questions")[1].split("done")[0]


def test_a_demo_refuses_exactly_the_files_that_were_planted_to_be(tmp_path: Path):
    shown = lake(tmp_path, "demo", "--directory", str(tmp_path / "d"), *SMALL, "--seed", "2")
    assert shown.exit_code == 0
    refused = re.findall(r"^refused \S+/(\w+)\.csv", shown.stderr, re.MULTILINE)
    assert sorted(refused) == ["transactions_empty", "transactions_missing_column", "transactions_wrong_table"]


def test_what_a_demo_says_to_type_next_works(done):
    folder, said = done
    commands = re.findall(r"^  (\S+ --lake .*)$", said, re.MULTILINE)
    assert [command.split("' ")[1].split()[0] for command in commands] == ["status", "quarantine", "query", "run"]
    assert f"--lake '{folder}/lake' status --verify" in commands[0]

    assert ok(folder / "lake", "status", "--verify").endswith("Every file holds what the books say.\n")
    assert "quarantine of transactions" in ok(folder / "lake", "quarantine", "--dataset", "transactions")
    assert len(json_of(folder / "lake", "query", "SELECT * FROM curated_market_daily LIMIT 5")) == 5
    assert ok(folder / "lake", "run", status=1) == "Nothing is due but what was refused.\n"


def test_the_same_demo_again_is_the_same_lake_byte_for_byte(done):
    folder, _ = done
    before = tree(folder)
    ok(folder, "demo", "--directory", str(folder), *SMALL)
    assert tree(folder) == before


@pytest.mark.parametrize("name", ["lake/cli.py", "deliveries/mine.csv", "notes.txt"])
def test_a_folder_with_files_of_others_is_never_emptied(tmp_path: Path, name: str):
    file = write((tmp_path / name).parent, Path(name).name, "precious")
    refused = lake(tmp_path, "demo", "--directory", str(tmp_path), *SMALL)

    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"error {tmp_path} holds files that no demo made, and a demo empties its folder; name another one\n"
    )
    assert file.read_text(encoding="utf-8") == "precious"


def test_a_file_instead_of_a_folder_is_refused(tmp_path: Path):
    file = write(tmp_path, "plain", "")
    assert (
        lake(tmp_path, "demo", "--directory", str(file)).stderr
        == f"error {file} is a file; name a folder for the demo\n"
    )


def test_a_demo_whose_numbers_disagree_says_which_and_ends_with_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        demo, "compare", lambda *_: [Comparison("[red]here", "rows", "1", "2"), Comparison("a", "b", "1", "1")]
    )
    shown = lake(tmp_path, "demo", "--directory", str(tmp_path / "d"), *SMALL)

    assert shown.exit_code == 1
    assert re.search(r"\[red\]here +rows +1 +2  ✗", shown.stdout)
    assert shown.stderr.endswith("not what was planted: 1 of 2 numbers\n")
