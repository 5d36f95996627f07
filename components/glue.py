"""`LakeCatalog`: the Data Catalog, the two jobs that fill the lake, the crawlers, and what starts and watches them.

How it is laid out: `glue_args` and `glue_specs` (what it is told), `glue_catalog` (encryption, databases, curated tables),
`glue_jobs`, `glue_crawlers`, `glue_workflow` (triggers, event rules, dead letters), `glue_alerts` (topic, alarms),
`policies.glue` (who may do what). The code that travels is made by `packaging`, from wheels that `glue_wheels` downloads.

What a mock or the provider cannot prove: that Glue installs the bundle, that Lake Formation lends the crawlers their
credentials, that EventBridge reaches the workflow. Each shows on a first run on a real account, as `docs/deploy.md` leads it.
"""

from collections.abc import Mapping

import pulumi

from components import glue_alerts, glue_catalog, glue_crawlers, glue_jobs, glue_workflow
from components.glue_args import BUCKET_ZONES, LakeCatalogArgs
from components.glue_scope import Scope
from components.glue_specs import (
    JOBS,
    AlertSettings,
    ColumnSpec,
    JobCode,
    JobSettings,
    StartSettings,
    Subscription,
    TableSpec,
)

__all__ = [
    "BUCKET_ZONES",
    "JOBS",
    "AlertSettings",
    "ColumnSpec",
    "JobCode",
    "JobSettings",
    "LakeCatalog",
    "LakeCatalogArgs",
    "StartSettings",
    "Subscription",
    "TableSpec",
]


class LakeCatalog(pulumi.ComponentResource):
    """The catalog and the jobs of one stack.

    Pass in ``depends_on`` what has to be there first: the storage (its bucket policies and encryption, since code is
    uploaded) and the account's Lake Formation settings (databases take their default permissions from them).

    Attributes:
        database_names: Zone (``raw``, ``processed``, ``curated``) -> its database.
        table_names: Curated table -> its name, known when it exists.
        job_names: Job (``raw-to-processed``, ``processed-to-curated``) -> its name on AWS.
        crawler_names: ``processed``, or ``raw-<dataset>`` -> the crawler's name.
        workflow_name: The workflow.
        topic_arn: Where failures and breaches are told.
        role_arns: ``raw-to-processed``, ``processed-to-curated``, ``crawler-raw``, ``crawler-processed`` -> the role's ARN.
    """

    database_names: Mapping[str, pulumi.Output[str]]
    table_names: Mapping[str, pulumi.Output[str]]
    job_names: Mapping[str, pulumi.Output[str]]
    crawler_names: Mapping[str, pulumi.Output[str]]
    workflow_name: pulumi.Output[str]
    topic_arn: pulumi.Output[str]
    role_arns: Mapping[str, pulumi.Output[str]]

    def __init__(self, name: str, args: LakeCatalogArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:glue:LakeCatalog", name, None, opts)
        scope = Scope(name=name, args=args, parent=self, after=_after(opts))

        databases = glue_catalog.databases(scope, glue_catalog.encryption(scope))
        tables = glue_catalog.curated_tables(scope, databases["curated"])
        security = glue_jobs.security(scope)
        logs = glue_jobs.log_groups(scope)
        jobs, job_roles = glue_jobs.jobs(scope, glue_jobs.upload(scope), security, logs)
        crawlers, crawler_roles = glue_crawlers.crawlers(scope, databases, security, logs)
        workflow = glue_workflow.workflow(scope, jobs, crawlers)
        queue = glue_workflow.dead_letters(scope)
        glue_workflow.event_rules(scope, workflow, queue)
        topic = glue_alerts.topic(scope)
        glue_alerts.failure_rules(scope, topic, queue, jobs, crawlers)
        glue_alerts.alarms(scope, topic[0], queue)

        self.database_names = {zone: database.name for zone, database in databases.items()}
        self.table_names = {table: built.name for table, built in tables.items()}
        self.job_names = {job: built.name for job, built in jobs.items()}
        self.crawler_names = {crawler: built.name for crawler, built in crawlers.items()}
        self.workflow_name = workflow.name
        self.topic_arn = topic[0].arn
        self.role_arns = {role: built.arn for role, built in {**job_roles, **crawler_roles}.items()}
        self.register_outputs(
            {
                "database_names": self.database_names,
                "table_names": self.table_names,
                "job_names": self.job_names,
                "crawler_names": self.crawler_names,
                "workflow_name": self.workflow_name,
                "topic_arn": self.topic_arn,
                "role_arns": self.role_arns,
            }
        )


def _after(opts: pulumi.ResourceOptions | None) -> list[pulumi.Resource]:
    """What the caller wants to exist first, for the children too: a component alone does not hand it down."""
    wanted = opts.depends_on if opts is not None and opts.depends_on is not None else []
    return [wanted] if isinstance(wanted, pulumi.Resource) else list(wanted)  # type: ignore[arg-type]
