"""The arguments of a Glue job: where the zones are, and how to run. Glue passes its own arguments along; they are not ours."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

from jobs.engine import ENGINES
from jobs.raw_to_processed import DEFAULT_REJECT_LIMIT
from jobs.zones import Zones, open_storage

__all__ = ["JobArguments", "job_arguments"]

_ZONES = ("raw", "processed", "quarantine", "curated", "ledger")


@dataclass(frozen=True, kw_only=True)
class JobArguments:
    """What a job was started with.

    `catalog_database`, `metrics_namespace` and `lineage_url` are empty where nothing is to be told there. `dpus` is how many
    data processing units the run is billed for, `dpu_hour_usd` what one costs an hour; a price of 0 says no cost. `run_id` is
    Glue's own name of the run, empty elsewhere.
    """

    zones: Zones
    engine: str
    reject_limit: float
    metrics_namespace: str
    catalog_database: str
    lineage_url: str
    dpus: float
    dpu_hour_usd: float
    run_id: str


def job_arguments(given: Sequence[str]) -> JobArguments:
    """Reads the arguments of either job. Ends the process with a message where one is missing or not allowed.

    Unknown arguments are Glue's own (`--JOB_NAME`, `--TempDir`, …) and are passed over.
    """
    parser = argparse.ArgumentParser(allow_abbrev=False)
    for zone in _ZONES:
        parser.add_argument(
            f"--{zone}", required=True, help=f"where the zone {zone} is: s3://bucket/prefix/ or a folder"
        )
    parser.add_argument("--engine", choices=ENGINES, default=ENGINES[0], help="auto goes by the size of what is due")
    parser.add_argument("--reject_limit", type=_share, default=DEFAULT_REJECT_LIMIT)
    parser.add_argument("--metrics_namespace", default="", help="CloudWatch namespace of the run's metrics")
    parser.add_argument("--catalog_database", default="", help="Glue database whose tables get the curated partitions")
    parser.add_argument("--lineage_url", default="", help="where OpenLineage events go")
    parser.add_argument("--dpus", type=float, default=0.0, help="data processing units that a run is billed for")
    parser.add_argument("--dpu_hour_usd", type=float, default=0.0, help="what one of them costs an hour")
    parser.add_argument("--JOB_RUN_ID", dest="run_id", default="", help="passed by Glue")
    known, _ = parser.parse_known_args(given)
    return JobArguments(
        zones=Zones(**{zone: open_storage(getattr(known, zone)) for zone in _ZONES}),
        engine=known.engine,
        reject_limit=known.reject_limit,
        metrics_namespace=known.metrics_namespace,
        catalog_database=known.catalog_database,
        lineage_url=known.lineage_url,
        dpus=known.dpus,
        dpu_hour_usd=known.dpu_hour_usd,
        run_id=known.run_id,
    )


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share of rows; 0 to 1 was expected")
    return share
