"""The job with pandas on pyarrow's types, chunk by chunk: `python pandas_job.py CSV_FOLDER OUT_FOLDER`.

The way of awswrangler: `read_csv` in chunks, a dataset partitioned by date that every file appends to. A file's rows are held,
typed, until all of its chunks are read, because only then its newest versions are known. Decimals are pyarrow's: pandas has
none of its own, and its methods on them go row by row, so what is exact goes through `pyarrow.compute`. A cast of text to a
decimal raises for one bad value in the column, so a regular expression has to find these first.
"""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
import pyarrow.parquet
from the_job import COLUMNS, INGEST_DATE, NULLS, RAW_COLUMNS, RULES, SOURCE, ZONE, spellings

__all__ = ["run"]

_ROWS_PER_CHUNK = 250_000
_TEXT = pd.ArrowDtype(pa.string())
_EXACT = pa.decimal128(32, 12)
_ZERO, _CENT = pa.scalar(0, pa.decimal128(18, 6)), pa.scalar(Decimal("0.01"), pa.decimal128(3, 2))
_PER_MILLE, _THOUSAND = pa.scalar(Decimal("0.001")), pa.scalar(Decimal(1000))
_NUMBER = r"^[+-]?([0-9]{1,20}(\.[0-9]{0,12})?|\.[0-9]{1,12})$"
_TOO_PRECISE = r"\.[0-9]{9}[0-9]*[1-9]"
_FORMATS = ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S")


def run(csv: Path, out: Path) -> None:
    """Does the job, a file after the other."""
    for name in ("kept", "replaced", "quarantine"):
        (out / name).mkdir(parents=True)
    for file in sorted(csv.iterdir()):
        checked = pd.concat([_checked(chunk, file.name) for chunk in _chunks(file)], ignore_index=True)
        _write(checked, out, file.stem)


def _chunks(file: Path) -> Iterator[pd.DataFrame]:
    """The file as text, a part at a time. Nothing is taken for null here: what is, the source says."""
    return pd.read_csv(file, dtype=_TEXT, chunksize=_ROWS_PER_CHUNK, keep_default_na=False, na_filter=False)


def _checked(raw: pd.DataFrame, file: str) -> pd.DataFrame:
    """Typed rows with the mask of broken rules and, of those that broke one, the text."""
    numbers, raw = raw.index, raw.reset_index(drop=True)  # what is computed by pyarrow is numbered from 0 in every part
    text = pd.DataFrame({name: _cleaned(raw[name]) for name in RAW_COLUMNS})
    rows = pd.DataFrame({"transaction_id": text["transaction_id"].str.upper()})
    rows["transaction_type"] = _spelled(text["transaction_type"], "transaction_type")
    entity = text["entity_id"].str.upper()
    rows["provider_id"] = entity.where(entity.str.startswith("PRV").fillna(value=False).astype(bool))
    rows["client_id"] = entity.where(entity.str.startswith("CLI").fillna(value=False).astype(bool))
    rows["energy_type"] = _spelled(text["energy_type"], "energy_type")
    stamp = _stamp(text["transaction_date"])
    local, is_skipped, is_repeated = _local(stamp)
    rows["delivery_start"] = local.dt.tz_convert("UTC")
    rows["date"] = _series(pa.array(stamp).cast(pa.timestamp("s"), safe=False).cast(pa.date32(), safe=False))
    quantity = _rounded(pc.multiply(_number(text["quantity_kwh"]), _PER_MILLE), 6)
    price = _rounded(pc.multiply(_number(text["price_per_kwh"]), _THOUSAND), 6)
    product = pc.multiply(quantity, price)
    amount = _rounded(product, 2)
    total = _number(text["total_amount"])
    rows["quantity_mwh"], rows["price_per_mwh"], rows["amount"] = map(_series, (quantity, price, amount))
    rows["source_file"], rows["source_row"] = file, numbers.to_numpy() + 1
    broken = {
        "transaction_id_missing": _null(text["transaction_id"]),
        "counterparty_missing": _null(rows["provider_id"]) & _null(rows["client_id"]),
        "delivery_time_missing": _null(text["transaction_date"]),
        "delivery_time_bad_date": ~_null(text["transaction_date"]) & stamp.isna().to_numpy(),
        "delivery_time_impossible": is_skipped,
        "delivery_time_ambiguous": is_repeated,
        "quantity_negative": _true(pc.less(quantity, _ZERO)),
        "amount_too_large": _true(pc.is_valid(product)) & _true(pc.is_null(amount)),
        "total_bad_number": ~_null(text["total_amount"]) & _true(pc.is_null(total)),
        "total_mismatch": _mismatch(total, product),
    }
    for name in ("transaction_type", "energy_type"):
        broken[f"{name}_missing"] = _null(text[name])
        broken[f"{name}_unknown"] = ~_null(text[name]) & _null(rows[name])
    for rule, name, value in (("quantity", "quantity_kwh", quantity), ("price", "price_per_kwh", price)):
        broken[f"{rule}_missing"] = _null(text[name])
        broken[f"{rule}_bad_number"] = ~_null(text[name]) & _true(pc.is_null(value))
        broken[f"{rule}_too_precise"] = _true(pc.match_substring_regex(_arrow(text[name]), _TOO_PRECISE))
    return rows.assign(broken=_mask(broken), raw=_raw(raw, _mask(broken)))


def _cleaned(text: pd.Series) -> pd.Series:
    text = text.str.strip()
    return text.mask(text.str.lower().isin(["", *NULLS]))


def _spelled(text: pd.Series, column: str) -> pd.Series:
    words = spellings(column)
    places = pc.index_in(_arrow(text.str.lower()), pa.array(list(words)))
    return _series(pc.take(pa.array(list(words.values())), places))


def _number(text: pd.Series) -> pa.Array:
    """The text as an exact number, null where it is none."""
    array = _arrow(text)
    return pc.cast(pc.if_else(pc.match_substring_regex(array, _NUMBER), array, None), _EXACT)


def _rounded(exact: pa.Array, places: int) -> pa.Array:
    """Rounded half even into 18 digits, null where they do not hold it."""
    rounded = pc.round(exact, ndigits=places, round_mode="half_to_even")
    bound = pa.scalar(Decimal(10 ** (18 - places)), rounded.type)
    fits = pc.less(pc.abs(rounded), bound)
    return pc.cast(pc.if_else(fits, rounded, None), pa.decimal128(18, places))


def _stamp(text: pd.Series) -> pd.Series:
    """Local time, null where the text is none in any format; the second format is tried on what the first has left."""
    array = _arrow(text)
    stamp = pc.strptime(array, format=_FORMATS[0], unit="us", error_is_null=True)
    if pc.count(pc.filter(array, pc.is_null(stamp))).as_py():
        left = pc.if_else(pc.is_null(stamp), array, None)
        stamp = pc.coalesce(stamp, pc.strptime(left, format=_FORMATS[1], unit="us", error_is_null=True))
    return pd.Series(stamp.to_numpy(zero_copy_only=False))


def _local(stamp: pd.Series) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """The stamps in the market's zone, and which of them the clock skips or repeats."""
    local = stamp.dt.tz_localize(ZONE, ambiguous="NaT", nonexistent="NaT")
    unresolved = (local.isna() & stamp.notna()).to_numpy()
    is_repeated = np.zeros(len(stamp), dtype=bool)
    several = stamp[unresolved].dt.tz_localize(ZONE, ambiguous=np.ones(unresolved.sum(), dtype=bool), nonexistent="NaT")
    is_repeated[unresolved] = several.notna()
    return local, unresolved & ~is_repeated, is_repeated


def _mismatch(total: pa.Array, product: pa.Array) -> np.ndarray:
    return _true(pc.greater(pc.abs(pc.subtract(total, product)), _CENT))


def _mask(broken: dict[str, np.ndarray]) -> np.ndarray:
    """Bit k is rule k."""
    return sum(broken[rule].astype(np.int32) << bit for bit, rule in enumerate(RULES))


def _raw(raw: pd.DataFrame, mask: np.ndarray) -> pd.Series:
    """The delivered text of the rows that broke a rule."""
    records = raw[mask != 0].to_dict("records")
    text = pd.Series([json.dumps(record) for record in records], index=np.flatnonzero(mask), dtype=_TEXT)
    return text.reindex(range(len(raw)))


def _write(checked: pd.DataFrame, out: Path, name: str) -> None:
    sound = checked[checked["broken"] == 0].drop(columns=["broken", "raw"])
    is_replaced = sound.duplicated("transaction_id", keep="last")
    pa.dataset.write_dataset(
        _trades(sound[~is_replaced]),
        out / "kept",
        format="parquet",
        file_options=pa.dataset.ParquetFileFormat().make_write_options(compression="zstd"),
        partitioning=["date"],
        partitioning_flavor="hive",
        basename_template=f"{name}-{{i}}.parquet",
        existing_data_behavior="overwrite_or_ignore",
        max_open_files=400,
    )
    pa.parquet.write_table(_trades(sound[is_replaced]), out / "replaced" / f"{name}.parquet", compression="zstd")
    rejected = checked.loc[checked["broken"] != 0, ["source_file", "source_row", "broken", "raw"]]
    rejected["reasons"] = [
        [rule for bit, rule in enumerate(RULES) if mask & 1 << bit] for mask in rejected.pop("broken")
    ]
    rejected.to_parquet(out / "quarantine" / f"{name}.parquet", compression="zstd", index=False)


def _trades(rows: pd.DataFrame) -> pa.Table:
    """In the columns of `the_job.py`."""
    complete = rows.assign(
        delivery_end=rows["delivery_start"] + pd.Timedelta(hours=1),
        market_zone=ZONE,
        currency="EUR",
        action="new",
        source=SOURCE,
        ingest_date=pd.Timestamp(INGEST_DATE).date(),
    )
    return pa.Table.from_pandas(complete[[*COLUMNS, "date"]], preserve_index=False)


def _arrow(text: pd.Series) -> pa.Array:
    return pa.array(text).combine_chunks() if isinstance(pa.array(text), pa.ChunkedArray) else pa.array(text)


def _series(values: pa.Array) -> pd.Series:
    return pd.Series(values, dtype=pd.ArrowDtype(values.type))


def _null(text: pd.Series) -> np.ndarray:
    return text.isna().to_numpy()


def _true(verdict: pa.Array) -> np.ndarray:
    """A verdict that cannot be given is none."""
    return pc.fill_null(verdict, fill_value=False).to_numpy(zero_copy_only=False)


if __name__ == "__main__":
    run(Path(sys.argv[1]), Path(sys.argv[2]))
