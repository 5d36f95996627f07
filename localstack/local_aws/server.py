"""The emulator's process: moto with the project's fixes and data planes behind one loopback port, its state in memory.

`lifecycle.py` starts and stops it. Besides AWS's calls it answers two of LocalStack's own: `GET /_localstack/health` and
`POST /_localstack/state/reset`, so that `lake local status` and `reset` work with either.
"""

import argparse
import importlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, make_server
from werkzeug.wrappers import Request, Response

from local_aws import address, hooks
from local_aws.attempts import Once
from local_aws.loopback import DEFAULT_PORT, HOST

__all__ = ["EDITION", "HEALTH", "INSTALLED", "RESET", "build", "main"]

EDITION = "energy-lake"
"""How the emulator says that it is this one and not another."""
HEALTH = "/_localstack/health"
RESET = "/_localstack/state/reset"

INSTALLED = (
    "local_aws.fixes.s3",
    "local_aws.fixes.glue",
    "local_aws.fixes.athena",
    "local_aws.fixes.budgets",
    "local_aws.fixes.cloudtrail",
    "local_aws.fixes.ec2",
    "local_aws.fixes.redshift",
    "local_aws.fixes.lakeformation",
    "local_aws.events",
    "local_aws.alarms",
    "local_aws.glue",
    "local_aws.sql.athena",
    "local_aws.sql.redshift_data",
)
"""Every module that changes moto, in the order in which its `install()` is called: control plane first, then data planes."""

_SERVICES = (
    "athena budgets cloudtrail cloudwatch ec2 events glue iam kms lakeformation logs redshift redshift-data s3 s3control "
    "scheduler secretsmanager sns sqs sts"
).split()
"""What the stack is made of, as tools for LocalStack ask after it; moto answers for many more."""
_LOOPBACK = ("127.", "::1", "localhost")
_SETTINGS = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "MOTO_DISABLE_GLOBAL_CORS": "true"}
"""The stack attaches policies that AWS keeps; a browser's questions about origins are nobody's here."""

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def build(*, auth: bool = False) -> Wsgi:
    """The application: moto with everything installed, behind the identity check where that is wanted."""
    os.environ.update(_SETTINGS)  # before moto is imported, which reads them
    for module in INSTALLED:
        importlib.import_module(module).install()
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

    emulated: Wsgi = DomainDispatcherApplication(create_backend_app)
    if auth:
        from local_aws.auth import Gate

        emulated = Gate(emulated)
    return _Front(Once(emulated), auth=auth)


class _Front:
    """Answers what is asked about the emulator itself and hands everything else on."""

    def __init__(self, emulated: Wsgi, *, auth: bool) -> None:
        self._emulated = emulated
        self._auth = auth

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        path = environ.get("PATH_INFO", "")
        if not path.startswith("/_localstack/"):
            return self._emulated(environ, start_response)
        return self._about_itself(Request(environ))(environ, start_response)

    def _about_itself(self, request: Request) -> Response:
        if request.path == HEALTH:
            services = dict.fromkeys(_SERVICES, "running")
            about = {"edition": EDITION, "services": services, "pid": os.getpid(), "auth": self._auth}
            return Response(json.dumps(about), content_type="application/json")
        if request.path == RESET and request.method == "POST":
            _forget()
            return Response(json.dumps({"status": "reset"}), content_type="application/json")
        return Response(f"{request.method} {request.path}: there is GET {HEALTH} and POST {RESET}\n", status=404)


def _forget() -> None:
    """Throws the state away: the data planes' first, since what they run would write into what is gone."""
    from moto.moto_api._internal.models import moto_api_backend

    hooks.run_reset()
    moto_api_backend.reset()


def main(arguments: list[str]) -> None:
    """Serves until it is told to stop; `lifecycle.py` gives the arguments."""
    parser = argparse.ArgumentParser(prog="python -m local_aws.server")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--auth", action="store_true")
    parser.add_argument("--ready", type=Path, help="a file to write once requests are answered")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    sys.addaudithook(_stay_here)
    server = _listen(options.port)
    server.app = build(auth=options.auth)
    _stop_when_told(server)
    if options.ready:
        _say_ready(options.ready, server.server_port, auth=options.auth)
    try:
        server.serve_forever()
    finally:
        hooks.run_reset()
        if options.ready:
            options.ready.unlink(missing_ok=True)


def _listen(port: int) -> BaseWSGIServer:
    """Takes the port before anything slow is done, so that a port in use is said at once."""
    from moto.moto_server.werkzeug_app import MotoRequestHandler

    def too_early(_environ: dict[str, Any], _start: Any) -> Iterable[bytes]:  # noqa: ANN401 - WSGI's
        raise RuntimeError("nothing is served before everything is installed")

    server = make_server(HOST, port, too_early, threaded=True, request_handler=MotoRequestHandler)
    address.is_at(server.server_port)
    os.environ["MOTO_PORT"] = str(server.server_port)
    return server


def _say_ready(file: Path, port: int, *, auth: bool) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps({"pid": os.getpid(), "port": port, "auth": auth}), encoding="utf-8")
    fresh.rename(file)


def _stop_when_told(server: BaseWSGIServer) -> None:
    def stop(_signal: int, _frame: object) -> None:
        threading.Thread(target=server.shutdown).start()  # `shutdown` waits for the loop that this signal interrupts

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _stay_here(event: str, arguments: tuple[Any, ...]) -> None:
    """Refuses connections to anywhere but this machine. It sees Python's own sockets, not those of compiled libraries."""
    if event != "socket.connect" or not isinstance(arguments[1], tuple):
        return
    host = str(arguments[1][0])
    if not host.startswith(_LOOPBACK):
        raise PermissionError(f"the emulator does not leave this machine: {host} was to be called")


if __name__ == "__main__":
    main(sys.argv[1:])
