"""Dirty trades by the million, in the `standard` export: what the benchmarks read.

Written with polars in one stream a file, because the realistic generator of `lake generate` takes a minute for what this
makes in a second. Every file holds every day of the year, unsorted; 2 % of the rows have one of twelve kinds of fault, one
faulty row in ten has two. Between them they break nineteen of the contract's rules; one kind is no fault but a trade that was
delivered before, in the same file or in the one before it.
"""

from pathlib import Path

import polars as pl

__all__ = ["write_trades"]

_HOURS_OF_A_YEAR = 365 * 24
_FAULTY_IN = 50
_TWICE_FAULTY_IN = 10
_KINDS = 12
_BUYS_IN_TEN = 6
_ROWS_BACK = 997
"""How far before its correction in the same file a trade was delivered."""
_ENERGY = ["wind", "Solar", "hydro", "nuclear", "Eólica", "gas", " biomass", "HIDRO"]
_SPOILT = {
    "transaction_id": {0: [""]},
    "transaction_date": {2: ["2026-13-01 00:00:00", "yesterday"], 3: [""], 4: ["2026-03-29 02:30:00"]},
    "transaction_type": {5: ["swap", "NULL"]},
    "entity_id": {6: ["X-1", ""]},
    "quantity_kwh": {7: ["-5.000"], 8: ["1x5", "", "1.0000000001"]},
    "price_per_kwh": {9: ["n/a", "0.1.2", "0.1234567891"]},
    "energy_type": {10: ["plasma", "-"]},
    "total_amount": {11: ["1.00", "about 5"]},
}
"""What stands in a column for a kind of fault, one of several in turn. Kind 1, the repeated key, is made apart."""


def write_trades(
    folder: Path, *, rows: int, files: int, seed: int = 1, days: tuple[int, int] = (0, 365), first: int = 0
) -> list[Path]:
    """Writes `files` CSV files with `rows` records in all, and returns them. The same arguments give the same bytes.

    `days` are the first day of 2026 and the one after the last, counted from 0, on which deliveries start. `first` is the
    number of the first trade.
    """
    folder.mkdir(parents=True, exist_ok=True)
    share = -(-rows // files)
    paths = []
    for number in range(files):
        path = folder / f"trades_{first + number:03d}.csv"
        count = min(share, rows - number * share)
        _file(first + number * share, count, share, seed, days).sink_csv(path, quote_style="never")
        paths.append(path)
    return paths


def _file(first: int, count: int, share: int, seed: int, days: tuple[int, int]) -> pl.LazyFrame:
    """One file: numbers drawn by hashing the row's number, so that any part can be made alone."""

    def drawn(salt: int, below: int) -> pl.Expr:
        return pl.col("n").hash(seed * 1000 + salt) % below

    hour = pl.datetime(2026, 1, 1) + pl.duration(hours=drawn(1, (days[1] - days[0]) * 24) + days[0] * 24)
    is_buy = drawn(2, 10) < _BUYS_IN_TEN
    quantity = (drawn(3, 5_000_000) + 1).cast(pl.Int64)
    price = drawn(4, 240_000).cast(pl.Int64) - 20_000
    cents = (quantity.cast(pl.Int128) * price + 500_000) // 1_000_000
    base = pl.LazyFrame({"n": pl.int_range(first, first + count, eager=True)}).select(
        "n",
        drawn(9, _KINDS * _FAULTY_IN).alias("fault"),
        drawn(10, _KINDS * _TWICE_FAULTY_IN).alias("second"),
        drawn(11, 60).alias("turn"),
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
    return base.with_columns(_spoilt(first, share)).drop("n", "fault", "second", "turn")


def _spoilt(first: int, share: int) -> list[pl.Expr]:
    """Each kind of fault in one of 600 rows; a second one in a tenth of these."""
    is_faulty = pl.col("fault") < _KINDS
    changed = []
    for column, kinds in _SPOILT.items():
        expression = pl.col(column)
        if column == "transaction_id":
            expression = pl.when(pl.col("fault") == 1).then(_earlier_key(first, share)).otherwise(expression)
        for kind, texts in kinds.items():
            is_here = (pl.col("fault") == kind) | (is_faulty & (pl.col("second") == kind))
            for turn, text in enumerate(texts):
                is_turn = is_here & (pl.col("turn") % len(texts) == turn)
                expression = pl.when(is_turn).then(pl.lit(text)).otherwise(expression)
        changed.append(expression.alias(column))
    return changed


def _earlier_key(first: int, share: int) -> pl.Expr:
    """The key of a trade a thousand rows before or, every other time, at the same place of the file before."""
    n = pl.col("n")
    in_file = pl.when(n >= first + _ROWS_BACK).then(n - _ROWS_BACK).otherwise(n)
    across = pl.lit(first > 0) & (pl.col("turn") % 2 == 1)
    key = pl.when(across).then(n - share).otherwise(in_file)
    return pl.lit("TRX") + key.cast(pl.String).str.zfill(9)


def _fixed(units: pl.Expr, places: int) -> pl.Expr:
    """Whole numbers of 10^-places as text with that many decimals."""
    size = 10**places
    sign = pl.when(units < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    whole, rest = units.abs() // size, units.abs() % size
    return sign + whole.cast(pl.String) + pl.lit(".") + rest.cast(pl.String).str.zfill(places)
