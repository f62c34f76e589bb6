"""A dossier's life by HTTP, on the database at URL: `python -P a_life.py live|read URL SECRET FOLDER [NUMBER]`.

It is run by the code of the release before this one, with that release's own helpers. `live` registers a dossier, scans
and moves it, sends its notifications and prints its number; `read` prints the title of its status page.
"""

import sys

from models import Dossier, Notification, db
from models.dossiers.number import parse
from support import site
from support.desk_pages import move
from support.registration import CONTACT, past_the_captcha
from support.visitor import Visitor


def start(url: str, secret: str, folder: str):
    """The site, as if it had just been started."""
    site.SETTINGS["SECRET_KEY"] = secret
    app = site.running(url, INBOX=True, INBOX_DIR=folder, UNDO_SECONDS=0)
    db.connect(reuse_if_open=True)
    return app


def live(app) -> str:
    """Register, scan, move, send; return the number."""
    citizen = Visitor(app)
    shown = citizen.submit(past_the_captcha(citizen), CONTACT, by_email="y", email="citizen@example.lu")
    number = shown.soup.select_one(".ticket .number").get_text(strip=True)
    dossier = Dossier.get(Dossier.number == parse(number))
    desk = site.signed_in(app, site.account("clerk@example.lu", "clerk", dossier.authority))
    assert desk.submit(desk.get("/desk"), "/desk/scan", number=number).title == number
    for to in ("received", "incomplete", "examination"):
        move(desk, dossier, to)
    sent = app.test_cli_runner().invoke(args=["notifications", "send", "--once"])
    assert sent.exit_code == 0, sent.output
    db.connect(reuse_if_open=True)
    assert {row.state for row in Notification.select()} <= {"sent", "superseded"}
    assert citizen.get(f"/t/{number}").title == "Being examined"
    return number


def read(app, number: str) -> str:
    """The title of the status page."""
    return Visitor(app).get(f"/t/{number}").title


if __name__ == "__main__":
    do, *where = sys.argv[1:]
    app = start(*where[:3])
    print(live(app) if do == "live" else read(app, where[3]))
