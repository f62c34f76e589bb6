"""What others tell us: believed if signed for this very body, fresh and new; obeyed to the letter; never a dossier's move."""

import hashlib
import hmac
import itertools
import json
import ssl
import time
import uuid

import jwt
import pytest

from blueprints.operations import webhooks
from commands.notifications import Worker
from models import Contact, Counter, Dossier, Notification, Used, db
from models.notifications import outbox
from models.notifications.contact import stopped_mark
from senders import bounces
from support.database import dump
from support.imap_server import Mailbox
from support.sending import close
from support.site import running

SECRET = "a signature secret of at least thirty-two bytes"
STATUS, INBOUND, BOUNCES = "/webhooks/vonage/status", "/webhooks/vonage/inbound", "/webhooks/bounces"
SETTINGS = {
    "VONAGE_SIGNATURE_SECRET": SECRET,
    "MAIL_BOUNCE_ADDRESS": "bounces@example.lu",
    "MAIL_BOUNCE_SECRET": SECRET,
    "SMS_FROM_HOUR": 0,
    "SMS_UNTIL_HOUR": 24,
}


@pytest.fixture
def app(sqlite_url):
    app = running(sqlite_url, **SETTINGS)
    db.connect(reuse_if_open=True)
    yield app
    close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request):
    app = running(request.getfixturevalue(f"{request.param}_url"), **SETTINGS)
    db.connect(reuse_if_open=True)
    yield app
    close()


def token(body: bytes, secret: str = SECRET, drop: str = "", algorithm: str = "HS256", **claims) -> str:
    """What Vonage puts beside `body`."""
    known = {"iat": int(time.time()), "jti": str(uuid.uuid4()), "payload_hash": hashlib.sha256(body).hexdigest()}
    known = {name: value for name, value in (known | claims).items() if name != drop}
    return jwt.encode(known, secret, algorithm=algorithm)


def send(app, path: str, notice, sign=token, **headers) -> int:
    """Send `notice` as Vonage would; the status of the answer."""
    body = notice if isinstance(notice, bytes) else json.dumps(notice).encode()
    headers = {"Authorization": f"Bearer {sign(body)}"} | headers
    answer = app.test_client().post(path, data=body, content_type="application/json", headers=headers)
    db.connect(reuse_if_open=True)
    return answer.status_code


def on_its_way(form, channel: str = "sms") -> Notification:
    """A notification that the provider has taken."""
    address = "+352621123456" if channel == "sms" else "somebody@example.org"
    dossier = Dossier.announce(form, "en", uuid.uuid4().hex, [(channel, address)])
    notification = outbox.claim("worker", channel, hours=outbox.Hours(0, 24))
    assert notification.event.dossier == dossier
    return notification


def said(notification: Notification, status: str, **more) -> dict:
    return {
        "message_uuid": "aaaa-bbbb",
        "client_ref": notification.reference,
        "status": status,
        "channel": "sms",
    } | more


def state(notification: Notification) -> str:
    return Notification.get_by_id(notification.id).state


@pytest.mark.parametrize(
    ("status", "code", "leads_to"),
    [
        ("submitted", "", "sent"),
        ("delivered", "", "delivered"),
        ("read", "", "delivered"),
        ("rejected", "1050", "failed"),
        ("undeliverable", "1170", "failed"),
        ("undeliverable", "1180", "deferred"),
        ("rejected", "", "failed"),
    ],
)
def test_receipt_moves_its_message_and_no_dossier(either, form, status, code, leads_to):
    notification = on_its_way(form)
    before = list(Dossier.select().tuples())
    error = {"error": {"type": f"https://developer.vonage.com/api-errors/messages#{code}"}} if code else {}
    assert send(either, STATUS, said(notification, status, **error)) == 200
    assert state(notification) == leads_to and list(Dossier.select().tuples()) == before
    assert "352" not in Notification.get_by_id(notification.id).error


@pytest.mark.parametrize("order", list(itertools.permutations(("taken", "submitted", "delivered"))))
def test_receipts_lead_to_the_same_end_in_every_order_doubled_and_before_our_own_record(app, form, order):
    notification = on_its_way(form)
    for said_by in order + order:
        if said_by == "taken":
            notification.ended(webhooks.vonage_codes.Outcome.SENT, provider_id="aaaa-bbbb")
        else:
            assert send(app, STATUS, said(notification, said_by)) == 200
    assert state(notification) == "delivered"


@pytest.mark.parametrize("first", ["rejected", "undeliverable"])
def test_what_was_delivered_stays_delivered_whatever_comes_after(app, form, first):
    notification = on_its_way(form)
    for status in ("delivered", first, "submitted"):
        send(app, STATUS, said(notification, status))
    assert state(notification) == "delivered"


def test_receipt_for_an_erased_or_unknown_message_is_taken_counted_and_forgotten(app, form):
    notification = on_its_way(form)
    notification.contact.erase()
    for reference in (notification.reference, "999999", "", "-1", "1; DROP", "9" * 400, None, {"a": 1}):
        assert send(app, STATUS, said(notification, "delivered", client_ref=reference)) == 200
    assert Counter.peek("receipt that changed nothing", webhooks.DAY) == 8


FORGED = {
    "no token": lambda body: "",
    "nonsense": lambda body: "a.b.c",
    "other secret": lambda body: token(body, "another secret of at least thirty-two bytes"),
    "no algorithm": lambda body: token(body, "", algorithm="none"),
    "other algorithm": lambda body: token(body, SECRET * 2, algorithm="HS512"),
    "stale": lambda body: token(body, iat=int(time.time()) - 301),
    "from 1970": lambda body: token(body, iat=1),
    "from the future": lambda body: token(body, iat=int(time.time()) + 400),
    "expired": lambda body: token(body, exp=int(time.time()) - 400),
    "of another body": lambda body: token(b"{}"),
    "hash of the wrong type": lambda body: token(body, payload_hash=1),
    "without hash": lambda body: token(body, drop="payload_hash"),
    "without time": lambda body: token(body, drop="iat"),
    "without name": lambda body: token(body, drop="jti"),
    "name of the wrong type": lambda body: token(body, jti=7),
    "cut": lambda body: token(body)[:-2],
}


@pytest.mark.parametrize("way", FORGED)
@pytest.mark.parametrize("path", [STATUS, INBOUND])
def test_forged_notice_is_refused_and_changes_nothing(app, form, path, way):
    notification = on_its_way(form)
    notice, before = said(notification, "delivered") | {"from": "352621123456", "text": "STOP"}, dump()
    assert send(app, path, notice, FORGED[way]) == 401
    assert dump() == before


def test_notice_counts_once_however_often_it_is_replayed(either, form):
    notification, once = on_its_way(form), {}

    def same(body):
        return once.setdefault(body, token(body))

    assert [send(either, STATUS, said(notification, "submitted"), same) for _ in range(3)] == [200, 401, 401]
    assert [send(either, INBOUND, said(notification, "submitted"), same)] == [200]  # another thing said


def test_notice_that_could_not_be_written_down_may_be_sent_again(app, form):
    notification, once = on_its_way(form), {}

    def same(body):
        return once.setdefault(body, token(body))

    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.execute_sql("ALTER TABLE message RENAME TO hidden")
    assert send(app, STATUS, said(notification, "delivered"), same) == 500
    db.execute_sql("ALTER TABLE hidden RENAME TO message")
    assert send(app, STATUS, said(notification, "delivered"), same) == 200 and state(notification) == "delivered"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"no JSON", 400),
        (b"[" * 8000, 400),
        (b"\xff\xfe", 400),
        (b" " * 9000, 413),
        (b"{}", 200),
    ],
)
def test_signed_nonsense_is_refused_without_harm(app, body, status):
    for path in (STATUS, INBOUND):
        assert send(app, path, body) == status


def test_webhooks_are_closed_without_a_secret_and_to_other_methods(sqlite_url):
    app = running(sqlite_url)
    for path in (STATUS, INBOUND, BOUNCES):
        assert send(app, path, {}) == 404
        assert app.test_client().get(path).status_code == 405
    close()


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop!", "STOPP", "Stoppen bitte", "Arrêt", "ARRÊTER", "STOPALL", "stop sms"]
)
def test_stop_ends_all_messages_to_the_number_in_every_dossier(app, form, text):
    for key in ("one", "two"):
        Dossier.announce(form, "en", key, [("sms", "+352621123456"), ("email", "a@example.lu")])
    Dossier.announce(form, "en", "other", [("sms", "+352661999999")])
    assert send(app, INBOUND, {"from": "352621123456", "to": "352600", "channel": "sms", "text": text}) == 200
    stopped = {each.address for each in Contact.select().where(Contact.stopped_at.is_null(False))}
    assert stopped == {"+352621123456"}
    assert not [m for m in Notification.select().join(Contact).where(Contact.address == "+352621123456") if m.wanted]
    assert Notification.select().where(Notification.state == "cancelled").count() == 2
    assert Notification.select().count() == 5  # nothing is answered


@pytest.mark.parametrize("text", ["START", "unstop please"])
def test_start_takes_a_stop_back_for_the_number_and_for_nobody_else(app, form, text):
    for key, number in (("one", "+352621123456"), ("two", "+352621123456"), ("other", "+352661999999")):
        Dossier.announce(form, "en", key, [("sms", number), ("email", f"{key}@example.lu")])
    for number in ("352621123456", "352661999999"):
        send(app, INBOUND, {"from": number, "text": "STOP"})
    waiting = Notification.select().count()
    assert send(app, INBOUND, {"from": "352621123456", "text": text}) == 200
    hears = {each.address for each in Contact.select().where(Contact.stopped_at.is_null() & (Contact.channel == "sms"))}
    assert hears == {"+352621123456"} and Notification.select().count() == waiting  # nothing is answered
    assert all(each.confirmed_at for each in Contact.select().where(Contact.address == "+352621123456"))
    marks = {number: Used.until(stopped_mark("sms", number)) for number in ("+352621123456", "+352661999999")}
    assert [number for number, until in marks.items() if until] == ["+352661999999"]


@pytest.mark.parametrize(
    "notice",
    [
        {"from": "352621123456", "text": "Thank you"},
        {"from": "352621123456", "text": "please do not stop"},
        {"from": "352621123456", "text": ""},
        {"from": "352621123456"},
        {"from": "somebody", "text": "STOP"},
        {"from": "352621123456' OR 1", "text": "STOP"},
        {"from": None, "text": "STOP"},
        {"text": "STOP"},
    ],
)
def test_other_answers_change_nothing(app, form, notice):
    Dossier.announce(form, "en", "one", [("sms", "+352621123456")])
    assert send(app, INBOUND, notice) == 200
    assert Contact.get().stopped_at is None and Counter.peek("inbound that changed nothing", webhooks.DAY) == 1


def report(
    notification: Notification, status: str = "5.1.1", action: str = "failed", to: str = "", top: str = ""
) -> bytes:
    """A mail that came back, as a mail server writes it."""
    to = to or bounces.return_path(notification)
    return f"""Return-Path: <>
Delivered-To: {to}
From: MAILER-DAEMON@mx.example.org
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
{top}MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that somebody@example.org is unknown.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; somebody@example.org
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 <somebody@example.org>: no such user

--b--
""".encode()


def hand_over(app, mail: bytes, moment: float | None = None, signature: str = "") -> int:
    moment = str(int(moment or time.time()))
    digest = hmac.new(SECRET.encode(), moment.encode() + b"." + mail, hashlib.sha256).hexdigest()
    headers = {"X-Signature": signature or f"{moment}.{digest}"}
    answer = app.test_client().post(BOUNCES, data=mail, content_type="message/rfc822", headers=headers)
    db.connect(reuse_if_open=True)
    return answer.status_code


def test_mail_refused_for_good_ends_its_message_and_marks_its_contact(either, form):
    notification = on_its_way(form, "email")
    with either.app_context():
        mail = report(notification)
    assert hand_over(either, mail) == 200
    row = Notification.get_by_id(notification.id)
    assert (row.state, row.error) == ("failed", "bounced: 5.1.1") and row.contact.failed_at


def test_case_of_the_token_may_change_on_the_way(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        assert bounces.receive(report(notification, to=bounces.return_path(notification).upper()))


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
        assert not bounces.receive(report(notification, **change))
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
            assert not bounces.receive(mail)
    assert state(notification) == "sending" and Notification.select().count() == 1


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
        to, mail = bounces.return_path(notification), report(notification)
        assert to.startswith("bounces+") and len(to.split("@")[0]) <= 64 and "somebody" not in to
        notification.contact.erase()
        assert not bounces.receive(mail)
    assert Used.select().count() == 0


def reading(app, mailbox: Mailbox, certificate) -> None:
    app.config.update(mailbox.settings, MAIL_CA_FILE=str(certificate), MAIL_TIMEOUT=5)


def test_mailbox_of_bounces_is_read_and_emptied(app, form, certificate):
    notification = on_its_way(form, "email")
    with app.app_context():
        mails = (b"Subject: I am on holiday\r\n\r\nBack soon", report(notification), b"")
    with Mailbox(certificate, *mails) as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        assert bounces.collect() == 3 and bounces.collect() == 0
        assert not mailbox.mails
    db.connect(reuse_if_open=True)
    assert state(notification) == "failed"


def test_mailbox_that_is_not_who_it_says_it_is_gets_no_password(app, certificate):
    with Mailbox(certificate, b"mail") as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        app.config["MAIL_CA_FILE"] = ""
        with pytest.raises(ssl.SSLCertVerificationError):
            bounces.collect()


def test_worker_reads_the_mailbox_now_and_then_and_outlives_its_absence(app, form, certificate, caplog):
    notification = on_its_way(form, "email")
    with app.app_context():
        mail = report(notification)
    with Mailbox(certificate, mail) as mailbox, app.app_context():
        reading(app, mailbox, certificate)
        Worker().collect_bounces()
        assert not mailbox.mails
    with app.app_context():
        Worker().collect_bounces()
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
        assert [bounces.receive(mail) for mail in odd] == [False] * 3
        nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
        assert not bounces.receive(nested)
        assert bounces.receive(good)
