"""A small app around the CAPTCHA step alone, for test_captcha.py and test_captcha_browser.py."""

from pathlib import Path

import pytest
from flask import Flask, render_template_string, request, url_for
from flask_babel import Babel
from flask_wtf import CSRFProtect

from blueprints.public import captcha
from commands.captcha import group
from models.base import db, make_database
from models.catalogue.procedure import LANGUAGES
from models.security import keys
from models.security import voices as captcha_voices
from models.security.kept_keys import KeptKey
from models.security.throttle import Counter, Used
from paths import ROOT
from web import htmx, state, templates
from web import security_headers as headers
from web.database import create_file
from web.static_files import static_url

SCOPE = "passport/application"
SECRET = "a secret of at least thirty-two characters"

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Step</title><meta name="viewport" content="width=device-width">
<link rel="icon" href="/static/icon.svg"><link rel="stylesheet" href="/step.css">
<script type="module" src="{{ url_for('static', filename='captcha.js') }}"></script>
<script src="/htmx.js" defer></script></head><body><main><h1>Step</h1>{{ body }}</main></body></html>"""
FORM = """<form method="post" action="/step" {% if request.args.get("hx") or request.htmx %}data-hx-post="/step"
 data-hx-target="main" data-hx-swap="innerHTML"{% endif %}>
<input type="hidden" name="csrf_token" value="{{ csrf_token() }}">
{% include "public/captcha/_captcha.html" %}
<button>Continue</button></form>"""
STYLE = """
body { font: 1.125rem/1.5 sans-serif; margin: 1rem } fieldset { min-width: 0 } .error { color: #a00 }
.check input { width: 28px; height: 28px; vertical-align: middle } .field > * { display: block }
img, audio { max-width: 100% }
@media (scripting: none) { .scripted { display: none } }
"""


def make_app(folder: Path, **settings) -> Flask:
    """The step at /step; /start fetches it with htmx."""
    app = Flask("step", root_path=str(ROOT))
    app.config.update(SECRET_KEY=SECRET, TESTING=True, SESSION_COOKIE_SECURE=False, CAPTCHA_MIN_SECONDS=0)
    app.config.update(settings)
    keys.initialize(SECRET)
    Babel(app, locale_selector=lambda: request.args.get("lang", "en"))
    state.init_app(app)
    templates.init_app(app)
    htmx.init_app(app)
    headers.init_app(app)
    app.jinja_env.globals["static_url"] = static_url
    CSRFProtect(app).exempt(captcha.bp)
    app.register_blueprint(captcha.bp)
    app.cli.add_command(group)
    _routes(app)
    _database(app, folder)
    return app


def _database(app: Flask, folder: Path) -> None:
    db.initialize(make_database(f"sqlite:///{folder}/test.db"))
    create_file(db)
    db.create_tables([Counter, Used, KeptKey])
    db.close()
    app.before_request(lambda: db.connect(reuse_if_open=True) and None)
    app.teardown_request(lambda _error: None if db.is_closed() else db.close())


def _routes(app: Flask) -> None:
    @app.get("/start")
    def start():
        link = '<a href="/step" data-hx-get="/step" data-hx-target="main" data-hx-swap="innerHTML">Go</a>'
        return render_template_string(PAGE.replace("{{ body }}", link))

    @app.route("/step", methods=["GET", "POST"])
    def step():
        error = captcha.verify(request.form, SCOPE)[0] if request.method == "POST" else None
        if request.method == "POST" and not error:
            done = "<h1>Passed</h1>"
            return done if request.htmx else '<!doctype html><link rel="icon" href="/static/icon.svg">' + done
        page = FORM if request.htmx else PAGE.replace("{{ body }}", FORM)
        body = render_template_string(page, captcha=captcha.offer(SCOPE), captcha_error=error)
        return body, 422 if error else 200

    @app.get("/step.css")
    def style():
        return STYLE, {"Content-Type": "text/css"}

    @app.get("/htmx.js")
    def htmx():
        script = ROOT / "node_modules" / "htmx.org" / "dist" / "htmx.min.js"
        return script.read_text(), {"Content-Type": "text/javascript"}


def challenge_url(app: Flask, scope: str = SCOPE) -> str:
    """Where the browser asks for a challenge."""
    with app.test_request_context():
        return url_for("captcha.challenge", scope=scope)


def make_voices(folder: Path) -> Path:
    """Real recordings, made by the real command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(captcha_voices, "VOICES", folder)
        captcha_voices.record(LANGUAGES)
    return folder
