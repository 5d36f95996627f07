"""Every curated table and mart of a lake is what DuckDB makes of the files of its other zones, by SQL that is not the lake's.

The lakes are of random deliveries of every dataset, in any order and with runs between. The SQL is in `tests/transforms/second/`;
that of a mart is the one by which the mart alone is tested.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.model import Dataset
from jobs.publish import load_state
from jobs.zones import Zones
from tests.jobs import reference
from tests.jobs.deliveries import Delivery, examples, of_everything
from tests.jobs.lakes import curated, run_both, tree
from tests.jobs.test_conservation import a_lake
from tests.transforms.counting import counted, counting, statement
from transforms.schema import empty_frame, frame_schema

IN_ONE_PIECE = tuple(name for name, contract in CURATED.items() if not contract.partition)


def rows_of(connection: duckdb.DuckDBPyConnection, table: str, folders: list[Path], contract: Dataset) -> None:
    """Makes a table of the Parquet files below the folders; the date that stands in the paths of trades is a column."""
    files = [str(file) for folder in folders for file in sorted(folder.rglob("*.parquet"))]
    if files:
        is_dated = "true" if table == "processed_transactions" else "false"
        connection.execute(
            f"CREATE TABLE {table} AS FROM read_parquet($files, union_by_name = true, hive_partitioning = {is_dated})",
            {"files": files},
        )
    else:
        connection.register(table, empty_frame(contract))


@contextmanager
def counting_of(root: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A DuckDB with all that the second counts need, from the raw, processed and quarantine files of a lake."""
    rules = [(dataset.name, rule.code, rule.sentence) for dataset in DELIVERED.values() for rule in dataset.rules]
    known = pl.DataFrame(rules, schema=["dataset", "reason", "sentence"], orient="row")
    with counting(known=known) as connection:
        for name, contract in DELIVERED.items():
            rows_of(connection, f"processed_{name}", [root / "processed" / name], contract)
        connection.execute(statement("lake"))
        connection.execute(f"CREATE TABLE reporting AS {statement('reporting')}")
        connection.execute(f"CREATE TABLE trades AS {statement('transactions')}")
        connection.execute(statement("whole_units"))
        connection.execute(f"CREATE TABLE restated AS {statement('restatements')}")
        for kind, suffix, zone in (
            ("valid", "", "processed"),
            ("replaced", "_superseded", "processed"),
            ("rejected", "", "quarantine"),
        ):
            folders = [root / zone / f"{name}{suffix}" for name in DELIVERED]
            rows_of(connection, f"{kind}_rows", folders, QUARANTINE["transactions"])
        connection.execute(
            "CREATE TABLE raw AS FROM read_blob($files)", {"files": [str(file) for file in root.glob("raw/**/*.csv")]}
        )
        connection.execute(statement("deliveries"))
        yield connection


def second(connection: duckdb.DuckDBPyConnection, contract: Dataset) -> pl.DataFrame:
    """The curated table as DuckDB counts it."""
    if contract.name == "mark_to_market" and not connection.table("curve").limit(1).fetchall():
        return empty_frame(contract)  # nobody delivers a curve, so nobody asks for trades without a price
    if contract.name in IN_ONE_PIECE:
        found = connection.table(contract.name).pl()
        return found.cast(frame_schema(contract)).select(contract.column_names).sort(contract.key)
    return counted(connection, contract)


def assert_is_second(root: Path, zones: Zones) -> None:
    """Every file of the curated zone, named by the state, has the rows that the second count gives for its date."""
    files = load_state(zones)["files"]
    assert set(tree(root / "curated")) == {path for of_table in files.values() for path in of_table}
    with counting_of(root) as connection:
        for name, contract in CURATED.items():
            found = curated(zones, name)
            found = found.sort(contract.key) if found.width else empty_frame(contract)
            expected = second(connection, contract)
            assert found.schema == expected.schema, name
            assert found.rows() == expected.rows(), name


def delivered_in_turns(zones: Zones, files: list[Delivery], data: st.DataObject) -> None:
    """Delivers the files in any order, with runs of both jobs between."""
    order = data.draw(st.permutations(files))
    runs = data.draw(st.lists(st.booleans(), min_size=len(files) - 1, max_size=len(files) - 1))
    for file, is_run in zip(order, [*runs, True], strict=True):
        file.put(zones)
        if is_run:
            run_both(zones, reject_limit=None)


@settings(max_examples=examples(15))
@given(of_everything(), st.data())
def test_every_curated_table_is_what_duckdb_makes_of_the_files(files: list[Delivery], data: st.DataObject):
    with a_lake() as (root, zones):
        delivered_in_turns(zones, files, data)
        assert_is_second(root, zones)


def test_random_deliveries_really_meet_each_other():
    seen: Counter[str] = Counter()

    @settings(max_examples=40, database=None, phases=[Phase.generate], derandomize=True)
    @given(of_everything())
    def collect(files: list[Delivery]) -> None:
        trades = reference.curated_trades(files)
        versions = [version for file in reference.standing(files) for version in reference.published(file)]
        prices = {(p.stamp, p.currency) for p in reference.newest(files, "curve").values()}
        limits = {
            (key, record.currency)
            for dataset in ("providers", "clients")
            for key, record in reference.newest(files, dataset).items()
            if record.limit is not None
        }
        seen["replaced"] += len(versions) - len({version.trade.key for version in versions})
        seen["cancelled"] += sum(version.trade.is_cancelled for version in versions)
        seen["moved"] += len({(v.trade.key, v.trade.stamp.date()) for v in versions}) - len(
            {v.trade.key for v in versions}
        )
        seen["two months"] += len({row["date"].month for row in trades}) > 1
        seen["a rate"] += sum(row["fx_date"] is not None for row in trades)
        seen["no rate"] += sum(row["fx_rate"] is None for row in trades)
        seen["a price"] += sum((_local(row), row["currency"]) in prices for row in trades)
        seen["a limit"] += sum((row["counterparty_id"], row["currency"]) in limits for row in trades)

    collect()
    wanted = ("replaced", "cancelled", "moved", "two months", "a rate", "no rate", "a price", "a limit")
    assert not [what for what in wanted if seen[what] < 10], seen


def _local(row: dict[str, Any]) -> datetime:
    """When delivery of a trade starts by the clocks of Madrid."""
    start: datetime = row["delivery_start"]
    return start.astimezone(reference.ZONES["standard"]).replace(tzinfo=None)
