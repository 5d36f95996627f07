"""A contract that changes: a column that may be null is added where it is missing, everything else is refused with a way out."""

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from contracts.model import ColumnType, Dataset
from tests.warehouse.folders import TRADES, Zone, asked, column, held, trade
from warehouse.embedded import EmbeddedWarehouse
from warehouse.load import load
from warehouse.plan import LoadError
from warehouse.report import LoadReport

DAY, NEXT = date(2026, 10, 24), date(2026, 10, 25)


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    made = Zone(tmp_path / "curated", {"trades": TRADES})
    made.put("trades", DAY, [trade("T1", DAY)])
    return made


def into(file: Path, zone: Zone) -> LoadReport:
    with EmbeddedWarehouse(file) as warehouse:
        return load(zone.curated(), warehouse)


def changed(*, gone: str = "", new: Dataset = TRADES, **columns: ColumnType) -> Dataset:
    """The trades' contract without a column, or with another type of one, or with more columns (in `new`)."""
    kept = [c for c in TRADES.columns if c.name != gone]
    kept = [replace(c, type=columns[c.name]) if c.name in columns else c for c in kept]
    known = {c.name for c in TRADES.columns}
    return replace(TRADES, columns=(*kept, *(c for c in new.columns if c.name not in known)))


def with_column(nullable: bool) -> Dataset:  # noqa: FBT001 - says it itself
    """The trades' contract with a column in its middle that it did not have."""
    before, after = TRADES.columns[:3], TRADES.columns[3:]
    return replace(TRADES, columns=(*before, column("desk", nullable=nullable), *after))


def test_a_column_that_may_be_null_is_added_and_null_where_files_do_not_have_it(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    zone.datasets["trades"] = with_column(nullable=True)
    zone.put("trades", NEXT, [trade("T2", NEXT, desk="north")])
    report = into(tmp_path / "w.duckdb", zone)
    assert report.tables["trades"].loaded_files == 1, "the other file is what it was"
    found = asked(tmp_path / "w.duckdb", "SELECT id, desk FROM analytics.trades ORDER BY id")
    assert found == [("T1", None), ("T2", "north")]
    assert asked(tmp_path / "w.duckdb", "SELECT desk FROM reporting.trades WHERE id = 'T2'") == [("north",)]


def test_files_from_before_and_after_are_loaded_together(zone: Zone, tmp_path: Path):
    zone.datasets["trades"] = with_column(nullable=True)
    zone.put("trades", NEXT, [trade("T2", NEXT, desk="north")])
    into(tmp_path / "w.duckdb", zone)
    assert held(tmp_path / "w.duckdb", zone.datasets["trades"]) == zone.table("trades")


@pytest.mark.parametrize(
    ("contract", "fault"),
    [
        (with_column(nullable=False), "desk is new and must not be null, so rows that are there cannot have it"),
        (changed(gone="is_known"), "is_known is in no contract any more"),
        (
            changed(amount=ColumnType.decimal(20, 2)),
            "amount is DECIMAL(18,2), the contract says DECIMAL(20,2)",
        ),
        (
            replace(TRADES, columns=tuple(replace(c, nullable=c.nullable or c.name == "date") for c in TRADES.columns)),
            "date may be null by now, the table refuses that",
        ),
    ],
)
def test_anything_else_is_refused_with_the_way_out_and_changes_nothing(zone: Zone, tmp_path: Path, contract, fault):
    into(tmp_path / "w.duckdb", zone)
    before = held(tmp_path / "w.duckdb", TRADES)
    zone.datasets["trades"] = contract
    with pytest.raises(LoadError) as raised:
        into(tmp_path / "w.duckdb", zone)
    assert str(raised.value) == (
        f"table trades cannot follow its contract: {fault}. Only a column that may be null is added; nothing was changed. "
        f"Remove {tmp_path}/w.duckdb and run `lake load`: the curated zone holds everything that the warehouse does"
    )
    assert held(tmp_path / "w.duckdb", TRADES) == before


def test_the_way_out_works(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    zone.datasets["trades"] = changed(gone="is_known")
    zone.put("trades", DAY, [trade("T1", DAY)])
    with pytest.raises(LoadError, match=re.escape(f"Remove {tmp_path}/w.duckdb")):
        into(tmp_path / "w.duckdb", zone)
    (tmp_path / "w.duckdb").unlink()
    into(tmp_path / "w.duckdb", zone)
    assert held(tmp_path / "w.duckdb", zone.datasets["trades"]) == zone.table("trades")


def test_a_changed_description_is_a_changed_comment_and_nothing_is_loaded(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    zone.datasets["trades"] = replace(TRADES, description="All of it.")
    assert not into(tmp_path / "w.duckdb", zone).is_changed
    said = "SELECT comment FROM duckdb_tables() WHERE table_name = 'trades'"
    assert asked(tmp_path / "w.duckdb", said) == [("All of it. Grain: one row per row.",)]
    said = "SELECT comment FROM duckdb_views() WHERE view_name = 'trades'"
    assert asked(tmp_path / "w.duckdb", said) == [("All of it. Grain: one row per row.",)]


def test_every_view_and_its_columns_have_the_contracts_comments(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    found = asked(
        tmp_path / "w.duckdb",
        "SELECT column_name, comment FROM duckdb_columns() WHERE schema_name = 'reporting' ORDER BY column_index",
    )
    assert found == [
        ("id", "The id."),
        ("date", "The date."),
        ("currency", "The currency."),
        ("quantity mwh", "The quantity_mwh. [MWh]"),
        ("amount", "The amount. [currency]"),
        ("start", "The start."),
        ("reasons", "The reasons."),
        ("is known", "The is_known."),
    ]


def test_a_table_that_left_the_contracts_loses_its_view(zone: Zone, tmp_path: Path):
    zone.datasets["other"] = replace(TRADES, name="other")
    into(tmp_path / "w.duckdb", zone)
    del zone.datasets["other"]
    into(tmp_path / "w.duckdb", zone)
    views = "SELECT view_name FROM duckdb_views() WHERE schema_name = 'reporting'"
    assert asked(tmp_path / "w.duckdb", views) == [("trades",)]
