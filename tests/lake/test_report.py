"""`lake report` as a user meets it: where the page is, what is said, and what is refused."""

import webbrowser
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lake.cli import app
from tests.lake.commands import WIDE, lake, ok


def test_the_page_is_in_the_lakes_folder_and_it_is_said_where(sound: Path):
    assert ok(sound, "report") == f"The report is in {sound / 'report.html'}.\n"
    assert (sound / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>\n<html lang=")


def test_a_page_in_the_lakes_folder_is_no_stranger_to_its_books(sound: Path):
    ok(sound, "report")
    ok(sound, "status", "--verify")


def test_the_page_can_be_put_elsewhere_and_in_place_of_an_older_one(sound: Path, tmp_path: Path):
    target = tmp_path / "new" / "page.html"
    ok(sound, "report", "--output", str(target))
    first = target.read_bytes()
    ok(sound, "report", "--output", str(target))
    assert target.read_bytes() == first
    assert not (sound / "report.html").exists()


@pytest.mark.parametrize("can_open", [True, False])
def test_the_page_is_opened_in_a_browser_or_it_is_said_that_there_is_none(
    sound: Path, monkeypatch: pytest.MonkeyPatch, can_open
):
    opened = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or can_open)
    done = lake(sound, "report", "--open")
    assert done.exit_code == 0
    assert opened == [(sound / "report.html").as_uri()]
    assert ("no browser could be started" in done.stderr) == (not can_open)


def test_an_empty_lake_has_no_report_and_is_left_alone(tmp_path: Path):
    done = lake(tmp_path / "nowhere", "report")
    assert done.exit_code == 2
    assert "the lake is empty" in done.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_lake_in_a_bucket_needs_to_be_told_where_the_page_goes():
    done = CliRunner().invoke(app, ["--lake", "s3://bucket/lake", "report"], env=WIDE)
    assert done.exit_code == 2
    assert "the lake is s3://bucket/lake, where no page can be; name a file of this machine" in done.output
