"""Starts, finds and stops the emulator, which runs as a process of its own in the background.

Everything kept on disk lies in one folder a port, below `$XDG_STATE_HOME/energy-lake` (`~/.local/state` by default): the
file that says who answers, the log, and what was deployed to it. The lake itself is in the emulator's memory and goes with it.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from local_aws.loopback import DEFAULT_PORT, HOST
from local_aws.server import EDITION, HEALTH, RESET

__all__ = [
    "EmulatorError",
    "Place",
    "Running",
    "deployments",
    "find",
    "place",
    "reset",
    "start",
    "state_folder",
    "stop",
]

_READY_SECONDS = 60
_STOP_SECONDS = 15
_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 10
_LAST_LINES = 15


_OF_AWS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_PORTS = {"http": 80, "https": 443}
_STARTED: dict[int, subprocess.Popen[bytes]] = {}
"""What this process started, which it has to bury as well."""


class EmulatorError(OSError):
    """The emulator cannot be started, found or stopped; the message says why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Running:
    """An emulator that answers.

    Attributes:
        endpoint: Its address.
        pid: Its process; None where it is another emulator than this one.
        auth: Whether it decides what callers may do.
        edition: What it calls itself.
        folder: Where its log lies, and what was deployed to it.
    """

    endpoint: str
    pid: int | None
    auth: bool
    edition: str
    folder: Path

    @property
    def port(self) -> int:
        """Where it answers."""
        return int(self.endpoint.rsplit(":", 1)[-1])

    @property
    def is_ours(self) -> bool:
        """Whether it is this emulator and not another, such as LocalStack."""
        return self.edition == EDITION


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where stacks are deployed to: an emulator's address, and the folder that keeps one folder a stack."""

    endpoint: str
    deployed: Path


def state_folder(port: int) -> Path:
    """Where the emulator of a port keeps what is on disk."""
    home = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(home).expanduser() / "energy-lake" / str(port)


def deployments(port: int) -> Path:
    """Where deployments to the emulator of a port keep their state: one folder a stack."""
    return state_folder(port) / "deployed"


def place(endpoint: str, port: int) -> Place:
    """Where to deploy to: the emulator of a port, or another one whose address is given.

    Raises:
        EmulatorError: Nothing answers there, or the address is none.
    """
    if not endpoint:
        running = find(port)
        if running is None:
            raise EmulatorError(f"no emulator answers at port {port}; `lake local up` starts one")
        return Place(endpoint=running.endpoint, deployed=deployments(port))
    parts = urlsplit(endpoint)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise EmulatorError(f"{endpoint!r} is no address of an emulator; one looks like http://{HOST}:{DEFAULT_PORT}")
    if parts.hostname.endswith(_OF_AWS):
        raise EmulatorError(f"{endpoint} is AWS itself: `pulumi up` deploys there, `lake local` never does")
    return Place(endpoint=endpoint.rstrip("/"), deployed=deployments(parts.port or _PORTS[parts.scheme]))


def find(port: int) -> Running | None:
    """The emulator that answers at a port, whoever started it; None where nothing does.

    Raises:
        EmulatorError: Something answers that is no emulator.
    """
    about = _ask("GET", port, HEALTH)
    if about is None:
        return None
    return Running(
        endpoint=f"http://{HOST}:{port}",
        pid=about.get("pid"),
        auth=bool(about.get("auth")),
        edition=str(about.get("edition", "")),
        folder=state_folder(port),
    )


def start(port: int, *, auth: bool = False) -> Running:
    """Starts the emulator in the background and waits until it answers. One that is there already is left as it is.

    Args:
        port: The port; 0 for any that is free.
        auth: Whether it decides what callers may do.

    Raises:
        EmulatorError: The port is taken, or the emulator ended at once.
    """
    port = port or _free_port()
    there = find(port)
    if there:
        if there.auth != auth:
            raise EmulatorError(f"the emulator at {there.endpoint} runs {_mode(there.auth)}: `lake local down` first")
        return there
    _refuse_taken(port)
    folder = state_folder(port)
    shutil.rmtree(folder, ignore_errors=True)  # what was deployed to an emulator is gone with it
    folder.mkdir(parents=True)
    return _wait_until_ready(_launch(port, folder, auth=auth), folder)


def stop(port: int) -> bool:
    """Stops the emulator and throws away what is kept of it. Returns whether there was one.

    Raises:
        EmulatorError: What answers is another emulator, or it does not stop.
    """
    running = find(port)
    if running is None:
        shutil.rmtree(state_folder(port), ignore_errors=True)
        return False
    if running.pid is None or not running.is_ours:
        raise EmulatorError(
            f"{running.endpoint} is {running.edition or 'no emulator of ours'}: stop it by its own means"
        )
    os.kill(running.pid, signal.SIGTERM)
    if not _within(_STOP_SECONDS, lambda: not _answers(port)):
        raise EmulatorError(f"process {running.pid} does not stop; `kill -9 {running.pid}` ends it")
    _bury(running.pid)
    shutil.rmtree(running.folder, ignore_errors=True)
    return True


def reset(port: int) -> None:
    """Empties the emulator: no bucket, table or role is left, and nothing is deployed any more.

    Raises:
        EmulatorError: Nothing answers.
    """
    running = find(port)
    if running is None:
        raise EmulatorError(f"no emulator answers at port {port}; `lake local up` starts one")
    _ask("POST", port, RESET)
    shutil.rmtree(deployments(port), ignore_errors=True)


def _launch(port: int, folder: Path, *, auth: bool) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "local_aws.server", "--port", str(port), "--ready", str(folder / "server.json")]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603 - our own module
            [*command, "--auth"] if auth else command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the terminal that started it is not for it
        )
    _STARTED[process.pid] = process
    return process


def _wait_until_ready(process: subprocess.Popen[bytes], folder: Path) -> Running:
    ready = folder / "server.json"
    if not _within(_READY_SECONDS, lambda: ready.exists() or process.poll() is not None) or not ready.exists():
        process.kill()
        _bury(process.pid)
        said = (folder / "server.log").read_text(encoding="utf-8", errors="replace").splitlines()
        raise EmulatorError("the emulator did not start; the end of its log:\n" + "\n".join(said[-_LAST_LINES:]))
    about = json.loads(ready.read_text(encoding="utf-8"))
    return Running(
        endpoint=f"http://{HOST}:{about['port']}", pid=about["pid"], auth=about["auth"], edition=EDITION, folder=folder
    )


def _bury(pid: int) -> None:
    """Waits for a process that is ours to wait for; the system does it for all others."""
    process = _STARTED.pop(pid, None)
    if process:
        process.wait(_STOP_SECONDS)


def _refuse_taken(port: int) -> None:
    if _answers(port):
        raise EmulatorError(
            f"port {port} is taken by something that is no emulator: stop it, or choose another port with --port"
        )


def _free_port() -> int:
    with socket.socket() as attempt:
        attempt.bind((HOST, 0))
        port: int = attempt.getsockname()[1]
        return port


def _answers(port: int) -> bool:
    with socket.socket() as attempt:
        attempt.settimeout(1)
        return attempt.connect_ex((HOST, port)) == 0


def _ask(method: str, port: int, path: str) -> dict[str, Any] | None:
    """What an emulator says about itself; None where nobody answers, or somebody who speaks another language."""
    connection = HTTPConnection(HOST, port, timeout=_ANSWER_SECONDS)
    try:
        connection.request(method, path)
        said = json.loads(connection.getresponse().read() or b"{}")
    except (OSError, HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return said if isinstance(said, dict) else None


def _within(seconds: float, done: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if done():
            return True
        time.sleep(_POLL_SECONDS)
    return done()


def _mode(auth: bool) -> str:  # noqa: FBT001 - it is what is told
    return "with --auth" if auth else "without --auth"
