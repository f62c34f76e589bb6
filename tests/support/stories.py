"""One dossier from both sides: what a clerk or its citizen does, and what the citizen then reads; for test_story.py."""

import datetime as dt
import re
from collections.abc import Callable
from queue import SimpleQueue
from types import SimpleNamespace

import time_machine
from flask import Flask
from icalendar import Calendar

from commands.worker import Worker
from models import Authority, Form, Procedure, Staff, StaffSession, db
from models.base import LUXEMBOURG
from models.dossiers import reminders as watch
from models.staff import accounts
from models.staff.proof import Proof
from senders import inbox
from support.desk_pages import offered, send
from support.registration import digits, proof
from support.visitor import Page, Visitor, values

Post = Callable[[], list[inbox.Entry]]  # the mails and SMS that have arrived, wherever that is
AT_ITS_ADDRESS = ("arrival", "papers", "originals", "undo")
ASKED = {"missing": "Lease", "until": "2026-05-09"}  # a Saturday, and Europe Day: it counts until Monday
NOT = "not: "
OTHER = "housing-aid-service"
ITEM = "RR473124829LU"
DUE = "As a rule at most until"
NOBODY = "Who must act Nobody"
YOU = "Who must act You"
UNDONE = dt.timedelta(minutes=11)  # after that nothing can be taken back, and everybody is told
STUDENT = "student-residence/financial-responsibility-student"  # a form with a period: 60 days from arrival
RENT = "rent-subsidy/application"  # one without


class Story:
    """Days pass with `on`; acts happen on the day it is. `read` is the page, `heard` the mail and the SMS of an act."""

    def __init__(
        self, app: Flask, path: str = STUDENT, language: str = "en", day: str = "2026-03-02", post: Post = inbox.entries
    ) -> None:
        self.app, self.path, self.post, self.traveller = app, path, post, time_machine.travel(0)
        self.citizen, self.letters = Visitor(app, language), set()
        procedure, slug = path.split("/")
        self.form = Form.select().join(Procedure).where(Procedure.slug == procedure, Form.slug == slug).get()
        self.clerk = self.staff(self.form.procedure.authority)
        self.on(day)
        self.register()

    def on(self, day: str, hour: int = 10) -> "Story":
        """It is ten in the morning of `day` in Luxembourg."""
        return self._now(dt.datetime.fromisoformat(f"{day}T{hour:02}:00").replace(tzinfo=LUXEMBOURG))

    def later(self, time: dt.timedelta = UNDONE) -> "Story":
        return self._now(dt.datetime.now(LUXEMBOURG) + time)

    def _now(self, at: dt.datetime) -> "Story":
        self.end()
        self.traveller = time_machine.travel(at, tick=False)
        self.traveller.start()
        self.going = True
        return self

    def end(self) -> None:
        if getattr(self, "going", False):
            self.traveller.stop()
            self.going = False

    # What people do

    def register(self) -> None:
        """The citizen gets the number, and is told by mail and SMS."""
        start = f"/track/{self.path}"
        page = self.citizen.get(start)
        page = self.citizen.submit(page, start, captcha_code=digits(page), captcha_proof=proof(start))
        page = self.citizen.submit(
            page, "/contact", by_email="y", email="citizen@example.lu", by_sms="y", mobile="621 123 456"
        )
        self.number = page.soup.select_one(".ticket .number").get_text().replace("-", "")

    def staff(self, authority: Authority) -> Staff:
        """The clerk of `authority`, with an account that a passkey opens."""
        if not Staff.select().where(Staff.authority == authority).exists():
            accounts.invite(f"{authority.slug}@example.lu", "clerk", authority)
        return Staff.get(Staff.authority == authority)

    def desk(self, staff: Staff | None = None) -> Visitor:
        """A browser of the clerk, who has just signed in."""
        browser = Visitor(self.app)
        name = "__Host-desk" if self.app.config["SESSION_COOKIE_SECURE"] else "desk"
        browser.client.set_cookie(name, StaffSession.open(Proof(staff or self.clerk, "passkey")))
        return browser

    def do(self, act: str, **fields) -> None:
        """Bring `act` about: a form of the dossier's page at the desk, named by its status or address, or what the
        citizen (posted) or the service itself (look) does."""
        if act == "posted":
            self.citizen.submit(self.page(), "/posted", **fields)
        elif act == "look":
            watch.look()
        elif act:
            desk = self.desk()
            page = desk.get(f"/desk/dossiers/{self.number}")
            if act in AT_ITS_ADDRESS:
                desk.submit(page, f"/{act}", **fields)
            else:
                send(desk, page, act, **({} if act != "incomplete" else ASKED) | fields)

    def confirm(self) -> None:
        """The citizen says yes, by the link of each first message."""
        for link in {*re.findall(r"/c/\w+", f"{self.last.mail} {self.last.sms}")}:
            form = self.citizen.get(link).form(link)
            self.citizen.post(form["action"], data=values(form) | {"action": "confirm"})

    def scan(self, staff: Staff, *steps: str) -> Page:
        """A clerk opens the envelope with the post-bag, and takes the next steps that the answers offer."""
        desk = self.desk(staff)
        desk.submit(desk.get("/desk/post-bag?new=1"), "/desk/post-bag")
        page = desk.submit(desk.get("/desk/post-bag"), "/reads", text=self.number)
        for step in steps:
            form = page.soup.select_one(f"form:has(input[name=step][value={step}])")
            page = desk.post(form["action"], data=values(form))
        return page

    def absent(self) -> None:
        """A clerk scans an envelope that names the number, and unticks the form: it is not in there."""
        scan, desk = self.scan(self.clerk).soup.select_one("[data-scan]")["data-scan"], self.desk()
        form = desk.get(f"/desk/post-bag?read={scan}").form("/envelopes/")
        data = {name: text for name, text in values(form).items() if not name.endswith("-present")}
        desk.post(form["action"], data=data)

    def offered(self) -> list[str]:
        """The moves that the clerk can choose from."""
        return offered(self.desk().get(f"/desk/dossiers/{self.number}"))

    def tells(self, *rows: tuple) -> None:
        """Each row: the day, the act, its fields, what the page says then, and what the mail says ("" for no message).

        A sentence after NOT may not stand on the page.
        """
        for day, act, fields, page, mail in rows:
            self.on(day).do(act, **fields)
            self.later()
            said, heard = self.page().text, self.heard()
            for sentence in page:
                if sentence.startswith(NOT):
                    assert sentence.removeprefix(NOT) not in said, f"{day} {act}: {sentence}"
                else:
                    assert sentence in said, f"{day} {act}: {sentence}"
            assert bool(mail) == bool(heard.mail) == bool(heard.sms), f"{day} {act}: {heard.mail}"
            assert mail in heard.mail, f"{day} {act}: {mail}"
            assert not mail or "/c/" in heard.sms

    # What the citizen reads

    def page(self) -> Page:
        return self.citizen.get(f"/t/{self.number}")

    def heard(self) -> SimpleNamespace:
        """What has come since this was last asked: the words of mail and SMS, and the subjects of the mails."""
        with self.app.app_context():
            Worker().work(SimpleQueue(), once=True)
            new = [entry for entry in self.post() if entry.name not in self.letters]
        db.connect(reuse_if_open=True)
        self.letters |= {entry.name for entry in new}
        mails, sms = ([e for e in new if e.channel == channel] for channel in ("email", "sms"))
        self.last = SimpleNamespace(
            mail=" ".join(" ".join(mail.text.split()) for mail in mails),
            sms=" ".join(one.text for one in sms),
            subject=" ".join(mail.subject for mail in mails),
            mails=mails,
        )
        return self.last


def token(page: Page) -> str:
    return page.soup.select_one("[name=csrf_token]")["value"]


def calendar(story: Story) -> str:
    """The date that the page offers for a calendar."""
    (event,) = Calendar.from_ical(story.citizen.open(f"/t/{story.number}.ics").data).events
    return event.start.isoformat()


def links(story: Story, words: str) -> list[str]:
    return [link["href"] for link in story.page().soup.select(f".status a[href*='{words}']")]
