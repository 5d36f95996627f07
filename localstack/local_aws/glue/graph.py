"""The graph of a workflow, as `GetWorkflow` and `GetWorkflowRun` show it: triggers, jobs and crawlers, and what leads to what."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from moto.glue.models import FakeTrigger

from local_aws.glue.jobs import JobRun

if TYPE_CHECKING:
    from local_aws.glue.workflows import Act

__all__ = ["drawn"]

Node = dict[str, Any]


def drawn(triggers: Iterable[FakeTrigger], acts: "Iterable[Act]") -> dict[str, list[Node]]:
    """Nodes and edges; jobs and crawlers with the runs that a workflow run started."""
    nodes: dict[tuple[str, str], Node] = {}
    edges: list[Node] = []

    def node(kind: str, name: str) -> str:
        found = nodes.setdefault((kind, name), {"Type": kind, "Name": name, "UniqueId": f"wnode_{kind}_{name}".lower()})
        return str(found["UniqueId"])

    for trigger in triggers:
        own = node("TRIGGER", trigger.name)
        nodes["TRIGGER", trigger.name]["TriggerDetails"] = {"Trigger": trigger.as_dict()}
        for condition in trigger.predicate.conditions if trigger.predicate else []:
            before = node(*_named(condition.job_name, condition.crawler_name))
            edges.append({"SourceId": before, "DestinationId": own})
        for action in trigger.actions:
            after = node(*_named(action.job_name, action.crawler_name))
            edges.append({"SourceId": own, "DestinationId": after})
    for act in acts:
        node(*_named(act.job_name, act.crawler_name))
        _show(nodes[_named(act.job_name, act.crawler_name)], act)
    return {"Nodes": list(nodes.values()), "Edges": edges}


def _named(job: object, crawler: object) -> tuple[str, str]:
    return ("JOB", str(job)) if job else ("CRAWLER", str(crawler))


def _show(node: Node, act: "Act") -> None:
    if isinstance(act.work, JobRun):
        node.setdefault("JobDetails", {"JobRuns": []})["JobRuns"].append(act.work.as_dict())
    elif act.work is not None:
        node.setdefault("CrawlerDetails", {"Crawls": []})["Crawls"].append(act.work.as_node())
