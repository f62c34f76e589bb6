"""Countermeasures of one line each, which nobody would miss before the day of the attack."""

import datetime as dt
import logging
import threading

import pytest
import time_machine

from models import Counter, Dossier, Event, System, db, make_database
from models.notifications import sms_limits
from support.sms_limits import MONDAY, asked
from support.systems import Api

CANARY = "canary-in-a-row-of-the-history"
ADDRESS = "somebody@example.org"


def erase_everywhere(url: str, dossier: int) -> None:
    """Write the canary over several pages and delete it, on a connection of its own."""
    database = make_database(url)
    with database.connection_context(), database.bind_ctx([Event]):
        event = Event.create(
            dossier=dossier, kind="noted", at=dt.datetime.now(dt.UTC), to_status="announced", note=CANARY * 500
        )
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        event.delete_instance()
        database.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")


def test_a_deleted_row_leaves_no_byte_in_the_file_whatever_connection_deleted_it(app, dossier, sqlite_url, tmp_path):
    """In a request, in a thread of the worker, in a command: SQLite forgets the pragma with every connection."""
    db.close()
    erase_everywhere(sqlite_url, dossier.id)
    other = threading.Thread(target=erase_everywhere, args=(sqlite_url, dossier.id))
    other.start()
    other.join()
    assert CANARY.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("etracking.db*"))
    with app.test_request_context(), db.connection_context():
        assert db.execute_sql("PRAGMA secure_delete").fetchone() == (1,)


@pytest.mark.parametrize(("parts", "refused"), [(100, False), (101, True)])
def test_form_in_many_parts_is_refused_before_it_costs_memory(visitor, parts, refused):
    fields = {f"field-{index}": "" for index in range(parts)}
    answer = visitor.open("/t", "POST", data=fields, content_type="multipart/form-data")
    assert (answer.status_code == 413) == refused


def test_text_of_a_fault_which_may_quote_anything_reaches_no_log(app, visitor, monkeypatch, caplog):
    def broken():
        raise ValueError(f"{ADDRESS} is no number") from KeyError(ADDRESS)

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setitem(app.view_functions, "procedures.index", broken)
    caplog.set_level(logging.DEBUG)
    visitor.get("/procedures", status=500)
    (line,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "ValueError, from KeyError" in line.getMessage() and line.exc_info is None
    assert ADDRESS not in caplog.text and not any(ADDRESS in str(vars(record)) for record in caplog.records)


def test_system_has_600_requests_a_minute_and_takes_none_from_another(app, form, dossier):
    authority = form.procedure.authority
    with time_machine.travel(MONDAY, tick=False) as clock:
        (busy, keys), (_other, its_keys) = System.add(authority, "registry"), System.add(authority, "archive")
        api, path = Api(app, keys.token), f"/api/v1/dossiers/{dossier.number}"
        for _ in range(599):
            Counter.hit(f"api|{busy.id}", dt.timedelta(minutes=1))
        assert api.get(path)["number"] == dossier.number
        assert api.get(path, 429)["status"] == 429 and api.headers["Retry-After"] == "60"
        assert api.get("/api/v1/dossiers", 429)
        assert Api(app, its_keys.token).get(path)
        clock.shift(60)
        assert api.get(path) and Dossier.select().count() == 1


def test_all_sms_of_a_day_have_a_limit_that_no_region_reaches_alone(app, monkeypatch):
    """A fifth of it leaves in an hour; no number, block or network asks twice."""
    monkeypatch.setattr(sms_limits, "MAX_PER_DAY", 20)
    with time_machine.travel(MONDAY, tick=False) as clock:
        given = []
        for index in range(24):
            if index % 4 == 0:
                clock.shift(2 * sms_limits.HOUR)
            number = f"+352621{index:03}{index:03}" if index % 2 else f"+3361{index:04}{index:04}"
            given.append(asked(number))
        assert given == [""] * 20 + ["day"] * 4
