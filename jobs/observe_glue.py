"""Who is told of a run on Glue: its log, always, and OpenLineage where the job has an address for it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from jobs.arguments import JobArguments
from jobs.observe_run import JsonLog, Listener, Observation, observed

__all__ = ["observed_on_glue"]


@contextmanager
def observed_on_glue(job: str, given: JobArguments) -> Iterator[Observation]:
    """A run under Glue's own identifier. Steps go to the error stream, which Glue keeps with the output."""
    listeners: list[Listener] = [JsonLog(sys.stderr)]
    if given.lineage_url:
        from openlineage.client import OpenLineageClient

        from jobs.observe_lineage import Lineage

        client = OpenLineageClient(config={"transport": {"type": "http", "url": given.lineage_url}})
        listeners.append(Lineage(client, given.zones))
    with observed(job, listeners, given.run_id) as observation:
        yield observation
