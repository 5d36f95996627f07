"""Valid, rejected and repeated rows of one delivered file.

Every row that comes in goes out exactly once: valid, rejected with all its reasons, or repeated, which is valid but
replaced by a later row of the same file with the same key.
"""

from typing import NamedTuple

import polars as pl

from contracts.model import Dataset, Severity
from contracts.source import Source
from transforms import lines, rules
from transforms.newest import occurs_again
from transforms.packed import packed
from transforms.text import RAW

__all__ = ["Split", "is_rejected", "replaced_records", "rule_counts", "split"]

_ROWS_PER_PASS = 4_000_000


class Split(NamedTuple):
    """Two plans over one normalised frame. Together, rejected rows aside, they let it be read once.

    `typed` has every row: `RECORD`, the canonical columns as `packed.py` holds them, and `BROKEN`. `rejected` has the rejected
    ones again as they were delivered: `RECORD`, `reasons`, `raw`.
    """

    typed: pl.LazyFrame
    rejected: pl.LazyFrame


def split(frame: pl.LazyFrame, contract: Dataset, source: Source, header: tuple[str, ...]) -> Split:
    """What `normalise` made, as typed rows and, for those that break a rejecting rule, their text and all their reasons."""
    reject = rules.severity_mask(contract, source.dataset(contract.name), Severity.REJECT)
    raw = pl.struct(pl.col(RAW + name).alias(name) for name in header).struct.json_encode()
    rejected = frame.filter(is_rejected(contract, source)).select(
        lines.RECORD,
        rules.reasons(contract, pl.col(rules.BROKEN) & reject).alias("reasons"),
        raw.alias("raw"),
    )
    columns = [packed(column) for column in contract.columns if column.role != "lineage"]
    return Split(frame.select(lines.RECORD, *columns, rules.BROKEN), rejected)


def is_rejected(contract: Dataset, source: Source) -> pl.Expr:
    """Whether a row breaks a rule that rejects it, from its `BROKEN`."""
    return (pl.col(rules.BROKEN) & rules.severity_mask(contract, source.dataset(contract.name), Severity.REJECT)) != 0


def replaced_records(valid: pl.LazyFrame, contract: Dataset, rows: int) -> pl.DataFrame:
    """The `RECORD`s of valid rows that a later row of the same file with the same key replaces, in order.

    `rows` is how many there are: beyond a few million the keys are compared in several passes over a hash of them, so
    that memory does not grow with the file. The comparison itself is of the keys, never of the hashes.
    """
    key = pl.struct(contract.key) if len(contract.key) > 1 else pl.col(contract.key[0])
    keys = valid.select(key.alias("key"), lines.RECORD)
    passes = -(-rows // _ROWS_PER_PASS) or 1
    found = [
        _replaced(keys.filter(pl.col("key").hash() % passes == part) if passes > 1 else keys) for part in range(passes)
    ]
    return pl.concat(found).sort(lines.RECORD)


def _replaced(keys: pl.LazyFrame) -> pl.DataFrame:
    frame = keys.collect()
    repeated = frame.filter(occurs_again(frame["key"].hash()))
    last = repeated.group_by("key").agg(pl.col(lines.RECORD).max())
    return repeated.join(last, on=lines.RECORD, how="anti").select(lines.RECORD)


def rule_counts(groups: pl.DataFrame, contract: Dataset, mask: int) -> dict[str, int]:
    """How many rows break each rule whose bit is in `mask`, by code; rules that no row breaks are left out.

    `groups` has `BROKEN` and `rows`, how many rows have that mask: there are few, however many rows there are.
    """
    found: dict[str, int] = {}
    for broken, rows in groups.select(rules.BROKEN, "rows").iter_rows():
        for bit, rule in enumerate(contract.rules):
            if broken & mask & (1 << bit):
                found[rule.code] = found.get(rule.code, 0) + rows
    return found
