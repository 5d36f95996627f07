"""Runs a step in a process of its own and says what it took, its children included: wall and CPU seconds, peak memory."""

import ctypes
import os
import resource
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["Cost", "StepFailedError", "measured"]

_SET_CHILD_SUBREAPER = 36
"""From Linux's prctl.h: who asks for it becomes the parent of processes whose own parent ends."""
_SECONDS_BETWEEN_LOOKS = 0.1
_PAGE = os.sysconf("SC_PAGE_SIZE")


class StepFailedError(RuntimeError):
    """A step ended with another status than 0."""


@dataclass(frozen=True)
class Cost:
    """What one run of a step took.

    `user_s` and `system_s` are CPU seconds of the process and of all it started. `peak_mib` is the largest resident memory of
    all of them together, files that are mapped included; `anonymous_mib` is the part that no file stands behind.
    """

    wall_s: float
    user_s: float
    system_s: float
    peak_mib: float
    anonymous_mib: float

    @property
    def cpu_s(self) -> float:
        """User and system together."""
        return self.user_s + self.system_s

    def to_json(self) -> dict[str, float]:
        """As `results.json` keeps it: milliseconds and whole MiB are finer than any two runs agree."""
        return {name: round(value, 0 if name.endswith("mib") else 3) for name, value in asdict(self).items()}


def measured(command: Sequence[str], *, environment: Mapping[str, str] | None = None, log: Path | None = None) -> Cost:
    """Runs the command and waits until nothing that it started is left.

    A program such as Spark leaves its JVM to end by itself, so this process adopts what loses its parent and counts it too.
    What the command prints goes to `log`. Raises `StepFailedError` with the end of that.
    """
    _adopt_orphans()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    with (log or Path(os.devnull)).open("wb") as out:
        child = subprocess.Popen(command, env=dict(os.environ) | dict(environment or {}), stdout=out, stderr=out)
    watch = _Watch(child.pid)
    watch.start()
    status = child.wait()
    wall = time.perf_counter() - started
    watch.stop()
    _wait_for_orphans()
    if status:
        said = log.read_text(errors="replace")[-3000:] if log else "it was not kept"
        raise StepFailedError(f"{' '.join(command)} ended with status {status}; what it said: {said}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return Cost(wall, user, system, watch.peak_mib, watch.anonymous_mib)


class _Watch(threading.Thread):
    """Looks at the memory of a process and its descendants ten times a second.

    The kernel's own high-water mark of each process is taken where there is only one, so that no short peak is missed.
    """

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0.0
        self.anonymous_mib = 0.0
        self._pid = pid
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(_SECONDS_BETWEEN_LOOKS):
            tree = _tree(self._pid)
            looks = [_memory(pid) for pid in tree]
            own = "VmHWM" if len(tree) == 1 else "VmRSS"
            self.peak_mib = max(self.peak_mib, sum(look.get(own, 0) for look in looks) / 1024)
            self.anonymous_mib = max(self.anonymous_mib, sum(look.get("RssAnon", 0) for look in looks) / 1024)

    def stop(self) -> None:
        self._done.set()
        self.join()


def _adopt_orphans() -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _wait_for_orphans() -> None:
    while True:
        try:
            os.wait()
        except ChildProcessError:
            return


def _tree(root: int) -> list[int]:
    """The process and all that descend from it, as far as they still are there."""
    found = [root]
    for pid in found:
        with suppress(OSError):  # it has ended meanwhile
            for task in Path(f"/proc/{pid}/task").iterdir():
                found += [int(word) for word in (task / "children").read_text().split()]
    return found


def _memory(pid: int) -> dict[str, int]:
    """The lines of /proc/PID/status that count KiB."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return {}
    return {
        name: int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines) if rest.endswith("kB")
    }
