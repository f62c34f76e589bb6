"""What several modules about notifications need."""

import pytest
import time_machine

from support.sms_limits import MONDAY


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller
