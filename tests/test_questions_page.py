"""The questions of `docs/questions.md`, asked again: what the page shows is what `lake query` answers.

`UPDATE_PAGES=1` writes the answers of today into the page, to be looked at and committed.
"""

import os
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from lake import console
from lake.cli import app

PAGE = Path(__file__).parents[1] / "docs" / "questions.md"
_ASKED = re.compile(r"```sql\n(?P<sql>.*?)```\n\n```text\n(?P<answer>.*?)```", re.DOTALL)
_COMMAND = re.compile(
    r'```sh\nlake --lake \.demo/lake (?P<options>.*?) "(?P<sql>.*?)"\n```\n\n```text\n(?P<answer>.*?)```'
)
WIDTH = 118


def lake(*arguments: str) -> str:
    """What the command prints on a terminal as wide as the page."""
    before, console.out.width = console.out.width, WIDTH
    try:
        done = CliRunner().invoke(app, list(arguments))
    finally:
        console.out.width = before
    assert done.exit_code == 0, done.stderr
    return "\n".join(line.rstrip() for line in done.stdout.strip("\n").splitlines()) + "\n"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake that the page's first command makes."""
    [options] = re.findall(r"```sh\nlake demo (.*) --directory \.demo\n```", PAGE.read_text(encoding="utf-8"))
    folder = tmp_path_factory.mktemp("questions") / "demo"
    lake("demo", *options.split(), "--directory", str(folder))
    return folder / "lake"


def test_every_answer_on_the_page_is_the_lake_s_own(demo: Path):
    page = PAGE.read_text(encoding="utf-8")
    asked = [(match, ["query", match["sql"].strip()]) for match in _ASKED.finditer(page)]
    asked += [(match, [*match["options"].split(), match["sql"]]) for match in _COMMAND.finditer(page)]
    assert len(asked) >= 11
    answers = {match.start("answer"): (match, lake("--lake", str(demo), *command)) for match, command in asked}
    if os.environ.get("UPDATE_PAGES"):
        for start in sorted(answers, reverse=True):
            match, answer = answers[start]
            page = page[:start] + answer + page[match.end("answer") :]
        PAGE.write_text(page, encoding="utf-8")
        return
    for match, answer in answers.values():
        assert "No rows" not in answer, match["sql"]
        assert match["answer"] == answer, f"UPDATE_PAGES=1 renews the page: {match['sql']}"
