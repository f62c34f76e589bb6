"""What is made once for all processes of a run."""

import fcntl
import os
from collections.abc import Callable
from pathlib import Path


def once(name: Path, make: Callable[[], None]) -> None:
    """Call `make` in the first process of a run that comes by; the others wait until it is done."""
    with name.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if lock.seek(0, os.SEEK_END) == 0:
            make()
            lock.write("made")
