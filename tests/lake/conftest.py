"""A lake that took in something of everything, made once and copied for each test that asks for it."""

import shutil
from pathlib import Path

import pytest

from tests.lake.commands import deliver_all, ok


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `files/`, as they were delivered, and `lake/`, which took them in. Not to be changed."""
    folder = tmp_path_factory.mktemp("template")
    deliver_all(folder / "lake", folder / "files")
    ok(folder / "lake", "run")
    return folder


@pytest.fixture
def sound(template: Path, tmp_path: Path) -> Path:
    """The root of a lake of the test's own, with `files/` beside it."""
    shutil.copytree(template, tmp_path / "sound")
    return tmp_path / "sound" / "lake"
