"""What others tell us: believed if signed for this very body, fresh and new; obeyed to the letter; never a dossier's move."""

import hashlib
import json
import time
import uuid

import jwt
import pytest
from conftest import running
from sending import close
from test_app import dump

from blueprints import webhooks
from models import Contact, Counter, Dossier, Message, db

SECRET = "a signature secret of at least thirty-two bytes"
STATUS, INBOUND, BOUNCES = "/webhooks/vonage/status", "/webhooks/vonage/inbound", "/webhooks/bounces"
SETTINGS = {"VONAGE_SIGNATURE_SECRET": SECRET, "MAIL_BOUNCE_ADDRESS": "bounces@example.lu", "MAIL_BOUNCE_SECRET": SECRET,
            "SMS_HOURS": "0-24"}  # fmt: skip


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
}  # fmt: skip


@pytest.mark.parametrize("way", FORGED)
@pytest.mark.parametrize("path", [INBOUND])
def test_forged_notice_is_refused_and_changes_nothing(app, form, path, way):
    Dossier.announce(form, "en", "one", [("sms", "+352621123456")])
    notice, before = {"from": "352621123456", "text": "STOP"}, dump()
    assert send(app, path, notice, FORGED[way]) == 401
    assert dump() == before


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
    for path in (INBOUND,):
        assert send(app, path, body) == status


def test_webhooks_are_closed_without_a_secret_and_to_other_methods(sqlite_url):
    app = running(sqlite_url)
    for path in (INBOUND,):
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
    assert not [m for m in Message.select().join(Contact).where(Contact.address == "+352621123456") if m.wanted]
    assert Message.select().where(Message.state == "cancelled").count() == 2
    assert Message.select().count() == 5  # nothing is answered


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
