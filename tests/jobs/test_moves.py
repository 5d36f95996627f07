"""Trades on several dates: found the same however many rows, files and hashes are looked at at a time."""

from pathlib import Path

import polars as pl
import pytest

from jobs import moves
from jobs.ledger import Ledger
from jobs.zones import Zones
from tests.jobs.lakes import put_raw, run_raw, text, trade

_MOVED = {3: 9, 30: 1, 60: 28, 77: 5}
"""Trades that a later file has on another day of May, and on which."""


def _lake(root: Path) -> Zones:
    """Ninety trades on ten days of May; later files have four of them on other days, five on the same day again."""
    zones = Zones.under(str(root))
    put_raw(zones, text([_on(n, 2 * (n % 10) + 2) for n in range(90)]), "a.csv")
    put_raw(zones, text([_on(n, day) for n, day in _MOVED.items()]), "b.csv", day="2024-06-02")
    put_raw(zones, text([_on(n, 2 * (n % 10) + 2) for n in (3, 4, 14, 30, 41)]), "c.csv", day="2024-06-03")
    run_raw(zones)
    return zones


def _on(number: int, day: int) -> str:
    return trade(number, transaction_date=f"2024-05-{day:02} 10:00:00")


@pytest.mark.parametrize("rows_per_pass", [7, 4_000_000])
@pytest.mark.parametrize(("rows_at_once", "files_at_once"), [(1, 128), (1_000, 3), (1_000_000, 128)])
def test_all_versions_of_the_keys_on_several_dates_are_found_and_of_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_per_pass: int, rows_at_once: int, files_at_once: int
):
    zones = _lake(tmp_path)
    entries = [entry for entry in Ledger(zones.ledger).entries().values() if entry.dataset == "transactions"]
    monkeypatch.setattr(moves, "_ROWS_PER_PASS", rows_per_pass)
    monkeypatch.setattr(moves, "_ROWS_AT_ONCE", rows_at_once)
    monkeypatch.setattr(moves, "_FILES_AT_ONCE", files_at_once)

    found = moves.versions_of_keys(zones, [entry.key_range for entry in entries], entries)

    files = [zones.processed.local(output.path) for entry in entries for output in entry.processed()]
    every = pl.concat([pl.read_parquet(file, hive_partitioning=False) for file in files])
    numbers = every["transaction_id"].str.extract(r"(\d+)$").cast(pl.Int64)
    expected = every.filter(numbers.is_in(list(_MOVED)))
    assert expected.height == 10  # two of the four are in all three files
    by = ["transaction_id", "source_file", "source_row"]
    assert found.select(by).sort(by).equals(expected.select(by).sort(by))
