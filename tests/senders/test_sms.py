"""SMS against a stand-in for the provider: one request for each attempt, and what a failure is called."""

import datetime as dt
import logging
import socket

import jwt
import pytest
import time_machine

from models import Notification, Outcome, now
from models.notifications.letter import Letter
from senders import sms
from senders.base import SendError
from support.sending import deliver, make_app, make_dossier, make_message
from support.sms_stand_in import APPLICATION, keys

LETTER = Letter(reference="7", to="+352621123456", text="Your papers have arrived.")


pytest_plugins = ["support.outside"]


@pytest.fixture
def app(sms_provider, tmp_path):
    app = make_app(f"sqlite:///{tmp_path}/test.db", **sms_provider.settings)
    with app.app_context():
        yield app


def refusal(letter: Letter = LETTER) -> SendError:
    with pytest.raises(SendError) as caught:
        sms.send(letter)
    assert "352" not in str(caught.value)
    return caught.value


def test_sms_is_one_request_with_our_id_and_our_signature(app, sms_provider):
    assert sms.send(LETTER) == "aaaaaaaa-bbbb-4ccc-8ddd-0123456789ab"
    ((path, headers, body),) = sms_provider.posts
    assert path == "/v1/messages"
    assert {key: body[key] for key in ("to", "from", "text", "client_ref", "channel")} == {
        "to": "352621123456",
        "from": "eTracking",
        "text": LETTER.text,
        "client_ref": "7",
        "channel": "sms",
    }
    token = headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, keys()[1], algorithms=["RS256"])["application_id"] == APPLICATION


def test_message_of_the_outbox_carries_its_own_id(app, sms_provider):
    notification = make_message("received", "sms")
    deliver(notification)
    ((_path, _headers, body),) = sms_provider.posts
    assert body["client_ref"] == notification.reference
    assert "your papers arrived" in body["text"]


def test_key_may_be_a_file(app, sms_provider, tmp_path):
    file = tmp_path / "private-key"
    file.write_text(keys()[0])
    app.config["VONAGE_PRIVATE_KEY"] = str(file)
    assert sms.send(LETTER)


def test_key_that_was_replaced_signs_the_next_sms(app, sms_provider, tmp_path):
    file = tmp_path / "private-key"
    app.config["VONAGE_PRIVATE_KEY"] = str(file)
    for private, _public in (keys(), keys("new")):
        file.write_text(private)
        assert sms.send(LETTER)
    for (_path, headers, _body), (_private, public) in zip(sms_provider.posts, (keys(), keys("new")), strict=True):
        token = headers["Authorization"].removeprefix("Bearer ")
        assert jwt.decode(token, public, algorithms=["RS256"])["application_id"] == APPLICATION


def problem(code: str) -> dict:
    """An answer as the Notifications API refuses with."""
    return {"type": f"https://developer.vonage.com/api-errors/messages#{code}", "title": "T", "detail": "+352621123456"}


def classic(*codes: str) -> dict:
    """An answer as the older SMS API refuses with, all by HTTP 200: one entry for each part."""
    return {"message-count": len(codes), "messages": [{"to": "352621123456", "status": code} for code in codes]}


CLASSIC = {"account": (4, 8, 9, 11, 14), "down": (1, 5, 10, 13), "barred": (7,), "never": (2, 3, 6, 12, 15)}
MESSAGES = {
    "account": (1060, 1070, 1080, 1110, 1140, "low-balance", "unauthorized", "jwt-expired"),
    "down": (1000, 1030, 1100, "throttled"),
    "later": (1180, 1220, 1230, 1241),
    "barred": (1050, 1240),
    "never": (1010, 1020, 1040, 1090, 1120, 1170, 1190, 1260, 1280),
}
MATRIX = [
    (400, "never"),
    (401, "account"),
    (402, "account"),
    (403, "account"),
    (404, "never"),
    (408, "down"),
    (422, "never"),
    (429, "down"),
    (500, "down"),
    (503, "down"),
    ("empty", "unknown"),
    ("bad", "unknown"),
    ("drop", "unknown"),
    ("hold", "unknown"),
    ((202, {}), "unknown"),
    ((202, {"messages": []}), "unknown"),
    ((200, classic("0", "5")), "unknown"),
    ((422, {"type": 7, "title": None}), "never"),
    ((503, problem("1070")), "account"),
    *(((200, classic(str(code))), outcome) for outcome, codes in CLASSIC.items() for code in codes),
    *(((422, problem(str(code))), outcome) for outcome, codes in MESSAGES.items() for code in codes),
]


@pytest.mark.parametrize(("answer", "outcome"), MATRIX)
def test_every_failure_is_one_request_and_has_its_class(app, sms_provider, monkeypatch, caplog, answer, outcome):
    monkeypatch.setattr(sms, "TIMEOUT", 1)
    sms_provider.answer = answer
    with caplog.at_level(logging.DEBUG):
        error = refusal()
    assert (error.outcome, len(sms_provider.posts)) == (outcome, 1)
    assert "352621" not in caplog.text


def test_provider_that_cannot_be_reached_is_tried_again(app):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        app.config["VONAGE_API_HOST"] = f"127.0.0.1:{closed.getsockname()[1]}"
    assert refusal().outcome is Outcome.DOWN


def test_host_that_has_no_address_is_tried_again(app):
    app.config["VONAGE_API_HOST"] = "nowhere.invalid"
    assert refusal().outcome is Outcome.DOWN


def test_provider_with_a_certificate_nobody_vouches_for_hears_nothing(app, sms_provider, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert refusal().outcome is Outcome.DOWN
    assert not sms_provider.posts


def test_without_an_account_sms_wait(app, sms_provider):
    app.config["VONAGE_APPLICATION_ID"] = ""
    error = refusal()
    assert str(error) == "no SMS account configured" and error.outcome is Outcome.ACCOUNT


@pytest.mark.parametrize("key", ["no/such/file", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"])
def test_key_that_cannot_be_used_lets_sms_wait(app, sms_provider, key):
    app.config["VONAGE_PRIVATE_KEY"] = key
    assert refusal().outcome is Outcome.ACCOUNT
    assert not sms_provider.posts


def test_text_that_is_no_number_is_refused_for_good(app, sms_provider):
    assert refusal(Letter(reference="7", to="+0", text="x")).outcome is Outcome.NEVER
    assert not sms_provider.posts


@pytest.mark.long
def test_library_is_not_loaded_before_the_first_sms():
    import subprocess
    import sys

    code = "import senders, sys; sys.exit(bool({'vonage_messages', 'requests', 'pywebpush'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_first_sms_to_a_number_beyond_its_limits_does_not_leave(app, sms_provider):
    """Somebody found a way past the form: the transport counts too."""
    for index in range(4):
        with time_machine.travel(now() + index * dt.timedelta(minutes=5)):
            dossier = make_dossier(("sms", "+352621123456"))
            notification = Notification.get(Notification.contact == dossier.contacts.get())
            if index < 3:
                deliver(notification)
                continue
            with pytest.raises(SendError, match="limit of SMS to new contacts: number"):
                deliver(notification)
    assert len(sms_provider.posts) == 3


def test_sms_leave_for_no_region_that_was_closed_since(app, sms_provider):
    app.config["SMS_REGIONS"] = ["FR"]
    with pytest.raises(SendError) as caught:
        deliver(make_message("received", "sms"))
    assert caught.value.outcome is Outcome.NEVER and not sms_provider.posts
