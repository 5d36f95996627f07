"""Glue workflows and triggers: what starts what, and how a run of it all stands.

A workflow run fires the workflow's start trigger (EVENT, SCHEDULED or ON_DEMAND); whenever a job or a crawler of the run ends,
the CONDITIONAL triggers whose predicate holds fire, each once a run. Only what a trigger started counts, as on Glue. Triggers
without a workflow work in the same way, each start of theirs being a run that nobody can list; two such starts are not joined
by an AND, which Glue would do. Whether Glue lets `StartWorkflowRun` start a workflow that has an EVENT trigger is not proved.
"""

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.glue.exceptions import ConcurrentRunsExceededException, EntityNotFoundException, IllegalWorkflowStateException
from moto.glue.models import FakeTrigger, FakeWorkflow, FakeWorkflowRun, GlueBackend, glue_backends
from moto.glue.responses import GlueResponse
from moto.glue.utils import Action as Wanted
from moto.glue.utils import Condition

from local_aws import clock, schedules
from local_aws.fixes import patching
from local_aws.glue import crawlers, graph, jobs
from local_aws.glue.crawlers import Crawl
from local_aws.glue.jobs import JobRun
from local_aws.identity import ACCOUNT_ID

__all__ = ["Act", "WorkflowRun", "install", "start", "start_scheduled"]

_LOG = logging.getLogger(__name__)
_LOCK = threading.RLock()
_DIARY = schedules.Diary()
_STARTS = {"EVENT", "SCHEDULED", "ON_DEMAND"}


def install() -> None:
    """Changes moto's Glue, and starts the clock of the scheduled triggers."""
    patching.replace(GlueBackend, "start_workflow_run", _start_workflow_run)
    patching.replace(GlueBackend, "stop_workflow_run", _stop_workflow_run)
    patching.replace(GlueBackend, "start_trigger", _start_trigger)
    patching.replace(GlueResponse, "get_workflow_run", _get_workflow_run)
    patching.replace(GlueResponse, "get_workflow", _get_workflow)
    clock.every_second(start_scheduled)


@dataclass(kw_only=True)
class Act:
    """One thing a run started: a job or a crawler, by which trigger, and what became of it.

    Attributes:
        trigger: The trigger's name.
        job_name: The job; empty for a crawler.
        crawler_name: The crawler; empty for a job.
        work: The job run, or the crawl; None where it could not be started.
        state: Glue's state once it has ended; empty until then, `ERROR` where it could not be started.
    """

    trigger: str
    job_name: str = ""
    crawler_name: str = ""
    work: JobRun | Crawl | None = None
    state: str = ""

    def meets(self, condition: Condition) -> bool:
        """Whether this is what a condition of a predicate waits for."""
        if condition.job_name:
            return (
                self.job_name == condition.job_name
                and condition.state is not None
                and self.state == condition.state.value
            )
        wanted = condition.crawl_state
        return self.crawler_name == condition.crawler_name and wanted is not None and self.state == wanted.value


class WorkflowRun(FakeWorkflowRun):
    """A run that starts things and waits for them. moto's starts nothing and never ends.

    Attributes:
        backend: Where its triggers, jobs and crawlers are.
        acts: What it has started, in order.
        fired: The triggers that have fired.
    """

    def __init__(self, backend: GlueBackend, workflow: str, **settings: Any) -> None:  # noqa: ANN401 - moto's names
        super().__init__(workflow, **settings)
        self.backend = backend
        self.acts: list[Act] = []
        self.fired: list[str] = []

    def triggers(self) -> list[FakeTrigger]:
        """The triggers of its workflow; those without one, where it has none."""
        return [one for one in self.backend.triggers.values() if (one.workflow_name or "") == self.workflow_name]

    def as_dict(self) -> dict[str, Any]:
        """As `GetWorkflowRun` shows it."""
        counted = [act.state for act in self.acts]
        statistics = {
            "TotalActions": len(counted),
            "TimeoutActions": counted.count("TIMEOUT"),
            "FailedActions": counted.count("FAILED"),
            "StoppedActions": counted.count("STOPPED") + counted.count("CANCELLED"),
            "SucceededActions": counted.count("SUCCEEDED"),
            "RunningActions": counted.count(""),
            "ErroredActions": counted.count("ERROR"),
        }
        return {**super().as_dict(), "Statistics": statistics}


def start(backend: GlueBackend, workflow_name: str, properties: Mapping[str, str] | None = None) -> WorkflowRun:
    """Starts a run of a workflow.

    Raises:
        EntityNotFoundException: There is no such workflow.
        IllegalWorkflowStateException: Nothing in it could start.
        ConcurrentRunsExceededException: As many runs as there may be are under way.
    """
    workflow = _workflow(backend, workflow_name)
    starting = [
        trigger
        for trigger in backend.triggers.values()
        if trigger.workflow_name == workflow_name and trigger.trigger_type in _STARTS
    ]
    if not starting:
        raise IllegalWorkflowStateException(f"Workflow {workflow_name} has no trigger that starts it")
    with _LOCK:
        under_way = sum(run.status in {"RUNNING", "STOPPING"} for run in workflow.runs.values())
        if workflow.max_concurrent_runs and under_way >= workflow.max_concurrent_runs:
            raise ConcurrentRunsExceededException(f"Concurrent runs exceeded for workflow {workflow_name}")
        previous = next(reversed(workflow.runs), None)
        all_properties = {**(workflow.default_run_properties or {}), **(properties or {})}
        run = WorkflowRun(backend, workflow_name, previous_run_id=previous, properties=all_properties)
        workflow.runs[run.run_id] = run
        for trigger in starting:
            _fire(run, trigger)
        _settle(run)
    return run


def start_scheduled(now: datetime) -> None:
    """Fires the SCHEDULED triggers that are due in this minute, with their workflow where they have one."""
    for backend in list(glue_backends[ACCOUNT_ID].values()):
        for trigger in list(backend.triggers.values()):
            if trigger.trigger_type != "SCHEDULED" or trigger.state != "ACTIVATED":
                continue
            if _DIARY.is_due(trigger, trigger.schedule, now):
                _start_by(backend, trigger)


def _start_by(backend: GlueBackend, trigger: FakeTrigger) -> None:
    if not trigger.workflow_name:
        with _LOCK:
            _fire(WorkflowRun(backend, ""), trigger)
        return
    try:
        start(backend, trigger.workflow_name)
    except ConcurrentRunsExceededException:
        _LOG.warning("the schedule of %s is passed over, as Glue does: %s runs", trigger.name, trigger.workflow_name)


def _fire(run: WorkflowRun, trigger: FakeTrigger) -> None:
    run.fired.append(trigger.name)
    _LOG.info("trigger %s fires", trigger.name)
    for wanted in trigger.actions:
        _act(run, trigger.name, wanted)


def _act(run: WorkflowRun, trigger: str, wanted: Wanted) -> None:
    """Starts a job or a crawler. One that cannot start is an errored action, and the run goes on."""
    act = Act(trigger=trigger, job_name=str(wanted.job_name or ""), crawler_name=str(wanted.crawler_name or ""))
    run.acts.append(act)
    try:
        if act.job_name:
            named = {"--WORKFLOW_NAME": run.workflow_name, "--WORKFLOW_RUN_ID": run.run_id} if run.workflow_name else {}
            given = {**named, **(wanted.arguments or {})}  # type: ignore[dict-item]  # moto types an action's fields as one
            act.work = jobs.start(
                run.backend.get_job(act.job_name),
                given,
                trigger=trigger,
                then=lambda ended: _ended(run, act, ended, ended.state),
                timeout=wanted.timeout,
                security_configuration=wanted.security_configuration,
            )
        else:
            act.work = crawlers.start(
                run.backend.get_crawler(act.crawler_name), then=lambda ended: _ended(run, act, ended, ended.outcome)
            )
    except Exception as error:  # noqa: BLE001 - whatever Glue would refuse
        _LOG.warning("trigger %s could not start %s: %s", trigger, act.job_name or act.crawler_name, error)
        act.state = "ERROR"


def _ended(run: WorkflowRun, act: Act, work: JobRun | Crawl, state: str) -> None:
    """Notes how something ended and fires what waited for it; without anything left under way the run is over."""
    with _LOCK:
        act.work, act.state = work, state
        for trigger in run.triggers():
            waits = (
                trigger.trigger_type == "CONDITIONAL" and trigger.state == "ACTIVATED" and trigger.name not in run.fired
            )
            if waits and run.status == "RUNNING" and _holds(run, trigger):
                _fire(run, trigger)
        _settle(run)


def _settle(run: WorkflowRun) -> None:
    """Ends a run of which nothing is under way."""
    if all(act.state for act in run.acts):
        run.status = "STOPPED" if run.status == "STOPPING" else "COMPLETED"
        run.completed_on = utcnow()
        _LOG.info("run of workflow %s: %s", run.workflow_name, run.status)


def _holds(run: WorkflowRun, trigger: FakeTrigger) -> bool:
    if trigger.predicate is None:
        return False
    met = [any(act.meets(condition) for act in run.acts) for condition in trigger.predicate.conditions]
    return any(met) if trigger.predicate.logical.value == "ANY" else all(met)


def _workflow(backend: GlueBackend, name: str) -> FakeWorkflow:
    found = backend.workflows.get(name)
    if found is None:
        raise EntityNotFoundException("Entity not found")
    return found


def _start_workflow_run(backend: GlueBackend, workflow_name: str, properties: dict[str, str] | None) -> str:
    """AWS fires the start trigger. moto notes that there is a run."""
    return start(backend, workflow_name, properties).run_id


def _stop_workflow_run(backend: GlueBackend, workflow_name: str, run_id: str) -> None:
    """AWS stops what is under way. moto does nothing."""
    run = _workflow(backend, workflow_name).get_run(run_id)
    if not isinstance(run, WorkflowRun) or run.status != "RUNNING":
        raise IllegalWorkflowStateException(f"Run {run_id} is not running")
    with _LOCK:
        run.status = "STOPPING"
        under_way = [act.work for act in run.acts if not act.state]
    for work in under_way:
        if work is not None:
            work.stop()


def _start_trigger(backend: GlueBackend, name: str) -> None:
    """AWS activates a trigger, and fires it where it is ON_DEMAND. moto activates it."""
    trigger = backend.get_trigger(name)
    if trigger.trigger_type == "ON_DEMAND":
        _start_by(backend, trigger)
    else:
        trigger.start_trigger()


def _get_workflow_run(response: GlueResponse) -> ActionResult:
    """AWS shows the graph where it is asked for. moto has none."""
    run = _workflow(response.glue_backend, response._get_param("Name")).get_run(response._get_param("RunId"))  # noqa: SLF001 - moto's way
    shown = run.as_dict()
    if response._get_param("IncludeGraph") and isinstance(run, WorkflowRun):  # noqa: SLF001 - as above
        shown["Graph"] = graph.drawn(run.triggers(), run.acts)  # type: ignore[assignment]  # moto's type knows no graph
    return ActionResult({"Run": shown})


def _get_workflow(response: GlueResponse) -> ActionResult:
    """As above."""
    name = response._get_param("Name")  # noqa: SLF001 - moto's way of reading a request
    shown = _workflow(response.glue_backend, name).as_dict()
    if response._get_param("IncludeGraph"):  # noqa: SLF001 - as above
        triggers = [one for one in response.glue_backend.triggers.values() if one.workflow_name == name]
        shown["Graph"] = graph.drawn(triggers, [])
    return ActionResult({"Workflow": shown})
