"""The CAPTCHA step alone, its clock and its voices."""

import time

import pytest

from models.base import db
from support.captcha import EASY
from support.captcha_app import make_app, make_voices


@pytest.fixture
def app(tmp_path):
    app = make_app(tmp_path, CAPTCHA_LEVELS=EASY, WTF_CSRF_ENABLED=False)
    yield app
    db.close()


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture(scope="session")
def voices(tmp_path_factory):
    return make_voices(tmp_path_factory.mktemp("voices"))


@pytest.fixture
def later(monkeypatch):
    """Move the clock of the signatures."""
    real = time.time

    def move(seconds):
        monkeypatch.setattr(time, "time", lambda: real() + seconds)

    return move
