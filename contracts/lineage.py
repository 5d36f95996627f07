"""The columns that say where a row came from. Every delivered dataset ends with them."""

from contracts.model import Column, ColumnType, Role

__all__ = ["LINEAGE"]

LINEAGE = (
    Column(
        name="source",
        type=ColumnType.text(),
        role=Role.LINEAGE,
        description="The exporter, as `sources/<source>.toml` names it.",
    ),
    Column(
        name="source_file",
        type=ColumnType.text(),
        role=Role.LINEAGE,
        description="The delivered file, as its path inside the raw zone.",
    ),
    Column(
        name="source_row",
        type=ColumnType.integer(),
        role=Role.LINEAGE,
        description="The number of the record's line in that file; 1 is the first line after the header.",
    ),
    Column(
        name="ingest_date",
        type=ColumnType.date(),
        role=Role.LINEAGE,
        description="The day the file was delivered: when this version of the row became known.",
    ),
)
