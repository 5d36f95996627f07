"""One lake, asked twice: as a folder by DuckDB, and as the emulator's Athena over the same files, in tables as contracts declare.

The emulator translates Trino's SQL by a code of its own (`local_aws/sql`), built apart from `lake/trino.py`, so that a mistake of
one is a difference between them.
"""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from contracts import CURATED
from contracts.glue_types import columns_of, partition_keys_of
from contracts.model import Dataset
from jobs import processed_to_curated, raw_to_processed
from jobs.curated_state import CuratedState
from jobs.deliver import deliver
from jobs.publish import load_state
from jobs.source_files import load_sources
from jobs.zones import Zones
from lake.athena import Athena
from lake.generator import generate
from tests.local_aws.tables import BUCKET, PARQUET, asked

__all__ = ["DATABASE", "WORKGROUP", "Both", "both_engines", "generated_lake"]

DATABASE = "energy_lake_dev_curated"
WORKGROUP = "energy-lake-dev-analyst"


@dataclass(frozen=True)
class Both:
    """The folder lake, a client of Athena over the same rows, and of the S3 that it writes to."""

    zones: Zones
    athena: Athena
    s3: Any


def generated_lake(folder: Path) -> Zones:
    """Eight days of trades with realistic dirt, as two exporters deliver them, taken in by both jobs."""
    generate(folder / "deliveries", days=8, rows=1_200, seed=7, dirt=0.03)
    zones, sources = Zones.under(str(folder / "lake")), load_sources()
    for one in json.loads((folder / "deliveries/deliveries.json").read_text(encoding="utf-8")):
        where = {"dataset": one["dataset"], "source": one["source"]}
        day, file = date.fromisoformat(one["ingest_date"]), folder / "deliveries" / one["file"]
        deliver(zones, sources, **where, ingest_date=day, file=file)
    raw_to_processed.run(zones, sources)
    processed_to_curated.run(zones)
    return zones


@contextmanager
def both_engines(zones: Zones) -> Iterator[Both]:
    """Puts the curated files into S3, registers tables and partitions, and asks through the lake's own client."""
    with asked() as aws:
        aws.glue.create_database(DatabaseInput={"Name": DATABASE})
        aws.athena.create_work_group(
            Name=WORKGROUP,
            Configuration={
                "ResultConfiguration": {"OutputLocation": "s3://results/analyst/"},
                "EnforceWorkGroupConfiguration": True,
                "BytesScannedCutoffPerQuery": 10**9,
            },
        )
        state = CuratedState.from_json(load_state(zones))
        for name, dataset in CURATED.items():
            _make_table(aws.glue, dataset)
            paths = sorted(state.files.get(name, {}))
            for path in paths:
                aws.s3.upload_file(str(zones.curated.local(path)), BUCKET, f"curated/{path}")
            for value in sorted({path.split("/")[1].split("=")[1] for path in paths} if dataset.partition else ()):
                _register(aws.glue, dataset, value)
        yield Both(zones, Athena(WORKGROUP, DATABASE, client=aws.athena, sleep=_briefly), aws.s3)


def _make_table(glue: Any, dataset: Dataset) -> None:
    glue.create_table(
        DatabaseName=DATABASE,
        TableInput={
            "Name": dataset.name,
            "TableType": "EXTERNAL_TABLE",
            "PartitionKeys": [{"Name": key.name, "Type": key.type} for key in partition_keys_of(dataset)],
            "StorageDescriptor": {
                "Columns": [{"Name": column.name, "Type": column.type} for column in columns_of(dataset)],
                "Location": f"s3://{BUCKET}/curated/{dataset.name}/",
                **PARQUET,
            },
        },
    )


def _register(glue: Any, dataset: Dataset, value: str) -> None:
    location = f"s3://{BUCKET}/curated/{dataset.name}/{dataset.partition}={value}/"
    glue.create_partition(
        DatabaseName=DATABASE,
        TableName=dataset.name,
        PartitionInput={"Values": [value], "StorageDescriptor": {"Location": location, **PARQUET}},
    )


def _briefly(seconds: float) -> None:
    """Waits, or the client's patience would end before the emulator has begun; but not as long as AWS would want."""
    time.sleep(min(seconds, 0.5))
