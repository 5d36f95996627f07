"""What the pages name exists: paths, links, headings, commands with their options; and the README's example does what it shows.

What `docs/deploy.md` says of costs and names is in `test_deploy_page.py`; that the data dictionary is current, in
`contracts/test_dictionary.py`.
"""

import re
import shlex
from collections.abc import Iterator
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from lake.cli import app
from tests.test_layers import NOT_ROOMS, rooms

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "sources/*.md", "benchmarks/*.md", "localstack/*.md")
    for page in ROOT.glob(pattern)
)
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
OFFERED = {
    offered.name: typer.main.get_command(offered.load()) for offered in entry_points(group="energy_lake.commands")
}
"""Groups of commands that other packages add to `lake`."""
SUFFIXES = "py|md|toml|yaml|yml|lock|sql|sh"
PATH = re.compile(rf"[\w.<>*-]+(/[\w.<>*-]+)*(/|\.({SUFFIXES}))")
WORK = {".lake", ".demo", "build", ".venv"}
"""What the project makes when it runs; a page may speak of it."""


def fenced(page: Path, *languages: str) -> list[str]:
    """The blocks of code of a page, without their fences."""
    text = page.read_text(encoding="utf-8")
    return [body for language, body in re.findall(r"(?ms)^```(\w*)\n(.*?)^```", text) if language in languages]


def prose(page: Path) -> str:
    """The page without its blocks of code."""
    return re.sub(r"(?ms)^```.*?^```$", "", page.read_text(encoding="utf-8"))


def spans(page: Path) -> list[str]:
    """What stands between backticks in a page's prose."""
    return [span.replace(r"\|", "|") for span in re.findall(r"`([^`\n]+)`", prose(page))]


def paths(page: Path) -> Iterator[str]:
    """The paths that a page names in its prose, placeholders as `*`."""
    for span in spans(page):
        if PATH.fullmatch(span) and span.split("/")[0] not in WORK:
            yield re.sub(r"<[^>]*>", "*", span)


def exists(path: str, page: Path) -> bool:
    """Whether there is such a file, or such a folder with something in it, seen from the root or from the page."""
    found = [file for start in (ROOT, page.parent) for file in start.glob(path.rstrip("/"))]
    return any(file.is_file() or any(file.iterdir()) for file in found)


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    titles = re.findall(r"(?m)^#+ +(.*)$", prose(page))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def commands(page: Path, program: str) -> Iterator[list[str]]:
    """What a page asks to type that begins with the program, in blocks and in prose, as words without comments."""
    lines = [line for block in fenced(page, "sh", "bash", "console") for line in block.splitlines()]
    for written in [*lines, *spans(page)]:
        line = re.sub(r"^\$ ", "", written.strip())
        if re.match(rf"(\.venv/bin/)?{re.escape(program)}( |$)", line):
            plain = re.sub(r"\[(--[^\]]*)\]", r"\1", line).replace("|--", " --")
            yield shlex.split(plain, comments=True)


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_there_are_pages_and_they_name_paths_and_commands():
    assert {"README.md", "CONTRIBUTING.md", "docs/deploy.md", "sources/README.md"} <= set(map(named, PAGES))
    assert sum(len(list(paths(page))) for page in PAGES) > 30
    assert len([words for page in PAGES for words in commands(page, "lake")]) > 10
    assert len([words for page in PAGES for words in commands(page, "make")]) > 5


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_path_that_a_page_names_exists(page: Path):
    assert [path for path in paths(page) if not exists(path, page)] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_of_a_page_leads_somewhere(page: Path):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if re.match(r"https?://", target):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists() or (anchor and anchor not in headings(goal)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_lake_command_of_a_page_exists_with_its_options(page: Path):
    for words in commands(page, "lake"):
        rest = words[1:]
        while rest and rest[0] in {"--lake", "--sources"}:
            rest = rest[2:]
        if not rest:
            continue
        there = COMMANDS
        if rest[0] in OFFERED and len(rest) > 1:
            there, rest = OFFERED[rest[0]].commands, rest[1:]  # type: ignore[attr-defined]
        assert rest[0] in there | OFFERED, words
        known = {option for parameter in (there | OFFERED)[rest[0]].params for option in parameter.opts}
        assert {word.partition("=")[0] for word in rest if word.startswith("--")} <= known, words


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_of_a_page_exists(page: Path):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in commands(page, "make"):
        for target in (word for word in words[1:] if "=" not in word):
            assert re.search(rf"(?m)^{re.escape(target)}:", makefile), words


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_module_that_a_page_runs_exists(page: Path):
    for words in [*commands(page, "python"), *commands(page, "python3")]:
        if "-m" in words:
            module = words[words.index("-m") + 1]
            assert find_spec(module) or (ROOT / module.replace(".", "/")).is_dir(), words


def test_every_target_of_the_makefile_is_explained_where_it_is_listed():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?m)^([a-z]+):", makefile):
        if target != "clean":
            assert re.search(rf"(?m)^#   make {target} ", makefile) or target == "lint", target


def test_the_readme_has_every_command_and_every_room():
    table = prose(ROOT / "README.md")
    for command in set(COMMANDS) - {"dictionary"}:
        assert f"| `lake {command}" in table, command
    shown = {
        span.rstrip("/") for row in re.findall(r"(?m)^\| (`[^|]+) \|", table) for span in re.findall("`([^`]+)`", row)
    }
    needed = set(rooms()) | {room for room in NOT_ROOMS if (ROOT / room).is_dir()} - {
        "build",
        "docs",
        "dist",
        "localstack",
    }
    assert needed <= shown


def test_the_readme_shows_real_options_of_run_status_and_query_and_json_of_each():
    table = prose(ROOT / "README.md")
    for command in ("run", "status", "query"):
        rows = [line for line in table.splitlines() if line.startswith(f"| `lake {command} ")]
        told = {option for row in rows for option in re.findall(r"--[a-z-]+", row)}
        known = {
            option for parameter in COMMANDS[command].params for option in parameter.opts if option.startswith("--")
        }
        assert told <= known
        assert "--json" in told


def test_the_example_of_the_readme_does_what_it_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    readme = ROOT / "README.md"
    [script] = [block for block in fenced(readme, "sh") if "<<'CSV'" in block]
    name, content = re.findall(r"(?s)cat > (\S+) <<'CSV'\n(.*?)^CSV$", script, re.MULTILINE)[0]
    (tmp_path / name).write_text(content, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    runner = CliRunner()
    said = {}
    for line in re.sub(r"(?s)<<'CSV'.*?^CSV$", "", script, flags=re.MULTILINE).splitlines():
        if line.startswith("lake "):
            words = shlex.split(line)[1:]
            done = runner.invoke(app, words, env={"COLUMNS": "200", "ENERGY_LAKE": None})
            assert done.exit_code == 0, done.output
            said[words[0]] = (words, done.stdout)

    assert list(said) == ["ingest", "run", "quarantine", "query"]
    assert "energy_type_unknown" in said["quarantine"][1]
    assert "quantity_negative" in said["quarantine"][1]
    answer = runner.invoke(app, [*said["query"][0], "--csv"], env={"ENERGY_LAKE": None}).stdout
    [shown] = [block for block in fenced(readme, "") if said["query"][0][1].split()[1].rstrip(",") in block]
    cells = re.split(r"[│┃|\s]+", shown)
    for value in re.split(r"[,\n]", answer.strip()):
        assert value in cells, value
    assert "balance" in runner.invoke(app, ["status"], env={"ENERGY_LAKE": None}).stdout
    assert runner.invoke(app, ["run"], env={"ENERGY_LAKE": None}).stdout == "Nothing is due.\n"
