"""Energy Lake on AWS: the recipe. Settings, then storage, catalog, governance, queries, warehouse, costs; exports last.

This file alone crosses the rooms: it turns contracts into the plain tables and columns that components take, and hands the
outputs of one component to the next. What a setting means is in ``Pulumi.yaml``, what a component builds in ``components/``.
"""

from pathlib import Path
from typing import TypedDict

import pulumi

import settings as stack_settings
from components import athena, costs, glue, lakeformation, packaging, redshift, s3
from components.policies import access, names
from components.policies.audit import AuditTrail
from components.provider import lake_provider
from contracts import CURATED, DELIVERED
from contracts.glue_types import CatalogColumn, columns_of, partition_keys_of
from contracts.model import Dataset
from warehouse import ddl, grants

ROOT = Path(__file__).resolve().parent
WHEELS = ROOT / "build" / "wheels"


class Site(TypedDict):
    """Where the stack lives: what every component makes its names of."""

    prefix: str
    account_id: str
    region: str


def catalog_table(dataset: Dataset) -> glue.TableSpec:
    """A curated contract as a table of the Data Catalog."""

    def specs(columns: list[CatalogColumn]) -> list[glue.ColumnSpec]:
        return [glue.ColumnSpec(name=column.name, type=column.type, comment=column.comment) for column in columns]

    return glue.TableSpec(
        name=dataset.name,
        description=dataset.description,
        columns=specs(columns_of(dataset)),
        partition_keys=specs(partition_keys_of(dataset)),
    )


def governed_table(dataset: Dataset) -> lakeformation.GovernedTable:
    """A curated contract as a table whose columns have a sensitivity."""

    def governed(columns: list[CatalogColumn]) -> tuple[lakeformation.GovernedColumn, ...]:
        return tuple(
            lakeformation.GovernedColumn(name=column.name, sensitivity=column.sensitivity) for column in columns
        )

    return lakeformation.GovernedTable(
        name=dataset.name,
        columns=governed(columns_of(dataset)),
        partition_keys=governed(partition_keys_of(dataset)),
    )


def job_code(lake: stack_settings.Settings) -> glue.JobCode:
    """The jobs' scripts, and one bundle of our rooms with the wheels they need (an emulator has them already)."""
    wheels = None if lake.is_emulated or not WHEELS.is_dir() else WHEELS
    if not (wheels or lake.is_emulated):
        pulumi.log.error(
            f"{WHEELS.relative_to(ROOT)} is not there, so jobs on Glue would find no polars: run `make wheels`, then again"
        )
    bundle = packaging.bundle(ROOT, wheels=wheels, into=ROOT / "build" / "bundles")
    return glue.JobCode(
        scripts={job: ROOT / "jobs" / f"glue_{job.replace('-', '_')}.py" for job in glue.JOBS}, bundle=bundle
    )


def warehouse_size(lake: stack_settings.Settings) -> redshift.ProvisionedArgs | redshift.ServerlessArgs:
    """A cluster of nodes or a serverless workgroup, as the settings say."""
    if lake.warehouse == "serverless":
        return redshift.ServerlessArgs(
            base_rpu=lake.base_rpu, max_rpu=lake.max_rpu, monthly_rpu_hours=lake.monthly_rpu_hours
        )
    pause = redshift.PauseArgs(pause=lake.pause, resume=lake.resume, timezone=lake.timezone) if lake.pause else None
    return redshift.ProvisionedArgs(
        node_type=lake.node_type,
        node_count=lake.nodes,
        snapshot_days=lake.snapshot_days,
        pause=pause,
        final_snapshot=not lake.destroyable,
    )


lake = stack_settings.load()
site = Site(prefix=lake.prefix, account_id=lake.account_id, region=lake.region)
outside = access.Outsiders(administrators=lake.all_administrators, deliverers=lake.deliverers)
trail = AuditTrail(**site)
on_aws = pulumi.ResourceOptions(provider=lake_provider(lake.region, lake.account_id, lake.endpoint))

storage = s3.LakeStorage(
    "storage",
    s3.LakeStorageArgs(
        **site,
        key_uses=access.key_uses(lake.prefix, lake.account_id, outside),
        readers=access.readers(lake.prefix, lake.account_id, outside),
        writers=access.writers(lake.prefix, lake.account_id, outside),
        further_logged_buckets=[trail.bucket],
        retention=s3.ZoneRetention(
            raw=s3.Retention(infrequent_after=30, archive_after=90, noncurrent=lake.raw_replaced_days),
            results=s3.Retention(expire_after=lake.results_days, noncurrent=1),
            logs=s3.Retention(archive_after=90, expire_after=lake.access_log_days),
        ),
        raw_object_lock_days=lake.raw_lock_days or None,
        force_destroy=lake.destroyable,
        tags=lake.tags,
    ),
    on_aws,
)

lake_settings = lakeformation.LakeSettings(
    "lake-settings",
    lakeformation.LakeSettingsArgs(
        account_id=lake.account_id,
        admins=lake.all_administrators,
        deployer_arn=lake.deployer,
        trusted_resource_owners=lake.shared_accounts,
    ),
    on_aws,
)

catalog = glue.LakeCatalog(
    "catalog",
    glue.LakeCatalogArgs(
        **site,
        buckets=storage.bucket_names,
        key_arn=storage.key_arn,
        datasets=list(DELIVERED),
        curated_tables=[catalog_table(dataset) for dataset in CURATED.values()],
        code=job_code(lake),
        jobs=dict.fromkeys(
            glue.JOBS,
            glue.JobSettings(
                worker_type=lake.worker_type,
                workers=lake.workers,
                auto_scaling=lake.auto_scaling,
                execution_class=lake.execution_class,
                timeout_minutes=lake.job_timeout_minutes,
                retries=lake.job_retries,
                engine=lake.engine,
                log_retention_days=lake.log_days,
            ),
        ),
        start=glue.StartSettings(
            schedule=lake.schedule,
            on_schedule=lake.start_on_schedule,
            on_delivery=lake.start_on_delivery,
            batch_size=lake.batch_size,
            batch_window_seconds=lake.batch_window_seconds,
        ),
        alerts=glue.AlertSettings(
            subscriptions=[glue.Subscription(protocol="email", endpoint=address) for address in lake.alert_emails],
            rejected_percent=lake.rejected_percent,
            refused_files=lake.refused_files,
            stale_after_hours=lake.stale_after_hours,
            due_days=lake.due_days,
            daily_cost_usd=lake.daily_cost_usd,
        ),
        lineage_url=lake.lineage_url,
        encrypt_catalog=lake.encrypt_catalog,
        lake_formation=lake.govern_crawlers,
        tags=lake.tags,
    ),
    pulumi.ResourceOptions.merge(on_aws, pulumi.ResourceOptions(depends_on=[lake_settings])),
)

queries = athena.read_queries(ROOT / "queries", names.database_name(lake.prefix, "curated"))

governance = lakeformation.LakeGovernance(
    "governance",
    lakeformation.LakeGovernanceArgs(
        **site,
        catalog_id=lake_settings.catalog_id,
        databases=catalog.database_names,
        curated_tables=[governed_table(dataset) for dataset in CURATED.values()],
        table_names=catalog.table_names,
        bucket_arns=storage.bucket_arns,
        key_arn=storage.key_arn,
        writers=[
            lakeformation.Writer(
                name=role, role_arn=catalog.role_arns[role], zone=zone, creates_tables=creates, changes_tables=True
            )
            for role, zone, creates in (
                ("processed-to-curated", "curated", False),
                ("crawler-raw", "raw", True),
                ("crawler-processed", "processed", True),
            )
        ],
        trusted_principals=lake.trusted(),
        require_mfa=lake.require_mfa,
        analyst=lakeformation.AnalystScope(regions=lake.analyst_regions, whole_tables=lake.analyst_whole_tables),
        views=[query.view for query in queries if query.view],
        cross_account=lakeformation.CrossAccountShare(account_ids=lake.shared_accounts)
        if lake.shared_accounts
        else None,
        default_database=lake.default_database,
        audit=lakeformation.LakeAuditArgs(
            trail=trail,
            watched_bucket_arns={zone: storage.bucket_arns[zone] for zone in names.DATA_ZONES},
            access_log_bucket=storage.bucket_names["logs"],
            retention_days=lake.audit_days,
            log_retention_days=lake.audit_search_days,
            deletable=lake.destroyable,
            tags=lake.tags,
        ),
        tags=lake.tags,
    ),
    on_aws,
)

workgroups = athena.LakeQueries(
    "queries",
    athena.LakeQueriesArgs(
        **site,
        scan_limits=lake.scan_limits(),
        results_bucket=storage.bucket_names["results"],
        key_arn=storage.key_arn,
        queries=queries,
        persona_role_names=governance.persona_role_names,
        force_destroy=lake.destroyable,
        tags=lake.tags,
    ),
    on_aws,
)

warehouse = redshift.LakeWarehouse(
    "warehouse",
    redshift.LakeWarehouseArgs(
        **site,
        size=warehouse_size(lake),
        network=redshift.NetworkArgs(
            availability_zones=lake.availability_zones, vpc_cidr=lake.vpc_cidr, client_cidrs=lake.client_cidrs
        ),
        curated_bucket=storage.bucket_names["curated"],
        ledger_bucket=storage.bucket_names["processed"],
        key_arn=storage.key_arn,
        tables=list(CURATED),
        ddl=ddl.statements(
            CURATED.values(),
            ddl.Access(
                database="energy_lake",
                loader_role=names.role_name(lake.prefix, access.LOADER),
                copy_role_arn=names.role_arn(lake.prefix, access.COPY, lake.account_id),
                persona_roles={p: names.role_name(lake.prefix, f"persona-{p}") for p in grants.PERSONAS},
            ),
        ),
        reader_roles={persona: governance.persona_role_names[persona] for persona in grants.PERSONAS},
        log_retention_days=lake.log_days,
        protect=not lake.destroyable,
        tags=lake.tags,
    ),
    on_aws,
)

costs.CostGuard(
    "costs",
    costs.CostGuardArgs(
        prefix=lake.prefix,
        monthly_limit_usd=lake.monthly_budget_usd,
        tag_key="environment",
        tag_value=lake.stack,
        topic_arn=catalog.topic_arn,
        emails=lake.alert_emails,
        tags=lake.tags,
    ),
    on_aws,
)

pulumi.export("buckets", storage.bucket_names)
pulumi.export("keyArn", storage.key_arn)
pulumi.export("databases", catalog.database_names)
pulumi.export("jobs", catalog.job_names)
pulumi.export("crawlers", catalog.crawler_names)
pulumi.export("workflow", catalog.workflow_name)
pulumi.export("alertTopicArn", catalog.topic_arn)
pulumi.export("personaRoleArns", governance.persona_role_arns)
pulumi.export("trailArn", governance.trail_arn)
pulumi.export("workgroups", workgroups.workgroup_names)
pulumi.export("warehouse", warehouse.identifier)
pulumi.export("warehouseEndpoint", warehouse.endpoint)
pulumi.export("warehouseDatabase", warehouse.database_name)
pulumi.export("copyRoleArn", warehouse.copy_role_arn)
pulumi.export("loaderRoleArn", warehouse.loader_role_arn)
