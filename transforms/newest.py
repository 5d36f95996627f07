"""Of several delivered versions of a key, the one that counts.

The order is written down here and nowhere else: the later `ingest_date` wins; on one day the file whose path sorts
later; within a file the later row. It depends on what was delivered, never on when it was processed.
"""

import polars as pl

__all__ = ["VERSION_ORDER", "newest_versions", "occurs_again", "on_several"]

VERSION_ORDER = ("ingest_date", "source_file", "source_row")
"""Columns that order the versions of a key, oldest first."""


def newest_versions(versions: pl.DataFrame, key: tuple[str, ...]) -> pl.DataFrame:
    """One row per key: its newest version. Rows of keys with a single version are not sorted or copied twice."""
    names = list(key)
    keys = versions.select(pl.struct(names) if len(names) > 1 else pl.col(names[0])).to_series()
    repeated = occurs_again(keys.hash())
    if not repeated.any():
        return versions
    newest = versions.filter(repeated).sort(*VERSION_ORDER).unique(names, keep="last", maintain_order=True)
    return pl.concat([versions.filter(~repeated), newest])


def occurs_again(hashes: pl.Series) -> pl.Series:
    """Whether each of the hashes occurs more than once.

    Keys that are the same have the same hash, so all others are out, and what is done with the keys is done with few. To
    sort hashes and compare neighbours takes a fifth of what grouping the keys takes.
    """
    ordered = hashes.sort()
    return hashes.is_in(ordered.filter(ordered == ordered.shift()).unique().implode())


def on_several(versions: pl.DataFrame, key: str, partition: str) -> pl.DataFrame:
    """The versions of the keys that lie in more than one partition, all of them.

    A correction that moves a trade to another day leaves its old version in the old day's files; this is how the old day
    learns that it lost the trade, and the new one what it was before.
    """
    several = versions.group_by(key).agg(pl.col(partition).n_unique().alias("_partitions"))
    return versions.join(several.filter(pl.col("_partitions") > 1), on=key, how="semi")
