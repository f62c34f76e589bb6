"""Waiting for what another process or thread has yet to do."""

import time
from collections.abc import Callable

from support.living import PATIENCE


def eventually(what: Callable[[], object], pause: float = 0.05) -> bool:
    """Whether `what` becomes true in PATIENCE; looks every `pause` seconds."""
    until = time.monotonic() + PATIENCE
    while not (found := bool(what())) and time.monotonic() < until:
        time.sleep(pause)
    return found
