"""The job in DuckDB's SQL, as one who knows it would write it: `python duckdb_job.py CSV_FOLDER OUT_FOLDER [MEMORY_LIMIT]`.

One statement reads, types and checks every file into a table on disk (the text of a row is kept only where it is rejected),
one finds the keys that a file repeats, three write. What was measured on the way, and decided by it:

* DuckDB has no CSV line number. A table that is filled from a scan keeps the order of the files, and its row ids give the
  number at no cost. With a join in the same statement it silently does not, and `x NOT IN (seven words)` is planned as one.
* Whether an hour is skipped or repeated is asked only in the two months in which clocks change.
* Decimals of more than 18 digits divide a hundred times slower than narrower ones. Numbers of the usual size go through 18
  digits, others through 38; a product that leaves 18 digits would be an error and not null.
* A cast to a decimal rounds half up; half even, which the contract asks for, takes a comparison more.
"""

import sys
from pathlib import Path

import duckdb
from the_job import INGEST_DATE, NULLS, RAW_COLUMNS, RULES, SOURCE, ZONE, spellings

__all__ = ["run"]


def run(csv: Path, out: Path, memory_limit: str = "2GB") -> None:
    """Does the job; its database lies beside the output and is removed."""
    for folder in (out, out / "replaced", out / "quarantine"):
        folder.mkdir()
    database = out / "work.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(f"SET memory_limit = '{memory_limit}'; SET TimeZone = 'UTC'; SET threads = 2")
        connection.execute(f"SET temp_directory = '{out / 'spill'}'; SET enable_progress_bar = false")
        for statement in _statements(csv, out):
            connection.execute(statement)
    database.unlink()


def _statements(csv: Path, out: Path) -> list[str]:
    return [
        _checked(csv),
        "CREATE TABLE files AS SELECT source_file, min(rowid) AS first FROM checked GROUP BY source_file",
        _REPLACED,
        f"COPY ({_trades('ANTI')}) TO '{out}/kept' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (date))",
        f"COPY ({_trades('SEMI')}) TO '{out}/replaced/replaced.parquet' (FORMAT parquet, COMPRESSION zstd)",
        f"COPY ({_quarantine()}) TO '{out}/quarantine/quarantine.parquet' (FORMAT parquet, COMPRESSION zstd)",
    ]


def _checked(csv: Path) -> str:
    """The table of all rows, typed, with the mask of broken rules and the text of those that broke one."""
    empty = "".join(f" WHEN '{word}' THEN NULL" for word in dict.fromkeys(["", *NULLS]))
    cleaned = ", ".join(f"CASE lower(trim({name})){empty} ELSE trim({name}) END AS {name}_text" for name in RAW_COLUMNS)
    raw = ", ".join(f"{name} := {name}" for name in RAW_COLUMNS)
    mask = " + ".join(f"CASE WHEN {_BROKEN[rule]} THEN {1 << bit} ELSE 0 END" for bit, rule in enumerate(RULES))
    return f"""
        CREATE TABLE checked AS
        WITH delivered AS (
            FROM read_csv('{csv}/*.csv', all_varchar = true, header = true, delim = ',', quote = '"', filename = true)
        ),
        cleaned AS (SELECT filename, {", ".join(RAW_COLUMNS)}, {cleaned} FROM delivered),
        typed AS (SELECT *, {_typed()} FROM cleaned),
        amounts AS (
            SELECT *, quantity_mwh::DECIMAL(20, 6) * price_per_mwh AS product, timezone('{ZONE}', stamp) AS instant,
                month(stamp) IN (3, 10) AS may_change
            FROM typed
        ),
        rounded AS (SELECT *, {_AMOUNT} AS amount, {_CLOCK} FROM amounts),
        masked AS (SELECT *, {mask} AS broken FROM rounded)
        SELECT parse_filename(filename) AS source_file, upper(transaction_id_text) AS transaction_id, type AS transaction_type,
            CASE WHEN starts_with(entity, 'PRV') THEN entity END AS provider_id,
            CASE WHEN starts_with(entity, 'CLI') THEN entity END AS client_id,
            energy AS energy_type, instant AS delivery_start, stamp::DATE AS date, quantity_mwh, price_per_mwh, amount, broken,
            CASE WHEN broken <> 0 THEN to_json(struct_pack({raw})) END AS raw
        FROM masked
    """


def _typed() -> str:
    stamp = "transaction_date_text"
    formats = "['%Y-%m-%d %H:%M:%S', '%Y-%m-%dT%H:%M:%S']"
    return f"""
        {_spelled("transaction_type")} AS type, {_spelled("energy_type")} AS energy, upper(entity_id_text) AS entity,
        CASE WHEN NOT ends_with({stamp}, ':60') THEN try_strptime({stamp}, {formats}) END AS stamp,
        {_number("quantity_kwh", _QUANTITY, _QUANTITY_WIDE)} AS quantity_mwh,
        {_number("price_per_kwh", _PRICE, _PRICE_WIDE)} AS price_per_mwh,
        {_number("total_amount", "TRY_CAST({} AS DECIMAL(18, 9))", "TRY_CAST({} AS DECIMAL(32, 12))")} AS total
    """


def _number(column: str, usual: str, wide: str) -> str:
    """The text as a number, null where it is none; exponents and separators are none. The wide form is for what is left."""
    text = f"{column}_text"
    is_plain = " AND ".join(f"NOT contains({text}, '{mark}')" for mark in "eE_")
    return f"CASE WHEN {is_plain} THEN coalesce({usual.format(text)}, {wide.format(text)}) END"


def _half_even(exact: str, places: int, type_: str) -> str:
    """The exact number rounded half even, null where its type does not hold it."""
    rounded = f"TRY_CAST({exact} AS {type_})"
    is_half = f"abs({rounded} - {exact}) = {'0.' + '0' * places + '5'}"
    is_odd = f"CAST({rounded} * {10**places} AS HUGEINT) % 2 <> 0"
    step = f"CASE WHEN {exact} < 0 THEN -{10**-places:.{places}f} ELSE {10**-places:.{places}f} END"
    return f"CASE WHEN {is_half} AND {is_odd} THEN TRY_CAST({rounded} - {step} AS {type_}) ELSE {rounded} END"


_QUANTITY = (
    f"({_half_even('TRY_CAST({0} AS DECIMAL(18, 9))', 3, 'DECIMAL(15, 3)')} * 0.001::DECIMAL(4, 3))::DECIMAL(18, 6)"
)
_QUANTITY_WIDE = _half_even("(TRY_CAST({0} AS DECIMAL(32, 12)) * 0.001::DECIMAL(4, 3))", 6, "DECIMAL(18, 6)")
_PRICE = "CASE WHEN abs(TRY_CAST({0} AS DECIMAL(18, 9))) < 100000 THEN (TRY_CAST({0} AS DECIMAL(18, 9)) * 1000)::DECIMAL(18, 6) END"
_PRICE_WIDE = _half_even("(TRY_CAST({0} AS DECIMAL(32, 12)) * 1000)", 6, "DECIMAL(18, 6)")
"""kWh and money per kWh become MWh and money per MWh. Of nine decimals a price per MWh keeps six, and needs no rounding."""

_AMOUNT = f"""
    CASE WHEN abs(product) < 100000 THEN {_half_even("product::DECIMAL(18, 12)", 2, "DECIMAL(18, 2)")}
         ELSE {_half_even("product", 2, "DECIMAL(18, 2)")} END
"""
_CLOCK = f"""
    CASE WHEN may_change THEN timezone('{ZONE}', instant) <> stamp END AS is_skipped,
    CASE WHEN may_change THEN timezone('{ZONE}', instant - INTERVAL 1 HOUR) = stamp
                           OR timezone('{ZONE}', instant + INTERVAL 1 HOUR) = stamp END AS is_repeated
"""


def _spelled(column: str) -> str:
    words = "".join(f" WHEN '{word}' THEN '{value}'" for word, value in spellings(column).items())
    return f"CASE lower({column}_text){words} END"


def _too_precise(column: str) -> str:
    return rf"regexp_matches({column}_text, '\.[0-9]{{9}}[0-9]*[1-9]')"


_BROKEN = {
    "transaction_id_missing": "transaction_id_text IS NULL",
    "transaction_type_missing": "transaction_type_text IS NULL",
    "transaction_type_unknown": "transaction_type_text IS NOT NULL AND type IS NULL",
    "counterparty_missing": "entity IS NULL OR NOT (starts_with(entity, 'PRV') OR starts_with(entity, 'CLI'))",
    "energy_type_missing": "energy_type_text IS NULL",
    "energy_type_unknown": "energy_type_text IS NOT NULL AND energy IS NULL",
    "delivery_time_missing": "transaction_date_text IS NULL",
    "delivery_time_bad_date": "transaction_date_text IS NOT NULL AND stamp IS NULL",
    "delivery_time_impossible": "is_skipped",
    "delivery_time_ambiguous": "is_repeated",
    "quantity_missing": "quantity_kwh_text IS NULL",
    "quantity_bad_number": "quantity_kwh_text IS NOT NULL AND quantity_mwh IS NULL",
    "quantity_too_precise": _too_precise("quantity_kwh"),
    "quantity_negative": "quantity_mwh < 0",
    "price_missing": "price_per_kwh_text IS NULL",
    "price_bad_number": "price_per_kwh_text IS NOT NULL AND price_per_mwh IS NULL",
    "price_too_precise": _too_precise("price_per_kwh"),
    "amount_too_large": "product IS NOT NULL AND amount IS NULL",
    "total_bad_number": "total_amount_text IS NOT NULL AND total IS NULL",
    "total_mismatch": "abs(total - product) > 0.01",
}

_REPLACED = """
    CREATE TABLE replaced AS
    WITH repeated AS (
        SELECT source_file, transaction_id, max(rowid) AS last
        FROM checked WHERE broken = 0 GROUP BY ALL HAVING count(*) > 1
    )
    SELECT checked.rowid AS row FROM checked JOIN repeated USING (source_file, transaction_id)
    WHERE broken = 0 AND checked.rowid < last
"""


def _trades(join: str) -> str:
    """The valid rows that are not (`ANTI`) or are (`SEMI`) replaced, in the columns of `the_job.py`."""
    return f"""
        SELECT transaction_id, transaction_type, provider_id, client_id, energy_type, delivery_start,
            delivery_start + INTERVAL 1 HOUR AS delivery_end, '{ZONE}' AS market_zone, quantity_mwh, price_per_mwh,
            'EUR' AS currency, amount, 'new' AS action, '{SOURCE}' AS source, source_file,
            checked.rowid - first + 1 AS source_row, DATE '{INGEST_DATE}' AS ingest_date, date
        FROM checked JOIN files USING (source_file) {join} JOIN replaced ON checked.rowid = replaced.row
        WHERE broken = 0
    """


def _quarantine() -> str:
    reasons = ", ".join(f"CASE WHEN broken & {1 << bit} <> 0 THEN '{rule}' END" for bit, rule in enumerate(RULES))
    return f"""
        SELECT source_file, checked.rowid - first + 1 AS source_row,
            list_filter([{reasons}], lambda reason: reason IS NOT NULL) AS reasons, raw
        FROM checked JOIN files USING (source_file) WHERE broken <> 0
    """


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]), *sys.argv[3:])
