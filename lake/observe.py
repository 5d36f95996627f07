"""Who is told of the runs that the command line starts: the lake's own log of runs, and whom the environment names.

* `runs.jsonl` in the lake's folder: one line a run, always. A lake in a bucket has none; Glue's log has its runs.
* `ENERGY_LAKE_LOG=json`: one line of JSON a step, on the error stream.
* `ENERGY_LAKE_LINEAGE=FILE`, or the OpenLineage client's own `OPENLINEAGE_URL`, `OPENLINEAGE_CONFIG` or
  `OPENLINEAGE__TRANSPORT__TYPE`: events of OpenLineage, in a file or wherever that configuration says.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.observe import Step
from jobs.observe_run import JsonLog, Listener, Observation, Run, observed
from jobs.zones import Zones
from lake.console import complain

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient

__all__ = ["RUNS", "RunsFile", "observed_in"]

_CLIENTS_OWN = ("OPENLINEAGE_URL", "OPENLINEAGE_CONFIG", "OPENLINEAGE__TRANSPORT__TYPE")

RUNS = "runs.jsonl"
"""The log of runs, in the lake's folder beside the zones; no book of the lake knows it."""


class RunsFile:
    """Appends one line a run that has ended. Where the folder is not there, because nothing was ever delivered, none."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def started(self, run: Run) -> None:
        """Nothing is known yet."""

    def stepped(self, run: Run, step: Step) -> None:
        """A line is a run, not a step."""

    def ended(self, run: Run) -> None:
        """Writes the line, below a whole one: the last writer may have been killed in the middle of its own."""
        if not self._file.parent.is_dir():
            return
        with self._file.open("a+b") as log:
            line = json.dumps(run.to_json()).encode() + b"\n"
            if log.tell():
                log.seek(-1, os.SEEK_END)
                line = line if log.read(1) == b"\n" else b"\n" + line
            log.write(line)


@contextmanager
def observed_in(root: str, job: str) -> Iterator[Observation]:
    """A run on the lake at `root`, told to everyone who wants to know."""
    with observed(job, list(_listeners(root))) as observation:
        yield observation


def _listeners(root: str) -> Iterator[Listener]:
    if os.environ.get("ENERGY_LAKE_LOG", "").lower() == "json":
        yield JsonLog(sys.stderr)
    if not root.startswith("s3://"):
        yield RunsFile(Path(root) / RUNS)
    client = _lineage_client()
    if client:
        from jobs.observe_lineage import NAMESPACE, Lineage

        yield Lineage(client, Zones.under(root), os.environ.get("OPENLINEAGE_NAMESPACE", NAMESPACE))


def _lineage_client() -> "OpenLineageClient | None":
    """The client that the environment asks for, or null. One that cannot be made is said and costs no run."""
    file = os.environ.get("ENERGY_LAKE_LINEAGE")
    if not file and not any(os.environ.get(name) for name in _CLIENTS_OWN):
        return None
    from openlineage.client import OpenLineageClient  # takes half a second to load
    from openlineage.client.transport.file import FileConfig, FileTransport

    try:
        if file:
            return OpenLineageClient(transport=FileTransport(FileConfig(log_file_path=file, append=True)))
        return OpenLineageClient()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the run goes on
        complain("no lineage:", f"OpenLineage cannot be configured ({error}); docs/observability.md says how")
        return None
