"""What a load sends to Redshift, and what it makes of the answers.

Nothing here runs the SQL: the same statements run in the embedded warehouse (`test_load.py`) and in the stand-in for
Redshift (`test_redshift_emulated.py`). COPY, sessions and rights are Redshift's; only a real warehouse proves them.
"""

import io
import json
import re
from datetime import date
from decimal import Decimal
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from contracts import CURATED
from contracts.model import ColumnType, Dataset
from jobs.storage import FolderStorage
from tests.warehouse.folders import PARTIES, TRADES, Zone, column, dataset, trade
from tests.warehouse.recording import Recorder, columns_answer, fields
from warehouse.data_api import LONGEST_BATCH, DataApi, StatementError, Target
from warehouse.load import load
from warehouse.plan import LoadError, Plan, TableChange
from warehouse.redshift import MANIFESTS, RedshiftWarehouse
from warehouse.report import LoadReport
from warehouse.transaction import Step, load_steps

DAY, NEXT = date(2026, 10, 24), date(2026, 10, 25)
TARGET = Target(database="energy_lake", workgroup="energy-lake-dev-warehouse")
ROLE = "arn:aws:iam::123456789012:role/energy-lake-dev-redshift-copy"
URI = "s3://energy-lake-dev-curated/"


class Bucket(FolderStorage):
    """A folder that says it is a bucket."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.uri = URI


@pytest.fixture
def zone(tmp_path: Path) -> Zone:
    made = Zone(tmp_path / "curated")
    made.put("parties", None, [{"id": "P1", "name": "Sol"}])
    made.put("trades", DAY, [trade("T1", DAY)])
    made.put("trades", NEXT, [trade("T2", NEXT), trade("T3", NEXT, currency="COP")])
    return made


def empty(*datasets: Dataset) -> Recorder:
    """A warehouse that is deployed and was never loaded."""
    counts = [fields(name.name, 0) for name in datasets]
    return Recorder(
        {
            "svv_columns": columns_answer(*datasets),
            "load_state": [fields(0)],
            "loaded_files": [],
            "UNION ALL": counts,
        }
    )


def into(zone: Zone, client: Recorder, folder: Path) -> LoadReport:
    api = DataApi(TARGET, client, sleep=lambda _: None)
    return load(zone.curated(), RedshiftWarehouse(api, Bucket(folder), ROLE))


def test_a_small_load_is_one_batch_and_so_one_transaction(zone: Zone, tmp_path: Path):
    client = empty(TRADES, PARTIES)
    report = into(zone, client, tmp_path / "curated")
    (batch,) = client.batches()
    assert {name: value for name, value in batch.items() if name not in {"Sqls", "ClientToken"}} == {
        "Database": "energy_lake",
        "WorkgroupName": "energy-lake-dev-warehouse",
        "StatementName": f"energy-lake load {report.token}",
    }
    kinds = [re.match(r"[A-Z]+(?: TEMP TABLE| INTO)?", sql)[0] for sql in batch["Sqls"]]
    assert kinds == [
        *["CREATE TEMP TABLE", "COPY"] * 2,  # the books
        *["CREATE TEMP TABLE", "COPY", "INSERT INTO"] * 2,  # trades, parties
        *["MERGE INTO"] * 2,
        *["DELETE", "INSERT INTO"] * 2,
        "UPDATE",
        "SELECT",
    ]
    assert not [sql for sql in batch["Sqls"] if re.search(r"TRUNCATE|COMMIT|BEGIN", sql)]


def test_copy_names_columns_in_contract_order_a_manifest_and_the_role(zone: Zone, tmp_path: Path):
    client = empty(TRADES, PARTIES)
    token = into(zone, client, tmp_path / "curated").token
    copies = [sql for sql in client.batches()[0]["Sqls"] if sql.startswith("COPY")]
    where = f"FROM '{URI}_manifests/{token}/{{}}-0.manifest' IAM_ROLE '{ROLE}' FORMAT AS PARQUET MANIFEST"
    names = '"id", "date", "currency", "quantity_mwh", "amount", "start", "reasons", "is_known", "source_row"'
    assert copies[2:] == [
        f'COPY "stage_trades" ({names}) {where.format("trades")} SERIALIZETOJSON',
        f'COPY "stage_parties" ("id", "name") {where.format("parties")}',
    ]


def test_the_manifest_names_every_file_that_changed_with_its_length_and_no_other(zone: Zone, tmp_path: Path):
    token = into(zone, empty(TRADES, PARTIES), tmp_path / "curated").token
    manifest = json.loads((tmp_path / "curated" / MANIFESTS / token / "trades-0.manifest").read_text())
    paths = ["trades/date=2026-10-24/trades.parquet", "trades/date=2026-10-25/trades.parquet"]
    assert manifest == {
        "entries": [
            {
                "url": f"{URI}{path}",
                "mandatory": True,
                "meta": {"content_length": (tmp_path / "curated" / path).stat().st_size},
            }
            for path in paths
        ]
    }


def test_the_books_travel_as_parquet(zone: Zone, tmp_path: Path):
    token = into(zone, empty(TRADES, PARTIES), tmp_path / "curated").token
    folder = tmp_path / "curated" / MANIFESTS / token
    files = pq.read_table(folder / "loaded_files.parquet").to_pylist()
    assert [(f["table_name"], f["partition_date"], f["row_count"], f["load_number"]) for f in files] == [
        ("trades", DAY, 1, 1),
        ("trades", NEXT, 2, 1),
        ("parties", None, 1, 1),
    ]
    sums = pq.read_table(io.BytesIO((folder / "loaded_sums.parquet").read_bytes())).to_pylist()
    assert {(s["currency"], s["measure"], s["amount"]) for s in sums if "10-25" in s["path"]} == {
        (currency, measure, amount)
        for currency in ("COP", "EUR")
        for measure, amount in (
            ("row_count", Decimal(1)),
            ("quantity_mwh", Decimal("1.5")),
            ("amount", Decimal("30.25")),
        )
    }


def test_a_file_from_before_a_column_was_added_is_copied_with_a_manifest_of_its_own(zone: Zone, tmp_path: Path):
    old = dataset("trades", *(c for c in TRADES.columns if c.name != "is_known"), key=("id",), partition="date")
    zone.put("trades", DAY, [trade("T1", DAY)], old)
    client = empty(TRADES, PARTIES)
    into(zone, client, tmp_path / "curated")
    copies = [sql for sql in client.batches()[0]["Sqls"] if sql.startswith('COPY "stage_trades"')]
    assert ["is_known" in sql for sql in copies] == [True, False]
    assert len(set(re.findall(r"trades-\d\.manifest", " ".join(copies)))) == 2


def test_nothing_is_sent_but_questions_where_nothing_changed(zone: Zone, tmp_path: Path):
    files = [
        fields(file.path, file.table, file.rows, file.content, str(file.day) if file.day else None)
        for file in zone.files.values()
    ]
    client = empty(TRADES, PARTIES)
    client.answers |= {"load_state": [fields(7)], "loaded_files": files}
    client.answers["UNION ALL"] = [fields("trades", 3), fields("parties", 1)]
    report = into(zone, client, tmp_path / "curated")
    assert (report.number, report.is_changed) == (7, False)
    assert {kind for kind, _ in client.calls} == {"execute"}
    assert not (tmp_path / "curated" / MANIFESTS).exists()


def test_more_statements_than_a_batch_takes_are_staged_in_a_session_and_take_effect_in_one(tmp_path: Path):
    zone = Zone(tmp_path / "curated", {name: _renamed(PARTIES, name) for name in (f"table_{n:02d}" for n in range(15))})
    for name in zone.datasets:
        zone.put(name, None, [{"id": "P"}])
    client = empty(*zone.datasets.values())
    into(zone, client, tmp_path / "curated")
    first, second, last = client.batches()
    assert len(first["Sqls"]) == LONGEST_BATCH
    assert not [
        sql for batch in (first, second) for sql in batch["Sqls"] if '"analytics"."table' in sql and "MERGE" in sql
    ]
    assert [sql.split()[0] for sql in last["Sqls"]] == [
        *["MERGE"] * 15,
        *["DELETE", "INSERT"] * 2,
        "UPDATE",
        "SELECT",
    ]
    assert first["SessionKeepAliveSeconds"] == 300
    assert (second["SessionId"], last["SessionId"]) == ("session-1", "session-1")
    assert "Database" not in last
    assert "SessionKeepAliveSeconds" not in last


def _renamed(given: Dataset, name: str) -> Dataset:
    return dataset(name, *given.columns, key=given.key, partition=given.partition)


def test_a_load_of_every_contract_fits_into_one_transaction():
    changes = tuple(TableChange(name, (), ((f"{name}/x", None),)) for name in CURATED)
    steps = load_steps(CURATED, Plan(1, changes), DAY, repr)
    assert len(steps) <= LONGEST_BATCH, "a stored procedure has to do the MERGEs now, see docs/decisions"
    assert all(len(step.sql.encode()) <= 100_000 for step in steps)


def test_more_tables_than_a_transaction_takes_are_refused_before_anything_is_sent(tmp_path: Path):
    zone = Zone(tmp_path / "curated", {name: _renamed(PARTIES, name) for name in (f"table_{n:02d}" for n in range(35))})
    for name in zone.datasets:
        zone.put(name, None, [{"id": "P"}])
    client = empty(*zone.datasets.values())
    with pytest.raises(
        LoadError, match=r"^a load of 35 tables takes 41 statements in one transaction, the Data API takes 40"
    ):
        into(zone, client, tmp_path / "curated")
    assert client.batches() == []


# --- refusals and failures


COMPLAINT = "trades 2026-10-24 amount EUR: the warehouse holds 1"


@pytest.mark.parametrize(
    "error",
    [
        f'ERROR: invalid input syntax for integer: "{COMPLAINT}"',
        (
            "ERROR: Invalid digit, Value 't', Pos 0, Type: Integer\n  Detail: \n  code:      1207\n"
            f"  context:   {COMPLAINT}\n  query:     12\n  location:  x.cpp:1\n  -----\n"
        ),
    ],
    ids=["leader", "compute"],
)
def test_a_complaint_of_the_check_is_what_the_load_says(zone: Zone, tmp_path: Path, error: str):
    client = empty(TRADES, PARTIES)
    client.ends = [(16, error)]
    with pytest.raises(LoadError) as raised:
        into(zone, client, tmp_path / "curated")
    assert str(raised.value) == (
        f"{COMPLAINT}. The load was undone and the warehouse is what it was; "
        "`lake status --verify` says whether the lake is sound, `lake load --all` loads every table anew"
    )


def test_an_error_names_the_step(zone: Zone, tmp_path: Path):
    client = empty(TRADES, PARTIES)
    client.ends = [(5, "ERROR: S3ServiceException:Access Denied")]
    with pytest.raises(
        LoadError, match=r"^trades: copy: Redshift says: ERROR: S3ServiceException:Access Denied\. The load"
    ):
        into(zone, client, tmp_path / "curated")


def test_every_try_has_a_client_token_of_its_own_and_the_same_load_token(zone: Zone, tmp_path: Path):
    client = empty(TRADES, PARTIES)
    client.ends = [(0, "ERROR: out of disk"), "FINISHED"]
    with pytest.raises(LoadError):
        into(zone, client, tmp_path / "curated")
    report = into(zone, client, tmp_path / "curated")
    failed, done = (batch["ClientToken"] for batch in client.batches())
    assert failed != done
    assert failed[:32] == done[:32] == report.token
    assert len(done) <= 64


def test_an_interrupt_cancels_what_runs(zone: Zone, tmp_path: Path):
    client = empty(TRADES, PARTIES)
    client.interrupt_at = 9  # four questions are asked after twice each
    with pytest.raises(KeyboardInterrupt):
        into(zone, client, tmp_path / "curated")
    kind, given = client.calls[-1]
    assert (kind, given["Id"].startswith("batch-")) == ("cancel", True)


def test_the_session_ended_by_redshift_is_an_error_without_a_step():
    client = Recorder(ends=["ABORTED"])
    with pytest.raises(StatementError, match=r"^load: Redshift says: aborted$"):
        DataApi(TARGET, client, sleep=lambda _: None).batch([Step("a", "1"), Step("b", "2")], "t" * 32)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"trades.amount": None}, "table trades lacks amount; run `pulumi up`, which makes and changes tables"),
        ({"trades.id": None}, "table trades cannot follow its contract: id is new and must not be null"),
        ({"trades.amount": "double precision"}, "amount is DOUBLE PRECISION, the contract says DECIMAL(18,2)"),
        ({"trades.stranger": "date"}, "stranger is in no contract any more"),
        ({"trades": None}, "the warehouse has no table trades; run `pulumi up`"),
        ({"loaded_sums": None}, "the warehouse has no table loaded_sums; run `pulumi up`"),
    ],
)
def test_a_table_that_is_not_its_contract_is_refused_before_anything_is_sent(zone: Zone, tmp_path: Path, change, said):
    client = empty(TRADES, PARTIES)
    ((place, kind),) = change.items()
    table, _, name = place.partition(".")
    rows = client.answers["svv_columns"]
    kept = [r for r in rows if r[0]["stringValue"] != table or (name and r[1]["stringValue"] != name)]
    client.answers["svv_columns"] = [*kept, *([fields(table, name, kind, None, None, None, "YES")] if kind else [])]
    with pytest.raises(LoadError, match=re.escape(said)):
        into(zone, client, tmp_path / "curated")
    assert client.batches() == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("ñ" * 513, "has in name a text of 1026 bytes, Redshift's column takes 1024; nothing was loaded"),
        ("a\0b", "has in name a text with a NUL; nothing was loaded"),
    ],
)
def test_a_text_that_redshift_cannot_hold_is_named_before_anything_is_sent(zone: Zone, tmp_path: Path, value, said):
    zone.put("parties", None, [{"id": "P1", "name": value}])
    client = empty(TRADES, PARTIES)
    with pytest.raises(LoadError, match=re.escape(f"curated/parties/parties.parquet {said}")):
        into(zone, client, tmp_path / "curated")
    assert client.batches() == []


def test_hostile_values_and_names_are_data(tmp_path: Path):
    hostile = "x'; DROP TABLE analytics.trades; --"
    name = 'a"; DROP TABLE b; --\\'
    contract = dataset(name, column("id"), column(hostile, nullable=True), key=("id",))
    zone = Zone(tmp_path / "curated", {name: contract})
    zone.put(name, None, [{"id": hostile, hostile: "$$"}])
    client = empty(contract)
    into(zone, client, tmp_path / "curated")
    outside = re.compile(r'"(?:[^"]|"")*"|\'(?:[^\']|\'\')*\'')
    for sql in [*client.batches()[0]["Sqls"], *(given["Sql"] for kind, given in client.calls if kind == "execute")]:
        assert "DROP" not in outside.sub("", sql), sql


@pytest.mark.parametrize(("workgroup", "cluster"), [("", ""), ("w", "c")])
def test_a_target_is_one_warehouse(workgroup: str, cluster: str):
    with pytest.raises(ValueError, match=r"name one of them, a workgroup where the warehouse is serverless$"):
        Target(database="d", workgroup=workgroup, cluster=cluster)


def test_a_cluster_and_a_secret_are_named_as_the_api_wants_them():
    target = Target(database="d", cluster="c", secret_arn="arn:secret")  # noqa: S106 - a name
    assert target.arguments() == {"Database": "d", "ClusterIdentifier": "c", "SecretArn": "arn:secret"}


def test_the_types_that_a_decimal_sum_can_have_are_kept():
    wide = dataset("wide", column("id"), column("mwh", ColumnType.decimal(38, 7), unit="MWh"), key=("id",))
    with pytest.raises(
        ValueError, match=r"^wide.mwh has 7 decimals, sums are kept with 6; widen warehouse.books.SUM_TYPE"
    ):
        load_steps({"wide": wide}, Plan(1, (TableChange("wide", (), (("p", None),)),)), DAY, repr)
