"""What a file with a broken line becomes: that line is quarantined by row with its text, every other line goes on."""

from pathlib import Path

import polars as pl
import pytest

from jobs.zones import Zones
from tests.jobs.lakes import TRADE_HEADER, processed, put_raw, run_raw, text, trade, trades, verdict

BROKEN_LINES = {
    "too few fields": ("T9,2024-05-01 01:00:00,buy,PRV-1,1000", "line_too_few_fields"),
    "one field too few": (trade(9).rpartition(",")[0], "line_too_few_fields"),
    "one word": ("total", "line_too_few_fields"),
    "too many fields": (trade(9) + ",stray", "line_too_many_fields"),
    "many fields too many": (trade(9) + ",a,b,c", "line_too_many_fields"),
    "one empty field too many": (trade(9) + ",", "line_too_many_fields"),
    "an unclosed quote": (trade(9, entity_id='"PRV-1'), "line_unclosed_quote"),
    "a quote inside a value": (trade(9, entity_id='PRV"1'), "line_unclosed_quote"),
    "a NUL byte": (trade(9, entity_id="PRV-1\0"), "line_nul_byte"),
    "a Control-Z": (trade(9, entity_id="PRV\x1a1"), "line_nul_byte"),
    "another marker's text": ("\x1a3", "line_nul_byte"),
    "the header": (TRADE_HEADER, "line_repeated_header"),
    "the header in capitals": (TRADE_HEADER.upper(), "line_repeated_header"),
    "nothing": ("", "line_blank"),
    "blanks": ("   ", "line_blank"),
    "delimiters alone": (",,,,,,,", "line_blank"),
}


PLACES = [(kind, 4) for kind in BROKEN_LINES] + [
    (kind, place) for kind in ("too few fields", "too many fields", "an unclosed quote", "nothing") for place in (0, 10)
]


@pytest.mark.parametrize(("kind", "place"), PLACES)
def test_a_broken_line_is_quarantined_alone_with_its_number(tmp_path: Path, kind: str, place: int):
    lines = trades(10)
    line, code = BROKEN_LINES[kind]
    found = verdict(tmp_path, text([*lines[:place], line, *lines[place:]]))

    assert found.rejected == {place + 1: [code]}
    assert (found.received.rows, found.valid.rows) == (11, 10)


@pytest.mark.parametrize("kind", ["too few fields", "too many fields", "many fields too many", "an unclosed quote"])
def test_quarantine_keeps_the_whole_text_of_a_broken_line(tmp_path: Path, kind: str):
    line, _ = BROKEN_LINES[kind]
    found = verdict(tmp_path, text([*trades(5), line]))

    assert found.raw == {6: {"line": line}}


def test_a_line_without_line_end_at_the_end_is_judged_as_any_other(tmp_path: Path):
    short = text([*trades(9), "T10,2024-05-01"]).removesuffix("\n")
    assert verdict(tmp_path, short).rejected == {10: ["line_too_few_fields"]}


def test_a_field_too_few_is_found_where_another_line_has_one_too_many(tmp_path: Path):
    lines = [*trades(10), trade(11).rpartition(",")[0], trade(12) + ","]
    found = verdict(tmp_path, text(lines))

    assert found.rejected == {11: ["line_too_few_fields"], 12: ["line_too_many_fields"]}


def test_a_field_too_few_is_found_beyond_the_first_blocks_of_a_large_file(tmp_path: Path):
    lines = trades(9000)
    lines[8500] = lines[8500].rpartition(",")[0]
    lines[8600] += ","
    found = verdict(tmp_path, text(lines))

    assert found.rejected == {8501: ["line_too_few_fields"], 8601: ["line_too_many_fields"]}


def test_two_adjacent_unclosed_quotes_swallow_no_line(tmp_path: Path):
    lines = trades(10)
    bad = [trade(20, entity_id='"PRV-1'), trade(21, entity_id='"PRV-1')]
    found = verdict(tmp_path, text([*lines[:5], *bad, *lines[5:]]))

    assert found.rejected == {6: ["line_unclosed_quote"], 7: ["line_unclosed_quote"]}
    assert found.valid.rows == 10


def test_several_faults_of_a_file_are_each_found_with_their_rows(tmp_path: Path):
    lines = trades(40)
    for row, line in {3: "", 9: "x,y", 17: trade(99) + ",,", 25: "a\0b", 33: TRADE_HEADER}.items():
        lines[row - 1] = line
    found = verdict(tmp_path, text(lines))

    assert found.rejected == {
        3: ["line_blank"],
        9: ["line_too_few_fields"],
        17: ["line_too_many_fields"],
        25: ["line_nul_byte"],
        33: ["line_repeated_header"],
    }
    assert found.valid.rows == 35


def test_blank_lines_at_the_end_are_counted_one_by_one(tmp_path: Path):
    found = verdict(tmp_path, text([*trades(10), "", ""]))
    assert found.rejected == {11: ["line_blank"], 12: ["line_blank"]}


def test_blank_lines_with_carriage_returns_are_blank(tmp_path: Path):
    found = verdict(tmp_path, text([*trades(10), ""]).replace("\n", "\r\n"))
    assert found.rejected == {11: ["line_blank"]}


def test_blank_lines_before_the_header_are_no_records(tmp_path: Path):
    found = verdict(tmp_path, "\n\n" + text([*trades(9), "x"]))
    assert found.rejected == {10: ["line_too_few_fields"]}


def test_a_quoted_line_break_is_one_record_and_keeps_the_rows_of_the_others(tmp_path: Path):
    split = 'CLI-2,DNI,1,"Bakery,\nGarcía",Lugo,commercial,2022-02-02'
    header = "client_id,id_type,identification,client_name,city,client_type,contract_start_date"
    zones = Zones.under(str(tmp_path))
    content = text(
        ["CLI-1,DNI,1,Ana,Lugo,residential,2022-02-02", split, "CLI-3,DNI,2,Eva,Lugo,other,2022-02-02"], header
    )
    put_raw(zones, content, dataset="clients")
    report = run_raw(zones)

    assert (report.datasets["clients"].received.rows, report.datasets["clients"].valid.rows) == (3, 3)
    rows = processed(zones, "clients").select("client_id", "client_name", "source_row").rows()
    assert rows == [("CLI-1", "Ana", 1), ("CLI-2", "Bakery, García", 2), ("CLI-3", "Eva", 4)]


def test_a_quoted_line_break_works_with_carriage_returns(tmp_path: Path):
    lines = [*trades(5), trade(6, entity_id='"PRV-\n1"')]
    found = verdict(tmp_path, text(lines).replace("\n", "\r\n"))

    assert (found.received.rows, found.valid.rows) == (6, 6)


def test_quoted_delimiters_and_doubled_quotes_are_part_of_the_value(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    header = "provider_id,provider_name,energy_type,capacity_mw,region,contract_start_date"
    put_raw(zones, text(['"PRV-1","Sun, ""Sol"" & Co",solar,1,south,2020-01-01'], header), dataset="providers")
    run_raw(zones)

    assert processed(zones, "providers")["provider_name"].to_list() == ['Sun, "Sol" & Co']


def test_every_rejected_row_names_its_file_and_delivery(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    path = put_raw(zones, text([*trades(9), "x"]), day="2024-06-07")
    run_raw(zones)
    file = next((tmp_path / "quarantine").rglob("*.parquet"))
    row = pl.read_parquet(file).row(0, named=True)

    assert {name: str(row[name]) for name in ("source", "source_file", "source_row", "ingest_date")} == {
        "source": "standard",
        "source_file": path,
        "source_row": "10",
        "ingest_date": "2024-06-07",
    }


def test_a_later_row_with_the_same_key_replaces_the_earlier_and_keeps_it(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text([trade(1), trade(2), trade(1, quantity_kwh="500", total_amount="50")]))
    report = run_raw(zones).datasets["transactions"]

    assert (report.received.rows, report.valid.rows, report.duplicates.rows) == (3, 2, 1)
    assert str(report.duplicates.mwh) == "1.000000"
    replaced = next((tmp_path / "processed" / "transactions_superseded").rglob("*.parquet"))
    assert pl.read_parquet(replaced, hive_partitioning=False)["source_row"].to_list() == [1]
