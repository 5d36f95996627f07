"""How many files change at once: staged first, then moved into place by a redo list.

A single file is whole or absent by itself; a run of processed-to-curated changes hundreds, and a replay replaces what a
delivered file became. They are all written under `_staging/`, then `commit.json` is written with the moves to make and the
state that holds after them: that is the commit. A run killed before it leaves the old lake; one killed after it leaves a
list that the next run finishes, and that readers already follow (`curated_file`), so nobody ever sees half of a change.
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from jobs.storage import Storage
from jobs.zones import Zones

__all__ = ["Publication", "curated_file", "finish", "is_publishing", "load_state", "zones_publishing"]

_STAGING = "_staging/"
_COMMIT = "commit.json"
_STATE = "curated.json"


class Publication:
    """The files of one run, on their way into the zones. Moved first are those of `curated` and `ledger`."""

    def __init__(self, zones: Zones) -> None:
        self._zones = zones
        self._moves: list[tuple[str, str]] = []
        self._removes: list[tuple[str, str]] = []

    def stage(self, zone: str, path: str, content: bytes | Path) -> None:
        """Writes a file where no reader looks yet; a local file may be gone afterwards. `zone` is the name of one of `Zones`."""
        stage_file(self._zones, zone, path, content)
        self.note(zone, path)

    def note(self, zone: str, path: str) -> None:
        """Notes that a file that `stage_file` staged, maybe in another process, moves into place."""
        self._moves.append((zone, path))

    def remove(self, zone: str, path: str) -> None:
        """Notes that a file goes with this publication."""
        self._removes.append((zone, path))

    def commit(self, state: Mapping[str, Any] | None) -> None:
        """Makes everything staged the lake, and `state` what is said of the curated zone; null where nothing else is said of it."""
        content = {"moves": sorted(self._moves), "removes": sorted(self._removes), "state": state}
        self._zones.ledger.put(_COMMIT, json.dumps(content, sort_keys=True).encode())
        finish(self._zones, ())


def stage_file(zones: Zones, zone: str, path: str, content: bytes | Path) -> None:
    """Writes a file where no reader looks yet; a local file may be gone afterwards. It counts once a publication notes it."""
    storage = _storage(zones, zone)
    if isinstance(content, Path):
        storage.take(_STAGING + path, content)
    else:
        storage.put(_STAGING + path, content)


def finish(zones: Zones, swept: Sequence[str] = ("curated", "ledger")) -> None:
    """Completes a commit that a killed run left, or removes what one staged without committing. Changes nothing otherwise.

    What is staged is looked for in the zones `swept`, which are those that the caller stages in: on AWS a job may not so much as
    list the others.
    """
    if zones.ledger.exists(_COMMIT):
        commit = json.loads(zones.ledger.read(_COMMIT))
        for zone, path in commit["moves"]:
            storage = _storage(zones, zone)
            if storage.exists(_STAGING + path):
                storage.move(_STAGING + path, path)
        for zone, path in commit["removes"]:
            _storage(zones, zone).delete(path)
        if commit["state"]:
            zones.ledger.put(_STATE, _dumped(commit["state"]))
        zones.ledger.delete(_COMMIT)
    for storage in (_storage(zones, zone) for zone in swept):
        for stored in list(storage.listed(_STAGING)):
            storage.delete(stored.path)


def is_publishing(zones: Zones) -> bool:
    """Whether a commit is not finished: its files may be anywhere between staged and in place."""
    return zones.ledger.exists(_COMMIT)


def zones_publishing(zones: Zones) -> set[str]:
    """The names of the zones in which a commit that is not finished moves or removes files."""
    if not zones.ledger.exists(_COMMIT):
        return set()
    commit = json.loads(zones.ledger.read(_COMMIT))
    return {zone for zone, _ in (*commit["moves"], *commit["removes"])}


def load_state(zones: Zones) -> dict[str, Any]:
    """What holds of the curated zone: of a commit that is not finished, what it makes true. Empty before the first run."""
    if zones.ledger.exists(_COMMIT):
        state: dict[str, Any] | None = json.loads(zones.ledger.read(_COMMIT))["state"]
        if state is not None:
            return state
    if zones.ledger.exists(_STATE):
        return dict(json.loads(zones.ledger.read(_STATE)))
    return {}


def curated_file(zones: Zones, path: str, zone: str = "curated") -> Path:
    """A local copy of a file that the state names, wherever an unfinished commit still has it.

    What was staged and never committed is passed over: the state does not know it.
    """
    storage, staged = _storage(zones, zone), _STAGING + path
    if zones.ledger.exists(_COMMIT) and storage.exists(staged):  # a loader may not look at what is staged
        with suppress(FileNotFoundError):  # a run that finishes the commit may have moved it a moment ago
            return storage.local(staged)
    return storage.local(path)


def _storage(zones: Zones, zone: str) -> Storage:
    storage: Storage = getattr(zones, zone)
    return storage


def _dumped(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, indent=1, sort_keys=True).encode()
