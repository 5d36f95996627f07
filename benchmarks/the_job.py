"""What every program under comparison has to do, and the words it needs: one page, so that all of them do the same.

**The job.** Delivered CSV files of trades, in the `standard` export, become

* `kept/date=YYYY-MM-DD/*.parquet`: the valid rows, zstd, with the thirteen typed columns of a trade, its action and where it
  came from (`COLUMNS`), without those that a later row of the same file with the same key replaces;
* `replaced/*.parquet`: these, with the same columns and `date`;
* `quarantine/*.parquet`: every rejected row with `source_file`, `source_row` (1 is the first line after the header), `reasons`
  (all of them) and the row as it was delivered.

The rules are `RULES`: those of the contract that a field can break in this export. The eight rules about whole lines
(a blank line, a quote that is never closed) are left out for the others; the product keeps them all the same.
"""

import tomllib
from pathlib import Path

__all__ = [
    "COLUMNS",
    "DELIVERED",
    "INGEST_DATE",
    "NULLS",
    "RAW_COLUMNS",
    "RULES",
    "SOURCE",
    "ZONE",
    "spellings",
]

_SOURCE_FILE = Path(__file__).parents[1] / "sources" / "standard.toml"
_DECLARED = tomllib.loads(_SOURCE_FILE.read_text(encoding="utf-8"))

SOURCE = "standard"
INGEST_DATE = "2027-01-01"
DELIVERED = f"transactions/source={SOURCE}/ingest_date={INGEST_DATE}"
"""Where in the raw zone the product finds the files."""

ZONE: str = _DECLARED["time"]["zone"]
NULLS: list[str] = _DECLARED["file"]["nulls"]
"""What stands for no value, in any case."""

RAW_COLUMNS = (
    "transaction_id",
    "transaction_date",
    "transaction_type",
    "entity_id",
    "quantity_kwh",
    "price_per_kwh",
    "energy_type",
    "total_amount",
)

COLUMNS = (
    "transaction_id",
    "transaction_type",
    "provider_id",
    "client_id",
    "energy_type",
    "delivery_start",
    "delivery_end",
    "market_zone",
    "quantity_mwh",
    "price_per_mwh",
    "currency",
    "amount",
    "action",
    "source",
    "source_file",
    "source_row",
    "ingest_date",
)
"""Of a kept row; `date` is the folder's."""

RULES = (
    "transaction_id_missing",
    "transaction_type_missing",
    "transaction_type_unknown",
    "counterparty_missing",
    "energy_type_missing",
    "energy_type_unknown",
    "delivery_time_missing",
    "delivery_time_bad_date",
    "delivery_time_impossible",
    "delivery_time_ambiguous",
    "quantity_missing",
    "quantity_bad_number",
    "quantity_too_precise",
    "quantity_negative",
    "price_missing",
    "price_bad_number",
    "price_too_precise",
    "amount_too_large",
    "total_bad_number",
    "total_mismatch",
)
"""In the order of the contract; each rejects the row. Bit k of a mask is rule k."""


def spellings(column: str) -> dict[str, str]:
    """Each way of writing a value of an enumerated column, in lower case, and the value."""
    return {word: value for value, words in _DECLARED["spellings"][column].items() for word in words}
