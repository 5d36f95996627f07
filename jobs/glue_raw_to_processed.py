"""The script of the Glue job raw-to-processed: arguments, run, one line of JSON, metrics. Everything else is elsewhere.

A refused file does not fail the run: the metrics raise its alarm, and the next job must go on with the others. A ledger
that does not balance does fail it.
"""

import json
import sys
import time

from jobs import raw_to_processed
from jobs.arguments import job_arguments
from jobs.source_files import load_sources

__all__ = ["main"]

JOB = "raw-to-processed"


def main() -> None:
    """Runs the job with the arguments of the command line."""
    started = time.perf_counter()
    given = job_arguments(sys.argv[1:])
    report = raw_to_processed.run(given.zones, load_sources(), reject_limit=given.reject_limit)
    seconds = time.perf_counter() - started
    print(json.dumps({"job": JOB, "seconds": round(seconds, 3), **report.to_json()}))  # noqa: T201 - Glue's log
    if given.metrics_namespace:
        from jobs.cloud import tell_dataset_metrics, tell_run_seconds

        tell_dataset_metrics(given.metrics_namespace, report)
        tell_run_seconds(given.metrics_namespace, JOB, seconds)


if __name__ == "__main__":
    main()
