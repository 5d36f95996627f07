"""The two jobs: their code in the jobs bucket, their security configuration and logs, their roles, and how they run.

Each can be started alone (``aws glue start-job-run --job-name ...``): it finds out by itself, from the ledger, what is
due. A run started by hand does not carry the workflow on: Glue's conditional triggers look only at runs that a trigger
started (Glue guide, "AWS Glue triggers").
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pulumi
import pulumi_aws as aws

from components.glue_scope import Scope
from components.policies import glue as policies
from components.policies import names

__all__ = ["GLUE_VERSION", "PYTHON_VERSION", "Code", "jobs", "log_groups", "security", "upload"]

GLUE_VERSION = "5.1"
"""Spark 3.5.6, Python 3.11. Pinned: left out, it is whatever Glue's newest is (6.0 has Python 3.13 and ANSI mode)."""

PYTHON_VERSION = "3"
"""Of a ``glueetl`` job: Python 3, as the Glue version brings it."""

ADDRESS_LETTERS = 16
"""Of a file's SHA-256, in its key: enough for every file there will ever be."""

_PURPOSE = {
    policies.RAW_JOB: "Validates delivered CSV files and writes typed Parquet; rejected rows go to quarantine.",
    policies.CURATE_JOB: "Takes the newest version of every row, enriches and aggregates it for analysts.",
}


@dataclass(frozen=True, kw_only=True)
class Code:
    """Where the uploaded code is: ``s3://`` addresses of each job's script and of the bundle of wheels."""

    scripts: Mapping[str, pulumi.Output[str]]
    bundle: pulumi.Output[str]


def upload(scope: Scope) -> Code:
    """Put scripts and bundle into the jobs bucket, under keys with their hash.

    A changed file is a new object and a changed argument of the job; an overwritten one would be no difference to
    Pulumi, and a run could mix old code with new.
    """
    code = scope.args.code
    return Code(
        scripts={job: _object(scope, f"{job}-script", "scripts", path) for job, path in code.scripts.items()},
        bundle=_object(scope, "bundle", "code", code.bundle),
    )


def security(scope: Scope) -> aws.glue.SecurityConfiguration:
    """How Glue encrypts what it writes itself: logs, bookmarks, and Spark's output.

    What the jobs write with polars follows the bucket's default instead, which is the same key.
    """
    key = scope.args.key_arn
    return aws.glue.SecurityConfiguration(
        f"{scope.name}-security",
        name=scope.site.security_configuration,
        encryption_configuration={
            "cloudwatch_encryption": {"cloudwatch_encryption_mode": "SSE-KMS", "kms_key_arn": key},
            "job_bookmarks_encryption": {"job_bookmarks_encryption_mode": "CSE-KMS", "kms_key_arn": key},
            "s3_encryption": {"s3_encryption_mode": "SSE-KMS", "kms_key_arn": key},
        },
        opts=scope.options(replace_first=True),
    )


def log_groups(scope: Scope) -> list[aws.cloudwatch.LogGroup]:
    """The log groups under the names that Glue derives; made here so that they are kept no longer than the setting says.

    Left to Glue they would be kept for ever.
    """
    days = {
        group: settings.log_retention_days
        for job, settings in scope.args.jobs.items()
        for group in policies.job_log_groups(scope.site, job)
    }
    longest = max(settings.log_retention_days for settings in scope.args.jobs.values())
    for zone in ("raw", "processed"):
        days[policies.crawler_log_group(scope.site, names.role_name(scope.args.prefix, f"crawler-{zone}"))] = longest
    return [
        aws.cloudwatch.LogGroup(
            f"{scope.name}-log{group.replace('/aws-glue', '').replace(scope.args.prefix, '').replace('/', '-')}",
            name=group,
            retention_in_days=kept,
            kms_key_id=scope.args.key_arn,
            tags=scope.args.tags,
            opts=scope.options(),
        )
        for group, kept in days.items()
    ]


def jobs(
    scope: Scope, code: Code, security: aws.glue.SecurityConfiguration, logs: list[aws.cloudwatch.LogGroup]
) -> tuple[Mapping[str, aws.glue.Job], Mapping[str, aws.iam.Role]]:
    """Job name -> the job, and job name -> its role."""
    roles = {policies.RAW_JOB: _raw_role(scope), policies.CURATE_JOB: _curate_role(scope)}
    return (
        {job: _job(scope, job, code, security, roles[job], logs) for job in roles},
        {job: role for job, (role, _) in roles.items()},
    )


def _job(
    scope: Scope,
    job: str,
    code: Code,
    security: aws.glue.SecurityConfiguration,
    role: tuple[aws.iam.Role, aws.iam.RolePolicy],
    logs: list[aws.cloudwatch.LogGroup],
) -> aws.glue.Job:
    settings = scope.args.jobs[job]
    return aws.glue.Job(
        f"{scope.name}-{job}",
        name=scope.named(job),
        description=_PURPOSE[job],
        role_arn=role[0].arn,
        command={"name": "glueetl", "python_version": PYTHON_VERSION, "script_location": code.scripts[job]},
        glue_version=GLUE_VERSION,
        worker_type=settings.worker_type,
        number_of_workers=settings.workers,
        execution_class=settings.execution_class,
        timeout=settings.timeout_minutes,
        max_retries=settings.retries,
        execution_property={"max_concurrent_runs": 1},
        job_run_queuing_enabled=settings.queues,
        security_configuration=security.name,
        default_arguments=_arguments(scope, job, code),
        tags=scope.args.tags,
        opts=scope.options(role[1], *logs),
    )


def _arguments(scope: Scope, job: str, code: Code) -> dict[str, pulumi.Input[str]]:
    """What a run is told: Glue's own switches, then the script's."""
    settings = scope.args.jobs[job]
    own: dict[str, pulumi.Input[str]] = {
        f"--{zone}": scope.uri(zone) for zone in ("raw", "processed", "quarantine", "curated")
    }
    if job == policies.CURATE_JOB:
        own["--catalog_database"] = names.database_name(scope.args.prefix, "curated")
    if scope.args.lineage_url:
        own["--lineage_url"] = scope.args.lineage_url
    return {
        "--job-language": "python",
        # From the bundle alone: nothing is fetched from an index, so a run needs no internet and cannot drift.
        "--additional-python-modules": code.bundle,
        "--python-modules-installer-option": "--no-index",
        # Left out, Glue makes a bucket of its own for these, which might permit public access.
        "--TempDir": scope.uri("jobs", f"tmp/{job}"),
        "--enable-spark-ui": "true",
        "--spark-event-logs-path": scope.uri("jobs", f"spark-logs/{job}"),
        # Bookmarks know Glue's own readers only; the ledger says what is due.
        "--job-bookmark-option": "job-bookmark-disable",
        "--enable-metrics": "true",
        "--enable-observability-metrics": "true",
        "--enable-job-insights": "true",
        "--enable-auto-scaling": "true" if settings.auto_scaling else "false",
        **own,
        "--ledger": scope.uri("processed", policies.LEDGER),
        "--engine": settings.engine,
        "--metrics_namespace": scope.args.metrics_namespace,
        "--dpus": f"{settings.dpus:g}",
        "--dpu_hour_usd": f"{settings.price_usd:g}",
    }


def _raw_role(scope: Scope) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    args, site = scope.args, scope.site
    return scope.role(
        policies.RAW_JOB,
        description="Reads deliveries; writes the processed zone, the quarantine and the ledger.",
        trust=policies.glue_trust(site),
        access=scope.with_key(
            lambda key_arn: policies.raw_to_processed(
                site, key_arn=key_arn, datasets=args.datasets, metrics_namespace=args.metrics_namespace
            )
        ),
    )


def _curate_role(scope: Scope) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    args, site = scope.args, scope.site
    return scope.role(
        policies.CURATE_JOB,
        description="Reads the processed zone; writes the curated zone and registers its partitions.",
        trust=policies.glue_trust(site),
        access=scope.with_key(
            lambda key_arn: policies.processed_to_curated(
                site,
                key_arn=key_arn,
                datasets=args.datasets,
                tables=[table.name for table in args.curated_tables],
                metrics_namespace=args.metrics_namespace,
            )
        ),
    )


def _object(scope: Scope, suffix: str, folder: str, path: Path) -> pulumi.Output[str]:
    """Upload a file; returns its ``s3://`` address, which resolves when it is there."""
    with path.open("rb") as content:
        address = hashlib.file_digest(content, "sha256").hexdigest()[:ADDRESS_LETTERS]
    uploaded = aws.s3.BucketObjectv2(
        f"{scope.name}-{suffix}",
        bucket=scope.args.buckets["jobs"],
        key=f"{folder}/{address}/{path.name}",
        source=pulumi.FileAsset(str(path)),
        server_side_encryption="aws:kms",
        kms_key_id=scope.args.key_arn,
        bucket_key_enabled=True,
        tags=scope.args.tags,
        opts=scope.options(),
    )
    return pulumi.Output.concat("s3://", uploaded.bucket, "/", uploaded.key)
