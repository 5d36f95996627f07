"""The catalog as a whole: what is built, what it is called, how it is encrypted, what it waits for.

The jobs, the crawlers, the workflow and the alerts have files of their own beside this one. What AWS makes of it all is
proved neither here nor by any mock.
"""

import pulumi
import pulumi_aws as aws
import pytest

from components.glue import JOBS, LakeCatalog
from tests.components.glue_case import BUCKETS, KEY, arguments, depends_on, lake, plain
from tests.engine import built

DATABASE = "aws:glue/catalogDatabase:CatalogDatabase"
TABLE = "aws:glue/catalogTable:CatalogTable"
ENCRYPTION = "aws:glue/dataCatalogEncryptionSettings:DataCatalogEncryptionSettings"


@pytest.fixture(scope="module")
def build():
    return lake()


def test_two_datasets_and_two_tables_need_exactly_these_resources(build):
    assert build.counts() == {
        "aws:cloudwatch/eventRule:EventRule": 4,
        "aws:cloudwatch/eventTarget:EventTarget": 4,
        "aws:cloudwatch/logGroup:LogGroup": 6,
        "aws:cloudwatch/metricAlarm:MetricAlarm": 14,
        DATABASE: 3,
        TABLE: 2,
        "aws:glue/classifier:Classifier": 2,
        "aws:glue/crawler:Crawler": 3,
        ENCRYPTION: 1,
        "aws:glue/job:Job": 2,
        "aws:glue/securityConfiguration:SecurityConfiguration": 1,
        "aws:glue/trigger:Trigger": 4,
        "aws:glue/workflow:Workflow": 1,
        "aws:iam/role:Role": 5,
        "aws:iam/rolePolicy:RolePolicy": 5,
        "aws:s3/bucketObjectv2:BucketObjectv2": 3,
        "aws:sns/topic:Topic": 1,
        "aws:sns/topicPolicy:TopicPolicy": 1,
        "aws:sqs/queue:Queue": 1,
        "aws:sqs/queuePolicy:QueuePolicy": 1,
        "energylake:glue:LakeCatalog": 1,
    }


def test_every_child_is_named_after_its_parent_and_belongs_to_it(build):
    component = build.one("energylake:glue:LakeCatalog")
    children = [resource for resource in build.resources if resource is not component]
    assert [child.name for child in children if not child.name.startswith("catalog-")] == []
    assert {child.options.parent for child in children} == {component.urn}


def test_metadata_and_connection_passwords_are_encrypted_with_the_lakes_key(build):
    assert plain(build.one(ENCRYPTION).inputs) == {
        "dataCatalogEncryptionSettings": {
            "encryptionAtRest": {"catalogEncryptionMode": "SSE-KMS", "sseAwsKmsKeyId": KEY},
            "connectionPasswordEncryption": {"returnConnectionPasswordEncrypted": True, "awsKmsKeyId": KEY},
        }
    }


def test_databases_wait_for_the_encryption_because_it_does_not_reach_back(build):
    assert [depends_on(database) for database in build.of(DATABASE)] == [{"catalog-encryption"}] * 3


def test_a_second_stack_of_an_account_can_leave_its_encryption_alone():
    build = lake(encrypt_catalog=False)
    assert build.of(ENCRYPTION) == []
    assert len(build.of(DATABASE)) == 3


def test_each_zone_with_a_catalog_has_a_database_at_its_bucket(build):
    assert {d.inputs["name"]: d.inputs["locationUri"] for d in build.of(DATABASE)} == {
        f"energy_lake_dev_{zone}": f"s3://{BUCKETS[zone]}/" for zone in ("raw", "processed", "curated")
    }


def test_databases_leave_default_permissions_to_lake_formation(build):
    assert all(database.inputs.get("createTableDefaultPermissions") is None for database in build.of(DATABASE))


def test_a_partitioned_table_is_declared_as_parquet_with_comments_and_its_key_apart(build):
    assert plain(build.one(TABLE, "market_daily").inputs) == {
        "name": "market_daily",
        "databaseName": "energy_lake_dev_curated",
        "description": "What was traded on a day.",
        "tableType": "EXTERNAL_TABLE",
        "parameters": {"EXTERNAL": "TRUE", "classification": "parquet", "typeOfData": "file"},
        "partitionKeys": [{"name": "date", "type": "date", "comment": "The market day."}],
        "storageDescriptor": {
            "location": f"s3://{BUCKETS['curated']}/market_daily/",
            "inputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
            "outputFormat": "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
            "columns": [{"name": "bought_mwh", "type": "decimal(38,6)", "comment": "Energy bought. [MWh]"}],
            "serDeInfo": {
                "name": "parquet",
                "serializationLibrary": "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe",
                "parameters": {"serialization.format": "1"},
            },
        },
    }


def test_a_table_in_one_piece_has_no_partition_key(build):
    assert plain(build.one(TABLE, "curated-clients").inputs)["partitionKeys"] == []


def test_outputs_are_what_neighbours_need_by_name(build):
    outputs = build.component_outputs[build.one("energylake:glue:LakeCatalog").urn]
    assert outputs == {
        "database_names": {zone: f"energy_lake_dev_{zone}" for zone in ("raw", "processed", "curated")},
        "table_names": {"clients": "clients", "market_daily": "market_daily"},
        "job_names": {job: f"energy-lake-dev-{job}" for job in JOBS},
        "crawler_names": {
            name: f"energy-lake-dev-crawler-{name}" for name in ("processed", "raw-clients", "raw-transactions")
        },
        "workflow_name": "energy-lake-dev-daily",
        "topic_arn": "arn:aws:sns:eu-west-1:123456789012:energy-lake-dev-alerts",
        "role_arns": {
            role: f"arn:aws:iam::123456789012:role/energy-lake-dev-{role}"
            for role in (*JOBS, "crawler-raw", "crawler-processed")
        },
    }


@pytest.mark.parametrize("several", [True, False])
def test_every_child_waits_for_what_the_caller_wants_first(several):
    def program() -> None:
        settings = aws.sns.Topic("settings")
        wanted = [settings] if several else settings
        LakeCatalog("catalog", arguments(), pulumi.ResourceOptions(depends_on=wanted))

    build = built(program)
    children = [resource for resource in build.resources if resource.name.startswith("catalog-")]
    assert [child.name for child in children if "settings" not in depends_on(child)] == []


def test_everything_that_can_have_tags_has_them(build):
    untaggable = {
        TABLE,
        ENCRYPTION,
        "aws:cloudwatch/eventTarget:EventTarget",
        "aws:glue/classifier:Classifier",
        "aws:glue/securityConfiguration:SecurityConfiguration",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sqs/queuePolicy:QueuePolicy",
        "energylake:glue:LakeCatalog",
    }
    bare = [r.name for r in build.resources if r.inputs.get("tags") != {"project": "energy-lake"}]
    assert bare == [r.name for r in build.resources if r.token in untaggable]
