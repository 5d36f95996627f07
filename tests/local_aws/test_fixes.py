"""What moto does not do and the stack needs, asked of the emulator through AWS's own client.

That all of it together lets the whole stack converge is `test_deploy.py`.
"""

import json
import uuid

import pytest
from botocore.exceptions import ClientError
from local_aws.fixes import patching

ACCOUNT = "123456789012"
HERE = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def name():
    """A name that nothing else at the shared emulator has."""
    return f"t{uuid.uuid4().hex[:12]}"


def denying(bucket):
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/somebody-else"},
        "Action": "s3:*",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_bucket_policy_that_denies_somebody_does_not_deny_everybody(aws, name):
    s3 = aws("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)
    s3.put_bucket_policy(Bucket=name, Policy=denying(name))
    s3.put_object(Bucket=name, Key="a", Body=b"1")
    assert s3.get_object(Bucket=name, Key="a")["Body"].read() == b"1"
    assert not s3.delete_objects(Bucket=name, Delete={"Objects": [{"Key": "a"}]}).get("Errors")


def test_access_logs_may_go_where_a_policy_lets_the_logging_service_write(aws, name):
    s3 = aws("s3")
    for bucket in (name, f"{name}-logs"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=HERE)
    target = {"TargetBucket": f"{name}-logs", "TargetPrefix": "s3/"}
    s3.put_bucket_logging(Bucket=name, BucketLoggingStatus={"LoggingEnabled": target})
    assert s3.get_bucket_logging(Bucket=name)["LoggingEnabled"]["TargetPrefix"] == "s3/"


def test_the_event_bridge_setting_of_a_bucket_comes_back_and_only_where_it_was_set(aws, name):
    s3 = aws("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=HERE)
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert s3.get_bucket_notification_configuration(Bucket=name)["EventBridgeConfiguration"] == {}
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=name)


def test_a_bucket_that_had_versions_can_be_emptied_once_versioning_is_suspended(aws, name):
    s3 = aws("s3")
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket=name, Key="a", Body=b"1")
    s3.delete_object(Bucket=name, Key="a")
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Suspended"})
    there = s3.list_object_versions(Bucket=name)

    versions = [
        {"Key": one["Key"], "VersionId": one["VersionId"]} for one in there["Versions"] + there["DeleteMarkers"]
    ]
    s3.delete_objects(Bucket=name, Delete={"Objects": versions})

    s3.delete_bucket(Bucket=name)


@pytest.mark.parametrize("by", ["Name", "TrailARN"])
def test_a_trail_is_deleted_by_its_name_or_its_arn(aws, name, by):
    trails = aws("cloudtrail")
    aws("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    made = trails.create_trail(Name=name, S3BucketName=name)

    trails.delete_trail(Name=made[by])

    with pytest.raises(trails.exceptions.TrailNotFoundException):
        trails.delete_trail(Name=made[by])
    assert name not in [one["Name"] for one in trails.describe_trails()["trailList"]]


def test_a_classifier_is_made_read_changed_and_deleted(aws, name):
    glue = aws("glue")
    glue.create_classifier(CsvClassifier={"Name": name, "Delimiter": ",", "ContainsHeader": "PRESENT"})
    with pytest.raises(ClientError, match="AlreadyExistsException"):
        glue.create_classifier(CsvClassifier={"Name": name})
    glue.update_classifier(CsvClassifier={"Name": name, "Delimiter": ";"})
    found = glue.get_classifier(Name=name)["Classifier"]["CsvClassifier"]
    assert (found["Delimiter"], found["ContainsHeader"]) == (";", "PRESENT")
    assert {"CsvClassifier": found} in glue.get_classifiers()["Classifiers"]
    glue.delete_classifier(Name=name)
    with pytest.raises(ClientError, match="EntityNotFoundException"):
        glue.get_classifier(Name=name)


@pytest.mark.parametrize("asked", [{}, {"ExecutionClass": "FLEX"}, {"JobRunQueuingEnabled": True}])
def test_a_job_comes_back_as_it_was_set(aws, name, asked):
    aws("glue").create_job(Name=name, Role="r", Command={"Name": "glueetl"}, **asked)
    job = aws("glue").get_job(JobName=name)["Job"]
    assert job.get("ExecutionClass") == asked.get("ExecutionClass")
    assert job["JobRunQueuingEnabled"] is asked.get("JobRunQueuingEnabled", False)


def test_named_queries_and_prepared_statements_can_be_deleted(aws, name):
    athena = aws("athena")
    athena.create_work_group(Name=name)
    query = athena.create_named_query(Name=name, Database="d", QueryString="SELECT 1", WorkGroup=name)["NamedQueryId"]
    athena.create_prepared_statement(StatementName=name, WorkGroup=name, QueryStatement="SELECT ?")
    athena.delete_named_query(NamedQueryId=query)
    athena.delete_prepared_statement(StatementName=name, WorkGroup=name)
    assert query not in athena.list_named_queries(WorkGroup=name)["NamedQueryIds"]
    with pytest.raises(ClientError):
        athena.get_prepared_statement(StatementName=name, WorkGroup=name)


def test_a_budget_has_tags_and_its_notifications_have_subscribers(aws, name):
    budgets = aws("budgets")
    notification = {"NotificationType": "ACTUAL", "ComparisonOperator": "GREATER_THAN", "Threshold": 80.0}
    told = [{"SubscriptionType": "EMAIL", "Address": "desk@example.org"}]
    budgets.create_budget(
        AccountId=ACCOUNT,
        Budget={
            "BudgetName": name,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "BudgetLimit": {"Amount": "1", "Unit": "USD"},
        },
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": told}],
        ResourceTags=[{"Key": "a", "Value": "1"}],
    )
    arn = f"arn:aws:budgets::{ACCOUNT}:budget/{name}"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "b", "Value": "2"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["a"])
    assert budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"] == [{"Key": "b", "Value": "2"}]
    found = budgets.describe_subscribers_for_notification(AccountId=ACCOUNT, BudgetName=name, Notification=notification)
    assert found["Subscribers"] == told


def test_a_rule_to_a_prefix_list_keeps_its_description(aws, name):
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]
    list_id = ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    for target in (
        {"PrefixListIds": [{"PrefixListId": list_id, "Description": "to S3"}]},
        {"IpRanges": [{"CidrIp": "10.1.0.0/16", "Description": "to the office"}]},
    ):
        ec2.authorize_security_group_egress(
            GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, **target}]
        )
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert {"to S3", "to the office"} <= {rule.get("Description") for rule in rules}


def test_a_parameter_group_can_be_changed_and_shows_what_was_set(aws, name):
    redshift = aws("redshift")
    redshift.create_cluster_parameter_group(
        ParameterGroupName=name, ParameterGroupFamily="redshift-1.0", Description="d"
    )
    redshift.modify_cluster_parameter_group(
        ParameterGroupName=name, Parameters=[{"ParameterName": "require_ssl", "ParameterValue": "true"}]
    )
    set_by_user = redshift.describe_cluster_parameters(ParameterGroupName=name, Source="user")["Parameters"]
    assert {p["ParameterName"]: p["ParameterValue"] for p in set_by_user} == {"require_ssl": "true"}
    everything = redshift.describe_cluster_parameters(ParameterGroupName=name)["Parameters"]
    assert len(everything) > len(set_by_user)


def test_a_cluster_gives_back_what_it_was_made_with(aws, name):
    redshift = aws("redshift")
    redshift.create_cluster(
        ClusterIdentifier=name,
        NodeType="ra3.large",
        MasterUsername="admin",
        ManageMasterPassword=True,
        PreferredMaintenanceWindow="Mon:03:00-Mon:03:30",
        DefaultIamRoleArn=f"arn:aws:iam::{ACCOUNT}:role/copy",
        ManualSnapshotRetentionPeriod=7,
    )
    (cluster,) = redshift.describe_clusters(ClusterIdentifier=name)["Clusters"]
    assert cluster["ClusterAvailabilityStatus"] == "Available"
    assert cluster["PreferredMaintenanceWindow"] == "mon:03:00-mon:03:30"
    assert cluster["DefaultIamRoleArn"].endswith("role/copy")
    assert cluster["ManualSnapshotRetentionPeriod"] == 7


@pytest.fixture
def table(aws, name):
    """A table of the catalog, and the grants of a principal on it."""
    return {"DatabaseName": name, "Name": "t"}


def who(name):
    return {"DataLakePrincipalIdentifier": f"arn:aws:iam::{ACCOUNT}:role/{name}"}


def test_what_was_granted_on_columns_is_found_by_its_table_and_taken_back_in_parts(aws, name, table):
    lake = aws("lakeformation")
    columns = {"TableWithColumns": {**table, "ColumnNames": ["a", "b"]}}
    lake.grant_permissions(Principal=who(name), Resource={"Table": table}, Permissions=["SELECT", "DESCRIBE"])
    lake.grant_permissions(Principal=who(name), Resource=columns, Permissions=["SELECT"])
    named = {"Table": {**table, "CatalogId": ACCOUNT}}
    assert len(lake.list_permissions(Principal=who(name), Resource=named)["PrincipalResourcePermissions"]) == 2
    lake.revoke_permissions(Principal=who(name), Resource=named, Permissions=["SELECT"])
    rest = lake.list_permissions(Principal=who(name), Resource=named)["PrincipalResourcePermissions"]
    assert sorted(tuple(grant["Permissions"]) for grant in rest) == [("DESCRIBE",), ("SELECT",)]
    lake.revoke_permissions(Principal=who(name), Resource=named, Permissions=["DESCRIBE"])
    with pytest.raises(ClientError, match="No permissions revoked"):
        lake.revoke_permissions(Principal=who(name), Resource=named, Permissions=["DESCRIBE"])


def test_grants_on_tags_can_be_listed(aws, name):
    lake = aws("lakeformation")
    policy = {"ResourceType": "TABLE", "Expression": [{"TagKey": name, "TagValues": ["x"]}]}
    lake.grant_permissions(Principal=who(name), Resource={"LFTagPolicy": policy}, Permissions=["SELECT"])
    found = lake.list_permissions(Principal=who(name), Resource={"LFTagPolicy": policy})
    assert [grant["Permissions"] for grant in found["PrincipalResourcePermissions"]] == [["SELECT"]]


def test_tags_add_up_and_come_off_by_their_key_whoever_was_first(aws, name, table):
    lake = aws("lakeformation")
    for key in ("one", "two"):
        lake.create_lf_tag(TagKey=f"{name}-{key}", TagValues=["x", "y"])
    on = {"Table": table}
    lake.add_lf_tags_to_resource(Resource=on, LFTags=[{"TagKey": f"{name}-one", "TagValues": ["x"]}])
    lake.add_lf_tags_to_resource(Resource=on, LFTags=[{"TagKey": f"{name}-two", "TagValues": ["x"]}])
    lake.add_lf_tags_to_resource(Resource=on, LFTags=[{"TagKey": f"{name}-one", "TagValues": ["y"]}])
    found = {t["TagKey"]: t["TagValues"] for t in lake.get_resource_lf_tags(Resource=on)["LFTagsOnTable"]}
    assert found == {f"{name}-one": ["y"], f"{name}-two": ["x"]}
    for _ in range(2):
        lake.remove_lf_tags_from_resource(Resource=on, LFTags=[{"TagKey": f"{name}-one", "TagValues": ["y"]}])
    assert [t["TagKey"] for t in lake.get_resource_lf_tags(Resource=on)["LFTagsOnTable"]] == [f"{name}-two"]


def test_a_cell_filter_is_made_read_changed_and_deleted(aws, name):
    lake = aws("lakeformation")
    place = {"TableCatalogId": ACCOUNT, "DatabaseName": name, "TableName": "t", "Name": "north"}
    rows = {"RowFilter": {"FilterExpression": "region = 'north'"}, "ColumnNames": ["a"]}
    lake.create_data_cells_filter(TableData={**place, **rows})
    with pytest.raises(ClientError, match="AlreadyExists"):
        lake.create_data_cells_filter(TableData={**place, **rows})
    lake.update_data_cells_filter(TableData={**place, **rows, "ColumnNames": ["a", "b"]})
    assert lake.get_data_cells_filter(**place)["DataCellsFilter"]["ColumnNames"] == ["a", "b"]
    on_table = {"CatalogId": ACCOUNT, "DatabaseName": name, "Name": "t"}
    assert [f["Name"] for f in lake.list_data_cells_filter(Table=on_table)["DataCellsFilters"]] == ["north"]
    lake.delete_data_cells_filter(**place)
    with pytest.raises(ClientError, match="EntityNotFound"):
        lake.get_data_cells_filter(**place)


class Owner:
    """Stands for a class of moto."""

    def there(self):
        return 1


def test_a_change_that_moto_no_longer_needs_or_fits_is_said():
    with pytest.raises(patching.MotoChangedError, match="has there by now"):
        patching.add(Owner, "there", lambda _self: 2)
    for change in (patching.replace, patching.wrap):
        with pytest.raises(patching.MotoChangedError, match="has no gone any more"):
            change(Owner, "gone", lambda *_: 2)


def test_a_change_made_twice_is_made_once():
    class Twice(Owner):
        def count(self):
            return 1

    for _ in range(2):
        patching.wrap(Twice, "count", lambda original, self: original(self) + 1)
        patching.add(Twice, "added", lambda _self: 3)
    assert (Twice().count(), Twice().added()) == (2, 3)
