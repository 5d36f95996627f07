"""Are two outputs of the job the same? Row by row where memory allows it, else by counts and sums of each date.

    python benchmarks/compare.py LAKE_OR_OUT OTHER [--sums]

A program's output is a folder as `the_job.py` says, or a lake of the product, whose processed zone holds the same rows.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from the_job import COLUMNS

__all__ = ["Output", "differences", "different_sums", "output_of"]

_MOST_SHOWN = 2
_PLACE = ["source_file", "source_row"]
_MONEY = pl.Decimal(38, 6)


@dataclass(frozen=True)
class Output:
    """What a program made of the delivered files: kept and replaced trades (`COLUMNS` and `date`), and rejected rows."""

    kept: pl.LazyFrame
    replaced: pl.LazyFrame
    quarantine: pl.LazyFrame

    def rows(self) -> dict[str, int]:
        """How many rows have ended where."""
        frames = {"kept": self.kept, "replaced": self.replaced, "rejected": self.quarantine}
        return {name: frame.select(pl.len()).collect().item() for name, frame in frames.items()}


def output_of(folder: Path) -> Output:
    """The output in a folder. Raises `FileNotFoundError` where there is none."""
    is_lake = (folder / "ledger").is_dir()
    kept = folder / ("processed/transactions" if is_lake else "kept")
    replaced = folder / ("processed/transactions_superseded" if is_lake else "replaced")
    quarantine = folder / ("quarantine/transactions" if is_lake else "quarantine")
    if not kept.is_dir():
        raise FileNotFoundError(f"{folder} holds neither a lake nor an output of the job: there is no {kept}")
    return Output(_trades(kept, replaced), _trades(replaced, kept), _quarantine(quarantine))


def differences(one: Output, other: Output) -> list[str]:
    """In words, what one has and the other has not, row by row; empty where both are the same."""
    found = []
    for name in ("kept", "replaced", "quarantine"):
        left, right = getattr(one, name).collect(), getattr(other, name).collect()
        only_left, only_right = (
            left.join(right, on=left.columns, how="anti", nulls_equal=True),
            right.join(left, on=left.columns, how="anti", nulls_equal=True),
        )
        if left.height != right.height or only_left.height or only_right.height:
            found.append(f"{name}: {left.height} and {right.height} rows, of which the other has not")
            found += [str(row) for frame in (only_left, only_right) for row in frame.head(_MOST_SHOWN).rows()]
    return found


def different_sums(one: Output, other: Output) -> list[str]:
    """What differs in counts and sums by date, in replaced rows by file, and in rejected rows by file and set of reasons."""
    found = []
    for name in ("kept", "replaced", "quarantine"):
        left, right = (_sums(getattr(output, name), name) for output in (one, other))
        differing = left.join(right, on=left.columns, how="anti", nulls_equal=True)
        if left.height != right.height or differing.height:
            found.append(
                f"{name}: {left.height} and {right.height} groups; not in the other: {differing.head(_MOST_SHOWN)}"
            )
    return found


def _sums(frame: pl.LazyFrame, name: str) -> pl.DataFrame:
    group = ["reasons", "source_file"] if name == "quarantine" else ["date"]
    sums = [pl.len().alias("rows"), pl.col("source_row").sum()]
    if name != "quarantine":
        numbers = ("quantity_mwh", "price_per_mwh", "amount")
        sums += [pl.col(column).cast(_MONEY).sum() for column in numbers]
        sums += [(pl.col("delivery_start").dt.epoch("s")).sum().alias("start")]
        texts = ("transaction_id", "transaction_type", "provider_id", "client_id", "energy_type", "source_file")
        sums += [(pl.col(column).hash() % (1 << 30)).sum().alias(f"{column}_hash") for column in texts]
    return frame.group_by(group).agg(sums).sort(group).collect(engine="streaming")


def _trades(folder: Path, beside: Path) -> pl.LazyFrame:
    """Trades in one form: files by their name, decimals of 18 digits, instants in microseconds UTC."""
    files = sorted(folder.rglob("*.parquet"))
    if not files and not any(beside.rglob("*.parquet")):
        raise FileNotFoundError(f"there is no Parquet file below {folder} nor {beside}")
    if not files:  # the columns of the other table, none of its rows
        return _trades(beside, folder).clear()
    is_cut = any(file.parent != folder for file in files)
    scanned = pl.scan_parquet(files, hive_partitioning=is_cut, hive_schema={"date": pl.Date} if is_cut else None)
    return scanned.select(
        "date",
        *(
            pl.col(name).dt.convert_time_zone("UTC").cast(pl.Datetime("us", "UTC"))
            for name in ("delivery_start", "delivery_end")
        ),
        *(pl.col(name).cast(pl.Decimal(18, 6)) for name in ("quantity_mwh", "price_per_mwh")),
        pl.col("amount").cast(pl.Decimal(18, 2)),
        pl.col("source_row").cast(pl.Int64),
        pl.col("source_file").str.split("/").list.last(),
        *(pl.col(name).cast(pl.String) for name in COLUMNS if name not in _TYPED),
        pl.col("ingest_date").cast(pl.Date),
    )


_TYPED = {
    *{"delivery_start", "delivery_end", "quantity_mwh", "price_per_mwh", "amount"},
    *{"source_row", "source_file", "ingest_date"},
}


def _quarantine(folder: Path) -> pl.LazyFrame:
    """Rejected rows by place, with the set of their reasons as one text. That the delivered text is there is checked too."""
    files = sorted(folder.rglob("*.parquet"))
    if not files:
        return pl.LazyFrame(schema={"source_file": pl.String, "source_row": pl.Int64, "reasons": pl.String})
    return pl.scan_parquet(files).select(
        pl.col("source_file").str.split("/").list.last(),
        pl.col("source_row").cast(pl.Int64),
        pl.col("reasons").list.sort().list.join(" "),
        pl.col("raw").is_not_null().alias("has_text"),
    )


def main() -> None:
    """Compares two folders; the exit status is 1 where they differ."""
    folders = [Path(word) for word in sys.argv[1:] if not word.startswith("--")]
    one, other = (output_of(folder) for folder in folders)
    found = different_sums(one, other) if "--sums" in sys.argv else differences(one, other)
    print("\n".join(found) or f"the same: {one.rows()}")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
