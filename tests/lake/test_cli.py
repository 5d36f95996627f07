"""The commands that bring files in: `ingest` and `run`, what they print, and with which status they end.

`status` is in `test_cli_status.py`, `query` in `test_query.py`, the rest of the program in `test_cli_usage.py`; what only a
process of its own can show in `test_cli_process.py`.
"""

import gzip
import json
from pathlib import Path

import pytest

from contracts import CURATED
from tests.jobs.lakes import PROVIDERS, text, trade, trades, tree
from tests.lake.commands import DAY, deliver_all, ingest, json_of, lake, ok, write


def test_ingest_copies_the_bytes_under_dataset_source_and_day_and_says_where(tmp_path: Path):
    file = write(tmp_path, "p.csv", PROVIDERS)
    path = "providers/source=standard/ingest_date=2024-06-01/p.csv"

    assert ingest(tmp_path / "lake", "providers", file) == f"delivered: raw/{path}\n"
    assert tree(tmp_path / "lake") == {f"raw/{path}": PROVIDERS.encode()}


def test_ingest_takes_several_files_and_says_which_were_there(tmp_path: Path):
    one, two = write(tmp_path, "a.csv", PROVIDERS), write(tmp_path, "b.csv", PROVIDERS + "\n")
    ingest(tmp_path / "lake", "providers", one)
    said = ingest(tmp_path / "lake", "providers", one, two).splitlines()

    assert said[0].startswith("was there already, byte for byte: raw/providers/")
    assert said[1].startswith("delivered: raw/providers/")


def test_ingest_delivers_nothing_where_one_of_the_files_cannot_be(tmp_path: Path):
    file = write(tmp_path, "a.csv", PROVIDERS)
    words = ("ingest", "--dataset", "providers", "--source", "standard", "--date", DAY, str(file), "nosuch.csv")
    done = lake(tmp_path / "lake", *words)

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "error there is no file nosuch.csv; give the path of a CSV file (.csv, .csv.gz or .csv.zst)\n"
    assert not (tmp_path / "lake").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("--dataset", "trades", "--source", "standard"),
            "no dataset is called 'trades'; there are providers, clients",
        ),
        (("--dataset", "clients", "--source", "acme"), "A new exporter needs a file sources/acme.toml"),
        (
            ("--dataset", "clients", "--source", "nem", "--date", "2024-13-01"),
            "no day of the calendar; write it as YYYY-MM-DD",
        ),
        (
            ("--dataset", "clients", "--source", "nem", "--date", "01/02/2024"),
            "no day of the calendar; write it as YYYY-MM-DD",
        ),
    ],
)
def test_ingest_refuses_what_is_not_known_and_says_what_is(tmp_path: Path, words: tuple[str, ...], message: str):
    file = write(tmp_path, "a.csv", PROVIDERS)
    done = lake(tmp_path / "lake", "ingest", "--date", DAY, *words, str(file))

    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert not (tmp_path / "lake").exists()


def test_a_run_prints_one_object_with_every_count_the_contract_names(tmp_path: Path):
    deliver_all(tmp_path / "lake", tmp_path / "files")
    told = json_of(tmp_path / "lake", "run")

    assert list(told) == ["datasets", "refused", "curated"]
    counts = {
        name: [done[key] for key in ("files", "rows_in", "valid", "rejected", "duplicates")]
        for name, done in told["datasets"].items()
    }
    assert counts == {"providers": [1, 2, 2, 0, 0], "clients": [1, 1, 1, 0, 0], "transactions": [1, 14, 12, 1, 1]}
    assert told["refused"] == []
    trades_in = told["datasets"]["transactions"]
    assert trades_in["reasons"] == {"energy_type_unknown": 1, "quantity_bad_number": 1}
    assert trades_in["warnings"] == {"quantity_zero": 1}
    assert trades_in["received"] == {"rows": 14, "mwh": "13.000000", "money": {"EUR": "1300.00"}}
    assert trades_in["published"] == {"rows": 12, "mwh": "12.000000", "money": {"EUR": "1200.00"}}
    rows = {name: done["rows"] for name, done in told["curated"].items()}
    assert list(rows) == list(CURATED)
    assert {name: rows[name] for name in ("providers", "clients", "transactions", "market_daily", "curve")} == {
        "providers": 2,
        "clients": 1,
        "transactions": 12,
        "market_daily": 3,
        "curve": 0,
    }
    assert told["curated"]["transactions"]["unknown_counterparties"] == 1


def test_a_refused_file_ends_with_one_the_rest_is_done_and_the_reason_is_in_both_streams(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path / "files")
    ingest(root, "transactions", write(tmp_path, "empty.csv", b""))
    done = lake(root, "run", "--json")
    told = json.loads(done.stdout)

    assert done.exit_code == 1
    file = "transactions/source=standard/ingest_date=2024-06-01/empty.csv"
    assert [refusal["file"] for refusal in told["refused"]] == [f"raw/{file}"]
    assert told["refused"][0]["why"].startswith(f"{file} is empty: a header with transaction_id")
    assert done.stderr == f"refused {told['refused'][0]['why']}\n"
    assert told["datasets"]["transactions"]["valid"] == 12
    assert told["curated"]["transactions"]["rows"] == 12


def test_a_run_for_people_prints_counts_energy_and_money_and_the_same_status(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path / "files")
    ingest(root, "transactions", write(tmp_path, "empty.csv", b""))
    done = lake(root, "run")
    lines = [line.split() for line in done.stdout.splitlines()]

    assert done.exit_code == 1
    assert ["transactions", "1", "14", "12", "1", "1"] in [line[:6] for line in lines]
    assert ["MWh", "13.000", "12.000", "1.000"] in lines
    assert ["EUR", "1,300.00", "1,200.00", "100.00"] in lines
    assert "kept, with a warning: transactions quantity_zero 1\n" in done.stdout
    assert "1 row went into quarantine; `lake quarantine` shows why.\n" in done.stdout
    assert done.stderr.count("refused ") == 1


def test_a_second_run_changes_no_byte_and_says_that_nothing_is_due(sound: Path):
    before = tree(sound)

    assert ok(sound, "run") == "Nothing is due.\n"
    assert tree(sound) == before


def test_a_second_run_with_a_refused_file_says_that_nothing_else_is_due(sound: Path, tmp_path: Path):
    root = sound
    ingest(root, "transactions", write(tmp_path, "empty.csv", b""))
    ok(root, "run", status=1)

    assert ok(root, "run", status=1) == "Nothing is due but what was refused.\n"


def test_the_same_bytes_delivered_again_are_said_to_add_nothing(sound: Path, tmp_path: Path):
    root = sound
    ingest(root, "transactions", sound.parent / "files" / "trades.csv", day="2024-06-02")

    assert ok(root, "run").startswith("1 file of what was delivered before, byte for byte, which adds nothing.")


def test_each_job_runs_alone(tmp_path: Path):
    root = tmp_path / "lake"
    deliver_all(root, tmp_path / "files")
    first = json_of(root, "run", "--job", "raw-to-processed")
    assert (set(first["datasets"]), first["curated"]) == ({"providers", "clients", "transactions"}, {})
    assert not (root / "curated").exists()

    second = json_of(root, "run", "--job", "processed-to-curated")
    assert (second["datasets"], set(second["curated"])) == (
        {},
        set(CURATED),
    )


def test_a_run_takes_what_another_limit_or_accept_allows(tmp_path: Path):
    root = tmp_path / "lake"
    ingest(root, "transactions", write(tmp_path, "half.csv", text([trade(1), "x", trade(2), "y"])))

    assert json_of(root, "run", status=1)["datasets"]["transactions"]["files"] == 0
    assert json_of(root, "run", "--reject-limit", "0.49", status=1)["datasets"]["transactions"]["files"] == 0
    assert json_of(root, "run", "--reject-limit", "0.5")["datasets"]["transactions"]["rejected"] == 2
    ingest(root, "transactions", write(tmp_path, "all.csv", text(["x"])))
    assert json_of(root, "run", "--accept")["datasets"]["transactions"]["rejected"] == 1


def test_an_empty_lake_has_nothing_due_and_the_same_shape(tmp_path: Path):
    assert ok(tmp_path / "lake", "run") == "Nothing is due.\n"
    assert json_of(tmp_path / "lake", "run") == {"datasets": {}, "refused": [], "curated": {}}


def test_the_lake_is_named_by_option_before_environment_before_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from typer.testing import CliRunner

    from lake.cli import app

    monkeypatch.chdir(tmp_path)
    file = write(tmp_path, "p.csv", PROVIDERS)
    words = ["ingest", "--dataset", "providers", "--source", "standard", "--date", DAY, str(file)]
    runner = CliRunner()
    for arguments, environment, place in (
        (words, {}, ".lake"),
        (words, {"ENERGY_LAKE": str(tmp_path / "env")}, "env"),
        (["--lake", "option", *words], {"ENERGY_LAKE": str(tmp_path / "env2")}, "option"),
    ):
        assert runner.invoke(app, arguments, env=environment).exit_code == 0
        assert (tmp_path / place / "raw" / "providers").is_dir()
    assert not (tmp_path / "env2").exists()


def test_compressed_files_are_delivered_and_read_as_they_are(tmp_path: Path):
    packed = gzip.compress(text(trades(3)).encode())
    ingest(tmp_path / "lake", "transactions", write(tmp_path, "t.csv.gz", packed))

    assert json_of(tmp_path / "lake", "run")["datasets"]["transactions"]["valid"] == 3
    assert (tmp_path / "lake/raw/transactions/source=standard/ingest_date=2024-06-01/t.csv.gz").read_bytes() == packed


def test_a_folder_of_other_sources_replaces_ours(tmp_path: Path):
    folder = tmp_path / "sources"
    standard = Path(__file__).parents[2] / "sources" / "standard.toml"
    write(folder, "acme.toml", standard.read_text(encoding="utf-8"))
    file = write(tmp_path, "p.csv", PROVIDERS)
    words = ("--sources", str(folder), "ingest", "--dataset", "providers", "--date", DAY, str(file), "--source")

    ok(tmp_path / "lake", *words, "acme")
    assert "there are acme." in lake(tmp_path / "lake", *words, "standard").stderr
    assert ok(tmp_path / "lake", "--sources", str(folder), "run").startswith("raw to processed")
