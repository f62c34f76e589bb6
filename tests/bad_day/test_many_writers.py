"""Many threads of a process that all write: each gets its turn, and nobody is told that the database is away."""

import threading

from models import databases
from models.databases import SQLite

WRITERS, TURNS, ROWS = 6, 40, 400  # a turn is much shorter than the short wait, all turns together much longer


def test_writer_that_is_only_unlucky_goes_on_waiting(tmp_path, monkeypatch):
    monkeypatch.setattr(databases, "SHORT_WAIT", 0.2)
    (tmp_path / "busy.db").touch()
    db = SQLite(str(tmp_path / "busy.db"), pragmas={"journal_mode": "wal"})
    with db.connection_context():
        db.execute_sql("CREATE TABLE turn (writer INTEGER)")
    writers = [threading.Thread(target=_write, args=(db, number)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with db.connection_context():
        counted = db.execute_sql("SELECT count(*) FROM turn").fetchone()[0]
    assert counted == WRITERS * TURNS * ROWS


def _write(db, number):
    with db.connection_context():
        for _turn in range(TURNS):
            with db.atomic("IMMEDIATE"):
                for _row in range(ROWS):
                    db.execute_sql("INSERT INTO turn VALUES (?)", (number,))
