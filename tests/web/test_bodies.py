"""Bodies in chunks, without a Content-Length: over the limit or cut off, they are refused by whatever reads them."""

import hashlib
import hmac
import json
import os
import socket
import time
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode, urlsplit

import pytest

from models import Dossier, System
from support.living import served, start
from support.systems import MOVES, received

MAX_BYTES = 64 * 1024  # of a form or a request to the API
MAX_BOUNCE = 512 * 1024
BOUNCE_SECRET = "shared with the mail server"


@pytest.fixture
def site(app):
    """The address of the site behind the development server."""
    app.config["MAIL_BOUNCE_SECRET"] = BOUNCE_SECRET
    with served(app) as url:
        yield url


@contextmanager
def gunicorn(app):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = {name: str(app.config[name]) for name in ("SECRET_KEY", "DATABASE_URL", "MAIL_BOUNCE_SECRET")}
        settings |= {
            "SITE_URL": url,
            "MAIL_BOUNCE_ADDRESS": "bounces@example.lu",
            "MAIL_SENDER": "noreply@example.lu",
            "MAIL_SERVER": "127.0.0.1",
        }
        environment = os.environ | {f"ETRACKING_{name}": text for name, text in settings.items()}
        options = ("--config", "deploy/gunicorn.conf.py", "--workers", "1", "--bind", f"fd://{listener.fileno()}")
        process = start(["gunicorn", *options], environment, Path(os.devnull), listener.fileno())
        yield url
        process.terminate()
        assert process.wait(30) == 0


def send(site: str, path: str, body: bytes, **headers: str) -> tuple[int, str]:
    """POST `body` in chunks of 8,000 bytes."""
    with closing(HTTPConnection(urlsplit(site).netloc, timeout=30)) as connection:
        chunks = (body[start : start + 8000] for start in range(0, len(body), 8000))
        headers = {name.replace("_", "-"): text for name, text in headers.items()}
        connection.request("POST", path, chunks, headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def to_system(site: str, dossier: Dossier, key: str, size: int) -> int:
    """A move whose JSON is complete, followed by white space up to `size` bytes: cut off, it would be right."""
    token = System.add(dossier.authority, key)[1].token
    headers = {"Authorization": f"Bearer {token}", "Idempotency_Key": key, "Content_Type": "application/json"}
    return send(site, MOVES.format(dossier.number), json.dumps(received()).encode().ljust(size), **headers)[0]


def bounce(site: str, size: int) -> int:
    """A signed mail of `size` bytes. The signature covers what is read if the body is cut off at the limit."""
    at, mail = int(time.time()), b"x" * size
    seal = hmac.new(BOUNCE_SECRET.encode(), b"%d." % at + mail[:MAX_BOUNCE], hashlib.sha256).hexdigest()
    return send(site, "/webhooks/bounces", mail, X_Signature=f"{at}.{seal}")[0]


def test_body_in_chunks_is_taken_up_to_the_limit_and_refused_above_it(site, dossier):
    assert to_system(site, dossier, "one byte too long", MAX_BYTES + 1) == 413
    assert Dossier.get().version == 1
    assert to_system(site, dossier, "just right", MAX_BYTES) == 201
    assert (bounce(site, MAX_BOUNCE + 1), bounce(site, MAX_BOUNCE)) == (413, 200)


def test_form_in_chunks_over_the_limit_is_refused_with_the_page_that_says_so(site, dossier):
    form = {"Content_Type": "application/x-www-form-urlencoded", "Accept_Language": "en"}
    short = urlencode({"number": dossier.number}).encode()
    assert send(site, "/t", short, **form)[0] == 303
    status, page = send(site, "/t", (short + b"&more=").ljust(MAX_BYTES + 1, b"x"), **form)
    assert status == 413 and "too much text" in page


def test_body_that_is_cut_off_on_its_way_is_refused(site):
    address = urlsplit(site)
    head = "POST /t HTTP/1.1\r\nHost: {}\r\nTransfer-Encoding: chunked\r\nContent-Type: {}\r\n\r\n"
    for sent in (b"5\r\nnumbe", b"5\r\nnumbe\r\n", b"zz\r\n", b"5\r\nnumbeXX"):
        with socket.create_connection((address.hostname, address.port), 30) as connection:
            connection.sendall(head.format(address.netloc, "application/x-www-form-urlencoded").encode() + sent)
            connection.shutdown(socket.SHUT_WR)
            assert b" 400 " in connection.makefile("rb").readline(), sent


@pytest.mark.long
def test_gunicorn_lets_nothing_more_through(app, dossier):
    app.config["MAIL_BOUNCE_SECRET"] = BOUNCE_SECRET
    with gunicorn(app) as site:
        test_body_in_chunks_is_taken_up_to_the_limit_and_refused_above_it(site, dossier)
        test_body_that_is_cut_off_on_its_way_is_refused(site)


def test_server_that_does_not_tell_where_a_body_ends_has_it_refused(app):
    answer = app.test_client().post(
        "/t", headers={"Transfer-Encoding": "chunked"}, environ_overrides={"CONTENT_LENGTH": ""}
    )
    assert answer.status_code == 411
