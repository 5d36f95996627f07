"""Which lines of a file are no records: unclosed quotes, NUL bytes, lost line breaks, missing or extra fields.

`jobs/intake.py` lets this room see the lines of a suspicious file and replaces each broken one by a marker line, so that
the CSV parser meets only lines it can read and every record keeps its line's number. A quoted value that runs over a
line break is taken where the next lines close it and the fields then add up; otherwise the line is broken alone, and an
unclosed quote never swallows the rest of the file.
"""

import re
from collections.abc import Mapping

import polars as pl

from contracts.lines import LINE_RULES, LONGEST_LINE_BYTES
from contracts.model import WholeLine

__all__ = [
    "CONTINUED",
    "FAULTS",
    "LINE",
    "MARK",
    "RECORD",
    "RECORD_BITS",
    "fault_of_marked",
    "faults",
    "is_continuation",
    "joined_records",
    "marker",
]

LINE = "line"
RECORD = "_row"
"""The number of the record's line, from 0 after the header; `source_row` is one more."""
RECORD_BITS = 32
"""The parser's row numbers are 32 bits wide."""
MARK = "\x1a"
"""Control-Z, once the end-of-file mark of DOS: no export holds it, and a line that does is broken."""

FAULTS = tuple(rule.check.fault for rule in LINE_RULES if isinstance(rule.check, WholeLine))
"""The names of what can be wrong with a line, in the order in which one of several is reported."""

CONTINUED = "continued"
"""Not a fault: the line belongs to the record that began above it, and is none of its own."""

_MARKED = len(MARK.encode())
_MOST_LINES_OF_A_RECORD = 8
_MENDABLE = ("unclosed_quote", "too_few_fields", "blank")


def marker(fault: str) -> str:
    """The line that stands for a broken one: the first field says which fault it had."""
    return f"{MARK}{CONTINUED}" if fault == CONTINUED else f"{MARK}{FAULTS.index(fault)}"


def is_continuation(first_column: pl.Expr) -> pl.Expr:
    """Whether the line only continues the record above it, from a file's first column. False for null."""
    return (first_column == f"{MARK}{CONTINUED}").fill_null(False)


def fault_of_marked(first_column: pl.Expr) -> pl.Expr:
    """From a file's first column: the index into `FAULTS` where the line is a marker, else null."""
    marked = pl.when(first_column.str.starts_with(MARK)).then(first_column)
    return marked.str.slice(_MARKED).cast(pl.UInt8, strict=False)


def faults(lines: pl.LazyFrame, *, delimiter: str, quote: str, fields: int) -> pl.LazyFrame:
    """The broken lines among `lines` (columns `RECORD`, `LINE`), with a column `fault` that names what is wrong.

    `fields` is how many the header has. Of several faults the first in `FAULTS` is named, but for a blank line, which is
    called that. A line that ends in CR LF counts without the CR.
    """
    line = pl.col(LINE).str.strip_suffix("\r")
    outside = line.str.replace_all(_quoted(quote), "")
    found = outside.str.count_matches(delimiter, literal=True) + 1
    broken = (
        pl.when(line.str.len_bytes() > LONGEST_LINE_BYTES)
        .then(pl.lit("too_long"))
        .when(line.str.contains("[\x00\x1a]"))
        .then(pl.lit("nul_byte"))
        .when(line.str.contains("\ufffd", literal=True))
        .then(pl.lit("bad_encoding"))
        .when(~line.str.contains(_well_quoted(delimiter, quote)))
        .then(pl.lit("unclosed_quote"))
        .when(line.str.strip_chars() == "")
        .then(pl.lit("blank"))
        .when(found < fields)
        .then(pl.lit("too_few_fields"))
        .when(found > fields)
        .then(pl.lit("too_many_fields"))
    )
    return lines.with_columns(line.alias(LINE), broken.alias("fault")).filter(pl.col("fault").is_not_null())


def joined_records(
    broken: Mapping[int, tuple[str, str]], *, delimiter: str, quote: str, fields: int
) -> dict[int, tuple[str, int]]:
    """The records among broken lines whose only fault is a line break inside a quoted value, or blanks around its quotes.

    `broken` maps a line's number to its fault and text. Gives, by the first line's number, the record on one line (line
    breaks became blanks, blanks outside quotes are gone) and how many lines it took. Joined are at most eight lines that
    follow each other and are whole but for their quotes: none that was cut short or holds bytes that are no text.
    """
    whole = re.compile(_well_quoted(delimiter, quote))
    joined: dict[int, tuple[str, int]] = {}
    taken = -1
    for number, (fault, text) in sorted(broken.items()):
        if number <= taken or fault != "unclosed_quote":
            continue
        record = text
        for count in range(1, _MOST_LINES_OF_A_RECORD + 1):
            if count > 1:
                following, more = broken.get(number + count - 1, ("", ""))
                if following not in _MENDABLE:
                    break
                record = f"{record} {more}"
            tight = _without_blanks_around_quotes(record, delimiter, quote)
            outside = re.sub(_quoted(quote), "", tight)
            if whole.search(tight) and outside.count(delimiter) + 1 == fields:
                joined[number] = (tight, count)
                taken = number + count - 1
                break
    return joined


def _quoted(quote: str) -> str:
    mark = re.escape(quote)
    return f"{mark}[^{mark}]*{mark}"


def _well_quoted(delimiter: str, quote: str) -> str:
    """A line whose quotes come in pairs around whole fields, a doubled quote standing for one.

    Blanks outside the quotes are not allowed: the CSV parser stops at one behind them and keeps the quotes behind one.
    """
    cut, mark = re.escape(delimiter), re.escape(quote)
    field = f"(?:[^{mark}{cut}]*|{mark}(?:[^{mark}]|{mark}{mark})*{mark})"
    return f"^{field}(?:{cut}{field})*$"


def _without_blanks_around_quotes(record: str, delimiter: str, quote: str) -> str:
    cut, mark = re.escape(delimiter), re.escape(quote)
    loose = f"(?<![^{cut}])[ ]*({mark}(?:[^{mark}]|{mark}{mark})*{mark})[ ]*(?=$|{cut})"
    return re.sub(loose, r"\1", record)
