"""Makes the report of a lake: reads the marts and the books, and writes the page."""

from collections.abc import Mapping
from decimal import localcontext
from pathlib import Path

from contracts.source import Source
from jobs.zones import Zones
from lake.account import account_of
from lake.failures import NoLakeError
from lake.report import counterparties, flow, hours, margin, market, overview, positions, quality, runs
from lake.report.page import page
from lake.report.parts import Section
from lake.report.reader import Reader

__all__ = ["report_of", "write_report"]

_DIGITS = 76
"""Sums of the marts have up to 38 digits; with twice as many, adding and subtracting them rounds nothing."""


def write_report(zones: Zones, sources: Mapping[str, Source], target: Path, folder: Path | None = None) -> None:
    """Writes the page of the lake, in place of an older one. `folder` is as `report_of` takes it."""
    text = report_of(zones, sources, folder)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8", newline="\n")


def report_of(zones: Zones, sources: Mapping[str, Source], folder: Path | None = None) -> str:
    """The page of the lake, as one text.

    `folder` is the lake's own, where its warehouse's file and its log of runs would be; null for a lake in a bucket, which has
    neither. Raises `NoLakeError` where nothing was ever taken in, as an empty page would look like a lake without trades.
    """
    account = account_of(zones, sources)
    if not account.datasets:
        raise NoLakeError("the lake is empty, so there is nothing to report; `lake ingest` and `lake run` fill it")
    warehouse = flow.warehouse_of(folder / "warehouse.duckdb") if folder else None
    history = runs.read_runs(folder / "runs.jsonl") if folder else ([], 0)
    with localcontext(prec=_DIGITS), Reader(zones) as reader:
        sections: list[Section] = [overview.section(reader)]
        if reader.currencies:
            sections += [made.section(reader) for made in (market, hours, positions, margin, counterparties)]
        sections += [flow.section(reader, account, warehouse), quality.section(reader), runs.section(*history)]
        return page(sections, reader.currencies)
