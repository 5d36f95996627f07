"""LakeWarehouse: what is registered, exactly.

Mocks prove what is asked for, not that AWS accepts it, and nothing here runs SQL: what the statements say is tested in
`tests/warehouse/test_ddl.py`, what the documents let through in `test_policies_redshift.py`. That Redshift takes the
statements, and that COPY gets through with enhanced VPC routing, needs a real account. Network, serverless and refused
settings have files of their own beside this one.
"""

import json

import pytest

from components.redshift import ProvisionedArgs, ServerlessArgs
from tests.components.warehouses import (
    CLUSTER,
    COPY_ROLE,
    DDL,
    KEY,
    LOG_GROUP,
    NETWORK_COUNTS,
    PAUSE,
    PREFIX,
    STATEMENT,
    TAGS,
    WAREHOUSE,
    access_of,
    given,
    plain,
    serverless,
    warehouse,
)
from tests.engine import ACCOUNT_ID, REGION


def test_a_cluster_is_these_resources_and_no_others():
    assert plain().counts() == NETWORK_COUNTS | {
        "aws:redshift/cluster:Cluster": 1,
        "aws:redshift/logging:Logging": 1,
        "aws:redshift/parameterGroup:ParameterGroup": 1,
        "aws:redshift/subnetGroup:SubnetGroup": 1,
    }


def test_every_child_has_the_component_as_its_parent():
    for build in (plain(), serverless()):
        component = build.one("energylake:redshift:LakeWarehouse")
        assert {r.options.parent for r in build.resources if r.custom} == {component.urn}


def test_every_child_is_named_after_the_component():
    assert not [r.name for r in plain().resources if r.custom and not r.name.startswith("warehouse-")]


def test_the_cluster_is_exactly_this():
    build = plain()
    assert given(build.one(CLUSTER, "warehouse-cluster")) == {
        "clusterIdentifier": WAREHOUSE,
        "nodeType": "rg.large",
        "clusterType": "single-node",
        "numberOfNodes": 1,
        "databaseName": "energy_lake",
        "masterUsername": "lake_admin",
        "manageMasterPassword": True,
        "masterPasswordSecretKmsKeyId": KEY,
        "encrypted": "true",
        "kmsKeyId": KEY,
        "port": 5439,
        "publiclyAccessible": False,
        "enhancedVpcRouting": True,
        "vpcSecurityGroupIds": [build.one("aws:ec2/securityGroup:SecurityGroup").id],
        "clusterSubnetGroupName": WAREHOUSE,
        "clusterParameterGroupName": WAREHOUSE,
        "iamRoles": [COPY_ROLE],
        "defaultIamRoleArn": COPY_ROLE,
        "automatedSnapshotRetentionPeriod": 7,
        "manualSnapshotRetentionPeriod": 90,
        "skipFinalSnapshot": False,
        "finalSnapshotIdentifier": f"{WAREHOUSE}-final",
        "preferredMaintenanceWindow": "sun:03:00-sun:04:00",
        "allowVersionUpgrade": True,
        "tags": TAGS,
    }


def test_the_subnet_group_has_the_private_subnets():
    build = plain()
    subnets = [subnet.id for subnet in build.of("aws:ec2/subnet:Subnet")]
    assert build.one("aws:redshift/subnetGroup:SubnetGroup").inputs["subnetIds"] == subnets


def test_several_nodes_are_a_multi_node_cluster():
    cluster = warehouse(size=ProvisionedArgs(node_type="ra3.4xlarge", node_count=2)).one(CLUSTER).inputs
    assert (cluster["clusterType"], cluster["numberOfNodes"], cluster["nodeType"]) == ("multi-node", 2, "ra3.4xlarge")


def test_no_password_is_ever_given():
    for build in (plain(), serverless()):
        inputs = [key for resource in build.resources for key in resource.inputs]
        assert not [key for key in inputs if key in {"masterPassword", "adminUserPassword", "masterPasswordWo"}]


def test_tls_is_required_and_every_statement_logged():
    group = plain().one("aws:redshift/parameterGroup:ParameterGroup").inputs
    assert group["family"] == "redshift-2.0"
    assert group["parameters"] == [
        {"name": "enable_user_activity_logging", "value": "true"},
        {"name": "require_ssl", "value": "true"},
        {"name": "statement_timeout", "value": "3600000"},
    ]


def test_audit_logs_go_to_groups_that_are_there_before_redshift_would_make_them():
    build = plain()
    audit = build.one("aws:redshift/logging:Logging")
    groups = [g for g in build.of(LOG_GROUP) if g.inputs["name"].startswith("/aws/redshift/")]
    assert given(audit) == {
        "clusterIdentifier": WAREHOUSE,
        "logDestinationType": "cloudwatch",
        "logExports": ["connectionlog", "useractivitylog", "userlog"],
    }
    assert [group.inputs["name"] for group in groups] == [
        f"/aws/redshift/cluster/{WAREHOUSE}/{export}" for export in ("connectionlog", "useractivitylog", "userlog")
    ]
    assert {group.urn for group in groups} <= set(audit.options.depends_on)


def test_every_log_group_has_the_key_and_an_end():
    for build in (plain(), serverless()):
        assert {(g.inputs["kmsKeyId"], g.inputs["retentionInDays"]) for g in build.of(LOG_GROUP)} == {(KEY, 365)}


def test_roles_are_the_three_that_work_for_the_warehouse():
    assert [role.inputs["name"] for role in plain().of("aws:iam/role:Role")] == [
        f"{PREFIX}-warehouse-flow-logs",
        f"{PREFIX}-redshift-copy",
        f"{PREFIX}-warehouse-loader",
    ]


def test_without_names_the_accounts_own_policies_decide_who_loads():
    trust = json.loads(plain().one("aws:iam/role:Role", "-warehouse-loader").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"AWS": [f"arn:aws:iam::{ACCOUNT_ID}:root"]}


def test_the_loader_is_taken_on_by_those_named():
    job = f"arn:aws:iam::{ACCOUNT_ID}:role/job"
    build = warehouse(loader_principals=[job])
    trust = json.loads(build.one("aws:iam/role:Role", "-warehouse-loader").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"AWS": [job]}


def test_readers_sign_in_to_this_cluster():
    build = warehouse(reader_roles={"bi": f"{PREFIX}-persona-bi"})
    policy = build.one("aws:iam/rolePolicy:RolePolicy", "-connect-bi")
    assert (policy.inputs["role"], policy.inputs["name"]) == (f"{PREFIX}-persona-bi", "warehouse-connect")
    assert access_of(build, "-connect-bi") == {
        "RunStatements": [f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:cluster:{WAREHOUSE}"],
        "RuntimeSignIn": [f"arn:aws:redshift:{REGION}:{ACCOUNT_ID}:dbname:{WAREHOUSE}/energy_lake"],
        "FollowOwnStatements": ["*"],
    }


def test_statements_run_as_the_superuser_one_after_the_other():
    build = plain()
    made = {s.name: s for s in build.of(STATEMENT)}
    order = ["warehouse-ddl-schema", "warehouse-ddl-table-clients", "warehouse-ddl-apply"]
    assert set(made) == set(order)
    before = [build.one(CLUSTER).urn, *(made[name].urn for name in order[:-1])]
    for name, sql, earlier in zip(order, DDL.values(), before, strict=True):
        assert given(made[name]) == {
            "clusterIdentifier": WAREHOUSE,
            "database": "energy_lake",
            "secretArn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:redshift!{WAREHOUSE}-admin-AbCdEf",
            "sql": sql,
            "statementName": f"{PREFIX}-{name.removeprefix('warehouse-ddl-')}",
        }
        assert earlier in made[name].options.depends_on


def test_tables_are_made_at_the_same_time_and_before_what_comes_after_them():
    ddl = {"schema": "1", "table-a": "2", "table-b": "3", "procedure": "4", "apply": "5"}
    build = warehouse(ddl=ddl)
    made = {s.name.removeprefix("warehouse-ddl-"): s for s in build.of(STATEMENT)}
    waits = {name: {key for key, other in made.items() if other.urn in made[name].options.depends_on} for name in ddl}
    assert waits == {
        "schema": set(),
        "table-a": {"schema"},
        "table-b": {"schema"},
        "procedure": {"table-a", "table-b"},
        "apply": {"procedure"},
    }


def test_a_changed_text_keeps_its_identity_and_changes_its_sql_only():
    changed = warehouse(ddl={**DDL, "apply": "CALL x.apply() /* 2 */"})
    before, after = ({s.name: s.inputs["sql"] for s in b.of(STATEMENT)} for b in (plain(), changed))
    assert {name for name in before if before[name] != after[name]} == {"warehouse-ddl-apply"}
    assert set(before) == set(after)


def test_snapshots_are_redshifts_own_unless_a_schedule_is_given():
    build = warehouse(size=ProvisionedArgs(snapshot_schedule="rate(12 hours)"))
    assert build.one("aws:redshift/snapshotSchedule:SnapshotSchedule").inputs["definitions"] == ["rate(12 hours)"]
    association = build.one("aws:redshift/snapshotScheduleAssociation:SnapshotScheduleAssociation")
    assert given(association) == {"clusterIdentifier": WAREHOUSE, "scheduleIdentifier": WAREHOUSE}


def test_a_stack_that_may_vanish_takes_no_final_snapshot():
    cluster = given(warehouse(size=ProvisionedArgs(final_snapshot=False)).one(CLUSTER))
    assert cluster["skipFinalSnapshot"] is True
    assert "finalSnapshotIdentifier" not in cluster


@pytest.mark.parametrize("protect", [True, False])
def test_protection_covers_what_holds_data_and_nothing_else(protect):
    cluster = warehouse(protect=protect)
    workgroup = warehouse(protect=protect, size=ServerlessArgs())
    assert {r.name for r in cluster.resources if r.options.protect} == ({"warehouse-cluster"} if protect else set())
    assert {r.name for r in workgroup.resources if r.options.protect} == (
        {"warehouse-namespace", "warehouse-workgroup"} if protect else set()
    )


def test_pausing_is_two_schedules_in_the_offices_time():
    build = warehouse(size=ProvisionedArgs(pause=PAUSE))
    schedules = build.of("aws:scheduler/schedule:Schedule")
    assert [given(s) for s in schedules] == [
        {
            "name": action,
            "groupName": WAREHOUSE,
            "description": f"{action.capitalize()}s {WAREHOUSE}",
            "scheduleExpression": when,
            "scheduleExpressionTimezone": "America/Lima",
            "flexibleTimeWindow": {"mode": "OFF"},
            "target": {
                "arn": f"arn:aws:scheduler:::aws-sdk:redshift:{action}Cluster",
                "roleArn": f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-warehouse-scheduler",
                "input": json.dumps({"ClusterIdentifier": WAREHOUSE}),
                "retryPolicy": {"maximumEventAgeInSeconds": 3600, "maximumRetryAttempts": 10},
            },
        }
        for action, when in (("pause", PAUSE.pause), ("resume", PAUSE.resume))
    ]
    access = build.one("aws:iam/rolePolicy:RolePolicy", "-scheduler-access").urn
    assert all({access, build.one(CLUSTER).urn} <= set(s.options.depends_on) for s in schedules)


def test_nothing_pauses_unless_it_is_asked_to():
    assert not [token for token in plain().counts() if "scheduler" in token]


@pytest.mark.parametrize(
    ("build", "endpoint"),
    [
        (plain, f"{WAREHOUSE}.abc123.{REGION}.redshift.amazonaws.com:5439"),
        (serverless, f"{WAREHOUSE}.{ACCOUNT_ID}.{REGION}.redshift-serverless.amazonaws.com:5439"),
    ],
    ids=["cluster", "serverless"],
)
def test_outputs_are_what_neighbours_need(build, endpoint):
    outputs = build().component_outputs[build().one("energylake:redshift:LakeWarehouse").urn]
    assert outputs == {
        "identifier": WAREHOUSE,
        "endpoint": endpoint,
        "database_name": "energy_lake",
        "secret_arn": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT_ID}:secret:redshift!{WAREHOUSE}-admin-AbCdEf",
        "copy_role_arn": COPY_ROLE,
        "loader_role_arn": f"arn:aws:iam::{ACCOUNT_ID}:role/{PREFIX}-warehouse-loader",
        "vpc_id": "warehouse-vpc-id",
        "ready": True,
    }
