"""`flask --debug`, which `make dev` uses: changed templates show at once, errors with their traceback."""

import os

import pytest

from app import create_app
from support.site import SETTINGS
from web import static_files


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


def test_a_changed_style_has_another_address_at_once_and_is_not_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(static_files, "SOURCES", tmp_path)
    app = started(tmp_path, debug=True)
    app.static_folder = str(tmp_path)
    addresses = []
    for second, text in enumerate(("main { margin: 0 }", "main { margin: 1px }")):
        (tmp_path / "site.css").write_text(text)
        os.utime(tmp_path / "site.css", (second, second))
        with app.test_request_context():
            addresses.append(static_files.static_url("site.css"))
        answer = app.test_client().get(addresses[-1], buffered=True)
        assert answer.text == text and "no-cache" in answer.headers["Cache-Control"]
    assert len(set(addresses)) == 2
