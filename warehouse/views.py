"""Views for BI tools: every table once more, under plain names, without what is personal and without lineage.

They are in a schema of their own, so that a tool which is pointed at it shows nothing else. Redshift folds names to lower
case, quoted or not, so plain names are lower case words.
"""

from collections.abc import Iterable

from contracts.model import Column, Dataset, Role, Sensitivity
from warehouse.sql import identifier, qualified

__all__ = ["REPORTING", "comment_of", "create_view", "plain", "shown", "table_comment_of", "view_comments"]

REPORTING = "reporting"
"""The schema of the views."""


def plain(name: str) -> str:
    """The name as one would say it: `price_per_mwh` is `price per mwh`."""
    return name.replace("_", " ").lower()


def shown(dataset: Dataset) -> tuple[Column, ...]:
    """The columns of a dataset that its view shows."""
    return tuple(c for c in dataset.columns if c.sensitivity != Sensitivity.PERSONAL and c.role != Role.LINEAGE)


def create_view(dataset: Dataset) -> str:
    """The statement that makes the dataset's view, where there is none."""
    columns = ", ".join(f"{identifier(column.name)} AS {identifier(plain(column.name))}" for column in shown(dataset))
    view = qualified(plain(dataset.name), REPORTING)
    return f"CREATE VIEW {view} AS SELECT {columns} FROM {qualified(dataset.name)}"  # noqa: S608 - quoted


def view_comments(dataset: Dataset) -> Iterable[tuple[str, str]]:
    """What COMMENT ON is said of in the view, and the comment: `VIEW x`, then `COLUMN x.y` for each column."""
    view = qualified(plain(dataset.name), REPORTING)
    yield f"VIEW {view}", table_comment_of(dataset)
    for column in shown(dataset):
        yield f"COLUMN {view}.{identifier(plain(column.name))}", comment_of(column)


def table_comment_of(dataset: Dataset) -> str:
    """What is said of a table."""
    return f"{dataset.description} Grain: {dataset.grain}."


def comment_of(column: Column) -> str:
    """What is said of a column: its description, and its unit in brackets."""
    return f"{column.description} [{column.unit}]" if column.unit else column.description
