"""Files and functions stay small enough to be read in one go. What is longer stands here with its reason."""

import ast
from pathlib import Path

import pytest

from tests.test_layers import ROOT, files_of, rooms

MOST_LINES_OF_A_FILE = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_A_CONSTRUCTOR = 60

LONGER_FILES = {"contracts/model.py": "the vocabulary of a contract is one page; two would have to be read together"}
LONGER_FUNCTIONS: dict[str, str] = {
    "components/glue_workflow.py:event_rules": "one rule with its target and role, which only make sense together",
}


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a body, without signature and docstring."""
    body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
    return (node.end_lineno or 0) - body[0].lineno + 1


def functions(room: str) -> list[tuple[str, int, bool]]:
    """Every function of a room: its place, its lines, and whether it is a constructor."""
    return [
        (f"{file.relative_to(ROOT)}:{node.name}", lines_of(node), node.name == "__init__")
        for file in files_of(room)
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def length(file: Path) -> int:
    """The lines of a file."""
    return len(file.read_text(encoding="utf-8").splitlines())


@pytest.mark.parametrize("room", rooms())
def test_files_are_short(room):
    long = {str(file.relative_to(ROOT)): length(file) for file in files_of(room) if length(file) > MOST_LINES_OF_A_FILE}
    assert set(long) <= set(LONGER_FILES), "split the file by what it is about, or give the reason in LONGER_FILES"


@pytest.mark.parametrize("room", rooms())
def test_functions_are_short(room):
    long = {
        place: lines
        for place, lines, is_constructor in functions(room)
        if lines > (MOST_LINES_OF_A_CONSTRUCTOR if is_constructor else MOST_LINES_OF_A_FUNCTION)
    }
    assert set(long) <= set(LONGER_FUNCTIONS), "cut it where a reader would draw breath, or give the reason above"


def test_no_exception_outlives_its_reason():
    places = {place: lines for room in rooms() for place, lines, _ in functions(room)}
    short = [place for place in LONGER_FUNCTIONS if places.get(place, 0) <= MOST_LINES_OF_A_FUNCTION]
    assert not short, "take it out of LONGER_FUNCTIONS: it is short now"
    assert not [name for name in LONGER_FILES if length(ROOT / name) <= MOST_LINES_OF_A_FILE]
