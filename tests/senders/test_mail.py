"""Mail against a real server: what arrives, and what a failure is called."""

import socket
import time

import pytest

from models import Notification, Outcome
from models.notifications import consent
from models.notifications.letter import Letter
from senders import bounces, mail
from senders.base import SendError
from support.sending import deliver, make_app, make_dossier, make_message
from wording import letters

LETTER = Letter(
    reference="7.3",
    to="someone@example.org",
    subject="Ä subject",
    text="Text",
    html="<p>Text",
    contact_url="https://c.example",
)


pytest_plugins = ["support.outside"]


@pytest.fixture
def app(mail_server, certificate, tmp_path):
    app = make_app(
        f"sqlite:///{tmp_path}/test.db", MAIL_CA_FILE=str(certificate), MAIL_TIMEOUT=5, **mail_server.settings
    )
    with app.app_context():
        yield app


def refusal(letter: Letter = LETTER) -> SendError:
    with pytest.raises(SendError) as caught:
        mail.send(letter)
    return caught.value


@pytest.mark.parametrize("language", ["de", "fr", "en", "lb"])
def test_text_html_and_sheet_arrive_in_the_language_of_the_contact(app, mail_server, language):
    deliver(make_message("announced", language=language))
    (received,) = mail_server.mails
    html, sheet = received.get_body(("html",)).get_content(), list(received.iter_attachments())[0]
    assert f"({language})" in received.get_body(("plain",)).get_content()
    assert f'<html lang="{language}">' in html
    assert sheet.get_content_type() == "application/pdf" and sheet.get_content().startswith(b"%PDF-")
    assert sheet.get_filename().startswith("eTracking-")


def test_mail_carries_a_stable_message_id_and_a_way_out(app, mail_server):
    message = make_message("received")
    assert (
        deliver(message)
        == deliver(message)
        == f"<{message.id}.{message.event_id}.{message.created_at:%Y%m%d%H%M%S}@tracking.example.lu>"
    )
    first, second = mail_server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["List-Unsubscribe"].startswith("<https://tracking.example.lu/c/")
    assert first["List-Unsubscribe"][1:-1].removesuffix("/stop") in first.get_body(("plain",)).get_content()
    assert first["List-Unsubscribe"].endswith("/stop>")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_every_byte_is_ascii_and_no_line_is_too_long(app, mail_server):
    deliver(make_message("incomplete", language="lb", note="ë" * 3000))
    (raw,) = mail_server.raw
    assert raw.isascii() and max(map(len, raw.split(b"\r\n"))) <= 998


def test_comma_in_the_senders_name_stays_in_the_name(app, mail_server):
    app.extensions["mail"].default_sender = '"Ville d’Esch, Guichet" <guichet@example.lu>'
    mail.send(LETTER)
    assert mail_server.mails[0]["From"].addresses[0].display_name == "Ville d’Esch, Guichet"
    assert mail_server.senders == ["guichet@example.lu"]


def test_domain_with_accents_is_written_in_ascii(app, mail_server):
    assert mail.compose(Letter(**vars(LETTER) | {"to": "a@bücher.example"})).recipients == ["a@xn--bcher-kva.example"]


def test_address_that_mail_servers_do_not_take_is_refused_for_good(app):
    for address in ("ü@example.org", "nobody", "a@example.org\r\nBcc: b@example.org"):
        assert refusal(Letter(**vars(LETTER) | {"to": address})).outcome is Outcome.NEVER


@pytest.mark.parametrize("header", ["subject", "contact_url", "reference"])
def test_line_break_in_a_header_is_refused(app, mail_server, header):
    forged = Letter(**vars(LETTER) | {header: "x\r\nBcc: other@example.org"})
    assert refusal(forged).outcome is Outcome.NEVER
    assert not mail_server.mails


def test_certificate_nobody_vouches_for_is_refused(app, mail_server):
    app.config["MAIL_CA_FILE"] = ""
    error = refusal()
    assert str(error).startswith("certificate not trusted: self-signed certificate") and error.outcome is Outcome.DOWN
    assert not mail_server.mails


def test_silent_server_is_given_up_in_time(app):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        app.extensions["mail"].port = silent.getsockname()[1]
        app.config["MAIL_TIMEOUT"] = 0.2
        started = time.monotonic()
        error = refusal()
    assert time.monotonic() - started < 2
    assert error.outcome is Outcome.DOWN


def test_no_server_at_all_is_tried_again(app):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        app.extensions["mail"].port = closed.getsockname()[1]
    error = refusal()
    assert str(error) == "mail server not reached: Connection refused" and error.outcome is Outcome.DOWN


@pytest.mark.parametrize(
    ("command", "answer", "outcome", "text"),
    [
        ("MAIL", "421 4.3.2 closing", "down", "SMTPSenderRefused: 421 4.3.2"),
        ("MAIL", "451 4.3.0 busy", "down", "SMTPSenderRefused: 451 4.3.0"),
        ("MAIL", "530 5.7.0 sign in first", "account", "SMTPSenderRefused: 530 5.7.0"),
        ("MAIL", "550 5.7.1 sender not ours", "account", "SMTPSenderRefused: 550 5.7.1"),
        ("MAIL", "552 5.3.4 too big", "never", "SMTPSenderRefused: 552 5.3.4"),
        ("RCPT", "421 4.3.2 closing", "down", "recipient refused: 421 4.3.2"),
        ("RCPT", "450 4.2.0 <> greylisted", "later", "recipient refused: 450 4.2.0"),
        ("RCPT", "451 4.7.1 try again", "later", "recipient refused: 451 4.7.1"),
        ("RCPT", "452 too many", "later", "recipient refused: 452"),
        ("RCPT", "530 5.7.0 sign in first", "account", "recipient refused: 530 5.7.0"),
        ("RCPT", "550 5.1.1 <> unknown", "never", "recipient refused: 550 5.1.1"),
        ("RCPT", "552 5.2.2 <> is full", "later", "recipient refused: 552 5.2.2"),
        ("DATA", "421 4.3.2 closing", "down", "SMTPDataError: 421 4.3.2"),
        ("DATA", "451 4.7.1 later", "later", "SMTPDataError: 451 4.7.1"),
        ("DATA", "452 4.3.1 full", "later", "SMTPDataError: 452 4.3.1"),
        ("DATA", "552 5.3.4 too big", "never", "SMTPDataError: 552 5.3.4"),
        ("DATA", "554 5.7.1 spam", "policy", "SMTPDataError: 554 5.7.1"),
        ("RCPT", "554 5.7.1 <>: Relay access denied", "policy", "recipient refused: 554 5.7.1"),
    ],
)
def test_refusals_are_told_apart_and_name_no_address(app, mail_server, command, answer, outcome, text):
    mail_server.answers[command] = answer
    error = refusal()
    assert (str(error), error.outcome) == (text, outcome)


def test_wrong_password_is_our_affair_and_tried_again(app):
    app.extensions["mail"].password = "wrong"
    error = refusal()
    assert str(error).startswith("SMTPAuthenticationError: 535") and error.outcome is Outcome.ACCOUNT


@pytest.mark.long
@pytest.mark.parametrize("trouble", ["hold", "drop"])
@pytest.mark.parametrize(
    ("command", "outcome"), [("EHLO", "down"), ("MAIL", "down"), ("RCPT", "down"), ("DATA", "unknown")]
)
def test_line_that_breaks_or_falls_silent_is_their_trouble_until_the_mail_was_handed_over(
    app, mail_server, command, outcome, trouble
):
    app.config |= {"MAIL_TIMEOUT": 1, "MAIL_FINAL_TIMEOUT": 1}
    mail_server.answers[command] = trouble
    assert refusal().outcome == outcome
    assert len(mail_server.mails) == (command == "DATA")


def test_contact_that_stopped_or_never_confirmed_gets_nothing(app, mail_server):
    message = make_message("received")
    consent.stop(message.contact)
    message = Notification.get_by_id(message.id)
    with pytest.raises(SendError) as caught:
        deliver(message)
    assert caught.value.outcome is Outcome.UNWANTED
    unconfirmed = make_dossier(("email", "someone@example.org")).contacts.get()
    message = Notification(contact=unconfirmed, event=message.event, channel="email")
    with pytest.raises(SendError) as caught:
        deliver(message)
    assert caught.value.outcome is Outcome.UNWANTED
    assert not mail_server.mails


def test_mistake_while_writing_loses_no_message(app, mail_server, monkeypatch):
    monkeypatch.delitem(letters.WRITERS, "email")
    message = make_message("announced")
    with pytest.raises(SendError) as caught:
        deliver(message)
    assert caught.value.outcome is Outcome.UNWRITTEN
    assert "KeyError" in str(caught.value)


def test_mail_leaves_from_an_address_of_its_own_that_names_no_reader(app, mail_server):
    app.config["MAIL_BOUNCE_ADDRESS"] = "bounces@example.lu"
    message = make_message("received")
    deliver(message)
    (sender,) = mail_server.senders
    assert sender == bounces.return_path(message.return_token) and sender.startswith("bounces+")
    assert "someone" not in sender and mail_server.mails[0]["From"] == "noreply@example.lu"
