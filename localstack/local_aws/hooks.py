"""What the emulator does when its state is thrown away: on `reset`, and before it stops.

State that hangs on moto's own backends goes with them. Whoever keeps something elsewhere (a process of a job, a database)
registers here how it is let go.
"""

import logging
from collections.abc import Callable

__all__ = ["at_reset", "run_reset"]

_HOOKS: list[Callable[[], None]] = []
_LOG = logging.getLogger(__name__)


def at_reset(forget: Callable[[], None]) -> Callable[[], None]:
    """Registers what to do when the state is thrown away, once; gives it back, so that it serves as a decorator."""
    if forget not in _HOOKS:
        _HOOKS.append(forget)
    return forget


def run_reset() -> None:
    """Does all that was registered. What fails is logged, and the rest is done all the same."""
    for forget in _HOOKS:
        try:
            forget()
        except Exception:  # noqa: BLE001 - whatever it is, the rest has to be let go too
            _LOG.exception("%s could not be let go", forget.__qualname__)
