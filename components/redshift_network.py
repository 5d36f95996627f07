"""The warehouse's network: private subnets in three zones, no gateway to the internet, endpoints instead."""

import ipaddress
import json
from dataclasses import dataclass
from itertools import islice

import pulumi
import pulumi_aws as aws

from components.policies import names
from components.policies import redshift as policies
from components.redshift_args import ZONES, LakeWarehouseArgs

__all__ = ["PORT", "Network", "network"]

PORT = 5439
"""Redshift's own."""

HTTPS = 443


@dataclass(frozen=True, kw_only=True)
class Network:
    """What the warehouse is put into."""

    vpc_id: pulumi.Output[str]
    subnet_ids: list[pulumi.Output[str]]
    security_group_id: pulumi.Output[str]
    ready: list[pulumi.Resource]
    """Resolves when traffic can flow: routes, endpoints and rules are there."""


def network(name: str, args: LakeWarehouseArgs, opts: pulumi.ResourceOptions) -> Network:
    """Build it."""
    vpc = aws.ec2.Vpc(
        f"{name}-vpc",
        cidr_block=args.network.vpc_cidr,
        enable_dns_support=True,
        enable_dns_hostnames=True,  # private names of interface endpoints do not resolve without it
        tags=_tags(args),
        opts=opts,
    )
    # Every VPC is born with a group that lets its members talk to each other; taking it over without rules closes it.
    aws.ec2.DefaultSecurityGroup(f"{name}-default-group", vpc_id=vpc.id, tags=_tags(args, "closed"), opts=opts)
    subnets, routes = _subnets(name, args, vpc, opts)
    warehouse = _group(name, "warehouse", "The warehouse", args, vpc, opts)
    gateway = _s3_endpoint(name, args, vpc, routes, opts)
    rules = [*_clients(name, args, warehouse, opts), _to_s3(name, args, warehouse, gateway, opts)]
    if args.network.interface_endpoints:
        rules += _interface_endpoints(name, args, vpc, subnets, warehouse, opts)
    _flow_log(name, args, vpc, opts)
    return Network(
        vpc_id=vpc.id,
        subnet_ids=[subnet.id for subnet in subnets],
        security_group_id=warehouse.id,
        ready=[gateway, *rules],
    )


def _subnets(
    name: str, args: LakeWarehouseArgs, vpc: aws.ec2.Vpc, opts: pulumi.ResourceOptions
) -> tuple[list[aws.ec2.Subnet], aws.ec2.RouteTable]:
    """One subnet a zone, and one route table that knows the network itself and nothing else."""
    table = aws.ec2.RouteTable(f"{name}-routes", vpc_id=vpc.id, tags=_tags(args), opts=opts)
    quarters = ipaddress.IPv4Network(args.network.vpc_cidr).subnets(prefixlen_diff=2)
    subnets = []
    for zone, cidr in zip(args.network.availability_zones, islice(quarters, ZONES), strict=True):
        letter = zone.removeprefix(args.region).lstrip("-")
        subnet = aws.ec2.Subnet(
            f"{name}-private-{letter}",
            vpc_id=vpc.id,
            availability_zone=zone,
            cidr_block=str(cidr),
            map_public_ip_on_launch=False,
            tags=_tags(args, f"private-{letter}"),
            opts=opts,
        )
        aws.ec2.RouteTableAssociation(
            f"{name}-private-{letter}-routes", subnet_id=subnet.id, route_table_id=table.id, opts=opts
        )
        subnets.append(subnet)
    return subnets, table


def _group(
    name: str, suffix: str, what: str, args: LakeWarehouseArgs, vpc: aws.ec2.Vpc, opts: pulumi.ResourceOptions
) -> aws.ec2.SecurityGroup:
    """A group without rules; each rule is a resource of its own and says what it is for."""
    return aws.ec2.SecurityGroup(
        f"{name}-{suffix}-group",
        name=f"{args.prefix}-{suffix}",
        description=f"{what} of {args.prefix}",
        vpc_id=vpc.id,
        tags=_tags(args, suffix),
        opts=opts,
    )


def _clients(
    name: str, args: LakeWarehouseArgs, group: aws.ec2.SecurityGroup, opts: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    return [
        aws.vpc.SecurityGroupIngressRule(
            f"{name}-client-{cidr.replace('.', '-').replace('/', '-')}",
            security_group_id=group.id,
            description=f"Database clients in {cidr}",
            cidr_ipv4=cidr,
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            tags=_tags(args),
            opts=opts,
        )
        for cidr in args.network.client_cidrs
    ]


def _s3_endpoint(
    name: str, args: LakeWarehouseArgs, vpc: aws.ec2.Vpc, routes: aws.ec2.RouteTable, opts: pulumi.ResourceOptions
) -> aws.ec2.VpcEndpoint:
    """The way to S3 that costs nothing and leads to the curated bucket only."""
    policy = pulumi.Output.from_input(args.curated_bucket).apply(
        lambda bucket: json.dumps(policies.s3_endpoint(bucket, args.tables, args.account_id, partition=args.partition))
    )
    return aws.ec2.VpcEndpoint(
        f"{name}-s3",
        vpc_id=vpc.id,
        service_name=f"com.amazonaws.{args.region}.s3",
        vpc_endpoint_type="Gateway",
        route_table_ids=[routes.id],
        policy=policy,
        tags=_tags(args, "s3"),
        opts=opts,
    )


def _to_s3(
    name: str,
    args: LakeWarehouseArgs,
    group: aws.ec2.SecurityGroup,
    gateway: aws.ec2.VpcEndpoint,
    opts: pulumi.ResourceOptions,
) -> pulumi.Resource:
    return aws.vpc.SecurityGroupEgressRule(
        f"{name}-to-s3",
        security_group_id=group.id,
        description="S3, by its gateway endpoint",
        prefix_list_id=gateway.prefix_list_id,
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        tags=_tags(args),
        opts=opts,
    )


def _interface_endpoints(
    name: str,
    args: LakeWarehouseArgs,
    vpc: aws.ec2.Vpc,
    subnets: list[aws.ec2.Subnet],
    warehouse: aws.ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """The endpoints that were asked for, and rules that let the warehouse reach them and nothing else."""
    group = _group(name, "endpoints", "Interface endpoints", args, vpc, opts)
    endpoints = [
        aws.ec2.VpcEndpoint(
            f"{name}-{service}",
            vpc_id=vpc.id,
            service_name=f"com.amazonaws.{args.region}.{service}",
            vpc_endpoint_type="Interface",
            subnet_ids=[subnet.id for subnet in subnets],
            security_group_ids=[group.id],
            private_dns_enabled=True,
            policy=json.dumps(policies.interface_endpoint(service, args.account_id)),
            tags=_tags(args, service),
            opts=opts,
        )
        for service in args.network.interface_endpoints
    ]
    return [*_to_endpoints(name, args, warehouse, group, opts), *endpoints]


def _to_endpoints(
    name: str,
    args: LakeWarehouseArgs,
    warehouse: aws.ec2.SecurityGroup,
    endpoints: aws.ec2.SecurityGroup,
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """HTTPS from the warehouse's group to the endpoints' group, said on both sides."""
    arriving = aws.vpc.SecurityGroupIngressRule(
        f"{name}-endpoints-from-warehouse",
        security_group_id=endpoints.id,
        referenced_security_group_id=warehouse.id,
        description="HTTPS from the warehouse",
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        tags=_tags(args),
        opts=opts,
    )
    leaving = aws.vpc.SecurityGroupEgressRule(
        f"{name}-to-endpoints",
        security_group_id=warehouse.id,
        referenced_security_group_id=endpoints.id,
        description="Interface endpoints",
        ip_protocol="tcp",
        from_port=HTTPS,
        to_port=HTTPS,
        tags=_tags(args),
        opts=opts,
    )
    return [arriving, leaving]


def _flow_log(name: str, args: LakeWarehouseArgs, vpc: aws.ec2.Vpc, opts: pulumi.ResourceOptions) -> None:
    """Who talked to whom, refused or not."""
    group_name = f"/aws/vpc/{args.prefix}-warehouse"
    group = aws.cloudwatch.LogGroup(
        f"{name}-flow-logs",
        name=group_name,
        kms_key_id=args.key_arn,
        retention_in_days=args.log_retention_days,
        tags=args.tags,
        opts=opts,
    )
    role = aws.iam.Role(
        f"{name}-flow-logs-role",
        name=names.role_name(args.prefix, "warehouse-flow-logs"),
        description="Delivers the flow logs of the warehouse's network",
        assume_role_policy=json.dumps(policies.flow_log_trust(args.account_id, args.region, partition=args.partition)),
        tags=args.tags,
        opts=opts,
    )
    group_arn = names.log_group_arn(group_name, args.account_id, args.region, partition=args.partition)
    access = aws.iam.RolePolicy(
        f"{name}-flow-logs-access", role=role.name, policy=json.dumps(policies.flow_log_access(group_arn)), opts=opts
    )
    aws.ec2.FlowLog(
        f"{name}-flow-log",
        vpc_id=vpc.id,
        traffic_type="ALL",
        log_destination_type="cloud-watch-logs",
        log_destination=group.arn,
        iam_role_arn=role.arn,
        tags=_tags(args),
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[access])),
    )


def _tags(args: LakeWarehouseArgs, suffix: str = "") -> dict[str, str]:
    """The tags with the name that the console shows."""
    return {**args.tags, "Name": f"{args.prefix}-warehouse{f'-{suffix}' if suffix else ''}"}
