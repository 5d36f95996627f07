"""Glue jobs: runs that are started, queued, retried, stopped and timed out as Glue does it, around the process of `process.py`.

Here a run starts within a second and its logs are there when it ends; Glue takes a minute to start and streams them. Nothing
is charged, and capacity is a number that is shown and not used. A role has to exist and to trust Glue; what it may do is
decided only where the emulator runs with `--auth`.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import ConcurrentRunsExceededException
from moto.glue.models import FakeJob, FakeJobRun
from moto.glue.responses import GlueResponse
from moto.iam.models import Role, iam_backends

from local_aws import events, logs
from local_aws.fixes import patching
from local_aws.glue.process import Ending, JobProcess, Order
from local_aws.identity import ACCOUNT_ID, PARTITION, lend

__all__ = ["JobRun", "install", "is_trusted_by_glue", "role_of", "start"]

_LOG = logging.getLogger(__name__)
_LOCK = threading.RLock()
_ACTIVE = {"STARTING", "RUNNING", "STOPPING"}
_MINUTE_SECONDS = 60.0
_SETTINGS = (
    "allocated_capacity",
    "max_capacity",
    "timeout",
    "worker_type",
    "security_configuration",
    "number_of_workers",
    "notification_property",
)
"""What a run may have otherwise than its job, by moto's names."""
_DEFAULT_TIMEOUT_MINUTES = 480
"""Glue API reference, "Job": of Glue 5.0 and later."""


def install() -> None:
    """Changes moto's Glue."""
    patching.replace(FakeJob, "start_job_run", _start_job_run)
    patching.add(GlueResponse, "batch_stop_job_run", _batch_stop_job_run)


class JobRun(FakeJobRun):
    """A run that is what its process says. moto's goes from state to state by how often it was asked about.

    Attributes:
        job: The job.
        state: Glue's `JobRunState`.
        attempt: 0, and one more for each retry.
        trigger: The trigger that started it; empty where somebody called `StartJobRun`.
        error: What Glue shows as `ErrorMessage`.
        process: What runs, or will.
        completed: When it ended.
        then: Called with the last attempt when it has ended.
    """

    def __init__(self, job: FakeJob, given: Mapping[str, str], trigger: str, **settings: Any) -> None:  # noqa: ANN401 - moto's names
        self.settings = {name: settings.get(name) or getattr(job, name) for name in _SETTINGS}
        super().__init__(job_name=job.name, arguments=dict(given), **self.settings)
        self.job = job
        self.state = "STARTING"
        self.attempt = 0
        self.trigger = trigger
        self.error = ""
        self.process = JobProcess()
        self.completed: datetime | None = None
        self.then: Callable[[JobRun], None] | None = None

    def stop(self) -> None:
        """Ends it, or takes it out of the queue."""
        _stop(self)

    def again(self) -> "JobRun":
        """The next attempt, under the name that Glue gives it."""
        following = JobRun(self.job, self.arguments or {}, self.trigger, **self.settings)
        following.attempt = self.attempt + 1
        following.then = self.then
        following.previous_run_id = self.job_run_id
        following.job_run_id = f"{self.job_run_id.split('_attempt_')[0]}_attempt_{following.attempt}"
        return following

    @property
    def status(self) -> str:
        """The state, under moto's name for it."""
        return self.state

    @status.setter
    def status(self, value: str) -> None:
        self.state = value

    def advance(self) -> None:
        """Nothing: asking about a run does not change it."""

    def all_arguments(self) -> dict[str, str]:
        """What the script is given: Glue's names of the run, the job's defaults, the run's own, and what none may change."""
        named = {"--JOB_NAME": self.job_name, "--JOB_ID": f"j_{self.job_name}", "--JOB_RUN_ID": self.job_run_id}
        fixed = self.job.non_overridable_arguments or {}
        return {**named, **self.job.default_arguments, **(self.arguments or {}), **fixed}

    def as_dict(self) -> dict[str, Any]:
        """As `GetJobRun` shows it; moto makes half of it up."""
        shown = {
            **super().as_dict(),
            "Attempt": self.attempt,
            "Arguments": self.arguments or {},
            "ExecutionTime": int(((self.completed or utcnow()) - self.started_on).total_seconds()),
            "GlueVersion": self.job.glue_version,
            "ExecutionClass": self.job.execution_class,
            "LogGroupName": _log_path(self),
            "LastModifiedOn": self.modified_on,
        }
        del shown["CompletedOn"]
        told = {"ErrorMessage": self.error, "TriggerName": self.trigger, "CompletedOn": self.completed}
        return shown | {name: value for name, value in told.items() if value}


def start(
    job: FakeJob,
    given: Mapping[str, str] | None = None,
    *,
    trigger: str = "",
    then: Callable[[JobRun], None] | None = None,
    **settings: Any,  # noqa: ANN401 - moto's names
) -> JobRun:
    """Starts a run, or lets it wait where the job queues runs and as many as it may have are under way.

    Args:
        job: The job.
        given: The run's own arguments, with their dashes.
        trigger: The trigger that starts it.
        then: Called with the last attempt when it has ended.
        settings: What `StartJobRun` may change for a run, by moto's names.

    Raises:
        ConcurrentRunsExceededException: There are as many runs as there may be, and the job does not queue.
    """
    run = JobRun(job, given or {}, trigger, **settings)
    run.then = then
    with _LOCK:
        if _is_full(job):
            if not job.as_dict().get("JobRunQueuingEnabled"):
                raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for {job.name}")
            run.state = "WAITING"
        _enter(run)
    return run


def role_of(name_or_arn: str) -> Role | None:
    """The role of a job or a crawler, however it was named; None where there is none."""
    name = name_or_arn.rsplit("/", 1)[-1]
    found = [role for role in iam_backends[ACCOUNT_ID][PARTITION].roles.values() if role.name == name]
    return found[0] if found else None


def is_trusted_by_glue(role: Role) -> bool:
    """Whether the role's trust policy names Glue; conditions are not looked at."""
    document = role.assume_role_policy_document
    statements = (json.loads(document) if isinstance(document, str) else document or {}).get("Statement", [])
    services = [
        statement.get("Principal", {}).get("Service", [])
        for statement in ([statements] if isinstance(statements, dict) else statements)
        if statement.get("Effect") == "Allow" and isinstance(statement.get("Principal"), dict)
    ]
    return any("glue.amazonaws.com" in ([named] if isinstance(named, str) else named) for named in services)


def _start_job_run(job: FakeJob, *, arguments: dict[str, str] | None, previous_run_id: str | None, **given: Any) -> str:  # noqa: ANN401 - as moto's own
    """AWS runs the script. moto says that it did."""
    run = start(job, arguments, **given)
    run.previous_run_id = previous_run_id
    return run.job_run_id


def _batch_stop_job_run(response: GlueResponse) -> ActionResult:
    """AWS stops runs. moto does not know the call."""
    name = response._get_param("JobName")  # noqa: SLF001 - moto's way of reading a request
    runs = {run.job_run_id: run for run in response.glue_backend.get_job(name).job_runs}
    stopped, errors = [], []
    for run_id in response._get_param("JobRunIds"):  # noqa: SLF001 - as above
        run = runs.get(run_id)
        if isinstance(run, JobRun) and run.state in {*_ACTIVE, "WAITING"}:
            run.stop()
            stopped.append({"JobName": name, "JobRunId": run_id})
        else:
            why = {"ErrorCode": "InvalidInputException", "ErrorMessage": f"Job run {run_id} is not running"}
            errors.append({"JobName": name, "JobRunId": run_id, "ErrorDetail": why})
    return ActionResult({"SuccessfulSubmissions": stopped, "Errors": errors})


def _stop(run: JobRun) -> None:
    with _LOCK:
        waiting = run.state == "WAITING"
        run.state = "STOPPED" if waiting else "STOPPING"
    if not waiting:
        run.process.stop()
    elif run.then is not None:
        run.then(run)


def _is_full(job: FakeJob) -> bool:
    most = job.execution_property.get("MaxConcurrentRuns", 1)
    return sum(run.status in _ACTIVE for run in job.job_runs) >= most


def _enter(run: JobRun) -> None:
    """Puts a run on the job's list, newest first as Glue lists them, and begins it unless it has to wait."""
    run.job.job_runs.insert(0, run)
    if run.state == "STARTING":
        _begin(run)


def _begin(run: JobRun) -> None:
    threading.Thread(target=_live, args=(run,), name=f"{run.job_name} {run.job_run_id[:9]}", daemon=True).start()


def _live(run: JobRun) -> None:
    """The life of a run: it is carried out, ends, and is tried again where it failed and may be."""
    try:
        ending = _carried_out(run)
    except Exception as error:  # noqa: BLE001 - a run ends, whatever happens
        _LOG.exception("run %s of job %s could not be carried out", run.job_run_id, run.job_name)
        ending = Ending(state="FAILED", message=f"the emulator failed: {error!r}", output="", errors="")
    if run.job.backend.jobs.get(run.job_name) is not run.job:
        return  # everything was forgotten meanwhile: nothing of the run may reach the fresh state
    _end(run, ending)
    retried = run.state == "FAILED" and run.attempt < (run.job.max_retries or 0)
    with _LOCK:
        if retried:
            _enter(run.again())
        waiting = [other for other in run.job.job_runs if isinstance(other, JobRun) and other.state == "WAITING"]
        if waiting and not _is_full(run.job):
            waiting[-1].state = "STARTING"
            _begin(waiting[-1])
    if not retried and run.then is not None:
        run.then(run)


def _carried_out(run: JobRun) -> Ending:
    role = role_of(run.job.role)
    if role is None or not is_trusted_by_glue(role):
        why = f"Role {run.job.role} should be given assume role permissions for Glue Service."
        return Ending(state="FAILED", message=why, output="", errors="")
    order = Order(
        script=run.job.command["ScriptLocation"],  # type: ignore[index]  # a mapping, whatever moto's annotation says
        arguments=run.all_arguments(),
        keys=lend(role.arn, f"GlueJobRunnerSession-{run.job_run_id[:12]}"),
        region=run.job.backend.region_name,
        timeout_seconds=(run.timeout or _DEFAULT_TIMEOUT_MINUTES) * _MINUTE_SECONDS,
    )
    return run.process.run(order, lambda: _is_running(run))


def _is_running(run: JobRun) -> None:
    with _LOCK:
        if run.state == "STARTING":
            run.state = "RUNNING"
    run.modified_on = utcnow()


def _end(run: JobRun, ending: Ending) -> None:
    """Writes the log, then shows the state, then tells EventBridge: who hears of the end finds everything there."""
    region = run.job.backend.region_name
    for stream, text in (("output", ending.output), ("error", ending.errors)):
        logs.write(region, f"{_log_path(run)}/{stream}", run.job_run_id, text.splitlines())
    run.error = ending.message
    run.completed = run.modified_on = utcnow()
    run.state = ending.state
    _LOG.info("job %s: %s %s", run.job_name, run.state, run.error)
    events.send(
        region,
        source="aws.glue",
        detail_type="Glue Job State Change",
        detail={
            "jobName": run.job_name,
            "severity": "INFO" if run.state == "SUCCEEDED" else "ERROR",
            "state": run.state,
            "jobRunId": run.job_run_id,
            "message": run.error or "Job run succeeded",
        },
    )


def _log_path(run: JobRun) -> str:
    """Where Glue logs a run: with a security configuration, below a path made of it and the role."""
    if not run.security_configuration:
        return "/aws-glue/jobs"
    return f"/aws-glue/jobs/{run.security_configuration}-role/{run.job.role.rsplit('/', 1)[-1]}"
