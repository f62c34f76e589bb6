"""deploy/postfix/hand-over-bounce, as a mail server starts it: it hands a mail over, or says why not and keeps it with the server."""

import subprocess

import pytest

from models import KeptMail, Notification
from paths import ROOT
from support.living import served
from support.webhooks import BOUNCES, SECRET, SETTINGS, on_its_way, report, state

SCRIPT = ROOT / "deploy" / "postfix" / "hand-over-bounce"
TRY_AGAIN_LATER = 75  # EX_TEMPFAIL of sysexits(3)


def start(*arguments: object, mail: bytes = b"") -> subprocess.CompletedProcess:
    return subprocess.run([SCRIPT, *map(str, arguments)], input=mail, capture_output=True, timeout=60)


def answering(status: str, *headers: tuple[str, str]):
    """A site that answers every POST so, and shows a page at every GET."""

    def site(environ, start_response):
        environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        start_response(*((status, list(headers)) if environ["REQUEST_METHOD"] == "POST" else ("200 OK", [])))
        return [b"a page"]

    return site


@pytest.fixture
def secret(app, tmp_path):
    app.config.update(SETTINGS)
    (tmp_path / "secret").write_text(f"{SECRET}\n")
    return tmp_path / "secret"


@pytest.fixture
def bounce(app, secret, form) -> tuple[Notification, bytes]:
    """A notification and the mail that says that it has failed."""
    notification = on_its_way(form, "email")
    with app.app_context():
        return notification, report(notification)


def test_mail_is_handed_over(app, secret, bounce):
    notification, mail = bounce
    with served(app) as address:
        done = start(address + BOUNCES, secret, mail=mail)
    assert (done.returncode, done.stdout, done.stderr, state(notification)) == (0, b"", b"", "failed")


def test_of_a_long_mail_the_beginning_is_handed_over(app, secret):
    with served(app) as address:
        done = start(address + BOUNCES, secret, mail=b"Subject: long\n\n" + b"x" * 3_000_000)
    assert done.returncode == 0 and len(KeptMail.get().mail["text"]) == 500_000


def test_whatever_goes_wrong_the_mail_server_keeps_the_mail_and_reads_why(app, secret, bounce, tmp_path):
    (tmp_path / "other").write_text("another secret")
    notification, mail = bounce
    refusals = {"503 Service Unavailable": (), "307 Temporary Redirect": (("Location", "/"),)}
    refusals |= {f"30{code} Moved": (("Location", "/"),) for code in (1, 2, 3)}
    said = {}
    for status, headers in refusals.items():
        with served(answering(status, *headers)) as address:
            said[status[:3]] = start(address + BOUNCES, secret, mail=mail)
    said["Connection refused"] = start(address + BOUNCES, secret, mail=mail)
    with served(app) as address:
        said["401"] = start(address + BOUNCES, tmp_path / "other", mail=mail)
        said["No such file"] = start(address + BOUNCES, tmp_path / "missing", mail=mail)
        said["secret_file"] = start(address + BOUNCES, mail=mail)
    for why, done in said.items():
        lines = done.stderr.decode().splitlines()
        assert (done.returncode, len(lines)) == (TRY_AGAIN_LATER, 1), (why, lines)
        assert lines[0].startswith("not handed over: ") and why in lines[0]
    assert state(notification) == "sending"
