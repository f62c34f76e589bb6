"""A template that names what does not exist fails in tests and in development, and shows a gap in production."""

import pytest
from jinja2 import UndefinedError

from app import create_app
from support.site import SETTINGS


@pytest.mark.parametrize("said", ["{{ nothing }}", "{{ language.nothing }}", "{% if nothing %}{% endif %}"])
def test_name_that_does_not_exist_fails(app, said):
    with app.test_request_context(), pytest.raises(UndefinedError):
        app.jinja_env.from_string(said).render()


def test_production_shows_a_gap(sqlite_url):
    site = create_app(SETTINGS | {"TESTING": False, "DATABASE_URL": sqlite_url})
    with site.test_request_context():
        assert site.jinja_env.from_string("a{{ nothing }}b").render() == "ab"
