"""`lake explain` tells a trade's whole life and nothing of another's; `lake replay` brings rejected rows back."""

import shutil
from pathlib import Path

import polars as pl
import pytest

from contracts import CURATED
from lake.result import as_text
from tests.jobs.lakes import TRADE_HEADER, text, trade, tree
from tests.lake.commands import ingest, json_of, lake, ok, write

SOURCES = Path(__file__).parents[2] / "sources"


@pytest.fixture
def lived(sound: Path, tmp_path: Path) -> Path:
    """T0003 was replaced in its file; then moved, repeated, and taken back. A rejected row names it, too."""
    later = {
        "moved.csv": ("2024-06-02", [f"{trade(3, transaction_date='2024-05-09 10:00:00')},"]),
        "again.csv": ("2024-06-03", [f"{trade(3, transaction_date='2024-05-09 10:00:00')},", f"{trade(40)},"]),
        "bad.csv": ("2024-06-04", [f"{trade(3, quantity_kwh='lots')},", *(f"{trade(n)}," for n in range(50, 60))]),
        "cancel.csv": ("2024-06-05", [f"{trade(3, transaction_date='2024-05-09 10:00:00')},cancel"]),
    }
    for name, (day, lines) in later.items():
        ingest(sound, "transactions", write(tmp_path, name, text(lines, f"{TRADE_HEADER},action")), day=day)
    ingest(
        sound,
        "transactions",
        write(tmp_path, "moved-again.csv", (tmp_path / "moved.csv").read_bytes()),
        day="2024-06-20",
    )
    ok(sound, "run")
    return sound


def test_the_life_of_a_trade_has_every_row_that_named_it_in_order_with_what_became_of_it(lived: Path):
    life = json_of(lived, "explain", "T0003")
    became = [
        (item["ingest_date"], item["source_file"].rsplit("/", 1)[1], item["became"]) for item in life["appearances"]
    ]

    assert [(day, file) for day, file, _ in became] == [
        ("2024-06-01", "trades.csv"),
        ("2024-06-01", "trades.csv"),
        ("2024-06-02", "moved.csv"),
        ("2024-06-03", "again.csv"),
        ("2024-06-04", "bad.csv"),
        ("2024-06-05", "cancel.csv"),
    ]
    sentences = [sentence for _, _, sentence in became]
    assert sentences[0] == "replaced by a later row of the same file"
    assert sentences[1] == "counted until 2024-06-02, when the trade moved to another market day"
    assert sentences[2] == "counted until 2024-06-03, when a delivery said the same again"
    assert sentences[3] == "counted until 2024-06-05, when the trade was taken back"
    assert sentences[4].startswith("rejected. quantity_bad_number: The quantity is not a number")
    assert sentences[5] == "takes the trade back: it counts nothing any more"
    assert [file.rsplit("/", 1)[1] for file in life["appearances"][2]["repeated_in"]] == ["moved-again.csv"]
    assert life["is_due"] is False

    kinds = [item["row"]["kind"] for item in life["counted"] if item["table"] == "restatements"]
    assert kinds == ["moved", "cancelled"]
    assert {item["table"] for item in life["counted"]} == {"restatements", "transactions_history"}


def test_a_trade_that_counts_is_found_in_every_mart_that_it_counts_in_and_their_rows_are_the_tables_own(sound: Path):
    life = json_of(sound, "explain", "T0003")
    tables = [item["table"] for item in life["counted"]]

    assert set(tables) == {
        name
        for name, contract in CURATED.items()
        if contract.partition == "date" and name not in {"transactions_history", "restatements", "mark_to_market"}
    } - {"data_quality_daily", "rejections_daily"}
    for item in life["counted"]:
        rows = pl.read_parquet(sound / item["path"], hive_partitioning=False).to_dicts()
        texts = [{name: None if value is None else as_text(value) for name, value in row.items()} for row in rows]
        assert item["row"] in texts, item["table"]


def test_a_person_reads_the_life_as_sentences(lived: Path):
    said = ok(lived, "explain", "T0003")
    assert "6. delivered 2024-06-05, raw/transactions/source=standard/ingest_date=2024-06-05/cancel.csv, row 1" in said
    assert (
        "delivered again, byte for byte, as raw/transactions/source=standard/ingest_date=2024-06-20/moved-again.csv"
        in said
    )
    assert "moved on 2024-06-02 from 2024-05-01 to 2024-05-09: -1.000000 MWh, -100.00 EUR" in said
    assert "cancelled on 2024-06-05: -1.000000 MWh, -100.00 EUR" in said
    assert said.endswith("It counts in no curated table now.\n")


def test_deliveries_that_wait_for_the_second_job_are_said(sound: Path, tmp_path: Path):
    ingest(sound, "transactions", write(tmp_path, "b.csv", text([trade(3)])), day="2024-06-02")
    ok(sound, "run", "--job", "raw-to-processed")
    life = json_of(sound, "explain", "T0003")
    assert life["is_due"] is True
    assert life["appearances"][-1]["became"] == "not in the curated zone yet; `lake run` brings it there"
    assert "Deliveries wait for `lake run`" in ok(sound, "explain", "T0003")


@pytest.mark.parametrize("name", ["T", "T000", "nobody", "'; DROP TABLE transactions; --", "[red]", ""])
def test_what_names_no_trade_is_said_and_ends_with_one(sound: Path, name: str):
    done = lake(sound, "explain", name)
    assert done.exit_code == 1
    assert "No delivered row names" in done.stdout
    assert json_of(sound, "explain", name, status=1)["appearances"] == []


def milder(folder: Path) -> Path:
    """Our sources, with a strange energy type and a bad quantity let pass as far as they can be."""
    shutil.copytree(SOURCES, folder)
    file = folder / "standard.toml"
    spelled = file.read_text(encoding="utf-8").replace('wind = ["wind"', 'wind = ["wind", "plasma"')
    file.write_text(spelled, encoding="utf-8")
    return folder


def test_after_a_fix_replay_gives_the_lake_of_a_clean_first_load(tmp_path: Path):
    fixed = {"ENERGY_LAKE_SOURCES": str(milder(tmp_path / "sources"))}
    file = write(tmp_path, "trades.csv", text([trade(1), trade(2), trade(3), trade(4), trade(5, energy_type="plasma")]))
    for name, environment in (("lake", {}), ("clean", fixed)):
        ingest(tmp_path / name, "transactions", file)
        ok(tmp_path / name, "run", **environment)
    assert ok(tmp_path / "lake", "replay").startswith(
        "1 file looked at, 0 became something else: 0 rows are no more rejected"
    )

    said = ok(tmp_path / "lake", "replay", "--reason", "energy_type_unknown", **fixed)
    assert said == (
        "1 file looked at, 1 became something else: 1 rows are no more rejected, 0 are now; 3 dates of the curated zone "
        "were done anew.\n"
    )
    books = ("raw", "processed", "quarantine", "curated", "ledger")
    lakes = [
        {path: content for path, content in tree(tmp_path / name).items() if path.split("/")[0] in books}
        for name in ("lake", "clean")
    ]
    assert lakes[0] == lakes[1]
    assert ok(tmp_path / "lake", "status", "--verify").endswith("Every file holds what the books say.\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--dataset", "trades"], "'trades' is no dataset; there are providers, clients, transactions"),
        (["--reason", "ugly"], "'ugly' is no reason; there are "),
        (["--dataset", "clients", "--reason", "quantity_missing"], "'quantity_missing' is no reason; there are "),
    ],
)
def test_a_dataset_or_reason_that_does_not_exist_is_answered_with_those_that_do(
    sound: Path, words: list[str], said: str
):
    refused = lake(sound, "replay", *words)
    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.replace("│", " ").split())
