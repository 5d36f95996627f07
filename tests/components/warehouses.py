"""A warehouse to test, of either kind, and what tests say about one over and over."""

import functools
import json

from components.policies import names
from components.redshift import (
    LakeWarehouse,
    LakeWarehouseArgs,
    NetworkArgs,
    PauseArgs,
    ProvisionedArgs,
    ServerlessArgs,
)
from tests.engine import ACCOUNT_ID, REGION, built

KEY = f"arn:aws:kms:{REGION}:{ACCOUNT_ID}:key/lake"
PREFIX = "energy-lake-dev"
WAREHOUSE = f"{PREFIX}-warehouse"
BUCKET = names.bucket_name(PREFIX, "curated", ACCOUNT_ID, REGION)
ZONES = (f"{REGION}a", f"{REGION}b", f"{REGION}c")
TAGS = {"project": "energy-lake"}
COPY_ROLE = f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-redshift-copy"
DDL = {"schema": "CREATE SCHEMA x", "table-clients": "CREATE TABLE x.clients", "apply": "CALL x.apply()"}
PAUSE = PauseArgs(pause="cron(0 20 ? * MON-FRI *)", resume="cron(0 6 ? * MON-FRI *)", timezone="America/Lima")

CLUSTER = "aws:redshift/cluster:Cluster"
STATEMENT = "aws:redshiftdata/statement:Statement"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
WORKGROUP = "aws:redshiftserverless/workgroup:Workgroup"

NETWORK_COUNTS = {
    "aws:cloudwatch/logGroup:LogGroup": 4,  # the network's, and three of the audit log
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": 1,
    "aws:ec2/flowLog:FlowLog": 1,
    "aws:ec2/routeTable:RouteTable": 1,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": 3,
    "aws:ec2/securityGroup:SecurityGroup": 1,
    "aws:ec2/subnet:Subnet": 3,
    "aws:ec2/vpc:Vpc": 1,
    "aws:ec2/vpcEndpoint:VpcEndpoint": 1,
    "aws:iam/role:Role": 3,  # COPY, loader, flow logs
    "aws:iam/rolePolicy:RolePolicy": 3,
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": 1,
    "aws:redshiftdata/statement:Statement": 3,
    "energylake:redshift:LakeWarehouse": 1,
}
"""What both kinds of warehouse have."""


def network(**changes):
    return NetworkArgs(**{"availability_zones": ZONES, **changes})


def args(**changes):
    plain = {
        "prefix": PREFIX,
        "account_id": ACCOUNT_ID,
        "region": REGION,
        "size": ProvisionedArgs(),
        "network": network(),
        "curated_bucket": BUCKET,
        "ledger_bucket": "energy-lake-dev-processed",
        "key_arn": KEY,
        "tables": ("clients", "transactions"),
        "ddl": DDL,
        "tags": TAGS,
    }
    return LakeWarehouseArgs(**{**plain, **changes})


def warehouse(**changes):
    return built(lambda: LakeWarehouse("warehouse", args(**changes)))


@functools.cache
def plain():
    return warehouse()


@functools.cache
def serverless():
    return warehouse(size=ServerlessArgs())


def given(resource):
    return {key: value for key, value in resource.inputs.items() if value is not None}


def access_of(build, suffix):
    """The statements of a role's policy and what each is for."""
    document = json.loads(build.one("aws:iam/rolePolicy:RolePolicy", suffix).inputs["policy"])
    return {statement["Sid"]: statement["Resource"] for statement in document["Statement"]}
