"""eTracking. create_app() is the table of contents: settings, database, languages, security, pages."""

from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

import blueprints
import senders
from commands import maintenance as commands
from models.security import keys
from web import compression, errors, languages, sessions, settings
from web import database as storage
from web import htmx as hx
from web import security_headers as headers
from web import static_files as statics
from web import templating as pages
from wording import sheets as printing

csrf = CSRFProtect()


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """The application. Settings come from ETRACKING_* in the environment, then from `config`.

    Raises settings.BadSetting, naming the setting and the remedy, rather than start half configured.
    """
    app = Flask(__name__, instance_relative_config=False)
    settings.load(app, config)
    keys.initialize(app.config["SECRET_KEY"])
    app.wsgi_app = ProxyFix(app.wsgi_app, **dict.fromkeys(("x_for", "x_proto", "x_host"), app.config["PROXY_HOPS"]))
    statics.init_app(app)
    compression.init_app(app)
    storage.init_app(app)
    sessions.init_app(app)
    languages.init_app(app)
    pages.init_app(app)
    hx.init_app(app)
    headers.init_app(app)
    errors.init_app(app)
    senders.init_app(app)
    printing.init_app(app)
    csrf.init_app(app)
    blueprints.register(app, csrf)
    commands.init_app(app)
    return app
