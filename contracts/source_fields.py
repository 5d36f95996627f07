"""One entry under `[<dataset>.columns]` of a source file, read and checked: where a canonical column comes from."""

import re
from collections.abc import Mapping
from typing import Any

from contracts.complaints import choice, only, refuse, texts, typed
from contracts.model import Column, Dataset, Role
from contracts.source import ENERGY_UNITS_IN_MWH, PRICE_UNITS_PER_MWH, FieldMapping, Marks

__all__ = ["check_power", "read_field"]

_TEXT_KEYS = ("column", "join", "constant", "when", "spellings", "when_missing", "marks", "period", "unit")
_KINDS: dict[str, type] = {**dict.fromkeys(_TEXT_KEYS, str), "optional": bool, "upper": bool}
_COMPUTED = ("delivery_end", "market_zone", "date")
"""What the lake makes of the delivery's start, of its period and of the source's zone, in datasets that have one."""

_PERIOD = re.compile(r"[1-9][0-9]{0,3}(m|h|d|mo|y)")
_FIXED_LENGTH = ("m", "h")
_UNITS = {"quantity_mwh": (*ENERGY_UNITS_IN_MWH, "MW"), "price_per_mwh": tuple(PRICE_UNITS_PER_MWH)}

_DIRECTIVE = re.compile(r"%(\.f|.)?")
_DIRECTIVES = ("Y", "y", "m", "d", "b", "B", "F", "H", "I", "p", "M", "S", ".f", "T", "R")
_DAYS = ({"F"}, *({year, month, "d"} for year in "Yy" for month in "mbB"))
_TIMES: tuple[set[str], ...] = (set(), {"H", "M"}, {"H", "M", "S"}, {"H", "M", "S", ".f"}, {"T"}, {"T", ".f"}, {"R"})
_HALF_DAYS: tuple[set[str], ...] = ({"I", "M", "p"}, {"I", "M", "S", "p"})


def read_field(
    contract: Dataset, column: Column, entry: object, spellings: Mapping[str, Mapping[str, str]], where: str
) -> FieldMapping:
    """The mapping that `entry` declares for a canonical column of `contract`. Raises `SourceError`."""
    key = f"columns.{column.name}"
    is_computed = column.name in _COMPUTED and "delivery_start" in contract.column_names
    if column.role is Role.LINEAGE or is_computed:
        refuse(where, key, entry, "nothing: the lake itself fills this column")
    if not isinstance(entry, Mapping):
        refuse(where, key, entry, 'a table such as { column = "header" }')
    only(entry, {*_KINDS, "columns", "formats"}, f"{where}: {key}")
    typed(entry, _KINDS, where, key)
    names = (entry["column"],) if "column" in entry else texts(entry.get("columns", []), where, f"{key}.columns")
    if bool(names) == bool(entry.get("constant")) or {"column", "columns"} <= set(entry):
        refuse(where, key, dict(entry), "one of `column`, `columns`, `constant`")
    made = FieldMapping(
        columns=names,
        join=entry.get("join", "/"),
        constant=entry.get("constant", ""),
        optional=entry.get("optional", False),
        when=_pattern(entry.get("when", ""), where, f"{key}.when"),
        upper=entry.get("upper", False),
        spellings=_words(column, entry, spellings, where),
        when_missing=entry.get("when_missing", ""),
        formats=texts(entry.get("formats", []), where, f"{key}.formats"),
        marks=choice(Marks, entry.get("marks", "start"), where, f"{key}.marks"),
        period=entry.get("period", ""),
        unit=entry.get("unit", ""),
    )
    _check_unit(column, made, where)
    _check_times(column, made, where)
    return made


def check_power(fields: Mapping[str, FieldMapping], where: str) -> None:
    """Refuses power that is held over a period without a fixed length: a month of a megawatt is no number of MWh."""
    stamp, quantity = fields.get("delivery_start"), fields.get("quantity_mwh")
    if stamp and quantity and quantity.unit == "MW" and stamp.period.lstrip("0123456789") not in _FIXED_LENGTH:
        refuse(where, "columns.delivery_start.period", stamp.period, "minutes or hours, because quantity_mwh is in MW")


def _words(
    column: Column, entry: Mapping[str, Any], spellings: Mapping[str, Mapping[str, str]], where: str
) -> dict[str, str]:
    """The spellings that the entry names, every one of which must end in a value that the contract allows."""
    vocabulary = entry.get("spellings", "")
    if vocabulary and vocabulary not in spellings:
        tables = f"one of the tables under [spellings]: {', '.join(spellings)}"
        refuse(where, f"columns.{column.name}.spellings", vocabulary, tables)
    words = dict(spellings.get(vocabulary, {}))
    for value in [*words.values(), entry.get("constant"), entry.get("when_missing")]:
        if value and column.allowed and value not in column.allowed:
            refuse(where, f"columns.{column.name}", value, f"one of {', '.join(column.allowed)}")
    return words


def _check_unit(column: Column, made: FieldMapping, where: str) -> None:
    allowed = _UNITS.get(column.name, ("",))
    if made.unit not in allowed:
        refuse(where, f"columns.{column.name}.unit", made.unit, " or ".join(allowed) or "none: it is not converted")


def _check_times(column: Column, made: FieldMapping, where: str) -> None:
    key = f"columns.{column.name}"
    if column.name == "delivery_start" and not _PERIOD.fullmatch(made.period):
        refuse(where, f"{key}.period", made.period, "a length such as 5m, 1h, 1d, 1mo or 1y")
    if column.type.name not in {"date", "instant"}:
        return
    example = "%Y-%m-%d" if column.type.name == "date" else "%Y-%m-%d %H:%M:%S"
    if not made.formats:
        refuse(where, f"{key}.formats", list(made.formats), f"at least one format such as {example}")
    times = (set(),) if column.type.name == "date" else (*_TIMES, *_HALF_DAYS)
    for form in made.formats:
        found = _DIRECTIVE.findall(form)
        whole = any(sorted(found) == sorted(day | time) for day in _DAYS for time in times)
        if not whole:
            known = " ".join(f"%{directive}" for directive in _DIRECTIVES)
            refuse(where, f"{key}.formats", form, f"a whole day (and time) such as {example}, of {known}; no zone")


def _pattern(text: str, where: str, key: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        refuse(where, key, text, f"a regular expression ({error})")
    return text
