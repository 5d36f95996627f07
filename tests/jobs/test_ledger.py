"""The ledger: what an entry keeps, what it refuses, and what it knows of a run that was killed."""

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.ledger import Entry, Ledger, LedgerImbalanceError, Output, file_id
from jobs.raw_to_processed import effective
from jobs.storage import FolderStorage
from jobs.zones import RawFile, RawPathError, Zones, raw_file
from tests.jobs.deliveries import examples
from tests.jobs.lakes import entries, put_raw, run_raw, text, trades
from transforms.totals import Totals

PATH = "transactions/source=standard/ingest_date=2024-06-01/a.csv"
ONE = Totals(1, Decimal("1.000000"), {"EUR": Decimal("100.00")})
ENTRY = Entry(
    file=PATH,
    dataset="transactions",
    source="standard",
    ingest_date=date(2024, 6, 1),
    content="ab" * 16,
    size_bytes=1234,
    received=ONE + ONE,
    valid=ONE,
    rejected=ONE,
    reasons={"quantity_negative": 1},
    outputs=(
        Output("processed", "transactions/date=2024-05-01/x.parquet", 1, "2024-05-01"),
        Output("processed", "transactions_superseded/date=2024-05-01/x.parquet", 1, "2024-05-01"),
        Output("quarantine", "transactions/x.parquet", 1),
    ),
    key_range=("T1", "T9"),
)

amounts = st.decimals(allow_nan=False, allow_infinity=False, places=2)
totals = st.builds(Totals, st.integers(0), amounts, st.dictionaries(st.sampled_from(["EUR", "USD", "?"]), amounts))


@settings(max_examples=examples(1))
@given(totals, totals)
def test_an_entry_is_read_back_as_it_was_written(valid: Totals, rejected: Totals):
    entry = replace(ENTRY, received=valid + rejected, valid=valid, rejected=rejected)
    assert Entry.from_json(entry.to_json()) == entry


def test_numbers_are_written_as_text_so_that_no_reader_makes_floats_of_them():
    stored = json.loads(ENTRY.to_json())
    assert stored["valid"] == {"rows": 1, "mwh": "1.000000", "money": {"EUR": "100.00"}}


@pytest.mark.parametrize(
    "wrong",
    [
        Totals(1, ONE.mwh + ONE.mwh, {"EUR": Decimal("200.00")}),
        Totals(2, Decimal("1.999999"), {"EUR": Decimal("200.00")}),
        Totals(2, Decimal(2), {"EUR": Decimal("199.99")}),
        Totals(2, Decimal(2), {"USD": Decimal("200.00")}),
    ],
    ids=["rows", "energy", "money", "currency"],
)
def test_an_entry_that_does_not_balance_is_never_committed(tmp_path: Path, wrong: Totals):
    ledger = Ledger(FolderStorage(tmp_path))
    with pytest.raises(LedgerImbalanceError, match=r"a\.csv does not balance: received .* Nothing of it was published"):
        ledger.commit(replace(ENTRY, received=wrong))
    assert ledger.entries() == {}


def test_entries_are_found_by_the_path_of_their_file_and_notes_are_none(tmp_path: Path):
    ledger = Ledger(FolderStorage(tmp_path))
    ledger.commit(ENTRY)
    ledger.intend(RawFile(ENTRY.ingest_date, PATH, "transactions", "standard"), "0123", list(ENTRY.outputs))
    ledger.storage.put("curated.json", b"{}")
    assert ledger.entries() == {PATH: ENTRY}


def test_current_rows_are_told_from_replaced_and_rejected_ones():
    assert [output.path for output in ENTRY.processed()] == ["transactions/date=2024-05-01/x.parquet"]


def test_the_id_of_a_file_depends_on_its_place_and_content_alone():
    assert ENTRY.id == file_id(PATH, "ab" * 16)
    assert ENTRY.id != file_id(PATH, "ac" * 16)
    assert ENTRY.id != file_id(PATH.replace("a.csv", "b.csv"), "ab" * 16)
    assert len(ENTRY.id) == 16


def test_a_note_without_entry_leaves_all_its_outputs_behind(tmp_path: Path):
    ledger = Ledger(FolderStorage(tmp_path))
    raw = RawFile(ENTRY.ingest_date, PATH, "transactions", "standard")
    ledger.intend(raw, ENTRY.id, list(ENTRY.outputs))
    assert list(ledger.left_behind()) == [(ENTRY.id, list(ENTRY.outputs))]

    ledger.commit(ENTRY)
    assert list(ledger.left_behind()) == [(ENTRY.id, [])], "what the entry stands for stays"

    ledger.done(ENTRY.id)
    assert list(ledger.left_behind()) == []


def test_of_two_entries_with_one_content_the_earlier_delivery_stands_for_the_rows():
    later = replace(ENTRY, file=PATH.replace("06-01", "06-02"), ingest_date=date(2024, 6, 2))
    same_day = replace(ENTRY, file=PATH.replace("a.csv", "0.csv"))
    elsewhere = replace(later, source="estandar")
    found = effective({e.file: e for e in (later, ENTRY, same_day)})
    assert list(found.values()) == [same_day]
    assert len(effective({e.file: e for e in (ENTRY, elsewhere)})) == 2, "another source writes another meaning"


def test_the_ledger_of_the_same_deliveries_is_the_same_to_the_byte(tmp_path: Path):
    stored = []
    for name in ("one", "two"):
        zones = Zones.under(str(tmp_path / name))
        put_raw(zones, text([*trades(9), "x"]))
        run_raw(zones)
        stored.append([(s.path, zones.ledger.read(s.path)) for s in zones.ledger.listed()])
    assert stored[0] == stored[1]


def test_an_entry_says_what_became_of_the_file(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    path = put_raw(zones, text([*trades(9), "x"]))
    run_raw(zones)
    entry = entries(zones)[path]

    assert (entry.received.rows, entry.valid.rows, entry.rejected.rows, entry.duplicates.rows) == (10, 9, 1, 0)
    assert entry.valid.money == {"EUR": Decimal("900.00")}
    assert entry.reasons == {"line_too_few_fields": 1}
    assert entry.key_range == ("T0001", "T0009")
    assert {(o.zone, o.date, o.rows) for o in entry.outputs} == {
        ("processed", "2024-05-01", 3),
        ("processed", "2024-05-02", 3),
        ("processed", "2024-05-03", 3),
        ("quarantine", "", 1),
    }


@pytest.mark.parametrize(
    "path",
    [
        "a.csv",
        "transactions/a.csv",
        "transactions/source=standard/a.csv",
        "transactions/ingest_date=2024-01-01/source=standard/a.csv",
        "transactions/source=standard/ingest_date=2024-01-01/deeper/a.csv",
        "transactions/source=standard/ingest_date=24-01-01/a.csv",
        "Transactions/source=standard/ingest_date=2024-01-01/a.csv",
    ],
)
def test_a_place_where_no_delivery_belongs_is_named_with_the_layout(path: str):
    with pytest.raises(
        RawPathError, match="is not laid out as <dataset>/source=<source>/ingest_date=YYYY-MM-DD/<file>"
    ):
        raw_file(path)


def test_a_day_that_is_no_date_is_named():
    with pytest.raises(RawPathError, match="2024-02-30 is no date"):
        raw_file("transactions/source=standard/ingest_date=2024-02-30/a.csv")
