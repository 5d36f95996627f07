"""The warehouse itself: a cluster of nodes, with its parameters, logs, snapshots and pauses."""

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.policies import names
from components.policies import redshift as policies
from components.redshift_args import LakeWarehouseArgs, PauseArgs, ProvisionedArgs
from components.redshift_network import PORT, Network

__all__ = ["LOG_EXPORTS", "Warehouse", "cluster", "log_groups"]

LOG_EXPORTS = ("connectionlog", "useractivitylog", "userlog")
"""Who connected, what was asked, which users changed."""


@dataclass(frozen=True, kw_only=True)
class Warehouse:
    """What the rest of the component needs of a cluster or a workgroup."""

    endpoint: pulumi.Output[str]
    secret_arn: pulumi.Output[str]
    arn: pulumi.Input[str]
    """What statements are run on."""
    credentials_arn: pulumi.Input[str]
    """What a sign-in is asked on."""
    resource: pulumi.Resource
    """What must be there before a statement can be run."""
    cluster_identifier: pulumi.Output[str] | None = None
    """How the Data API is told which cluster, or"""
    workgroup_name: pulumi.Output[str] | None = None
    """which workgroup."""


def log_groups(
    name: str, folder: str, args: LakeWarehouseArgs, opts: pulumi.ResourceOptions
) -> list[aws.cloudwatch.LogGroup]:
    """The groups that audit logs go to, made before Redshift would make them without key and end.

    CloudWatch and not S3, since S3 would take them only without the lake's key (Redshift Management Guide, "Database audit
    logging"), and serverless knows no other.
    """
    return [
        aws.cloudwatch.LogGroup(
            f"{name}-{export}",
            name=f"{folder}/{export}",
            kms_key_id=args.key_arn,
            retention_in_days=args.log_retention_days,
            tags=args.tags,
            opts=opts,
        )
        for export in LOG_EXPORTS
    ]


def cluster(
    name: str,
    args: LakeWarehouseArgs,
    size: ProvisionedArgs,
    network: Network,
    copy_role_arn: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> Warehouse:
    """Build the cluster and what belongs to it."""
    warehouse = policies.warehouse_name(args.prefix)
    made = _nodes(name, args, size, network, copy_role_arn, opts)
    logs = log_groups(name, f"/aws/redshift/cluster/{warehouse}", args, opts)
    aws.redshift.Logging(
        f"{name}-audit",
        cluster_identifier=made.cluster_identifier,
        log_destination_type="cloudwatch",
        log_exports=list(LOG_EXPORTS),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=logs)),
    )
    if size.snapshot_schedule is not None:
        _snapshots(name, args, size.snapshot_schedule, made, opts)
    arn = names.cluster_arn(warehouse, args.account_id, args.region, partition=args.partition)
    if size.pause is not None:
        _pauses(name, args, size.pause, made, arn, opts)
    return Warehouse(
        endpoint=made.endpoint,
        secret_arn=made.master_password_secret_arn,
        arn=arn,
        credentials_arn=policies.database_arn(
            warehouse, args.database_name, args.account_id, args.region, partition=args.partition
        ),
        resource=made,
        cluster_identifier=made.cluster_identifier,
    )


def _nodes(
    name: str,
    args: LakeWarehouseArgs,
    size: ProvisionedArgs,
    network: Network,
    copy_role_arn: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> aws.redshift.Cluster:
    warehouse = policies.warehouse_name(args.prefix)
    return aws.redshift.Cluster(
        f"{name}-cluster",
        cluster_identifier=warehouse,
        node_type=size.node_type,
        cluster_type="single-node" if size.node_count == 1 else "multi-node",
        number_of_nodes=size.node_count,
        database_name=args.database_name,
        master_username=args.admin_name,
        manage_master_password=True,
        master_password_secret_kms_key_id=args.key_arn,
        encrypted="true",  # the provider wants text here
        kms_key_id=args.key_arn,
        port=PORT,
        publicly_accessible=False,
        enhanced_vpc_routing=args.enhanced_vpc_routing,
        vpc_security_group_ids=[network.security_group_id],
        cluster_subnet_group_name=_subnet_group(name, args, network, opts).name,
        cluster_parameter_group_name=_parameters(name, args, opts).name,
        iam_roles=[copy_role_arn],
        default_iam_role_arn=copy_role_arn,
        automated_snapshot_retention_period=size.snapshot_days,
        manual_snapshot_retention_period=size.manual_snapshot_days,
        skip_final_snapshot=not size.final_snapshot,
        final_snapshot_identifier=f"{warehouse}-final" if size.final_snapshot else None,
        preferred_maintenance_window=size.maintenance_window,
        allow_version_upgrade=True,
        tags=args.tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=network.ready, protect=args.protect)),
    )


def _subnet_group(
    name: str, args: LakeWarehouseArgs, network: Network, opts: pulumi.ResourceOptions
) -> aws.redshift.SubnetGroup:
    return aws.redshift.SubnetGroup(
        f"{name}-subnets",
        name=policies.warehouse_name(args.prefix),
        description=f"Private subnets of {args.prefix}",
        subnet_ids=network.subnet_ids,
        tags=args.tags,
        opts=opts,
    )


def _parameters(name: str, args: LakeWarehouseArgs, opts: pulumi.ResourceOptions) -> aws.redshift.ParameterGroup:
    """TLS or nothing, and every statement in the audit log.

    Only Redshift's own default group of family redshift-2.0 requires TLS by itself; one of ours says it (Redshift
    Management Guide, "Behavior changes").
    """
    values = {
        "enable_user_activity_logging": "true",
        "require_ssl": "true",
        "statement_timeout": str(args.query_timeout_seconds * 1000),
    }
    return aws.redshift.ParameterGroup(
        f"{name}-parameters",
        name=policies.warehouse_name(args.prefix),
        family="redshift-2.0",
        description=f"TLS only, every statement logged: {args.prefix}",
        parameters=[aws.redshift.ParameterGroupParameterArgs(name=key, value=value) for key, value in values.items()],
        tags=args.tags,
        opts=opts,
    )


def _snapshots(
    name: str, args: LakeWarehouseArgs, schedule: str, made: aws.redshift.Cluster, opts: pulumi.ResourceOptions
) -> None:
    plan = aws.redshift.SnapshotSchedule(
        f"{name}-snapshots",
        identifier=policies.warehouse_name(args.prefix),
        definitions=[schedule],
        tags=args.tags,
        opts=opts,
    )
    aws.redshift.SnapshotScheduleAssociation(
        f"{name}-snapshots-of-cluster",
        cluster_identifier=made.cluster_identifier,
        schedule_identifier=plan.identifier,
        opts=opts,
    )


def _pauses(
    name: str,
    args: LakeWarehouseArgs,
    pause: PauseArgs,
    made: aws.redshift.Cluster,
    arn: str,
    opts: pulumi.ResourceOptions,
) -> None:
    """Two schedules of EventBridge's, which knows time zones and documents what it sends to a trust policy.

    Redshift's own scheduled actions know neither.
    """
    warehouse = policies.warehouse_name(args.prefix)
    group = aws.scheduler.ScheduleGroup(f"{name}-schedules", name=warehouse, tags=args.tags, opts=opts)
    role, access = _scheduler_role(name, args, arn, opts)
    for action, when in (("pause", pause.pause), ("resume", pause.resume)):
        aws.scheduler.Schedule(
            f"{name}-{action}",
            name=action,
            group_name=group.name,
            description=f"{action.capitalize()}s {warehouse}",
            schedule_expression=when,
            schedule_expression_timezone=pause.timezone,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=f"arn:{args.partition}:scheduler:::aws-sdk:redshift:{action}Cluster",
                role_arn=role.arn,
                input=json.dumps({"ClusterIdentifier": warehouse}),
                # A cluster in maintenance refuses; an hour later the next action is nearer than this one.
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_event_age_in_seconds=3600, maximum_retry_attempts=10
                ),
            ),
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[made, access])),
        )


def _scheduler_role(
    name: str, args: LakeWarehouseArgs, arn: str, opts: pulumi.ResourceOptions
) -> tuple[aws.iam.Role, aws.iam.RolePolicy]:
    group = policies.warehouse_name(args.prefix)
    role = aws.iam.Role(
        f"{name}-scheduler-role",
        name=names.role_name(args.prefix, "warehouse-scheduler"),
        description="Pauses and resumes the warehouse",
        assume_role_policy=json.dumps(
            policies.scheduler_trust(group, args.account_id, args.region, partition=args.partition)
        ),
        tags=args.tags,
        opts=opts,
    )
    access = aws.iam.RolePolicy(
        f"{name}-scheduler-access", role=role.name, policy=json.dumps(policies.scheduler_access(arn)), opts=opts
    )
    return role, access
