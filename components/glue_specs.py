"""The parts of what `LakeCatalog` is told: frozen values that refuse, by field name, what AWS would refuse less clearly."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from components.policies.glue import CURATE_JOB, RAW_JOB
from components.policies.limits import LOG_RETENTION_DAYS

__all__ = [
    "JOBS",
    "AlertSettings",
    "ColumnSpec",
    "JobCode",
    "JobSettings",
    "StartSettings",
    "Subscription",
    "TableSpec",
    "distinct",
    "listed",
]

JOBS = (RAW_JOB, CURATE_JOB)
"""The jobs, in the order in which a workflow runs them."""

ENGINES = ("auto", "polars", "spark")
EXECUTION_CLASSES = ("STANDARD", "FLEX")
FLEX_WORKERS = ("G.1X", "G.2X")
WORKER_TYPES = ("G.1X", "G.2X", "G.4X", "G.8X", "G.12X", "G.16X", "R.1X", "R.2X", "R.4X", "R.8X")
LIST_PRICES_USD = {"STANDARD": 0.44, "FLEX": 0.29}
"""Of a DPU-hour, Glue 5.x, in most regions (AWS Glue pricing); ``docs/deploy.md`` counts with them."""
PROTOCOLS = ("email", "email-json", "https", "lambda", "sms", "sqs")
COMMENT_BYTES = 255
"""Glue API reference, "Column": the longest comment."""

_SCHEDULE = re.compile(r"cron\((\S+ ){5}\S+\)|rate\([1-9]\d* (minutes?|hours?|days?)\)")


@dataclass(frozen=True, kw_only=True)
class ColumnSpec:
    """One column: lower-case name, Hive type, and a comment of at most 255 bytes."""

    name: str
    type: str
    comment: str = ""

    def __post_init__(self) -> None:
        """Refuse what the Data Catalog refuses."""
        if not re.fullmatch(r"[a-z_][a-z0-9_]*", self.name):
            raise ValueError(f"column name {self.name!r}: must be lower-case letters, digits and underscores")
        size = len(self.comment.encode())
        if size > COMMENT_BYTES:
            raise ValueError(
                f"comment of column {self.name!r} has {size} bytes, Glue allows {COMMENT_BYTES}: shorten it"
            )


@dataclass(frozen=True, kw_only=True)
class TableSpec:
    """A table of the curated zone, in Parquet.

    Attributes:
        name: The table's name, and by default its folder.
        description: What a row is; shown in the catalog.
        columns: The columns in the files, in their order there, without the partition keys.
        partition_keys: The columns that are in the path and not in the files.
        location_suffix: The folder below the curated bucket; empty for the table's name.
    """

    name: str
    description: str
    columns: Sequence[ColumnSpec]
    partition_keys: Sequence[ColumnSpec] = ()
    location_suffix: str = ""

    def __post_init__(self) -> None:
        """Refuse a table without columns, or with one column in two places, which no engine can read."""
        if not self.columns:
            raise ValueError(f"table {self.name!r} has no columns: pass the contract's columns")
        names = [column.name for column in (*self.columns, *self.partition_keys)]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(
                f"table {self.name!r} has {', '.join(twice)} twice: a partition key is in the path, leave it out of columns"
            )

    @property
    def folder(self) -> str:
        """The folder below the bucket, without slashes at its ends."""
        return (self.location_suffix or self.name).strip("/")


@dataclass(frozen=True, kw_only=True)
class JobCode:
    """The files that jobs run: one entry script a job, and the bundle of wheels they import from.

    Attributes:
        scripts: Job name -> its entry script.
        bundle: The zip that `components.packaging.bundle` made; any file will do under mocks.
    """

    scripts: Mapping[str, Path]
    bundle: Path

    def __post_init__(self) -> None:
        """Refuse a file that is not there, before anything is deployed."""
        if set(self.scripts) != set(JOBS):
            raise ValueError(f"code.scripts has {listed(self.scripts)}: must have exactly {listed(JOBS)}")
        for path in (*self.scripts.values(), self.bundle):
            if not path.is_file():
                raise FileNotFoundError(
                    f"code: {path} is not there: run `make wheels`, and make the bundle with components.packaging.bundle"
                )


@dataclass(frozen=True, kw_only=True)
class JobSettings:
    """How a job runs, by stack.

    Attributes:
        worker_type: Glue's worker; the driver is one of them (Glue guide, "Configuring job properties").
        workers: How many; with auto scaling the most there may be.
        auto_scaling: Whether Glue adds and removes executors by need; of use with the engine spark only.
        execution_class: STANDARD starts at once; FLEX is cheaper and may wait.
        timeout_minutes: After which Glue stops a run. Glue's own default is eight hours, all of them billed.
        retries: How often Glue runs the script again after a failure; 0 lets runs queue instead.
        engine: What the script computes with: polars on the driver alone, spark on all workers, auto by the size of what is due.
        log_retention_days: How long CloudWatch keeps the job's logs.
        dpu_hour_usd: What a data processing unit costs an hour, from which runs estimate their cost; None takes the list
            price of the execution class, 0 estimates nothing.
    """

    worker_type: str = "G.1X"
    workers: int = 2
    auto_scaling: bool = False
    execution_class: str = "STANDARD"
    timeout_minutes: int = 60
    retries: int = 1
    engine: str = "auto"
    log_retention_days: int = 365
    dpu_hour_usd: float | None = None

    def __post_init__(self) -> None:
        """Refuse values, and pairs of values, that Glue refuses."""
        _one_of("worker_type", self.worker_type, WORKER_TYPES)
        _one_of("execution_class", self.execution_class, EXECUTION_CLASSES)
        _one_of("engine", self.engine, ENGINES)
        _one_of("log_retention_days", self.log_retention_days, LOG_RETENTION_DAYS)
        _between("workers", self.workers, 2, 299)
        _between("timeout_minutes", self.timeout_minutes, 1, 10_080)
        _between("retries", self.retries, 0, 10)
        _between("dpu_hour_usd", self.price_usd, 0, 100)
        if self.execution_class == "FLEX" and self.worker_type not in FLEX_WORKERS:
            raise ValueError(
                f"execution_class FLEX with worker_type {self.worker_type!r}: FLEX runs on {listed(FLEX_WORKERS)} only; "
                "choose one of them, or STANDARD"
            )

    @property
    def price_usd(self) -> float:
        """What a data processing unit costs an hour."""
        return LIST_PRICES_USD[self.execution_class] if self.dpu_hour_usd is None else self.dpu_hour_usd

    @property
    def dpus(self) -> float:
        """Data processing units that a run is billed for: a G.1X or R.1X worker is one, a G.2X two (Glue guide, "Workers")."""
        return self.workers * float(self.worker_type.split(".")[1].removesuffix("X"))

    @property
    def queues(self) -> bool:
        """Whether a run waits for the one before it; Glue queues only jobs without retries ("Job run statuses")."""
        return self.retries == 0


@dataclass(frozen=True, kw_only=True)
class StartSettings:
    """What starts the workflow.

    Attributes:
        schedule: EventBridge's ``cron(...)`` with six fields, or ``rate(...)``; UTC.
        on_schedule: Whether the schedule starts it. The schedule also sweeps up what events dropped.
        on_delivery: Whether a new file in the raw zone starts it.
        batch_size: Events after which it starts at once (1 to 100).
        batch_window_seconds: Time after the first event at which it starts in any case (1 to 900).
    """

    schedule: str = "cron(15 3 * * ? *)"
    on_schedule: bool = True
    on_delivery: bool = True
    batch_size: int = 100
    batch_window_seconds: int = 900

    def __post_init__(self) -> None:
        """Refuse values that EventBridge or Glue refuse."""
        if not _SCHEDULE.fullmatch(self.schedule):
            raise ValueError(
                f"schedule {self.schedule!r}: must be cron(minute hour day month weekday year) or rate(number unit), "
                "such as cron(15 3 * * ? *)"
            )
        _between("batch_size", self.batch_size, 1, 100)
        _between("batch_window_seconds", self.batch_window_seconds, 1, 900)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Who is told of alerts: an SNS protocol and its endpoint."""

    protocol: str
    endpoint: str

    def __post_init__(self) -> None:
        """Refuse a protocol SNS does not know."""
        _one_of("protocol", self.protocol, PROTOCOLS)
        if not self.endpoint:
            raise ValueError(f"subscription by {self.protocol} has no endpoint: give the address to tell")


@dataclass(frozen=True, kw_only=True)
class AlertSettings:
    """When somebody is told, and who.

    Attributes:
        subscriptions: Who; empty for a topic without readers, whose alarms can still be seen in CloudWatch.
        rejected_percent: The share of an hour's rows that may be rejected, by dataset.
        refused_files: How many files of an hour may be refused whole, by dataset.
        stale_after_hours: After how many hours without a finished run the lake counts as stale; at most 168, a week.
        due_days: How old, in days, a delivered file may be that no run has taken in, by dataset.
        daily_cost_usd: What the runs of a job may cost in a day, as they estimate it.
    """

    subscriptions: Sequence[Subscription] = ()
    rejected_percent: float = 5
    refused_files: int = 0
    stale_after_hours: int = 36
    due_days: int = 2
    daily_cost_usd: float = 10

    def __post_init__(self) -> None:
        """Refuse thresholds that can never or always be crossed, and a time CloudWatch cannot look back."""
        _between("rejected_percent", self.rejected_percent, 0, 99)
        _between("refused_files", self.refused_files, 0, 10_000)
        _between("stale_after_hours", self.stale_after_hours, 1, 168)
        _between("due_days", self.due_days, 0, 365)
        _between("daily_cost_usd", self.daily_cost_usd, 0.01, 100_000)


def _one_of(name: str, value: object, allowed: Sequence[object]) -> None:
    if value not in allowed:
        raise ValueError(f"{name} {value!r}: must be one of {listed(str(one) for one in allowed)}")


def _between(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise ValueError(f"{name} {value}: must be between {low} and {high}")


def distinct(name: str, values: Sequence[str]) -> None:
    """Refuse an empty list, and one that names something twice."""
    if not values:
        raise ValueError(f"{name} is empty: at least one is needed")
    twice = sorted({value for value in values if list(values).count(value) > 1})
    if twice:
        raise ValueError(f"{name} has {listed(twice)} twice: name each once")


def listed(values: Iterable[str]) -> str:
    """Names for a message."""
    return ", ".join(values) or "none"
