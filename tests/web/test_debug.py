"""`flask --debug`, which `make dev` uses: changed templates show at once, errors with their traceback."""

import pytest

from app import create_app
from support.site import SETTINGS


def started(tmp_path, debug: bool):
    return create_app(
        SETTINGS | {"DATABASE_URL": f"sqlite:///{tmp_path}/etracking.db", "DEBUG": debug, "TESTING": False}
    )


@pytest.mark.parametrize("debug", [True, False])
def test_templates_are_read_again_only_in_debug(tmp_path, debug):
    assert started(tmp_path, debug).jinja_env.auto_reload is debug


@pytest.mark.parametrize("debug", [True, False])
def test_an_error_is_left_to_the_debugger_only_in_debug(tmp_path, debug):
    app = started(tmp_path, debug)
    app.add_url_rule("/broken", view_func=lambda: {}["nothing"])
    if debug:
        with pytest.raises(KeyError, match="nothing"):
            app.test_client().get("/broken")
    else:
        assert app.test_client().get("/broken").status_code == 500
