"""The program in Terraform's words: names, shapes, references, order.

What the AWS provider says to the whole of it is in ``test_stacks.py``.
"""

import json
from pathlib import Path

import pulumi
import pulumi_aws as aws
import pytest

from deployment import schema
from deployment.fitting import Fitting, computed, escaped
from deployment.naming import UnknownTypeError, argument, camel, label, snake, terraform_type
from deployment.recording import record
from deployment.schema import trimmed
from deployment.translation import References, Translation, translated

KNOWN = schema.kept()


def translate(program: object) -> Translation:
    return translated(record(program, References(KNOWN)), KNOWN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pulumi_name", "terraform_name"),
    [("bucket", "bucket"), ("kmsMasterKeyId", "kms_master_key_id"), ("enableHTTPSOnly", "enable_https_only")],
)
def test_names_turn_into_words(pulumi_name: str, terraform_name: str):
    assert snake(pulumi_name) == terraform_name


def test_words_turn_into_names():
    assert camel("kms_master_key_id") == "kmsMasterKeyId"
    assert label("queries/late deliveries") == "queries_late_deliveries"


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("aws:s3/bucketObjectv2:BucketObjectv2", "aws_s3_object"),
        ("aws:ec2/vpc:Vpc", "aws_vpc"),
        ("aws:cloudtrail/trail:Trail", "aws_cloudtrail"),
        ("aws:lakeformation/dataLakeSettings:DataLakeSettings", "aws_lakeformation_data_lake_settings"),
        ("aws:cloudwatch/eventRule:EventRule", "aws_cloudwatch_event_rule"),
    ],
)
def test_types_are_found(token: str, kind: str):
    assert terraform_type(token, KNOWN.blocks) == kind


def test_a_type_that_was_not_kept_says_how_to_renew_the_schema():
    with pytest.raises(UnknownTypeError, match=r"renew it with `python -m deployment.schema`"):
        terraform_type("aws:sfn/stateMachine:StateMachine", KNOWN.blocks)


@pytest.mark.parametrize(
    ("key", "known", "found"),
    [
        ("rules", ["rule"], "rule"),
        ("policies", ["policy"], "policy"),
        ("subnetIds", ["subnet_ids"], "subnet_ids"),
        ("tag", ["tags"], "tags"),
        ("lfTags", ["lf_tag"], "lf_tag"),
        ("invented", ["name"], None),
    ],
)
def test_arguments_are_found_in_plural_and_singular(key: str, known: list[str], found: str | None):
    assert argument(key, known) == found


def test_an_argument_with_another_name_is_known():
    assert argument("name", ["alarm_name"], "aws_cloudwatch_metric_alarm") == "alarm_name"


def test_a_block_that_comes_once_is_still_a_list_to_terraform():
    block = {"attributes": {}, "block_types": {"filter": {"block": {"attributes": {"prefix": {"type": "string"}}}}}}
    assert Fitting().body({"filter": {"prefix": "raw/"}}, block, "aws_x") == {"filter": [{"prefix": "raw/"}]}


def test_what_the_provider_does_not_have_is_listed_by_its_path():
    fitting = Fitting()
    block = {"attributes": {"name": {"type": "string"}}}
    assert fitting.body({"name": "n", "newThing": 1, "region": "eu-west-1", "left": None}, block, "aws_x") == {
        "name": "n"
    }
    assert fitting.unmapped == ["aws_x.new_thing"]


def test_objects_in_a_list_have_all_their_fields():
    block = {"attributes": {"ingress": {"type": ["set", ["object", {"from_port": "number", "description": "string"}]]}}}
    assert Fitting().body({"ingress": [{"fromPort": 5439}]}, block, "aws_x") == {
        "ingress": [{"from_port": 5439, "description": None}]
    }


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("${aws_kms_key.lake.arn}", "${aws_kms_key.lake.arn}"),
        ("${tolist(aws_x.y.z)[0].name}", "${tolist(aws_x.y.z)[0].name}"),
        ("${aws:PrincipalTag/team}", "$${aws:PrincipalTag/team}"),
        ("%{if}", "%%{if}"),
    ],
)
def test_only_references_to_resources_stay_templates(text: str, written: str):
    assert escaped([{"policy": text}]) == [{"policy": written}]


def test_a_file_becomes_its_path(tmp_path: Path):
    assert escaped(pulumi.FileAsset(str(tmp_path / "job.py"))) == str(tmp_path / "job.py")


def test_what_only_aws_knows_becomes_a_reference():
    block = {
        "attributes": {
            "arn": {"type": "string", "computed": True},
            "port": {"type": "number", "computed": True},
            "endpoint": {"type": ["list", ["object", {"address": "string"}]], "computed": True},
            "names": {"type": ["set", "string"], "computed": True},
            "given": {"type": "string", "computed": True, "optional": True},
        }
    }
    state = computed("aws_x.y", {"given": "kept"}, block)
    assert state == {
        "arn": "${aws_x.y.arn}",
        "port": 0,
        "endpoint": [{"address": "${tolist(aws_x.y.endpoint)[0].address}"}],
        "endpoints": [{"address": "${tolist(aws_x.y.endpoint)[0].address}"}],
        "names": ["${tolist(aws_x.y.names)[0]}"],
        "namess": ["${tolist(aws_x.y.names)[0]}"],
        "given": "kept",
    }


def test_a_program_becomes_a_configuration():
    def program() -> None:
        key = aws.kms.Key("lake")
        bucket = aws.s3.Bucket("raw", bucket="raw-bucket")
        policy = key.arn.apply(lambda arn: json.dumps({"Resource": arn}))
        aws.s3.BucketPolicy("raw-policy", bucket=bucket.bucket, policy=policy)

    translation = translate(program)
    assert translation.unmapped == frozenset()
    assert translation.resources["aws_s3_bucket_policy"]["raw-policy"] == {
        "bucket": "raw-bucket",
        "policy": '{"Resource": "${aws_kms_key.lake.arn}"}',
        "depends_on": ["aws_kms_key.lake", "aws_s3_bucket.raw"],
    }
    configuration = translation.configuration("5.100.0", {"region": "eu-west-1"})
    assert configuration["terraform"]["required_providers"] == {
        "aws": {"source": "hashicorp/aws", "version": "5.100.0"}
    }
    assert configuration["provider"] == {"aws": {"region": "eu-west-1"}}


def test_waiting_for_a_component_is_waiting_for_everything_in_it():
    class Pair(pulumi.ComponentResource):
        def __init__(self) -> None:
            super().__init__("energylake:test:Pair", "pair")
            aws.sns.Topic("inner", name="inner", opts=pulumi.ResourceOptions(parent=self))
            self.register_outputs({})

    def program() -> None:
        aws.sns.Topic("outer", name="outer", opts=pulumi.ResourceOptions(depends_on=[Pair()]))

    assert translate(program).resources["aws_sns_topic"]["outer"]["depends_on"] == ["aws_sns_topic.inner"]


def test_what_is_ignored_and_protected_is_so_in_terraform_too():
    def program() -> None:
        aws.sns.Topic("t", name="t", opts=pulumi.ResourceOptions(ignore_changes=["displayName"], protect=True))

    assert translate(program).resources["aws_sns_topic"]["t"]["lifecycle"] == {
        "ignore_changes": ["display_name"],
        "prevent_destroy": True,
    }


def test_what_pulumi_would_name_is_named():
    def program() -> None:
        aws.sns.Topic("alerts")

    assert translate(program).resources["aws_sns_topic"]["alerts"]["name"] == "alerts"


def test_a_kept_schema_has_only_what_is_asked_of_it():
    full = {
        "aws_x": {
            "block": {
                "attributes": {"arn": {"type": "string", "computed": True, "description": "long", "sensitive": True}},
                "block_types": {"rule": {"nesting_mode": "list", "min_items": 1, "block": {"attributes": {}}}},
            }
        },
        "aws_y": {"block": {}},
    }
    assert trimmed(full, ["aws_x"]) == {
        "aws_x": {
            "attributes": {"arn": {"type": "string", "computed": True}},
            "block_types": {"rule": {"nesting_mode": "list", "block": {"attributes": {}}}},
        }
    }
