"""How the program is asked: help, wrong usages, and errors that a user can mend; and `dictionary` and `generate`."""

import errno
import json
import re
from datetime import date
from pathlib import Path

import botocore.exceptions
import polars as pl
import pytest
from typer.testing import CliRunner

from contracts.dictionary import data_dictionary
from lake import cli
from lake.generator import DEFAULT_START, MOST_DIRT
from tests.jobs.lakes import PROVIDERS
from tests.lake.commands import DAY, lake, ok, write

COMMANDS = ("ingest", "run", "status", "quarantine", "query", "generate", "demo", "dictionary")


def flat(text: str) -> str:
    """What a box holds, on one line, so that a test does not depend on where it was broken."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", text).split())


def test_help_lists_every_command_with_a_sentence(tmp_path: Path):
    said = ok(tmp_path, "--help")
    for command in COMMANDS:
        assert re.search(rf"{command} +[A-Z][^│]{{15,}}\.", said), command
    assert "env var: ENERGY_LAKE]" in said


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("columns", ["80", "200"])
def test_each_command_explains_itself_and_all_its_options(tmp_path: Path, command: str, columns: str):
    said = ok(tmp_path, command, "--help", COLUMNS=columns)

    assert f"Usage: lake {command}" in said
    assert max(map(len, said.splitlines())) <= int(columns)
    for line in said.splitlines():
        if found := re.match(r"│ \*? +(--[a-z-]+) +(<[^>]+>|[A-Z-]+)? +(.*)│", line):
            assert found[3].strip(), f"{found[1]} has no help"


def test_without_a_word_the_help_is_shown_and_the_status_is_two():
    done = CliRunner().invoke(cli.app, [])
    assert done.exit_code == 2
    assert all(command in done.output for command in COMMANDS)


def test_the_version_is_that_of_the_project(tmp_path: Path):
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    assert f'version = "{ok(tmp_path, "--version").strip()}"' in project


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nosuch",), "No such command 'nosuch'."),
        (("run", "--nosuch"), "No such option: --nosuch"),
        (("run", "--job", "x"), "'--job': 'x' is no job; there are raw-to-processed and processed-to-curated"),
        (("run", "--reject-limit", "1.5"), "'--reject-limit': Input should be less than or equal to 1"),
        (("run", "--reject-limit", "few"), "'--reject-limit'"),
        (
            ("quarantine", "--dataset", "x"),
            "'--dataset': 'x' is no dataset; there are providers, clients, transactions, fx_daily, curve",
        ),
        (("quarantine", "--rows", "-1"), "'--rows': Input should be greater than or equal to 0"),
        (("query",), "Missing argument 'SQL'."),
        (("ingest",), "Missing argument 'FILE'."),
        (("ingest", "x.csv", "--source", "standard", "--date", DAY), "Missing option '--dataset'."),
        (("generate",), "Missing argument 'DIR'."),
        (("generate", "x", "--days", "0"), "'--days': Input should be greater than or equal to 1"),
        (("generate", "x", "--rows", "0"), "'--rows': Input should be greater than or equal to 1"),
        (("generate", "x", "--dirt", "0.5"), f"'--dirt': 0.5 is not in 0 to {MOST_DIRT}"),
        (("generate", "x", "--start", "tomorrow"), "'--start': 'tomorrow' is no day of the calendar"),
        (("demo", "--dirt", "-1"), f"'--dirt': -1.0 is not in 0 to {MOST_DIRT}"),
    ],
)
def test_a_wrong_usage_ends_with_two_says_what_was_expected_and_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], message: str
):
    monkeypatch.chdir(tmp_path)
    done = lake(tmp_path / "lake", *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert message in flat(done.stderr)
    assert not list(tmp_path.iterdir())


def test_a_file_instead_of_a_lake_is_refused_by_every_command_that_needs_one(tmp_path: Path):
    file = write(tmp_path, "plain", "")
    p = str(write(tmp_path, "p.csv", PROVIDERS))
    for words in (
        ("status",),
        ("run",),
        ("quarantine",),
        ("query", "SELECT 1"),
        ("ingest", "--dataset", "providers", "--source", "standard", "--date", DAY, p),
    ):
        done = lake(file, *words)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error {file} is a file; --lake (or ENERGY_LAKE) names the folder of a lake")


def test_a_folder_of_sources_that_has_none_is_refused(tmp_path: Path):
    for folder, message in (
        (tmp_path / "nowhere", "No such file or directory"),
        (tmp_path, "holds no source, which is a file <name>.toml"),
    ):
        done = lake(tmp_path, "--sources", str(folder), "status")
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.startswith(f"error {folder}")
        assert message in done.stderr


def test_a_source_that_is_wrong_is_named(tmp_path: Path):
    write(tmp_path, "acme.toml", "x = [")
    done = lake(tmp_path, "--sources", str(tmp_path), "status")
    assert done.exit_code == 2
    assert done.stderr.startswith("error sources/acme.toml is not TOML: ")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PermissionError(13, "Permission denied", "/some/file"), "error /some/file: Permission denied\n"),
        (OSError(28, "No space left on device"), "error No space left on device\n"),
        (FileNotFoundError("processed has no file x[red]"), "error processed has no file x[red]\n"),
        (botocore.exceptions.NoCredentialsError(), "error AWS says: Unable to locate credentials\n"),
        (
            pl.exceptions.ComputeError("bad footer"),
            "error a file of the lake cannot be read (bad footer); `lake status --verify` says which\n",
        ),
    ],
)
def test_what_a_user_can_mend_is_one_line_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, message: str
):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "account_of", fail)
    done = lake(tmp_path, "status")
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", message)


def test_a_reader_who_went_away_is_no_error_to_speak_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object) -> None:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr(cli, "account_of", fail)
    done = lake(tmp_path, "status")
    assert (done.exit_code, done.stdout, done.stderr) == (1, "", "")


@pytest.mark.parametrize("error", [ValueError("ours"), KeyError("ours"), RuntimeError("ours")])
def test_a_fault_of_the_program_is_not_dressed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception):
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "account_of", fail)
    assert lake(tmp_path, "status").exception is error


def test_a_lake_in_use_is_left_alone_with_a_word_who_uses_it(tmp_path: Path):
    from jobs.locking import only_run
    from jobs.zones import Zones

    with only_run(Zones.under(str(tmp_path)), "raw-to-processed"):
        done = lake(tmp_path, "run")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error the lake at {tmp_path} is in use by raw-to-processed, process ")


def test_dictionary_writes_the_page_of_the_contracts_where_it_is_told(tmp_path: Path):
    target = tmp_path / "a" / "b.md"
    assert ok(tmp_path, "dictionary", str(target)) == f"wrote {target}\n"
    assert target.read_text(encoding="utf-8") == data_dictionary()


def test_generate_writes_what_it_says_and_the_same_bytes_for_the_same_seed(tmp_path: Path):
    words = ("--days", "2", "--rows", "300", "--seed", "7", "--start", "2026-03-28")
    said = ok(tmp_path, "generate", str(tmp_path / "a"), *words)
    ok(tmp_path, "generate", str(tmp_path / "b"), *words)
    truth = json.loads((tmp_path / "a" / "truth.json").read_text(encoding="utf-8"))

    assert (truth["first_day"], truth["days"], truth["rows"]) == ("2026-03-28", 2, 300)
    assert f"from 2026-03-28 on, 2 delivery days, in {tmp_path / 'a'} (truth.json says" in said
    files = [sorted(file for file in (tmp_path / name).rglob("*") if file.is_file()) for name in "ab"]
    assert [file.read_bytes() for file in files[0]] == [file.read_bytes() for file in files[1]]


def test_the_default_start_of_generate_is_the_generator_s_own(tmp_path: Path):
    assert date(2026, 10, 24) == DEFAULT_START
    assert "[default: 2026-10-24]" in ok(tmp_path, "generate", "--help")
