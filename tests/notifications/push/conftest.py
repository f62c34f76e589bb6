"""The site with a push service."""

import pytest

from models import db
from support import production
from support.sending import close
from support.site import running
from support.visitor import Visitor


@pytest.fixture(params=["sqlite", "production"])
def site(request, push_service):
    """The app with keys and a push service, on either database, or in production."""
    if request.param == "production":
        app = production.site(request.getfixturevalue("sqlite_url"), **push_service.settings)
    else:
        app = running(request.getfixturevalue(f"{request.param}_url"), **push_service.settings)
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.fixture
def citizen(site) -> Visitor:
    return Visitor(site)
