"""eTracking. create_app() is the table of contents: settings, database, languages, security, pages, commands."""

from functools import partial
from typing import Any

from flask import Flask
from flask_wtf import CSRFProtect

import blueprints
import commands
import senders
from blueprints.operations import refusals
from blueprints.public import catalogue
from commands import guard
from models.base import db, make_database, today
from models.catalogue import revision
from models.catalogue.procedure import LOCALES
from models.databases import is_away
from models.dossiers.number import parse, several
from models.security import events, keys
from models.security.encrypted import UnreadableError
from models.security.throttle import visitor_key
from web import (
    access_log,
    compression,
    converters,
    database,
    errors,
    front,
    htmx,
    languages,
    logging_config,
    origin,
    page_cache,
    request_id,
    schema,
    security_headers,
    sessions,
    settings,
    state,
    static_files,
    templates,
)
from wording import errors as error_words

PLAIN_HTTP = ("/healthz", "/readyz")  # asked by machines close by, by any name and without TLS
PROGRAMS = ("/api/", "/webhooks/")  # never redirected to https

csrf = CSRFProtect()


def create_app(config: dict[str, Any] | None = None) -> Flask:
    """The application. Settings come from ETRACKING_* in the environment, then from `config`.

    Raises settings.BadSettingError, naming each wrong setting and its remedy, rather than start half configured. The
    command line gets an app all the same, on which `config check` works. Called by gunicorn or `flask run`, it ends the
    process if the database is not there or has an unknown schema.
    """
    app = Flask(__name__, instance_relative_config=False)
    app.ensure_sync = lambda func: func  # type: ignore[method-assign]  # none is a coroutine; Flask asks at each call
    try:
        settings.load(app, config)
    except settings.BadSettingError as error:
        return commands.without_settings(app, error)
    logging_config.init_app(app)
    keys.initialize(*(key.secret for key in app.config["KEY_RING"]))
    state.init_app(app)
    access_log.init_app(app)
    request_id.init_app(app)
    templates.init_app(app)
    static_files.init_app(app)
    front.init_app(app, PLAIN_HTTP)
    compression.init_app(app)
    database.init_app(app, db, partial(make_database, impatient=guard.serving()), is_away)
    events.initialize(partial(origin.current, visitor_key))
    app.teardown_request(events.flush_if_due)
    schema.init_app(app, PLAIN_HTTP)
    sessions.init_app(app)
    languages.init_app(app, LOCALES, blueprints.KEPT_FILTERS)
    converters.init_app(app, number=parse, numbers=several)
    htmx.init_app(app)
    security_headers.init_app(app, PLAIN_HTTP, PROGRAMS)
    page_cache.init_app(app, revision.current, today)
    errors.init_app(app, error_words.text, refusals.note)
    app.register_error_handler(UnreadableError, refusals.unreadable)
    senders.init_app(app)
    csrf.init_app(app)
    blueprints.register(app, csrf)
    commands.init_app(app)
    if config is None:
        schema.require(app, at_once=guard.serving())
        if guard.serving():
            catalogue.warm(app)
    return app
