"""The script of the Glue job raw-to-processed: arguments, run, one line of JSON, metrics. Everything else is elsewhere.

A refused file does not fail the run: the metrics raise its alarm, and the next job must go on with the others. A ledger
that does not balance does fail it.
"""

import json
import sys
from datetime import UTC, datetime

from jobs import raw_to_processed
from jobs.arguments import job_arguments
from jobs.observe_glue import observed_on_glue
from jobs.source_files import load_sources

__all__ = ["main"]

JOB = "raw-to-processed"


def main() -> None:
    """Runs the job with the arguments of the command line."""
    given, sources = job_arguments(sys.argv[1:]), load_sources()
    with observed_on_glue(JOB, given) as seen:
        report = raw_to_processed.run(
            given.zones, sources, reject_limit=given.reject_limit, engine=given.engine, observe=seen
        )
        seen.run.report = report
    run = seen.run
    told = {"job": JOB, "run_id": run.run_id, "seconds": round(run.seconds, 3), **report.to_json()}
    print(json.dumps(told))  # noqa: T201 - Glue's log
    if given.metrics_namespace:
        from jobs.cloud import tell_cost, tell_dataset_metrics, tell_lag, tell_reasons, tell_run_seconds

        namespace = given.metrics_namespace
        tell_dataset_metrics(namespace, report)
        tell_reasons(namespace, report)
        tell_lag(namespace, given.zones, sources, datetime.now(UTC).date())
        tell_cost(namespace, JOB, run.seconds, given.dpus, given.dpu_hour_usd)
        tell_run_seconds(namespace, JOB, run.seconds)


if __name__ == "__main__":
    main()
