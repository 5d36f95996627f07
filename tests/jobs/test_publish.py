"""How many files change at once: staged, committed by one file, finished by whoever comes next."""

from dataclasses import replace
from pathlib import Path

import pytest

from jobs.publish import Publication, curated_file, finish, load_state
from jobs.storage import FolderStorage
from jobs.zones import Zones
from tests.jobs.killing import Fuse, KilledError, killing
from tests.jobs.lakes import tree


def _published(zones: Zones, **files: bytes) -> None:
    publication = Publication(zones)
    for name, content in files.items():
        publication.stage("curated", f"t/{name}", content)
    publication.commit({"files": {"t": {f"t/{name}": 1 for name in files}}})


def test_a_publication_moves_every_file_and_says_what_holds(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    publication = Publication(zones)
    publication.stage("curated", "t/a", b"1")
    publication.stage("ledger", "_moved", b"2")
    publication.commit({"days": {"2024-05-01": 1}})

    assert {path: content for path, content in tree(tmp_path).items() if not path.endswith(".json")} == {
        "curated/t/a": b"1",
        "ledger/_moved": b"2",
    }
    assert load_state(zones) == {"days": {"2024-05-01": 1}}


def test_a_publication_replaces_and_removes_in_one(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    _published(zones, a=b"1", b=b"2")
    publication = Publication(zones)
    publication.stage("curated", "t/a", b"3")
    publication.remove("curated", "t/b")
    publication.commit({})

    assert [(s.path, zones.curated.read(s.path)) for s in zones.curated.listed()] == [("t/a", b"3")]


def test_the_state_is_empty_before_the_first_publication(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    assert load_state(zones) == {}
    finish(zones)
    assert tree(tmp_path) == {}


class ForbiddenZone:
    """A zone whose role lets nobody do anything."""

    def __getattr__(self, name: str) -> object:
        raise PermissionError(f"{name} is not allowed")


def test_zones_in_which_nothing_is_staged_need_not_let_anybody_in(tmp_path: Path):
    zones = replace(Zones.under(str(tmp_path)), processed=ForbiddenZone(), quarantine=ForbiddenZone())
    _published(zones, a=b"1")

    finish(zones)

    assert zones.curated.read("t/a") == b"1"


class Unstaged(FolderStorage):
    """A zone in which what is staged may not be looked at."""

    def exists(self, path: str) -> bool:
        if path.startswith("_staging/"):
            raise PermissionError(f"{path} may not be looked at")
        return super().exists(path)


def test_a_reader_of_a_lake_that_is_not_publishing_looks_at_nothing_staged(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    _published(zones, a=b"1")

    seen = curated_file(replace(zones, curated=Unstaged(tmp_path / "curated")), "t/a")

    assert seen.read_bytes() == b"1"


def test_what_was_staged_but_not_committed_is_passed_over_and_removed(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    _published(zones, a=b"old")
    before = tree(tmp_path)
    Publication(zones).stage("curated", "t/a", b"new")

    assert curated_file(zones, "t/a").read_bytes() == b"old"
    assert load_state(zones) == {"files": {"t": {"t/a": 1}}}
    finish(zones)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("at", range(4, 9))
def test_a_commit_that_was_killed_is_followed_by_readers_and_finished_by_the_next(tmp_path: Path, at: int):
    zones = Zones.under(str(tmp_path))
    _published(zones, a=b"old a", gone=b"old")
    fuse = Fuse(at)
    publication = Publication(killing(tmp_path, fuse))
    publication.stage("curated", "t/a", b"new a")
    publication.stage("curated", "t/b", b"new b")
    publication.remove("curated", "t/gone")
    with pytest.raises(KilledError):
        publication.commit({"files": {"t": {"t/a": 1, "t/b": 1}}})

    assert load_state(zones) == {"files": {"t": {"t/a": 1, "t/b": 1}}}
    assert [curated_file(zones, path).read_bytes() for path in ("t/a", "t/b")] == [b"new a", b"new b"]
    finish(zones)
    assert [(s.path, zones.curated.read(s.path)) for s in zones.curated.listed()] == [
        ("t/a", b"new a"),
        ("t/b", b"new b"),
    ]
    assert [s.path for s in zones.ledger.listed()] == ["curated.json"]


def test_a_file_that_a_finishing_run_moves_away_meanwhile_is_found_in_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    zones = Zones.under(str(tmp_path))
    publication = Publication(killing(tmp_path, Fuse(3)))
    publication.stage("curated", "t/a", b"new")
    with pytest.raises(KilledError):
        publication.commit({})
    original = FolderStorage.local

    def moved_meanwhile(storage: FolderStorage, path: str) -> Path:
        monkeypatch.setattr(FolderStorage, "local", original)
        finish(zones)
        return original(storage, path)

    monkeypatch.setattr(FolderStorage, "local", moved_meanwhile)
    assert curated_file(zones, "t/a").read_bytes() == b"new"
