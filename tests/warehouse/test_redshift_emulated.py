"""The whole of the Redshift path against the project's own stand-in: DDL, COPY by manifest, the batch, rights, views.

The stand-in reads the same SQL, enforces grants, lengths and the manifest's lengths, and rolls a batch back as a whole
(`localstack/local_aws/sql/redshift*.py` says what it does not prove: Redshift's planner, its COPY, its isolation).
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from local_aws import lifecycle
from local_aws.address import client
from local_aws.identity import ACCOUNT_ID, Keys

from contracts import CURATED
from contracts.model import Dataset
from jobs.publish import load_state
from jobs.s3_storage import S3Storage
from jobs.zones import Zones
from lake.curated_zone import curated_of
from tests.jobs.lakes import CLIENTS, PROVIDERS, curated, put_raw, run_both, text, trade, trades
from tests.warehouse.folders import ordered
from warehouse.data_api import DataApi, StatementError, Target
from warehouse.ddl import Access, statements
from warehouse.load import load
from warehouse.plan import LoadError
from warehouse.redshift import RedshiftWarehouse
from warehouse.report import LoadReport
from warehouse.views import plain, shown

FEW = {name: CURATED[name] for name in ("providers", "clients", "transactions", "market_daily", "margin_daily")}
"""Enough tables for what one batch does; all of them are loaded once, in a test that takes its time."""
ROLES = {"loader": "warehouse-loader", "copy": "redshift-copy", "bi": "persona-bi"}


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        running = lifecycle.start(0)
        yield running.endpoint
        lifecycle.stop(running.port)


@dataclass
class Site:
    """A deployed warehouse and a lake in buckets of its own, named by chance so that tests do not meet."""

    endpoint: str
    folder: Path
    datasets: Mapping[str, Dataset] = field(default_factory=lambda: FEW)
    name: str = field(default_factory=lambda: f"lake-{uuid4().hex[:8]}")
    deliveries: int = 0

    def __post_init__(self) -> None:
        self.zones = Zones.under(str(self.folder / "lake"))
        self.client("s3").create_bucket(Bucket=self.name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        trust = {"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]}
        for role in ROLES.values():
            name = f"{self.name}-{role}"
            self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))
        self.client("redshift").create_cluster(
            ClusterIdentifier=self.name,
            NodeType="ra3.large",
            MasterUsername="lake_admin",
            MasterUserPassword="Not-a-secret-1",
            IamRoles=[self.arn("copy")],
        )
        access = Access(
            database="energy_lake",
            loader_role=f"{self.name}-warehouse-loader",
            copy_role_arn=self.arn("copy"),
            persona_roles={"bi": f"{self.name}-persona-bi"},
        )
        self.ddl = statements(self.datasets.values(), access)

    def client(self, service: str, keys: Keys | None = None) -> Any:
        return client(service, keys, at=self.endpoint)

    def arn(self, role: str) -> str:
        return f"arn:aws:iam::{ACCOUNT_ID}:role/{self.name}-{ROLES[role]}"

    def api(self, role: str = "") -> DataApi:
        """The Data API as the account's root, who is the superuser here, or as a role."""
        keys = None
        if role:
            lent = self.client("sts").assume_role(RoleArn=self.arn(role), RoleSessionName="test")["Credentials"]
            keys = Keys(access_key=lent["AccessKeyId"], secret_key=lent["SecretAccessKey"], token=lent["SessionToken"])
        target = Target(database="energy_lake", cluster=self.name)
        return DataApi(target, self.client("redshift-data", keys), sleep=_hardly)

    def deliver(self, content: str, name: str, dataset: str = "transactions") -> None:
        """Delivers a file, a day later than the one before, and runs both jobs."""
        self.deliveries += 1
        put_raw(self.zones, content, name, dataset=dataset, day=f"2024-06-{self.deliveries:02d}")
        run_both(self.zones)

    def asked(self, sql: str) -> list[tuple[Any, ...]]:
        return self.api().rows(sql)

    def deploy(self) -> "Site":
        for sql in self.ddl.values():
            self.run(sql)
        return self

    def run(self, sql: str) -> None:
        api = self.client("redshift-data")
        sent = api.execute_statement(Sql=sql, Database="energy_lake", ClusterIdentifier=self.name)
        while (told := api.describe_statement(Id=sent["Id"]))["Status"] not in {"FINISHED", "FAILED", "ABORTED"}:
            _hardly(0)
        assert told["Status"] == "FINISHED", f"{told.get('Error')}: {sql[:200]}"

    def uploaded(self) -> Zones:
        """The lake's curated zone and ledger, as they are in the bucket."""
        s3 = self.client("s3")
        there = {}
        for zone in ("curated", "ledger"):
            storage = S3Storage(f"s3://{self.name}/{zone}/", client=s3)
            local = getattr(self.zones, zone)
            known = {item.path for item in storage.listed()}
            files = {item.path: item.size_bytes for item in local.listed()}
            for path in files:
                if path not in known or storage.read(path) != local.read(path):
                    storage.put(path, local.read(path))
            for path in known - set(files):
                if not path.startswith("_manifests/"):
                    storage.delete(path)
            there[zone] = storage
        return Zones(raw=self.zones.raw, processed=self.zones.processed, quarantine=self.zones.quarantine, **there)

    def load(self, **options: bool) -> LoadReport:
        zones = self.uploaded()
        warehouse = RedshiftWarehouse(self.api("loader"), zones.curated, self.arn("copy"))
        everything = curated_of(zones)
        files = tuple(file for file in everything.files if file.table in self.datasets)
        return load(replace(everything, datasets=self.datasets, files=files), warehouse, **options)

    def held(self, table: str) -> list[tuple[str, ...]]:
        columns = ", ".join(f'"{name}"' for name in CURATED[table].column_names)
        rows = self.api().rows(f"SELECT {columns} FROM analytics.{table}")  # noqa: S608 - contracts
        return ordered(tuple(_written(value) for value in row) for row in rows)

    def assert_is_curated(self) -> None:
        for table in self.datasets:
            rows = [tuple(_written(v) for v in row) for row in curated(self.zones, table).iter_rows()]
            assert self.held(table) == ordered(rows), table


def _hardly(_: float) -> None:
    """Waits a moment: the stand-in answers at once."""
    import time

    time.sleep(0.01)


def _written(value: Any) -> str:
    """A value as the Data API's text and as a frame's value, alike."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value).removesuffix("+00:00").lower() if not isinstance(value, Decimal) else f"{value:f}"


@pytest.fixture(scope="module")
def site(endpoint: str, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """Deployed once; whoever loads makes the warehouse what the lake is by then, so tests follow each other."""
    made = Site(endpoint, tmp_path_factory.mktemp("site"))
    made.deliver(PROVIDERS, "a.csv", "providers")
    made.deliver(CLIENTS, "a.csv", "clients")
    made.deliver(text(trades(9)), "a.csv")
    return made.deploy()


def test_redshift_holds_what_the_curated_zone_does_and_loading_again_changes_nothing(site: Site):
    report = site.load()
    assert report.is_changed
    site.assert_is_curated()
    again = site.load()
    assert (again.number, again.is_changed) == (report.number, False)


def test_a_correction_that_moves_a_trade_and_a_value_that_looks_like_sql_are_followed(site: Site):
    site.load()
    hostile = "'; DROP TABLE analytics.providers; -- \\' $$ \""
    line = f'PRV-3,"{hostile.replace(chr(34), chr(34) * 2)}",wind,80,north,2021-06-30\n'
    site.deliver(PROVIDERS + line, "hostile.csv", "providers")
    site.deliver(text([trade(1, transaction_date="2024-05-20 10:00:00")]), "moved.csv")
    report = site.load()
    assert 0 < report.tables["transactions"].loaded_files < len(load_state(site.zones)["files"]["transactions"])
    site.assert_is_curated()
    assert site.asked("SELECT date FROM analytics.transactions WHERE transaction_id = 'T0001'") == [("2024-05-20",)]
    assert site.asked("SELECT provider_name FROM analytics.providers WHERE provider_id = 'PRV-3'") == [(hostile,)]


def test_a_table_that_does_not_add_up_takes_everything_back(site: Site):
    site.load()
    site.run("UPDATE analytics.transactions SET amount = amount + 1 WHERE transaction_id = 'T0002'")
    before = (
        site.held("transactions"),
        site.held("market_daily"),
        site.asked("SELECT load_number FROM analytics.load_state"),
    )
    site.deliver(text([trade(4, quantity_kwh="2000", total_amount="200.00")]), "more.csv")
    with pytest.raises(
        LoadError, match=r"^transactions 2024-05-03 amount EUR: the warehouse holds 301\.0+, the lake 300\.0+\."
    ):
        site.load()
    after = (
        site.held("transactions"),
        site.held("market_daily"),
        site.asked("SELECT load_number FROM analytics.load_state"),
    )
    assert after == before
    assert site.load(everything=True).is_changed
    site.assert_is_curated()


def test_a_load_that_another_one_overtook_is_undone(site: Site, monkeypatch: pytest.MonkeyPatch):
    number = site.load().number
    site.deliver(text([trade(5, quantity_kwh="3000", total_amount="300.00")]), "late.csv")
    real: Callable[..., Any] = RedshiftWarehouse.load

    def overtaken(self: RedshiftWarehouse, *given: Any) -> None:
        site.run(f"UPDATE analytics.load_state SET load_number = {number + 1}, token = 'another'")  # noqa: S608 - a number
        real(self, *given)

    monkeypatch.setattr(RedshiftWarehouse, "load", overtaken)
    with pytest.raises(LoadError, match=r"^another load was faster, it made 0 of one row\. The load was undone"):
        site.load()
    monkeypatch.undo()
    assert site.load().number == number + 2


def test_the_loader_may_load_and_not_change_tables(site: Site):
    for sql in ("DROP TABLE analytics.transactions", "ALTER TABLE analytics.transactions ADD COLUMN x INT"):
        with pytest.raises(StatementError, match=r"(?i)permission denied|must be owner"):
            site.api("loader").rows(sql)


def test_bi_reads_plain_views_and_no_personal_column(site: Site):
    site.load()
    api = site.api("bi")
    for name in FEW:
        columns = ", ".join(f'"{plain(column.name)}"' for column in shown(CURATED[name]))
        rows = api.rows(f'SELECT {columns} FROM reporting."{plain(name)}"')  # noqa: S608 - contracts
        assert len(rows) == len(site.held(name)), name
    with pytest.raises(StatementError, match=r"(?i)permission denied"):
        api.rows("SELECT client_name FROM analytics.clients")
    with pytest.raises(StatementError, match=r"(?i)column|does not exist|could not be resolved"):
        api.rows('SELECT "client name" FROM reporting.clients')


def test_the_definitions_can_be_applied_again_at_any_time(site: Site):
    number = site.load().number
    site.deploy()
    assert site.load().number == number


@pytest.mark.slow
def test_the_command_loads_every_table_and_says_that_nothing_changed_the_second_time(endpoint: str, tmp_path: Path):
    site = Site(endpoint, tmp_path, CURATED).deploy()
    site.deliver(PROVIDERS, "a.csv", "providers")
    site.deliver(CLIENTS, "a.csv", "clients")
    site.deliver(text(trades(9)), "a.csv")
    site.uploaded()
    where = ["--redshift", "--cluster", site.name, "--copy-role", site.arn("copy")]
    where += ["--curated", f"s3://{site.name}/curated/", "--ledger", f"s3://{site.name}/ledger/"]
    keys = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "eu-west-1"}
    said = [
        subprocess.run(
            [
                sys.executable,
                "-c",
                "from lake.cli import main; main()",
                "--lake",
                str(site.folder / "none"),
                "load",
                *where,
            ],
            env=os.environ | keys | {"AWS_ENDPOINT_URL": site.endpoint},
            capture_output=True,
            text=True,
            check=False,
        )
        for _ in range(2)
    ]
    assert [done.returncode for done in said] == [0, 0], said
    assert f"is in {site.name}, energy_lake, checked to the last row, MWh and cent." in said[0].stdout
    assert "Nothing changed since load" in said[1].stdout
    site.assert_is_curated()
