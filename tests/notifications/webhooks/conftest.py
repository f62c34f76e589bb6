"""The site with the secrets of its webhooks."""

import pytest

from models import db
from support.sending import close
from support.site import running
from support.webhooks import SETTINGS


@pytest.fixture
def app(sqlite_url):
    app = running(sqlite_url, **SETTINGS)
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request):
    app = running(request.getfixturevalue(f"{request.param}_url"), **SETTINGS)
    db.connect(reuse_if_open=True)
    yield app
    close()
