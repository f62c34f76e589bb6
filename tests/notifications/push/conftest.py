"""The site with a push service."""

import pytest

from models import db
from support.sending import close
from support.site import running
from support.visitor import Visitor


@pytest.fixture(params=["sqlite"])
def site(request, push_service):
    """The app with keys and a push service."""
    app = running(request.getfixturevalue(f"{request.param}_url"), **push_service.settings)
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.fixture
def citizen(site) -> Visitor:
    return Visitor(site)
