"""The second count of everything curated: SQL of its own in `second/`, by DuckDB.

It shares nothing with the lake's arithmetic but the rows it begins with: whole numbers of 128 bits, a rounding of its own, time
zones by ICU, joins where the lake carries and sorts where it groups. The tests of each mart ask it about rows of their own,
`tests/jobs/test_second_computation.py` about the files of a lake.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import polars as pl

from contracts.model import Dataset
from transforms.schema import frame_schema

__all__ = ["counted", "counting", "second_count", "statement"]

_SECOND = Path(__file__).parent / "second"


def statement(name: str) -> str:
    """The SQL of `second/<name>.sql`."""
    return (_SECOND / f"{name}.sql").read_text(encoding="utf-8")


@contextmanager
def counting(**tables: pl.DataFrame) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with the tables, and the macros that the counts use."""
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(statement("macros"))
        for name, table in tables.items():
            connection.register(name, table)
        yield connection


def counted(connection: duckdb.DuckDBPyConnection, contract: Dataset) -> pl.DataFrame:
    """The answer of `second/<name of the contract>.sql`, in the contract's types and the order of its key."""
    found: pl.DataFrame = connection.sql(statement(contract.name)).pl()
    return found.cast(frame_schema(contract)).select(contract.column_names).sort(contract.key)


def second_count(contract: Dataset, **tables: pl.DataFrame) -> pl.DataFrame:
    """The mart of the rows in the tables, which have the names that its SQL gives them."""
    with counting(**tables) as connection:
        if "trades" in tables:
            connection.execute(statement("whole_units"))
        return counted(connection, contract)
