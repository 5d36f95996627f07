"""The embedded warehouse after a load is the curated zone, whatever was loaded before, and nothing else changes."""

import os
import signal
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.model import ColumnType
from tests.jobs.deliveries import examples
from tests.warehouse.folders import TRADES, Zone, asked, column, dataset, held, trade
from warehouse.embedded import EmbeddedWarehouse
from warehouse.load import load
from warehouse.plan import LoadError
from warehouse.report import LoadReport

DAY, NEXT = date(2026, 10, 24), date(2026, 10, 25)
DAYS = (DAY, NEXT, date(2026, 10, 26))
HOSTILE = (
    "'; DROP TABLE analytics.trades; --",
    '"; DELETE FROM "analytics"."trades"; --',
    "\\",
    "\\'",
    "$$",
    "*",
    "' || (SELECT 1) || '",
    "Ñ中\n\t",
    "",
)


def into(file: Path, zone: Zone, **options: bool) -> LoadReport:
    with EmbeddedWarehouse(file) as warehouse:
        return load(zone.curated(), warehouse, **options)


def same(file: Path, zone: Zone) -> bool:
    return all(held(file, contract) == zone.table(name) for name, contract in zone.datasets.items())


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    made = Zone(tmp_path / "curated")
    made.put("parties", None, [{"id": "P1", "name": "Sol"}, {"id": "P2"}])
    made.put("trades", DAY, [trade("T1", DAY), trade("T2", DAY, currency="COP", amount=Decimal("-7.00"))])
    made.put("trades", NEXT, [trade("T3", NEXT, start=datetime(2026, 10, 25, 0, 30, tzinfo=UTC), reasons=["a", "b"])])
    return made


# --- what a load does


def test_the_first_load_brings_everything_with_its_types(zone: Zone, tmp_path: Path):
    report = into(tmp_path / "w.duckdb", zone)
    assert same(tmp_path / "w.duckdb", zone)
    assert report.is_changed
    assert {name: table.loaded_rows for name, table in report.tables.items()} == {"trades": 3, "parties": 2}
    assert held(tmp_path / "w.duckdb", TRADES)[2] == (
        "T3",
        NEXT,
        "EUR",
        Decimal("1.500000"),
        Decimal("30.25"),
        datetime(2026, 10, 25, 0, 30),  # noqa: DTZ001 - UTC by contract
        ["a", "b"],
        None,
        None,
    )


def test_loading_again_changes_not_one_byte(zone: Zone, tmp_path: Path):
    first = into(tmp_path / "w.duckdb", zone)
    before = (tmp_path / "w.duckdb").read_bytes()
    again = into(tmp_path / "w.duckdb", zone)
    assert (tmp_path / "w.duckdb").read_bytes() == before
    assert not again.is_changed
    assert again.number == first.number == 1
    assert {name: table.rows for name, table in again.tables.items()} == {"trades": 3, "parties": 2}


def test_only_the_partition_that_changed_is_loaded(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    zone.put("trades", NEXT, [trade("T3", NEXT, quantity_mwh=Decimal(9))])
    report = into(tmp_path / "w.duckdb", zone)
    assert (report.tables["trades"].loaded_files, report.tables["parties"].loaded_files) == (1, 0)
    assert same(tmp_path / "w.duckdb", zone)
    loads = asked(tmp_path / "w.duckdb", "SELECT path, load_number FROM analytics.loaded_files ORDER BY path")
    assert loads == [
        ("parties/parties.parquet", 1),
        ("trades/date=2026-10-24/trades.parquet", 1),
        ("trades/date=2026-10-25/trades.parquet", 2),
    ]


def test_a_trade_that_moves_to_another_day_is_there_once(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    zone.put("trades", DAY, [trade("T2", DAY)])
    zone.put("trades", NEXT, [trade("T3", NEXT), trade("T1", NEXT)])
    into(tmp_path / "w.duckdb", zone)
    found = asked(tmp_path / "w.duckdb", "SELECT id, date FROM analytics.trades ORDER BY id")
    assert found == [("T1", NEXT), ("T2", DAY), ("T3", NEXT)]


def test_a_day_whose_last_trade_was_cancelled_leaves_with_its_books(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    zone.put("trades", NEXT, [])
    report = into(tmp_path / "w.duckdb", zone)
    assert report.tables["trades"].left_files == 1
    assert held(tmp_path / "w.duckdb", TRADES) == zone.table("trades") != []
    assert not asked(tmp_path / "w.duckdb", "SELECT 1 FROM analytics.loaded_sums WHERE path LIKE '%2026-10-25%'")
    assert not asked(tmp_path / "w.duckdb", "SELECT 1 FROM analytics.loaded_files WHERE path LIKE '%2026-10-25%'")


def test_the_books_hold_the_sums_of_each_file_by_currency(zone: Zone, tmp_path: Path):
    # T1: 1.5 MWh, 30.25 EUR; T2: 1.5 MWh, -7.00 COP
    into(tmp_path / "w.duckdb", zone)
    found = asked(
        tmp_path / "w.duckdb",
        "SELECT currency, measure, amount FROM analytics.loaded_sums WHERE path LIKE '%10-24%' ORDER BY 1, 2",
    )
    assert found == [
        ("COP", "amount", Decimal("-7.000000")),
        ("COP", "quantity_mwh", Decimal("1.500000")),
        ("COP", "row_count", Decimal("1.000000")),
        ("EUR", "amount", Decimal("30.250000")),
        ("EUR", "quantity_mwh", Decimal("1.500000")),
        ("EUR", "row_count", Decimal("1.000000")),
    ]


def test_a_table_that_somebody_changed_is_loaded_anew_and_said_so(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("DELETE FROM analytics.trades WHERE id = 'T1'")
    report = into(tmp_path / "w.duckdb", zone)
    assert (report.tables["trades"].is_mended, report.tables["parties"].is_mended) == (True, False)
    assert same(tmp_path / "w.duckdb", zone)


def test_a_table_with_repeated_keys_is_mended_too(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("INSERT INTO analytics.trades SELECT * FROM analytics.trades")
    into(tmp_path / "w.duckdb", zone)
    assert same(tmp_path / "w.duckdb", zone)


def test_all_loads_what_the_books_believe_to_be_there(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("UPDATE analytics.trades SET is_known = true WHERE id = 'T1'")
    assert not into(tmp_path / "w.duckdb", zone).is_changed
    assert into(tmp_path / "w.duckdb", zone, everything=True).number == 2
    assert same(tmp_path / "w.duckdb", zone)


# --- any history of edits


def rows_of(day: date) -> st.SearchStrategy[list[dict[str, object]]]:
    """The trades of a day, of few keys, so that they move; values with the edges of their types."""
    numbers = st.sampled_from([Decimal(0), Decimal("-0.000001"), Decimal("999999999999.999999"), Decimal("0.1")])
    texts = st.sampled_from(HOSTILE)
    start = st.sampled_from([None, datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
    row = st.fixed_dictionaries(
        {
            "id": st.sampled_from([*HOSTILE, "T1", "T2", "T3"]),
            "date": st.just(day),
            "currency": st.sampled_from(["EUR", "COP", "'"]),
            "quantity_mwh": numbers,
            "amount": st.none() | numbers.map(lambda number: number.quantize(Decimal("0.01"))),
            "start": start,
            "reasons": st.none() | st.lists(st.none() | texts, max_size=3),
            "is_known": st.sampled_from([None, True, False]),
            "source_row": st.sampled_from([None, 0, -(2**63), 2**63 - 1]),
        }
    )
    return st.lists(row, max_size=4)


def edits() -> st.SearchStrategy[list[tuple[str, date | None, list[dict[str, object]]]]]:
    """Partitions written in any order, again and again, also with no rows, which removes them."""
    trades = st.sampled_from(DAYS).flatmap(lambda day: st.tuples(st.just("trades"), st.just(day), rows_of(day)))
    parties = st.lists(
        st.fixed_dictionaries({"id": st.sampled_from(HOSTILE), "name": st.none() | st.sampled_from(HOSTILE)}),
        max_size=3,
        unique_by=lambda row: row["id"],
    ).map(lambda rows: ("parties", None, rows))
    return st.lists(st.one_of(trades, trades, parties), min_size=1, max_size=6)


@settings(max_examples=examples(10))
@given(batches=st.lists(edits(), min_size=1, max_size=4))
def test_after_any_edits_the_warehouse_is_the_curated_zone(tmp_path_factory: pytest.TempPathFactory, batches):
    folder = tmp_path_factory.mktemp("edits")
    zone, file = Zone(folder / "curated"), folder / "w.duckdb"
    for batch in batches:
        for table, day, rows in batch:
            taken = {r["id"] for path, part in zone.rows.items() if f"date={day}/" not in path for r in part}
            fresh = {r["id"]: r for r in rows if table == "parties" or r["id"] not in taken}
            zone.put(table, day, list(fresh.values()))
        into(file, zone)
        assert same(file, zone)
        assert not into(file, zone).is_changed


@pytest.mark.parametrize("name", [name for name in HOSTILE if name])
def test_a_table_and_columns_with_hostile_names_are_tables_and_columns(tmp_path: Path, name: str):
    contract = dataset(
        f"t{name}",
        column(f"k{name}"),
        column("day", ColumnType.date()),
        column(f"v{name}", nullable=True),
        column(f"m{name}", ColumnType.decimal(18, 6), unit="MWh"),
        key=(f"k{name}",),
        partition="day",
    )
    zone, file = Zone(tmp_path / "curated", {contract.name: contract}), tmp_path / "w.duckdb"
    for value in HOSTILE[:3]:
        zone.put(contract.name, DAY, [{f"k{name}": value, "day": DAY, f"v{name}": value, f"m{name}": Decimal(1)}])
        into(file, zone)
        assert same(file, zone)


# --- a load that must not be


def test_a_key_that_is_in_two_partitions_undoes_the_load(zone: Zone, tmp_path: Path):
    into(tmp_path / "w.duckdb", zone)
    before = held(tmp_path / "w.duckdb", TRADES)
    zone.put("trades", NEXT, [trade("T1", NEXT)])
    with pytest.raises(LoadError, match=r"^trades holds 1 keys more than once\. The load was undone"):
        into(tmp_path / "w.duckdb", zone)
    assert held(tmp_path / "w.duckdb", TRADES) == before


def test_a_table_that_does_not_add_up_undoes_the_load_and_names_the_sum(zone: Zone, tmp_path: Path):
    # somebody raised T1 by one MWh without changing the number of rows; the load of the other day finds it
    into(tmp_path / "w.duckdb", zone)
    with duckdb.connect(str(tmp_path / "w.duckdb")) as connection:
        connection.execute("UPDATE analytics.trades SET quantity_mwh = 2.5 WHERE id = 'T1'")
    before = held(tmp_path / "w.duckdb", TRADES)
    zone.put("trades", NEXT, [trade("T3", NEXT), trade("T4", NEXT)])
    with pytest.raises(LoadError) as raised:
        into(tmp_path / "w.duckdb", zone)
    assert str(raised.value) == (
        "trades 2026-10-24 quantity_mwh EUR: the warehouse holds 2.500000, the lake 1.500000. The load was undone and the "
        "warehouse is what it was; `lake status --verify` says whether the lake is sound, `lake load --all` loads every "
        "table anew"
    )
    assert held(tmp_path / "w.duckdb", TRADES) == before


@pytest.mark.parametrize(
    ("key", "amount", "said"),
    [
        (("trades", DAY, "row_count", ""), Decimal(3), "2.000000 row_count, the ledger says 3"),
        (("trades", DAY, "quantity_mwh", ""), Decimal("3.000001"), "3.000000 quantity_mwh, the ledger says 3.000001"),
        (("trades", DAY, "amount", "EUR"), Decimal("30.26"), "30.250000 amount EUR, the ledger says 30.26"),
        (("trades", DAY, "amount", "USD"), Decimal("0.01"), "0 amount USD, the ledger says 0.01"),
    ],
)
def test_a_file_that_is_not_what_the_ledger_says_is_not_loaded(zone: Zone, tmp_path: Path, key, amount, said):
    zone.ledger = {key: amount}
    with pytest.raises(LoadError) as raised:
        into(tmp_path / "w.duckdb", zone)
    assert str(raised.value) == (
        f"curated trades of 2026-10-24 holds {said}; nothing was loaded. `lake status --verify` says which file is wrong"
    )
    assert held(tmp_path / "w.duckdb", TRADES) == []


def test_what_the_ledger_says_rightly_is_loaded(zone: Zone, tmp_path: Path):
    zone.ledger = {
        ("trades", DAY, "row_count", ""): Decimal(2),
        ("trades", DAY, "quantity_mwh", ""): Decimal(3),
        ("trades", DAY, "amount", "EUR"): Decimal("30.25"),
        ("trades", DAY, "amount", "COP"): Decimal(-7),
    }
    assert into(tmp_path / "w.duckdb", zone).is_changed


def test_a_file_with_other_rows_than_the_state_says_is_not_loaded(zone: Zone, tmp_path: Path):
    path = "trades/date=2026-10-24/trades.parquet"
    zone.files[path] = type(zone.files[path])(**{**vars(zone.files[path]), "rows": 5})
    with pytest.raises(
        LoadError, match=r"^curated/trades/date=2026-10-24/trades.parquet has 2.000000 rows, the curated"
    ):
        into(tmp_path / "w.duckdb", zone)


@pytest.mark.parametrize(
    ("columns", "named"),
    [
        ([c for c in TRADES.columns if c.name != "quantity_mwh"], "(quantity_mwh: DECIMAL(18,6))"),
        ([*TRADES.columns, column("extra")], "(extra: VARCHAR)"),
        ([TRADES.columns[1], TRADES.columns[0], *TRADES.columns[2:]], "(the order of columns: another)"),
        (
            [column("quantity_mwh", ColumnType.integer()) if c.name == "quantity_mwh" else c for c in TRADES.columns],
            "(quantity_mwh: BIGINT)",
        ),
    ],
)
def test_a_file_with_other_columns_than_the_contract_is_not_loaded(zone: Zone, tmp_path: Path, columns, named):
    row = trade("T9", DAY, quantity_mwh=1)
    zone.put("trades", DAY, [row], dataset("trades", *columns, key=("id",), partition="date"))
    with pytest.raises(LoadError) as raised:
        into(tmp_path / "w.duckdb", zone)
    assert named in str(raised.value)
    assert str(raised.value).startswith("trades.parquet of trades is not what the contract says ")


# --- killed


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.warehouse.test_load import zone_at, into
from warehouse.embedded import EmbeddedWarehouse
steps = int(sys.argv[2])
real = EmbeddedWarehouse._run
def run(self, step):
    global steps
    real(self, step)
    steps -= 1
    if steps == 0:
        os.kill(os.getpid(), signal.SIGKILL)
EmbeddedWarehouse._run = run
into(Path(sys.argv[1]) / "w.duckdb", zone_at(Path(sys.argv[1])))
"""


def zone_at(folder: Path) -> Zone:
    """The same zone in every process: two days, of which the second is what a killed load brings."""
    made = Zone(folder / "curated")
    made.put("trades", DAY, [trade("T2", DAY)])
    made.put("trades", NEXT, [trade("T1", NEXT), trade("T3", NEXT)])
    return made


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_a_load_that_is_killed_leaves_the_old_warehouse_and_the_next_one_completes_it(tmp_path: Path, steps: int):
    old = Zone(tmp_path / "old")
    old.put("trades", DAY, [trade("T1", DAY), trade("T2", DAY)])
    into(tmp_path / "w.duckdb", old)
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path), str(steps)], check=False, env=os.environ | {"PYTHONPATH": "."}
    )
    assert done.returncode == -signal.SIGKILL
    assert same(tmp_path / "w.duckdb", old)
    new = zone_at(tmp_path)
    into(tmp_path / "w.duckdb", new)
    assert same(tmp_path / "w.duckdb", new)


def test_a_load_that_ends_at_any_step_leaves_the_old_warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    old = Zone(tmp_path / "old")
    old.put("trades", DAY, [trade("T1", DAY), trade("T2", DAY)])
    into(tmp_path / "w.duckdb", old)
    real, labels = EmbeddedWarehouse._run, []  # noqa: SLF001 - where a process dies
    stop = 0

    def run(self, step):
        real(self, step)
        labels.append(step.label)
        if len(labels) == stop:
            raise KeyboardInterrupt

    monkeypatch.setattr(EmbeddedWarehouse, "_run", run)
    new = zone_at(tmp_path)
    for stop in range(1, 12):  # noqa: B007 - read by `run`
        labels.clear()
        try:
            into(tmp_path / "w.duckdb", new)
        except KeyboardInterrupt:
            assert same(tmp_path / "w.duckdb", old), labels
        else:
            break
    assert labels[-1] == "check"
    assert same(tmp_path / "w.duckdb", new)


def test_a_file_that_another_program_holds_is_named_with_the_way_out(zone: Zone, tmp_path: Path):
    file = tmp_path / "w.duckdb"
    into(file, zone)
    holds = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('held', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holds, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(LoadError, match=r"cannot be opened .*close the program that has it open, or name another"):
            into(file, zone)
        other.communicate()
