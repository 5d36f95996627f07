"""The data dictionary: the page in `docs/` is the contracts' own, and a change of a contract shows on it."""

from dataclasses import replace
from pathlib import Path

import pytest

from contracts import CURATED, DELIVERED, QUARANTINE, dictionary
from contracts.dictionary import data_dictionary

PAGE = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


def test_the_page_in_docs_is_what_the_contracts_say_now():
    assert PAGE.read_text(encoding="utf-8") == data_dictionary(), "run `lake dictionary`"


def test_every_column_of_every_dataset_stands_under_its_heading_with_type_unit_and_sensitivity():
    sections = dict(part.split("\n", 1) for part in data_dictionary().split("\n### ")[1:])
    datasets = {f"processed/{name}": dataset for name, dataset in DELIVERED.items()}
    datasets |= {f"curated/{name}": dataset for name, dataset in CURATED.items()}
    datasets["quarantine/<dataset>"] = QUARANTINE["clients"]

    assert set(sections) == set(datasets)
    for heading, dataset in datasets.items():
        for column in dataset.columns:
            null = "yes" if column.nullable else "no"
            row = f"| `{column.name}` | {column.type} | {null} | {column.unit} | {column.sensitivity} | {column.description}"
            assert row in sections[heading], heading


def test_every_rule_stands_with_its_severity_and_its_sentence():
    page = data_dictionary()
    for dataset in DELIVERED.values():
        for rule in dataset.rules:
            assert f"| `{rule.code}` | {rule.severity} | {rule.sentence.replace('|', chr(92) + '|')} |" in page


def test_no_cell_breaks_its_table():
    for line in data_dictionary().splitlines():
        if line.startswith("|"):
            cells = line.replace(r"\|", "").count("|")
            assert cells in {7, 4}, line


def test_a_change_of_a_contract_changes_the_page(monkeypatch: pytest.MonkeyPatch):
    before = data_dictionary()
    clients = DELIVERED["clients"]
    column = replace(clients.columns[0], description="Something | else.")
    changed = replace(clients, columns=(column, *clients.columns[1:]))
    monkeypatch.setattr(dictionary, "DELIVERED", DELIVERED | {"clients": changed})

    assert data_dictionary() != before
    assert r"Something \| else." in data_dictionary()


def test_personal_columns_are_marked_on_the_page():
    page = data_dictionary()
    for name in ("identification", "client_name", "raw"):
        assert any(line.startswith(f"| `{name}` |") and "| personal |" in line for line in page.splitlines()), name
