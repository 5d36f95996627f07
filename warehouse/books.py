"""The warehouse's own books: which curated files are in it, with what they hold, and the number of the last load.

They are tables beside the others and written in the same transaction, so they are always true of them. As contracts they
get their DDL, their comments and their way in (COPY) like every other table.
"""

from contracts.model import Column, ColumnType, Dataset, Kind, Role

__all__ = ["BOOKS", "LOADED_FILES", "LOADED_SUMS", "LOAD_STATE", "SUM_TYPE"]

SUM_TYPE = ColumnType.decimal(38, 6)
"""What sums are kept in: room for every digit of a sum of MWh (6 decimals) or of money (2)."""

_TABLE = Column(name="table_name", type=ColumnType.text(), role=Role.KEY, description="The table that the file is of.")
_PATH = Column(
    name="path",
    type=ColumnType.text(),
    role=Role.LINEAGE,
    description="The file's path in the curated zone.",
)

LOADED_FILES = Dataset(
    name="loaded_files",
    kind=Kind.CURATED,
    grain="one row per curated file that is in the warehouse",
    description="What the warehouse was loaded from; a load takes the files whose content is another.",
    key=("path",),
    columns=(
        _TABLE,
        _PATH,
        Column(
            name="partition_date",
            type=ColumnType.date(),
            nullable=True,
            description="The partition that the file is of; null for a table in one piece.",
        ),
        Column(name="row_count", type=ColumnType.integer(), description="How many rows the file has."),
        Column(
            name="content",
            type=ColumnType.text(),
            description="A hash of the file's bytes, or S3's entity tag: another one is another content.",
        ),
        Column(name="load_number", type=ColumnType.integer(), description="The load that brought the file."),
    ),
)

LOADED_SUMS = Dataset(
    name="loaded_sums",
    kind=Kind.CURATED,
    grain="one row per curated file, currency and measure",
    description="What the files in the warehouse add up to; a load is undone where its tables do not.",
    key=("path", "currency", "measure"),
    columns=(
        _TABLE,
        _PATH,
        Column(
            name="currency",
            type=ColumnType.text(),
            description="The currency of the rows; empty where the table has no column currency.",
        ),
        Column(
            name="measure",
            type=ColumnType.text(),
            description="The column that was added up, or row_count.",
        ),
        Column(name="amount", type=SUM_TYPE, description="The sum: rows, MWh or money."),
    ),
)

LOAD_STATE = Dataset(
    name="load_state",
    kind=Kind.CURATED,
    grain="one row",
    description="The last load. A load changes this very row, so of two at once one has to give way.",
    key=("load_number",),
    columns=(
        Column(name="load_number", type=ColumnType.integer(), description="How many loads there were."),
        Column(
            name="token",
            type=ColumnType.text(),
            nullable=True,
            description="What the last load was of: the same changes on the same books have the same; null before the first.",
        ),
        Column(
            name="loaded_at",
            type=ColumnType.instant(),
            nullable=True,
            description="When it was sent off, in UTC; null before the first.",
        ),
    ),
)

BOOKS: dict[str, Dataset] = {dataset.name: dataset for dataset in (LOADED_FILES, LOADED_SUMS, LOAD_STATE)}
"""The books by name. No curated table may be called like one of them."""
