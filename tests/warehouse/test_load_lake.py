"""After any deliveries and runs, a load makes the warehouse the curated zone, whatever it was before. Real jobs, real files."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from functools import reduce
from pathlib import Path

import pytest
from hypothesis import given, settings

from contracts import CURATED
from jobs import processed_to_curated, raw_to_processed
from jobs.curated_state import CuratedState
from jobs.publish import load_state
from jobs.zones import Zones
from lake.curated_zone import curated_of
from tests.jobs.deliveries import Delivery, examples, several
from tests.jobs.killing import Fuse, KilledError, killing
from tests.jobs.lakes import CLIENTS, PROVIDERS, SOURCES, curated, put_raw, run_both, text, trade, trades
from tests.warehouse.folders import asked, held, ordered
from transforms.totals import Totals
from warehouse.embedded import EmbeddedWarehouse
from warehouse.load import load
from warehouse.plan import LoadError
from warehouse.report import LoadReport


@contextmanager
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp())
    try:
        yield made
    finally:
        shutil.rmtree(made)


def into(root: Path, zones: Zones) -> LoadReport:
    with EmbeddedWarehouse(root / "warehouse.duckdb") as warehouse:
        return load(curated_of(zones), warehouse)


def assert_is_curated(root: Path, zones: Zones) -> None:
    for name, contract in CURATED.items():
        frame = curated(zones, name)
        wanted = ordered(
            tuple(v.replace(tzinfo=None) if hasattr(v, "tzinfo") else v for v in row) for row in frame.iter_rows()
        )
        assert held(root / "warehouse.duckdb", contract) == wanted, name


def assert_adds_up_to_the_ledger(root: Path, zones: Zones) -> None:
    days = CuratedState.from_json(load_state(zones)).days.values()
    current = reduce(Totals.__add__, (day.current for day in days), Totals())
    found = asked(
        root / "warehouse.duckdb",
        "SELECT currency, COUNT(*), SUM(quantity_mwh), SUM(amount) FROM analytics.transactions GROUP BY 1",
    )
    parts = [Totals(rows, mwh, {currency: amount}) for currency, rows, mwh, amount in found]
    assert reduce(Totals.__add__, parts, Totals()) == current


@settings(max_examples=examples(30))
@given(files=several())
def test_after_each_delivery_the_warehouse_is_the_curated_zone(files: list[Delivery]):
    with folder() as root:
        zones = Zones.under(str(root))
        put_raw(zones, PROVIDERS, dataset="providers")
        for file in files:
            file.put(zones)
            raw_to_processed.run(zones, SOURCES, reject_limit=None)
            processed_to_curated.run(zones)
            into(root, zones)
            assert_is_curated(root, zones)
            assert_adds_up_to_the_ledger(root, zones)
        assert not into(root, zones).is_changed


def test_a_correction_that_moves_a_trade_touches_the_two_days_and_no_other(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(12)))  # on the first, second and third of May
    run_both(zones)
    into(tmp_path, zones)
    put_raw(zones, text([trade(1, transaction_date="2024-05-20 10:00:00")]), "b.csv", day="2024-06-02")
    run_both(zones)
    into(tmp_path, zones)
    loads = asked(
        tmp_path / "warehouse.duckdb",
        "SELECT partition_date, load_number FROM analytics.loaded_files WHERE table_name = 'transactions' ORDER BY 1",
    )
    assert loads == [
        (date(2024, 5, 1), 1),
        (date(2024, 5, 2), 2),
        (date(2024, 5, 3), 1),
        (date(2024, 5, 20), 2),
    ]
    assert_is_curated(tmp_path, zones)


def test_a_provider_that_changed_its_name_has_the_new_one_in_every_table(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, PROVIDERS, dataset="providers")
    put_raw(zones, text(trades(4)))
    run_both(zones)
    into(tmp_path, zones)
    put_raw(zones, PROVIDERS.replace("Sol del Sur", "Sol Norte'; --"), "b.csv", dataset="providers", day="2024-06-02")
    run_both(zones)
    into(tmp_path, zones)
    found = asked(tmp_path / "warehouse.duckdb", "SELECT DISTINCT provider_name FROM analytics.transactions ORDER BY 1")
    assert found == [("Sol Norte'; --",), (None,)]
    assert_is_curated(tmp_path, zones)


def test_what_a_killed_run_left_is_not_loaded_and_what_it_committed_is(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, CLIENTS, dataset="clients")
    put_raw(zones, text(trades(3)))
    run_both(zones)
    into(tmp_path, zones)
    put_raw(zones, text([trade(1, quantity_kwh="3000", total_amount="300.00")]), "b.csv", day="2024-06-02")
    raw_to_processed.run(zones, SOURCES)
    writes = Fuse()
    processed_to_curated.run(killing(copied(tmp_path, "whole"), writes))
    commit = writes.writes.index("put ledger/commit.json") + 1
    seen = []
    for at in (1, commit, commit + 1, commit + 4, len(writes.writes)):
        root = copied(tmp_path, f"killed-{at}")
        with pytest.raises(KilledError):
            processed_to_curated.run(killing(root, Fuse(at)))
        left = Zones.under(str(root))
        into(root, left)
        assert_is_curated(root, left)
        assert_adds_up_to_the_ledger(root, left)
        seen += asked(root / "warehouse.duckdb", "SELECT SUM(quantity_mwh) FROM analytics.transactions")
    assert seen == [(Decimal(3),)] * 2 + [(Decimal(5),)] * 3, "what was committed before the run died is loaded"


def copied(root: Path, name: str) -> Path:
    """The lake and its warehouse once more."""
    for zone in ("raw", "processed", "curated", "ledger", "quarantine"):
        if (root / zone).exists():
            shutil.copytree(root / zone, root / name / zone)
    shutil.copy(root / "warehouse.duckdb", root / name)
    return root / name


def test_a_curated_file_that_was_changed_by_hand_is_not_loaded(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text(trades(3)))
    run_both(zones)
    path = min(load_state(zones)["files"]["transactions"])
    other = tmp_path / "other"
    there = Zones.under(str(other))
    put_raw(there, text([trade(3, quantity_kwh="1001", total_amount="100.10")]))
    run_both(there)
    shutil.copy(other / "curated" / path, tmp_path / "curated" / path)
    with pytest.raises(
        LoadError, match=r"^curated transactions of 2024-05-01 holds 1.001000 quantity_mwh, the ledger says"
    ):
        into(tmp_path, zones)
