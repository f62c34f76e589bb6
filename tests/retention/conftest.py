"""Fixtures: what is erased so much later, on either database."""

import datetime as dt
from collections import Counter
from collections.abc import Callable

import pytest

from support.erasing import later, worked


@pytest.fixture
def erased(either) -> Callable[[dt.timedelta], Counter[str]]:
    """What is erased so much later."""

    def erase(period: dt.timedelta) -> Counter[str]:
        with later(period):
            return worked(either)

    return erase
