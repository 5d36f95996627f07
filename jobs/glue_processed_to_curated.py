"""The script of the Glue job processed-to-curated: arguments, run, one line of JSON, partitions, metrics."""

import json
import sys
import time

from jobs import processed_to_curated
from jobs.arguments import job_arguments
from jobs.reports import RunReport

__all__ = ["main"]

JOB = "processed-to-curated"


def main() -> None:
    """Runs the job with the arguments of the command line."""
    started = time.perf_counter()
    given = job_arguments(sys.argv[1:])
    report = RunReport(curated=processed_to_curated.run(given.zones))
    seconds = time.perf_counter() - started
    told = {"job": JOB, "seconds": round(seconds, 3), **report.to_json()}
    if given.catalog_database:
        from jobs.cloud import register_partitions

        told["partitions_registered"] = register_partitions(given.catalog_database, given.zones)
    print(json.dumps(told))  # noqa: T201 - Glue's log
    if given.metrics_namespace:
        from jobs.cloud import tell_run_seconds

        tell_run_seconds(given.metrics_namespace, JOB, seconds)


if __name__ == "__main__":
    main()
