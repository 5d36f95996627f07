"""A delivered file's way to a text file that the CSV parser can read from end to end.

The delivered bytes are never changed. `unpack.py` gives them as UTF-8 text; a file that looks suspicious is examined
line by line (`transforms/lines.py`) and its broken lines are replaced in a scratch copy by marker lines, one for one,
so that every record keeps its number. A file that looks sound, and most do, is read in place.

`Refused` is raised for what no line can be blamed for: the other files go on, and this one stays due.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import polars as pl
import xxhash

from contracts.lines import LONGEST_LINE_BYTES
from contracts.source import Source
from jobs.unpack import Refused, as_text
from transforms import lines

__all__ = ["Prepared", "Refused", "content_hash", "prepare"]

_CHUNK_BYTES = 4 << 20
_BLOCK_BYTES = LONGEST_LINE_BYTES // 2
"""A line of the longest allowed length cannot hide in a file that has a line break in every block of half that size."""
_KEPT_OF_A_LONG_LINE = 65_536
"""What quarantine keeps of a line that is too long; the whole of it stays in the raw zone."""
_MOST_NAMES_SHOWN = 12
_NONE_BROKEN = pl.DataFrame(schema={lines.RECORD: pl.UInt32, lines.LINE: pl.String, "fault": pl.String})


@dataclass(frozen=True)
class Prepared:
    """A file ready for the parser: UTF-8 at `path`, whose records begin after `skip_lines` lines.

    `header` is in the spelling of the source's TOML. `broken` has the lines that markers stand for: `RECORD`, `LINE`.
    `continuations` counts the markers that only hold the place of a record's further lines; `records` is how many records
    the parser must find, which is every other line after the header. `first` is how many lines of the same file were cut off
    before this one, which is then a piece of it: its `RECORD`s are those of the whole file.
    """

    path: Path
    header: tuple[str, ...]
    skip_lines: int
    broken: pl.DataFrame
    text_bytes: int
    delimiter: str
    quote: str
    continuations: int
    records: int
    first: int = 0


@dataclass
class _Look:
    """What one pass over the bytes saw. `is_even` says that every line has as many delimiters as the header."""

    bytes: int = 0
    lines: int = 0
    is_even: bool = True
    has_quote: bool = False
    has_control: bool = False
    has_long_line: bool = False
    is_utf8: bool = True


def content_hash(file: Path) -> str:
    """The hash of a file's bytes as they were delivered. It tells deliveries apart; it is no defence against forgery."""
    digest = xxhash.xxh3_128()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def prepare(file: Path, name: str, dataset: str, source: Source, scratch: Path) -> Prepared:
    """Makes the delivered `file` readable, in `scratch` where it must be changed. `name` is what errors call it.

    Raises `Refused` for an empty file, a header that is not the source's, a file of another dataset, or one without records.
    """
    text = as_text(file, name, source, scratch)
    header, skip = _header(text, name, dataset, source)
    look = _looked_at(text, source, len(header))
    if look.has_long_line or not look.is_utf8:
        text = _rewritten(text, scratch / "sound-lines.csv")
    broken = _NONE_BROKEN
    if _is_suspicious(look, skip):
        broken = _broken_lines(text, source, len(header), skip)
    continuations = 0
    if broken.height:
        text, broken, continuations = _with_markers(text, broken, source, len(header), skip, scratch / "marked.csv")
    return Prepared(
        text,
        header,
        skip,
        broken.drop("fault"),
        look.bytes,
        source.file.delimiter,
        source.file.quote,
        continuations,
        look.lines - skip - continuations,
    )


def _header(text: Path, name: str, dataset: str, source: Source) -> tuple[tuple[str, ...], int]:
    """The header's columns as the source's TOML spells them, and how many lines stand before the first record."""
    mapping = source.dataset(dataset)
    with text.open("rb") as stream:
        for _ in range(source.file.preamble_lines):
            _line(stream, name)
        line = _line(stream, name)
        while line and not line.strip():
            line = _line(stream, name)
        skip = _lines_before(text, stream.tell())
        has_records = any(chunk.strip() for chunk in iter(lambda: stream.read(_CHUNK_BYTES), b""))
    content = line.decode("utf-8-sig", errors="replace").strip("\r\n")
    if not content.strip():
        raise Refused(
            f"{name} is empty: a header with {', '.join(mapping.wanted_columns)} was expected; export it again"
        )
    if content.count(source.file.quote) % 2:
        raise Refused(
            f"{name} has a header that opens a quote and does not close it: {content[:80]!r}; export it again"
        )
    try:
        found = next(csv.reader([content], delimiter=source.file.delimiter, quotechar=source.file.quote))
    except csv.Error as error:
        raise Refused(
            f"{name} has a header that cannot be read ({error}): {content[:80]!r}; export it again"
        ) from error
    spelled = {known.strip().lower(): known for known in mapping.known_columns}
    header = tuple(spelled.get(column.strip().lower(), column.strip()) for column in found)
    _check_header(header, name, dataset, source)
    if not has_records:
        raise Refused(
            f"{name} has a header and no records; if nothing was traded, deliver nothing, else export it again"
        )
    return header, skip


def _line(stream: BinaryIO, name: str) -> bytes:
    line = stream.readline(LONGEST_LINE_BYTES)
    if len(line) == LONGEST_LINE_BYTES and not line.endswith(b"\n"):
        raise Refused(
            f"{name} has no line break in its first {LONGEST_LINE_BYTES} bytes, where its header was expected; it has "
            f"probably lost its line breaks, export it again"
        )
    return line


def _lines_before(text: Path, position: int) -> int:
    with text.open("rb") as stream:
        return stream.read(position).count(b"\n")


def _check_header(header: tuple[str, ...], name: str, dataset: str, source: Source) -> None:
    mapping = source.dataset(dataset)
    missing = [column for column in mapping.wanted_columns if column not in header]
    extra = [column for column in header if column not in mapping.known_columns]
    twice = sorted({column for column in header if header.count(column) > 1})
    where = f"sources/{source.name}.toml"
    if missing and len(header) == 1:
        raise Refused(
            f"{name} has one column, {header[0][:80]!r}, when cut at {source.file.delimiter!r}; if it is cut at another "
            f"character, deliver it under the source that says so, or change file.delimiter in {where}"
        )
    for other in source.datasets.values():
        if missing and other.dataset != dataset and set(other.wanted_columns) <= set(header):
            raise Refused(f"{name} has the columns of {other.dataset}, not of {dataset}; deliver it as {other.dataset}")
    if missing:
        shown = ", ".join(header[:_MOST_NAMES_SHOWN])
        raise Refused(
            f"{name} lacks {_columns(missing)}; it has {shown}. Export it with all columns of {where} or, if the source "
            f"never delivers them, change that file"
        )
    if extra or twice:
        what = f"the unknown {_columns(extra)}" if extra else f"{_columns(twice)} more than once"
        raise Refused(
            f"{name} has {what}; add it to {dataset}.ignored_columns in {where} to leave it unread, or map it there"
        )


def _columns(names: list[str]) -> str:
    return f"column{'s' if len(names) > 1 else ''} {', '.join(names[:_MOST_NAMES_SHOWN])}"


def _looked_at(text: Path, source: Source, fields: int) -> _Look:
    """One pass over the bytes, with nothing but what runs at memory speed.

    With everything but delimiters and line breaks deleted, a sound file without quotes is one pattern over and over.
    """
    look = _Look()
    delimiter, quote = source.file.delimiter.encode(), source.file.quote.encode()
    others = bytes(byte for byte in range(256) if byte not in delimiter + b"\n")
    period = delimiter * (fields - 1) + b"\n"
    pattern = period * (_BLOCK_BYTES // len(period) + 2)
    phase = 0
    rest = b""
    last = b"\n"
    with text.open("rb") as stream:
        while chunk := stream.read(_BLOCK_BYTES):
            look.bytes += len(chunk)
            marks = chunk.translate(None, others)
            look.lines += marks.count(b"\n")
            look.is_even = look.is_even and marks == pattern[phase : phase + len(marks)]
            phase = (phase + len(marks)) % len(period)
            look.has_quote = look.has_quote or quote in chunk
            look.has_control = look.has_control or b"\0" in chunk or lines.MARK.encode() in chunk
            look.has_long_line = look.has_long_line or (len(chunk) == _BLOCK_BYTES and b"\n" not in chunk)
            last = chunk[-1:]
            if look.is_utf8 and (rest or not chunk.isascii()):
                look.is_utf8, rest = _valid_utf8(rest + chunk)
    look.lines += last != b"\n"
    look.is_utf8 = look.is_utf8 and not rest
    look.is_even = look.is_even and phase == (0 if last == b"\n" else len(period) - 1)
    return look


def _valid_utf8(chunk: bytes) -> tuple[bool, bytes]:
    """Whether the chunk is UTF-8, and the start of a character that its end may have cut."""
    try:
        chunk.decode()
    except UnicodeDecodeError as error:
        longest = 3
        is_cut = error.end == len(chunk) and len(chunk) - error.start <= longest
        return is_cut, chunk[error.start :] if is_cut else b""
    return True, b""


def _is_suspicious(look: _Look, skip: int) -> bool:
    """Whether any line may be no record."""
    return look.has_quote or look.has_control or look.has_long_line or not look.is_utf8 or skip > 1 or not look.is_even


def _rewritten(text: Path, target: Path) -> Path:
    """A copy whose bytes that are no UTF-8 became U+FFFD and whose endless lines were cut; both are found as faults later."""
    with text.open("rb") as stream, target.open("wb") as out:
        while line := stream.readline(LONGEST_LINE_BYTES + 1):
            if len(line) > LONGEST_LINE_BYTES and not line.endswith(b"\n"):
                while (tail := stream.readline(_CHUNK_BYTES)) and not tail.endswith(b"\n"):
                    pass
                line = line[: LONGEST_LINE_BYTES + 1] + b"\n"
            out.write(line.decode(errors="replace").encode())
    return target


def _broken_lines(text: Path, source: Source, fields: int, skip: int) -> pl.DataFrame:
    scanned = pl.scan_lines(text, name=lines.LINE, row_index_name=lines.RECORD, glob=False)
    records = scanned.filter(pl.col(lines.RECORD) >= skip).with_columns(pl.col(lines.RECORD) - skip)
    found = lines.faults(records, delimiter=source.file.delimiter, quote=source.file.quote, fields=fields)
    kept = pl.col(lines.LINE).str.slice(0, _KEPT_OF_A_LONG_LINE)
    return found.with_columns(kept).collect(engine="streaming").sort(lines.RECORD)


def _with_markers(
    text: Path, broken: pl.DataFrame, source: Source, fields: int, skip: int, target: Path
) -> tuple[Path, pl.DataFrame, int]:
    """A copy in which a marker stands for each broken line, the lines that stay broken, and how many only continue others.

    A record whose quoted value runs over line breaks is put on its first line; markers keep the places of the others.
    """
    found = {row: (fault, line) for row, line, fault in broken.select(lines.RECORD, lines.LINE, "fault").iter_rows()}
    joined = lines.joined_records(found, delimiter=source.file.delimiter, quote=source.file.quote, fields=fields)
    new = {row: lines.marker(fault) for row, (fault, _) in found.items()}
    for row, (record, count) in joined.items():
        new |= {row + offset: lines.marker(lines.CONTINUED) for offset in range(1, count)} | {row: record}
    mended = {row + offset for row, (_, count) in joined.items() for offset in range(count)}
    with text.open("rb") as stream, target.open("wb", buffering=_CHUNK_BYTES) as out:
        for number, line in enumerate(stream):
            replacement = new.get(number - skip)
            out.write(line if replacement is None else f"{replacement}\n".encode())
    return target, broken.filter(~pl.col(lines.RECORD).is_in(mended)), len(mended) - len(joined)
