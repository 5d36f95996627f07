"""The warehouse's network: no way to the internet, and exactly these ways inside."""

import json

from components.redshift import LakeWarehouse
from tests.components.warehouses import (
    BUCKET,
    EGRESS,
    ENDPOINT,
    INGRESS,
    LOG_GROUP,
    PREFIX,
    TAGS,
    WAREHOUSE,
    args,
    given,
    network,
    plain,
    serverless,
    warehouse,
)
from tests.engine import ACCOUNT_ID, REGION, built


def test_the_network_has_no_way_to_the_internet():
    for build in (plain(), serverless()):
        tokens = set(build.counts())
        assert not [t for t in tokens if any(word in t for word in ("Gateway:", "Eip:", "Route:", "NatGateway"))]
        assert given(build.one("aws:ec2/routeTable:RouteTable")).keys() == {"vpcId", "tags"}
        assert {s.inputs["mapPublicIpOnLaunch"] for s in build.of("aws:ec2/subnet:Subnet")} == {False}


def test_each_zone_has_a_quarter_of_the_network():
    subnets = plain().of("aws:ec2/subnet:Subnet")
    assert [(s.name, s.inputs["availabilityZone"], s.inputs["cidrBlock"]) for s in subnets] == [
        ("warehouse-private-a", f"{REGION}a", "10.42.0.0/22"),
        ("warehouse-private-b", f"{REGION}b", "10.42.4.0/22"),
        ("warehouse-private-c", f"{REGION}c", "10.42.8.0/22"),
    ]


def test_names_are_resolved_inside_the_network():
    vpc = plain().one("aws:ec2/vpc:Vpc").inputs
    assert (vpc["cidrBlock"], vpc["enableDnsSupport"], vpc["enableDnsHostnames"]) == ("10.42.0.0/20", True, True)


def test_the_default_group_is_closed():
    build = plain()
    group = given(build.one("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"))
    assert group["vpcId"] == build.one("aws:ec2/vpc:Vpc").id
    assert not {"ingress", "egress"} & set(group)


def test_nobody_connects_until_somebody_is_let_in():
    assert plain().of(INGRESS) == []


def test_clients_are_let_in_by_their_range_and_to_the_database_only():
    build = warehouse(network=network(client_cidrs=["10.8.0.0/16", "192.168.4.0/24"]))
    assert [(r.name, given(r)) for r in build.of(INGRESS)] == [
        (
            f"warehouse-client-{label}",
            {
                "securityGroupId": build.one("aws:ec2/securityGroup:SecurityGroup").id,
                "description": f"Database clients in {cidr}",
                "cidrIpv4": cidr,
                "ipProtocol": "tcp",
                "fromPort": 5439,
                "toPort": 5439,
                "tags": {**TAGS, "Name": WAREHOUSE},
            },
        )
        for label, cidr in [("10-8-0-0-16", "10.8.0.0/16"), ("192-168-4-0-24", "192.168.4.0/24")]
    ]


def test_the_only_way_out_is_to_s3():
    build = built(
        lambda: LakeWarehouse("warehouse", args()),
        answers={ENDPOINT: lambda name, _: {"id": f"{name}-id", "prefixListId": "pl-s3"}},
    )
    (rule,) = build.of(EGRESS)
    assert given(rule) == {
        "securityGroupId": build.one("aws:ec2/securityGroup:SecurityGroup").id,
        "description": "S3, by its gateway endpoint",
        "prefixListId": "pl-s3",
        "ipProtocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "tags": {**TAGS, "Name": WAREHOUSE},
    }


def test_s3_is_reached_by_a_gateway_that_leads_to_the_curated_bucket():
    build = plain()
    endpoint = build.one(ENDPOINT, "warehouse-s3").inputs
    assert endpoint["vpcEndpointType"] == "Gateway"
    assert endpoint["serviceName"] == f"com.amazonaws.{REGION}.s3"
    assert endpoint["routeTableIds"] == [build.one("aws:ec2/routeTable:RouteTable").id]
    (statement,) = json.loads(endpoint["policy"])["Statement"]
    assert statement["Resource"] == [
        f"arn:aws:s3:::{BUCKET}",
        f"arn:aws:s3:::{BUCKET}/clients/*",
        f"arn:aws:s3:::{BUCKET}/transactions/*",
        f"arn:aws:s3:::{BUCKET}/_manifests/*",
    ]


def test_interface_endpoints_stand_in_every_zone_behind_a_group_of_their_own():
    build = warehouse(network=network(interface_endpoints=["kms", "sts"]))
    group = build.one("aws:ec2/securityGroup:SecurityGroup", "-endpoints-group")
    interfaces = [e for e in build.of(ENDPOINT) if e.inputs["vpcEndpointType"] == "Interface"]
    assert [e.inputs["serviceName"] for e in interfaces] == [f"com.amazonaws.{REGION}.{s}" for s in ("kms", "sts")]
    for endpoint in interfaces:
        assert endpoint.inputs["subnetIds"] == [s.id for s in build.of("aws:ec2/subnet:Subnet")]
        assert endpoint.inputs["securityGroupIds"] == [group.id]
        assert endpoint.inputs["privateDnsEnabled"] is True
        assert json.loads(endpoint.inputs["policy"])["Statement"][0]["Condition"] == {
            "StringEquals": {"aws:PrincipalAccount": ACCOUNT_ID}
        }


def test_the_warehouse_reaches_interface_endpoints_by_https_only():
    build = warehouse(network=network(interface_endpoints=["kms"]))
    ours = build.one("aws:ec2/securityGroup:SecurityGroup", "-warehouse-group").id
    theirs = build.one("aws:ec2/securityGroup:SecurityGroup", "-endpoints-group").id
    arriving = build.one(INGRESS, "-endpoints-from-warehouse").inputs
    leaving = build.one(EGRESS, "-to-endpoints").inputs
    assert (arriving["securityGroupId"], arriving["referencedSecurityGroupId"]) == (theirs, ours)
    assert (leaving["securityGroupId"], leaving["referencedSecurityGroupId"]) == (ours, theirs)
    assert {(r["ipProtocol"], r["fromPort"], r["toPort"]) for r in (arriving, leaving)} == {("tcp", 443, 443)}


def test_all_traffic_is_in_the_flow_log():
    build = plain()
    log = build.one("aws:ec2/flowLog:FlowLog")
    group = build.one(LOG_GROUP, "-flow-logs")
    assert group.inputs["name"] == f"/aws/vpc/{WAREHOUSE}"
    assert given(log) == {
        "vpcId": build.one("aws:ec2/vpc:Vpc").id,
        "trafficType": "ALL",
        "logDestinationType": "cloud-watch-logs",
        "logDestination": f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/aws/vpc/{WAREHOUSE}",
        "iamRoleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-warehouse-flow-logs",
        "tags": {**TAGS, "Name": WAREHOUSE},
    }
    assert build.one("aws:iam/rolePolicy:RolePolicy", "-flow-logs-access").urn in log.options.depends_on
