"""What happens by itself as time passes: one thread that asks, every second, everybody who registered."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

__all__ = ["every_second"]

Asked = Callable[[datetime], None]

_ASKED: list[Asked] = []
_LOG = logging.getLogger(__name__)
_SECOND = 1.0


def every_second(asked: Asked) -> None:
    """Registers what is called every second with the time in UTC, once. Calls are not made up for when one was slow."""
    if asked in _ASKED:
        return
    _ASKED.append(asked)
    if len(_ASKED) == 1:
        threading.Thread(target=_tick, name="clock", daemon=True).start()


def _tick() -> None:
    while True:
        time.sleep(_SECOND)
        for asked in _ASKED:
            try:
                asked(datetime.now(UTC))
            except Exception:  # noqa: BLE001 - the others are asked all the same
                _LOG.exception("%s failed; it is asked again in a second", asked.__qualname__)
