"""The marts on deliveries against numbers worked out by hand, a second count by DuckDB, and what must always hold."""

from datetime import date
from decimal import Decimal

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from contracts import DELIVERED
from contracts.marts_quality import DATA_QUALITY_DAILY, REJECTIONS_DAILY
from tests.transforms.counting import second_count
from tests.transforms.risk import in_any_order
from tests.transforms.running import few
from transforms.quality import data_quality_daily, rejections_daily
from transforms.schema import frame_schema

COUNTS = ("files", "repeated_files", "received", "valid", "rejected", "duplicates", "late", "restated")
ENTRY = {"dataset": pl.String, "source": pl.String, "ingest_date": pl.Date, **dict.fromkeys(COUNTS, pl.Int64)}
REASON = {"dataset": pl.String, "source": pl.String, "ingest_date": pl.Date, "reason": pl.String, "rows": pl.Int64}
ALL = tuple(DELIVERED.values())
MAY_2, MAY_3 = date(2024, 5, 2), date(2024, 5, 3)


def entries_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """Entries of the ledger: dataset, source, day, and the counts in order."""
    return pl.DataFrame(rows, schema=ENTRY, orient="row")


def reasons_of(rows: list[tuple[object, ...]]) -> pl.DataFrame:
    """Reasons of the ledger's entries: dataset, source, day, code, rows."""
    return pl.DataFrame(rows, schema=REASON, orient="row")


def quality(entries: pl.DataFrame) -> pl.DataFrame:
    """The mart of the entries."""
    return data_quality_daily(entries.lazy(), DATA_QUALITY_DAILY).collect()


def rejections(reasons: pl.DataFrame) -> pl.DataFrame:
    """The mart of the reasons."""
    return rejections_daily(reasons.lazy(), ALL, REJECTIONS_DAILY).collect()


_PLACE = (st.sampled_from(("transactions", "clients")), st.sampled_from(("standard", "estandar")))
_DAY = st.sampled_from((MAY_2, MAY_3))
_NUMBER = st.integers(0, 9) | st.sampled_from([0, 10**12])


def _entry(dataset: str, source: str, day: date, counts: tuple[int, ...]) -> tuple[object, ...]:
    """An entry that balances: late and restated rows are some of the valid ones."""
    valid, rejected, duplicates, late, restated = counts
    is_repeated = not sum(counts[:3])
    received = valid + rejected + duplicates
    parts = (valid, rejected, duplicates, min(late, valid), min(restated, valid))
    return (dataset, source, day, 1, int(is_repeated), received, *parts)


ENTRIES = st.lists(st.builds(_entry, *_PLACE, _DAY, st.tuples(*[_NUMBER] * 5)), max_size=10).map(entries_of)
_CODES = st.sampled_from(("line_blank", "quantity_missing", "client_id_missing", "no_more"))
REASONS = st.lists(st.tuples(*_PLACE, _DAY, _CODES, _NUMBER), max_size=12).map(reasons_of)


def test_quality_is_what_was_worked_out_by_hand():
    """Transactions of 2 May: files of 5 and 2 records and a repeated one. Received 7, valid 4 + 0, rejected 1 + 1, replaced 1.

    valid 4/7 = 0.571428..., rejected 2/7 = 0.285714..., replaced 1/7 = 0.142857...; late 1 of 4, restated 3 of 4.
    Clients of 3 May: one file of 2 records, both rejected: of none valid no part was late.
    Providers of 3 May: a repeated file only, so there is no whole at all.
    """
    found = quality(
        entries_of(
            [
                ("transactions", "standard", MAY_2, 1, 0, 5, 4, 1, 0, 1, 3),
                ("transactions", "standard", MAY_2, 1, 0, 2, 0, 1, 1, 0, 0),
                ("transactions", "standard", MAY_2, 1, 1, 0, 0, 0, 0, 0, 0),
                ("clients", "standard", MAY_3, 1, 0, 2, 0, 2, 0, 0, 0),
                ("providers", "standard", MAY_3, 1, 1, 0, 0, 0, 0, 0, 0),
            ]
        )
    )
    of_trades = [Decimal(share) for share in ("0.571429", "0.285714", "0.142857", "0.25", "0.75")]
    assert found.rows() == [
        (MAY_2, "standard", "transactions", 3, 1, 7, 4, 2, 1, 1, 3, *of_trades),
        (MAY_3, "standard", "clients", 1, 0, 2, 0, 2, 0, 0, 0, 0, 1, 0, None, None),
        (MAY_3, "standard", "providers", 1, 1, 0, 0, 0, 0, 0, 0, None, None, None, None, None),
    ]


def test_rejections_are_what_was_worked_out_by_hand():
    """Two files of one day give 2 + 3 rows without a quantity; a code that no rule has keeps its rows and has no sentence."""
    found = rejections(
        reasons_of(
            [
                ("transactions", "standard", MAY_2, "quantity_missing", 2),
                ("transactions", "standard", MAY_2, "no_more", 1),
                ("transactions", "standard", MAY_2, "quantity_missing", 3),
                ("transactions", "estandar", MAY_2, "quantity_missing", 7),
            ]
        )
    )
    sentence = "The quantity is missing; a trade without one moves no energy."
    assert found.rows() == [
        (MAY_2, "estandar", "transactions", "quantity_missing", 7, sentence),
        (MAY_2, "standard", "transactions", "no_more", 1, None),
        (MAY_2, "standard", "transactions", "quantity_missing", 5, sentence),
    ]


@few
@given(ENTRIES)
def test_a_second_count_in_sql_agrees_to_the_last_digit(entries):
    found = quality(entries)
    assert found.equals(second_count(DATA_QUALITY_DAILY, entries=entries))
    assert found.schema == frame_schema(DATA_QUALITY_DAILY)


@few
@given(REASONS)
def test_a_second_count_of_rejections_in_sql_agrees(reasons):
    rules = [(dataset.name, rule.code, rule.sentence) for dataset in ALL for rule in dataset.rules]
    known = pl.DataFrame(rules, schema=["dataset", "reason", "sentence"], orient="row")
    found = rejections(reasons)
    assert found.equals(second_count(REJECTIONS_DAILY, reasons=reasons, known=known))
    assert found.schema == frame_schema(REJECTIONS_DAILY)


@few
@given(ENTRIES)
def test_every_count_survives_and_a_day_balances_as_the_ledger_does(entries):
    found = quality(entries)
    assert (
        found["received_rows"].to_list()
        == found.select(pl.col("valid_rows") + pl.col("rejected_rows") + pl.col("duplicate_rows")).to_series().to_list()
    )
    names = ("files", "repeated_files", *DATA_QUALITY_DAILY.column_names[5:11])
    assert [found[name].sum() for name in names] == [entries[name].sum() for name in COUNTS]


@few
@given(ENTRIES, REASONS, st.integers(0, 2**32))
def test_the_order_of_entries_changes_nothing(entries, reasons, seed):
    assert quality(in_any_order(entries, seed)).equals(quality(entries))
    assert rejections(in_any_order(reasons, seed)).equals(rejections(reasons))


def test_shares_are_rounded_half_even():
    """5 of 10 million are 0.0000005 and go to 0, 15 are 0.0000015 and go to 0.000002."""
    rows = [("clients", "standard", day, 1, 0, 10**7, 10**7 - n, n, 0, 0, 0) for day, n in ((MAY_2, 5), (MAY_3, 15))]
    assert quality(entries_of(rows))["rejected_share"].to_list() == [0, Decimal("0.000002")]
