"""A delivered file's bytes as UTF-8 text with a line feed after each line, whatever they came packed in.

The delivered bytes are never changed: what has to be unpacked, transcoded or tidied is written to a scratch folder, and
a plain UTF-8 file is read where it lies. Memory is bounded by pieces, however long the file or its lines are.
"""

import codecs
import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path

import zstandard

from contracts.lines import LONGEST_LINE_BYTES
from contracts.source import Source

__all__ = ["Refused", "as_text"]

_CHUNK_BYTES = 1 << 20
_ZST_CHUNK_BYTES = 1 << 10
"""Zstandard packs 128 KiB of one letter into four bytes, so small pieces keep what comes out of one below 32 MiB."""
_END_MARK = b"\x1a"
"""Control-Z, which DOS programs still write after the last line. It is no part of the data, as a BOM is none."""

_STRANGERS = {
    b"\x1f\x8b": "compressed with gzip; name it .csv.gz",
    b"\x28\xb5\x2f\xfd": "compressed with zstandard; name it .csv.zst",
    b"PK\x03\x04": "a zip archive or an Excel workbook; export it as CSV",
    b"\xff\xfe": "UTF-16; export it as UTF-8",
    b"\xfe\xff": "UTF-16; export it as UTF-8",
    b"PAR1": "a Parquet file; export it as CSV",
}
"""How files begin that are no text in any encoding a source can declare, and the way out."""


class Refused(ValueError):  # noqa: N818 - it is a verdict about a file, and reads as one
    """Nothing of a file can be taken. The message names the file, what is wrong and the way out."""


def as_text(file: Path, name: str, source: Source, scratch: Path) -> Path:
    """The file unpacked, in UTF-8 and with line feeds: itself where it already is. `name` is what errors call it.

    Raises `Refused` where it cannot be unpacked whole, or is no text in the source's encoding at all.
    """
    is_packed = name.endswith((".gz", ".zst"))
    text = file
    if is_packed or source.file.encoding != "utf-8":
        text = scratch / "unpacked.csv"
        pieces = _unpacked(file, name)
        if source.file.encoding == "latin-1":
            pieces = _from_latin_1(pieces, name, source)
        with text.open("wb") as out:
            out.writelines(pieces)
    with text.open("rb") as stream:
        head = stream.read(LONGEST_LINE_BYTES)
        stream.seek(max(0, text.stat().st_size - 1))
        ends_with_mark = stream.read(1) == _END_MARK
    for magic, what in _STRANGERS.items():
        if head.startswith(magic):
            raise Refused(f"{name} is {what}")
    return _tidied(text, head, ends_with_mark, scratch / "tidied.csv")


def _tidied(text: Path, head: bytes, ends_with_mark: bool, target: Path) -> Path:  # noqa: FBT001 - named in its one call
    """Without DOS's mark at the end, and with line feeds where lines end in a carriage return alone, as on old Macs."""
    has_mac_lines = b"\r" in head and b"\n" not in head
    if not has_mac_lines and not ends_with_mark:
        return text
    with text.open("rb") as stream, target.open("wb") as out:
        while chunk := stream.read(_CHUNK_BYTES):
            out.write(chunk.replace(b"\r", b"\n") if has_mac_lines else chunk)
        if ends_with_mark:
            out.seek(-1, os.SEEK_END)
            out.truncate()
    return target


def _unpacked(file: Path, name: str) -> Iterator[bytes]:
    """The delivered bytes in pieces, unpacked as the file's name says, to the last one or not at all."""
    pieces = _zst_pieces if name.endswith(".zst") else _gz_pieces if name.endswith(".gz") else _pieces
    try:
        yield from pieces(file)
    except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
        raise Refused(
            f"{name} cannot be unpacked ({error}); deliver it again, whole, or without compression"
        ) from error


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _gz_pieces(file: Path) -> Iterator[bytes]:
    with gzip.open(file, "rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            yield chunk


def _zst_pieces(file: Path) -> Iterator[bytes]:
    """Frame by frame, because the library's own reader ends a file that was cut off as if it were whole."""
    frame = None
    with file.open("rb") as stream:
        while packed := stream.read(_ZST_CHUNK_BYTES):
            while packed:
                frame = frame or zstandard.ZstdDecompressor().decompressobj()
                yield frame.decompress(packed)
                packed = frame.unused_data if frame.eof else b""
                frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("the file ends before its last frame does")


def _from_latin_1(pieces: Iterator[bytes], name: str, source: Source) -> Iterator[bytes]:
    """The pieces in UTF-8. Every byte is a latin-1 letter, so UTF-8 would pass as gibberish: it is recognised and refused."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    is_utf8, is_ascii = True, True
    for piece in pieces:
        is_ascii = is_ascii and piece.isascii()
        if is_utf8 and not is_ascii:
            is_utf8 = _decodes(decoder, piece)
        yield piece.decode("latin-1").encode()
    if is_utf8 and not is_ascii and _decodes(decoder, b"", final=True):
        raise Refused(
            f"{name} is UTF-8, and sources/{source.name}.toml says latin-1, which would turn its letters into others; "
            f"export it as latin-1, or change file.encoding there"
        )


def _decodes(decoder: codecs.IncrementalDecoder, piece: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(piece, final)
    except UnicodeDecodeError:
        return False
    return True
