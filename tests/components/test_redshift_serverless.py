"""LakeWarehouse without nodes: namespace and workgroup, exactly."""

from components.redshift import ServerlessArgs
from tests.components.warehouses import (
    COPY_ROLE,
    KEY,
    LOG_GROUP,
    NETWORK_COUNTS,
    PREFIX,
    STATEMENT,
    TAGS,
    WAREHOUSE,
    WORKGROUP,
    access_of,
    given,
    serverless,
    warehouse,
)
from tests.engine import ACCOUNT_ID, REGION


def test_a_serverless_warehouse_is_these_resources_and_no_others():
    assert serverless().counts() == NETWORK_COUNTS | {
        "aws:redshiftserverless/namespace:Namespace": 1,
        "aws:redshiftserverless/usageLimit:UsageLimit": 1,
        "aws:redshiftserverless/workgroup:Workgroup": 1,
    }


def test_readers_and_loader_sign_in_to_this_workgroup():
    build = warehouse(size=ServerlessArgs(), reader_roles={"bi": f"{PREFIX}-persona-bi"})
    workgroup = f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT_ID}:workgroup/{WAREHOUSE}-id"
    for suffix in ("-connect-bi", "-warehouse-loader-access"):
        found = access_of(build, suffix)
        assert found["RunStatements"] == found["RuntimeSignIn"] == [workgroup]


def test_a_serverless_warehouse_runs_its_statements_on_the_workgroup():
    statement = serverless().one(STATEMENT, "-ddl-schema")
    assert statement.inputs["workgroupName"] == WAREHOUSE
    assert statement.inputs.get("clusterIdentifier") is None
    assert serverless().one(WORKGROUP).urn in statement.options.depends_on


def test_the_namespace_is_exactly_this():
    build = serverless()
    namespace = build.one("aws:redshiftserverless/namespace:Namespace")
    assert given(namespace) == {
        "namespaceName": WAREHOUSE,
        "dbName": "energy_lake",
        "adminUsername": "lake_admin",
        "manageAdminPassword": True,
        "adminPasswordSecretKmsKeyId": KEY,
        "kmsKeyId": KEY,
        "iamRoles": [COPY_ROLE],
        "defaultIamRoleArn": COPY_ROLE,
        "logExports": ["connectionlog", "useractivitylog", "userlog"],
        "tags": TAGS,
    }
    groups = [g for g in build.of(LOG_GROUP) if g.inputs["name"].startswith(f"/aws/redshift/{WAREHOUSE}/")]
    assert len(groups) == 3
    assert {g.urn for g in groups} <= set(namespace.options.depends_on)


def test_the_workgroup_is_private_requires_tls_and_logs_every_statement():
    build = serverless()
    workgroup = build.one(WORKGROUP)
    config = {p["parameterKey"]: p["parameterValue"] for p in workgroup.inputs["configParameters"]}
    assert {key: value for key, value in given(workgroup).items() if key != "configParameters"} == {
        "workgroupName": WAREHOUSE,
        "namespaceName": WAREHOUSE,
        "baseCapacity": 4,
        "maxCapacity": 8,
        "port": 5439,
        "publiclyAccessible": False,
        "enhancedVpcRouting": True,
        "subnetIds": [s.id for s in build.of("aws:ec2/subnet:Subnet")],
        "securityGroupIds": [build.one("aws:ec2/securityGroup:SecurityGroup").id],
        "tags": TAGS,
    }
    assert (config["require_ssl"], config["enable_user_activity_logging"]) == ("true", "true")
    assert config["max_query_execution_time"] == "3600"
    assert len(config) == 9


def test_parameters_that_redshift_adds_are_no_difference():
    assert serverless().one(WORKGROUP).options.ignore_changes == ("configParameters",)


def test_a_serverless_month_has_an_end():
    limit = serverless().one("aws:redshiftserverless/usageLimit:UsageLimit").inputs
    assert {key: limit[key] for key in ("usageType", "period", "amount", "breachAction")} == {
        "usageType": "serverless-compute",
        "period": "monthly",
        "amount": 60,
        "breachAction": "deactivate",
    }
    assert limit["resourceArn"] == f"arn:aws:redshift-serverless:{REGION}:{ACCOUNT_ID}:workgroup/{WAREHOUSE}-id"
