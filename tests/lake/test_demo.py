"""`lake demo` on a small size: every number agrees, the same demo twice is the same lake, and no stranger's folder is emptied."""

import dataclasses
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from lake import demo
from lake.demo_correction import Correction
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
    assert "No rows" not in said.split("5 · three questions")[1].split("done")[0]


def test_a_correction_that_comes_late_redoes_two_dates_and_only_those(done):
    folder, said = done
    [told] = re.findall(
        r"trade (\S+) was of (\S+), says a correction; .* (\S+), with half.* anew: (.*), and no other", said
    )
    identifier, old, new, redone = told
    assert redone.split(", ") == [old, new]
    assert re.search(rf"\ntransactions +2  {old}, {new}", said)
    assert re.search(rf"\nmarket_daily +2  {old}, {new}", said)

    life = json_of(folder / "lake", "explain", identifier)
    assert [item["values"]["date"] for item in life["appearances"]][-2:] == [old, new]
    [trade] = [item["row"] for item in life["counted"] if item["table"] == "transactions"]
    assert trade["date"] == new
    moved = [item["row"] for item in life["counted"] if item["table"] == "restatements"][-1]
    assert (moved["kind"], moved["date"], moved["new_date"]) == ("moved", old, new)
    assert Decimal(trade["quantity_mwh"]) - Decimal(moved["old_quantity_mwh"]) == Decimal(moved["difference_mwh"])


def test_a_correction_that_touched_more_would_be_said():
    contained = Correction("T", date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 9), ["2026-01-01", "2026-01-02"], {})
    assert contained.is_contained
    for changed in ({"market_daily": ["2026-01-03"]}, {"positions_daily": ["2025-12-31"]}):
        assert not dataclasses.replace(contained, changed=changed).is_contained
    assert dataclasses.replace(contained, changed={"positions_daily": ["2026-01-31"]}).is_contained
    assert not dataclasses.replace(contained, redone=[*contained.redone, "2026-01-03"]).is_contained


def test_a_demo_refuses_exactly_the_files_that_were_planted_to_be(tmp_path: Path):
    shown = lake(tmp_path, "demo", "--directory", str(tmp_path / "d"), *SMALL, "--seed", "2")
    assert shown.exit_code == 0
    refused = re.findall(r"^refused \S+/(\w+)\.csv", shown.stderr, re.MULTILINE)
    assert sorted(refused) == ["transactions_empty", "transactions_missing_column", "transactions_wrong_table"]


def test_what_a_demo_says_to_type_next_works(done):
    folder, said = done
    commands = re.findall(r"^  (\S+ --lake .*)$", said, re.MULTILINE)
    assert [command.split("' ")[1].split()[0] for command in commands] == [
        "status",
        "quarantine",
        "explain",
        "query",
        "run",
    ]
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


def test_a_demo_ends_with_a_report(done):
    folder, said = done
    page = folder / "lake" / "report.html"
    assert f"\nThe report is in {page}; a browser shows it, and it needs no network.\n" in said
    assert page.read_text(encoding="utf-8").startswith("<!doctype html>")
