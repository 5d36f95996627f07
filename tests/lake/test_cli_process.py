"""What only a process of its own can show: the installed program, its two streams, its status, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.lake.commands import write

PROGRAM = Path(sys.executable).with_name("lake")
pytestmark = pytest.mark.skipif(not PROGRAM.is_file(), reason="needs the project installed, as `make test` does")


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The installed program, started in a process without a terminal."""
    clean = {name: value for name, value in os.environ.items() if name not in {"ENERGY_LAKE", "COLUMNS"}}
    return subprocess.run([PROGRAM, *words], capture_output=True, check=False, env=clean | environment)


def test_a_run_with_a_refused_file_prints_one_object_one_reason_and_ends_with_one(sound: Path):
    write(sound / "raw/transactions/source=standard/ingest_date=2024-06-02", "empty.csv", b"")
    done = run("--lake", str(sound), "run", "--json")

    assert done.returncode == 1
    told, end = json.JSONDecoder().raw_decode(done.stdout.decode())
    assert done.stdout.decode()[end:] == "\n"
    assert len(told["refused"]) == 1
    assert done.stderr.decode().startswith(
        "refused transactions/source=standard/ingest_date=2024-06-02/empty.csv is empty"
    )
    assert len(done.stderr.splitlines()) == 1, "no progress bar without a terminal, and no broken line"


def test_the_environment_names_the_lake_and_the_answer_is_utf_8_whatever_the_terminal_speaks(sound: Path):
    done = run(
        "query",
        "SELECT client_id, 'ñ€' AS t FROM curated_clients",
        "--json",
        ENERGY_LAKE=str(sound),
        PYTHONIOENCODING="ascii",
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == [{"client_id": "CLI-1", "t": "ñ€"}]


def test_a_terminal_without_the_letters_still_gets_its_table(sound: Path):
    done = run("--lake", str(sound), "query", "SELECT 'ñ€' AS t, 1.50 AS n", PYTHONIOENCODING="ascii", COLUMNS="80")
    assert done.returncode == 0
    assert b"?? " in done.stdout
    assert b"1.50" in done.stdout


def test_a_reader_who_has_seen_enough_gets_no_traceback(sound: Path):
    words = [
        "bash",
        "-c",
        '"$@" | head -n 1',
        "-",
        PROGRAM,
        "--lake",
        sound,
        "query",
        "FROM range(300000) t(n)",
        "--csv",
    ]
    done = subprocess.run(words, capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"n\n", b"")


def test_a_wrong_usage_keeps_standard_output_empty():
    done = run("run", "--job", "nosuch", "--json")
    assert (done.returncode, done.stdout) == (2, b"")
    assert b"no job" in done.stderr
