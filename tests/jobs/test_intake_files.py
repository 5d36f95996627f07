"""Files of which nothing can be taken: each is refused with its name, what is wrong and the way out; the others go on."""

import gzip
from pathlib import Path

import pytest
import zstandard

from jobs.zones import Zones
from tests.jobs.lakes import CLIENTS, PROVIDERS, TRADE_HEADER, entries, put_raw, run_raw, text, trades, tree, verdict

GOOD = text(trades(10))
REORDERED = ",".join(reversed(TRADE_HEADER.split(",")))

REFUSED: dict[str, tuple[str | bytes, str]] = {
    "nothing": ("", "is empty: a header with transaction_id, transaction_type, entity_id,"),
    "blank lines": ("\n\n  \n", "is empty: a header with"),
    "a BOM alone": (b"\xef\xbb\xbf", "is empty: a header with"),
    "a header alone": (TRADE_HEADER, "has a header and no records; if nothing was traded, deliver nothing"),
    "a header and a line break": (TRADE_HEADER + "\n", "has a header and no records"),
    "a header and blank lines": (TRADE_HEADER + "\n\n  \n", "has a header and no records"),
    "a column missing": (GOOD.replace(",total_amount", "", 1), "lacks column total_amount; it has transaction_id,"),
    "two columns missing": (
        GOOD.replace("quantity_kwh,price_per_kwh", "q,p", 1),
        "lacks columns quantity_kwh, price_per_kwh; it has",
    ),
    "a column too many": (
        GOOD.replace("total_amount", "total_amount,note", 1),
        "has the unknown column note; add it to transactions.ignored_columns in sources/standard.toml",
    ),
    "a column twice": (
        GOOD.replace("total_amount", "total_amount,energy_type", 1),
        "has column energy_type more than once",
    ),
    "a trailing delimiter in the header": (GOOD.replace("total_amount", "total_amount,", 1), "has the unknown column"),
    "no header": (text(trades(10)).partition("\n")[2], "lacks columns transaction_id,"),
    "another delimiter": (GOOD.replace(",", ";"), "when cut at ','; if it is cut at another character"),
    "tabs": (GOOD.replace(",", "\t"), "when cut at ','; if it is cut at another character"),
    "providers under transactions": (
        PROVIDERS,
        "has the columns of providers, not of transactions; deliver it as providers",
    ),
    "clients under transactions": (CLIENTS, "has the columns of clients, not of transactions; deliver it as clients"),
    "UTF-16": (GOOD.encode("utf-16"), "is UTF-16; export it as UTF-8"),
    "UTF-16 big endian": (b"\xfe\xff" + GOOD.encode("utf-16-be"), "is UTF-16; export it as UTF-8"),
    "gzip without saying so": (gzip.compress(GOOD.encode()), "is compressed with gzip; name it .csv.gz"),
    "zstandard without saying so": (
        zstandard.compress(GOOD.encode()),
        "is compressed with zstandard; name it .csv.zst",
    ),
    "an Excel workbook": (b"PK\x03\x04" + b"\0" * 100, "is a zip archive or an Excel workbook; export it as CSV"),
    "a Parquet file": (b"PAR1" + b"\0" * 100 + b"PAR1", "is a Parquet file; export it as CSV"),
    "random bytes": (bytes(range(256)) * 20, "has one column, '\\x00\\x01"),
    "an open quote in the header": ('"' + GOOD, "has a header that opens a quote and does not close it"),
    "a header that csv cannot read": (GOOD.replace(",total", ",\rtotal", 1), "has a header that cannot be read"),
}


@pytest.mark.parametrize(("content", "why"), REFUSED.values(), ids=REFUSED.keys())
def test_a_file_that_cannot_be_taken_is_refused_with_its_reason(tmp_path: Path, content: str | bytes, why: str):
    assert why in verdict(tmp_path, content).why


@pytest.mark.parametrize(
    ("dataset", "content", "other"), [("providers", CLIENTS, "clients"), ("clients", PROVIDERS, "providers")]
)
def test_a_file_of_another_dataset_is_named(tmp_path: Path, dataset: str, content: str, other: str):
    found = verdict(tmp_path, content, dataset=dataset)
    assert f"has the columns of {other}, not of {dataset}; deliver it as {other}" in found.why


def test_a_comma_file_under_a_semicolon_source_is_told_where_to_go(tmp_path: Path):
    found = verdict(tmp_path, GOOD, source="estandar")
    assert "has one column, 'transaction_id,transaction_date" in found.why
    assert "sources/estandar.toml" in found.why


def test_a_refused_file_stays_due_until_it_is_replaced_by_a_new_delivery(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    path = put_raw(zones, "")
    assert [refusal.file for refusal in run_raw(zones).refused] == [f"raw/{path}"]
    before = tree(tmp_path)
    assert [refusal.file for refusal in run_raw(zones).refused] == [f"raw/{path}"], "again, until somebody acts"
    assert tree(tmp_path) == before, "a refusal writes nothing"

    zones.raw.delete(path)
    put_raw(zones, GOOD, "b.csv")
    assert not run_raw(zones).refused


@pytest.mark.parametrize(
    ("header", "line"),
    [
        (TRADE_HEADER.upper(), trades(1)[0]),
        (" " + TRADE_HEADER.replace(",", " , ").title() + "\t", trades(1)[0]),
        (REORDERED, ",".join(reversed(trades(1)[0].split(",")))),
        (",".join(f'"{name}"' for name in TRADE_HEADER.split(",")), trades(1)[0]),
        (TRADE_HEADER + ",currency", trades(1)[0] + ",USD"),
    ],
    ids=["capitals", "blanks and case", "another order", "quotes", "an optional column"],
)
def test_headers_are_recognised_in_another_case_order_or_with_blanks(tmp_path: Path, header: str, line: str):
    found = verdict(tmp_path, text([line], header))

    assert (found.received.rows, found.valid.rows) == (1, 1)
    assert str(found.valid.mwh) == "1.000000"
    assert found.valid.money == {("USD" if "currency" in header else "EUR"): found.received.money.popitem()[1]}


def test_an_ignored_column_is_left_unread(tmp_path: Path):
    header = "transaction_id,transaction_type,counterparty_id,provider_id,client_id,quantity,quantity_unit,price"
    header += ",currency,energy_type,transaction_date"
    line = "T1,buy,whatever,P1,,12,MW,50,AUD,wind,2024/07/10 12:05:00"
    found = verdict(tmp_path, text([line], header), source="aemo_nem")
    assert (found.valid.rows, str(found.valid.mwh)) == (1, "1.000000")


def test_the_name_of_a_file_may_hold_what_a_shell_would_expand(tmp_path: Path):
    lines = [*trades(9), '"T10",short']
    found = verdict(tmp_path / "lake [1] *", text(lines), "trades [1]*?.csv")
    assert found.rejected == {10: ["line_too_few_fields"]}
    assert found.valid.rows == 9


def test_one_bad_file_among_several_changes_nothing_for_the_others(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(5)), "a.csv")
    put_raw(zones, "", "b.csv")
    put_raw(zones, b"\x1f\x8b\x08broken", "c.csv.gz")
    put_raw(zones, text(trades(5, first=6)), "d.csv")
    report = run_raw(zones)

    assert [refusal.file.rpartition("/")[2] for refusal in report.refused] == ["b.csv", "c.csv.gz"]
    assert (report.datasets["transactions"].files, report.datasets["transactions"].valid.rows) == (2, 10)
    assert len(entries(zones)) == 2
