"""The crawlers: what they look at, how they take a CSV apart, and what they may change."""

import json

import pytest

from components.glue_crawlers import configuration
from components.policies import glue as policies
from tests.components.glue_case import BUCKETS, KEY, SITE, depends_on, lake, plain

CRAWLER = "aws:glue/crawler:Crawler"
CLASSIFIER = "aws:glue/classifier:Classifier"
EXCLUSIONS = ["**/.*", "**/_*", "**/_*/**", "**.tmp", "**.zst"]


@pytest.fixture(scope="module")
def build():
    return lake()


def test_each_separator_has_a_classifier_that_knows_the_header_and_keeps_text(build):
    assert [plain(classifier.inputs) for classifier in build.of(CLASSIFIER)] == [
        {
            "name": f"energy-lake-dev-csv-{name}",
            "csvClassifier": {
                "delimiter": delimiter,
                "quoteSymbol": '"',
                "containsHeader": "PRESENT",
                "serde": "OpenCSVSerDe",
                "allowSingleColumn": False,
                "disableValueTrimming": True,
                "customDatatypeConfigured": True,
                "customDatatypes": ["STRING"],
            },
        }
        for name, delimiter in (("comma", ","), ("semicolon", ";"))
    ]


def test_a_separator_without_a_name_is_called_by_its_code_point():
    build = lake(delimiters=("\t", "^"))
    assert [classifier.inputs["name"] for classifier in build.of(CLASSIFIER)] == [
        "energy-lake-dev-csv-tab",
        "energy-lake-dev-csv-u005e",
    ]


def test_raw_is_crawled_dataset_by_dataset_into_a_table_for_each_source(build):
    crawler = build.one(CRAWLER, "raw-transactions-crawler")
    assert plain(crawler.inputs, "configuration") == {
        "name": "energy-lake-dev-crawler-raw-transactions",
        "description": "Keeps the schemas of transactions in the raw zone current.",
        "role": "arn:aws:iam::123456789012:role/energy-lake-dev-crawler-raw",
        "databaseName": "energy_lake_dev_raw",
        "tablePrefix": "transactions_",
        "classifiers": ["energy-lake-dev-csv-comma", "energy-lake-dev-csv-semicolon"],
        "s3Targets": [
            {"path": f"s3://{BUCKETS['raw']}/transactions/", "exclusions": EXCLUSIONS, "sampleSize": 5},
        ],
        "schemaChangePolicy": {"updateBehavior": "UPDATE_IN_DATABASE", "deleteBehavior": "LOG"},
        "recrawlPolicy": {"recrawlBehavior": "CRAWL_EVERYTHING"},
        "lakeFormationConfiguration": {"useLakeFormationCredentials": True},
        "lineageConfiguration": {"crawlerLineageSettings": "DISABLE"},
        "securityConfiguration": "energy-lake-dev-glue",
        "tags": {"project": "energy-lake"},
    }
    assert json.loads(crawler.inputs["configuration"])["Grouping"]["TableLevelConfiguration"] == 3


def test_processed_is_crawled_at_once_into_a_table_for_each_dataset(build):
    inputs = build.one(CRAWLER, "processed-crawler").inputs
    assert [target["path"] for target in inputs["s3Targets"]] == [
        f"s3://{BUCKETS['processed']}/{dataset}/" for dataset in ("clients", "transactions")
    ], "the ledger beside them is no table"
    assert inputs["databaseName"] == "energy_lake_dev_processed"
    assert (inputs.get("tablePrefix"), inputs["classifiers"]) == (None, [])
    assert json.loads(inputs["configuration"])["Grouping"]["TableLevelConfiguration"] == 2


def test_the_configuration_is_the_same_text_each_time():
    assert configuration(2) == (
        '{"CrawlerOutput": {"Partitions": {"AddOrUpdateBehavior": "InheritFromTable"}, '
        '"Tables": {"AddOrUpdateBehavior": "MergeNewColumns"}}, '
        '"Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas", "TableLevelConfiguration": 2}, "Version": 1.0}'
    )


def test_no_crawler_runs_on_a_schedule_of_its_own(build):
    assert [crawler.inputs.get("schedule") for crawler in build.of(CRAWLER)] == [None] * 3


def test_where_nothing_is_registered_crawlers_read_with_their_own_role():
    build = lake(lake_formation=False)
    assert [crawler.inputs.get("lakeFormationConfiguration") for crawler in build.of(CRAWLER)] == [None] * 3
    policy = json.loads(build.one("aws:iam/rolePolicy:RolePolicy", "crawler-raw-access").inputs["policy"])
    assert [statement["Sid"] for statement in policy["Statement"]][:2] == ["ListZone", "ReadZone"]


@pytest.mark.parametrize("zone", ["raw", "processed"])
def test_the_crawlers_of_a_zone_share_a_role_for_that_zone(build, zone):
    policy = build.one("aws:iam/rolePolicy:RolePolicy", f"crawler-{zone}-access").inputs
    role = build.one("aws:iam/role:Role", f"crawler-{zone}-role").inputs
    wanted = policies.crawler(SITE, zone, key_arn=KEY, datasets=["clients", "transactions"], lake_formation=True)
    assert json.loads(role["assumeRolePolicy"]) == policies.glue_trust(SITE)
    assert (policy["role"], json.loads(policy["policy"])) == (f"energy-lake-dev-crawler-{zone}", wanted)


def test_a_crawler_waits_for_its_permissions_and_its_log(build):
    waits = depends_on(build.one(CRAWLER, "processed-crawler"))
    assert {"catalog-crawler-processed-access", "catalog-log-crawlers-role--crawler-processed--glue"} <= waits
