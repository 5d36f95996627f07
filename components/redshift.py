"""The analytics warehouse: Redshift in a network of its own, its roles, and the tables of the contracts.

What it may be told is in `redshift_args`, the network in `redshift_network`, the two kinds of warehouse in `redshift_cluster`
and `redshift_serverless`, who may do what in `policies.redshift`.
"""

import json
from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.policies import names
from components.policies import redshift as policies
from components.redshift_args import LakeWarehouseArgs, NetworkArgs, PauseArgs, ProvisionedArgs, ServerlessArgs
from components.redshift_cluster import Warehouse, cluster
from components.redshift_network import network
from components.redshift_serverless import serverless

__all__ = ["LakeWarehouse", "LakeWarehouseArgs", "NetworkArgs", "PauseArgs", "ProvisionedArgs", "ServerlessArgs"]


class LakeWarehouse(pulumi.ComponentResource):
    """Redshift, provisioned or serverless, that loads the curated zone by COPY.

    Attributes:
        identifier: The cluster's identifier, or the name of workgroup and namespace.
        endpoint: Host and port.
        database_name: The database that holds the schema.
        secret_arn: The superuser's password; for the deployment and emergencies, nobody else needs it.
        copy_role_arn: What COPY names as IAM_ROLE; resolves when its policy is attached.
        loader_role_arn: What the loader takes on; resolves when its policy is attached.
        vpc_id: The network.
        ready: True, once the tables are there.
    """

    def __init__(self, name: str, args: LakeWarehouseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("energylake:redshift:LakeWarehouse", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        inside = network(name, args, child)
        self.copy_role_arn = _copy_role(name, args, child)
        if isinstance(args.size, ServerlessArgs):
            warehouse = serverless(name, args, args.size, inside, self.copy_role_arn, child)
        else:
            warehouse = cluster(name, args, args.size, inside, self.copy_role_arn, child)
        self.loader_role_arn = _loader_role(name, args, warehouse, child)
        _readers(name, args, warehouse, child)
        tables = _ddl(name, args, warehouse, child)

        self.identifier = policies.warehouse_name(args.prefix)
        self.endpoint = warehouse.endpoint
        self.database_name = args.database_name
        self.secret_arn = warehouse.secret_arn
        self.vpc_id = inside.vpc_id
        self.ready = pulumi.Output.all(*(statement.id for statement in tables)).apply(lambda _: True)
        self.register_outputs(
            {
                "identifier": self.identifier,
                "endpoint": self.endpoint,
                "database_name": self.database_name,
                "secret_arn": self.secret_arn,
                "copy_role_arn": self.copy_role_arn,
                "loader_role_arn": self.loader_role_arn,
                "vpc_id": self.vpc_id,
                "ready": self.ready,
            }
        )


def _copy_role(name: str, args: LakeWarehouseArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
    warehouse = policies.warehouse_name(args.prefix)
    trust = policies.copy_trust(
        warehouse, args.account_id, args.region, serverless=args.serverless, partition=args.partition
    )
    access = pulumi.Output.all(args.curated_bucket, args.key_arn).apply(
        lambda given: json.dumps(
            policies.copy_access(given[0], args.tables, given[1], args.region, partition=args.partition)
        )
    )
    return _role(name, "redshift-copy", "Reads the curated zone for COPY", json.dumps(trust), access, args, opts)


def _loader_role(
    name: str, args: LakeWarehouseArgs, warehouse: Warehouse, opts: pulumi.ResourceOptions
) -> pulumi.Output[str]:
    who = list(args.loader_principals) or [names.account_root_arn(args.account_id, partition=args.partition)]
    inputs = (args.curated_bucket, args.ledger_bucket, args.key_arn, warehouse.arn, warehouse.credentials_arn)
    access = pulumi.Output.all(*inputs).apply(
        lambda given: json.dumps(
            policies.loader_access(
                given[0],
                given[1],
                args.tables,
                given[2],
                args.region,
                warehouse_arn=given[3],
                credentials_arn=given[4],
                serverless=args.serverless,
                partition=args.partition,
            )
        )
    )
    trust = json.dumps(policies.loader_trust(who))
    return _role(name, "warehouse-loader", "Loads the warehouse by the Data API", trust, access, args, opts)


def _role(
    name: str,
    role: str,
    description: str,
    trust: str,
    access: pulumi.Output[str],
    args: LakeWarehouseArgs,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str]:
    """A role with one policy; its ARN resolves when both are there, so that nobody uses it while it may do nothing yet."""
    made = aws.iam.Role(
        f"{name}-{role}",
        name=names.role_name(args.prefix, role),
        description=description,
        assume_role_policy=trust,
        tags=args.tags,
        opts=opts,
    )
    policy = aws.iam.RolePolicy(f"{name}-{role}-access", role=made.name, policy=access, opts=opts)
    return pulumi.Output.all(made.arn, policy.id).apply(lambda given: str(given[0]))


def _readers(name: str, args: LakeWarehouseArgs, warehouse: Warehouse, opts: pulumi.ResourceOptions) -> None:
    access = pulumi.Output.all(warehouse.arn, warehouse.credentials_arn).apply(
        lambda given: json.dumps(policies.connect_access(given[0], given[1], serverless=args.serverless))
    )
    for persona, role in args.reader_roles.items():
        aws.iam.RolePolicy(f"{name}-connect-{persona}", name="warehouse-connect", role=role, policy=access, opts=opts)


def _ddl(
    name: str, args: LakeWarehouseArgs, warehouse: Warehouse, opts: pulumi.ResourceOptions
) -> list[aws.redshiftdata.Statement]:
    """Runs the statements in order, as the superuser: schema and tables are then owned by nobody who leaves.

    A statement is identified by its name; a changed text replaces it, which is to say runs it, and nothing is run when it is
    deleted. Data API results live for a day: a refresh after that finds them expired and runs them again, which is why each
    must be idempotent. (Provider source, redshiftdata/statement.go.) Tables, which need the schema and nothing of each other,
    are made at the same time: the provider waits half a minute for each statement.
    """
    made: list[aws.redshiftdata.Statement] = []
    earlier: Sequence[pulumi.Resource] = [warehouse.resource]
    tables: list[pulumi.Resource] = []
    for key, sql in args.ddl.items():
        is_table = key.startswith("table-")
        if tables and not is_table:
            earlier, tables = tables, []
        made.append(
            aws.redshiftdata.Statement(
                f"{name}-ddl-{key}",
                database=args.database_name,
                secret_arn=warehouse.secret_arn,
                sql=sql,
                statement_name=f"{args.prefix}-{key}",
                cluster_identifier=warehouse.cluster_identifier,
                workgroup_name=warehouse.workgroup_name,
                opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=earlier)),
            )
        )
        if is_table:
            tables.append(made[-1])
        else:
            earlier = made[-1:]
    return made
