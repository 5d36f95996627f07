"""A call that a client sends twice is done once, and answered twice alike."""

import http.client
import threading

import pytest
from local_aws.attempts import Once
from werkzeug.test import Client
from werkzeug.wrappers import Request, Response


class Counter:
    """An application that counts what reaches it, and waits or fails when told to."""

    def __init__(self) -> None:
        self.heard = 0
        self.status = 200
        self.gate = threading.Event()
        self.gate.set()

    def __call__(self, environ, start_response):
        self.heard += 1
        number = self.heard
        self.gate.wait(10)
        Request(environ).get_data()
        return Response(f"answer {number}", status=self.status)(environ, start_response)


@pytest.fixture
def counted():
    return Counter()


def sent(app, call="", method="POST"):
    headers = {"amz-sdk-invocation-id": call} if call else {}
    return Client(app).open("/", method=method, headers=headers, data=b"x")


def test_a_second_attempt_is_answered_as_the_first_and_does_nothing(counted):
    once = Once(counted)
    assert [sent(once, "a").text for _ in range(3)] == ["answer 1"] * 3
    assert sent(once, "b").text == "answer 2"
    assert counted.heard == 2


@pytest.mark.parametrize(("call", "method"), [("", "POST"), ("a", "GET"), ("a", "PUT")])
def test_what_names_no_call_or_makes_nothing_is_handed_on_each_time(counted, call, method):
    once = Once(counted)
    assert [sent(once, call, method).text for _ in range(2)] == ["answer 1", "answer 2"]


def test_a_refusal_stays_a_refusal_and_a_failure_is_tried_again(counted):
    once = Once(counted)
    counted.status = 400
    assert [sent(once, "a").status_code for _ in range(2)] == [400, 400]
    assert counted.heard == 1
    counted.status = 503
    assert sent(once, "b").status_code == 503
    counted.status = 200
    assert (sent(once, "b").status_code, counted.heard) == (200, 3)


def test_an_attempt_that_comes_while_the_first_is_at_work_waits_for_its_answer(counted):
    once = Once(counted)
    counted.gate.clear()
    answers = []
    attempts = [threading.Thread(target=lambda: answers.append(sent(once, "a").text)) for _ in range(2)]
    for attempt in attempts:
        attempt.start()
    counted.gate.set()
    for attempt in attempts:
        attempt.join(10)
    assert (answers, counted.heard) == (["answer 1"] * 2, 1)


def test_the_emulator_makes_a_role_once_whatever_the_line_does(emulator):
    """The same bytes twice, as a client sends them that did not hear the answer."""
    body = b"Action=CreateRole&Version=2010-05-08&RoleName=heard-twice&AssumeRolePolicyDocument=%7B%7D"
    signed = "AWS4-HMAC-SHA256 Credential=test/20261123/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    headers = {"Authorization": signed, "Content-Type": "application/x-www-form-urlencoded"}

    def post(call):
        asked = http.client.HTTPConnection(emulator.endpoint.removeprefix("http://"))
        asked.request("POST", "/", body, headers | {"amz-sdk-invocation-id": call})
        answer = asked.getresponse()
        return answer.status, answer.read()

    first = post("one")
    assert (first[0], post("one")) == (200, first)
    assert post("two")[0] == 409
