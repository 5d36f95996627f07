"""The script of the Glue job processed-to-curated: arguments, run, one line of JSON, partitions, metrics."""

import json
import sys

from jobs import processed_to_curated
from jobs.arguments import job_arguments
from jobs.observe_glue import observed_on_glue
from jobs.reports import RunReport

__all__ = ["main"]

JOB = "processed-to-curated"


def main() -> None:
    """Runs the job with the arguments of the command line."""
    given = job_arguments(sys.argv[1:])
    with observed_on_glue(JOB, given) as seen:
        report = RunReport(curated=processed_to_curated.run(given.zones, engine=given.engine, observe=seen))
        seen.run.report = report
    run = seen.run
    told = {"job": JOB, "run_id": run.run_id, "seconds": round(run.seconds, 3), **report.to_json()}
    if given.catalog_database:
        from jobs.cloud import register_partitions

        told["partitions_registered"] = register_partitions(given.catalog_database, given.zones)
    print(json.dumps(told))  # noqa: T201 - Glue's log
    if given.metrics_namespace:
        from jobs.cloud import tell_cost, tell_run_seconds

        tell_cost(given.metrics_namespace, JOB, run.seconds, given.dpus, given.dpu_hour_usd)
        tell_run_seconds(given.metrics_namespace, JOB, run.seconds)


if __name__ == "__main__":
    main()
