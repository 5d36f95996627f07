"""Generated files read again from disk, record by record, by the rules in plain Python: slow, and without polars.

Nothing of the generator is used but the form in which it says its truth, so that the two can be compared
(`test_generator_truth.py`). It is no lake: it knows the rules of two sources and believes that files are well encoded.
"""

import csv
import gzip
import json
import re
import tomllib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import zstandard

from contracts import DELIVERED
from contracts.source import FieldMapping, Source
from contracts.source_reader import read_source
from lake.generator import DatasetTruth
from transforms.identifiers_explained import FAULTS

REPOSITORY = Path(__file__).parents[2]
SOURCES = {
    name: read_source(name, tomllib.loads((REPOSITORY / f"sources/{name}.toml").read_text(encoding="utf-8")), DELIVERED)
    for name in ("standard", "estandar")
}
CENT = Decimal("0.01")


@dataclass
class Row:
    """A record as read: its valid values, or the reasons why not."""

    reasons: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    values: dict[str, str | Decimal | None] = field(default_factory=dict)


def lines_of(path: Path) -> list[bytes]:
    """The lines of a delivered file, unpacked, without line ends and byte order mark."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    elif path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().decompress(raw)
    return [line.removesuffix(b"\r") for line in raw.removeprefix(b"\xef\xbb\xbf").split(b"\n")[:-1]]


def line_fault(line: bytes, header: bytes, source: Source) -> str:
    """The code of what is wrong with the line as a whole, or nothing."""
    try:
        text = line.decode(source.file.encoding)
    except UnicodeDecodeError:
        return "line_bad_encoding"
    if b"\0" in line:
        return "line_nul_byte"
    if text.count('"') % 2:
        return "line_unclosed_quote"
    if line in {b"", header}:
        return "line_repeated_header" if line else "line_blank"
    fields = len(next(csv.reader([text], delimiter=source.file.delimiter)))
    wanted = len(next(csv.reader([header.decode()], delimiter=source.file.delimiter)))
    return "" if fields == wanted else "line_too_few_fields" if fields < wanted else "line_too_many_fields"


def delivered_texts(record: dict[str, str], source: Source, dataset: str) -> dict[str, str | None]:
    """The cleaned text of every canonical column that the source maps."""
    texts = {}
    for name, mapping in source.datasets[dataset].fields.items():
        text: str | None = record.get(mapping.columns[0], "").strip()
        if text is None or text.casefold() in source.file.nulls:
            text = mapping.when_missing or None
        elif mapping.when and not re.search(mapping.when, text.upper()):
            text = None
        texts[name] = text.upper() if text and mapping.upper else text
    return texts


def number_of(text: str, source: Source) -> Decimal | None:
    """The number in the source's notation; null where it is none."""
    if source.name == "estandar":
        if not re.fullmatch(r"-?(\d+|\d{1,3}(\.\d{3})+)(,\d+)?", text):
            return None
        text = text.replace(".", "").replace(",", ".")
    return Decimal(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def instant_fault(text: str, mapping: FieldMapping, zone: ZoneInfo) -> str:
    """`bad_date`, `impossible`, `ambiguous`, or nothing where the stamp means one instant."""
    for form in mapping.formats:
        try:
            local = datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
        if local.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            return "impossible"
        return "ambiguous" if local.utcoffset() != local.replace(fold=1).utcoffset() else ""
    return "bad_date"


def trade_row(texts: dict[str, str | None], source: Source) -> Row:
    """A transaction with its reasons, its energy in MWh and its amount."""
    row = Row(values=dict(texts))
    for name, code in (
        ("transaction_id", "transaction_id_missing"),
        ("transaction_type", "transaction_type_missing"),
        ("energy_type", "energy_type_missing"),
        ("delivery_start", "delivery_time_missing"),
        ("quantity_mwh", "quantity_missing"),
        ("price_per_mwh", "price_missing"),
        ("currency", "currency_missing"),
    ):
        row.reasons += [code] if texts[name] is None else []
    if not texts["provider_id"] and not texts["client_id"]:
        row.reasons.append("counterparty_missing")
    fields = source.datasets["transactions"].fields
    for name in ("transaction_type", "energy_type"):
        if (texts[name] or "").lower() not in {"", *fields[name].spellings}:
            row.reasons.append(f"{name}_unknown")
    row.values["action"] = {"new": "new", **fields["action"].spellings}.get((texts["action"] or "").lower())
    if row.values["action"] is None:
        row.reasons.append("action_unknown")
    if texts["currency"] and texts["currency"] not in DELIVERED["transactions"].column("currency").allowed:
        row.reasons.append("currency_unknown")
    if texts["delivery_start"]:
        fault = instant_fault(texts["delivery_start"], fields["delivery_start"], ZoneInfo(source.zone))
        row.reasons += [f"delivery_time_{fault}"] if fault else []
    quantity = measured(row, "quantity", texts["quantity_mwh"], source, Decimal("0.001"))
    price = measured(row, "price", texts["price_per_mwh"], source, Decimal(1000))
    if quantity is not None and quantity < 0:
        row.reasons.append("quantity_negative")
    if quantity == 0:
        row.warnings.append("quantity_zero")
    money(row, quantity, price, texts["amount"], source)
    return row


def measured(row: Row, name: str, text: str | None, source: Source, factor: Decimal) -> Decimal | None:
    """The number in units of MWh; its faults are noted in the row."""
    if text is None:
        return None
    number = number_of(text, source)
    if number is None or abs(number * factor) >= 10**12:
        row.reasons.append(f"{name}_bad_number")
        return None
    if number.normalize() != number.quantize(Decimal("1e-9")):
        row.reasons.append(f"{name}_too_precise")
        return None
    return number * factor


def money(row: Row, quantity: Decimal | None, price: Decimal | None, text: str | None, source: Source) -> None:
    """Notes what is wrong with total and amount, and the values where the product is known."""
    total = number_of(text, source) if text else None
    if text and total is None:
        row.reasons.append("total_bad_number")
    if quantity is None or price is None:
        return
    exact = quantity * price
    if abs(exact) >= 10**16:
        row.reasons.append("amount_too_large")
    if total is not None and abs(total - exact) > CENT:
        row.reasons.append("total_mismatch")
    row.values |= {"quantity_mwh": quantity, "amount": exact.quantize(CENT, ROUND_HALF_EVEN)}


def party_row(texts: dict[str, str | None], source: Source, dataset: str) -> Row:
    """A provider or client with its reasons."""
    row, one = Row(values=dict(texts)), dataset[:-1]
    kind = "energy_type" if dataset == "providers" else "client_type"
    row.reasons += [f"{name}_missing" for name in (f"{one}_id", kind) if texts[name] is None]
    row.warnings += [f"{one}_name_missing"] if texts[f"{one}_name"] is None else []
    if (texts[kind] or "").lower() not in {"", *source.datasets[dataset].fields[kind].spellings}:
        row.reasons.append(f"{kind}_unknown")
    start = source.datasets[dataset].fields["contract_start_date"]
    if texts["contract_start_date"] and instant_fault(texts["contract_start_date"], start, ZoneInfo("UTC")):
        row.reasons.append("contract_start_bad_date")
    if text := texts.get("capacity_mw"):
        capacity = number_of(text, source)
        row.reasons += ["capacity_bad_number"] if capacity is None else ["capacity_negative"] if capacity < 0 else []
    codes = [("eic", "EIC", texts.get("eic_code")), ("lei", "LEI", texts.get("lei"))]
    codes.append(("identification", (texts.get("id_type") or "").replace("DNI", "NIF"), texts.get("identification")))
    row.warnings += [
        f"{name}_check_failed" for name, kind, code in codes if code and kind in FAULTS and FAULTS[kind](code)
    ]
    return row


def rate_row(texts: dict[str, str | None]) -> Row:
    """An exchange rate with its reasons."""
    row = Row(values={"key": f"{texts['date']} {texts['base_currency']} {texts['quote_currency']}"})
    allowed = DELIVERED["fx_daily"].column("quote_currency").allowed
    row.reasons += ["quote_currency_unknown"] if texts["quote_currency"] not in allowed else []
    row.reasons += ["rate_zero"] if Decimal(str(texts["rate"])) == 0 else []
    return row


def price_row(texts: dict[str, str | None], source: Source) -> Row:
    """A forward price with its reasons."""
    row = Row(values={"key": f"{texts['as_of']} {texts['delivery_start']}"})
    row.reasons += ["price_missing"] if texts["price_per_mwh"] is None else []
    start = source.datasets["curve"].fields["delivery_start"]
    fault = instant_fault(str(texts["delivery_start"]), start, ZoneInfo(source.zone))
    row.reasons += [f"delivery_time_{fault}"] if fault else []
    return row


def row_of(texts: dict[str, str | None], source: Source, dataset: str) -> Row:
    """A record of any dataset."""
    if dataset == "transactions":
        return trade_row(texts, source)
    if dataset == "fx_daily":
        return rate_row(texts)
    return price_row(texts, source) if dataset == "curve" else party_row(texts, source, dataset)


def rows_of(lines: list[bytes], source: Source, dataset: str) -> list[Row]:
    """The records of a file, whose first line is its header."""
    header = next(csv.reader([lines[0].decode()], delimiter=source.file.delimiter))
    rows = []
    for line in lines[1:]:
        fault = line_fault(line, lines[0], source)
        if fault:
            rows.append(Row(reasons=[fault]))
            continue
        values = next(csv.reader([line.decode(source.file.encoding)], delimiter=source.file.delimiter))
        texts = delivered_texts(dict(zip(header, values, strict=True)), source, dataset)
        rows.append(row_of(texts, source, dataset))
    return rows


@dataclass
class Found:
    """What the files hold, counted dataset by dataset."""

    truths: dict[str, DatasetTruth]
    current: dict[str, dict[str, Row]]
    refused: list[str]


def read_again(directory: Path) -> Found:
    """Every delivered file, read in plain Python in order of delivery."""
    counts: dict[str, _Counts] = defaultdict(_Counts)
    refused = []
    for delivery in json.loads((directory / "deliveries.json").read_text(encoding="utf-8")):
        dataset, source = delivery["dataset"], SOURCES[delivery["source"]]
        lines = lines_of(directory / delivery["file"])
        header = set(lines[0].decode().split(source.file.delimiter)) if lines else set()
        if set(source.datasets[dataset].wanted_columns) <= header:
            key = "key" if dataset in {"fx_daily", "curve"} else f"{dataset[:-1]}_id"
            counts[dataset].take(rows_of(lines, source, dataset), key)
        else:
            refused.append(delivery["file"])
    truths = {dataset: count.truth() for dataset, count in counts.items()}
    return Found(truths, {dataset: count.current for dataset, count in counts.items()}, refused)


@dataclass
class _Counts:
    files: int = 0
    rows: int = 0
    rejected: int = 0
    duplicates: int = 0
    superseded: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    newest: dict[str, Row] = field(default_factory=dict)

    @property
    def current(self) -> dict[str, Row]:
        """The newest row of each key, but for those that take their trade away."""
        return {key: row for key, row in self.newest.items() if row.values.get("action") != "cancel"}

    def take(self, rows: list[Row], key: str) -> None:
        """The next file's rows: the last of a key in it counts, and replaces what older files had."""
        newest: dict[str, Row] = {}
        self.files += 1
        self.rows += len(rows)
        for row in rows:
            self.reasons.update(row.reasons)
            if row.reasons:
                self.rejected += 1
                continue
            self.warnings.update(row.warnings)
            self.duplicates += row.values[key] in newest
            newest[str(row.values[key])] = row
        self.superseded += len(newest.keys() & self.newest.keys())
        self.newest |= newest

    def truth(self) -> DatasetTruth:
        """The counts in the words of the generator's truth."""
        return DatasetTruth(
            files=self.files,
            rows_in=self.rows,
            rejected=self.rejected,
            rejected_by_reason=dict(sorted(self.reasons.items())),
            warned_by_code=dict(sorted(self.warnings.items())),
            duplicates=self.duplicates,
            superseded=self.superseded,
            cancelled=len(self.newest) - len(self.current),
            current=len(self.current),
        )
