"""What an object is and which columns it has: Parquet by its footer, CSV by a crawler's classifiers or a guess, JSON lines.

Stands in for Glue's classifiers, whose certainty and sampling are not published: a CSV classifier of the crawler's own fits
when the sample splits into two columns or more and most lines have as many as the first. Fixed-width, XML, Avro, ORC and Grok
are not read.
"""

import csv
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

__all__ = ["SAMPLE_BYTES", "Column", "Found", "classified", "is_parquet"]

SAMPLE_BYTES = 1 << 20
"""How much of a text is looked at: Glue reads the first megabyte (Glue guide, "Adding classifiers")."""

_TEXT_INPUT = "org.apache.hadoop.mapred.TextInputFormat"
_TEXT_OUTPUT = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
_SERDES = {
    "OpenCSVSerDe": "org.apache.hadoop.hive.serde2.OpenCSVSerde",
    "LazySimpleSerDe": "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
}
_PARQUET = "org.apache.hadoop.hive.ql.io.parquet"
Classifier = Mapping[str, Any]


@dataclass(frozen=True)
class Column:
    """A column: its name in lower case, and its Hive type."""

    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a classifier says of an object.

    Attributes:
        classification: `parquet`, `csv` or `json`.
        columns: In the order in which they are stored.
        descriptor: Input and output format and SerDe, as a table's storage descriptor has them.
        parameters: What the table says besides.
    """

    classification: str
    columns: Sequence[Column]
    descriptor: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)

    def with_columns(self, columns: Sequence[Column]) -> "Found":
        """The same with other columns."""
        return replace(self, columns=columns)


def is_parquet(key: str) -> bool:
    """Whether an object is read from its end, where Parquet has its footer."""
    return key.lower().endswith(".parquet")


def classified(key: str, sample: bytes, classifiers: Sequence[Classifier]) -> Found | None:
    """What an object is.

    Args:
        key: Its key; the ending tells Parquet and compressed text.
        sample: Its last `SAMPLE_BYTES` where it is Parquet, otherwise its first.
        classifiers: The crawler's own, each as `GetClassifier` gives it, in the order in which they are tried.

    Returns:
        None where nothing fits: Glue then makes no table of it either.
    """
    if is_parquet(key):
        return _parquet(sample)
    text = _text(key, sample)
    for classifier in classifiers:
        settings = classifier.get("CsvClassifier")
        found = _csv(text, settings) if settings else None
        if found:
            return found
    return _json(text) or _guessed_csv(text)


def _parquet(tail: bytes) -> Found | None:
    from local_aws.glue.parquet_types import columns_of  # pyarrow, which nobody needs to wait for at the start

    columns = columns_of(tail)
    if columns is None:
        return None
    return Found(
        classification="parquet",
        columns=[Column(name, kind) for name, kind in columns],
        descriptor={
            "InputFormat": f"{_PARQUET}.MapredParquetInputFormat",
            "OutputFormat": f"{_PARQUET}.MapredParquetOutputFormat",
            "SerdeInfo": {
                "SerializationLibrary": f"{_PARQUET}.serde.ParquetHiveSerDe",
                "Parameters": {"serialization.format": "1"},
            },
        },
    )


def _text(key: str, sample: bytes) -> str:
    """The sample as text; of a compressed one as much as it holds."""
    if key.lower().endswith(".gz"):
        try:
            sample = zlib.decompressobj(wbits=31).decompress(sample, SAMPLE_BYTES)
        except zlib.error:
            return ""
    return sample.decode("utf-8-sig", errors="replace")


def _csv(text: str, settings: Mapping[str, Any]) -> Found | None:
    delimiter, quote = settings.get("Delimiter") or ",", settings.get("QuoteSymbol") or '"'
    rows = _rows(text, delimiter, quote)
    if not rows or (len(rows[0]) == 1 and not settings.get("AllowSingleColumn")):
        return None
    alike = sum(len(row) == len(rows[0]) for row in rows)
    if 2 * alike < len(rows):
        return None
    has_header = settings.get("ContainsHeader") == "PRESENT"
    named = settings.get("Header") or (rows[0] if has_header else [f"col{place}" for place in range(len(rows[0]))])
    serde = settings.get("Serde") or "LazySimpleSerDe"
    by_serde = (
        {"separatorChar": delimiter, "quoteChar": quote, "serialization.format": "1"}
        if serde == "OpenCSVSerDe"
        else {"field.delim": delimiter}
    )
    return Found(
        classification="csv",
        columns=[Column(name.strip().lower(), "string") for name in named],
        descriptor={
            "InputFormat": _TEXT_INPUT,
            "OutputFormat": _TEXT_OUTPUT,
            "SerdeInfo": {"SerializationLibrary": _SERDES.get(serde, serde), "Parameters": by_serde},
        },
        parameters={
            "delimiter": delimiter,
            "columnsOrdered": "true",
            "areColumnsQuoted": "false",
            **({"skip.header.line.count": "1"} if has_header else {}),
        },
    )


def _guessed_csv(text: str) -> Found | None:
    """Glue's built-in classifier: comma, pipe, tab, semicolon; a header is taken for one where it holds no number."""
    for delimiter in ",|\t;":
        rows = _rows(text, delimiter, '"')
        has_header = bool(rows) and len(rows) > 1 and all(cell and not _is_number(cell) for cell in rows[0])
        found = _csv(text, {"Delimiter": delimiter, "ContainsHeader": "PRESENT" if has_header else "ABSENT"})
        if found:
            return found
    return None


def _rows(text: str, delimiter: str, quote: str) -> list[list[str]]:
    """The sample's records but the last, which may be cut off."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter, quotechar=quote) if row]
    except csv.Error:
        return []
    return rows[:-1] if len(rows) > 1 and not text.endswith("\n") and len(text) >= SAMPLE_BYTES else rows


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _json(text: str) -> Found | None:
    """One object a line."""
    try:
        first = json.loads(text.split("\n", 1)[0])
    except ValueError:
        return None
    if not isinstance(first, dict):
        return None
    return Found(
        classification="json",
        columns=[Column(name.lower(), _of_json(value)) for name, value in first.items()],
        descriptor={
            "InputFormat": _TEXT_INPUT,
            "OutputFormat": _TEXT_OUTPUT,
            "SerdeInfo": {"SerializationLibrary": "org.openx.data.jsonserde.JsonSerDe"},
        },
    )


def _of_json(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "bigint"
    return "double" if isinstance(value, float) else "string"
