"""The decisions of IAM that the access matrix rests on."""

import pytest

from deployment.iam import Decision, Request, UnknownElementError, decide, decide_key

ROLE = "arn:aws:iam::123456789012:role/reader"
OBJECT = "arn:aws:s3:::bucket/key"


def document(effect: str = "Allow", **changes: object) -> dict[str, object]:
    statement = {"Sid": "Only", "Effect": effect, "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::bucket/*"]}
    return {"Version": "2012-10-17", "Statement": [{**statement, **changes}]}


def request(**context: str) -> Request:
    return Request(principal=ROLE, action="s3:GetObject", resource=OBJECT, context=context)


def test_nothing_is_allowed_without_a_statement():
    assert decide(request(), []) == Decision(allowed=False)


def test_an_allow_names_the_statement_that_said_so():
    assert decide(request(), [document()]) == Decision(allowed=True, sid="Only")


def test_a_deny_wins_wherever_it_stands():
    denial = document("Deny", Principal="*", Action=["s3:*"])
    assert decide(request(), [document()], denial) == Decision(allowed=False, sid="Only", explicit=True)


def test_a_resource_policy_needs_the_principal():
    assert not decide(request(), [], document(Principal={"AWS": "arn:aws:iam::123456789012:role/other"})).allowed
    assert decide(request(), [], document(Principal={"AWS": [ROLE]})).allowed


def test_actions_ignore_case_and_resources_do_not():
    assert decide(request(), [document(Action="S3:getobject")]).allowed
    assert not decide(request(), [document(Resource="arn:aws:s3:::BUCKET/*")]).allowed


@pytest.mark.parametrize(
    ("condition", "context", "holds"),
    [
        ({"StringEquals": {"aws:SourceAccount": "1"}}, {}, False),
        ({"StringEquals": {"aws:SourceAccount": ["1", "2"]}}, {"aws:sourceaccount": "2"}, True),
        ({"StringNotEquals": {"aws:SourceAccount": "1"}}, {}, True),
        ({"StringNotEquals": {"aws:SourceAccount": ["1", "2"]}}, {"aws:SourceAccount": "2"}, False),
        ({"StringEqualsIfExists": {"aws:SourceAccount": "1"}}, {}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/read*"}}, {}, True),
        ({"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/write*"]}}, {}, True),
        ({"Bool": {"aws:SecureTransport": "false"}}, {}, False),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {"s3:TlsVersion": "1.1"}, True),
        ({"NumericLessThan": {"s3:TlsVersion": "1.2"}}, {}, False),
        ({"Null": {"kms:ViaService": "true"}}, {}, True),
        ({"Null": {"kms:ViaService": "false"}}, {}, False),
    ],
)
def test_conditions_hold_as_iam_says(condition: dict[str, object], context: dict[str, str], holds: bool):  # noqa: FBT001
    assert decide(request(**context), [document(Condition=condition)]).allowed is holds


@pytest.mark.parametrize("changes", [{"NotAction": "s3:*"}, {"Condition": {"IpAddress": {"aws:SourceIp": "1"}}}])
def test_what_is_not_known_is_an_error_and_not_a_guess(changes: dict[str, object]):
    with pytest.raises(UnknownElementError):
        decide(request(**{"aws:SourceIp": "1"}), [document(**changes)])


KEY = "arn:aws:kms:eu-west-1:123456789012:key/k"
ROOT = {"AWS": "arn:aws:iam::123456789012:root"}


def key_policy(principal: object) -> dict[str, object]:
    return document(Principal=principal, Action="kms:Decrypt", Resource="*")


def test_a_key_whose_policy_says_nothing_cannot_be_used_by_anybody():
    call = Request(principal=ROLE, action="kms:Decrypt", resource=KEY)
    assert not decide_key(call, [document(Action="kms:Decrypt", Resource=KEY)], {"Statement": []}).allowed


def test_a_key_policy_for_the_root_hands_the_decision_to_the_callers_own_policy():
    call = Request(principal=ROLE, action="kms:Decrypt", resource=KEY)
    assert not decide_key(call, [], key_policy(ROOT)).allowed
    assert decide_key(call, [document(Action="kms:Decrypt", Resource=KEY)], key_policy(ROOT)).allowed


def test_a_key_policy_that_names_the_caller_is_enough():
    call = Request(principal=ROLE, action="kms:Decrypt", resource=KEY)
    assert decide_key(call, [], key_policy({"AWS": ROLE})).allowed


def test_a_deny_in_the_callers_policy_beats_the_key_policy():
    call = Request(principal=ROLE, action="kms:Decrypt", resource=KEY)
    denial = document("Deny", Action="kms:*", Resource="*")
    assert decide_key(call, [denial], key_policy({"AWS": ROLE})) == Decision(allowed=False, sid="Only", explicit=True)
