"""The log at DEBUG over whole journeys, right turns and wrong ones: it holds nothing that is anybody's."""

import json
from collections import Counter
from queue import SimpleQueue

import pytest

from commands.worker import Worker
from models import Contact, Dossier, Staff, System, db
from support.registration import CONTACT, START, digits, proof
from support.site import PASSWORD, account, running, signed_in
from support.visitor import Visitor, values

TYPED = "canary in the mine"
AT_ONCE = 20  # journeys, before the worker sends and the log is read


@pytest.fixture
def site(sqlite_url, tmp_path):
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    db.connect(reuse_if_open=True)
    yield app
    db.close()


class Journeys:
    """Citizens who register, and strangers who try; each from a network of their own."""

    def __init__(self, app, form) -> None:
        self.app, self.form = app, form
        self.clerk = account("canary.clerk@example.lu", "clerk", form.procedure.authority)
        self.desk = signed_in(app, self.clerk)
        self.help = signed_in(app, account("canary.help@example.lu", "helpdesk"))
        self.token = System.add(form.procedure.authority, "registry")[1].token

    def go(self, index: int) -> list[str]:
        """One journey; what must not be in the log of it."""
        ip = f"10.{index // 250}.{index % 250}.77"
        mail, mobile = f"canary{index}miller@canary{index}.example.org", f"621{index:06}"
        number, contacts = self.register(Visitor(self.app, address=ip), mail, mobile)
        link = contacts[0].token
        self.try_in_vain(Visitor(self.app, address=ip), index, number, link, mail)
        self.at_the_desk(number, mail)
        plain = number.replace("-", "")
        return [mail, mail.partition("@")[0], mobile, plain, number, plain[:-1], link, ip, self.token, TYPED]

    def send(self) -> None:
        """The worker sends what is due, to the inbox."""
        with self.app.app_context():
            Worker().work(SimpleQueue(), once=True)
        db.connect(reuse_if_open=True)

    def register(self, citizen: Visitor, mail: str, mobile: str) -> tuple[str, list[Contact]]:
        page = citizen.get(f"{START}?code=1")
        page = citizen.submit(page, START, 422, captcha_code="1")
        page = citizen.submit(page, START, captcha_code=digits(page), captcha_proof=proof())
        citizen.submit(page, CONTACT, 422, by_email="y", email=f"{mail} {TYPED}")
        page = citizen.submit(page, CONTACT, by_email="y", email=mail, by_sms="y", mobile=mobile)
        dossier = Dossier.select().order_by(Dossier.id.desc()).get()
        return page.soup.select_one(".ticket .number").get_text(strip=True), list(dossier.contacts)

    def try_in_vain(self, stranger: Visitor, index: int, number: str, link: str, mail: str) -> None:
        plain = number.replace("-", "")
        wrong = "K7Q2MX4P9TRWY"
        for path in (
            f"/t/{wrong}",
            f"/t/{plain[:-1]}",
            f"/c/{link[:-2]}xx",
            f"/desk/dossiers/{plain}",
            f"/r/{plain}/{wrong}",
        ):
            stranger.open(path)
        stranger.open(f"/t/{plain}?email={mail}", "PUT")
        stranger.open(f"/api/v1/dossiers/{plain}", headers={"Authorization": f"Bearer {link}"})
        stranger.open(f"/api/v1/dossiers/{plain}", headers={"Authorization": f"Bearer {self.token}"})
        stranger.open("/webhooks/vonage/inbound", "POST", json={"from": mail, "text": TYPED})
        stranger.open("/desk/staff", "POST", data={"email": mail})
        stranger.open(f"/c/{link}")
        if index % 10 == 0:  # a hash that takes its time
            page = stranger.get("/sign-in")
            stranger.submit(page, "/sign-in", 422, email=mail, password=f"{TYPED} {PASSWORD}")

    def at_the_desk(self, number: str, mail: str) -> None:
        page = self.desk.get(f"/desk/scan?number={number}")
        self.desk.submit(page, "/notes", text=f"{TYPED} {mail}")
        form = self.help.get("/desk/helpdesk").form("/helpdesk")
        self.help.open(form["action"], "POST", data=values(form) | {"address": mail, "reason": "status"})


def walked(site, form, log, count: int) -> Counter[str]:
    """Go `count` journeys; how often each kind of security event was told."""
    journeys, kinds = Journeys(site, form), Counter()
    for first in range(0, count, AT_ONCE):
        log.seek(0)
        log.truncate(0)
        secrets = {word for index in range(first, min(first + AT_ONCE, count)) for word in journeys.go(index)}
        journeys.send()
        said = log.getvalue()
        assert [each for each in (*secrets, PASSWORD, "canary") if each.lower() in said.lower()] == [], first
        lines = [json.loads(line) for line in said.splitlines()]
        kinds += Counter(line["kind"] for line in lines if line["logger"] == "etracking.security")
    return kinds


def test_no_journey_leaves_anything_of_anybody_in_the_log(site, form, log):
    kinds = walked(site, form, log, 2)
    assert set(kinds) >= {"captcha", "lookup-missed", "token-refused", "route-denied", "csrf-refused", "sign-in-failed"}
    assert Staff.select().count() == 3


@pytest.mark.slow
def test_a_thousand_journeys_leave_nothing_of_anybody_in_the_log(site, form, log):
    kinds = walked(site, form, log, 1000)
    assert kinds["lookup-missed"] >= 1000 and kinds["limit-reached"], "limits are met on the way, and told as well"
