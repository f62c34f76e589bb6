"""A connection to the mail server that is kept: it saves work, and neither loses a mail nor sends one twice."""

import pytest
from flask import current_app

from models import Outcome
from models.notifications.letter import Letter
from senders import mail, smtp
from senders.base import SendError
from support.plain_smtp_server import PlainMailServer
from support.sending import make_app

LETTER = Letter(reference="7.3", to="someone@example.org", subject="News", text="Text", contact_url="https://c.example")


@pytest.fixture
def server():
    server = PlainMailServer()
    yield server
    server.close()


@pytest.fixture
def kept(server, tmp_path):
    app = make_app(f"sqlite:///{tmp_path}/test.db", MAIL_TIMEOUT=1, MAIL_FINAL_TIMEOUT=1, **server.settings)
    with app.app_context(), smtp.kept_connection():
        yield


def send(times: int = 1) -> None:
    for _ in range(times):
        mail.send(LETTER)


def refusal() -> Outcome:
    with pytest.raises(SendError) as caught:
        mail.send(LETTER)
    return caught.value.outcome


def test_one_connection_carries_many_mails_up_to_a_limit(server, kept, monkeypatch):
    monkeypatch.setattr(smtp, "MAX_MAILS", 3)
    send(7)
    assert (server.connections, len(server.mails), server.heard["EHLO"]) == (3, 7, 3)


def test_connection_that_was_idle_is_closed_politely_and_opened_again(server, kept, monkeypatch):
    send()
    smtp.close_if_idle()
    assert server.heard["QUIT"] == 0, "not yet"
    monkeypatch.setattr(smtp, "MAX_IDLE_SECONDS", 0)
    smtp.close_if_idle()
    assert server.heard["QUIT"] == 1
    send()
    assert (server.connections, len(server.mails)) == (2, 2)


@pytest.mark.parametrize("words", ["", "421 4.4.2 timeout, closing\r\n"])
def test_server_that_hung_up_between_two_mails_costs_nothing(server, kept, words):
    send()
    server.say_and_close(words)
    send()
    assert (server.connections, len(server.mails)) == (2, 2)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("answer", ["close", "silence", "421 4.7.0 too many mails", "451 4.3.0 too many mails"])
def test_kept_connection_that_fails_before_the_mail_is_handed_over_is_replaced_at_once(server, kept, command, answer):
    send()
    server.answers[1, command] = answer
    if command == "DATA" and answer[0] in "4":
        server.answers[1, "DATA refused"] = ""
    send()
    assert (server.connections, len(server.mails)) == (2, 2)


@pytest.mark.parametrize("answer", ["close", "silence", "nonsense"])
def test_mail_that_was_handed_over_is_not_repeated_whatever_becomes_of_the_connection(server, kept, answer):
    send()
    server.answers[1, "."] = answer
    assert refusal() is Outcome.UNKNOWN
    assert (server.connections, len(server.mails)) == (1, 2)
    send()
    assert (server.connections, len(server.mails)) == (2, 3)


def test_mail_that_was_refused_for_now_after_it_was_read_is_not_sent_again_at_once(server, kept):
    send()
    server.answers[1, "."] = "451 4.3.0 try again later"
    assert refusal() is Outcome.LATER
    assert (server.connections, len(server.mails)) == (1, 2)


def test_refused_recipient_leaves_the_connection_as_good_as_it_was(server, kept):
    send()
    server.answers[1, "RCPT"] = "550 5.1.1 unknown"
    assert refusal() is Outcome.NEVER
    send()
    assert (server.connections, len(server.mails)) == (1, 2)


def test_fresh_connection_that_fails_is_not_tried_again(server, kept):
    server.answers[1, "MAIL"] = "451 4.3.0 busy"
    assert refusal() is Outcome.DOWN
    assert server.connections == 1


@pytest.mark.parametrize(
    ("answer", "outcome"), [("554 5.7.1 no service for you", Outcome.ACCOUNT), ("421 4.3.2 full", Outcome.DOWN)]
)
def test_greeting_that_refuses_us_blames_no_recipient(server, kept, answer, outcome):
    server.answers[1, ""] = answer
    assert refusal() is outcome


def test_last_answer_may_take_longer_than_the_others(server, kept):
    current_app.config |= {"MAIL_TIMEOUT": 0.2, "MAIL_FINAL_TIMEOUT": 5}
    server.scan_seconds = 0.4
    send()
    assert len(server.mails) == 1
