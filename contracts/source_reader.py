"""From the parsed TOML of `sources/<name>.toml` to a checked `Source`. No files are opened here.

Every complaint names the file, the key, the value that was there and what is allowed, and nothing is guessed. Single
columns are read in `source_fields.py`.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from contracts.complaints import choice, only, refuse, table, texts, typed
from contracts.model import (
    AnyGiven,
    Column,
    ContractError,
    Dataset,
    Fits,
    OneOf,
    Parses,
    Present,
    Rule,
    Severity,
    TimeExists,
    TimeUnique,
    WholeLine,
)
from contracts.source import DatasetMapping, FileFormat, RepeatedHour, Source, SourceError
from contracts.source_fields import check_power, read_field

__all__ = ["read_source"]

_ENCODINGS = ("utf-8", "latin-1")
_THOUSANDS_MARKS = ("", ".", ",", " ", "'", "\u00a0", "\u202f")
_zones = cache(available_timezones)
"""Looks at a thousand files, for each source anew if it were not kept."""


def read_source(name: str, content: Mapping[str, Any], contracts: Mapping[str, Dataset]) -> Source:
    """The source that `content`, parsed from `sources/<name>.toml`, declares.

    Raises `SourceError` on unknown keys, values outside their lists, columns or rules no contract has.
    """
    where = f"sources/{name}.toml"
    only(content, {"description", "file", "time", "spellings", *contracts}, where)
    time = table(content, "time", where)
    only(time, {"zone", "repeated_hour"}, f"{where}: time")
    zone = time.get("zone")
    if zone not in _zones():
        refuse(where, "time.zone", zone, "an IANA time zone such as Europe/Madrid or Etc/GMT-10")
    spellings = _spellings(table(content, "spellings", where), where)
    return Source(
        name=name,
        description=str(content.get("description", "")),
        file=_file_format(table(content, "file", where), where),
        zone=zone,
        repeated_hour=choice(RepeatedHour, time.get("repeated_hour", "reject"), where, "time.repeated_hour"),
        datasets={
            dataset: _dataset(contracts[dataset], table(content, dataset, where), spellings, where)
            for dataset in contracts
            if dataset in content
        },
    )


def _file_format(values: Mapping[str, Any], where: str) -> FileFormat:
    only(values, set(FileFormat.__dataclass_fields__), f"{where}: file")
    kinds: dict[str, type] = dict.fromkeys(FileFormat.__dataclass_fields__, str)
    del kinds["nulls"]
    typed(values, {**kinds, "preamble_lines": int}, where, "file")
    nulls = {"nulls": texts(values["nulls"], where, "file.nulls")} if "nulls" in values else {}
    made = FileFormat(**{**values, **nulls})
    for key in ("delimiter", "quote"):
        if len(getattr(made, key).encode()) != 1:
            refuse(where, f"file.{key}", getattr(made, key), "one ASCII character")
    if made.delimiter == made.quote:
        refuse(where, "file.quote", made.quote, "another character than the delimiter")
    if made.encoding not in _ENCODINGS:
        refuse(where, "file.encoding", made.encoding, " or ".join(_ENCODINGS))
    if made.decimal_mark not in {".", ","} or made.thousands_mark == made.decimal_mark:
        refuse(where, "file.decimal_mark", made.decimal_mark, "'.' or ',', other than thousands_mark")
    if made.thousands_mark not in _THOUSANDS_MARKS:
        refuse(where, "file.thousands_mark", made.thousands_mark, "one of " + " ".join(map(repr, _THOUSANDS_MARKS)))
    return made


def _spellings(vocabularies: Mapping[str, Any], where: str) -> dict[str, dict[str, str]]:
    """Per vocabulary: from each way of writing, in lower case, to the canonical value."""
    read: dict[str, dict[str, str]] = {}
    for vocabulary in vocabularies:
        read[vocabulary] = {}
        for canonical, written in table(vocabularies, vocabulary, f"{where}: spellings").items():
            key = f"spellings.{vocabulary}.{canonical}"
            for word in texts(written, where, key):
                known = read[vocabulary].setdefault(word.strip().lower(), canonical)
                if known != canonical:
                    refuse(where, key, word, f"once only; it also spells {known!r}")
    return read


def _dataset(
    contract: Dataset, content: Mapping[str, Any], spellings: Mapping[str, Mapping[str, str]], where: str
) -> DatasetMapping:
    where = f"{where}: {contract.name}"
    only(content, {"columns", "ignored_columns", "severity", "reject_limit"}, where)
    fields = {
        name: read_field(contract, _known(contract, name, where), entry, spellings, where)
        for name, entry in table(content, "columns", where).items()
    }
    check_power(fields, where)
    _check_complete(contract, set(fields), where)
    severities = {}
    for code, value in table(content, "severity", where).items():
        severities[code] = choice(Severity, value, where, f"severity.{code}")
        _check_severity(contract, _known_rule(contract, code, where), severities[code], where)
    limit = content.get("reject_limit")
    if limit is not None and not (type(limit) in {int, float} and 0 <= limit <= 1):
        refuse(where, "reject_limit", limit, "a share between 0 and 1")
    return DatasetMapping(
        dataset=contract.name,
        fields=fields,
        ignored_columns=texts(content.get("ignored_columns", []), where, "ignored_columns"),
        severities=severities,
        reject_limit=limit,
    )


def _check_complete(contract: Dataset, given: set[str], where: str) -> None:
    """Refuses a mapping without a column that no row may lack: its rule would have nothing to look at and always hold."""
    checks = [rule.check for rule in contract.rules if rule.severity is Severity.REJECT]
    missing = sorted({check.column for check in checks if isinstance(check, Present)} - given)
    missing += [
        " or ".join(check.columns)
        for check in checks
        if isinstance(check, AnyGiven) and given.isdisjoint(check.columns)
    ]
    if missing:
        refuse(where, "columns", sorted(given), f"these and {', '.join(missing)}, which no row may lack")


def _check_severity(contract: Dataset, rule: Rule, severity: Severity, where: str) -> None:
    """Refuses to let rows through that processed data has no place for: lines that are no records, nulls in what has none."""
    if severity is Severity.REJECT or rule.severity is not Severity.REJECT:
        return
    key, check = f"severity.{rule.code}", rule.check
    match check:
        case WholeLine():
            refuse(where, key, str(severity), "reject: what is no record has no values to keep")
        case Parses("amount"):
            return  # the lake computes the amount; the delivered total is only compared with it
        case Present(column) | Parses(column) | OneOf(column) | TimeExists(column) | TimeUnique(column) | Fits(column):
            if not contract.column(column).nullable:
                refuse(where, key, str(severity), f"reject: {column} must not be null")


def _known(contract: Dataset, column: str, where: str) -> Column:
    try:
        return contract.column(column)
    except ContractError as error:
        raise SourceError(f"{where}: columns.{column}: {error}") from error


def _known_rule(contract: Dataset, code: str, where: str) -> Rule:
    try:
        return contract.rule(code)
    except ContractError as error:
        raise SourceError(f"{where}: severity.{code}: {error}") from error
