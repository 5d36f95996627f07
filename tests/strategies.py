"""What the house's properties are tried on: delivered text, typed trades, stamps, numbers, with all that goes wrong.

Nulls, empties, repeated keys, extremes, odd cases, blanks and accents are written out here, because a generator left to
itself rarely makes them; `tests/test_strategies.py` counts that each really occurs. A delivered row is a dictionary of
header and text, null where a field is empty; `delivered` makes the frame that `normalise` takes.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import polars as pl
from hypothesis import strategies as st

from contracts import CURATED, DELIVERED
from contracts.model import Dataset
from contracts.source import FileFormat, Source
from jobs.source_files import load_sources
from transforms import lines
from transforms.normalise import OVERFLOW
from transforms.schema import frame_schema
from transforms.text import RAW

__all__ = [
    "DIALECTS",
    "LINE_FAULTS",
    "SOURCES",
    "Row",
    "curated_trades",
    "decorated",
    "delivered",
    "header_of",
    "in_any_case",
    "naive_stamps",
    "numbers_written",
    "raw_rows",
    "trade_frame",
    "versions",
    "written",
]

Row = dict[str, str | None]

SOURCES: dict[str, Source] = load_sources()
DIALECTS = ("standard", "estandar")

_CASES = (str, str, str.lower, str.upper, str.capitalize, str.swapcase)
_NULLS = (None, "", " ", "null", "NULL", "-")
_NO_NUMBERS = ("abc", "1e3", "NaN", "1.2.3", "--1", "1,5,5", "٣", "9" * 24)
_NO_DATES = ("2024-02-30", "31/13/2024", "05/06/24", "+12024-01-01", "2024-01-05 24:00:00", "mañana")
_NO_WORDS = ("plutonio", "ÑANDÚ", "x" * 300)
LINE_FAULTS = ("too_many_fields", "blank", "repeated_header", "unclosed_quote", "too_few_fields")
"""Faults of lines that `raw_rows` makes; intake leaves marker lines for the last two."""

_CHANGES = tuple(
    datetime.fromisoformat(f"{day}T02:00") for day in ("2024-03-31", "2024-10-27", "2025-03-30", "2025-10-26")
)
_MIDDLE = datetime.fromisoformat("2025-01-01")
_SECONDS = 35 * 365 * 86_400


def in_any_case(text: str) -> st.SearchStrategy[str]:
    """The text with each letter in either case."""
    letters = [st.sampled_from(sorted({letter.lower(), letter.upper()})) for letter in text]
    return st.tuples(*letters).map("".join)


def decorated(texts: Sequence[str]) -> list[str]:
    """The texts in odd cases, with blanks of several kinds around them."""
    around = [("", ""), ("", ""), (" ", ""), ("", "\t"), ("\u00a0", " ")]
    return [before + case(text) + after for text in texts for case in _CASES for before, after in around]


def written(value: Decimal, file: FileFormat, *, grouped: bool = False) -> str:
    """The number in the file's notation, with thousands marks where it has one and they are asked for."""
    text = f"{value:,f}" if grouped and file.thousands_mark else f"{value:f}"
    return text.translate(str.maketrans({",": file.thousands_mark, ".": file.decimal_mark}))


def numbers_written(file: FileFormat) -> st.SearchStrategy[tuple[Decimal, str]]:
    """A number of up to 20 digits before the point and 9 after it, and how the file writes it."""
    edges = ["0", "-0", "0.000000001", "99999999999999999999.999999999", "999999999999.9999995", "0.0000005", "1000"]
    values = st.one_of(
        st.integers(-(10**9), 10**9).map(lambda units: Decimal(units).scaleb(-3)),
        st.sampled_from([Decimal(edge) for edge in edges]),
        st.builds(
            lambda units, places: Decimal(units).scaleb(-places), st.integers(1 - 10**20, 10**20 - 1), st.integers(0, 9)
        ),
    )
    return st.tuples(values, st.booleans()).map(lambda pair: (pair[0], written(pair[0], file, grouped=pair[1])))


def naive_stamps() -> st.SearchStrategy[datetime]:
    """Whole seconds of local time from 1990 to 2060, half of them within hours of a change of the clock in Madrid."""
    minutes = st.integers(-180, 180).map(lambda count: timedelta(minutes=count))
    near = st.builds(lambda change, away: change + away, st.sampled_from(_CHANGES), minutes)
    return st.one_of(near, st.integers(-_SECONDS, _SECONDS).map(lambda count: _MIDDLE + timedelta(seconds=count)))


def header_of(dataset: str, source: Source) -> tuple[str, ...]:
    """Every column that the source may deliver, optional ones too."""
    return source.dataset(dataset).known_columns


@cache
def _good(name: str, dataset: str, dialect: str) -> st.SearchStrategy[str]:
    """A readable text for a canonical column, as the source writes it."""
    source = SOURCES[dialect]
    field = source.dataset(dataset).fields[name]
    if field.spellings:
        return st.sampled_from(decorated(sorted(field.spellings)))
    if DELIVERED[dataset].column(name).type.name == "decimal":
        low = -(10**8) if name == "price_per_mwh" else 0
        numbers = st.integers(low, 10**9).map(lambda units: Decimal(units).scaleb(-3))
        edges = st.sampled_from([Decimal(0), Decimal("0.000000001"), Decimal(10**8), Decimal("1234.5")])
        return (numbers | edges).map(lambda value: written(value, source.file, grouped=int(value) % 2 == 1))
    if field.formats:
        return st.builds(lambda stamp, form: stamp.strftime(form), naive_stamps(), st.sampled_from(field.formats))
    texts = {
        "provider_id": ("PRV-1", "PRV-2", "CLI-1"),
        "client_id": ("CLI-1", "CLI-2", "PRV-1"),
        "transaction_id": ("T1", "T2", "T3", "T-ñ"),
        "currency": ("EUR", "COP", "USD"),
        "base_currency": ("EUR", "COP", "USD"),
        "quote_currency": ("EUR", "COP", "USD"),
        "credit_currency": ("EUR", "COP", "USD"),
        "eic_code": ("21Z000000000163R", "10YES-REE------0"),
        "lei": ("5493001KJTIIGC8Y1R12", "529900T8BM49AURSDO55"),
        "id_type": ("NIT", "RUC", "CC"),
        "identification": ("800191045-1", "20512333797", "123"),
    }
    return st.sampled_from(decorated(texts.get(name, ("Ñuble", "Málaga", "O'Higgins", "a b", "中"))))


@cache
def _bad(name: str, dataset: str, dialect: str) -> list[str | None]:
    """Texts that a canonical column cannot be read from, or none at all; extremes stand here several times."""
    kind = DELIVERED[dataset].column(name).type.name
    mark = SOURCES[dialect].file.decimal_mark
    extremes = ("9" * 20, "-1", "-5", "0", f"1{mark}0123456789", f"0{mark}1234567891")
    if kind == "decimal":
        return [*_NULLS, *_NO_NUMBERS, *extremes, *extremes]
    if kind in {"date", "instant"}:
        return [*_NULLS, *_NO_DATES]
    return [*_NULLS, *_NO_WORDS]


@cache
def _row(dataset: str, dialect: str) -> st.SearchStrategy[Row]:
    """A record of which up to two columns are broken; delivered totals only where they are."""
    fields = SOURCES[dialect].dataset(dataset).fields
    origin = {column: name for name, field in fields.items() for column in field.columns}
    columns = [column for column, name in origin.items() if name != "amount"]
    sound = st.tuples(*(_good(origin[column], dataset, dialect) for column in columns))
    breaks = [(column, text) for column, name in origin.items() for text in _bad(name, dataset, dialect)]
    header = header_of(dataset, SOURCES[dialect])
    return st.builds(
        lambda texts, broken: {**dict.fromkeys(header), **dict(zip(columns, texts, strict=True)), **dict(broken)},
        sound,
        st.lists(st.sampled_from(breaks), max_size=2),
    )


@st.composite
def raw_rows(draw: st.DrawFn, dataset: str, dialect: str, *, max_size: int = 6) -> list[Row]:
    """The records of a delivered file, sound ones and broken ones. A broken line has the key `OVERFLOW`.

    Keys come from a few, so that they repeat. Some rows are delivered twice as they are.
    """
    rows: list[Row] = draw(st.lists(_row(dataset, dialect), max_size=max_size))
    extra = draw(st.integers(0, 7))
    if rows and extra <= 2:
        rows.append(dict(rows[extra % len(rows)]))
    if extra > 5:
        rows.insert(len(rows) // 2, faulty(draw(st.sampled_from(LINE_FAULTS)), dataset, SOURCES[dialect]))
    return rows


def faulty(fault: str, dataset: str, source: Source) -> Row:
    """What the parser makes of a line with the fault."""
    header = header_of(dataset, source)
    row: Row = {**dict.fromkeys(header), OVERFLOW: None}
    if fault == "too_many_fields":
        return {**dict.fromkeys(header, "x"), OVERFLOW: "y"}
    if fault == "repeated_header":
        return {**{column: column.upper() for column in header}, OVERFLOW: None}
    return row if fault == "blank" else {**row, header[0]: lines.marker(fault)}


def delivered(rows: Sequence[Row], header: Sequence[str]) -> pl.LazyFrame:
    """The rows as the frame that intake hands to `normalise`."""
    columns = {RAW + name: [row.get(name) for row in rows] for name in header}
    columns |= {OVERFLOW: [row.get(OVERFLOW) for row in rows]}
    schema = {lines.RECORD: pl.UInt32} | dict.fromkeys(columns, pl.String)
    return pl.DataFrame({lines.RECORD: list(range(len(rows))), **columns}, schema=schema).lazy()


def trade_frame(rows: Sequence[dict[str, object]], contract: Dataset) -> pl.DataFrame:
    """A frame in the contract's schema; columns that the rows lack are null."""
    schema = frame_schema(contract)
    return pl.DataFrame({name: [row.get(name) for row in rows] for name in schema}, schema=schema)


def _amount(quantity: Decimal, price: Decimal) -> Decimal:
    return (quantity * price).quantize(Decimal("0.01"))


def _trade_row(
    day: int, hour: int, quantity: Decimal, price: Decimal, words: tuple[str | None, ...]
) -> dict[str, object]:
    identifier, kind, provider, client, energy, currency, file, action = words
    start = datetime(2024, 5, 1 + day, hour, tzinfo=UTC)
    return {
        "transaction_id": identifier,
        "transaction_type": kind,
        "provider_id": provider,
        "client_id": client,
        "energy_type": energy,
        "delivery_start": start,
        "delivery_end": start + timedelta(hours=1),
        "market_zone": "Etc/UTC",
        "date": start.date(),
        "quantity_mwh": quantity,
        "price_per_mwh": price,
        "currency": currency,
        "amount": _amount(quantity, price),
        "action": action,
        "source": "standard",
        "source_file": file,
        "ingest_date": date(2024, 5, 2 + hour % 2),
    }


def _millionths(low: int, high: int, *edges: str) -> st.SearchStrategy[Decimal]:
    numbers = st.integers(low * 10**6, high * 10**6).map(lambda units: Decimal(units).scaleb(-6))
    return numbers | st.sampled_from([Decimal(edge) for edge in edges])


_WORDS = (
    ("T1", "T2", "T3", "T4", "T5"),
    ("buy", "sell"),
    (None, "PRV-1", "PRV-2", "PRV-9"),
    (None, "CLI-1", "CLI-2", "CLI-9"),
    ("wind", "solar"),
    ("EUR", "COP"),
    ("a.csv", "b.csv"),
    ("new", "new", "amend", "cancel"),
)
_TRADES: st.SearchStrategy[dict[str, object]] = st.builds(
    _trade_row,
    st.integers(0, 1),
    st.integers(0, 23),
    _millionths(0, 5_000, "0", "0.000001", "999999.999999"),
    _millionths(-500, 4_000, "0", "-500", "99999.999999", "0.000001"),
    st.tuples(*(st.sampled_from(words) for words in _WORDS)),
)


@st.composite
def versions(draw: st.DrawFn, *, max_size: int = 12) -> pl.DataFrame:
    """Processed trades, several versions of some; no two share file and row."""
    rows = draw(st.lists(_TRADES, max_size=max_size))
    order = draw(st.permutations(range(1, len(rows) + 1)))
    numbered = [{**row, "source_row": number} for row, number in zip(rows, order, strict=True)]
    return trade_frame(numbered, DELIVERED["transactions"])


def curated_trades(*, max_size: int = 12) -> st.SearchStrategy[pl.DataFrame]:
    """Curated trades of two days, two energy types and two currencies, each identifier once."""
    rows = st.lists(_TRADES, max_size=max_size)
    return rows.map(
        lambda found: trade_frame(
            [{**row, "transaction_id": f"T{number}", "source_row": number} for number, row in enumerate(found, 1)],
            CURATED["transactions"],
        )
    )
