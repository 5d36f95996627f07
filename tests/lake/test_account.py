"""The lake's books after any deliveries, and the comparison with what was planted: each number can be wrong and is then seen.

The damage that `lake status` finds is in `test_cli_status.py`.
"""

import json
import shutil
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import processed_to_curated, raw_to_processed
from jobs.deliver import deliver
from jobs.reports import FileRefusal
from jobs.zones import Zones
from lake.account import Account, account_of
from lake.generator import Truth, generate
from lake.truth_check import compare
from lake.verify import faults_of
from tests.jobs.lakes import CLIENTS, PROVIDERS, SOURCES, put_raw, run_both, run_raw, text, trade, tree


@st.composite
def files(draw: st.DrawFn) -> list[str]:
    """Some files of trades whose keys repeat in a file and between files, with a fault here and there."""
    lines = st.builds(
        lambda number, quantity, fault: fault or trade(number, quantity_kwh=str(quantity), total_amount=""),
        st.integers(1, 6),
        st.integers(0, 9_000),
        st.sampled_from(
            ["", "", "", "x", trade(7, entity_id=""), trade(8, quantity_kwh="-1"), trade(9, entity_id="PRV-77")]
        ),
    )
    return [text(draw(st.lists(lines, min_size=1, max_size=8))) for _ in range(draw(st.integers(1, 3)))]


@settings(max_examples=15)
@given(delivered=files())
def test_every_delivered_row_is_current_superseded_a_duplicate_or_rejected(delivered: list[str]):
    with TemporaryDirectory() as folder:
        zones = Zones.under(folder)
        put_raw(zones, PROVIDERS, dataset="providers")
        for number, content in enumerate(delivered):
            put_raw(zones, content, f"{number}.csv")
        due = account_of(zones, SOURCES)
        assert (len(due.due), due.is_curated_due, due.balances) == (len(delivered) + 1, False, True)
        run_raw(zones, reject_limit=None)
        half = account_of(zones, SOURCES)
        assert (half.due, half.is_curated_due, half.balances) == ([], True, True)
        processed_to_curated.run(zones)
        account = account_of(zones, SOURCES)

        assert account.balances
        assert (account.due, account.refused, account.is_curated_due) == ([], [], False)
        for name, books in account.datasets.items():
            assert books.received == books.valid + books.rejected + books.duplicates
            assert books.valid.rows == books.current_rows + books.superseded_rows, name
        distinct = set(delivered)
        assert account.datasets["transactions"].files == len(distinct), "the same content counts once"
        lines = sum(content.count("\n") - 1 for content in distinct)
        assert account.datasets["transactions"].received.rows == lines
        assert faults_of(zones) == []


def test_looking_at_the_books_changes_no_byte_of_a_lake(sound: Path):
    zones, before = Zones.under(str(sound)), tree(sound)
    account_of(zones, SOURCES)
    faults_of(zones)
    assert tree(sound) == before


def test_the_books_add_up_the_deliveries_of_many_days(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, CLIENTS, dataset="clients")
    for day, quantity in (("2024-06-01", "1000"), ("2024-06-02", "3000")):
        put_raw(zones, text([trade(2, quantity_kwh=quantity, total_amount="")]), day=day)
        run_both(zones)
    books = account_of(zones, SOURCES).datasets["transactions"]

    assert (books.files, books.received.rows, books.current_rows, books.superseded_rows) == (2, 2, 1, 1)
    assert (books.received.mwh, books.received.money) == (Decimal(4), {"EUR": Decimal(400)})


def test_what_a_killed_run_left_is_no_fault_of_the_books(sound: Path):
    zones = Zones.under(str(sound))
    [entry] = (sound / "ledger/transactions").glob("*.json")
    outputs = json.loads(entry.read_text(encoding="utf-8"))["outputs"]
    note = {
        "file": "x",
        "dataset": "transactions",
        "outputs": [outputs[0] | {"path": "transactions/date=2024-05-01/left.parquet"}],
    }
    (sound / "ledger/pending").mkdir()
    (sound / "ledger/pending/0000000000000000.json").write_text(json.dumps(note), encoding="utf-8")
    (sound / "processed/transactions/date=2024-05-01/left.parquet").write_bytes(b"half")
    assert faults_of(zones) == []

    (sound / "ledger/pending/0000000000000000.json").unlink()
    [fault] = faults_of(zones)
    assert fault.startswith("processed/transactions/date=2024-05-01/left.parquet is in no book")


@pytest.fixture(scope="module")
def generated(tmp_path_factory: pytest.TempPathFactory) -> tuple[Zones, Account, list[FileRefusal], Truth]:
    """A lake of a small generated period, with its books and its truth."""
    folder = tmp_path_factory.mktemp("generated")
    truth = generate(folder / "deliveries", days=3, rows=1500, seed=3, dirt=0.05)
    zones = Zones.under(str(folder / "lake"))
    for delivery in json.loads((folder / "deliveries/deliveries.json").read_text(encoding="utf-8")):
        file = folder / "deliveries" / delivery.pop("file")
        day = date.fromisoformat(delivery.pop("ingest_date"))
        deliver(zones, SOURCES, **delivery, ingest_date=day, file=file)
    report = raw_to_processed.run(zones, SOURCES)
    processed_to_curated.run(zones)
    shutil.rmtree(folder / "deliveries")
    return zones, account_of(zones, SOURCES), report.refused, truth


def test_a_lake_of_generated_files_is_what_was_planted_number_by_number(generated):
    checked = compare(*generated)

    assert [item for item in checked if not item.agrees] == []
    assert len({(item.where, item.what) for item in checked}) == len(checked) > 50
    assert {i.where for i in checked} == {"curated trades", "files refused whole", *generated[3].datasets}
    assert faults_of(generated[0]) == []


@pytest.mark.parametrize("field", ["files", "rows_in", "current", "superseded", "duplicates", "rejected"])
@pytest.mark.parametrize("dataset", ["providers", "transactions"])
def test_any_other_count_of_the_truth_disagrees_in_exactly_one_place(generated, dataset: str, field: str):
    zones, account, refused, truth = generated
    planted = truth.datasets[dataset]
    other = replace(planted, **{field: getattr(planted, field) + 1})
    checked = compare(zones, account, refused, replace(truth, datasets=truth.datasets | {dataset: other}))

    [wrong] = [item for item in checked if not item.agrees]
    assert (wrong.where, wrong.what) == (dataset, field.replace("_", " "))
    assert int(wrong.planted) == int(wrong.found) + 1


def test_a_reason_that_only_one_side_knows_disagrees(generated):
    zones, account, refused, truth = generated
    planted = truth.datasets["clients"]
    reasons = dict(planted.rejected_by_reason) | {"never_seen": 1}
    other = replace(planted, rejected_by_reason=reasons, warned_by_code={})
    checked = compare(zones, account, refused, replace(truth, datasets=truth.datasets | {"clients": other}))

    assert {item.what for item in checked if not item.agrees} == {
        "rejected: never_seen",
        *(f"warned: {code}" for code in planted.warned_by_code),
    }


def test_a_cent_a_watt_hour_a_stranger_and_a_refused_file_more_each_disagree(generated):
    zones, account, refused, truth = generated
    changed = replace(
        truth,
        quantity_mwh=truth.quantity_mwh + Decimal("0.000001"),
        amounts=truth.amounts | {"EUR": truth.amounts["EUR"] + Decimal("0.01")},
        unknown_clients=truth.unknown_clients + 1,
        refused=truth.refused[1:],
    )
    checked = compare(zones, account, [*refused, FileRefusal("raw/x/y.csv", "")], changed)
    lost = truth.refused[0].file.rsplit("/", 1)[-1]

    assert {item.what for item in checked if not item.agrees} == {
        "MWh",
        "amount in EUR",
        "unknown counterparties",
        "y.csv",
        lost,
    }
