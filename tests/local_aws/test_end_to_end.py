"""The lake as deployed, from an empty account to an empty account, driven through AWS's calls: one story.

Its beginning, up to the answers, is told on every run, the whole of it in the slower tier.

What the emulator cannot prove is said where its parts are: see `localstack/README.md`. This shows that the deployed pieces fit
(names, arguments, events, schemas), that every role has the rights on S3 and Glue that its part needs (`--auth`), and that the
lake at AWS is the lake in a folder, byte for byte.
"""

import io
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
from local_aws import deploy, deploy_terraform, lifecycle

from components.policies import names
from contracts import CURATED, DELIVERED
from contracts.glue_types import columns_of, partition_keys_of
from lake.generator import generate
from lake.query import run_query
from tests.local_aws.story import LEDGER, PREFIX, WRITTEN, Deployed, Twin
from warehouse.redshift import MANIFESTS

FIRST_DAYS, BAD_DAY = "2026-10-26", "2026-10-27"
"""Until when files are delivered first, and the day of the delivery with bad files; what comes later is for the killed job."""

JOBS = ("raw-to-processed", "processed-to-curated")
LATE = ("aws_s3_bucket_lifecycle_configuration.", "aws_sqs_queue_policy.")
OUR_REGIONS = "('Aragón', 'Galicia')"
"""What the stack's settings let an analyst see."""

needs_a_tool = pytest.mark.skipif(not (shutil.which("pulumi") or deploy_terraform.is_there()), reason=deploy.WAYS_OUT)


@pytest.fixture
def stack(tmp_path, monkeypatch):
    """An emulator of this test's own, which lets roles do what their policies say and no more, with the stack deployed to it."""
    with deployed(tmp_path, monkeypatch) as stack:
        yield stack


@pytest.fixture
def stack_at_once(tmp_path, monkeypatch):
    """The stack without what the provider waits for longest: lifecycle rules a minute, the policy of a queue half of one."""
    whole = deploy_terraform._without_statements  # noqa: SLF001 - a setting would be there for this test alone
    monkeypatch.setattr(deploy_terraform, "_without_statements", lambda configuration: hasty(whole(configuration)))
    with deployed(tmp_path, monkeypatch) as stack:
        yield stack


@contextmanager
def deployed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Deployed]:
    monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
    running = lifecycle.start(0, auth=True)
    try:
        deploy.deploy("local", running.endpoint, folder / "deployed")
        yield Deployed(running.endpoint, folder / "deployed")
    finally:
        print((running.folder / "server.log").read_text())  # noqa: T201 - pytest shows it where the story failed
        lifecycle.stop(running.port)


def hasty(configuration: dict) -> dict:
    """A configuration without what comes late, and nothing waiting for it."""
    kinds = {kind: bodies for kind, bodies in configuration["resource"].items() if f"{kind}." not in LATE}
    assert len(kinds) == len(configuration["resource"]) - len(LATE)
    for body in (body for bodies in kinds.values() for body in bodies.values()):
        if "depends_on" in body:
            body["depends_on"] = [address for address in body["depends_on"] if not address.startswith(LATE)]
    return {**configuration, "resource": kinds}


@pytest.fixture(scope="module")
def exports(tmp_path_factory):
    """Four days of two exporters, with dirt, corrections, late files, and three files that are none."""
    folder = tmp_path_factory.mktemp("exports")
    generate(folder, days=4, rows=600, seed=1, dirt=0.02)
    return folder


def deliveries(exports: Path, after: str, until: str) -> list[dict]:
    """What came in those days, in the order in which it came, without the files that are none."""
    broken = {Path(name) for name in refused(exports)}
    listed = json.loads((exports / "deliveries.json").read_text())
    return [one for one in listed if after < one["ingest_date"] <= until and Path(one["file"]) not in broken]


def refused(exports: Path) -> list[str]:
    return [one["file"] for one in json.loads((exports / "truth.json").read_text())["refused"]]


@needs_a_tool
def test_the_stack_turns_deliveries_into_answers(stack_at_once, exports, tmp_path):
    deliveries_become_answers(stack_at_once, Twin(tmp_path / "twin", exports), exports)


@needs_a_tool
@pytest.mark.slow  # the story above, and as long again; what it deploys is destroyed by AWS's provider, which waits much
def test_the_stack_turns_deliveries_into_answers_survives_what_goes_wrong_and_leaves_nothing(stack, exports, tmp_path):
    twin = Twin(tmp_path / "twin", exports)
    told = stack.listens("alerts")

    deliveries_become_answers(stack, twin, exports)
    the_same_files_again_change_nothing(stack, twin)
    bad_files_are_set_aside_told_and_the_rest_goes_on(stack, twin, exports, told)
    a_killed_job_is_repaired_by_the_next(stack, twin, deliveries(exports, BAD_DAY, "9999"), told)
    destroying_leaves_nothing(stack, told)


def deliveries_become_answers(stack: Deployed, twin: Twin, exports: Path) -> None:
    files_are_delivered_and_everything_runs(stack, twin, deliveries(exports, "", FIRST_DAYS))
    the_catalog_holds_the_contracts(stack, exports)
    athena_answers_as_the_folder_does(stack, twin)
    nobody_sees_what_was_not_granted(stack)
    the_warehouse_is_loaded_and_reconciles(stack, twin)


def files_are_delivered_and_everything_runs(stack: Deployed, twin: Twin, files: list[dict]) -> None:
    delivered(stack, twin, files, {"clients", "curve", "fx_daily", "providers", "transactions"})


def delivered(stack: Deployed, twin: Twin, files: list[dict], datasets: set[str]) -> None:
    """Delivers to both lakes, lets both run, and compares them."""
    before = len(stack.workflow_runs())
    paths = twin.take(files)
    assert {path.split("/")[0] for path in paths} == datasets
    stack.copy(twin, paths)
    twin.run()

    run = stack.finished(after=before)

    assert run["Status"] == "COMPLETED"
    nodes = [node for node in run["Graph"]["Nodes"] if node["Type"] != "TRIGGER"]
    states = {
        node["Name"]: [one["JobRunState"] for one in node.get("JobDetails", {}).get("JobRuns", [])]
        or [one["State"] for one in node.get("CrawlerDetails", {}).get("Crawls", [])]
        for node in nodes
    }
    crawlers = ["crawler-processed", *(f"crawler-raw-{dataset}" for dataset in DELIVERED)]
    assert states == {f"{PREFIX}-{name}": ["SUCCEEDED"] for name in (*JOBS, *crawlers)}, stack.job_runs()
    same_bytes(stack, twin)


def same_bytes(stack: Deployed, twin: Twin) -> None:
    """Every file of both lakes is the same, the ledger's too, which the stack keeps in the processed bucket."""
    booked = {f"{LEDGER}/{path}": content for path, content in twin.files("ledger").items()}
    assert booked
    for zone in WRITTEN:
        expected = twin.files(zone) | (booked if zone == "processed" else {})
        there = {key: content for key, content in stack.files(zone).items() if not key.startswith(MANIFESTS)}
        assert there.keys() == expected.keys(), zone
        assert [key for key, content in there.items() if content != expected[key]] == [], zone


def the_catalog_holds_the_contracts(stack: Deployed, exports: Path) -> None:
    """Curated tables as declared, processed ones as crawled from the files; raw ones are named by their headers."""
    for dataset in CURATED.values():
        table = stack.table("curated", dataset.name)
        assert columns(table) == [(one.name, one.type) for one in columns_of(dataset)], dataset.name
        assert keys(table) == [(one.name, one.type) for one in partition_keys_of(dataset)], dataset.name
    for dataset in DELIVERED.values():
        table = stack.table("processed", dataset.name)
        assert columns(table) == [(one.name, one.type) for one in columns_of(dataset)], dataset.name
        assert keys(table) == [(one.name, "string") for one in partition_keys_of(dataset)], dataset.name
    header = (exports / "standard/2026-10-24/clients.csv").read_text().splitlines()[0]
    assert columns(stack.table("raw", "clients_source_standard")) == [(name, "string") for name in header.split(",")]


def columns(table: dict) -> list[tuple[str, str]]:
    return [(column["Name"], column["Type"]) for column in table["StorageDescriptor"]["Columns"]]


def keys(table: dict) -> list[tuple[str, str]]:
    return [(key["Name"], key["Type"]) for key in table.get("PartitionKeys", [])]


def athena_answers_as_the_folder_does(stack: Deployed, twin: Twin) -> None:
    """The market is everybody's; of single trades an analyst sees those of the regions that the settings name."""
    market = (
        "SELECT date, energy_type, currency, bought_mwh, bought_vwap, sold_mwh, sold_vwap FROM {market_daily} "
        "ORDER BY date, energy_type, currency"
    )
    trades = (
        "SELECT energy_type, count(*) AS trades, sum(quantity_mwh) AS quantity_mwh, min(price_per_mwh) AS lowest "
        "FROM {transactions} {where} GROUP BY energy_type ORDER BY energy_type"
    )
    assert len(same_answer(stack, twin, "analyst", market, market)) > 1
    everything = same_answer(stack, twin, "engineer", trades, trades)
    where = "WHERE " + " AND ".join(
        f"({who}_id IS NULL OR {who}_region IN {OUR_REGIONS})" for who in ("provider", "client")
    )
    ours = same_answer(stack, twin, "analyst", trades, trades.replace("{where}", where))
    assert 0 < sum(int(str(row[1])) for row in ours) < sum(int(str(row[1])) for row in everything)


def same_answer(stack: Deployed, twin: Twin, persona: str, asked: str, expected: str) -> list[tuple[str | None, ...]]:
    """What a persona is answered, once it is what the folder lake answers to the second question."""
    tables = {name: f"{names.database_name(PREFIX, 'curated')}.{name}" for name in CURATED}
    there = stack.ask(persona, asked.format(**tables, where=""))
    here = run_query(twin.zones, expected.format(**tables, where=""), dialect="trino").rows
    assert there == [tuple(None if value is None else str(value) for value in row) for row in here]
    return there


def nobody_sees_what_was_not_granted(stack: Deployed) -> None:
    clients = f"{names.database_name(PREFIX, 'curated')}.clients"
    personal = [column.name for column in columns_of(CURATED["clients"]) if column.sensitivity == "personal"]
    assert personal
    for column in personal:
        question = f"SELECT {column} FROM {clients} LIMIT 1"  # noqa: S608 - names of the contracts
        assert stack.ask("auditor", question)
        for persona in ("analyst", "bi"):
            with pytest.raises(AssertionError, match="COLUMN_NOT_FOUND"):
                stack.ask(persona, question)


def the_warehouse_is_loaded_and_reconciles(stack: Deployed, twin: Twin) -> None:
    """Rows, MWh and money by currency are the folder lake's, and personal columns stay closed."""
    report = stack.load()

    assert report["changed"]
    counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {{{name}}}" for name in CURATED)  # noqa: S608 - as above
    sums = "SELECT currency, count(*), sum(quantity_mwh), sum(amount) FROM {transactions} GROUP BY currency ORDER BY currency"
    in_lake = {name: f"curated_{name}" for name in CURATED}
    in_redshift = {name: f"analytics.{name}" for name in CURATED}
    there = dict(stack.in_warehouse("engineer", counts.format(**in_redshift)))
    assert there == dict(run_query(twin.zones, counts.format(**in_lake)).rows)
    assert there == {name: table["rows"] for name, table in report["tables"].items()}
    expected = run_query(twin.zones, sums.format(**in_lake)).rows
    assert expected
    assert stack.in_warehouse("bi", sums.format(**in_redshift)) == [
        (c, n, str(mwh), str(money)) for c, n, mwh, money in expected
    ]
    with pytest.raises(AssertionError, match="permission denied"):
        stack.in_warehouse("bi", "SELECT client_name FROM analytics.clients")


def the_same_files_again_change_nothing(stack: Deployed, twin: Twin) -> None:
    """No object is written anew, not even with the same content; no table gets a new version; nothing is due to load."""
    before, tables = stack.versions(), stack.table_versions()
    runs = len(stack.workflow_runs())

    stack.copy(twin, twin.files("raw"))
    assert stack.finished(after=runs)["Statistics"]["SucceededActions"] == len(JOBS) + 1 + len(DELIVERED)

    assert stack.versions() == before
    assert stack.table_versions() == tables
    assert not stack.load()["changed"]


def bad_files_are_set_aside_told_and_the_rest_goes_on(stack: Deployed, twin: Twin, exports: Path, told: str) -> None:
    """A file with bad rows leaves them in the quarantine; a file that is none is refused whole, and somebody hears of it."""
    spoiled = exports / "standard" / BAD_DAY / "transactions_spoiled.csv"
    header, *lines = (exports / f"standard/{BAD_DAY}/transactions_20261026.csv").read_text().splitlines()
    place = header.split(",").index("energy_type")
    bad = [
        ",".join(["plasma" if n == place else cell for n, cell in enumerate(lines[row].split(","))])
        for row in (0, 9, 20)
    ]
    spoiled.write_text("\n".join([header, *bad, *lines[:40]]) + "\n")
    given = {"dataset": "transactions", "source": "standard", "ingest_date": BAD_DAY}
    bad_files = [{**given, "file": str(file)} for file in (f"standard/{BAD_DAY}/{spoiled.name}", *refused(exports))]

    delivered(stack, twin, [*bad_files, *deliveries(exports, FIRST_DAYS, BAD_DAY)], {"transactions"})

    kept = [content for key, content in stack.files("quarantine").items() if key.startswith("transactions/")]
    rows = pl.concat([pl.read_parquet(io.BytesIO(content)) for content in kept], how="diagonal")
    of_it = rows.filter(
        pl.col("source_file").str.contains("spoiled") & pl.col("reasons").list.contains("energy_type_unknown")
    )
    assert of_it["source_row"].to_list() == list(range(1, len(bad) + 1))
    heard = stack.hears(told, f"{PREFIX}-refused-transactions")
    assert (heard["OldStateValue"], heard["NewStateValue"]) == ("OK", "ALARM")


def a_killed_job_is_repaired_by_the_next(stack: Deployed, twin: Twin, files: list[dict], told: str) -> None:
    """The first job is killed once it has begun to write; the next run finds by the ledger what is still due."""
    runs, written = len(stack.workflow_runs()), stack.versions()
    paths = twin.take(files)
    stack.copy(twin, paths)
    stack.until(lambda: stack.versions() - written)
    stack.kill(f"{PREFIX}-{JOBS[0]}")

    stopped = stack.finished(after=runs)

    assert (stopped["Statistics"]["StoppedActions"], stopped["Statistics"]["TotalActions"]) == (1, 1)
    assert "is STOPPED in run" in stack.hears(told, f"job {PREFIX}-{JOBS[0]}")["text"]
    twin.run()
    booked = {key for key in stack.files("processed") if key.startswith(LEDGER)}
    assert len(booked) < len(twin.files("ledger")), "it was killed before it was done"
    stack.client("glue").start_workflow_run(Name=names.workflow_name(PREFIX))
    assert stack.finished(after=runs + 1)["Statistics"]["FailedActions"] == 0
    same_bytes(stack, twin)
    athena_answers_as_the_folder_does(stack, twin)
    the_warehouse_is_loaded_and_reconciles(stack, twin)


def destroying_leaves_nothing(stack: Deployed, told: str) -> None:
    stack.client("sqs").delete_queue(QueueUrl=told)

    gone = deploy.destroy("local", stack.endpoint, stack.folder)

    assert gone.resources > 0
    assert {service: found for service, found in stack.left().items() if found} == {}
