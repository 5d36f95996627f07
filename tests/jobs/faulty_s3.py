"""S3 behind a bad line: a proxy before an emulated S3 that answers some requests with a fault instead.

Faults are those that S3's documentation tells clients to expect. What the proxy cannot show is how often they come.
"""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
from botocore.config import Config
from moto.server import ThreadedMotoServer

from jobs.s3_storage import RETRIES

FAULTS = ("slow down", "internal error", "no answer", "cut before", "cut in the middle", "cut after")
"""503 and 500; silence until the client gives up; the line cut before, in the middle of, and after the request.

After a request that was cut only then, S3 has done what was asked and the client does not know it.
"""
_ANSWERS = {"slow down": (503, "SlowDown"), "internal error": (500, "InternalError")}
_PATIENCE_SECONDS = 1


@dataclass
class Line:
    """What to do with the n-th request from now on (0 is the next). `requests` tells what was asked, `done` what was answered."""

    faults: dict[int, str] = field(default_factory=dict)
    every: int = 0
    requests: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def fault(self, request: str) -> str:
        """The fault of this request, or nothing. With `every`, each request of that rank has one, all kinds in turn."""
        with self.lock:
            number = len(self.requests)
            self.requests.append(request)
        if self.every and number % self.every == 0:
            return FAULTS[number // self.every % len(FAULTS)]
        return self.faults.get(number, "")

    def begin(self, faults: dict[int, str] | None = None, every: int = 0) -> None:
        """Counts anew, with these faults."""
        with self.lock:
            self.requests.clear()
            self.faults, self.every = faults or {}, every


@contextmanager
def faulty_s3(bucket: str) -> Iterator[tuple[Any, Line]]:
    """A client as the lake's own, but impatient, whose line is bad as told; the bucket is there."""
    emulated = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    emulated.start()
    line = Line()
    proxy = _Proxy(emulated.get_host_and_port(), line)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    try:
        impatient = Config(read_timeout=_PATIENCE_SECONDS, connect_timeout=_PATIENCE_SECONDS)
        client = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{proxy.server_address[1]}", config=RETRIES.merge(impatient)
        )
        client.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
        line.begin()
        yield client, line
    finally:
        proxy.shutdown()
        proxy.server_close()
        emulated.stop()


class _Proxy(ThreadingHTTPServer):
    """Knows where S3 is and how the line is."""

    def __init__(self, upstream: tuple[str, int], line: Line) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream, self.line = upstream, line


class _Handler(BaseHTTPRequestHandler):
    server: "_Proxy"
    protocol_version = "HTTP/1.1"

    def do(self) -> None:
        fault = self.server.line.fault(f"{self.command} {self.path}")
        if fault == "cut before":
            self._cut()
            return
        body = self._body(half=fault == "cut in the middle")
        if fault == "cut in the middle":
            self._cut()
        elif fault == "no answer":
            time.sleep(_PATIENCE_SECONDS * 1.5)
            self._cut()
        elif fault in _ANSWERS:
            status, code = _ANSWERS[fault]
            self._send(status, [], f"<Error><Code>{code}</Code><Message>try again</Message></Error>".encode())
        else:
            self._forward(body, is_cut=fault == "cut after")

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do  # noqa: N815 - http.server's names

    def _body(self, *, half: bool) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return self._chunks()
        length = int(self.headers.get("Content-Length", 0))
        return self.rfile.read(length // 2 if half else length)

    def _chunks(self) -> bytes:
        content = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            content += self.rfile.read(size)
            self.rfile.readline()
        while self.rfile.readline().strip():
            pass
        return content

    def _forward(self, body: bytes, *, is_cut: bool) -> None:
        upstream = http.client.HTTPConnection(*self.server.upstream)
        try:
            dropped = {"transfer-encoding", "expect", "connection", "content-length"}
            headers = {name: value for name, value in self.headers.items() if name.lower() not in dropped}
            upstream.request(self.command, self.path, body, headers | {"Content-Length": str(len(body))})
            answer = upstream.getresponse()
            content = answer.read()
        finally:
            upstream.close()
        if is_cut:
            self._cut()
        else:
            kept = [(n, v) for n, v in answer.getheaders() if n.lower() not in {"transfer-encoding", "connection"}]
            self._send(answer.status, kept, content)

    def _send(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in {name.lower() for name, _ in headers}:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def _cut(self) -> None:
        self.close_connection = True
        self.connection.close()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):
            self.close_connection = True  # the client went away, or this side cut the line

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        """Silent: the client under test says what it saw."""
