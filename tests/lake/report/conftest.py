"""Two lakes and their reports: a desk of a few trades that can be worked out by hand, and a small demo with dirt of every kind."""

from pathlib import Path

import pytest

from jobs.source_files import load_sources
from jobs.zones import Zones
from lake.report.build import report_of
from tests.jobs.lakes import CLIENT_HEADER, PROVIDER_HEADER, TRADE_HEADER, text
from tests.lake.commands import ingest, ok, write
from tests.lake.report.pages import Page

HOSTILE = "<script>alert(1)</script>"
SLY = '"><img src=x onerror=alert(2)>'
PROVIDERS = [
    f"PRV-1,{HOSTILE},wind,120.5,south,2020-01-01",
    f'PRV-2,"{SLY.replace(chr(34), chr(34) * 2)}",solar,80,north,2021-06-30',
]
HEADER = TRADE_HEADER + ",currency,action"
TRADES = [
    "T1,2024-05-06 10:00:00,buy,PRV-1,2000,0.05,wind,100.00,EUR,",
    "T2,2024-05-06 10:00:00,sell,CLI-1,1000,0.08,wind,80.00,EUR,",
    "T3,2024-05-06 14:00:00,sell,CLI-1,3000,-0.01,solar,-30.00,EUR,",
    "T4,2024-05-11 12:00:00,buy,PRV-2,4000,0.03,solar,120.00,EUR,",
    "T5,2024-05-06 10:00:00,sell,CLI-1,1000,0.2,gas,200.00,USD,",
    "T6,2024-05-06 10:00:00,sell,CLI-1,abc,0.2,gas,200.00,USD,",
    "T7,2024-05-06 11:00:00,sell,CLI-1,500,0.1,wind,50.00,EUR,",
    "T2,2024-05-06 10:00:00,sell,CLI-1,1000,0.08,wind,80.00,EUR,",
]
"""Of a Monday and a Saturday in Madrid: 6 trades, one line that is no number, and one line twice."""
CORRECTIONS = [
    "T4,2024-05-11 12:00:00,buy,PRV-2,5000,0.03,solar,150.00,EUR,amend",
    "T7,2024-05-06 11:00:00,sell,CLI-1,500,0.1,wind,50.00,EUR,cancel",
]


def report(root: Path) -> Page:
    """The report of a lake in a folder."""
    return Page(report_of(Zones.under(str(root)), load_sources(), root))


@pytest.fixture(scope="session")
def desk_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of the desk's lake, which is loaded into a warehouse. Not to be changed."""
    folder = tmp_path_factory.mktemp("desk")
    root, files = folder / "lake", folder / "files"
    clients = text(["CLI-1,DNI,12345678Z,Ana,Sevilla,residential,2022-02-02"], CLIENT_HEADER)
    ingest(root, "providers", write(files, "providers.csv", text(PROVIDERS, PROVIDER_HEADER)))
    ingest(root, "clients", write(files, "clients.csv", clients))
    ingest(root, "transactions", write(files, "trades.csv", text(TRADES, HEADER)))
    ok(root, "run")
    ingest(root, "transactions", write(files, "corrections.csv", text(CORRECTIONS, HEADER)), day="2024-06-03")
    ok(root, "run")
    ok(root, "load")
    return root


@pytest.fixture(scope="session")
def desk(desk_lake: Path) -> Page:
    """The desk's report."""
    return report(desk_lake)


@pytest.fixture(scope="session")
def demo_lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The root of a small demo's lake, which is loaded into a warehouse. Not to be changed."""
    folder = tmp_path_factory.mktemp("report") / "demo"
    ok(folder, "demo", "--directory", str(folder), "--days", "4", "--rows", "2000")
    ok(folder / "lake", "load")
    return folder / "lake"


@pytest.fixture(scope="session")
def demo(demo_lake: Path) -> Page:
    """The demo's report."""
    return report(demo_lake)
