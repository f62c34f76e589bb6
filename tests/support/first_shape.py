"""A database of the first migration, with a row in each table that matters."""

from flask import Flask
from playhouse.migrations import Runner

from models import db
from paths import MIGRATIONS
from web.database import create_file
from web.state import state

THEN = "2026-01-02 03:04:05"
ROWS = {
    "authority": {
        "slug": "office",
        "name": "{}",
        "address": "[]",
        "window": "left",
        "phone": "",
        "email": "",
        "website": "",
    },
    "topic": {"slug": "housing", "title": "{}", "position": 1},
    "procedure": {
        "slug": "subsidy",
        "topic_id": 1,
        "authority_id": 1,
        "audiences": "[]",
        "life_event": "",
        "title": "{}",
        "summary": "{}",
        "sections": "{}",
        "sources": "[]",
        "search": "{}",
        "tracked": True,
        "position": 1,
        "revision": "r",
        "retired": False,
    },
    "form": {
        "procedure_id": 1,
        "slug": "application",
        "title": "{}",
        "edition": "2026-01",
        "tracked": True,
        "enclosures": "[]",
        "position": 1,
        "revision": "r",
        "retired": False,
    },
    "staff": {
        "email": "clerk@example.lu",
        "role": "clerk",
        "authority_id": 1,
        "password_hash": "x",
        "created_at": THEN,
    },
    "dossier": {
        "number": "K7Q2MX4P9TRWY",
        "form_id": 1,
        "authority_id": 1,
        "status": "received",
        "version": 2,
        "language": "en",
        "key": "k",
        "created_at": THEN,
        "changed_at": THEN,
        "arrived_on": "2026-01-02",
    },
    "event": {
        "dossier_id": 1,
        "kind": "announced",
        "from_status": "",
        "to_status": "announced",
        "at": THEN,
        "note": "",
        "details": "{}",
    },
    "contact": {
        "dossier_id": 1,
        "channel": "email",
        "address": "somebody@example.org",
        "language": "en",
        "created_at": THEN,
    },
    "message": {
        "event_id": 1,
        "contact_id": 1,
        "channel": "email",
        "state": "sent",
        "created_at": THEN,
        "run_at": THEN,
        "attempts": 1,
        "unknowns": 0,
        "claimed_by": "",
        "provider_id": "",
        "error": "",
    },
}


def insert(table: str, **row) -> None:
    """Insert one row."""
    names, places = ", ".join(f'"{name}"' for name in row), ", ".join([db.param] * len(row))
    db.execute_sql(f'INSERT INTO "{table}" ({names}) VALUES ({places})', list(row.values()))  # noqa: S608


def fill(app: Flask) -> None:
    """Make the database of `app`, as it was at first."""
    database = state(app).database
    if not database.for_update:
        create_file(database)
    with db.connection_context():
        Runner(database, str(MIGRATIONS)).up("0001_initial")
        for table, row in ROWS.items():
            insert(table, **row)
