"""Rules about a line of a delivered file, before its fields mean anything. Every delivered dataset has them.

Found by `jobs/intake.py` (which sees bytes) and `transforms/normalise.py` (which sees fields).
"""

from contracts.model import Rule, WholeLine

__all__ = ["LINE_RULES", "LONGEST_LINE_BYTES"]

LONGEST_LINE_BYTES = 1_048_576
"""A record of the exports is a few hundred bytes; a line over 1 MiB is a file that lost its line breaks."""

LINE_RULES = (
    Rule(
        code="line_too_long",
        check=WholeLine("too_long"),
        sentence=f"The line is longer than {LONGEST_LINE_BYTES} bytes; the file has probably lost its line breaks.",
    ),
    Rule(
        code="line_nul_byte",
        check=WholeLine("nul_byte"),
        sentence="The line holds NUL bytes, the mark of a broken transfer; text without them was expected.",
    ),
    Rule(
        code="line_bad_encoding",
        check=WholeLine("bad_encoding"),
        sentence="The line holds bytes that are not text in the encoding the source declares; correct the export or `encoding`.",
    ),
    Rule(
        code="line_unclosed_quote",
        check=WholeLine("unclosed_quote"),
        sentence="The line opens a quote that it does not close; each record must stand on one line with its quotes in pairs.",
    ),
    Rule(
        code="line_too_few_fields",
        check=WholeLine("too_few_fields"),
        sentence="The line has fewer fields than the header; every column must be there, even if empty.",
    ),
    Rule(
        code="line_too_many_fields",
        check=WholeLine("too_many_fields"),
        sentence="The line has more fields than the header; a delimiter inside a value must be quoted.",
    ),
    Rule(
        code="line_repeated_header",
        check=WholeLine("repeated_header"),
        sentence="The header stands again in the middle of the file, as when exports are glued together; it is not a record.",
    ),
    Rule(
        code="line_blank",
        check=WholeLine("blank"),
        sentence="The line holds no value at all; a record was expected.",
    ),
)
