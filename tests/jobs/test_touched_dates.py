"""Only the dates that a delivery touches are redone: seen from the files of the curated zone that change."""

from pathlib import Path

from jobs import processed_to_curated, raw_to_processed
from jobs.source_files import load_sources
from jobs.zones import Zones

_HEADS = {
    "providers": "provider_id,provider_name,energy_type,capacity_mw,region,contract_start_date",
    "transactions": "transaction_id,transaction_date,transaction_type,entity_id,quantity_kwh,price_per_kwh,energy_type,"
    "total_amount",
}


def deliver(zones: Zones, dataset: str, day: str, name: str, *rows: str) -> None:
    content = "\n".join([_HEADS[dataset], *rows]) + "\n"
    zones.raw.put(f"{dataset}/source=standard/ingest_date={day}/{name}.csv", content.encode())


def redone(zones: Zones) -> list[str]:
    raw_to_processed.run(zones, load_sources())
    return processed_to_curated.run(zones).dates


def trade(number: int, day: int, *, price: str = "0.05", entity: str = "PRV1") -> str:
    total = f"{float(price) * 1000:.2f}"
    return f"TRX{number},2026-10-{day:02d} 10:00:00,buy,{entity},1000,{price},wind,{total}"


def test_a_new_day_redoes_that_day_alone(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    deliver(zones, "transactions", "2026-10-03", "a", trade(1, 1), trade(2, 2))
    assert redone(zones) == ["2026-10-01", "2026-10-02"]
    deliver(zones, "transactions", "2026-10-04", "b", trade(3, 3))
    assert redone(zones) == ["2026-10-03"]


def test_a_correction_that_moves_a_trade_redoes_the_day_it_left_and_the_day_it_went_to(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    deliver(zones, "transactions", "2026-10-04", "a", trade(1, 1), trade(2, 2), trade(3, 3))
    redone(zones)
    deliver(zones, "transactions", "2026-10-05", "b", trade(1, 3))
    assert redone(zones) == ["2026-10-01", "2026-10-03"]
    assert not zones.curated.exists("transactions/date=2026-10-01/transactions.parquet"), "its only trade went away"


def test_a_register_delivered_again_without_a_change_redoes_no_day(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    deliver(zones, "providers", "2026-10-01", "p", "PRV1,North Wind,wind,10,North,2020-01-01")
    deliver(zones, "transactions", "2026-10-02", "a", trade(1, 1))
    redone(zones)
    deliver(zones, "providers", "2026-10-02", "p", "PRV1,North Wind,wind,10,North,2021-01-01")
    assert redone(zones) == [], "no trade and no mart shows the day a contract began"


def test_a_provider_that_changes_its_name_redoes_the_days_that_name_it_alone(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    deliver(zones, "providers", "2026-10-01", "p", "PRV1,North Wind,wind,10,North,2020-01-01")
    deliver(zones, "transactions", "2026-10-02", "a", trade(1, 1), trade(2, 2, entity="PRV2"))
    redone(zones)
    deliver(zones, "providers", "2026-10-02", "p", "PRV1,West Wind,wind,10,North,2020-01-01")
    assert redone(zones) == ["2026-10-01"]


def test_a_provider_that_is_delivered_late_redoes_the_days_that_waited_for_it(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    deliver(zones, "transactions", "2026-10-02", "a", trade(1, 1), trade(2, 2, entity="PRV2"))
    redone(zones)
    deliver(zones, "providers", "2026-10-03", "p", "PRV2,South Sun,solar,10,South,2020-01-01")
    assert redone(zones) == ["2026-10-02"]
