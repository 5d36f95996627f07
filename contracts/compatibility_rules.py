"""How the rules of two contracts of one dataset differ. A rule is told from another by its code.

A stricter rule breaks no query: rows that came before are rejected now, which their exporter has to know. A rule that is
gone or milder lets rows in that readers were promised never to meet.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from contracts.changes import Change, Level

__all__ = ["rule_changes"]

_REJECTS = "error"


def rule_changes(identifier: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    """Rules that are new, gone, or say something else, by code."""
    was, now = _rules(before), _rules(after)
    for code in [*was, *(code for code in now if code not in was)]:
        found = _difference(was.get(code), now.get(code))
        if found:
            level, verb, text = found
            yield Change(identifier, "", level, f"{verb} rule {code}{text}")


Found = tuple[Level, str, str]
"""How bad it is, and what stands before and behind the rule's name."""


def _rules(table: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Those that have a name. That a key is unique is compared as the key itself."""
    named = (rule for rule in table.get("quality") or () if rule.get("name"))
    return {rule["name"]: rule for rule in named if rule.get("metric") != "duplicateValues"}


def _difference(was: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> Found | None:
    if was is None or now is None:
        return _one_sided("has the new", now, _stricter) if now else _one_sided("has no longer the", was, _milder)
    if _severity(was) != _severity(now):
        return _severity_differs(was, now)
    if _check(was) != _check(now):
        change = f", which checks {_words(now)} instead of {_words(was)}"
        return (_stricter if _is_stricter(_check(was), _check(now)) else _milder)("has the", change)
    if was.get("description") != now.get("description"):
        return Level.COMPATIBLE, "has the", " in other words."
    return None


def _one_sided(verb: str, rule: Mapping[str, Any] | None, worse: Callable[[str, str], Found]) -> Found:
    """A rule that only one side has; one that rejects nothing matters to nobody."""
    if rule and _severity(rule) == _REJECTS:
        return worse(verb, "")
    return Level.COMPATIBLE, verb, ", which rejects nothing."


def _severity_differs(was: Mapping[str, Any], now: Mapping[str, Any]) -> Found:
    change = f", which is {_severity(now)} instead of {_severity(was)}"
    if _severity(now) == _REJECTS:
        return _stricter("has the", change)
    if _severity(was) == _REJECTS:
        return _milder("has the", change)
    return Level.COMPATIBLE, "has the", f"{change}; it rejects nothing."


def _stricter(verb: str, change: str) -> Found:
    text = (
        f"{change}: rows that were accepted are rejected from now on, and readers find fewer. Tell the exporters before it is "
        "released."
    )
    return Level.WARNING, verb, text


def _milder(verb: str, change: str) -> Found:
    text = (
        f"{change}: readers meet rows that were kept from them until now. Give the rule another code if it guards something "
        "else, or let the sources that need it lower its severity."
    )
    return Level.BREAKING, verb, text


def _is_stricter(was: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Whether a check of one kind lets less through by its bound. Any other change may let more through and is taken so."""
    bounds = {"bound", "strict"}
    same = {name: value for name, value in was.items() if name not in bounds} == {
        name: value for name, value in now.items() if name not in bounds
    }
    if not same or "bound" not in was or "bound" not in now:
        return False
    return (now["bound"], now.get("strict", False)) > (was["bound"], was.get("strict", False))


def _severity(rule: Mapping[str, Any]) -> str:
    return str(rule.get("severity") or _REJECTS)


def _check(rule: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is checked, whoever executes it."""
    ours = rule.get("implementation")
    if isinstance(ours, Mapping):
        return ours
    return {name: rule[name] for name in ("metric", "arguments", "mustBe", "query") if name in rule}


def _words(rule: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in _check(rule).items())
