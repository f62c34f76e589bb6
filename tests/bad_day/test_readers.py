"""Who only reads never waits for a writer: pages are answered while another process holds the lock."""

import pytest

from models import Counter, databases
from support import bad_day
from support.visitor import Visitor

OF_A_NUMBER = ("", ".json", "/sheet", "/sheet.pdf", "/form.pdf", "/qr.svg")
OF_ALL = ("/", "/procedures?q=rent", "/procedures/rent-subsidy", "/offline", "/t", "/track/rent-subsidy/application")


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(databases, "SHORT_WAIT", 0.05)
    monkeypatch.setattr(databases, "LONG_WAIT", 0.1)


def test_pages_are_answered_while_the_lock_is_held(either, dossier):
    with bad_day.locked():
        for path in (*OF_ALL, *(f"/t/{dossier.number}{end}" for end in OF_A_NUMBER)):
            assert Visitor(either).open(path).status_code == 200, path
        assert Visitor(either).open("/t", "POST", data={"number": dossier.number}).status_code == 303


def test_number_that_is_not_known_is_not_told_apart_without_being_counted(app, dossier):
    unknown = "/t/K7Q2MX4P9TRWY"
    with bad_day.locked():
        assert Visitor(app).open(unknown).status_code == 503
    assert Counter.select().count() == 0
    assert Visitor(app).open(unknown).status_code == 404
    assert Counter.select().count() == 4  # of the visitor, of two networks and of everybody


def test_number_with_a_slip_is_told_at_once(app):
    with bad_day.locked():
        assert Visitor(app).open("/t/K7Q2MX4P9TRWX").status_code == 404
