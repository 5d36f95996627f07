"""`lake compact` says what it did, leaves every answer as it was, and is seen by `lake status`."""

from pathlib import Path

from tests.jobs.lakes import text, trades, tree
from tests.lake.commands import ingest, json_of, lake, ok, write


def delivered_again_and_again(root: Path, files: Path) -> None:
    """Three more files of trades on the three dates of the sound lake."""
    for number in range(3):
        file = write(files, f"more-{number}.csv", text(trades(4, first=100 + 4 * number)))
        ingest(root, "transactions", file, day=f"2024-06-0{2 + number}")
    ok(root, "run")


def test_files_are_merged_and_every_command_says_what_it_said(sound: Path, tmp_path: Path):
    delivered_again_and_again(sound, tmp_path)
    asked = ["SELECT * FROM processed_transactions ORDER BY ALL", "SELECT * FROM curated_transactions ORDER BY ALL"]
    before = (
        [ok(sound, "query", "--dialect", "duckdb", "--csv", question) for question in asked],
        json_of(sound, "explain", "T0003"),
    )
    curated = tree(sound / "curated")

    assert ok(sound, "compact") == "processed/transactions: 12 files are 3 now, on 3 dates.\n"
    assert (
        [ok(sound, "query", "--dialect", "duckdb", "--csv", question) for question in asked],
        json_of(sound, "explain", "T0003"),
    ) == before
    assert tree(sound / "curated") == curated
    assert "merged processed files: transactions 3 of 12\n" in ok(sound, "status", "--verify")
    assert json_of(sound, "status")["merged"] == {"transactions": {"files": 3, "of": 12}}
    assert "Nothing is due." in ok(sound, "run")
    assert ok(sound, "compact") == "The processed files are as they should be; nothing was changed.\n"


def test_merged_files_are_taken_apart_again(sound: Path, tmp_path: Path):
    delivered_again_and_again(sound, tmp_path)
    before = tree(sound / "processed") | tree(sound / "ledger")
    told = json_of(sound, "compact", "--target-rows", "2")

    assert told["transactions"]["files_before"] == 12
    assert 3 < told["transactions"]["files_after"] < 12
    ok(sound, "compact", "--apart")
    assert tree(sound / "processed") | tree(sound / "ledger") == before


def test_a_damaged_note_ends_a_command_with_the_way_out(sound: Path, tmp_path: Path):
    delivered_again_and_again(sound, tmp_path)
    ok(sound, "compact")
    [note, *_] = sorted((sound / "ledger/compacted/transactions").iterdir())
    note.write_text("[1]")
    done = lake(sound, "status")

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"error ledger/compacted/transactions/{note.name} is no list of merged files any more ("
    )
