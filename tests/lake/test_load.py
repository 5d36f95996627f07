"""`lake load` as a user meets it: what it says, what it refuses, and that the second time nothing happens."""

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from contracts import CURATED
from jobs.locking import only_run
from jobs.publish import load_state
from jobs.zones import Zones
from lake.cli import app
from tests.jobs.lakes import curated, text, trade
from tests.lake.commands import WIDE, ingest, json_of, lake, ok, write
from tests.warehouse.folders import ordered


def held(root: Path, table: str, file: str = "warehouse.duckdb") -> list[tuple[object, ...]]:
    columns = ", ".join(f'"{name}"' for name in CURATED[table].column_names)
    with duckdb.connect(str(root / file), read_only=True) as connection:
        return ordered(connection.execute(f"SELECT {columns} FROM analytics.{table}").fetchall())  # noqa: S608 - contracts


def wanted(root: Path, table: str) -> list[tuple[object, ...]]:
    frame = curated(Zones.under(str(root)), table)
    rows = frame.rows() if frame.height else []
    return ordered(tuple(v.replace(tzinfo=None) if hasattr(v, "tzinfo") else v for v in row) for row in rows)


def test_every_table_of_the_contracts_is_in_the_warehouse(sound: Path):
    said = ok(sound, "load")
    assert "Load 1 is in" in said
    assert "checked to the last row, MWh and cent." in said
    for table in CURATED:
        assert held(sound, table) == wanted(sound, table), table
    assert held(sound, "transactions")


def test_loading_twice_changes_nothing_and_says_so(sound: Path):
    ok(sound, "load")
    before = (sound / "warehouse.duckdb").read_bytes()
    assert f"Nothing changed since load 1; {sound}/warehouse.duckdb is as it was." in ok(sound, "load")
    assert (sound / "warehouse.duckdb").read_bytes() == before


def test_a_correction_that_moves_a_trade_moves_it_in_the_warehouse(sound: Path):
    ok(sound, "load")
    moved = text([trade(1, transaction_date="2024-05-20 10:00:00")])
    ingest(sound, "transactions", write(sound.parent, "moved.csv", moved), day="2024-06-02")
    ok(sound, "run")
    told = json_of(sound, "load")
    assert told["changed"]
    assert told["load"] == 2
    assert (
        0
        < told["tables"]["transactions"]["loaded_files"]
        < len(load_state(Zones.under(str(sound)))["files"]["transactions"])
    )
    for table in CURATED:
        assert held(sound, table) == wanted(sound, table), table
    days = [str(row[8]) for row in held(sound, "transactions") if row[0] == "T0001"]
    assert days == ["2024-05-20"]


def test_json_is_one_object_with_every_table(sound: Path):
    told = json.loads(ok(sound, "load", "--json"))
    assert list(told) == ["load", "changed", "token", "tables", "seconds"]
    assert list(told["tables"]) == list(CURATED)


def test_the_warehouse_may_be_another_file(sound: Path, tmp_path: Path):
    ok(sound, "load", "--file", str(tmp_path / "elsewhere" / "w.duckdb"))
    assert not (sound / "warehouse.duckdb").exists()
    assert held(tmp_path / "elsewhere", "transactions", "w.duckdb") == wanted(sound, "transactions")


def test_a_lake_that_never_ran_gives_empty_tables_and_says_what_to_do(tmp_path: Path):
    assert "The curated zone is empty; `lake run` fills it." in ok(tmp_path / "new", "load")
    assert held(tmp_path / "new", "transactions") == []


def test_a_file_that_is_no_warehouse_is_refused(sound: Path, tmp_path: Path):
    file = write(tmp_path, "notes.txt", "x" * 5000)
    done = lake(sound, "load", "--file", str(file))
    assert done.exit_code == 2
    assert f"error {file} cannot be opened" in done.stderr


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "Redshift copies from S3; name it with --curated s3://bucket/"),
        (("--curated", "s3://b/"), "COPY takes on a role; `pulumi stack output copyRoleArn` names it"),
        (("--curated", "s3://b/", "--copy-role", "arn:x"), "workgroup is '', cluster is '': name one of them"),
        (
            ("--curated", "s3://b/", "--copy-role", "arn:x", "--workgroup", "w", "--cluster", "c"),
            "workgroup is 'w', cluster is 'c': name one of them",
        ),
    ],
)
def test_a_load_of_redshift_that_lacks_an_option_names_it(sound: Path, options, said: str):
    done = lake(sound, "load", "--redshift", *options, AWS_DEFAULT_REGION="eu-west-1")
    assert done.exit_code == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())


def test_a_lake_in_a_bucket_has_no_file_of_its_own_to_load():
    words = ["--lake", "s3://bucket/lake", "load"]
    done = CliRunner().invoke(app, words, env=WIDE | {"AWS_DEFAULT_REGION": "eu-west-1"})
    assert done.exit_code == 2
    assert "no warehouse file can be" in " ".join(done.stderr.replace("│", " ").split())


def test_a_load_waits_for_no_run_and_disturbs_none(sound: Path):
    with only_run(Zones.under(str(sound)), "processed-to-curated"):
        done = lake(sound, "load")
    assert done.exit_code == 2
    assert "is in use by processed-to-curated" in done.stderr


def test_manifests_of_a_load_are_no_strangers_in_the_curated_zone(sound: Path):
    write(sound / "curated" / "_manifests" / "0", "transactions-0.manifest", "{}")
    assert json_of(sound, "status", "--verify")["balances"]


def test_the_lake_is_sound_after_a_load(sound: Path):
    ok(sound, "load")
    assert json_of(sound, "status", "--verify")["balances"]
