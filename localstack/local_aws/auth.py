"""What `lake local up --auth` decides: whether a caller may do what a request to S3, Glue or Athena asks for.

Decided by the project's own evaluator (`deployment/iam.py`) over what was deployed: the caller's inline and attached policies,
permission boundary and session policy, the bucket's policy, the catalog's resource policy, and for objects under a key of our
own the key's policy, too. A caller without keys, or with unknown ones, is refused. The root's keys (`test`) skip all of it:
they stand for whoever runs the emulator.

It does not prove: signatures (none is checked), TLS (the loopback is taken for TLS 1.3), trust policies (any role can be
assumed), other services, what a query of Athena reads and where it writes, network conditions (no request comes through an
endpoint of the VPC), service control policies.
What the evaluator does not know is refused with that reason, never let through.
"""

import json
import logging
import re
from collections.abc import Iterable
from html import escape
from io import BytesIO
from typing import Any

from werkzeug.wrappers import Request, Response

from local_aws import auth_athena, auth_glue, auth_s3, identity
from local_aws.auth_s3 import Act
from local_aws.deploy import checkout

__all__ = ["Gate"]

_LOG = logging.getLogger(__name__)
_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
_JSON = {"glue": auth_glue.acts_of, "athena": auth_athena.acts_of}
"""The services whose requests name an action in a header and say the rest in JSON."""
_MOST_READ = 1_000_000
"""Bytes of a body that says what it acts on; a longer one is an object's content."""


class Gate:
    """Lets a request through to the emulator, or answers that it may not be done."""

    def __init__(self, emulated: Any) -> None:  # noqa: ANN401 - a WSGI application
        checkout()  # the evaluator is the project's own and no installed package
        self._emulated = emulated

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        """Answers a request, as WSGI applications do."""
        refused = self._refusal(environ)
        found: Iterable[bytes] = (refused or self._emulated)(environ, start_response)
        return found

    def _refusal(self, environ: dict[str, Any]) -> Response | None:
        request = Request(environ)
        region, service = _scope(request)
        if service not in {"s3", *_JSON}:
            return None
        who = identity.caller(dict(request.headers.items()), request.query_string.decode())
        if not identity.is_known(who.access_key):
            return _unknown(service, who.access_key)
        if who.is_root:
            return None
        for act in _acts(request, service, region):
            why = _objection(who, act, region)
            if why:
                sentence = (
                    f"User: {who.arn} is not authorized to perform: {act.action} on resource: {act.resource} {why}"
                )
                _LOG.info("refused: %s", sentence)
                return _denied(service, sentence, silent=request.method == "HEAD")
        return None


def _scope(request: Request) -> tuple[str, str]:
    """The region and the service that a request was signed for; an unsigned one asks S3, which alone can be public."""
    signed = request.headers.get("Authorization", "") or f"Credential={request.args.get('X-Amz-Credential', '')}"
    found = _SCOPE.search(signed)
    if found:
        return found[1], found[2]
    unsigned_api = "X-Amz-Target" in request.headers or request.mimetype == "application/x-www-form-urlencoded"
    return identity.REGION, "" if unsigned_api or request.path.startswith("/moto-api") else "s3"


def _acts(request: Request, service: str, region: str) -> list[Act]:
    if service in _JSON:
        action = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
        return _JSON[service](action, region, json.loads(_body(request) or b"{}"))
    listed = request.method == "POST" and "delete" in request.args
    headers = {name.lower(): value for name, value in request.headers.items()}
    host = request.host.split(":")[0]
    bucket = host.removesuffix(".localhost") if host.endswith(".localhost") else ""
    path = f"/{bucket}{request.path}" if bucket else request.path
    query = request.query_string.decode()
    return auth_s3.acts_of(request.method, path, query, headers, _body(request) if listed else b"")


def _body(request: Request) -> bytes:
    """What was sent, left in place for the emulator to read."""
    content = request.environ["wsgi.input"].read(min(request.content_length or 0, _MOST_READ))
    request.environ["wsgi.input"] = BytesIO(content)
    return bytes(content)


def _objection(who: identity.Caller, act: Act, region: str) -> str:
    """Why an act may not be done, in AWS's words; empty where it may."""
    from deployment.iam import UnknownElementError
    from local_aws import auth_policies

    try:
        return auth_policies.objection(who, act, region)
    except UnknownElementError as error:
        return f"because it cannot be decided here: {error}"


def _denied(service: str, sentence: str, *, silent: bool) -> Response:
    if service in _JSON:
        return _json_error("AccessDeniedException", sentence)
    return Response("" if silent else _xml_error("AccessDenied", sentence), status=403, content_type="application/xml")


def _unknown(service: str, access_key: str) -> Response:
    if service in _JSON:
        return _json_error("UnrecognizedClientException", "The security token included in the request is invalid.")
    if not access_key:
        return Response(_xml_error("AccessDenied", "Access Denied"), status=403, content_type="application/xml")
    said = "The AWS Access Key Id you provided does not exist in our records."
    return Response(_xml_error("InvalidAccessKeyId", said), status=403, content_type="application/xml")


def _xml_error(code: str, said: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{escape(said)}</Message></Error>'
    )


def _json_error(code: str, said: str) -> Response:
    content = json.dumps({"__type": code, "Message": said})
    return Response(content, status=400, content_type="application/x-amz-json-1.1", headers={"x-amzn-ErrorType": code})
