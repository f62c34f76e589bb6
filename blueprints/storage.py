"""The database's connection in the life of a request."""

from pathlib import Path

from flask import Flask

from models import db, make_database


def init_app(app: Flask) -> None:
    """Open `DATABASE_URL` before each request. Nothing is created here: `db upgrade` does that."""
    url = app.config["DATABASE_URL"]
    if url.startswith("sqlite:///"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    database = make_database(url)
    db.initialize(database)
    app.extensions["database"] = database

    @app.before_request
    def connect() -> None:
        if database.is_closed():
            database.connect(reuse_if_open=True)

    if database.for_update:  # PostgreSQL: give the connection back to the pool

        @app.teardown_request
        def disconnect(_error: BaseException | None) -> None:
            if not database.is_closed():
                database.close()

    # SQLite: a thread keeps its connection. Opening one with its pragmas costs a third of a look-up.
