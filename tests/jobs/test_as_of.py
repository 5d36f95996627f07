"""The lake as it was known on a day is the lake of what had been delivered by then, and the history table says the same."""

from datetime import date, timedelta
from pathlib import Path

import polars as pl
from hypothesis import given, settings
from typer.testing import CliRunner

from contracts.transactions import TRANSACTION_COLUMNS
from jobs.as_of import lake_as_of
from jobs.zones import Zones
from lake.cli import app
from lake.query import run_query
from tests.jobs.deliveries import Delivery, examples, several
from tests.jobs.lakes import curated, put_raw, run_both, text, trade, tree
from tests.jobs.test_conservation import a_lake, first_load

DAYS = [date(2024, 5, 30) + timedelta(days=n) for n in range(12)]


@settings(max_examples=examples(20))
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


@settings(max_examples=examples(20))
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


QUERY = (Path(__file__).parents[2] / "queries" / "transactions_as_of.sql").read_text(encoding="utf-8")


def test_the_query_in_queries_and_the_option_of_the_command_say_the_same_of_a_day(tmp_path: Path):
    root = tmp_path / "lake"
    zones = Zones.under(str(root))
    header = (
        "transaction_id,transaction_date,transaction_type,entity_id,quantity_kwh,price_per_kwh,energy_type,total_amount"
    )
    put_raw(zones, text([trade(1), trade(2), trade(3), trade(4)]))
    put_raw(zones, text([trade(2, transaction_date="2024-05-09 10:00:00"), trade(5)]), "b.csv", day="2024-06-02")
    cancel = [f"{trade(1)},cancel", f"{trade(3, quantity_kwh='500', total_amount='50')},amend"]
    put_raw(zones, text(cancel, f"{header},action"), "c.csv", day="2024-06-03")
    run_both(zones)
    for day, counted in {"2024-05-31": 0, "2024-06-01": 4, "2024-06-02": 5, "2024-06-03": 4}.items():
        asked = "SELECT transaction_id, date, quantity_mwh, amount FROM transactions ORDER BY date, delivery_start, 1"
        shown = CliRunner().invoke(app, ["--lake", str(root), "query", "--as-of", day, "--csv", asked])
        assert shown.exit_code == 0, shown.stderr
        by_sql = run_query(zones, QUERY.replace("2026-11-01", day), dialect="trino")
        names = [by_sql.columns.index(name) for name in ("transaction_id", "date", "quantity_mwh", "amount")]
        lines = [",".join(str(row[at]) for at in names) for row in by_sql.rows]
        assert shown.stdout.splitlines()[1:] == lines
        assert len(lines) == counted, day
