"""Dirty trades by the million, in the `standard` export: what the benchmarks read.

Written with polars in one stream a file, because the realistic generator of `lake generate` takes a minute for what this
makes in a second. Every file holds every day of the year, unsorted; 2 % of the rows have one of twelve faults.
"""

from pathlib import Path

import polars as pl

__all__ = ["write_trades"]

_HOURS_OF_A_YEAR = 365 * 24
_FAULTY_IN = 50
_BUYS_IN_TEN = 6
_ENERGY = ["wind", "Solar", "hydro", "nuclear", "Eólica", "gas", " biomass", "HIDRO"]


def write_trades(folder: Path, *, rows: int, files: int, seed: int = 1) -> list[Path]:
    """Writes `files` CSV files with `rows` records in all, and returns them. The same arguments give the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    share = -(-rows // files)
    paths = []
    for number in range(files):
        path = folder / f"trades_{number:03d}.csv"
        count = min(share, rows - number * share)
        _file(number * share, count, seed).sink_csv(path, quote_style="never")
        paths.append(path)
    return paths


def _file(first: int, count: int, seed: int) -> pl.LazyFrame:
    """One file: numbers drawn by hashing the row's number, so that any part can be made alone."""

    def drawn(salt: int, below: int) -> pl.Expr:
        return pl.col("n").hash(seed * 1000 + salt) % below

    hour = pl.datetime(2026, 1, 1) + pl.duration(hours=drawn(1, _HOURS_OF_A_YEAR))
    is_buy = drawn(2, 10) < _BUYS_IN_TEN
    quantity = (drawn(3, 5_000_000) + 1).cast(pl.Int64)
    price = drawn(4, 240_000).cast(pl.Int64) - 20_000
    cents = (quantity.cast(pl.Int128) * price + 500_000) // 1_000_000
    base = pl.LazyFrame({"n": pl.int_range(first, first + count, eager=True)}).select(
        "n",
        drawn(9, 12 * _FAULTY_IN).alias("fault"),
        transaction_id=pl.lit("TRX") + pl.col("n").cast(pl.String).str.zfill(9),
        transaction_date=hour.dt.strftime("%Y-%m-%d %H:%M:%S"),
        transaction_type=pl.when(is_buy).then(pl.lit("compra")).otherwise(pl.lit("venta")),
        entity_id=pl.when(is_buy)
        .then(pl.lit("PRV") + drawn(5, 50).cast(pl.String).str.zfill(3))
        .otherwise(pl.lit("CLI") + drawn(6, 5000).cast(pl.String).str.zfill(5)),
        quantity_kwh=_fixed(quantity, 3),
        price_per_kwh=_fixed(price, 6),
        energy_type=pl.lit(pl.Series(_ENERGY)).implode().list.get(drawn(7, len(_ENERGY))),
        total_amount=_fixed(cents.cast(pl.Int64), 3),
    )
    return base.with_columns(_spoiled()).drop("n", "fault")


def _spoiled() -> list[pl.Expr]:
    """Twelve faults, each in one of 600 rows; the others stay as they are."""
    spoilt = {
        "transaction_id": {0: "", 1: "TRX000000001"},
        "transaction_date": {2: "2026-13-01 00:00:00", 3: "yesterday", 4: "2026-03-29 02:30:00"},
        "transaction_type": {5: "swap"},
        "entity_id": {6: "X-1"},
        "quantity_kwh": {7: "-5.000", 8: "1x5"},
        "price_per_kwh": {9: "n/a"},
        "energy_type": {10: "plasma"},
        "total_amount": {11: "1.00"},
    }
    changed = []
    for column, values in spoilt.items():
        expression = pl.col(column)
        for fault, text in values.items():
            expression = pl.when(pl.col("fault") == fault).then(pl.lit(text)).otherwise(expression)
        changed.append(expression.alias(column))
    return changed


def _fixed(units: pl.Expr, places: int) -> pl.Expr:
    """Whole numbers of 10^-places as text with that many decimals."""
    size = 10**places
    sign = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = units.abs() // size, units.abs() % size
    return sign + whole.cast(pl.String) + pl.lit(".") + rest.cast(pl.String).str.zfill(places)
