"""The clock moved forward, and the erasing of an hour as the worker does it."""

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import time_machine

from commands import erasing
from models import db

DAY, HOUR = dt.timedelta(days=1), dt.timedelta(hours=1)


@contextmanager
def later(period: dt.timedelta) -> Iterator[None]:
    """The present so much later."""
    with time_machine.travel(dt.datetime.now(dt.UTC) + period, tick=False):
        yield


def worked(app) -> Counter[str]:
    """What the worker erases in an hour, by the names of the rules."""
    counts: Counter[str] = Counter()
    with app.app_context():
        for name, count in erasing.steps():
            counts[name] += count
        erasing.clear()
    db.connect(reuse_if_open=True)
    return counts
