"""IAM documents of what starts the jobs and tells of them: event rules, the queue for lost events, the alert topic."""

from collections.abc import Sequence

from components.policies import names
from components.policies.document import Document, Statement, allow, deny, document, service_trust
from components.policies.glue import Site

__all__ = ["dead_letter_queue", "topic", "workflow_events", "workflow_events_trust"]


def workflow_events_trust(site: Site, rules: Sequence[str]) -> Document:
    """Who may hand events to the workflow: EventBridge, for these rules of this account."""
    return service_trust("events.amazonaws.com", site.account_id, source_arns=site.rule_arns(rules))


def workflow_events(site: Site) -> Document:
    """What the event rules may do: notify the one workflow."""
    return document(
        allow("NotifyWorkflow", "glue:NotifyEvent", site.glue("workflow", names.workflow_name(site.prefix)))
    )


def topic(site: Site, rules: Sequence[str]) -> Document:
    """Who may publish alerts: these rules and this stack's alarms; nobody without TLS."""
    arn = site.topic_arn()
    alarms = f"arn:{site.partition}:cloudwatch:{site.region}:{site.account_id}:alarm:{site.prefix}-*"
    return document(
        _publish("RulesMayPublish", "events.amazonaws.com", site, site.rule_arns(rules)),
        _publish("AlarmsMayPublish", "cloudwatch.amazonaws.com", site, [alarms]),
        deny("TlsOnly", "sns:Publish", arn, principals="*", conditions={"Bool": {"aws:SecureTransport": "false"}}),
    )


def dead_letter_queue(site: Site, queue: str, rules: Sequence[str]) -> Document:
    """Who may leave undelivered events in the queue: these rules; nobody without TLS."""
    arn = names.queue_arn(queue, site.account_id, site.region, partition=site.partition)
    return document(
        allow(
            "RulesMayLeaveEvents",
            "sqs:SendMessage",
            arn,
            principals={"Service": "events.amazonaws.com"},
            conditions=_from(site, site.rule_arns(rules)),
        ),
        deny("TlsOnly", "sqs:*", arn, principals="*", conditions={"Bool": {"aws:SecureTransport": "false"}}),
    )


def _publish(sid: str, service: str, site: Site, sources: Sequence[str]) -> Statement:
    return allow(sid, "sns:Publish", site.topic_arn(), principals={"Service": service}, conditions=_from(site, sources))


def _from(site: Site, sources: Sequence[str]) -> dict[str, dict[str, str | Sequence[str]]]:
    return {"StringEquals": {"aws:SourceAccount": site.account_id}, "ArnLike": {"aws:SourceArn": list(sources)}}
