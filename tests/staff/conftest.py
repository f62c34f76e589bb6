"""An administrator."""

import pytest

from models import Staff
from support.site import account, signed_in
from support.visitor import Visitor


@pytest.fixture
def admin(app) -> Staff:
    return account("admin@example.lu", "admin")


@pytest.fixture
def office(app, admin) -> Visitor:
    """The administrator's browser, signed in."""
    return signed_in(app, admin)
