"""The database's connection in the life of a request."""

from collections.abc import Callable
from pathlib import Path

from flask import Flask, abort, request
from peewee import Database, DatabaseProxy

from web.state import state


def init_app(app: Flask, proxy: DatabaseProxy, make_database: Callable[[str], Database]) -> None:
    """Use `DATABASE_URL`, opened by the first query of a request: what needs no database works without one.

    The models ask `proxy`; `make_database` makes a database of an address. No table is created here: `db upgrade`
    does that.
    """
    state(app).proxy, state(app).make_database = proxy, make_database
    use(app, app.config["DATABASE_URL"])
    app.before_request(refuse_nul)
    app.teardown_request(disconnect)


def use(app: Flask, url: str) -> None:
    """Work on the database at `url` from now on. Raises ValueError for an address of no database."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    kept = state(app)
    database = kept.make_database(url)
    kept.proxy.initialize(database)
    app.config["DATABASE_URL"], kept.database = url, database


def refuse_nul() -> None:
    """Refuse NUL characters: nobody types them, and PostgreSQL takes none."""
    if "\0" in request.path:
        abort(404)
    if b"%00" in request.query_string or any("\0" in text for texts in request.form.listvalues() for text in texts):
        abort(400)


def disconnect(_error: BaseException | None) -> None:
    """PostgreSQL: give the connection back to the pool.

    SQLite: a thread keeps its own. Opening one with its pragmas costs a third of a look-up.
    """
    database = state().database
    if database.for_update and not database.is_closed():
        database.close()
