"""Real exports through both jobs, to the row, the watt-hour and the cent.

They may not be committed, so these tests need the folder `../shared/data` beside the checkout and are skipped without it.
Sources: AEMO; Alaska Center for Energy and Power, "Alaska Electricity Trends Report" (CC BY-SA 4.0).
"""

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import polars as pl
import pytest

from jobs.publish import load_state
from jobs.reports import RunReport
from jobs.zones import Zones
from tests.jobs.deliveries import half_even
from tests.jobs.lakes import curated, put_raw, quarantined, run_both, tree
from transforms.totals import Totals

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="needs the real data sets in ../shared/data")

DATASETS = ("providers", "clients", "transactions")


@dataclass(frozen=True)
class Expected:
    """Rows of providers, clients and transactions as (in, valid, rejected, duplicates); sums of transactions."""

    source: str
    rows: tuple[tuple[int, int, int, int], ...]
    received: Totals
    valid: Totals
    reasons: dict[str, int]
    dates: tuple[int, str, str]
    strangers: int


def _sums(rows: int, mwh: str, currency: str, amount: str) -> Totals:
    return Totals(rows, Decimal(mwh), {currency: Decimal(amount)})


EXPECTED = {
    "aemo_nem/one_interval": Expected(
        source="aemo_nem",
        rows=((568, 558, 9, 1), (115, 115, 0, 0), (497, 497, 0, 0)),
        received=_sums(497, "1825.575095", "AUD", "123753.39"),
        valid=_sums(497, "1825.575095", "AUD", "123753.39"),
        reasons={},
        dates=(1, "2024-07-10", "2024-07-10"),
        strangers=149,
    ),
    "aemo_nem/two_units": Expected(
        source="aemo_nem",
        rows=((573, 563, 9, 1), (110, 110, 0, 0), (8222, 5760, 0, 2462)),
        received=_sums(8222, "12373.861442", "AUD", "817937.21"),
        valid=_sums(5760, "8742.549629", "AUD", "552004.18"),
        reasons={},
        dates=(12, "2018-04-01", "2024-12-31"),
        strangers=5760,
    ),
    "alaska_aetr": Expected(
        source="alaska_aetr",
        rows=((241, 111, 117, 13), (1314, 1311, 3, 0), (6339, 6163, 172, 4)),
        received=_sums(6339, "66443663.399304", "USD", "12307808233.40"),
        valid=_sums(6163, "60569786.898604", "USD", "11524056735.98"),
        reasons={
            "transaction_id_missing": 12,
            "counterparty_missing": 12,
            "quantity_missing": 60,
            "price_missing": 160,
        },
        dates=(11, "2011-01-01", "2021-01-01"),
        strangers=0,
    ),
}

each = pytest.mark.parametrize("name", EXPECTED)


@cache
def _lake(name: str) -> tuple[Path, Zones, RunReport]:
    """The data set in a lake of its own, run once for all tests of this process."""
    root = Path(mkdtemp(prefix="real-lake-"))
    zones = Zones.under(str(root))
    for dataset in DATASETS:
        content = (DATA / name / f"{dataset}.csv").read_bytes()
        put_raw(zones, content, f"{dataset}.csv", dataset=dataset, source=EXPECTED[name].source)
    return root, zones, run_both(zones)


@each
def test_real_files_are_taken_and_balance_to_the_row(name: str):
    _, _, report = _lake(name)
    assert report.refused == []
    found = [report.datasets[dataset] for dataset in DATASETS]
    rows = tuple((d.received.rows, d.valid.rows, d.rejected.rows, d.duplicates.rows) for d in found)
    assert rows == EXPECTED[name].rows
    assert all(d.received == d.valid + d.rejected + d.duplicates for d in found)


@each
def test_real_energy_and_money_are_exact(name: str):
    _, _, report = _lake(name)
    trades, expected = report.datasets["transactions"], EXPECTED[name]
    assert trades.received == expected.received
    assert trades.valid == expected.valid
    assert trades.reasons == expected.reasons


@each
def test_what_was_received_is_what_the_csv_module_reads(name: str):
    _, _, report = _lake(name)
    for dataset in DATASETS:
        with (DATA / name / f"{dataset}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert report.datasets[dataset].received.rows == len(rows)
    assert report.datasets["transactions"].received.mwh == sum(
        (_mwh(row["quantity"], name) for row in rows), Decimal(0)
    )


def _mwh(quantity: str, name: str) -> Decimal:
    if quantity.strip() in {"", "NA", "-"}:
        return Decimal(0)
    number = Decimal(quantity)
    return half_even(number * 5 / 60 if name.startswith("aemo") else number, 6)


@each
def test_curated_has_every_published_trade_once(name: str):
    _, zones, report = _lake(name)
    expected = EXPECTED[name]
    rows = curated(zones, "transactions")
    assert report.curated is not None

    assert rows.height == expected.valid.rows
    assert rows["transaction_id"].n_unique() == rows.height
    assert rows["quantity_mwh"].sum() == expected.valid.mwh
    assert dict(rows.group_by("currency").agg(pl.col("amount").sum()).rows()) == expected.valid.money
    days = [str(day) for day in report.curated.dates]
    assert (len(days), days[0], days[-1]) == expected.dates
    assert report.curated.tables["transactions"].unknown_counterparties == expected.strangers


@each
def test_the_mart_sums_up_to_the_trades(name: str):
    _, zones, _ = _lake(name)
    mart = curated(zones, "market_daily")
    expected = EXPECTED[name].valid

    assert mart["trades"].sum() == expected.rows
    assert mart["bought_mwh"].sum() + mart["sold_mwh"].sum() == expected.mwh
    assert mart["bought_amount"].sum() + mart["sold_amount"].sum() == sum(expected.money.values())


@each
def test_every_rejected_real_row_keeps_its_text_and_reasons(name: str):
    _, zones, _ = _lake(name)
    for dataset, (_, _, rejected, _) in zip(DATASETS, EXPECTED[name].rows, strict=True):
        kept = quarantined(zones, dataset)
        assert kept.height == rejected
        assert all(len(reasons) > 0 for reasons in kept["reasons"])
        assert all(text.startswith("{") for text in kept["raw"])


@each
def test_a_second_run_over_real_data_changes_no_byte(name: str):
    root, zones, _ = _lake(name)
    before = tree(root)
    report = run_both(zones)
    assert tree(root) == before
    assert report.datasets == {}
    assert load_state(zones)["days"]
