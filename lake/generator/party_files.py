"""The files of providers and clients: the masters of the first day, and an update in the middle of a longer period."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from lake.generator.dialects import Dialect
from lake.generator.kinds import Effect, Kind
from lake.generator.parties import Client, Parties, Provider

__all__ = ["PARTY_KINDS", "PartyFile", "PartyRow", "party_files"]

_SHORTEST_WITH_UPDATE = 4
_UPDATED = {"providers": 4, "clients": 12}
_Change = Callable[[list[str], Dialect], None]


@dataclass(frozen=True, kw_only=True)
class PartyRow:
    """A record: its line, its key (empty where it is rejected), and its kind where it is not plain."""

    line: str
    key: str
    kind: Kind | None = None


@dataclass(frozen=True, kw_only=True)
class PartyFile:
    """A file of providers or clients, with its header as first line."""

    dataset: str
    source: str
    ingest_date: date
    file: str
    header: str
    rows: tuple[PartyRow, ...]


def _set(place: int, word: str) -> _Change:
    def change(fields: list[str], _dialect: Dialect) -> None:
        fields[place] = word

    return change


def _null(place: int) -> _Change:
    def change(fields: list[str], dialect: Dialect) -> None:
        fields[place] = dialect.nulls[2]

    return change


def _cut(fields: list[str], _dialect: Dialect) -> None:
    del fields[-2:]


def _mistyped(place: int) -> _Change:
    """The last digit is another one; every scheme finds that."""

    def change(fields: list[str], _dialect: Dialect) -> None:
        *_, (start, digit) = ((at, letter) for at, letter in enumerate(fields[place]) if letter.isdigit())
        fields[place] = fields[place][:start] + str((int(digit) + 1) % 10) + fields[place][start + 1 :]

    return change


def _kind(dataset: str, reason: str, sentence: str, effect: Effect, source: str = "") -> Kind:
    reasons = () if effect in {Effect.HARMLESS, Effect.HISTORY} else (reason,)
    name = reason if reason.startswith(dataset[:-1]) else f"{dataset[:-1]}_{reason}"
    sources = (source,) if source else ("standard", "estandar")
    return Kind(name=name, sentence=sentence, effect=effect, reasons=reasons, dataset=dataset, sources=sources)


_CHANGES: tuple[tuple[Kind, _Change], ...] = (
    (
        _kind("providers", "provider_id_missing", "A provider without identifier.", Effect.REJECTED, "standard"),
        _null(0),
    ),
    (
        _kind("providers", "energy_type_unknown", "An energy nobody spells.", Effect.REJECTED, "standard"),
        _set(2, "plasma"),
    ),
    (
        _kind("providers", "capacity_bad_number", "A capacity that is no number.", Effect.REJECTED, "standard"),
        _set(3, "big"),
    ),
    (_kind("providers", "capacity_negative", "A capacity below zero.", Effect.REJECTED, "estandar"), _set(3, "-20,5")),
    (
        _kind("providers", "contract_start_bad_date", "A day that does not exist.", Effect.REJECTED, "estandar"),
        _set(5, "31/02/2024"),
    ),
    (_kind("providers", "provider_name_missing", "No name: kept, with a warning.", Effect.WARNED), _null(1)),
    (_kind("providers", "null_region", "No region, in a spelling of null.", Effect.HARMLESS), _null(4)),
    (_kind("clients", "client_id_missing", "A client without identifier.", Effect.REJECTED), _null(0)),
    (_kind("clients", "client_type_missing", "A client without type.", Effect.REJECTED), _null(5)),
    (_kind("clients", "client_type_unknown", "A type nobody spells.", Effect.REJECTED), _set(5, "vip")),
    (_kind("clients", "contract_start_bad_date", "A start that is no date.", Effect.REJECTED), _set(6, "2024-02-30x")),
    (_kind("clients", "line_too_few_fields", "The line was cut off.", Effect.REJECTED), _cut),
    (_kind("clients", "client_name_missing", "No name: kept, with a warning.", Effect.WARNED), _null(3)),
    (_kind("clients", "null_identification", "No number, in a spelling of null.", Effect.HARMLESS), _null(2)),
    (
        _kind("providers", "eic_check_failed", "A mistyped EIC: kept, with a warning.", Effect.WARNED, "standard"),
        _mistyped(6),
    ),
    (
        _kind("providers", "lei_check_failed", "A mistyped LEI: kept, with a warning.", Effect.WARNED, "standard"),
        _mistyped(7),
    ),
    (
        _kind("clients", "identification_check_failed", "A mistyped number: kept, with a warning.", Effect.WARNED),
        _mistyped(2),
    ),
)
_UPDATE = {
    dataset: _kind(dataset, "update", "The same one in a later file, with changes.", Effect.HISTORY)
    for dataset in ("providers", "clients")
}
_REPEATED = {
    dataset: _kind(dataset, "repeated_key", "The same one again in the same file; the later row wins.", Effect.HISTORY)
    for dataset in ("providers", "clients")
}

PARTY_KINDS = (*(kind for kind, _ in _CHANGES), *_UPDATE.values(), *_REPEATED.values())


def party_files(dialect: Dialect, parties: Parties, start: date, days: int, *, is_dirty: bool) -> list[PartyFile]:
    """All files of providers and clients of one source, in order of delivery.

    The newest client is in the update alone, where there is one. Dirty rows are in the masters; those that are
    rejected bear the last of the unknown identifiers, or none.
    """
    files = []
    has_update = days >= _SHORTEST_WITH_UPDATE
    for dataset in ("providers", "clients"):
        whole: list[Provider | Client] = [*(parties.providers if dataset == "providers" else parties.clients)]
        unknown = (parties.unknown_providers if dataset == "providers" else parties.unknown_clients)[-1]
        known = whole[:-1] if has_update and dataset == "clients" else whole
        rows = [_row(party, dialect) for party in known]
        if is_dirty:
            rows = _with_dirt(dataset, rows, known, unknown, dialect)
        files.append(_file(dialect, dataset, start, rows))
        if has_update:
            files.append(_file(dialect, dataset, start + timedelta(days=days // 2), _updates(dataset, whole, dialect)))
    return sorted(files, key=lambda file: (file.ingest_date, file.file))


def _with_dirt(
    dataset: str, rows: list[PartyRow], parties: list[Provider | Client], unknown: str, dialect: Dialect
) -> list[PartyRow]:
    """The rows with one of each kind: rejected ones between them, in the name of `unknown`; kept ones in place of theirs."""
    kept, rejected = list(rows), []
    for place, (kind, change) in enumerate(_CHANGES):
        if kind.dataset != dataset or dialect.name not in kind.sources:
            continue
        is_rejected = kind.effect is Effect.REJECTED
        party = replace(parties[0], id=unknown) if is_rejected else parties[place % len(parties)]
        fields = _fields(party, dialect)
        change(fields, dialect)
        line = dialect.line(fields)
        if is_rejected:
            rejected.append(PartyRow(line=line, key="", kind=kind))
        else:
            kept[place % len(parties)] = PartyRow(line=line, key=party.id, kind=kind)
    return [*kept[:7], *rejected, *kept[7:]]


def _updates(dataset: str, whole: list[Provider | Client], dialect: Dialect) -> list[PartyRow]:
    """Some parties with changes, the first of them twice; and the newest client, who is in no other file."""
    changed = [_changed(party) for party in whole[: _UPDATED[dataset]]]
    rows = [_row(party, dialect, _UPDATE[dataset]) for party in changed]
    twice = _row(_changed(changed[0]), dialect, _REPEATED[dataset])
    newest = [_row(whole[-1], dialect)] if dataset == "clients" else []
    return [*rows, *newest, twice]


def _changed(party: Provider | Client) -> Provider | Client:
    if isinstance(party, Provider):
        return replace(party, capacity=party.capacity + 25)
    return replace(party, city=f"{party.city} Norte")


def _row(party: Provider | Client, dialect: Dialect, kind: Kind | None = None) -> PartyRow:
    return PartyRow(line=dialect.line(_fields(party, dialect)), key=party.id, kind=kind)


def _fields(party: Provider | Client, dialect: Dialect) -> list[str]:
    """The party as the dialect writes it, in the order of its header."""
    start = dialect.day(party.contract_start)
    if isinstance(party, Provider):
        capacity = dialect.grouped(party.capacity, 1)
        codes = [party.eic, party.lei] if "lei" in dialect.provider_header else []
        return [party.id, party.name, dialect.energies[party.energy][0], capacity, party.region, start, *codes]
    kind = dialect.client_types[party.type]
    credit = ["", ""] if party.credit is None else [dialect.number(party.credit, 2), party.currency]
    return [party.id, party.id_type, party.identification, party.name, party.city, kind, start, *credit]


def _file(dialect: Dialect, dataset: str, day: date, rows: list[PartyRow]) -> PartyFile:
    header = dialect.provider_header if dataset == "providers" else dialect.client_header
    return PartyFile(
        dataset=dataset,
        source=dialect.name,
        ingest_date=day,
        file=f"{dialect.name}/{day}/{dataset}.csv",
        header=dialect.line(list(header)),
        rows=tuple(rows),
    )
