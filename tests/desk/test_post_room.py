"""The post room: printed sheets, photographed badly, held before the real page while the network comes and goes."""

import pytest

from bench import post_room
from models import Notification
from support.living import served
from support.phone import NEEDED, opened

pytestmark = NEEDED


@pytest.fixture
def site(app, clerk):
    with served(app) as site:
        yield site


@pytest.mark.parametrize("count", [12, pytest.param(200, marks=pytest.mark.slow)])
def test_badly_photographed_sheets_are_read_once_each_whatever_the_network_does(app, browser, site, form, count):
    dossiers = post_room.announced(form, count)
    with opened(browser, site, expected="Failed to load resource") as page:
        post_room.opened(page, site, "clerk@example.lu")
        outcome = post_room.work(page, post_room.sheets(app, dossiers), count, patience=6000)  # of a busy machine
    assert len(outcome.pictures) == count, outcome
    assert set(post_room.counts(dossiers).values()) == {count}
    assert Notification.select().count() == 2 * count  # those of the numbers, and one for each arrival
