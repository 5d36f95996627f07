"""Encodings, line ends and compression: what the bytes come packed in changes nothing, or is named."""

import gzip
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from contracts.source import FileFormat
from jobs import raw_to_processed
from jobs.zones import Zones
from tests.jobs.lakes import SOURCES, processed, put_raw, run_raw, text, trade, trades, verdict

GOOD = text(trades(10))
SPANISH_HEADER = (
    "id_transaccion;fecha_transaccion;tipo_transaccion;id_entidad;cantidad_kwh;precio_por_kwh;tipo_energia;"
    "importe_total;moneda"
)
SPANISH = text(["T1;01/05/2024 13:00:00;compra;PRV-1;1.000,5;0,1;eólica;100,05;EUR"], SPANISH_HEADER)
ONE_FRAME = zstandard.compress(GOOD.encode())


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("\n", "\r").encode(),
        GOOD.removesuffix("\n").encode(),
        GOOD.replace("\n", "\r\n").removesuffix("\r\n").encode(),
        GOOD.encode() + b"\x1a",
        GOOD.removesuffix("\n").encode() + b"\x1a",
        GOOD.replace("\n", "\r").encode() + b"\x1a",
    ],
    ids=[
        "BOM",
        "CR LF",
        "CR alone",
        "no final line break",
        "CR LF without the last",
        "Control-Z at the end",
        "Control-Z behind the last field",
        "CR alone and Control-Z",
    ],
)
def test_line_ends_and_marks_around_the_text_change_nothing(tmp_path: Path, content: bytes):
    found = verdict(tmp_path, content)

    assert (found.received.rows, found.valid.rows, found.rejected) == (10, 10, {})
    assert found.names == [f"T{number:04d}" for number in (3, 6, 9, 1, 4, 7, 10, 2, 5, 8)], "by date, then by row"


def test_a_carriage_return_inside_a_line_is_no_line_break(tmp_path: Path):
    lines = [*trades(9), trade(10) + "\r" + trade(11)]
    assert verdict(tmp_path, text(lines)).rejected == {10: ["line_too_many_fields"]}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", gzip.compress(GOOD.encode())),
        ("a.csv.gz", gzip.compress(GOOD[:200].encode()) + gzip.compress(GOOD[200:].encode())),
        ("a.csv.zst", ONE_FRAME),
        ("a.csv.zst", zstandard.compress(GOOD[:200].encode()) + zstandard.compress(GOOD[200:].encode())),
        ("a.gz", gzip.compress(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())),
    ],
    ids=["gz", "two gz members", "zst", "two zst frames", "gz with BOM and CR LF"],
)
def test_a_compressed_file_is_read_whole(tmp_path: Path, name: str, content: bytes):
    found = verdict(tmp_path, content, name)
    assert (found.received.rows, found.valid.rows) == (10, 10)


BIG = text(trades(5000)).encode()
BAD_PACKS = {
    "truncated gz": ("a.csv.gz", gzip.compress(BIG)[:-2000]),
    "gz without its last byte": ("a.csv.gz", gzip.compress(BIG)[:-1]),
    "gz with a byte turned": ("a.csv.gz", (p := gzip.compress(BIG))[:3000] + bytes([p[3000] ^ 0xFF]) + p[3001:]),
    "gz with something behind it": ("a.csv.gz", gzip.compress(BIG) + b"more"),
    "gz whose body is none": ("a.csv.gz", gzip.compress(b"")[:10] + b"\xff" * 100),
    "text called gz": ("a.csv.gz", BIG),
    "truncated zst": ("a.csv.zst", zstandard.compress(BIG)[:-2000]),
    "zst without its last byte": ("a.csv.zst", zstandard.compress(BIG)[:-1]),
    "zst whose second frame is cut off": ("a.csv.zst", ONE_FRAME + ONE_FRAME[:-5]),
    "zst with something behind it": ("a.csv.zst", ONE_FRAME + b"more"),
    "text called zst": ("a.csv.zst", BIG),
}


@pytest.mark.parametrize(("name", "content"), BAD_PACKS.values(), ids=BAD_PACKS.keys())
def test_a_damaged_compressed_file_is_refused_whole(tmp_path: Path, name: str, content: bytes):
    why = verdict(tmp_path, content, name).why
    assert f"{name} cannot be unpacked (" in why
    assert "deliver it again, whole, or without compression" in why


def test_an_empty_compressed_file_is_empty(tmp_path: Path):
    assert "is empty" in verdict(tmp_path, gzip.compress(b""), "a.csv.gz").why


def test_latin_1_bytes_in_a_utf_8_source_are_quarantined_by_line(tmp_path: Path):
    lines = [*trades(9), trade(10, energy_type="eólica"), trade(11, energy_type="eólica")]
    content = text(lines[:10]).encode("latin-1") + f"{lines[10]}\n".encode()
    found = verdict(tmp_path, content)

    assert found.rejected == {10: ["line_bad_encoding"]}
    assert found.valid.rows == 10, "the same word in UTF-8 is wind"
    assert "e\ufffdlica" in found.raw[10]["line"]


def test_a_character_cut_by_the_end_of_the_file_is_found(tmp_path: Path):
    content = (text(trades(9)) + trade(10, total_amount="")).encode() + "é".encode()[:1]
    assert verdict(tmp_path, content).rejected == {10: ["line_bad_encoding"]}


def test_a_character_across_the_blocks_that_are_looked_at_is_sound(tmp_path: Path):
    lines = [trade(number, energy_type="eólica") for number in range(1, 9001)]
    for shift in range(2):
        found = verdict(tmp_path / str(shift), text([*lines, trade(9001, energy_type="wind" + " " * shift)]))
        assert (found.valid.rows, found.rejected) == (9001, {})


def test_a_latin_1_source_is_read_as_latin_1(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, SPANISH.encode("latin-1"), source="estandar")
    report = run_raw(zones).datasets["transactions"]

    assert report.rejected.rows == 0
    row = processed(zones).row(0, named=True)
    assert [str(row[name]) for name in ("energy_type", "quantity_mwh", "price_per_mwh", "amount", "date")] == [
        "wind",
        "1.000500",
        "100.000000",
        "100.05",
        "2024-05-01",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf_8_under_a_latin_1_source_is_refused_instead_of_read_as_gibberish(tmp_path: Path, encoding: str):
    why = verdict(tmp_path, SPANISH.encode(encoding), source="estandar").why
    assert "is UTF-8, and sources/estandar.toml says latin-1" in why


def test_plain_ascii_under_a_latin_1_source_is_fine(tmp_path: Path):
    content = SPANISH.replace("eólica", "eolica").encode("ascii")
    assert verdict(tmp_path, content, source="estandar").valid.rows == 1


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_preamble_lines_are_skipped_and_rows_count_from_the_header(tmp_path: Path, ends: str):
    source = replace(SOURCES["standard"], file=FileFormat(preamble_lines=2, nulls=("",)))
    zones = Zones.under(str(tmp_path))
    content = "Export of 2024-06-01\nby 'me', \"you\"\n" + text([*trades(9), "short"])
    put_raw(zones, content.replace("\n", ends))
    report = raw_to_processed.run(zones, {"standard": source})

    assert not report.refused
    assert report.datasets["transactions"].reasons == {"line_too_few_fields": 1}
    assert processed(zones).filter(transaction_id="T0009")["source_row"].to_list() == [9]
