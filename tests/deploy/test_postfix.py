"""deploy/postfix: a real Postfix hands over, as the document says, the report that it has written itself."""

import os
import re
import shutil
import smtplib
import time

import pytest

from models import KeptMail, Notification, db
from paths import ROOT
from senders import bounces
from support.living import served
from support.postfix import POSTFIX, Postfix, postfix
from support.sending import close
from support.site import running
from support.webhooks import SECRET, SETTINGS, on_its_way, state

SCRIPT = ROOT / "deploy/postfix/hand-over-bounce"
SECONDS = 60

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not POSTFIX or os.geteuid() != 0, reason="no Postfix on this machine, or not root"),
]


def settings(address: str) -> tuple[str, str]:
    """The lines for main.cf and master.cf in the document, for a site at `address`."""
    text = (ROOT / "docs/operating.md").read_text(encoding="utf-8")
    master, main = re.search(r"^  # master\.cf\n(.*?)\n  # main\.cf[^\n]*\n(.*?)\n  ```", text, re.S | re.M).groups()
    for said, here in {
        "https://etracking.example.lu": address,
        "/usr/local/lib/etracking": "{folder}",
        "/etc/etracking": "{folder}",
        "user=etracking-bounces": "user=nobody",
    }.items():
        assert said in master, "the document says something else"
        master = master.replace(said, here)
    return re.sub(r"^  ", "", main, flags=re.M) + "\n", re.sub(r"^  ", "", master, flags=re.M) + "\n"


def wait(until, server: Postfix) -> None:
    end = time.monotonic() + SECONDS
    while not until():
        assert time.monotonic() < end, server.log
        time.sleep(0.1)


class Site:
    """The site, which is away until somebody says that it is back."""

    def __init__(self, app) -> None:
        self.app, self.away = app, True

    def __call__(self, environ, start_response):
        if self.away:
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            start_response("503 Service Unavailable", [])
            return [b""]
        return self.app(environ, start_response)


@pytest.fixture
def app(sqlite_url):
    app = running(sqlite_url, **SETTINGS)
    db.connect(reuse_if_open=True)
    yield app
    close()


def test_postfix_keeps_its_report_while_the_site_is_away_and_hands_it_over_then(app, form):
    notification, site = on_its_way(form, "email", "nobody-has-this-name@example.org"), Site(app)
    with app.app_context():
        sender = bounces.return_path(notification.return_token)
    with served(site) as address, postfix(*settings(address)) as server:
        shutil.copy(SCRIPT, server.folder)
        (server.folder / "bounce.secret").write_text(f"{SECRET}\n")
        with smtplib.SMTP("127.0.0.1", server.port) as client:
            client.sendmail(sender, "nobody-has-this-name@example.org", "Subject: Your papers have arrived\n\nYes.\n")
        wait(
            lambda: "status=deferred (temporary failure. Command output: not handed over: HTTP Error 503" in server.log,
            server,
        )
        assert state(notification) == "sending"
        site.away = False
        wait(lambda: state(notification) == "failed", server)
        assert Notification.get_by_id(notification.id).error == "bounced: 5.1.1"
        wait(
            lambda: "relay=etracking, " in server.log and "status=sent (delivered via etracking service)" in server.log,
            server,
        )
    assert KeptMail.select().count() == 0
