"""What the recording engine promises to every component test."""

import gc
import warnings

import pulumi
import pulumi_aws as aws
import pytest

from tests.engine import UnexpectedCallError, built


class Pair(pulumi.ComponentResource):
    def __init__(self, name: str) -> None:
        super().__init__("energylake:test:Pair", name)
        child = pulumi.ResourceOptions(parent=self)
        self.bucket = aws.s3.Bucket(f"{name}-bucket", bucket="pair", opts=child)
        self.policy = aws.s3.BucketPolicy(
            f"{name}-policy",
            bucket=self.bucket.id,
            policy=self.bucket.arn.apply(lambda arn: f'{{"Resource": "{arn}"}}'),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.bucket], protect=True),
        )
        self.register_outputs({"bucket": self.bucket.bucket})


def test_everything_is_registered_when_built_returns():
    build = built(lambda: Pair("pair"))
    assert build.counts() == {
        "aws:s3/bucket:Bucket": 1,
        "aws:s3/bucketPolicy:BucketPolicy": 1,
        "energylake:test:Pair": 1,
    }


def test_inputs_carry_what_earlier_resources_computed():
    policy = built(lambda: Pair("pair")).one("aws:s3/bucketPolicy:BucketPolicy")
    given = {key: value for key, value in policy.inputs.items() if value is not None}
    assert given == {"bucket": "pair", "policy": '{"Resource": "arn:aws:s3:::pair"}'}


def test_options_are_recorded():
    build = built(lambda: Pair("pair"))
    policy, bucket = build.one("aws:s3/bucketPolicy:BucketPolicy"), build.one("aws:s3/bucket:Bucket")
    assert policy.options.protect
    assert bucket.urn in policy.options.depends_on
    assert policy.options.parent == build.one("energylake:test:Pair").urn


def test_outputs_of_a_component_are_recorded_and_resolvable():
    build = built(lambda: Pair("pair"))
    assert build.component_outputs[build.one("energylake:test:Pair").urn] == {"bucket": "pair"}
    assert build.value(build.made.bucket.arn) == "arn:aws:s3:::pair"
    assert build.value({"plain": 1, "output": build.made.bucket.bucket}) == {"plain": 1, "output": "pair"}


def test_exports_are_resolved():
    def program():
        pair = Pair("pair")
        pulumi.export("bucket", pair.bucket.arn)

    assert dict(built(program).exports) == {"bucket": "arn:aws:s3:::pair"}


def test_a_secret_input_is_laid_open_and_named():
    build = built(lambda: aws.sns.Topic("topic", display_name=pulumi.Output.secret("hidden")))
    topic = build.one("aws:sns/topic:Topic")
    assert topic.inputs["displayName"] == "hidden"
    assert topic.secrets == frozenset({"displayName"})


def test_a_call_without_an_answer_is_loud():
    with pytest.raises(UnexpectedCallError, match=r"the program called aws:kms/getAlias:getAlias with"):
        built(lambda: aws.kms.get_alias(name="alias/x"))


def test_a_program_that_registers_nothing_is_refused():
    with pytest.raises(AssertionError, match="nothing was registered"):
        built(lambda: None)


def test_an_error_in_the_program_is_raised_as_it_is():
    def program():
        aws.sns.Topic("topic")
        raise ValueError("wrong setting")

    with pytest.raises(ValueError, match="wrong setting"):
        built(program)


def test_one_names_what_there_is_when_nothing_fits():
    build = built(lambda: Pair("pair"))
    with pytest.raises(
        LookupError, match=r"wanted one aws:s3/bucket:Bucket ending in 'raw', found 0 \(of this type: pair-bucket\)"
    ):
        build.one("aws:s3/bucket:Bucket", "raw")


def test_a_build_knows_nothing_of_the_build_before():
    built(lambda: pulumi.export("left", aws.sns.Topic("topic").arn), config={"energy-lake:key": "value"})
    build = built(lambda: (aws.sns.Topic("other"), pulumi.Config("energy-lake").get("key"))[1])
    assert build.made is None
    assert dict(build.exports) == {}


def test_no_event_loop_is_left_open():
    with warnings.catch_warnings():
        warnings.simplefilter("error", ResourceWarning)
        built(lambda: Pair("pair"))
        gc.collect()
