"""Versions of trades told apart, against plain Python that walks each trade from its first version to its last."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise

import polars as pl
from hypothesis import given

from contracts import CURATED, DELIVERED
from contracts.transactions import TRANSACTION_COLUMNS
from contracts.versions import FATES, RESTATEMENT_KINDS
from tests.strategies import trade_frame, versions
from tests.transforms.running import few
from transforms.newest import VERSION_ORDER, on_several
from transforms.schema import frame_schema
from transforms.versions import Versions, split_versions

HISTORY, RESTATEMENTS = CURATED["transactions_history"], CURATED["restatements"]
SAID = [column.name for column in TRANSACTION_COLUMNS]

Row = dict[str, object]


def told(frame: pl.DataFrame, elsewhere: pl.DataFrame | None = None) -> Versions:
    """The versions of a frame that holds whole days."""
    return split_versions(
        frame, on_several(frame, "transaction_id", "date") if elsewhere is None else elsewhere, HISTORY, RESTATEMENTS
    )


def places(rows: pl.DataFrame) -> list[tuple[object, ...]]:
    """Which delivered rows a frame holds."""
    return sorted(rows.select("source_file", "source_row").rows())


def chains(frame: pl.DataFrame) -> Iterator[list[Row]]:
    """The versions of each trade, oldest first."""
    by_trade: dict[object, list[Row]] = {}
    for row in sorted(frame.to_dicts(), key=lambda row: tuple(row[name] for name in VERSION_ORDER)):
        by_trade.setdefault(row["transaction_id"], []).append(row)
    yield from by_trade.values()


def place(row: Row) -> tuple[object, ...]:
    return row["source_file"], row["source_row"]


def is_void(row: Row) -> bool:
    return row["action"] == "cancel"


def fate(row: Row, later: Row | None) -> str | None:
    """What the contract says became of a version; none where it counts."""
    if later is None:
        return "cancellation" if is_void(row) else None
    if is_void(later) and not is_void(row):
        return "cancelled"
    if row["date"] != later["date"]:
        return "moved"
    same = all(row[name] == later[name] for name in SAID) and is_void(row) == is_void(later)
    return "repeated" if same else "amended"


@few
@given(versions(max_size=16))
def test_every_version_counts_or_is_history_and_never_both(frame):
    found = told(frame)
    assert places(pl.concat([found.current.select(VERSION_ORDER), found.history.select(VERSION_ORDER)])) == places(
        frame
    )
    assert found.current.schema == frame.schema
    assert found.history.schema == frame_schema(HISTORY)
    assert found.restatements.schema == frame_schema(RESTATEMENTS)


@few
@given(versions(max_size=16))
def test_a_trade_counts_as_its_newest_version_says_unless_that_cancels_it(frame):
    expected = [place(chain[-1]) for chain in chains(frame) if not is_void(chain[-1])]
    assert places(told(frame).current) == sorted(expected)


@few
@given(versions(max_size=16))
def test_the_first_version_of_a_trade_is_found_on_its_own_day(frame):
    expected = [place(chain[0]) for chain in chains(frame) if not is_void(chain[0])]
    assert places(told(frame).first) == sorted(expected)


@few
@given(versions(max_size=16))
def test_history_says_what_became_of_each_version_and_until_when_it_counted(frame):
    expected = {}
    for chain in chains(frame):
        for row, later in zip(chain, [*chain[1:], None], strict=True):
            if became := fate(row, later):
                expected[place(row)] = became, later and later["ingest_date"]
    history = told(frame).history
    assert {place(row): (row["fate"], row["known_to"]) for row in history.to_dicts()} == expected
    assert set(history["fate"]) <= set(FATES)


@few
@given(versions(max_size=16))
def test_restatements_walk_every_trade_from_what_was_first_known_to_what_counts_now(frame):
    """Per trade: quantity first known + Σ differences = quantity now, and so for the money of a trade in one currency."""
    changes: dict[object, list[Row]] = {}
    for row in told(frame).restatements.to_dicts():
        changes.setdefault(row["transaction_id"], []).append(row)
        assert row["kind"] in RESTATEMENT_KINDS
    for chain in chains(frame):
        found = changes.pop(chain[0]["transaction_id"], [])
        worth = [[Decimal(0) if is_void(row) else row[name] for row in chain] for name in ("quantity_mwh", "amount")]
        assert worth[0][0] + sum(row["difference_mwh"] for row in found) == worth[0][-1]
        if len({row["currency"] for row in chain}) == 1:
            assert worth[1][0] + sum(row["difference_amount"] for row in found) == worth[1][-1]
        expected = [
            place(later)
            for row, later in pairwise(chain)
            if is_void(row) != is_void(later) or (not is_void(row) and any(row[name] != later[name] for name in SAID))
        ]
        assert sorted(map(place, found)) == sorted(expected)
    assert not changes


@few
@given(versions(max_size=16))
def test_a_day_is_told_from_its_own_rows_and_the_trades_that_moved(frame):
    """Day by day gives what all days at once give: nothing else of another day is needed."""
    moved = on_several(frame, "transaction_id", "date")
    whole = told(frame)
    parts = [told(frame.filter(pl.col("date") == day), moved) for day in sorted(frame["date"].unique())]
    for name in ("current", "first", "history", "restatements"):
        together = pl.concat([getattr(part, name) for part in parts] or [getattr(whole, name)])
        by = [column for column in ("source_file", "source_row") if column in together.columns]
        assert together.sort(by).equals(getattr(whole, name).sort(by)), name


def test_an_amendment_and_a_cancellation_are_told_with_their_numbers():
    """Worked by hand. T1: 10 MWh at 50 = 500.00, then 12 MWh at 50 = 600.00 on the next day: +2 MWh, +100.00, moved.

    Then cancelled: -12 MWh, -600.00, restated from the day it had moved to. T2 is only repeated: no restatement.
    """
    base = {
        "transaction_type": "sell",
        "energy_type": "wind",
        "market_zone": "Europe/Madrid",
        "price_per_mwh": Decimal(50),
        "currency": "EUR",
        "action": "new",
        "source": "standard",
        "source_row": 1,
    }
    first = {"quantity_mwh": Decimal(10), "amount": Decimal(500), "date": date(2024, 5, 1)}
    second = {"quantity_mwh": Decimal(12), "amount": Decimal(600), "date": date(2024, 5, 2)}
    lines = [
        base | first | {"transaction_id": "T1", "source_file": "a", "ingest_date": date(2024, 5, 3)},
        base | second | {"transaction_id": "T1", "source_file": "b", "ingest_date": date(2024, 5, 4)},
        base
        | second
        | {"transaction_id": "T1", "source_file": "c", "ingest_date": date(2024, 5, 9), "action": "cancel"},
        base | first | {"transaction_id": "T2", "source_file": "d", "ingest_date": date(2024, 5, 3)},
        base | first | {"transaction_id": "T2", "source_file": "e", "ingest_date": date(2024, 5, 4), "action": "amend"},
    ]
    found = told(trade_frame(lines, DELIVERED["transactions"]))

    assert found.current.select("transaction_id", "source_file").rows() == [("T2", "e")]
    shown = ["kind", "date", "new_date", "restated_on", "difference_mwh", "difference_amount", "source_file"]
    assert found.restatements.select(shown).rows() == [
        ("moved", date(2024, 5, 1), date(2024, 5, 2), date(2024, 5, 4), Decimal(2), Decimal(100), "b"),
        ("cancelled", date(2024, 5, 2), date(2024, 5, 2), date(2024, 5, 9), Decimal(-12), Decimal(-600), "c"),
    ]
    cancelled = found.restatements.row(1, named=True)
    assert (cancelled["old_quantity_mwh"], cancelled["new_quantity_mwh"], cancelled["new_currency"]) == (12, None, None)
    assert found.history.select("transaction_id", "source_file", "fate", "known_to").rows() == [
        ("T1", "a", "moved", date(2024, 5, 4)),
        ("T2", "d", "repeated", date(2024, 5, 4)),
        ("T1", "b", "cancelled", date(2024, 5, 9)),
        ("T1", "c", "cancellation", None),
    ]
