"""Texts that Redshift cannot hold, found before they are sent: COPY would end without naming the column or the value."""

from collections.abc import Mapping
from pathlib import Path

import duckdb

from contracts.model import Dataset
from warehouse.ddl import byte_limit
from warehouse.duck import text_list
from warehouse.plan import CuratedFile, LoadError
from warehouse.sql import identifier

__all__ = ["refuse_long"]


def refuse_long(dataset: Dataset, files: Mapping[CuratedFile, Path]) -> None:
    """Raises `LoadError` naming column, file, length and limit for a text that is longer than its VARCHAR, or has a NUL."""
    texts = [column for column in dataset.columns if column.type.name == "text"]
    if not files or not texts:
        return
    longest = [f"COALESCE(MAX(strlen({identifier(c.name)})), 0)" for c in texts]
    nul = [f"COALESCE(BOOL_OR(contains({identifier(c.name)}, chr(0))), false)" for c in texts]
    question = (
        f"SELECT filename, {', '.join([*longest, *nul])} FROM read_parquet({text_list(files.values())}, filename = true, "  # noqa: S608 - quoted
        f"hive_partitioning = false, union_by_name = true) GROUP BY 1 ORDER BY 1"
    )
    by_name = {str(local): file for file, local in files.items()}
    for name, *found in duckdb.connect().execute(question).fetchall():
        for column, length, has_nul in zip(texts, found[: len(texts)], found[len(texts) :], strict=True):
            limit = byte_limit(column)
            if length > limit or has_nul:
                what = (
                    f"a text of {length} bytes, Redshift's column takes {limit}"
                    if length > limit
                    else "a text with a NUL"
                )
                raise LoadError(
                    f"curated/{by_name[name].path} has in {column.name} {what}; nothing was loaded. Deliver a correction of "
                    f"the row, or raise the limit in warehouse/ddl.py and make the table anew"
                )
