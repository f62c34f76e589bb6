"""Plugin of pytest for many runs of one test each: the SQLite file with the catalogue is made once, in $STOCKED."""

import os
import shutil
from pathlib import Path

from support import stocked

make = stocked.stock


def stock(url: str) -> None:
    """Copy the file that an earlier run has made; else make it, and keep a copy."""
    kind, _, path = url.partition(":///")
    kept = Path(os.environ["STOCKED"])
    if kind == "sqlite" and kept.exists():
        shutil.copy(kept, path)
        return
    make(url)
    if kind == "sqlite":
        shutil.copy(path, kept)


stocked.stock = stock
