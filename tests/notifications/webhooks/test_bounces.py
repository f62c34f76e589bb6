"""Mail that came back, as a mail server hands it over: what ends its notification, what is nothing, what a person reads."""

import time
from pathlib import Path

import pytest

from models import Channel, KeptMail, Notification, Outcome, Used
from models.notifications.kept_mail import MAX_KEPT
from models.notifications.verdicts import MAX_REFUSED
from paths import ROOT
from senders import bounces
from support.webhooks import hand_over, on_its_way, report, state

MAILS = (
    ROOT / "tests" / "notifications" / "webhooks" / "mails"
)  # by what is to be done with them; TOKEN is that of the notification
ALL = sorted(path.relative_to(MAILS) for path in MAILS.glob("*/*.eml"))


def mail(name: Path | str, notification: Notification) -> bytes:
    return (MAILS / name).read_bytes().replace(b"TOKEN", notification.return_token.encode())


def fate(app, form, name: Path | str) -> tuple[Notification, int]:
    """What became of the notification that a mail is about, and how many mails wait for a person."""
    notification = on_its_way(form, "email")
    with app.app_context():
        raw = mail(name, notification)
    assert hand_over(app, raw) == 200
    return Notification.get_by_id(notification.id), KeptMail.select().count()


def test_each_mail_ends_its_notification_or_is_nothing_or_waits_for_a_person(app, form):
    found = {}
    for count, name in enumerate(ALL):
        notification, before = on_its_way(form, "email", f"person{count}@example.org"), KeptMail.select().count()
        with app.app_context():
            raw = mail(name, notification)
        assert hand_over(app, raw) == 200
        waits = KeptMail.select().count() > before
        found[name] = "failed" if state(notification) == "failed" else "unclear" if waits else "harmless"
    assert found == {name: name.parent.name for name in ALL}


@pytest.mark.parametrize(
    "begun", ["blij", "ponawia", "weitere ", "non ancora ", "user ", "mailbox ", "postfach ", "5.1.", "x"]
)
def test_mail_of_words_that_begin_a_sentence_again_and_again_is_read_at_once(app, begun):
    started = time.process_time()
    with app.app_context():
        bounces.read(b"From: MAILER-DAEMON@mx.example.net\n\n" + begun.encode() * (16_000 // len(begun)))
    assert time.process_time() - started < 2


def test_mail_refused_for_good_ends_its_message_and_marks_its_contact(either, form):
    row, _waiting = fate(either, form, "failed/no-action.eml")
    assert (row.state, row.error) == ("failed", "bounced: 5.1.1")
    assert row.contact.failed_at and row.contact.refused is None


@pytest.mark.parametrize(
    ("name", "error", "why"),
    [
        ("given-up-full-4.2.2", "bounced: 4.2.2", "full"),
        ("telephone-company", "bounced: 5.2.2", "full"),
        ("policy-dmarc", "bounced: 5.7.26", "policy"),
        ("policy-in-words", "bounced: 5.7.0", "policy"),
    ],
)
def test_full_mailbox_or_a_rule_ends_the_message_and_says_nothing_against_the_address(app, form, name, error, why):
    row, _waiting = fate(app, form, f"failed/{name}.eml")
    assert (row.error, row.contact.refused) == (error, why)
    Notification.record_delivery_report(str(row.id), Outcome.DELIVERED)
    contact = Notification.get_by_id(row.id).contact
    assert (contact.failed_at, contact.refused) == (None, None)


def test_channel_stops_when_rules_refuse_most_of_what_left(app, form):
    for count in range(MAX_REFUSED):
        assert Channel.of("email").probe_at is None
        notification = on_its_way(form, "email", f"person{count}@example.org")
        with app.app_context():
            raw = mail("failed/policy-dmarc.eml", notification)
        hand_over(app, raw)
    assert Channel.of("email").cause == "refusals" and "5.7.26" in Channel.of("email").why


def test_case_of_the_token_may_change_on_the_way(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        raw = report(notification, to=bounces.return_path(notification.return_token).upper())
    assert hand_over(app, raw) == 200 and state(notification) == "failed"


@pytest.mark.parametrize("to", ["bounces@example.lu", f"bounces+{'a' * 24}@example.lu", "bounces+77777777@example.lu"])
def test_report_without_a_token_of_ours_changes_nothing(app, form, to):
    notification = on_its_way(form, "email")
    with app.app_context():
        raw = report(notification, to=to)
    assert hand_over(app, raw) == 200 and state(notification) == "sending"


@pytest.mark.long
def test_forged_stale_and_replayed_bounce_is_refused(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        raw = report(notification)
    good = f"{int(time.time())}."
    for signature in ("", "x", ".", good, good + "0" * 64, "é.é", f"-1.{'0' * 64}"):
        assert hand_over(app, raw, signature=signature or "none") == 401
    assert hand_over(app, raw, time.time() - 400) == 401 and state(notification) == "sending"
    moment = time.time()
    assert [hand_over(app, raw, moment) for _ in range(2)] == [200, 401]
    assert hand_over(app, b" " * 400_000) == 200 and hand_over(app, b" " * 600_000) == 413


def test_token_of_a_bounce_is_made_by_nobody_else_and_ends_with_its_message(app, form):
    notification = on_its_way(form, "email")
    with app.app_context():
        to, raw = bounces.return_path(notification.return_token), report(notification)
        unclear = mail("unclear/mail-of-a-person.eml", notification)
        assert to.startswith("bounces+") and len(to.split("@")[0]) <= 64 and "somebody" not in to
    assert hand_over(app, unclear) == 200 and KeptMail.select().count() == 1
    notification.contact.erase()
    assert KeptMail.select().count() == 0, "it names the person, so it goes with the contact"
    assert hand_over(app, raw) == 200 and KeptMail.select().count() == 0


def test_bounce_with_an_invented_token_cuts_nobody_off(app, form):
    """Anybody can send a mail to the address of bounces, and ids are easy to guess."""
    notification = on_its_way(form, "email")
    with app.app_context():
        genuine = notification.return_token
        invented = genuine[:-8] + ("a" * 8 if genuine[-8:] != "a" * 8 else "b" * 8)
        forged, good = report(notification, to=bounces.return_path(invented)), report(notification)
    assert hand_over(app, forged) == 200 and state(notification) == "sending"
    assert hand_over(app, good) == 200 and state(notification) == "failed"


def test_mail_that_no_program_can_read_is_kept_whole_and_once(either, form):
    notification = on_its_way(form, "email")
    with either.app_context():
        good = report(notification)
    nested = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\n\n--%d\n' % (n, n) for n in range(3000))
    odd = [
        good.replace(b"Return-Path: <>", b"Return-Path: <\xff>"),
        b"",
        b"\xff\x00" * 500,
        b"Subject: =?nope?b?!?=\nContent-Type: text/plain; charset=idna\n\n\x00" + b"a@" * 100_000,
        nested,
    ]
    for raw in (*odd, odd[0]):
        assert hand_over(either, raw, time.time() + len(raw) % 7 + KeptMail.select().count()) == 200
    assert [kept.mail["text"].encode() for kept in KeptMail.select().order_by(KeptMail.id)] == [
        raw.decode("utf-8", "backslashreplace").encode() for raw in odd
    ]
    assert state(notification) == "sending" and hand_over(either, good) == 200 and state(notification) == "failed"


def test_mail_server_keeps_what_is_too_much_for_a_person(app, form):
    for count in range(MAX_KEPT):
        KeptMail.keep(b"%d" % count, {}, None)
    assert hand_over(app, b"hello") == 503 and Used.select().count() == 0
    KeptMail.listed().first().finish()
    assert hand_over(app, b"hello") == 200 and KeptMail.select().count() == MAX_KEPT
