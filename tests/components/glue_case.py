"""What the tests of `LakeCatalog` build: a small lake of two datasets and two curated tables, with stand-in files."""

import functools
import tempfile
from pathlib import Path
from typing import Any

from components.glue import ColumnSpec, JobCode, LakeCatalog, LakeCatalogArgs, TableSpec
from components.policies.glue import Site
from tests.engine import ACCOUNT_ID, REGION, Build, Resource, built

__all__ = ["BUCKETS", "KEY", "PREFIX", "SITE", "arguments", "depends_on", "lake", "plain", "stand_ins"]

PREFIX = "energy-lake-dev"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/lake"
BUCKETS = {
    zone: f"{PREFIX}-{zone}-{ACCOUNT_ID}-{REGION}" for zone in ("raw", "processed", "quarantine", "curated", "jobs")
}
SITE = Site(prefix=PREFIX, account_id=ACCOUNT_ID, region=REGION)

_FILES = tempfile.TemporaryDirectory(prefix="energy-lake-test-")


@functools.cache
def stand_ins() -> JobCode:
    """Files in place of the jobs' code; what is in them decides their address."""
    folder = Path(_FILES.name)
    files = {
        "raw_to_processed.py": b"first\n",
        "processed_to_curated.py": b"second\n",
        "lake.gluewheels.zip": b"wheels",
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return JobCode(
        scripts={
            "raw-to-processed": folder / "raw_to_processed.py",
            "processed-to-curated": folder / "processed_to_curated.py",
        },
        bundle=folder / "lake.gluewheels.zip",
    )


def arguments(**changes: Any) -> LakeCatalogArgs:
    """The smallest complete arguments, with changes."""
    given: dict[str, Any] = {
        "prefix": PREFIX,
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "buckets": BUCKETS,
        "key_arn": KEY,
        "datasets": ("clients", "transactions"),
        "curated_tables": (
            TableSpec(
                name="clients",
                description="The newest version of every client.",
                columns=[ColumnSpec(name="client_id", type="string", comment="The client.")],
            ),
            TableSpec(
                name="market_daily",
                description="What was traded on a day.",
                columns=[ColumnSpec(name="bought_mwh", type="decimal(38,6)", comment="Energy bought. [MWh]")],
                partition_keys=[ColumnSpec(name="date", type="date", comment="The market day.")],
            ),
        ),
        "code": stand_ins(),
        "tags": {"project": "energy-lake"},
    }
    return LakeCatalogArgs(**(given | changes))


def lake(**changes: Any) -> Build[LakeCatalog]:
    """The component, built and recorded."""
    return built(lambda: LakeCatalog("catalog", arguments(**changes)))


def plain(inputs: dict[str, Any], *without: str) -> dict[str, Any]:
    """A resource's inputs without what was not given, and without what is not looked at."""
    return {key: value for key, value in inputs.items() if value is not None and key not in without}


def depends_on(resource: Resource) -> set[str]:
    """The names of what a resource waits for."""
    return {urn.rpartition("::")[2] for urn in resource.options.depends_on}
