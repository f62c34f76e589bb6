"""Mail that came back, handed over or read from a mailbox, ends its notification and marks its contact."""

import ssl
import time

import pytest

from commands.worker import collect_bounces, record_bounce
from models import Notification, Used, db
from senders import bounces
from support.imap_server import Mailbox
from support.webhooks import hand_over, on_its_way, report, state


def test_mail_refused_for_good_ends_its_message_and_marks_its_contact(either, form):
    notification = on_its_way(form, "email")
    with either.app_context():
        mail = report(notification)
    assert hand_over(either, mail) == 200
    row = Notification.get_by_id(notification.id)
    assert (row.state, row.error) == ("failed", "bounced: 5.1.1") and row.contact.failed_at


def took(mail: bytes) -> bool:
    """Whether a mail that came back changed anything."""
    bounce = bounces.parse(mail)
    return bounce is not None and Notification.record_bounce(*bounce)


def test_case_of_the_token_may_change_on_the_way(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        assert took(report(notification, to=bounces.return_path(notification.return_token).upper()))


@pytest.mark.parametrize(
    "change",
    [
        {"status": "4.2.2"},
        {"status": "4.4.7", "action": "delayed"},
        {"status": "2.0.0", "action": "delivered"},
        {"status": "5.1.1", "action": "relayed"},
        {"status": "nonsense"},
        {"to": "bounces@example.lu"},
        {"to": "bounces+aaaaaaaaaaaaaaaaaaaaaaaa@example.lu"},
        {"to": "bounces+77777777@example.lu"},
    ],
)
def test_what_is_not_final_or_not_ours_changes_nothing(app, form, change):
    notification = on_its_way(form, "email")
    with app.app_context():
        assert not took(report(notification, **change))
    assert state(notification) == "sending"


def test_answers_of_absent_readers_and_of_other_programs_count_for_nothing(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        whole = report(notification)
        for mail in (
            whole.replace(b"Return-Path: <>", b"Return-Path: <somebody@example.org>"),
            whole.replace(b"multipart/report", b"multipart/mixed"),
            whole.replace(b"message/delivery-status", b"text/plain"),
            whole.split(b"--b")[0],
            b"",
            b"\xff\x00" * 500,
        ):
            assert not took(mail)
    assert state(notification) == "sending" and Notification.select().count() == 1


@pytest.mark.long
def test_forged_stale_and_replayed_bounce_is_refused(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        mail = report(notification)
    good = f"{int(time.time())}."
    for signature in ("", "x", ".", good, good + "0" * 64, "é.é", f"-1.{'0' * 64}"):
        assert hand_over(app, mail, signature=signature or "none") == 401
    assert hand_over(app, mail, time.time() - 400) == 401 and state(notification) == "sending"
    moment = time.time()
    assert [hand_over(app, mail, moment) for _ in range(2)] == [200, 401]
    assert hand_over(app, b" " * 400_000) == 200 and hand_over(app, b" " * 600_000) == 413


def test_token_of_a_bounce_is_made_by_nobody_else_and_ends_with_its_message(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        to, mail = bounces.return_path(notification.return_token), report(notification)
        assert to.startswith("bounces+") and len(to.split("@")[0]) <= 64 and "somebody" not in to
        notification.contact.erase()
        assert not took(mail)
    assert Used.select().count() == 0


def test_bounce_with_an_invented_token_cuts_nobody_off(app, form):
    """Anybody can send a mail to the address of bounces, and ids are easy to guess."""
    notification = on_its_way(form, "email")
    with app.app_context():
        genuine = notification.return_token
        invented = genuine[:-8] + ("a" * 8 if genuine[-8:] != "a" * 8 else "b" * 8)
        assert not took(report(notification, to=bounces.return_path(invented)))
        assert state(notification) == "sending" and took(report(notification))


def reading(app, mailbox: Mailbox, certificate) -> None:
    app.config.update(mailbox.settings, MAIL_CA_FILE=str(certificate), MAIL_TIMEOUT=5)


def test_mailbox_of_bounces_is_read_and_emptied(app, form, certificate):
    notification = on_its_way(form, "email")
    with app.app_context():
        mails = (b"Subject: I am on holiday\r\n\r\nBack soon", report(notification), b"")
    with Mailbox(certificate, *mails) as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        assert bounces.collect(record_bounce) == 3 and bounces.collect(record_bounce) == 0
        assert not mailbox.mails
    db.connect(reuse_if_open=True)
    assert state(notification) == "failed"


def test_mailbox_that_is_not_who_it_says_it_is_gets_no_password(app, certificate):
    with Mailbox(certificate, b"mail") as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        app.config["MAIL_CA_FILE"] = ""
        with pytest.raises(ssl.SSLCertVerificationError):
            bounces.collect(record_bounce)


def test_worker_reads_the_mailbox_now_and_then_and_outlives_its_absence(app, form, certificate, caplog):
    notification = on_its_way(form, "email")
    with app.app_context():
        mail = report(notification)
    with Mailbox(certificate, mail) as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        collect_bounces()
        assert not mailbox.mails
    with app.app_context():
        collect_bounces()
    assert "no bounces read" in caplog.text and "@" not in caplog.text


def test_bounce_that_no_program_of_ours_can_read_is_passed_over(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        good = report(notification)
        odd = [
            good.replace(b"Return-Path: <>", b"Return-Path: <\xff>"),
            good.replace(b"Status: 5", b"Status: \xff5"),
            good.replace(b"Action: ", b"Action: \xff"),
        ]
        assert [took(mail) for mail in odd] == [False] * 3
        nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
        assert not took(nested)
        assert took(good)
