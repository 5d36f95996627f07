"""From the parsed TOML of `sources/<name>.toml` to a checked `Source`. No files are opened here.

Every complaint names the file, the key, the value that was there and what is allowed, and nothing is guessed.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NoReturn, TypeVar
from zoneinfo import available_timezones

from contracts.model import Column, ContractError, Dataset, Present, Severity
from contracts.source import (
    ENERGY_UNITS_IN_MWH,
    PRICE_UNITS_PER_MWH,
    DatasetMapping,
    FieldMapping,
    FileFormat,
    Marks,
    RepeatedHour,
    Source,
    SourceError,
)

__all__ = ["read_source"]

_T = TypeVar("_T", bound=StrEnum)
_ENCODINGS = ("utf-8", "latin-1")
_PERIOD = re.compile(r"[1-9][0-9]*(m|h|d|mo|y)")
_UNITS = {"quantity_mwh": (*ENERGY_UNITS_IN_MWH, "MW"), "price_per_mwh": tuple(PRICE_UNITS_PER_MWH)}
_FIELD_KEYS = {
    "column",
    "columns",
    "join",
    "constant",
    "optional",
    "when",
    "upper",
    "spellings",
    "when_missing",
    "formats",
    "marks",
    "period",
    "unit",
}


def read_source(name: str, content: Mapping[str, Any], contracts: Mapping[str, Dataset]) -> Source:
    """The source that `content`, parsed from `sources/<name>.toml`, declares.

    Raises `SourceError` on unknown keys, values outside their lists, columns or rules no contract has.
    """
    where = f"sources/{name}.toml"
    _only(content, {"description", "file", "time", "spellings", *contracts}, where)
    time = _table(content, "time", where)
    _only(time, {"zone", "repeated_hour"}, f"{where}: time")
    zone = time.get("zone")
    if zone not in available_timezones():
        _refuse(where, "time.zone", zone, "an IANA time zone such as Europe/Madrid or Etc/GMT-10")
    spellings = _spellings(_table(content, "spellings", where), where)
    return Source(
        name=name,
        description=str(content.get("description", "")),
        file=_file_format(_table(content, "file", where), where),
        zone=zone,
        repeated_hour=_choice(RepeatedHour, time.get("repeated_hour", "reject"), where, "time.repeated_hour"),
        datasets={
            dataset: _dataset(contracts[dataset], content[dataset], spellings, where)
            for dataset in contracts
            if dataset in content
        },
    )


def _file_format(table: Mapping[str, Any], where: str) -> FileFormat:
    allowed = set(FileFormat.__dataclass_fields__)
    _only(table, allowed, f"{where}: file")
    values: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in table.items()}
    made = FileFormat(**values)
    for key in ("delimiter", "quote", "decimal_mark"):
        if len(getattr(made, key).encode()) != 1:
            _refuse(where, f"file.{key}", getattr(made, key), "one character")
    if made.encoding not in _ENCODINGS:
        _refuse(where, "file.encoding", made.encoding, " or ".join(_ENCODINGS))
    if made.decimal_mark not in {".", ","} or made.thousands_mark == made.decimal_mark:
        _refuse(where, "file.decimal_mark", made.decimal_mark, "'.' or ',', other than thousands_mark")
    return made


def _spellings(tables: Mapping[str, Any], where: str) -> dict[str, dict[str, str]]:
    """Per vocabulary: from each way of writing, in lower case, to the canonical value."""
    read: dict[str, dict[str, str]] = {}
    for vocabulary, table in tables.items():
        read[vocabulary] = {}
        for canonical, written in table.items():
            for word in written:
                known = read[vocabulary].setdefault(word.casefold(), canonical)
                if known != canonical:
                    _refuse(where, f"spellings.{vocabulary}.{canonical}", word, f"once only; it also spells {known!r}")
    return read


def _dataset(
    contract: Dataset, table: Mapping[str, Any], spellings: Mapping[str, Mapping[str, str]], where: str
) -> DatasetMapping:
    where = f"{where}: {contract.name}"
    _only(table, {"columns", "ignored_columns", "severity", "reject_limit"}, where)
    columns = _table(table, "columns", where)
    fields = {}
    for name, entry in columns.items():
        column = _known(contract, name, where)
        fields[name] = _field(name, entry, spellings, column.allowed, where)
    severities = {}
    for code, value in _table(table, "severity", where).items():
        _known_rule(contract, code, where)
        severities[code] = _choice(Severity, value, where, f"severity.{code}")
    limit = table.get("reject_limit")
    if limit is not None and not (isinstance(limit, int | float) and 0 <= limit <= 1):
        _refuse(where, "reject_limit", limit, "a share between 0 and 1")
    wanted = [r.check.column for r in contract.rules if isinstance(r.check, Present) and r.severity == Severity.REJECT]
    missing = sorted(set(wanted) - set(fields))
    if missing:
        _refuse(where, "columns", sorted(fields), f"these and {', '.join(missing)}, which no row may lack")
    return DatasetMapping(
        dataset=contract.name,
        fields=fields,
        ignored_columns=tuple(table.get("ignored_columns", ())),
        severities=severities,
        reject_limit=limit,
    )


def _field(
    name: str,
    entry: Mapping[str, Any],
    spellings: Mapping[str, Mapping[str, str]],
    allowed: tuple[str, ...],
    where: str,
) -> FieldMapping:
    key = f"columns.{name}"
    _only(entry, _FIELD_KEYS, f"{where}: {key}")
    names = (entry["column"],) if "column" in entry else tuple(entry.get("columns", ()))
    if bool(names) == bool(entry.get("constant")):
        _refuse(where, key, dict(entry), "either `column`/`columns` or `constant`")
    vocabulary = entry.get("spellings", "")
    if vocabulary and vocabulary not in spellings:
        _refuse(where, f"{key}.spellings", vocabulary, f"one of the tables under [spellings]: {', '.join(spellings)}")
    words = dict(spellings.get(vocabulary, {}))
    for value in [*words.values(), entry.get("constant"), entry.get("when_missing")]:
        if value and allowed and value not in allowed:
            _refuse(where, f"{key}", value, f"one of {', '.join(allowed)}")
    made = FieldMapping(
        columns=names,
        join=entry.get("join", "/"),
        constant=entry.get("constant", ""),
        optional=entry.get("optional", False),
        when=_pattern(entry.get("when", ""), where, f"{key}.when"),
        upper=entry.get("upper", False),
        spellings=words,
        when_missing=entry.get("when_missing", ""),
        formats=tuple(entry.get("formats", ())),
        marks=_choice(Marks, entry.get("marks", "start"), where, f"{key}.marks"),
        period=entry.get("period", ""),
        unit=entry.get("unit", ""),
    )
    _check_pairs(name, made, where)
    return made


def _check_pairs(name: str, made: FieldMapping, where: str) -> None:
    """Refuse a field whose keys do not fit together, or a unit or period that the lake cannot convert."""
    if name == "delivery_start" and not _PERIOD.fullmatch(made.period):
        _refuse(where, "columns.delivery_start.period", made.period, "a length such as 5m, 1h, 1d, 1mo or 1y")
    if name == "delivery_start" and not made.formats:
        _refuse(where, "columns.delivery_start.formats", made.formats, "at least one format such as %Y-%m-%d %H:%M:%S")
    if name in _UNITS and made.unit not in _UNITS[name]:
        _refuse(where, f"columns.{name}.unit", made.unit, " or ".join(_UNITS[name]))


def _pattern(text: str, where: str, key: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        _refuse(where, key, text, f"a regular expression ({error})")
    return text


def _choice(kind: type[_T], value: str, where: str, key: str) -> _T:
    try:
        return kind(value)
    except ValueError:
        _refuse(where, key, value, " or ".join(str(option) for option in kind))


def _table(content: Mapping[str, Any], key: str, where: str) -> Mapping[str, Any]:
    value = content.get(key, {})
    if not isinstance(value, Mapping):
        _refuse(where, key, value, "a table")
    return value


def _only(content: Mapping[str, Any], allowed: set[str], where: str) -> None:
    strangers = sorted(set(content) - allowed)
    if strangers:
        raise SourceError(f"{where}: unknown {', '.join(strangers)}; allowed are {', '.join(sorted(allowed))}")


def _known(contract: Dataset, column: str, where: str) -> Column:
    try:
        return contract.column(column)
    except ContractError as error:
        raise SourceError(f"{where}: columns.{column}: {error}") from error


def _known_rule(contract: Dataset, code: str, where: str) -> None:
    try:
        contract.rule(code)
    except ContractError as error:
        raise SourceError(f"{where}: severity.{code}: {error}") from error


def _refuse(where: str, key: str, value: object, allowed: str) -> NoReturn:
    raise SourceError(f"{where}: {key} is {value!r}; allowed is {allowed}")
