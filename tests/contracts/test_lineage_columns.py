"""Column lineage is the truth: it names columns that exist, covers every column, and the transforms agree with it.

The transforms are asked by experiment. A generated month becomes the curated tables; then one column of one input at a time
has its values handed around between rows. A column that lineage calls untouched has to stay as it was, and what it calls
an input has to matter.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date

import polars as pl
import pytest

from contracts import CURATED, DELIVERED
from contracts.lineage_columns import LINEAGE_OF, origins
from contracts.lineage_model import ENTRIES
from contracts.model import ContractError
from jobs.curated_tables import scan_processed
from jobs.deliver import deliver
from jobs.dimensions import newest_dimension
from jobs.ledger import Entry, Ledger
from jobs.marts import DAY_MARTS, MONTH_MARTS, Inputs
from jobs.raw_to_processed import run
from jobs.source_files import load_sources
from jobs.zones import Zones
from lake.generator import generate
from transforms.currency import with_reporting_amount
from transforms.enrich import counterparty, enriched
from transforms.exposure import limits_of
from transforms.mark_to_market import newest_prices
from transforms.versions import split_versions
from transforms.words import texts

Frames = Mapping[str, pl.DataFrame]
DIMENSIONS = ("providers", "clients", "fx_daily", "curve")
STEP = 17
"""By how many rows values are handed on; no period of the generator's."""


def columns_of(source: str) -> tuple[str, str]:
    place, _, column = source.rpartition(".")
    return place, column


def known() -> dict[str, set[str]]:
    """Every column that lineage may name, by dataset."""
    named = {f"processed/{name}": set(dataset.column_names) for name, dataset in DELIVERED.items()}
    named |= {f"curated/{name}": set(dataset.column_names) for name, dataset in CURATED.items()}
    return named | {ENTRIES: {entry.name for entry in fields(Entry)}}


def test_every_column_of_every_curated_table_has_a_lineage_and_no_other_has():
    assert {table: set(rows.columns) for table, rows in LINEAGE_OF.items()} == {
        table: set(dataset.column_names) for table, dataset in CURATED.items()
    }


@pytest.mark.parametrize("table", CURATED)
def test_lineage_names_only_columns_that_exist_and_every_column_has_an_input(table: str):
    named = known()
    rows = LINEAGE_OF[table]
    sources = [*rows.decided_by, *(s for of in rows.columns.values() for s in (*of.inputs, *of.decided_by))]
    assert [source for source in sources if columns_of(source)[1] not in named[columns_of(source)[0]]] == []
    assert [name for name, of in rows.columns.items() if not of.inputs] == []


def test_every_column_comes_from_what_was_delivered_over_any_number_of_hops():
    for table, rows in LINEAGE_OF.items():
        for column in rows.columns:
            assert {source.split("/")[0] for source in origins(table, column)} <= {"processed", "ledger"}
            assert origins(table, column)
    assert origins("market_daily", "bought_vwap") == {
        "processed/transactions.quantity_mwh",
        "processed/transactions.price_per_mwh",
    }
    assert origins("settlement_daily", "reporting_amount") == {
        "processed/transactions.amount",
        "processed/fx_daily.rate",
    }
    with pytest.raises(ContractError, match=r"no lineage is known of curated/market_daily\.price"):
        origins("market_daily", "price")


@pytest.fixture(scope="module")
def delivered(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    """The inputs of the curated zone, from a generated month: versions of trades, and the dimensions."""
    folder = tmp_path_factory.mktemp("lineage")
    generate(folder, days=6, rows=1500, seed=5, dirt=0.02)
    zones, sources = Zones.under(str(folder / "lake")), load_sources()
    for given in json.loads((folder / "deliveries.json").read_text(encoding="utf-8")):
        deliver(
            zones,
            sources,
            dataset=given["dataset"],
            source=given["source"],
            ingest_date=date.fromisoformat(given["ingest_date"]),
            file=folder / given["file"],
        )
    run(zones, sources)
    entries = [entry for entry in Ledger(zones.ledger).entries().values() if not entry.repeats]
    files: dict[str, list[str]] = {}
    for output in (output for entry in entries if entry.dataset == "transactions" for output in entry.processed()):
        files.setdefault(output.date, []).append(output.path)
    frames = {"processed/transactions": scan_processed(zones, files).collect().sort("source_file", "source_row")}
    for name in DIMENSIONS:
        own = [entry for entry in entries if entry.dataset == name]
        frames[f"curated/{name}"] = newest_dimension(zones, own, DELIVERED[name], CURATED[name])
    return frames


def trades_and_versions(given: Frames) -> dict[str, pl.DataFrame]:
    """Curated transactions, history and restatements, as the job makes them."""
    versions = given["processed/transactions"]
    contracts = (CURATED["transactions_history"], CURATED["restatements"])
    told = split_versions(versions, versions, *contracts)
    known_parties = enriched(
        told.current.sort("transaction_id"),
        given["curated/providers"],
        given["curated/clients"],
        CURATED["transactions"],
    )
    trades = texts(with_reporting_amount(known_parties, given["curated/fx_daily"], "EUR"))
    return {"transactions": trades, "transactions_history": told.history, "restatements": told.restatements}


def first_versions(given: Frames) -> pl.LazyFrame:
    """Each trade as it was first delivered."""
    versions = given["processed/transactions"]
    told = split_versions(versions, versions, CURATED["transactions_history"], CURATED["restatements"])
    return told.first.lazy().with_columns(counterparty())


def marts(given: Frames) -> dict[str, pl.DataFrame]:
    """Every mart that is made of trades, in the order of its key."""
    of = {name: given[f"curated/{name}"] for name in ("transactions", *DIMENSIONS)}
    inputs = Inputs(
        trades=of["transactions"].lazy(),
        early=first_versions(given),
        late=of["transactions"].lazy(),
        providers=of["providers"],
        clients=of["clients"],
        prices=newest_prices(of["curve"].lazy()).collect(),
    )
    limits = limits_of(of["providers"].lazy(), of["clients"].lazy())
    made = {mart.contract.name: mart.compute(inputs, mart.contract).collect() for mart in DAY_MARTS}
    for mart in MONTH_MARTS:
        days = mart.of_days(inputs, mart.contract)
        made[mart.contract.name] = mart.carried(days, limits, mart.contract).collect()
    return made


def handed_on(given: Frames, place: str, column: str) -> Frames:
    """The inputs with the values of one column given to other rows."""
    frame = given[place]
    step = STEP if frame.height > 10 * STEP else 1
    moved = pl.concat([frame[column].tail(step), frame[column].head(-step)])
    return {**given, place: frame.with_columns(moved.alias(column))}


def in_order(frame: pl.DataFrame, table: str) -> pl.DataFrame:
    return frame.sort(CURATED[table].key, maintain_order=True)


@dataclass
class Found:
    """What the experiments of one step showed: changes that lineage does not explain, and columns that nothing changed."""

    unsaid: list[str] = field(default_factory=list)
    still: set[str] = field(default_factory=set)


def experiments(make: Callable[[Frames], Mapping[str, pl.DataFrame]], given: Frames, places: tuple[str, ...]) -> Found:
    """Hands around the values of every column of some inputs, one at a time, and compares what comes out with lineage."""
    before = {table: in_order(frame, table) for table, frame in make(given).items()}
    found = Found(still={f"{table}.{name}" for table in before for name in LINEAGE_OF[table].columns})
    for source in (f"{place}.{column}" for place in places for column in sorted(known()[place])):
        after = make(handed_on(given, *columns_of(source)))
        for table, old in before.items():
            rows = LINEAGE_OF[table]
            new = in_order(after[table], table)
            if source in rows.decided_by:
                found.still -= {f"{table}.{name}" for name, of in rows.columns.items() if source in of.inputs}
            elif old.height != new.height:
                found.unsaid.append(f"{source} decides which rows {table} has")
            else:
                changed = {name for name in rows.columns if not old[name].equals(new[name], null_equal=True)}
                explained = {n for n, of in rows.columns.items() if source in (*of.inputs, *of.decided_by)}
                found.unsaid += [f"{source} changes {table}.{name}" for name in sorted(changed - explained)]
                found.still -= {f"{table}.{name}" for name in changed}
    return found


@pytest.fixture(scope="module")
def curated(delivered: Frames) -> Frames:
    """The inputs of the marts."""
    return {**delivered, "curated/transactions": trades_and_versions(delivered)["transactions"]}


HOP_1 = ("processed/transactions", "curated/providers", "curated/clients", "curated/fx_daily")
HOP_2 = ("curated/transactions", "processed/transactions", *HOP_1[1:3], "curated/curve")


CONSTANT = {"restatements.source", "transactions.reporting_currency", "transactions.client_region"}
"""The generated month has one source that corrects, one reporting currency, and clients without regions."""
COUNTS = {
    *(f"{table}.trades" for table in CURATED),
    *("settlement_daily.first_trades", "settlement_daily.latest_trades", "settlement_daily.trades_without_rate"),
}
"""How many rows there are does not change where values go to other rows."""


def test_trades_and_their_versions_change_only_by_what_lineage_names(delivered: Frames):
    found = experiments(trades_and_versions, delivered, HOP_1)
    assert found.unsaid == []
    assert found.still == CONSTANT


def test_marts_change_only_by_what_lineage_names(curated: Frames):
    found = experiments(marts, curated, HOP_2)
    assert found.unsaid == []
    assert found.still <= COUNTS | {"settlement_daily.reporting_currency"}
