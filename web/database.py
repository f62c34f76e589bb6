"""The database connection of a request: opened by its first query, closed or kept at its end."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask, abort, request
from peewee import Database, DatabaseProxy

from web.state import state


def init_app(app: Flask, proxy: DatabaseProxy, make_database: Callable[[str], Database]) -> None:
    """Use the database at `DATABASE_URL`.

    The first query of a request opens the connection, so pages without a query work while the database is away. The
    models query `proxy`; `make_database` builds a database from a URL. Tables are created by `db upgrade`, not here.
    """
    state(app).proxy, state(app).make_database = proxy, make_database
    use(app, app.config["DATABASE_URL"])
    app.before_request(refuse_nul)
    app.teardown_request(disconnect)


def use(app: Flask, url: str) -> None:
    """Switch to the database at `url`. Raises ValueError if the URL names no database."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    kept = state(app)
    database = kept.make_database(url)
    kept.proxy.initialize(database)
    app.config["DATABASE_URL"], kept.database = url, database


def refuse_nul() -> None:
    """Reject requests with NUL characters: nobody types them, and PostgreSQL cannot store them."""
    if "\0" in request.path:
        abort(404)
    if b"%00" in request.query_string or any("\0" in text for texts in request.form.listvalues() for text in texts):
        abort(400)


def disconnect(_error: BaseException | None) -> None:
    """Return the connection to the pool (PostgreSQL); SQLite keeps one connection for each thread.

    Opening a SQLite connection with its pragmas costs a third of the time of a look-up.
    """
    database = state().database
    if database.for_update and not database.is_closed():
        database.close()
