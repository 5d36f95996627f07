"""Redshift as the warehouse: COPY by manifest into temporary tables, then the same transaction as in the embedded one.

Everything that is data travels as files: the curated Parquet files themselves, and beside them, under `_manifests/`, the
manifests that name each file with its length, and the new rows of the warehouse's books. Tables are made by the deployment
(`ddl.py`): a load only looks whether they are what the contracts say.

A batch of the Data API is a transaction and takes 40 statements. What changes the warehouse is always one batch. Staging
changes nothing that anybody sees, so it goes ahead in batches of the same session where one is not enough.
"""

import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime

import duckdb
import pyarrow.parquet as pq

from contracts.model import Dataset
from jobs.storage import Storage
from warehouse.books import BOOKS, LOAD_STATE, LOADED_FILES
from warehouse.data_api import LONGEST_BATCH, DataApi, StatementError
from warehouse.ddl import create_staging, redshift_type
from warehouse.duck import columns_of
from warehouse.evolution import Live, gained
from warehouse.lengths import refuse_long
from warehouse.plan import Loaded, LoadedFile, LoadError, Plan
from warehouse.shipment import Shipment, staged_books
from warehouse.sql import SCHEMA, literal, names, qualified
from warehouse.transaction import Step, leaving, leaving_columns, load_steps, staged_name

__all__ = ["MANIFESTS", "RedshiftWarehouse"]

MANIFESTS = "_manifests/"
"""Where in the curated zone a load puts what it says to Redshift. `components.policies.redshift` lets it."""

_KEEP_SECONDS = 300
"""How long a session waits for its next batch."""

_COMPLAINTS = (
    re.compile(r"invalid input syntax for (?:type )?integer: \"(.*)\"", re.DOTALL),
    re.compile(r"Invalid digit, .*?context:\s*(.*?)\s*(?:\n\s*query:|\Z)", re.DOTALL),
)
"""How Redshift says that a complaint is no number: its leader node, and its compute nodes."""

_WAY_OUT = "run `pulumi up`, which makes and changes tables, or see docs/deploy.md, Upgrade"

Progress = Callable[[str, int, int], None]


class RedshiftWarehouse:
    """The schema of a Redshift database. `curated` is the zone's bucket; `copy_role_arn` is what COPY takes on."""

    def __init__(self, api: DataApi, curated: Storage, copy_role_arn: str) -> None:
        self._api = api
        self._curated = curated
        self._copy_role_arn = copy_role_arn

    def prepare(self, datasets: Mapping[str, Dataset]) -> None:
        """Sees that every table is what its contract says. Raises `LoadError` with the way out where one is not."""
        live: dict[str, dict[str, Live]] = {}
        question = (
            "SELECT table_name, column_name, data_type, character_maximum_length, numeric_precision, numeric_scale, "  # noqa: S608 - quoted
            f"is_nullable FROM svv_columns WHERE table_schema = {literal(SCHEMA)}"
        )
        for table, column, kind, length, precision, scale, nullable in self._api.rows(question):
            named = _named(str(kind), length, precision, scale)
            live.setdefault(table, {})[column] = Live(named, str(nullable).upper() == "YES")
        for dataset in (*datasets.values(), *BOOKS.values()):
            if dataset.name not in live:
                raise LoadError(f"the warehouse has no table {dataset.name}; {_WAY_OUT}")
            new = gained(dataset, live[dataset.name], redshift_type, f"{_WAY_OUT}.")
            if new:
                raise LoadError(f"table {dataset.name} lacks {', '.join(c.name for c in new)}; {_WAY_OUT}")

    def loaded(self, datasets: Mapping[str, Dataset]) -> Loaded:
        """What the books say, and how many rows each table has."""
        state = self._api.rows(f"SELECT load_number FROM {qualified(LOAD_STATE.name)}")  # noqa: S608 - quoted
        if len(state) != 1:
            raise LoadError(f"{LOAD_STATE.name} has {len(state)} rows instead of one; {_WAY_OUT}")
        files = self._api.rows(
            f"SELECT path, table_name, row_count, content, partition_date FROM {qualified(LOADED_FILES.name)}"  # noqa: S608 - quoted
        )
        counts = self._api.rows(
            " UNION ALL ".join(
                f"SELECT {literal(name)} AS table_name, COUNT(*) AS row_count FROM {qualified(name)}"  # noqa: S608 - quoted
                for name in datasets
            )
        )
        known = {
            path: LoadedFile(table, int(rows), content, date.fromisoformat(day) if day else None)
            for path, table, rows, content, day in files
        }
        return Loaded(int(state[0][0]), known, {table: int(rows) for table, rows in counts})

    def load(
        self, datasets: Mapping[str, Dataset], plan: Plan, shipment: Shipment, progress: Progress = lambda *_: None
    ) -> None:
        """Does the plan. Raises `LoadError` where it is undone, and before anything is sent where it cannot be done."""
        staging = [*self._books(plan, shipment)]
        for change in plan.changes:
            dataset = datasets[change.table]
            refuse_long(dataset, shipment.files_of(dataset.name))
            staging.append(Step(f"{dataset.name}: stage", create_staging(dataset, leaving_columns(dataset))))
            staging += self._copies(dataset, plan, shipment)
            staging.append(leaving(dataset, change, literal))
        final = load_steps(datasets, plan, datetime.now(UTC), literal)
        if len(final) > LONGEST_BATCH:
            raise LoadError(
                f"a load of {len(plan.changes)} tables takes {len(final)} statements in one transaction, the Data API "
                f"takes {LONGEST_BATCH}; the tables have to be split among several warehouses"
            )
        self._run(staging, final, plan.token, progress)

    def _run(self, staging: Sequence[Step], final: Sequence[Step], token: str, progress: Progress) -> None:
        together = [*staging, *final]
        batches = [together] if len(together) <= LONGEST_BATCH else [*_cut(staging), final]
        session, done = "", 0
        try:
            for batch in batches:
                keep = _KEEP_SECONDS if batch is not batches[-1] else 0
                told = _shifted(progress, done, len(together))
                session = self._api.batch(batch, token, session=session, keep_seconds=keep, progress=told) or session
                done += len(batch)
        except StatementError as error:
            found = next((found for pattern in _COMPLAINTS if (found := pattern.search(error.said))), None)
            raise LoadError(
                f"{found[1] if found else error}. The load was undone and the warehouse is what it was; `lake status --verify` "
                f"says whether the lake is sound, `lake load --all` loads every table anew"
            ) from error

    def _copies(self, dataset: Dataset, plan: Plan, shipment: Shipment) -> list[Step]:
        """One COPY for all files that have the same columns, which nearly always are all."""
        by_path = {local: file for file, local in shipment.files_of(dataset.name).items()}
        layouts = columns_of(duckdb.connect(), dataset, by_path)
        steps = []
        for number, columns in enumerate(sorted(set(layouts.values()))):
            files = [by_path[local] for local, layout in layouts.items() if layout == columns]
            manifest = f"{MANIFESTS}{plan.token}/{dataset.name}-{number}.manifest"
            self._curated.put(manifest, self._manifest({file.path: file.size_bytes for file in files}))
            steps.append(self._copy(dataset, columns, manifest))
        return steps

    def _books(self, plan: Plan, shipment: Shipment) -> list[Step]:
        steps = []
        for name, rows in staged_books(plan, shipment).items():
            file, book = f"{MANIFESTS}{plan.token}/{name}.parquet", BOOKS[name]
            out = io.BytesIO()
            pq.write_table(rows, out)
            self._curated.put(file, out.getvalue())
            manifest = f"{MANIFESTS}{plan.token}/{name}.manifest"
            self._curated.put(manifest, self._manifest({file: len(out.getvalue())}))
            steps += [
                Step(f"{name}: stage", create_staging(book, {})),
                self._copy(book, book.column_names, manifest),
            ]
        return steps

    def _manifest(self, sizes: Mapping[str, int]) -> bytes:
        """COPY reads Parquet by a manifest only where it says the length of each file."""
        entries = [
            {"url": f"{self._curated.uri}{path}", "mandatory": True, "meta": {"content_length": size}}
            for path, size in sorted(sizes.items())
        ]
        return json.dumps({"entries": entries}, indent=1).encode()

    def _copy(self, dataset: Dataset, columns: tuple[str, ...], manifest: str) -> Step:
        lists = " SERIALIZETOJSON" if any(dataset.column(name).type.name == "texts" for name in columns) else ""
        sql = (
            f"COPY {staged_name(dataset.name)} ({names(columns)}) FROM {literal(self._curated.uri + manifest)} "
            f"IAM_ROLE {literal(self._copy_role_arn)} FORMAT AS PARQUET MANIFEST{lists}"
        )
        return Step(f"{dataset.name}: copy", sql)


def _shifted(progress: Progress, before: int, total: int) -> Progress:
    """The progress of a batch as a part of the whole load's."""
    return lambda label, done, _: progress(label, before + done, total)


def _cut(steps: Sequence[Step]) -> list[Sequence[Step]]:
    return [steps[start : start + LONGEST_BATCH] for start in range(0, len(steps), LONGEST_BATCH)]


def _named(kind: str, length: object, precision: object, scale: object) -> str:
    """The type as `redshift_type` writes it, from the catalog's words."""
    name = kind.lower()
    if name.startswith(("character varying", "varchar")):
        return f"VARCHAR({length})"
    if name.startswith(("numeric", "decimal")):
        return f"DECIMAL({precision},{scale})"
    return {"timestamp without time zone": "TIMESTAMP"}.get(name, kind.upper())
