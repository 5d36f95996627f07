"""The contracts as a page for people: `docs/data-dictionary.md`. A test keeps the page current."""

from collections.abc import Iterable

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.model import Column, Dataset

__all__ = ["data_dictionary"]

_HEAD = """# Data dictionary

Generated from `contracts/` by `lake dictionary`; edit the contracts, not this page.

Types are the lake's: `text`, `decimal(p,s)` (exact), `date`, `instant` (UTC, microseconds), `integer` (64 bits), `boolean`,
`texts` (a list). Sensitivity decides who may read a column: `public`, `internal`, `personal`. Severity `reject` puts a row into
quarantine, `warn` keeps and counts it; a source may change a rule's severity in its file.
"""


def data_dictionary() -> str:
    """The whole page, in Markdown."""
    parts = [_HEAD]
    parts += [
        "## Processed: what was delivered, typed and valid\n",
        *(_dataset(d, f"processed/{d.name}") for d in DELIVERED.values()),
    ]
    parts += ["## Curated: the newest version of everything, and the marts\n"]
    parts += [_dataset(d, f"curated/{d.name}") for d in CURATED.values()]
    parts += ["## Quarantine: what was rejected, and why\n"]
    parts.append(_dataset(next(iter(QUARANTINE.values())), "quarantine/<dataset>"))
    return "\n".join(parts)


def _dataset(dataset: Dataset, title: str) -> str:
    lines = [f"### {title}\n", f"{dataset.description} Grain: {dataset.grain}. Key: {_codes(dataset.key)}."]
    if dataset.partition:
        lines[-1] += f" Partitioned by `{dataset.partition}`."
    lines += ["", "| column | type | null | unit | sensitivity | meaning |", "|---|---|---|---|---|---|"]
    lines += [_column(column) for column in dataset.columns]
    if dataset.rules:
        lines += ["", "| rule | severity | what it says |", "|---|---|---|"]
        lines += [f"| `{rule.code}` | {rule.severity} | {_cell(rule.sentence)} |" for rule in dataset.rules]
    return "\n".join(lines) + "\n"


def _column(column: Column) -> str:
    null = "yes" if column.nullable else "no"
    meaning = column.description
    if column.allowed and len(column.allowed) <= 20:  # noqa: PLR2004 - a longer list would drown the sentence
        meaning += f" One of {_codes(column.allowed)}."
    return f"| `{column.name}` | {column.type} | {null} | {column.unit} | {column.sensitivity} | {_cell(meaning)} |"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _cell(text: str) -> str:
    return text.replace("|", r"\|")
