"""The worker: every notification leaves, none twice by accident, and what became of it is written down."""

import datetime as dt
import logging
import threading
from contextlib import closing
from queue import SimpleQueue

import cysqlite
import psycopg
import pytest

from commands import worker
from models import Contact, Event, Notification, db, now
from models.notifications import outbox
from models.notifications.timetable import MAX_REPEATS
from support.sending import close, make_app, make_dossier, make_due, queued, row

pytest_plugins = ["support.outside"]


def work_once() -> None:
    worker.Worker().work(SimpleQueue(), once=True)


def test_due_messages_are_sent_and_what_became_of_them_is_written_down(sending_app, mail_server, sms_provider):
    mail, sms = queued(), queued(channel="sms")
    work_once()
    assert (len(mail_server.mails), len(sms_provider.posts)) == (1, 1)
    assert (row(mail).state, row(sms).state) == ("sent", "sent")
    assert row(mail).provider_id == mail_server.mails[0]["Message-ID"]
    assert row(sms).provider_id == "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
    assert row(mail).sent_at and row(mail).error == ""


def test_what_was_said_is_kept_with_the_message_but_not_the_contacts_link(sending_app, mail_server, sms_provider):
    mail, sms = queued(), queued(channel="sms")
    work_once()
    said = mail_server.mails[0].get_body(("plain",)).get_content().replace("\r\n", "\n")
    assert row(mail).written["subject"] == mail_server.mails[0]["Subject"]
    assert all(row(one).contact.token not in row(one).written["text"] for one in (mail, sms))
    before, _, after = row(mail).written["text"].partition("***")
    assert said.startswith(before) and said.endswith(after)
    before, _, after = row(sms).written["text"].partition("***")
    assert sms_provider.posts[0][2]["text"].startswith(before) and after == ""


def test_message_that_is_not_due_waits(sending_app, mail_server):
    notification = queued()
    with db.connection_context():
        Notification.update(run_at=now() + dt.timedelta(minutes=10)).execute()
    work_once()
    assert not mail_server.mails and row(notification).state == "queued"


def test_refusal_for_good_ends_a_message_and_the_row_names_no_address(sending_app, mail_server):
    mail_server.answers["RCPT"] = "550 5.1.1 <> unknown"
    notification = queued()
    work_once()
    assert (row(notification).state, row(notification).error) == ("failed", "recipient refused: 550 5.1.1")


def test_refusal_for_now_is_tried_again_later(sending_app, mail_server):
    mail_server.answers["RCPT"] = "450 4.2.0 <> greylisted"
    notification = queued()
    work_once()
    assert row(notification).state == "deferred" and row(notification).run_at > now() + dt.timedelta(seconds=40)
    assert "@" not in row(notification).error
    mail_server.answers.clear()
    make_due()
    work_once()
    assert row(notification).state == "sent" and row(notification).error == "" and len(mail_server.mails) == 1


def test_mail_of_unknown_outcome_is_repeated_a_few_times_with_one_message_id(sending_app, mail_server):
    mail_server.answers["DATA"] = "drop"
    notification = queued()
    for _ in range(MAX_REPEATS["email"] + 3):
        work_once()
        make_due()
    assert row(notification).state == "unknown"
    assert len(mail_server.mails) == 1 + MAX_REPEATS["email"]
    assert len({mail["Message-ID"] for mail in mail_server.mails}) == 1


def test_sms_of_unknown_outcome_waits_and_is_repeated_once(sending_app, sms_provider):
    sms_provider.answer = "drop"
    notification = queued(channel="sms")
    work_once()
    assert row(notification).run_at > now() + dt.timedelta(minutes=14)
    for _ in range(3):
        make_due()
        work_once()
    assert row(notification).state == "unknown" and "352" not in row(notification).error
    assert len(sms_provider.posts) == 2
    named = [body["client_ref"].rpartition(".")[0] for _path, _headers, body in sms_provider.posts]
    assert named == [f"{notification}.1", f"{notification}.2"]


def test_contact_that_stopped_after_the_message_was_claimed_gets_nothing(sending_app, mail_server):
    notification = queued()
    with db.connection_context():
        Contact.update(stopped_at=now()).execute()
    work_once()
    assert row(notification).state == "cancelled" and not mail_server.mails


def test_contact_that_is_not_confirmed_gets_its_first_message_only(sending_app, mail_server):
    with db.connection_context():
        dossier = make_dossier(("email", "someone@example.org"))
        contact = dossier.contacts.get()
        later = Event.create(dossier=dossier, kind="decided", at=now(), to_status="decided")
        Notification.queue(later, contact, now())
    work_once()
    assert len(mail_server.mails) == 1
    with db.connection_context():
        assert {notification.event.kind: notification.state for notification in Notification.select()} == {
            "announced": "sent",
            "decided": "cancelled",
        }


def test_one_odd_message_does_not_stop_the_others(sending_app, mail_server, sms_provider, caplog):
    sending_app.config["MAIL_TIMEOUT"] = "soon"  # a mistake that no sender expects
    odd, other = queued(), queued(channel="sms")
    with caplog.at_level(logging.INFO):
        work_once()
    assert row(odd).state == "unknown" and row(odd).error.startswith("unexpected TypeError at ")
    assert row(other).state == "sent"


def test_server_that_is_down_is_left_alone_and_holds_up_no_other_channel(sending_app, mail_server, sms_provider):
    sending_app.extensions["mail"].password = "wrong"
    mails, sms = [queued(), queued(), queued()], queued(channel="sms")
    work_once()
    assert [(row(mail).attempts, row(mail).failures) for mail in mails] == [(1, 0), (0, 0), (0, 0)]
    assert row(sms).state == "sent"


@pytest.mark.parametrize("sending_app", ["postgresql"], indirect=True)
def test_connections_that_the_database_closed_do_not_end_the_worker(sending_app, mail_server, monkeypatch):
    notification, stop_requests = queued(), SimpleQueue()
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    mail_server.during_data = lambda: stop_requests.put("leave")
    with psycopg.connect(sending_app.config["DATABASE_URL"], autocommit=True) as other:
        other.execute("""SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND datname = current_database()""")
    worker.Worker().work(stop_requests)
    assert row(notification).state == "sent"


def test_nothing_is_locked_while_the_network_is_slow(sending_app, mail_server):
    def somebody_else_writes() -> None:
        with db.connection_context():
            with db.atomic():
                Contact.update(language="fr").execute()
            if db.for_update:
                idle = """SELECT count(*) FROM pg_stat_activity
                    WHERE state = 'idle in transaction' AND datname = current_database()"""
                assert db.execute_sql(idle).fetchone() == (0,)

    mail_server.during_data = somebody_else_writes
    notification = queued()
    work_once()
    assert row(notification).state == "sent"


def test_database_that_is_away_does_not_end_the_worker(sending_app, mail_server, monkeypatch, caplog):
    notification, stop_requests = queued(), SimpleQueue()
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    with db.connection_context():
        db.execute_sql("ALTER TABLE notification RENAME TO elsewhere")
    missed = threading.Event()
    monkeypatch.setattr(worker.log, "error", lambda *_: missed.set())

    def come_back() -> None:
        missed.wait()
        with db.connection_context():
            db.execute_sql("ALTER TABLE elsewhere RENAME TO notification")
        stop_requests.put("leave")

    threading.Thread(target=come_back).start()
    worker.Worker().work(stop_requests)
    work_once()
    assert row(notification).state == "sent"


def test_mail_that_left_while_the_database_went_away_is_on_record_and_not_repeated(sending_app, mail_server):
    def rename(one: str, other: str) -> None:
        with db.connection_context():
            db.execute_sql(f"ALTER TABLE {one} RENAME TO {other}")

    def go_away() -> None:
        rename("notification", "elsewhere")
        threading.Timer(0.1, rename, ("elsewhere", "notification")).start()

    notification, mail_server.during_data = queued(), go_away
    work_once()
    assert row(notification).state == "sent" and len(mail_server.mails) == 1


def test_lease_does_not_depend_on_the_time_zone_of_the_session(postgresql, monkeypatch):
    monkeypatch.setenv("PGTZ", "Asia/Tokyo")
    with make_app(postgresql).app_context():
        queued()
        with db.connection_context():
            notification = outbox.claim("a worker", "email", dt.timedelta(minutes=5))
        assert dt.timedelta(minutes=4) < notification.run_at - now() <= dt.timedelta(minutes=5)
    close()


@pytest.mark.parametrize("sending_app", ["sqlite"], indirect=True)
def test_sending_once_waits_for_a_lock_and_says_so_if_it_stays(sending_app, mail_server, monkeypatch):
    notification = queued()
    monkeypatch.setattr(worker, "IDLE_SECONDS", 0.01)
    db.obj.pragma("busy_timeout", 10, permanent=True)
    run = sending_app.test_cli_runner().invoke
    with closing(cysqlite.connect(db.obj.database)) as other:
        other.execute("BEGIN IMMEDIATE")
        monkeypatch.setattr(worker, "LOCKED_SECONDS", 0.05)
        refused = run(args=["notifications", "send", "--once"])
        assert refused.exit_code == 1 and refused.output.startswith("Error: the database stayed locked")
        monkeypatch.setattr(worker, "LOCKED_SECONDS", 60)
        monkeypatch.setattr(worker.time, "sleep", lambda _seconds: other.in_transaction and other.execute("COMMIT"))
        assert run(args=["notifications", "send", "--once"]).exit_code == 0
    assert row(notification).state == "sent"
