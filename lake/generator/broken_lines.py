"""Kinds of lines that are no records: too short, too long, glued, cut, damaged on the way. Each has one line fault."""

from random import Random

from lake.generator.dialects import Dialect
from lake.generator.kinds import Break, Effect, RowKind

__all__ = ["BROKEN_LINES"]


def _too_few(line: str, dialect: Dialect, rng: Random) -> bytes:
    fields = line.split(dialect.delimiter)
    return dialect.delimiter.join(fields[: rng.randrange(1, len(fields))]).encode(dialect.encoding)


def _too_many(line: str, dialect: Dialect, rng: Random) -> bytes:
    fields = line.split(dialect.delimiter)
    fields.insert(rng.randrange(1, len(fields)), "47")
    return dialect.delimiter.join(fields).encode(dialect.encoding)


def _header_again(_line: str, dialect: Dialect, _rng: Random) -> bytes:
    return dialect.delimiter.join(dialect.trade_header).encode(dialect.encoding)


def _nul(line: str, dialect: Dialect, rng: Random) -> bytes:
    cut = rng.randrange(1, len(line))
    return (line[:cut] + "\0" + line[cut:]).encode(dialect.encoding)


def _unclosed(line: str, dialect: Dialect, rng: Random) -> bytes:
    fields = line.split(dialect.delimiter)
    place = rng.randrange(1, len(fields))
    fields[place] = '"' + fields[place]
    return dialect.delimiter.join(fields).encode(dialect.encoding)


def _latin_byte(line: str, dialect: Dialect, _rng: Random) -> bytes:
    fields = line.split(dialect.delimiter)
    fields[dialect.trade_header.index("energy_type")] = "eólica"
    return dialect.delimiter.join(fields).encode("latin-1")


def _blank(_line: str, _dialect: Dialect, _rng: Random) -> bytes:
    return b""


def _kind(
    fault: str, sentence: str, break_line: Break, *, sources: tuple[str, ...] = ("standard", "estandar")
) -> RowKind:
    return RowKind(
        name=fault,
        sentence=sentence,
        effect=Effect.REJECTED,
        reasons=(fault,),
        break_line=break_line,
        sources=sources,
    )


BROKEN_LINES = (
    _kind("line_too_few_fields", "The line was cut off after some field.", _too_few),
    _kind("line_too_many_fields", "The line has a field more than the header.", _too_many),
    _kind(
        "line_repeated_header", "The header again, in the middle, as when exports are glued together.", _header_again
    ),
    _kind("line_nul_byte", "A NUL byte somewhere in the line.", _nul),
    _kind("line_unclosed_quote", "A quote that opens a field and is never closed.", _unclosed),
    _kind("line_bad_encoding", "A latin-1 byte in a UTF-8 file.", _latin_byte, sources=("standard",)),
    _kind("line_blank", "An empty line in the middle of the file.", _blank),
)
