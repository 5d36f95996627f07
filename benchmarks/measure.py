"""Runs a step in a process of its own and says what it took: wall and CPU seconds, peak resident memory."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Cost", "measured"]


@dataclass(frozen=True)
class Cost:
    """What one run of a step took. `peak_mib` is its largest resident memory, shared pages included."""

    wall_s: float
    cpu_s: float
    peak_mib: float


def measured(step: Callable[[], object]) -> Cost:
    """Runs the step in a forked child, so that nothing of it is still in memory when the next one is measured.

    Polars must not have been used in this process before: its threads do not survive a fork. Raises `RuntimeError` where
    the step fails.
    """
    started = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            step()
        except BaseException as error:  # noqa: BLE001 - reported by the exit status, whatever it was
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status, usage = os.wait4(child, 0)
    if status:
        raise RuntimeError(f"the step ended with status {os.waitstatus_to_exitcode(status)}; its message is above")
    return Cost(time.perf_counter() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
