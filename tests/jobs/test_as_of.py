"""The lake as it was known on a day is the lake of what had been delivered by then, and the history table says the same."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given, settings

from contracts.transactions import TRANSACTION_COLUMNS
from jobs.as_of import lake_as_of
from jobs.zones import Zones
from tests.jobs.deliveries import Delivery, examples, several
from tests.jobs.lakes import curated, put_raw, run_both, text, trade, tree
from tests.jobs.test_conservation import a_lake, first_load

DAYS = [date(2024, 5, 30) + timedelta(days=n) for n in range(12)]


@settings(max_examples=examples(12))
@given(several())
def test_the_past_is_what_a_lake_that_got_no_later_delivery_shows(files: list[Delivery]):
    with a_lake() as (root, zones), a_lake() as (other, then), a_lake() as (scratch, _):
        first_load(zones, files)
        day = sorted(file.day for file in files)[len(files) // 2]
        before = tree(root)
        past = lake_as_of(zones, date.fromisoformat(day), scratch / "past")
        first_load(then, [file for file in files if file.day <= day])
        assert tree(scratch / "past" / "curated") == tree(other / "curated")
        assert curated(past, "transactions").equals(curated(then, "transactions"))
        assert tree(root) == before, "looking back changes nothing"


@settings(max_examples=examples(12))
@given(several())
def test_current_and_history_together_give_the_trades_of_any_day(files: list[Delivery]):
    names = [column.name for column in TRANSACTION_COLUMNS]
    with a_lake() as (_, zones), a_lake() as (scratch, _):
        first_load(zones, files)
        for day in (date(2024, 5, 31), date(2024, 6, 1), date(2024, 6, 2)):
            past = curated(lake_as_of(zones, day, scratch / str(day)), "transactions")
            known = [
                frame.filter((pl.col("ingest_date") <= day) & (pl.col(until) > day if until else True)).select(names)
                for frame, until in (
                    (curated(zones, "transactions"), ""),
                    (_counting(curated(zones, "transactions_history")), "known_to"),
                )
                if not frame.is_empty()
            ]
            found = pl.concat(known).sort(names) if known else pl.DataFrame()
            assert found.rows() == (past.select(names).sort(names).rows() if past.width else [])


def _counting(history: pl.DataFrame) -> pl.DataFrame:
    """Versions that were trades: a cancellation counted nothing at any time."""
    return history if history.is_empty() else history.filter(pl.col("action") != "cancel")


def test_before_the_first_delivery_there_is_nothing(tmp_path: Path):
    zones = Zones.under(str(tmp_path / "lake"))
    put_raw(zones, text([trade(1)]))
    run_both(zones)
    assert tree(tmp_path / "past") == {}
    past = lake_as_of(zones, date(2024, 5, 31), tmp_path / "past")
    assert curated(past, "transactions").is_empty()
    assert curated(lake_as_of(zones, date(2024, 6, 1), tmp_path / "then"), "transactions").height == 1
