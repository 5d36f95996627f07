"""Delivered rows through `normalise` and `split`, for tests that look at what comes out."""

from typing import NamedTuple

import polars as pl
from hypothesis import settings

from contracts import DELIVERED
from contracts.model import Severity
from tests.strategies import SOURCES, Row, delivered, header_of
from transforms import lines, rules
from transforms.normalise import normalise
from transforms.packed import unpacked
from transforms.split import split
from transforms.words import texts

__all__ = ["Outcome", "broken_codes", "few", "normalised", "outcome"]

few = settings(max_examples=max(settings.default.max_examples // 5, 1))
"""For properties whose every example is a whole file or table: a fifth of the profile's examples keeps a run short."""


class Outcome(NamedTuple):
    """The rows of one file: all of them typed, the valid ones, and the rejected ones with reasons and raw text."""

    typed: pl.DataFrame
    valid: pl.DataFrame
    rejected: pl.DataFrame


def normalised(rows: list[Row], dataset: str, source_name: str) -> pl.DataFrame:
    """What `normalise` makes of the rows."""
    source = SOURCES[source_name]
    header = header_of(dataset, source)
    return normalise(delivered(rows, header), DELIVERED[dataset], source, header).collect()


def outcome(rows: list[Row], dataset: str, source_name: str) -> Outcome:
    """What becomes of the rows. The cut is made here by the mask alone, as a reference for those that `split` rejects."""
    source, contract = SOURCES[source_name], DELIVERED[dataset]
    frame = normalised(rows, dataset, source_name)
    reject = rules.severity_mask(contract, source.dataset(dataset), Severity.REJECT)
    valid = [mask & reject == 0 for mask in frame[rules.BROKEN]]
    typed, rejected = pl.collect_all(split(frame.lazy(), contract, source, header_of(dataset, source)))
    kept = texts(typed.select(lines.RECORD, *unpacked(contract), rules.BROKEN))
    return Outcome(frame, kept.filter(pl.Series(valid, dtype=pl.Boolean)), rejected)


def broken_codes(row: Row, dataset: str, source_name: str) -> list[str]:
    """The codes of every rule that a single row breaks, warnings too, in contract order."""
    mask = normalised([row], dataset, source_name)[rules.BROKEN].item()
    return [rule.code for bit, rule in enumerate(DELIVERED[dataset].rules) if mask >> bit & 1]
