"""Nothing is lost, running again changes nothing, and no order of files matters: over generated files, to the byte."""

import dataclasses
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs import file_pass, processed_to_curated
from jobs.marts import DAY_MARTS
from jobs.publish import load_state
from jobs.raw_to_processed import effective
from jobs.zones import Zones
from tests.jobs import reference
from tests.jobs.deliveries import DIRT, Delivery, Trade, deliveries, examples, of_everything, several, trades
from tests.jobs.lakes import curated, entries, put_raw, quarantined, run_both, run_raw, text, trade, tree
from tests.jobs.records import FIRST, Client, Price, Provider, Rate, Record
from transforms.totals import Totals


@contextmanager
def a_lake() -> Iterator[tuple[Path, Zones]]:
    """An empty lake in a folder of its own; hypothesis runs many examples in one test."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder), Zones.under(folder)


def first_load(zones: Zones, files: list[Delivery]) -> None:
    """Everything delivered, then one run."""
    for file in files:
        file.put(zones)
    run_both(zones, reject_limit=None)


def summed(parts: list[Totals]) -> Totals:
    return reduce(Totals.__add__, parts, Totals())


@settings(max_examples=examples(12))
@given(several())
def test_rows_energy_and_money_are_conserved_from_raw_to_curated(files: list[Delivery]):
    with a_lake() as (_, zones):
        first_load(zones, files)
        found = entries(zones)
        state = load_state(zones)
        standing = {file.path for file in reference.standing(files)}
        of_trades = [file for file in files if file.trades]

        assert set(found) == {file.path for file in files}, "every file has its entry"
        assert {entry.file for entry in effective(found).values()} == standing
        for file in [file for file in of_trades if file.path in standing]:
            entry = found[file.path]
            assert entry.received == reference.received(file)
            assert entry.rejected == summed([t.totals() for t in file.trades if t.dirt])
            assert entry.valid == summed([v.trade.totals() for v in reference.published(file)])
            assert entry.duplicates.rows == len(reference.valid_rows(file)) - len(reference.published(file))
        valid = summed([entry.valid for entry in effective(found).values() if entry.dataset == "transactions"])
        days = state["days"].values()
        current = summed([Totals.from_json(day["current"]) for day in days])
        rest = [Totals.from_json(day[became]) for day in days for became in ("superseded", "cancelled")]
        assert current + summed(rest) == valid
        assert current == summed([version.trade.totals() for version in reference.current(files)])


@settings(max_examples=examples(12))
@given(several())
def test_every_dirty_row_is_in_quarantine_with_its_reason(files: list[Delivery]):
    with a_lake() as (_, zones):
        for file in files:
            file.put(zones)
        run_raw(zones, reject_limit=None)
        kept = quarantined(zones)
        found = {(row["source_file"], row["source_row"]): row["reasons"] for row in kept.iter_rows(named=True)}

        expected = {
            (file.path, number): [DIRT[trade.dirt]]
            for file in reference.standing(files)
            for number, trade in enumerate(file.trades, 1)
            if trade.dirt
        }
        assert found == expected


@settings(max_examples=examples(8))
@given(several())
def test_curated_tables_are_what_plain_python_makes_of_the_deliveries(files: list[Delivery]):
    with a_lake() as (_, zones):
        first_load(zones, files)
        trades_made = reference.curated_trades(files)
        market_made = reference.market_daily(trades_made)
        rows, market = curated(zones, "transactions"), curated(zones, "market_daily")

        if trades_made:
            assert rows.select(trades_made[0].keys()).to_dicts() == trades_made
            assert market.select(market_made[0].keys()).to_dicts() == market_made
        else:
            assert (rows.height, market.height) == (0, 0)


@settings(max_examples=examples(16))
@given(several() | of_everything(), st.data())
def test_no_order_of_files_or_runs_changes_a_byte_and_a_second_run_changes_none(
    files: list[Delivery], data: st.DataObject
):
    shuffled = data.draw(st.permutations(files))
    runs = data.draw(st.lists(st.booleans(), min_size=len(files), max_size=len(files)))
    with a_lake() as (one, zones), a_lake() as (other, others):
        first_load(zones, files)
        lake = tree(one)
        for file, is_run in zip(shuffled, runs, strict=True):
            file.put(others)
            if is_run:
                run_both(others, reject_limit=None)
        run_both(others, reject_limit=None)
        assert tree(other) == lake

        run_both(others, reject_limit=None)
        assert tree(other) == lake, "a second run has nothing to do"


def test_rates_prices_limits_and_capacities_that_come_late_or_change_give_the_bytes_of_a_clean_first_load():
    """A sale in dollars and a purchase, in both of which everything that marts show of other datasets is seen."""
    hour = FIRST + timedelta(hours=33)
    bought = Trade("T1", hour, "buy", "PRV-1", "wind", Decimal(1000), Decimal("0.05"), "EUR")
    sold = Trade("T2", hour, "sell", "CLI-1", "wind", Decimal(1000), Decimal("0.08"), "USD")
    april = dataclasses.replace(sold, key="T3", stamp=FIRST)

    def said(day: str, rate: str, price: str, limit: str) -> list[Delivery]:
        rows: list[Record] = [
            Rate(FIRST.date(), "USD", "EUR", Decimal(rate)),
            Price(FIRST.date(), "base", "", hour, Decimal(price), "EUR"),
            Provider("PRV-1", capacity=Decimal(price), limit=Decimal(limit), currency="EUR"),
            Client("CLI-1", limit=Decimal(limit), currency="USD"),
        ]
        return [Delivery("a.csv", "standard", day, records=(row,)) for row in rows]

    trades = [Delivery("a.csv", "standard", "2024-06-01", (bought, sold, april))]
    first, newer = said("2024-06-02", "0.9", "60", "1000"), said("2024-06-03", "0.8", "40", "10")
    for turns in (
        [trades, first, newer],
        [trades, newer, first],
        [first, trades, newer],
        [*([f] for f in newer), trades, first],
    ):
        with a_lake() as (one, zones), a_lake() as (other, clean):
            for turn in turns:
                first_load(zones, turn)
            first_load(clean, [*newer, *first, *trades])
            assert tree(one) == tree(other)
            shown = curated(zones, "counterparty_exposure").filter(pl.col("counterparty_id") == "CLI-1")
            assert shown["is_over_limit"].to_list() == [True, True]
            assert curated(zones, "mark_to_market")["market_amount"].drop_nulls().to_list() == [40]
            assert curated(zones, "transactions")["reporting_amount"].to_list() == [64, 50, 64]


@pytest.fixture
def scratch_buckets(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """Every file goes the way of large ones, plain rows apart from others, through buckets of dates in scratch."""
    monkeypatch.setattr(file_pass, "_AT_ONCE_BYTES", 0)
    monkeypatch.setattr(file_pass, "_IN_MEMORY_BYTES", 0)
    monkeypatch.setattr(file_pass, "_BUCKET_BYTES", 100)
    yield monkeypatch
    monkeypatch.undo()


def test_a_large_file_becomes_the_same_bytes_as_a_small_one(scratch_buckets: pytest.MonkeyPatch):
    @settings(max_examples=examples(20))
    @given(st.lists(trades(), min_size=3, max_size=20))
    def holds(rows: list[Trade]) -> None:
        file = Delivery("a.csv", "standard", "2024-06-01", tuple(rows))
        with a_lake() as (one, small), a_lake() as (other, large):
            scratch_buckets.setattr(file_pass, "_PIECE_BYTES", 150)
            for way, most_bytes in ((small, 1 << 30), (large, 0)):
                scratch_buckets.setattr(file_pass, "_AT_ONCE_BYTES", most_bytes)
                scratch_buckets.setattr(file_pass, "_IN_MEMORY_BYTES", most_bytes)
                first_load(way, [file])
            assert tree(one) == tree(other)

    holds()


def test_the_large_way_really_goes_through_buckets(scratch_buckets: pytest.MonkeyPatch, tmp_path: Path):
    seen: list[int] = []
    original = file_pass.pl.scan_ipc

    def counted(file: Path) -> object:
        seen.append(1)
        return original(file)

    scratch_buckets.setattr(file_pass.pl, "scan_ipc", counted)
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text([trade(number) for number in range(1, 40)]))
    report = run_raw(zones)

    assert len(seen) == 3, "a bucket for each of the three dates"
    assert report.datasets["transactions"].valid.rows == 39


@settings(max_examples=examples(20))
@given(deliveries().filter(lambda d: bool(d.trades)), st.booleans())
def test_the_same_content_delivered_twice_counts_once_whichever_comes_first(file: Delivery, earlier: bool):  # noqa: FBT001
    again = Delivery("again.csv", file.source, "2024-05-01" if earlier else "2024-07-01", file.trades)
    with a_lake() as (_, zones):
        file.put(zones)
        run_both(zones, reject_limit=None)
        again.put(zones)
        report = run_both(zones, reject_limit=None)
        found = entries(zones)
        first, second = (again, file) if earlier else (file, again)

        assert (found[first.path].repeats, found[second.path].repeats) == (False, True)
        assert found[second.path].outputs == ()
        assert report.datasets["transactions"].known == (0 if earlier else 1)
        assert {row["source_file"] for row in curated(zones, "transactions").to_dicts()} <= {first.path}


def test_a_trade_that_moved_away_long_ago_is_not_moved_by_a_delivery_of_other_keys(tmp_path: Path):
    """K went from day 1 to 2 to 3. A delivery of A alone reads again the files that hold both, and not the one with K's newest."""
    zones = Zones.under(str(tmp_path))

    def at(key: str, day: int) -> str:
        return trade(1, transaction_id=key, transaction_date=f"2024-05-0{day} 10:00:00")

    put_raw(zones, text([at("A", 1), at("K", 1)]), "1.csv", day="2024-06-01")
    put_raw(zones, text([at("A", 2), at("K", 2)]), "2.csv", day="2024-06-02")
    put_raw(zones, text([at("K", 3)]), "3.csv", day="2024-06-03")
    run_both(zones)
    put_raw(zones, text([at("A", 2)]), "4.csv", day="2024-06-04")
    run_both(zones)

    rows = curated(zones, "transactions").select("transaction_id", "date").rows()
    assert sorted((key, str(day)) for key, day in rows) == [("A", "2024-05-02"), ("K", "2024-05-03")]


def test_only_the_dates_concerned_are_written_anew(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text([trade(n, transaction_date=f"2024-05-{n:02d} 10:00:00") for n in range(1, 10)]))
    run_both(zones)
    late = trade(3, transaction_date="2024-05-07 10:00:00")
    put_raw(zones, text([late]), "late.csv", day="2024-06-02")
    before = {file: file.stat().st_mtime_ns for file in (tmp_path / "curated").rglob("*.parquet")}
    report = run_both(zones).curated

    assert report is not None
    assert report.dates == ["2024-05-03", "2024-05-07"]
    written = {
        file for file in (tmp_path / "curated").rglob("*.parquet") if before.get(file) != file.stat().st_mtime_ns
    }
    dates: dict[str, set[str]] = {}
    for file in written:
        dates.setdefault(file.parent.parent.name, set()).add(file.parent.name.removeprefix("date="))
    carried = {table: dates.pop(table) for table in ("positions_daily", "counterparty_exposure")}
    assert dates.pop("data_quality_daily") == {"2024-06-02"}, "the day of delivery"
    assert dates.pop("transactions_history") == dates.pop("restatements") == {"2024-05-03"}
    assert dates.pop("settlement_daily") == {"2024-05-03", "2024-05-07"}, "it knows what was first delivered"
    assert set(dates) == {"transactions", *(mart.contract.name for mart in DAY_MARTS)} - {
        "mark_to_market",
        "settlement_daily",
    }
    assert all(days == {"2024-05-07"} for days in dates.values()), dates
    assert all(min(days) == "2024-05-04" for days in carried.values()), (
        "a month is carried on from the day that changed"
    )
    gone = {file.parent.name for file in before if not file.exists()}
    assert gone == {"date=2024-05-03"}, "the day that lost its only trade"


def test_a_changed_provider_redoes_the_dates_that_name_it_and_no_others(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    lines = [trade(n, transaction_date=f"2024-05-0{n} 10:00:00", entity_id=f"PRV-{n % 2}") for n in range(1, 5)]
    put_raw(zones, text(lines))
    run_both(zones)
    Delivery("p.csv", "standard", "2024-06-02", records=(Provider("PRV-1", "north"),)).put(zones)
    report = run_both(zones).curated

    assert report is not None
    assert report.dates == ["2024-05-01", "2024-05-03"]
    rows = curated(zones, "transactions").sort("date")
    assert rows["provider_region"].to_list() == ["north", None, "north", None]
    assert rows["is_provider_known"].to_list() == [True, False, True, False]
    assert report.tables["transactions"].unknown_counterparties == 2


def test_a_run_with_nothing_due_writes_nothing_at_all(tmp_path: Path):
    zones = Zones.under(str(tmp_path))
    put_raw(zones, text([trade(1)]))
    run_both(zones)
    before = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file() and file.name[0] != "."}
    assert not processed_to_curated.is_due(zones)
    run_both(zones)
    after = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("*") if file.is_file() and file.name[0] != "."}
    assert after == before
