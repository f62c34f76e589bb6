"""What others tell us: believed if signed for this very body, fresh and new; obeyed to the letter; never a dossier's move."""

import time

import pytest

from models import db
from support.database import dump
from support.sending import close
from support.site import running
from support.webhooks import BOUNCES, INBOUND, SECRET, STATUS, on_its_way, said, send, state, token

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
    "time as a text": lambda body: token(body, iat=str(int(time.time()) - 301)),
    "endless time": lambda body: token(body, iat=float("inf")),
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
    db.execute_sql("ALTER TABLE notification RENAME TO hidden")
    assert send(app, STATUS, said(notification, "delivered"), same) == 500
    db.execute_sql("ALTER TABLE hidden RENAME TO notification")
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
