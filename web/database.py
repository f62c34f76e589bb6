"""The database connection of a request: opened by its first query, closed or kept at its end; 503 while it is away."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, cast

from flask import Flask, abort, current_app, g, request
from flask.typing import ResponseReturnValue
from peewee import Database, DatabaseProxy
from werkzeug.exceptions import ServiceUnavailable

from web import file_modes, log_safety
from web.state import state

RETRY_AFTER = 30  # seconds
LOG_EVERY = 10  # seconds: each request fails while the database is away

log = logging.getLogger("etracking")


class AwayError(ServiceUnavailable):
    """503: the database is away. `saved` is True if something of this request may have been saved all the same."""

    def __init__(self, saved: bool) -> None:
        super().__init__(retry_after=RETRY_AFTER)
        self.saved = saved


class Noting(Protocol):
    """A database that notes whether a request may have saved something; see models/databases.py."""

    may_have_saved: bool

    def start(self) -> None: ...


class Logged:
    """When it was last logged that the database is away."""

    at = -float(LOG_EVERY)


def init_app(
    app: Flask,
    proxy: DatabaseProxy,
    make_database: Callable[[str], Database],
    is_away: Callable[[BaseException], bool],
) -> None:
    """Use the database at `DATABASE_URL`.

    The first query of a request opens the connection, so pages without a query work while the database is away. The
    models query `proxy`; `make_database` builds a database from a URL; `is_away` tells a database that is away from a
    mistake of ours. Tables are created by `db upgrade`, not here.
    """
    state(app).proxy, state(app).make_database, state(app).is_away = proxy, make_database, is_away
    use(app, app.config["DATABASE_URL"])
    app.before_request(start)
    app.before_request(refuse_nul)
    app.register_error_handler(Exception, answer)
    app.teardown_request(disconnect)


def use(app: Flask, url: str) -> None:
    """Switch to the database at `url`. Raises ValueError if the URL names no database."""
    kept = state(app)
    database = kept.make_database(url)
    kept.proxy.initialize(database)
    app.config["DATABASE_URL"], kept.database = url, database


def start() -> None:
    """Begin a request: nothing is saved yet."""
    cast(Noting, state().database).start()


def answer(error: Exception) -> ResponseReturnValue:
    """Answer 503 if the database is away; any other exception is raised again."""
    if not state().is_away(error):
        raise error
    note(error)
    return current_app.handle_http_exception(AwayError(cast(Noting, state().database).may_have_saved))


def note(error: Exception) -> None:
    """Log, now and then, that the database is away; have the connection of this request closed at its end."""
    g.database_away = True
    logged = state().cache(Logged)
    if time.monotonic() > logged.at + LOG_EVERY:
        logged.at = time.monotonic()
        log.error("database away at %s: %s", request.endpoint, log_safety.describe(error))


def create_file(database: Database) -> None:
    """Make the SQLite file, empty, and its folder. Connecting makes none: a disk that is not mounted is no new site."""
    path = Path(database.database)
    file_modes.make_folder(path.parent)
    file_modes.create(path)


def refuse_nul() -> None:
    """Reject requests with NUL characters: nobody types them, and PostgreSQL cannot store them."""
    if "\0" in request.path:
        abort(404)
    if b"%00" in request.query_string:
        abort(400)
    if request.method not in ("GET", "HEAD") and any(
        "\0" in text for texts in request.form.listvalues() for text in texts
    ):
        abort(400)


def disconnect(_error: BaseException | None) -> None:
    """Return the connection to the pool (PostgreSQL); SQLite keeps one connection for each thread.

    Opening a SQLite connection with its pragmas costs a third of the time of a look-up. After a failure it is closed.
    """
    database = state().database
    if (database.for_update or g.pop("database_away", False)) and not database.is_closed():
        database.close()
