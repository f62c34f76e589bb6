"""The database's connection in the life of a request."""

from pathlib import Path

from flask import Flask, abort, request

from models import db, make_database


def init_app(app: Flask) -> None:
    """Use `DATABASE_URL`, opened by the first query of a request: what needs no database works without one.

    Nothing is created here: `db upgrade` does that.
    """
    use(app, app.config["DATABASE_URL"])

    @app.before_request
    def refuse_nul() -> None:
        """No text that a person types has a NUL in it, and PostgreSQL takes none: say so before it does."""
        if "\0" in request.path:
            abort(404)
        if b"%00" in request.query_string or any("\0" in text for texts in request.form.listvalues() for text in texts):
            abort(400)

    @app.teardown_request
    def disconnect(_error: BaseException | None) -> None:
        """PostgreSQL: give the connection back to the pool.

        SQLite: a thread keeps its own. Opening one with its pragmas costs a third of a look-up.
        """
        database = app.extensions["database"]
        if database.for_update and not database.is_closed():
            database.close()


def use(app: Flask, url: str) -> None:
    """Work on the database at `url` from now on. Raises ValueError for an address of no database."""
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database = make_database(url)
    db.initialize(database)
    app.config["DATABASE_URL"], app.extensions["database"] = url, database
