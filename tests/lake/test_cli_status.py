"""`lake status` and `lake quarantine`: what they say of a sound lake, and every kind of damage that the first one finds.

The books that both read are tested in `test_account.py`.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.jobs.lakes import PROVIDERS, tree
from tests.lake.commands import deliver_all, ingest, json_of, lake, ok, write

TRADES = "transactions/source=standard/ingest_date=2024-06-01/trades.csv"


def test_the_status_of_no_lake_names_the_place_and_the_way_to_begin(tmp_path: Path):
    said = ok(tmp_path / "nowhere", "status")

    assert said == f"The lake {tmp_path / 'nowhere'} is empty; `lake ingest` delivers files into it.\nNothing is due.\n"
    assert not (tmp_path / "nowhere").exists()


def test_the_status_lists_what_is_due_before_the_run_and_what_is_there_after_it(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path / "files")
    before = ok(root, "status")
    ok(root, "run")
    after = ok(root, "status")

    assert "Due: 3 files; `lake run` takes them in, or says why not.\n" in before
    assert f"  raw/{TRADES}\n" in before
    assert ["transactions", "1", "14", "12", "0", "1", "1"] in [line.split() for line in after.splitlines()]
    [rows] = [line for line in after.splitlines() if line.startswith("rows of the curated tables: ")]
    assert {"clients 1", "market_daily 3", "providers 2", "transactions 12"} <= set(rows.partition(": ")[2].split(", "))
    assert "Nothing is due.\nThe books balance: rows, MWh and money in are rows, MWh and money out.\n" in after


def test_the_status_says_when_only_the_curated_tables_are_due(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path / "files")
    ok(root, "run", "--job", "raw-to-processed")
    said = ok(root, "status")

    assert "Due: the curated tables; `lake run` brings them up to date.\n" in said
    assert "money out (the curated tables are due).\n" in said


def test_the_status_as_one_object_has_every_number_of_the_books(sound: Path):
    told = json_of(sound, "status")

    assert list(told) == ["datasets", "curated", "due", "refused", "curated_due", "balances", "faults", "merged"]
    trades = told["datasets"]["transactions"]
    assert {key: trades[key] for key in ("files", "rows_in", "valid", "rejected", "duplicates", "current")} == {
        "files": 1,
        "rows_in": 14,
        "valid": 12,
        "rejected": 1,
        "duplicates": 1,
        "current": 12,
    }
    assert (told["due"], told["curated_due"], told["balances"], told["faults"]) == ([], False, True, [])


def test_a_long_list_of_due_files_is_cut_and_counted(tmp_path: Path):
    files = [write(tmp_path, f"p{number}.csv", PROVIDERS + "\n" * number) for number in range(13)]
    ingest(tmp_path / "lake", "providers", *files)
    said = ok(tmp_path / "lake", "status")

    assert "Due: 13 files" in said
    assert "  … and 3 more\n" in said


def test_a_stranger_in_the_raw_zone_is_refused_and_ends_with_one(sound: Path):
    write(sound / "raw", "notes.txt", "hello")
    done = lake(sound, "status")

    assert done.exit_code == 1
    assert done.stderr.startswith("refused raw/notes.txt is not laid out as <dataset>/source=")


def _remove_processed(root: Path) -> str:
    file = min((root / "processed/transactions").rglob("*.parquet"))
    file.unlink()
    return f"{file.relative_to(root)} is gone; remove ledger/transactions/"


def _cut_processed(root: Path) -> str:
    file = min((root / "processed/transactions").rglob("*.parquet"))
    pl.read_parquet(file, hive_partitioning=False).head(1).write_parquet(file)
    return f"{file.relative_to(root)} holds 1 rows, the books say 4"


def _change_an_amount(root: Path) -> str:
    file = min((root / "processed/transactions").rglob("*.parquet"))
    frame = pl.read_parquet(file, hive_partitioning=False)
    frame.with_columns((pl.col("amount") + 1).cast(frame.schema["amount"])).write_parquet(file)
    return f"{TRADES}: the ledger says that valid are "


def _spoil_processed(root: Path) -> str:
    file = min((root / "processed/transactions").rglob("*.parquet"))
    file.write_bytes(b"no parquet")
    return f"{file.relative_to(root)} cannot be read ("


def _change_raw(root: Path) -> str:
    file = root / "raw" / TRADES
    file.write_bytes(file.read_bytes().replace(b"0.1", b"0.2", 1))
    return f"raw/{TRADES} is not what was processed; put the delivered file back"


def _remove_raw(root: Path) -> str:
    (root / "raw" / TRADES).unlink()
    return f"raw/{TRADES} is gone; put it back"


def _remove_quarantine(root: Path) -> str:
    file = next((root / "quarantine").rglob("*.parquet"))
    file.unlink()
    return f"{file.relative_to(root)} is gone; remove ledger/transactions/"


def _remove_curated(root: Path) -> str:
    (root / "curated/market_daily/date=2024-05-01/market_daily.parquet").unlink()
    return "curated/market_daily/date=2024-05-01/market_daily.parquet is gone; remove ledger/curated.json"


def _change_curated(root: Path) -> str:
    file = root / "curated/transactions/date=2024-05-01/transactions.parquet"
    frame = pl.read_parquet(file, hive_partitioning=False)
    frame.with_columns((pl.col("quantity_mwh") * 2).cast(frame.schema["quantity_mwh"])).write_parquet(file)
    return "curated/transactions/date=2024-05-01/transactions.parquet holds {"


def _add_a_stranger(root: Path) -> str:
    pl.DataFrame({"a": [1]}).write_parquet(root / "curated/providers/copy.parquet")
    return "curated/providers/copy.parquet is in no book"


DAMAGES: list[Callable[[Path], str]] = [
    _remove_processed,
    _cut_processed,
    _change_an_amount,
    _spoil_processed,
    _change_raw,
    _remove_raw,
    _remove_quarantine,
    _remove_curated,
    _change_curated,
    _add_a_stranger,
]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__.strip("_"))
def test_verify_finds_the_damage_names_the_file_and_ends_with_one(sound: Path, damage: Callable[[Path], str]):
    assert "Every file holds what the books say.\n" in ok(sound, "status", "--verify")
    expected = damage(sound)
    done = lake(sound, "status", "--verify")

    assert done.exit_code == 1
    assert done.stderr.startswith(f"does not balance {expected}")
    assert len(done.stderr.splitlines()) == 1
    assert "Every file" not in done.stdout
    assert not json_of(sound, "status", "--verify", status=1)["balances"]


@pytest.mark.parametrize(
    "damage", [_remove_processed, _cut_processed, _change_an_amount, _spoil_processed, _remove_quarantine]
)
def test_what_verify_advises_for_a_processed_file_mends_the_lake(sound: Path, damage: Callable[[Path], str]):
    before = tree(sound)
    damage(sound)
    advised = re.search(r"remove (ledger/\S+) and run `lake run`", lake(sound, "status", "--verify").stderr)
    assert advised
    (sound / advised[1]).unlink()
    ok(sound, "run")

    assert tree(sound) == before


@pytest.mark.parametrize("damage", [_remove_curated, _change_curated])
def test_what_verify_advises_for_a_curated_file_mends_the_lake(sound: Path, damage: Callable[[Path], str]):
    before = tree(sound)
    damage(sound)
    assert "remove ledger/curated.json and run `lake run`" in lake(sound, "status", "--verify").stderr
    (sound / "ledger/curated.json").unlink()
    ok(sound, "run")

    assert tree(sound) == before


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("received", {"rows": 15}), "is not valid \\+ rejected"),
        (("received", {"money": {"EUR": "1300.01"}}), "is not valid \\+ rejected"),
        (("valid", {"rows": 11}), "12 rows are valid|is not valid"),
        (("outputs", None), "12 rows are valid, but the entry"),
    ],
)
def test_a_tampered_ledger_entry_is_found_without_reading_a_data_file(
    sound: Path, change: tuple[str, object], fault: str
):
    [file] = (sound / "ledger/transactions").glob("*.json")
    entry = json.loads(file.read_text(encoding="utf-8"))
    name, values = change
    entry[name] = entry[name] | values if isinstance(values, dict) else []
    file.write_text(json.dumps(entry), encoding="utf-8")
    done = lake(sound, "status")

    assert done.exit_code == 1
    assert re.search(fault, done.stderr)


NO_ENTRIES = ["", "[]", "{}", '{"file": 1}', '{"received": {"rows": "x"}}']


@pytest.mark.parametrize(
    ("words", "content"),
    [
        *((("status",), content) for content in NO_ENTRIES),
        (("run",), "{"),
        (("query", "SELECT 1"), "{"),
        (("quarantine",), "{"),
    ],
)
def test_a_ledger_entry_that_is_none_any_more_is_named_by_every_command(
    tmp_path: Path, words: tuple[str, ...], content: str
):
    file = write(tmp_path / "ledger/transactions", "0123456789abcdef.json", content)
    done = lake(tmp_path, *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("error ledger/transactions/0123456789abcdef.json is no ledger entry any more (")
    assert "remove it and run `lake run`" in done.stderr
    file.unlink()
    assert lake(tmp_path, *words).exit_code == 0


def test_the_quarantine_tells_each_reason_with_its_sentence_and_shows_the_row_as_delivered(sound: Path):
    said = ok(sound, "quarantine", COLUMNS="120")

    assert said.startswith("No rejected rows in providers.\nNo rejected rows in clients.\nquarantine of transactions\n")
    assert re.search(r"energy_type_unknown +1  The energy type is not one the source spells", said)
    assert re.search(r"quantity_bad_number +1  The quantity is not a number", said)
    assert (
        f"  source_file  {TRADES}\n  source_row   12\n  reasons      energy_type_unknown, quantity_bad_number\n" in said
    )
    assert '"quantity_kwh":"abc"' in said


def test_the_quarantine_of_one_dataset_shows_as_many_rows_as_asked(sound: Path):

    assert ok(sound, "quarantine", "--dataset", "clients") == "No rejected rows in clients.\n"
    without = ok(sound, "quarantine", "--dataset", "transactions", "--rows", "0")
    assert "some rejected rows" not in without
    assert "abc" not in without
