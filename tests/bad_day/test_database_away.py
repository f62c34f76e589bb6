"""The database is away, locked, read-only or full: 503 in the visitor's language, and nothing is promised or lost."""

import os
import shutil
import threading

import peewee
import pytest

from models import Dossier, Event, databases, db
from models.base import make_database
from models.databases import is_away
from support import bad_day
from support.registration import CONTACT, past_the_captcha
from support.systems import MOVES, received
from support.visitor import Visitor, values

ON_POSTGRESQL = pytest.mark.parametrize("either", ["postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(databases, "SHORT_WAIT", 0.05)
    monkeypatch.setattr(databases, "LONG_WAIT", 0.1)


@pytest.mark.parametrize("language", ["de", "fr", "en", "lb"])
def test_page_that_needs_the_database_says_in_each_language_when_to_come_again(app, dossier, language):
    with bad_day.gone():
        page = Visitor(app, language).get(f"/t/{dossier.number}", 503)
    assert page.response.headers["Retry-After"] == "30" and page.response.headers["Cache-Control"] == "no-store"
    assert page.soup.html["lang"] == language
    assert page.soup.select_one(f"main a[href='/t/{dossier.number}']")


def test_page_is_there_again_as_soon_as_the_database_is(either, dossier):
    visitor = Visitor(either)
    with bad_day.gone():
        assert visitor.get(f"/t/{dossier.number}", 503).title == "Please try again in a moment"
    assert visitor.get(f"/t/{dossier.number}").title == "Not arrived yet"


def test_process_lives_while_the_database_is_away(either):
    with bad_day.gone():
        assert Visitor(either).open("/healthz").status_code == 200


@ON_POSTGRESQL
def test_restart_of_postgresql_is_not_noticed_by_the_next_visitor(either, dossier):
    visitor = Visitor(either)
    visitor.get(f"/t/{dossier.number}")
    bad_day.restarted()
    visitor.get(f"/t/{dossier.number}")


@pytest.mark.parametrize("trouble", [bad_day.locked, bad_day.read_only, bad_day.full])
def test_what_cannot_be_saved_is_kept_in_the_form_and_not_promised(app, dossier, trouble):
    visitor, path = Visitor(app), f"/t/{dossier.number}/posted"
    with trouble():
        page = visitor.post(path, 503, data={"registered": "RR473124829LU"})
        assert page.title == "Nothing was saved"
        assert values(page.form(path)) == {"registered": "RR473124829LU"}
    assert Event.select().where(Event.kind == "posted").count() == 0
    visitor.submit(page, path)
    assert Event.select().where(Event.kind == "posted").count() == 1


def test_htmx_keeps_the_page_with_what_was_typed_and_says_so_beside_it(app, dossier):
    with bad_day.locked():
        answer = Visitor(app).open(f"/t/{dossier.number}/posted", "POST", htmx=True)
    assert answer.status_code == 503 and "<html" not in answer.text and "Nothing was saved" in answer.text
    assert (answer.headers["HX-Retarget"], answer.headers["HX-Reswap"]) == ("[data-toast]", "innerHTML")


def test_password_is_not_repeated_on_a_page(app):
    visitor = Visitor(app)
    page = visitor.get("/sign-in")
    with bad_day.gone():
        answer = visitor.submit(page, "/sign-in", 503, email="clerk@example.lu", password="correct horse battery")
    assert "correct horse" not in answer.html and "clerk@" not in answer.html


def test_registration_goes_on_where_it_stopped(app):
    visitor = Visitor(app)
    page = past_the_captcha(visitor)
    with bad_day.locked():
        lost = visitor.submit(page, CONTACT, 503, by_email="y", email="jemand@example.lu")
    assert Dossier.select().count() == 0
    assert visitor.submit(lost, CONTACT).title == "Not arrived yet"
    assert [contact.address for contact in Dossier.get().contacts] == ["jemand@example.lu"]


@ON_POSTGRESQL
def test_lost_while_it_was_committed_is_told_as_unknown(either, dossier):
    db.execute_sql(bad_day.ENDS_ITSELF)
    assert Visitor(either).post(f"/t/{dossier.number}/posted", 503).title == "Please see whether it was saved"


def test_interface_tells_programs_in_json(api, dossier):
    with bad_day.gone():
        problem = api.post(MOVES.format(dossier.number), received(), 503)
    assert "nothing was changed" in problem["detail"] and api.headers["Retry-After"] == "30"
    api.post(MOVES.format(dossier.number), received())


def test_one_stuck_writer_leaves_threads_for_readers(app, dossier, monkeypatch):
    """Many write while the lock is held for long: most are told at once, and a reader is answered between them."""
    monkeypatch.setattr(databases, "LONG_WAIT", 30.0)
    told, patient = threading.Semaphore(0), databases.MAX_PATIENT
    statuses = []

    def write() -> None:
        statuses.append(Visitor(app).open(f"/t/{dossier.number}/posted", "POST").status_code)
        db.close()
        told.release()

    writers = [threading.Thread(target=write) for _ in range(patient + 3)]
    with bad_day.locked():
        [writer.start() for writer in writers]
        for _ in range(3):
            assert told.acquire(timeout=20)
        assert statuses == [503] * 3
        assert Visitor(app).open(f"/t/{dossier.number}").status_code == 200
    [writer.join() for writer in writers]
    assert statuses[3:] == [303] * patient


def test_file_that_was_replaced_is_not_written_to_any_more(app, dossier):
    """A file put in the place of the old one, as by a restore: what is written to the old one would be lost."""
    db.close()
    path = db.database
    shutil.copy(path, f"{path}.new")
    Visitor(app).get(f"/t/{dossier.number}")
    for end in ("-wal", "-shm"):
        if os.path.exists(path + end):
            os.unlink(path + end)
    os.replace(f"{path}.new", path)
    Visitor(app).post(f"/t/{dossier.number}/posted")
    db.close()
    assert Event.select().where(Event.kind == "posted").count() == 1


def test_no_empty_database_is_made_where_the_file_is_gone(app, dossier):
    with bad_day.gone():
        Visitor(app).get(f"/t/{dossier.number}", 503)
        assert not os.path.exists(db.database)


def test_mistake_in_a_query_is_no_bad_day(either):
    for statement in ("SELECT * FROM nothing", "SELECT nothing FROM form", "SELEC 1"):
        with pytest.raises(peewee.DatabaseError) as error, db.atomic():
            db.execute_sql(statement).fetchone()
        assert not is_away(error.value)


@ON_POSTGRESQL
def test_server_that_does_not_answer_is_given_up_and_asked_anew(either, postgresql_url, monkeypatch):
    monkeypatch.setattr(databases, "ANSWER_TIMEOUT", 0.2)
    impatient = make_database(postgresql_url, impatient=True)
    with pytest.raises(peewee.OperationalError) as error:
        impatient.execute_sql("SELECT pg_sleep(20)")
    assert is_away(error.value)
    impatient.close()
    assert impatient.execute_sql("SELECT 1").fetchone() == (1,)
    impatient.close_all()


def test_another_database_without_our_tables_is_a_bad_day_and_pages_in_memory_go_on(either, dossier):
    citizen = Visitor(either)
    citizen.get("/")
    for table in ("contact", "schema_migration"):
        db.execute_sql(f"ALTER TABLE {table} RENAME TO elsewhere_{table}")
    assert citizen.get(f"/t/{dossier.number}", 503).response.headers["Retry-After"] == "30"
    assert citizen.get("/").response.status_code == 200
    for table in ("contact", "schema_migration"):
        db.execute_sql(f"ALTER TABLE elsewhere_{table} RENAME TO {table}")
    assert citizen.get(f"/t/{dossier.number}").title == "Not arrived yet"


@ON_POSTGRESQL
def test_exhausted_pool_is_a_bad_day(either, dossier, monkeypatch):
    monkeypatch.setattr(db.obj, "_max_connections", 1)  # which this thread has
    monkeypatch.setattr(db.obj, "_wait_timeout", 0.05)
    statuses = []
    other = threading.Thread(target=lambda: statuses.append(Visitor(either).open(f"/t/{dossier.number}").status_code))
    other.start()
    other.join()
    assert statuses == [503]
