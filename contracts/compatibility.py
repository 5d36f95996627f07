"""What changes between two contracts of one dataset, and for whom it breaks what.

Works on documents of the Open Data Contract Standard, so that a contract can be compared with one released long ago. The
reader's side counts: whoever asks the tables, loads them or draws them must not find less, or something else, than was
promised. What a change asks of exporters is a warning, because their rows are told from the others by reason codes. Rules
are compared in `compatibility_rules.py`.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contracts.changes import Change, Level, properties_of, said, table_of
from contracts.compatibility_rules import rule_changes

__all__ = ["changes"]

Contract = Mapping[str, Any]

_OTHER_KEY = "joins and upserts by the old key meet several rows, or none. Publish it as a table of its own."
_OTHER_PARTITION = (
    "queries that filter by the old one read everything, and the catalog and all files have to be made anew. Publish it as a "
    "table of its own."
)


def changes(old: Mapping[str, Contract], new: Mapping[str, Contract]) -> list[Change]:
    """Everything that changed between two sets of documents by id, the worst first.

    Raises `ContractError` for a document that is not about one table.
    """
    found: list[Change] = []
    for identifier in sorted({*old, *new}):
        if identifier not in new:
            found.append(_gone(identifier))
        elif identifier not in old:
            found.append(Change(identifier, "", Level.COMPATIBLE, "is new; nobody reads it yet."))
        else:
            found += _of_dataset(identifier, old[identifier], new[identifier])
    return sorted(found, key=lambda change: change.level)


def _gone(identifier: str) -> Change:
    return Change(
        identifier,
        "",
        Level.BREAKING,
        "is no more: every query, view and dashboard on it fails. Keep it for a release and say in its description what "
        "replaces it.",
    )


def _of_dataset(identifier: str, old: Contract, new: Contract) -> Iterator[Change]:
    before, after = table_of(old), table_of(new)
    yield from _table_changes(identifier, before, after)
    was, now = properties_of(before), properties_of(after)
    renamed = dict(_renamed(was, now))
    for name, column in was.items():
        if name in now:
            yield from _column_changes(identifier, name, column, now[name])
        else:
            yield _removed(identifier, name, renamed.get(name, ""))
    for name, column in now.items():
        if name not in was:
            yield _added(identifier, name, column)
    if [name for name in was if name in now] != [name for name in now if name in was]:
        yield Change(
            identifier,
            "",
            Level.WARNING,
            "has its columns in another order: SELECT * gives them in it, and a load by position mixes them up. Readers "
            "should name the columns they want.",
        )
    yield from rule_changes(identifier, before, after)


def _table_changes(identifier: str, before: Contract, after: Contract) -> Iterator[Change]:
    for what, of, consequence in (("key", _key, _OTHER_KEY), ("partition", _partition, _OTHER_PARTITION)):
        was, now = of(before), of(after)
        if was != now:
            text = f"has another {what}, {said(now)} instead of {said(was)}: {consequence}"
            yield Change(identifier, "", Level.BREAKING, text)
    was, now = (table.get("dataGranularityDescription", "") for table in (before, after))
    if was != now:
        yield Change(
            identifier,
            "",
            Level.WARNING,
            f"says its grain is {now!r} instead of {was!r}: if a row is something else now, sums count twice or not at "
            "all; if only the words changed, nothing happens.",
        )
    if before.get("description") != after.get("description"):
        yield Change(identifier, "", Level.COMPATIBLE, "is described in other words.")


def _removed(identifier: str, name: str, successor: str) -> Change:
    fails = "queries, views and dashboards that name it fail, and the warehouse refuses to load"
    text = f"is no more: {fails}. Keep it for a release and say in its description what replaces it."
    if successor:
        text = f"seems to be called {successor} now: {fails}. Keep both for a release."
    return Change(identifier, name, Level.BREAKING, text)


def _renamed(was: Mapping[str, Contract], now: Mapping[str, Contract]) -> Iterator[tuple[str, str]]:
    """Columns that are gone, each with the only new one that is the same in all but its name and words."""
    added = [name for name in now if name not in was]
    for name in (name for name in was if name not in now):
        alike = [other for other in added if _shape(now[other]) == _shape(was[name])]
        if len(alike) == 1:
            added.remove(alike[0])
            yield name, alike[0]


def _shape(column: Contract) -> tuple[object, ...]:
    return (_type(column), _unit(column), _is_nullable(column), column.get("classification"), _allowed(column))


def _added(identifier: str, name: str, column: Contract) -> Change:
    if _is_nullable(column):
        return Change(
            identifier,
            name,
            Level.COMPATIBLE,
            "is new and may be null; the warehouse adds it by itself at the next load.",
        )
    return Change(
        identifier,
        name,
        Level.BREAKING,
        "is new and never null: files that are there do not have it, and the warehouse refuses to load. Let it be null, or "
        "have every date done anew and the warehouse's table dropped and loaded again.",
    )


def _column_changes(identifier: str, name: str, was: Contract, now: Contract) -> Iterator[Change]:
    for differ in _DIFFERENCES:
        found = differ(was, now)
        if found:
            yield Change(identifier, name, *found)


Difference = Callable[[Contract, Contract], tuple[Level, str] | None]


def _type_differs(was: Contract, now: Contract) -> tuple[Level, str] | None:
    if _type(was) == _type(now):
        return None
    return Level.BREAKING, (
        f"is {_type(now)} instead of {_type(was)}: readers with a fixed type fail or cut values off, files of both types lie "
        "in one table, and the warehouse refuses to load. Add a column of the new type beside it."
    )


def _unit_differs(was: Contract, now: Contract) -> tuple[Level, str] | None:
    if _unit(was) == _unit(now):
        return None
    return Level.BREAKING, (
        f"is in {_unit(now) or 'no unit'} instead of {_unit(was) or 'no unit'}: no query fails, and every number computed "
        "from it is wrong. Add a column with the new unit in its name."
    )


def _null_differs(was: Contract, now: Contract) -> tuple[Level, str] | None:
    if _is_nullable(was) == _is_nullable(now):
        return None
    if _is_nullable(was):
        return (
            Level.COMPATIBLE,
            "is never null any more; files that are there may still hold nulls until they are redone.",
        )
    return Level.BREAKING, (
        "may be null now: joins and sums lose such rows without a word, and the warehouse's table refuses them. Give a value "
        "that means unknown, or add a column that may be null."
    )


def _allowed_differ(was: Contract, now: Contract) -> tuple[Level, str] | None:
    before, after = _allowed(was), _allowed(now)
    if before == after:
        return None
    if not before:
        return (
            Level.WARNING,
            f"holds one of {said(after)} only: readers find nothing else, other deliveries are rejected.",
        )
    if not after:
        return Level.BREAKING, (
            "may hold any value now: lookup tables and CASE without ELSE give null for new ones. Keep the list, and let one of "
            "its values stand for others."
        )
    gone, come = (tuple(v for v in one if v not in other) for one, other in ((before, after), (after, before)))
    if gone:
        return Level.BREAKING, (
            f"does not hold {said(gone)} any more: filters and dashboards for it are empty, and deliveries with it are "
            "rejected. Keep the value and say in the description that it is not delivered any more."
        )
    if come:
        return Level.WARNING, (
            f"may hold {said(come)} too: a lookup table or a CASE without ELSE gives null for it. Tell readers before it is "
            "delivered."
        )
    return Level.COMPATIBLE, "lists its values in another order."


def _classification_differs(was: Contract, now: Contract) -> tuple[Level, str] | None:
    before, after = (column.get("classification", "") for column in (was, now))
    if before == after:
        return None
    if _OPENNESS.get(after, 0) < _OPENNESS.get(before, 0):
        return Level.BREAKING, (
            f"is {after} instead of {before}: who may read only {before} columns loses it, and queries that name it fail for "
            "them. Grant those readers the column first."
        )
    return (
        Level.WARNING,
        f"is {after} instead of {before}: more people may read it. Whoever owns the data has to agree.",
    )


def _sources_differ(was: Contract, now: Contract) -> tuple[Level, str] | None:
    before, after = (tuple(column.get("transformSourceObjects") or ()) for column in (was, now))
    if before == after:
        return None
    return Level.WARNING, (
        f"is made of {said(after)} instead of {said(before)}: its numbers may be others for the same deliveries. Tell readers, "
        "and give it another name if it means something else."
    )


def _words_differ(was: Contract, now: Contract) -> tuple[Level, str] | None:
    if was.get("description") == now.get("description"):
        return None
    return Level.COMPATIBLE, "is described in other words; if it means something else now, it needs another name."


_DIFFERENCES: tuple[Difference, ...] = (
    _type_differs,
    _unit_differs,
    _null_differs,
    _allowed_differ,
    _classification_differs,
    _sources_differ,
    _words_differ,
)

_OPENNESS = {"public": 2, "internal": 1, "personal": 0}


def _type(column: Contract) -> str:
    return str(column.get("physicalType") or column.get("logicalType") or "")


def _unit(column: Contract) -> str:
    return str(_custom(column, "unit") or "")


def _is_nullable(column: Contract) -> bool:
    """A column that the standard does not call required may be null."""
    return not column.get("required", False)


def _allowed(column: Contract) -> tuple[str, ...]:
    return tuple(str(entry["value"]) for entry in column.get("enum") or ())


def _custom(holder: Contract, name: str) -> object:
    found = (entry.get("value") for entry in holder.get("customProperties") or () if entry.get("property") == name)
    return next(found, None)


def _key(table: Contract) -> tuple[str, ...]:
    """The primary key by position, or what identifies the versions of a row."""
    columns = properties_of(table).items()
    positions = {name: column.get("primaryKeyPosition", 1) for name, column in columns if column.get("primaryKey")}
    versioned = _custom(table, "versionedKey")
    return tuple(sorted(positions, key=lambda name: positions[name])) or tuple(versioned or ())  # type: ignore[arg-type]


def _partition(table: Contract) -> tuple[str, ...]:
    columns = properties_of(table).items()
    positions = {name: column.get("partitionKeyPosition", 1) for name, column in columns if column.get("partitioned")}
    return tuple(sorted(positions, key=lambda name: positions[name]))
