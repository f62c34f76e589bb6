"""The site in a real Chromium that runs its service worker."""

import pytest

from support.app_on_phone import CUT
from support.living import served
from support.phone import opened


@pytest.fixture
def site(app):
    with served(app) as site:
        app.config["SITE_URL"] = site
        yield site


@pytest.fixture
def page(browser, site):
    with opened(browser, site, CUT, worker=True) as page:
        yield page
