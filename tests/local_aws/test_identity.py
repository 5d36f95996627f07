import pytest
from local_aws import identity
from moto import mock_aws
from moto.iam.models import iam_backends

ROLE = "arn:aws:iam::123456789012:role/energy-lake-analyst"


@pytest.fixture(autouse=True)
def emulated():
    with mock_aws():
        yield


def signed(access_key):
    return {
        "authorization": f"AWS4-HMAC-SHA256 Credential={access_key}/20260101/eu-west-1/s3/aws4_request, Signature=0"
    }


def test_the_usual_key_is_the_accounts_root():
    found = identity.caller(signed("test"))
    assert (found.arn, found.role_name, found.is_root) == ("arn:aws:iam::123456789012:root", None, True)


def test_borrowed_keys_are_their_role_and_not_its_session():
    keys = identity.lend(ROLE, "a-session")
    found = identity.caller(signed(keys.access_key))
    assert (found.arn, found.role_name, found.is_root) == (ROLE, "energy-lake-analyst", False)


def test_the_keys_of_a_user_are_the_user():
    backend = iam_backends["123456789012"]["aws"]
    backend.create_user("aws", "somebody")
    key = backend.create_access_key("somebody", "AKIA")
    assert identity.caller(signed(key.access_key_id)).arn == "arn:aws:iam::123456789012:user/somebody"


def test_a_presigned_address_names_its_key_in_the_query():
    keys = identity.lend(ROLE, "a-session")
    query = f"X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={keys.access_key}%2F20260101%2Feu-west-1%2Fs3%2Faws4_request"
    assert identity.caller({}, query).arn == ROLE


def test_strangers_are_the_root_but_not_known():
    assert identity.caller({}).is_root
    assert identity.caller(signed("AKIASTRANGER")).is_root
    assert not identity.is_known("AKIASTRANGER")
    assert not identity.is_known("")
    assert identity.is_known("test")
