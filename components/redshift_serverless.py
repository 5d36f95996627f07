"""The warehouse itself, the other way: a serverless namespace (data, users) and its workgroup (capacity, network)."""

import pulumi
import pulumi_aws as aws

from components.policies import redshift as policies
from components.redshift_args import LakeWarehouseArgs, ServerlessArgs
from components.redshift_cluster import LOG_EXPORTS, Warehouse, log_groups
from components.redshift_network import PORT, Network

__all__ = ["serverless"]


def serverless(
    name: str,
    args: LakeWarehouseArgs,
    size: ServerlessArgs,
    network: Network,
    copy_role_arn: pulumi.Output[str],
    opts: pulumi.ResourceOptions,
) -> Warehouse:
    """Build namespace, workgroup and the limit on what they may use."""
    namespace = _namespace(name, args, copy_role_arn, opts)
    workgroup = _workgroup(name, args, size, network, namespace, opts)
    aws.redshiftserverless.UsageLimit(
        f"{name}-limit",
        resource_arn=workgroup.arn,
        usage_type="serverless-compute",
        period="monthly",
        amount=size.monthly_rpu_hours,
        breach_action="deactivate",
        opts=opts,
    )
    return Warehouse(
        # Said by name (Redshift Management Guide, "Connecting to Amazon Redshift Serverless"): it is the same before and after.
        endpoint=workgroup.workgroup_name.apply(
            lambda given: f"{given}.{args.account_id}.{args.region}.redshift-serverless.amazonaws.com:{PORT}"
        ),
        secret_arn=namespace.admin_password_secret_arn,
        arn=workgroup.arn,
        credentials_arn=workgroup.arn,
        resource=workgroup,
        workgroup_name=workgroup.workgroup_name,
    )


def _namespace(
    name: str, args: LakeWarehouseArgs, copy_role_arn: pulumi.Output[str], opts: pulumi.ResourceOptions
) -> aws.redshiftserverless.Namespace:
    warehouse = policies.warehouse_name(args.prefix)
    logs = log_groups(name, f"/aws/redshift/{warehouse}", args, opts)
    return aws.redshiftserverless.Namespace(
        f"{name}-namespace",
        namespace_name=warehouse,
        db_name=args.database_name,
        admin_username=args.admin_name,
        manage_admin_password=True,
        admin_password_secret_kms_key_id=args.key_arn,
        kms_key_id=args.key_arn,
        iam_roles=[copy_role_arn],
        default_iam_role_arn=copy_role_arn,
        log_exports=list(LOG_EXPORTS),
        tags=args.tags,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=logs, protect=args.protect)),
    )


def _workgroup(
    name: str,
    args: LakeWarehouseArgs,
    size: ServerlessArgs,
    network: Network,
    namespace: aws.redshiftserverless.Namespace,
    opts: pulumi.ResourceOptions,
) -> aws.redshiftserverless.Workgroup:
    return aws.redshiftserverless.Workgroup(
        f"{name}-workgroup",
        workgroup_name=policies.warehouse_name(args.prefix),
        namespace_name=namespace.namespace_name,
        base_capacity=size.base_rpu,
        max_capacity=size.max_rpu,
        port=PORT,
        publicly_accessible=False,
        enhanced_vpc_routing=args.enhanced_vpc_routing,
        subnet_ids=network.subnet_ids,
        security_group_ids=[network.security_group_id],
        config_parameters=[
            aws.redshiftserverless.WorkgroupConfigParameterArgs(parameter_key=key, parameter_value=value)
            for key, value in _config(args).items()
        ],
        tags=args.tags,
        # Redshift adds parameters of its own over time; the provider then sees a difference at each plan, and an update
        # that AWS refuses, since nothing it knows has changed (terraform-provider-aws #49939).
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(depends_on=network.ready, protect=args.protect, ignore_changes=["configParameters"]),
        ),
    )


def _config(args: LakeWarehouseArgs) -> dict[str, str]:
    """Every parameter that a workgroup answers with, since the provider compares all; TLS and the audit log are ours."""
    return {
        "auto_mv": "true",
        "datestyle": "ISO, MDY",
        "enable_case_sensitive_identifier": "false",
        "enable_user_activity_logging": "true",
        "max_query_execution_time": str(args.query_timeout_seconds),
        "query_group": "default",
        "require_ssl": "true",
        "search_path": "$user, public",
        "use_fips_ssl": "false",
    }
