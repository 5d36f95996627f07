"""A mart that does not add up to its trades stops the run, and the lake stays as it was."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from jobs import curated_tables, month_marts, processed_to_curated
from jobs.ledger import LedgerImbalanceError
from jobs.marts import DAY_MARTS, MONTH_MARTS
from jobs.zones import Zones
from tests.jobs.deliveries import Delivery, Trade
from tests.jobs.lakes import run_both, run_raw, tree
from tests.jobs.records import Price

WIND = Trade(
    "T1", datetime.fromisoformat("2024-05-01T09:00"), "buy", "PRV-1", "wind", Decimal(1000), Decimal("0.05"), "EUR"
)
SUN = replace(WIND, key="T2", kind="sell", entity="CLI-1", energy="solar", price=Decimal("0.07"))
NEXT = replace(WIND, key="T3", stamp=datetime.fromisoformat("2024-05-02T09:00"))
LATE = replace(WIND, key="T4", stamp=datetime.fromisoformat("2024-05-02T10:00"), kwh=Decimal(500))
PRICES = tuple(Price(date(2024, 4, 30), "base", "", trade.stamp, Decimal(60), "EUR") for trade in (WIND, NEXT))


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of two days in which a late trade of the second waits for the second job."""
    root = tmp_path_factory.mktemp("reconciliation") / "lake"
    zones = Zones.under(str(root))
    Delivery("a.csv", "standard", "2024-06-01", (WIND, SUN, NEXT)).put(zones)
    Delivery("c.csv", "standard", "2024-06-01", records=PRICES).put(zones)
    run_both(zones)
    Delivery("b.csv", "standard", "2024-06-02", (LATE,)).put(zones)
    run_raw(zones)
    return root


def losing(compute: Callable[..., pl.LazyFrame], step: str) -> Callable[..., pl.LazyFrame]:
    """The same mart without its first row, or the last with trades of one that was carried, whose first are thrown away."""
    place = pl.int_range(pl.len())
    last = place.filter(pl.col("trades") > 0).max()
    return lambda *given: compute(*given).filter(place != last if step == "carried" else place > 0)


def break_mart(monkeypatch: pytest.MonkeyPatch, name: str, step: str) -> None:
    """Lets a step of a mart lose a row wherever the job takes its marts from."""
    for module, table in ((curated_tables, "DAY_MARTS"), (curated_tables, "MONTH_MARTS"), (month_marts, "MONTH_MARTS")):
        made = [
            replace(mart, **{step: losing(getattr(mart, step), step)}) if mart.contract.name == name else mart
            for mart in getattr(module, table)
        ]
        monkeypatch.setattr(module, table, tuple(made))


STEPS = [
    *((mart.contract.name, "compute") for mart in DAY_MARTS),
    *((mart.contract.name, step) for mart in MONTH_MARTS for step in ("of_days", "carried")),
]
"""A month mart is carried after its days were computed, and what was read back of other days can be lost there."""


@pytest.mark.parametrize(("name", "step"), STEPS)
def test_a_mart_that_lost_a_row_stops_the_run_and_nothing_is_published(
    name: str, step: str, waiting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    root = shutil.copytree(waiting, tmp_path / "lake")
    zones = Zones.under(str(root))
    before = tree(root)
    break_mart(monkeypatch, name, step)
    with pytest.raises(
        LedgerImbalanceError, match=rf"^{name} does not reconcile with the trades .* Nothing was changed"
    ):
        processed_to_curated.run(zones)
    assert {path: content for path, content in tree(root).items() if "_staging/" not in path} == before

    monkeypatch.undo()
    processed_to_curated.run(zones)
    assert not [path for path in tree(root) if "_staging/" in path], "the next run clears away what was staged"
    assert tree(root) != before
