"""The process of a job run: the deployed script with the deployed modules and arguments, and how it ended.

It is this machine's Python on this machine's processor: no Spark, no workers, no memory limit and no Amazon Linux, so it
proves neither that the code fits a worker nor that a compiled package runs there. Third-party packages that the job does not
bring along are those of this interpreter; see `modules.py` and `launcher.py` for what else a script can see.
"""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from botocore.exceptions import ClientError

from local_aws import address, hooks
from local_aws.glue.modules import ModulesError, unpacked
from local_aws.identity import Keys

__all__ = ["Ending", "JobProcess", "Order"]

_LAUNCHER = Path(__file__).with_name("launcher.py")
_PACKAGES = ("site-packages", "dist-packages")
_LONGEST_MESSAGE = 400
_LIVE: set["JobProcess"] = set()


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be run.

    Attributes:
        script: The script's `s3://` address.
        arguments: The job's arguments, with their dashes: Glue's own, and the script's.
        keys: Those of the job's role; the code is fetched with them too.
        region: The region the script finds itself in.
        timeout_seconds: After which it is ended.
    """

    script: str
    arguments: Mapping[str, str]
    keys: Keys
    region: str
    timeout_seconds: float


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a run ended: Glue's state, the message Glue would show (empty after a success), and what the script wrote."""

    state: str
    message: str
    output: str
    errors: str


class JobProcess:
    """One process, which can be ended from outside while it runs."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._stopped = threading.Event()

    def run(self, order: Order, started: Callable[[], None]) -> Ending:
        """Fetches the code, runs it to its end, and says how it ended. `started` is called when the script begins."""
        _LIVE.add(self)
        try:
            with tempfile.TemporaryDirectory(prefix="energy-lake-job-", ignore_cleanup_errors=True) as folder:
                return self._run_in(Path(folder), order, started)
        finally:
            _LIVE.discard(self)

    def stop(self) -> None:
        """Ends the process and all that it started, at once and without a chance to tidy up, as Glue does."""
        self._stopped.set()
        if self._process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _run_in(self, folder: Path, order: Order, started: Callable[[], None]) -> Ending:
        try:
            command = _command(order, folder)
        except (ClientError, ModulesError) as error:
            return Ending(state="FAILED", message=str(error), output="", errors=f"{error}\n")
        output, errors = folder / "output.log", folder / "error.log"
        with output.open("wb") as out, errors.open("wb") as err:
            if self._stopped.is_set():
                return Ending(state="STOPPED", message="", output="", errors="")
            self._process = subprocess.Popen(  # noqa: S603 - the launcher, and a script that whoever deployed it wants run
                command,
                cwd=folder,
                env=_environment(order, folder),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )
        started()
        state = self._waited(self._process, order.timeout_seconds)
        said = errors.read_text(encoding="utf-8", errors="replace")
        return Ending(
            state=state,
            message=_message(state, self._process.returncode, said),
            output=output.read_text(encoding="utf-8", errors="replace"),
            errors=said,
        )

    def _waited(self, process: "subprocess.Popen[bytes]", seconds: float) -> str:
        if self._stopped.is_set():
            self.stop()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.stop()
            process.wait()
            return "TIMEOUT"
        if self._stopped.is_set():
            return "STOPPED"
        return "FAILED" if process.returncode else "SUCCEEDED"


@hooks.at_reset
def stop_all() -> None:
    """Ends every process of every job."""
    for process in list(_LIVE):
        process.stop()


def _message(state: str, code: int, errors: str) -> str:
    """What Glue shows of a failure: the last line of a traceback, or the exit code where there is none."""
    if state in {"SUCCEEDED", "STOPPED"}:
        return ""
    if state == "TIMEOUT":
        return "Job run exceeded its timeout"
    last: Sequence[str] = [line for line in errors.splitlines() if line.strip()][-1:]
    if code > 0 and last:
        return last[0].strip()[:_LONGEST_MESSAGE]
    return f"Command failed with exit code {code if code > 0 else 128 - code}"


def _command(order: Order, folder: Path) -> list[str]:
    """The command that runs a script; fetches it and its modules first."""
    script = folder / "script" / PurePosixPath(order.script).name
    script.parent.mkdir()
    script.write_bytes(_fetched(order, order.script))
    modules = unpacked(order.arguments, lambda uri: _fetched(order, uri), folder / "modules")
    packages = [path for path in sys.path if Path(path).name in _PACKAGES]
    arguments = [part for pair in order.arguments.items() for part in pair]
    paths = (os.pathsep.join(map(str, some)) for some in (modules, packages))
    return [sys.executable, "-I", "-S", "-X", "utf8", str(_LAUNCHER), str(script), *paths, *arguments]


def _environment(order: Order, folder: Path) -> dict[str, str]:
    """Where AWS is, who the script is, and nothing of this process's own settings."""
    scratch = folder / "tmp"
    scratch.mkdir()
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "AWS_ENDPOINT_URL": address.endpoint(),
        "AWS_REGION": order.region,
        "AWS_DEFAULT_REGION": order.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        **order.keys.environment(),
    }


def _fetched(order: Order, uri: str) -> bytes:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    content: bytes = (
        address.client("s3", order.keys, region=order.region).get_object(Bucket=bucket, Key=key)["Body"].read()
    )
    return content
