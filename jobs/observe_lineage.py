"""What a run tells OpenLineage: which datasets it read and wrote, and where each column of a curated table comes from.

One START and one COMPLETE or FAIL a run, by the client of the OpenLineage project, to whatever place its own configuration
names. Column lineage comes from `contracts/lineage_columns.py`, followed to the delivered columns, because tools draw it between
the datasets of one event. A run whose lineage could not be told is no failed run.
"""

import logging
import uuid
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from contracts import CURATED, DELIVERED, QUARANTINE
from contracts.glue_types import hive_type
from contracts.lineage_columns import LINEAGE_OF, origins
from contracts.model import Dataset
from jobs.observe import Step
from jobs.observe_run import Run
from jobs.reports import RunReport
from jobs.zones import Zones

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import (
        DatasetFacet,
        InputDatasetFacet,
        OutputDatasetFacet,
        RunFacet,
        column_lineage_dataset,
    )

__all__ = ["NAMESPACE", "PRODUCER", "Lineage", "lineage_id"]

NAMESPACE = "energy-lake"
"""The namespace of the jobs, where no other is wanted."""
PRODUCER = "urn:energy-lake"

_LOG = logging.getLogger(__name__)
_GLUE_RUNS = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")
"""The namespace of object identifiers (RFC 9562), for run identifiers that are none of OpenLineage's."""


def lineage_id(run_id: str) -> str:
    """The run as OpenLineage wants it named, a UUID; another identifier, such as Glue's, always becomes the same one."""
    try:
        return str(uuid.UUID(run_id))
    except ValueError:
        return str(uuid.uuid5(_GLUE_RUNS, run_id))


class Lineage:
    """Tells a client of OpenLineage of a run over the lake in `zones`."""

    def __init__(self, client: "OpenLineageClient", zones: Zones, namespace: str = NAMESPACE) -> None:
        self._client, self._zones, self._namespace = client, zones, namespace

    def started(self, run: Run) -> None:
        """Tells that the run begins; what it will touch is not known yet."""
        self._emit(run, "START", run.started_at)

    def stepped(self, run: Run, step: Step) -> None:
        """Lineage knows runs, not their steps."""

    def ended(self, run: Run) -> None:
        """Tells what was read and written, or why the run failed. A client that waits until then sends what it holds."""
        from openlineage.client.facet_v2 import error_message_run

        now = datetime.now(UTC)
        if run.error:
            failure = error_message_run.ErrorMessageRunFacet(message=run.error, programmingLanguage="python")
            self._emit(run, "FAIL", now, facets={"errorMessage": failure})
        else:
            inputs, outputs = self._datasets(run.report) if run.report else ([], [])
            self._emit(run, "COMPLETE", now, inputs, outputs)
        self._client.close()

    def _emit(
        self,
        run: Run,
        state: str,
        at: datetime,
        inputs: "Iterable[InputDataset]" = (),
        outputs: "Iterable[OutputDataset]" = (),
        facets: "dict[str, RunFacet] | None" = None,
    ) -> None:
        from openlineage.client import event_v2

        try:
            event = event_v2.RunEvent(
                eventTime=at.isoformat(),
                run=event_v2.Run(runId=lineage_id(run.run_id), facets=facets or {}),
                job=event_v2.Job(namespace=self._namespace, name=run.job),
                eventType=event_v2.RunState[state],
                inputs=list(inputs),
                outputs=list(outputs),
                producer=PRODUCER,
            )
            self._client.emit(event)
        except Exception as error:  # noqa: BLE001 - whatever the receiver does, the lake is committed and does not need it
            _LOG.warning("lineage of run %s of %s was not told: %s", run.run_id, run.job, error)

    def _datasets(self, report: RunReport) -> "tuple[list[InputDataset], list[OutputDataset]]":
        """What a run read and wrote, by what it says it did."""
        if report.curated is None:
            return list(self._delivered(report)), list(self._processed(report))
        changed = [table for table, done in report.curated.tables.items() if done.redone]
        read = {source.rpartition(".")[0] for table in changed for source in _sources(table)}
        outputs = [self._curated(table, report.curated.tables[table].rows) for table in changed]
        return [self._input(place, DELIVERED.get(place.partition("/")[2])) for place in sorted(read)], outputs

    def _delivered(self, report: RunReport) -> "Iterator[InputDataset]":
        from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics

        for name, done in sorted(report.datasets.items()):
            counted = statistics.InputStatisticsInputDatasetFacet(rowCount=done.received.rows, fileCount=done.files)
            yield self._input(f"raw/{name}", None, {"inputStatistics": counted})

    def _processed(self, report: RunReport) -> "Iterator[OutputDataset]":
        for name, done in sorted(report.datasets.items()):
            yield self._output(f"processed/{name}", DELIVERED[name], done.valid.rows, {})
            if done.rejected.rows:
                yield self._output(f"quarantine/{name}", QUARANTINE[name], done.rejected.rows, {})

    def _curated(self, table: str, rows: int) -> "OutputDataset":
        return self._output(f"curated/{table}", CURATED[table], rows, {"columnLineage": self._column_lineage(table)})

    def _column_lineage(self, table: str) -> "column_lineage_dataset.ColumnLineageDatasetFacet":
        """Of each column the delivered columns in it, and how; of the table those that decide which rows it has."""
        from openlineage.client.facet_v2 import column_lineage_dataset as facet

        def field(source: str, kind: str, how: str) -> facet.InputField:
            place, _, column = source.rpartition(".")
            namespace, name = self._named(place)
            return facet.InputField(namespace, name, column, [facet.Transformation(type=kind, subtype=how)])

        rows = LINEAGE_OF[table]
        columns = {
            name: facet.Fields([field(source, "DIRECT", of.how) for source in sorted(origins(table, name))])
            for name, of in rows.columns.items()
        }
        deciding = {source for named in rows.decided_by for source in _delivered_columns(named)}
        return facet.ColumnLineageDatasetFacet(
            fields=columns, dataset=[field(source, "INDIRECT", "FILTER") for source in sorted(deciding)]
        )

    def _input(
        self, place: str, dataset: Dataset | None, facets: "dict[str, InputDatasetFacet] | None" = None
    ) -> "InputDataset":
        from openlineage.client.event_v2 import InputDataset

        namespace, name = self._named(place)
        shown = {"schema": _schema(dataset)} if dataset else {}
        return InputDataset(namespace, name, facets=shown, inputFacets=facets or {})

    def _output(self, place: str, dataset: Dataset, rows: int, facets: "dict[str, DatasetFacet]") -> "OutputDataset":
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        namespace, name = self._named(place)
        counted: dict[str, OutputDatasetFacet] = {
            "outputStatistics": statistics.OutputStatisticsOutputDatasetFacet(rowCount=rows)
        }
        return OutputDataset(namespace, name, facets={"schema": _schema(dataset), **facets}, outputFacets=counted)

    def _named(self, place: str) -> tuple[str, str]:
        """Where a dataset lies, by the naming rules of OpenLineage: a bucket and a key, or `file` and a path."""
        zone, _, dataset = place.partition("/")
        uri = f"{getattr(self._zones, zone).uri.rstrip('/')}/{dataset}"
        if uri.startswith("s3://"):
            bucket, _, key = uri.removeprefix("s3://").partition("/")
            return f"s3://{bucket}", key
        return "file", str(Path(uri).absolute())


def _sources(table: str) -> Iterator[str]:
    """The delivered columns that are in a table, or decide which rows it has."""
    for column in LINEAGE_OF[table].columns:
        yield from origins(table, column)
    for source in LINEAGE_OF[table].decided_by:
        yield from _delivered_columns(source)


def _delivered_columns(source: str) -> frozenset[str]:
    place, _, column = source.rpartition(".")
    zone, _, dataset = place.partition("/")
    return origins(dataset, column) if zone == "curated" else frozenset({source})


def _schema(dataset: Dataset) -> "DatasetFacet":
    from openlineage.client.facet_v2 import schema_dataset as facet

    return facet.SchemaDatasetFacet(
        fields=[
            facet.SchemaDatasetFacetFields(name=column.name, type=hive_type(column), description=column.description)
            for column in dataset.columns
        ]
    )
