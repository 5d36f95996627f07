"""One call is done once, however often a client sends it.

A client whose patience ends, or whose connection breaks, sends the same call again, with the same `amz-sdk-invocation-id` (AWS
SDKs and Tools Reference Guide, retry behavior). Where the first attempt had been heard, a second `CreateSubnet` or `CreateRole`
finds what the first made and fails, as happens on a busy machine. AWS takes tokens for the calls that matter; moto takes none.
So an answer is kept for a while and given again. This does not prove that a caller's retries are safe on AWS.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from werkzeug.wrappers import Response

__all__ = ["Once"]

_KEPT = 1000
_LARGEST_BYTES = 1 << 18
_PATIENCE_SECONDS = 300
_FAILED = 500

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


@dataclass
class _Call:
    """A call that is under way or answered; without an answer it is to be done again."""

    done: threading.Event = field(default_factory=threading.Event)
    answer: tuple[str, list[tuple[str, str]], bytes] | None = None


class Once:
    """Hands calls on, and answers a repeated attempt as the first one was. Only POST, which is where things are made.

    Errors of the server's own (500 and above) are not kept: to those a new attempt is the right answer.
    """

    def __init__(self, emulated: Wsgi) -> None:
        self._emulated = emulated
        self._calls: OrderedDict[str, _Call] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        """Answers a request, as WSGI has it."""
        identifier = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        if environ.get("REQUEST_METHOD") != "POST" or not identifier:
            return self._emulated(environ, start_response)
        call, is_first = self._of(identifier)
        if not is_first and call.done.wait(_PATIENCE_SECONDS) and call.answer:
            return _given(call.answer, start_response)
        try:
            response = Response.from_app(self._emulated, environ, buffered=True)
            answer = (response.status, list(response.headers), response.get_data())
            if response.status_code < _FAILED and len(answer[2]) <= _LARGEST_BYTES:
                call.answer = answer
        finally:
            call.done.set()
            if call.answer is None:
                self._forget(identifier)
        return _given(answer, start_response)

    def _of(self, identifier: str) -> tuple[_Call, bool]:
        with self._lock:
            known = self._calls.get(identifier)
            if known is not None:
                return known, False
            made = self._calls[identifier] = _Call()
            while len(self._calls) > _KEPT:
                self._calls.popitem(last=False)
            return made, True

    def _forget(self, identifier: str) -> None:
        with self._lock:
            self._calls.pop(identifier, None)


def _given(answer: tuple[str, list[tuple[str, str]], bytes], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
    status, headers, content = answer
    start_response(status, headers)
    return [content]
