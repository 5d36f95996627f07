"""Months are carried from their first touched date on: whatever dates are touched and in whatever order, the bytes are one."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts import CURATED
from jobs.ledger import LedgerImbalanceError
from jobs.marts import MONTH_MARTS, Inputs, MonthMart
from jobs.month_marts import carry_month
from jobs.staging import curated_path
from jobs.zones import Zones
from tests.transforms.risk import risk_trades, trades_of
from tests.transforms.running import few
from transforms.schema import empty_frame
from transforms.totals import totals_by

TRADES = CURATED["transactions"]
IN_MAY = {date(2024, 4, 29): date(2024, 5, 10), date(2024, 4, 30): date(2024, 5, 20)}
LIMITS = pl.DataFrame(
    {
        "counterparty_id": ["P1"],
        "counterparty_kind": ["provider"],
        "credit_limit": [Decimal("1000.00")],
        "credit_currency": ["EUR"],
    },
    schema_overrides={"credit_limit": pl.Decimal(18, 2)},
)

one_month = risk_trades(max_size=20).map(lambda trades: trades.with_columns(pl.col("date").replace(IN_MAY)))
"""Trades of five days of May."""
changes = st.lists(st.tuples(one_month, st.sampled_from((1, 2, 4, 8, 16)) | st.integers(1, 31)), min_size=1, max_size=4)
"""What some dates become, one time after the other: their trades, and which of the five dates, as the bits of a number."""

FIRST = trades_of(
    [
        {"date": date(2024, 5, 1), "counterparty_id": "P1"},
        {"date": date(2024, 5, 2), "counterparty_id": "C1", "counterparty_kind": "client", "transaction_type": "sell"},
        {"date": date(2024, 5, 10), "counterparty_id": "P2", "quantity_mwh": "7"},
        {"date": date(2024, 5, 20), "counterparty_id": "P1", "energy_type": "solar"},
    ]
)
"""What the month is before: on each date another key, which is carried over the later ones."""

State = dict[str, dict[str, int]]


@contextmanager
def lake() -> Iterator[tuple[Zones, State]]:
    """A lake without a date, and the rows of its dates by mart."""
    with TemporaryDirectory() as folder:
        yield Zones.under(folder), {mart.contract.name: {} for mart in MONTH_MARTS}


def of_days(mart: MonthMart, trades: pl.DataFrame) -> pl.DataFrame:
    nothing = empty_frame(CURATED["providers"])
    given = Inputs(
        trades=trades.lazy(),
        early=trades.lazy(),
        late=trades.lazy(),
        providers=nothing,
        clients=nothing,
        prices=nothing,
    )
    return mart.of_days(given, mart.contract).collect()


def carry(zones: Zones, state: State, trades: pl.DataFrame, touched: set[str]) -> Counter[str]:
    """Lets the month show these trades, of which those of the touched dates are new; how many dates of each mart were written."""
    wrote: Counter[str] = Counter()
    fresh = trades.filter(pl.col("date").cast(pl.String).is_in(touched))
    sums = totals_by(trades, "date", TRADES)
    for mart in MONTH_MARTS:
        name = mart.contract.name
        with TemporaryDirectory() as scratch:
            rows = [of_days(mart, fresh)]
            made = carry_month(zones, name, rows, state[name], touched, sums, LIMITS, Path(scratch))
            for one in made:
                if one.file:
                    zones.curated.put(curated_path(name, one.day), one.file)
                    wrote[name] += 1
        for day in state[name].keys() - {one.day for one in made}:
            zones.curated.delete(curated_path(name, day))
        state[name] = {one.day: one.rows for one in made}
    return wrote


def stored(zones: Zones) -> Mapping[str, bytes]:
    return {file.path: zones.curated.read(file.path) for file in zones.curated.listed()}


def at_once(trades: pl.DataFrame) -> Mapping[str, bytes]:
    """The month as it is computed where there was none."""
    with lake() as (zones, state):
        carry(zones, state, trades, {str(day) for day in trades["date"].unique()} or {"2024-05-01"})
        return stored(zones)


def changed(trades: pl.DataFrame, others: pl.DataFrame, which: int) -> tuple[pl.DataFrame, set[str]]:
    """The trades with some dates replaced by those of other trades; which dates."""
    days = [date(2024, 5, day) for day in (1, 2, 10, 20, 31)]
    touched = [day for place, day in enumerate(days) if which & 1 << place]
    is_touched = pl.col("date").is_in(touched)
    return pl.concat([trades.filter(~is_touched), others.filter(is_touched)]), {str(day) for day in touched}


@few
@given(changes)
def test_dates_touched_one_after_the_other_become_the_month_that_is_made_at_once(steps):
    trades = FIRST
    with lake() as (zones, state):
        carry(zones, state, trades, {str(day) for day in trades["date"]})
        for others, which in steps:
            trades, touched = changed(trades, others, which)
            carry(zones, state, trades, touched)
            assert stored(zones) == at_once(trades)


def test_the_random_changes_really_come_before_after_and_between_dates_and_take_some_away():
    seen: Counter[str] = Counter()

    @settings(max_examples=150, database=None, phases=[Phase.generate], derandomize=True)
    @given(changes)
    def collect(steps):
        trades = FIRST
        for others, which in steps:
            before, (trades, touched) = trades, changed(trades, others, which)
            days = {str(day) for day in before["date"]}
            seen["after all"] += bool(days) and max(days) < min(touched)
            seen["before all"] += bool(days) and min(touched) < min(days)
            seen["between"] += bool(days) and min(days) < min(touched) and max(touched) < max(days)
            seen["gone"] += bool((days & touched) - {str(day) for day in trades["date"]})

    collect()
    assert not [what for what in ("after all", "before all", "between", "gone") if not seen[what]]


def test_earlier_dates_are_neither_read_nor_written_and_what_is_as_it_was_is_not_written():
    """1, 2 and 31 May with a trade each. What 31 May is carried from is read from 2 May, so that 1 May may be anything."""
    trades = trades_of([{"date": date(2024, 5, day)} for day in (1, 2, 31)])
    with lake() as (zones, state):
        carry(zones, state, trades, {"2024-05-01", "2024-05-02", "2024-05-31"})
        assert carry(zones, state, trades, {"2024-05-01"}) == Counter(), "nothing is another"
        for mart in MONTH_MARTS:
            zones.curated.put(curated_path(mart.contract.name, "2024-05-01"), b"never read")
        more = pl.concat([trades, trades_of([{"date": date(2024, 5, 31), "counterparty_id": "P2"}])])
        assert carry(zones, state, more, {"2024-05-31"}) == {mart.contract.name: 1 for mart in MONTH_MARTS}


@pytest.mark.parametrize("mart", MONTH_MARTS, ids=lambda mart: mart.contract.name)
def test_a_later_date_that_lost_a_row_of_its_own_is_found(mart: MonthMart):
    name = mart.contract.name
    trades = trades_of([{"date": date(2024, 5, 1)}, {"date": date(2024, 5, 2)}])
    with lake() as (zones, state), TemporaryDirectory() as scratch:
        carry(zones, state, trades, {"2024-05-01", "2024-05-02"})
        file = zones.curated.local(curated_path(name, "2024-05-02"))
        pl.read_parquet(file, hive_partitioning=False).clear().write_parquet(file)
        rows, sums = [of_days(mart, trades.head(1))], totals_by(trades, "date", TRADES)
        with pytest.raises(LedgerImbalanceError, match=f"^{name} does not reconcile with the trades of 2024-05-02"):
            carry_month(zones, name, rows, state[name], {"2024-05-01"}, sums, LIMITS, Path(scratch))
