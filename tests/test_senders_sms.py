"""SMS against a stand-in for the provider: one request for each attempt, and what a failure is called."""

import logging
import socket

import jwt
import pytest
from sending import make_app, make_message
from sms_stand_in import APPLICATION, keys

import senders
from senders import sms
from senders.base import Letter, SendError

LETTER = Letter(reference="7", to="+352621123456", text="Your papers have arrived.")


pytest_plugins = ["outside"]


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
        "to": "352621123456", "from": "eTracking", "text": LETTER.text, "client_ref": "7", "channel": "sms",
    }  # fmt: skip
    token = headers["Authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, keys()[1], algorithms=["RS256"])["application_id"] == APPLICATION


def test_message_of_the_outbox_carries_its_own_id(app, sms_provider):
    message = make_message("received", "sms")
    senders.deliver(message)
    ((_path, _headers, body),) = sms_provider.posts
    assert body["client_ref"] == str(message.id)
    assert message.event.dossier.number in body["text"]


def test_key_may_be_a_file(app, sms_provider, tmp_path):
    file = tmp_path / "private-key"
    file.write_text(keys()[0])
    app.config["VONAGE_PRIVATE_KEY"] = str(file)
    assert sms.send(LETTER)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (400, "permanent"), (401, "later"), (402, "later"), (403, "later"), (404, "permanent"), (422, "permanent"),
        (429, "later"), (500, "later"), (503, "later"), ("empty", "unknown"), ("bad", "unknown"), ("drop", "unknown"),
        ("hold", "unknown"),
    ],
)  # fmt: skip
def test_every_failure_is_one_request_and_has_its_name(app, sms_provider, monkeypatch, caplog, answer, outcome):
    monkeypatch.setattr(sms, "TIMEOUT", 1)
    sms_provider.answer = answer
    with caplog.at_level(logging.DEBUG):
        error = refusal()
    name = "permanent" if error.permanent else "unknown" if error.unknown else "later"
    assert (name, len(sms_provider.posts)) == (outcome, 1)
    assert "352621" not in caplog.text


def test_provider_that_cannot_be_reached_is_tried_again(app):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        app.config["VONAGE_API_HOST"] = f"127.0.0.1:{closed.getsockname()[1]}"
    assert not (refusal().permanent or refusal().unknown)


def test_host_that_has_no_address_is_tried_again(app):
    app.config["VONAGE_API_HOST"] = "nowhere.invalid"
    assert not (refusal().permanent or refusal().unknown)


def test_provider_with_a_certificate_nobody_vouches_for_hears_nothing(app, sms_provider, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert not (refusal().permanent or refusal().unknown)
    assert not sms_provider.posts


def test_without_an_account_sms_wait(app, sms_provider):
    app.config["VONAGE_APPLICATION_ID"] = ""
    error = refusal()
    assert str(error) == "no SMS account configured" and not (error.permanent or error.unknown)


@pytest.mark.parametrize("key", ["no/such/file", "-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----"])
def test_key_that_cannot_be_used_lets_sms_wait(app, sms_provider, key):
    app.config["VONAGE_PRIVATE_KEY"] = key
    assert not refusal().permanent
    assert not sms_provider.posts


def test_text_that_is_no_number_is_refused_for_good(app, sms_provider):
    assert refusal(Letter(reference="7", to="+0", text="x")).permanent
    assert not sms_provider.posts


def test_library_is_not_loaded_before_the_first_sms():
    import subprocess
    import sys

    code = "import senders, sys; sys.exit('vonage_messages' in sys.modules or 'requests' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
