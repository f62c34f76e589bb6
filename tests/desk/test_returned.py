"""Mails that came back and that no program could read: administrators read them and say what they mean."""

import pytest

from models import Audit, Erasure, KeptMail, Notification, now
from models.monitoring import conditions
from models.retention import RULE, Run
from support.site import account, signed_in
from support.webhooks import SETTINGS, hand_over, on_its_way, state

LETTER = (
    b"Return-Path: <>\nTo: bounces+%b@example.lu\nFrom: Mail <mail@mx.example.net>\nSubject: ?\n\n<b>What is this?</b>"
)


@pytest.fixture
def desk(app):
    app.config.update(SETTINGS)
    return signed_in(app, account("admin@example.lu", "admin"))


def kept(app, form) -> tuple[Notification, str]:
    """A notification about which a mail came back, and the page of that mail."""
    notification = on_its_way(form, "email")
    assert hand_over(app, LETTER % notification.return_token.encode()) == 200
    return notification, f"/desk/returned/{KeptMail.get().id}"


def test_administrator_reads_a_mail_and_says_that_the_message_did_not_arrive(app, desk, form):
    notification, path = kept(app, form)
    listed = desk.get("/desk/returned")
    assert listed.soup.select_one("tbody a")["href"] == path and "new" in listed.text
    page = desk.get(path)
    assert "What is this?" in page.text and "Mail <mail@mx.example.net>" in page.text and not page.soup.select("p b")
    assert "new" not in desk.get("/desk/returned").soup.select_one("tbody").text
    asked = page.soup.select("details:not([open]) button[name=act]")
    assert (
        [button["value"] for button in asked]
        == ["failed", "nothing"]
        == [b["value"] for b in page.soup.select("[name=act]")]
    )
    answer = desk.submit(page, path, act="failed")
    assert "None waits." in answer.text and state(notification) == "failed" and not KeptMail.select().exists()
    assert Audit.select().where(Audit.action == "mail read").get().dossier == notification.event.dossier_id
    assert Erasure.of("kept_mail", 1)
    desk.get(path, 404)


def test_list_shows_who_wrote_without_reading_whole_mails_but_those_from_before(app, desk, form):
    _notification, path = kept(app, form)
    assert all("mail" not in row.__data__ for row in KeptMail.listed())
    for column in (KeptMail.head, KeptMail.mail):  # a release ago there was no head; at last the key is gone
        assert "Mail <mail@mx.example.net>" in desk.get("/desk/returned").text
        KeptMail.update({column: None}).execute()
    row = desk.get("/desk/returned").soup.select_one("tbody tr")
    assert row.a["href"] == path and "mx.example.net" not in row.text


def test_mail_from_before_that_a_colleague_finishes_meanwhile_shows_nothing(app, desk, form):
    kept(app, form)
    KeptMail.update(head=None).execute()
    row = KeptMail.listed().get()
    row.finish()
    assert row.summary == {"server": "", "subject": ""}


def test_mail_that_means_nothing_is_erased_and_no_more(app, desk, form):
    notification, path = kept(app, form)
    desk.submit(desk.get(path), path, act="nothing")
    assert state(notification) == "sending" and not KeptMail.select().exists()


def test_alarm_rings_until_somebody_has_opened_it_and_only_then_it_is_erased_by_itself(app, desk, form):
    _notification, path = kept(app, form)
    assert [each.name for each in conditions._mails()] == ["mails-kept"]
    rule, run = RULE["returned"], Run(RULE["returned"].period, app.config, "")
    KeptMail.update(at=now() - 3 * run.period).execute()
    assert rule.erase(run) == 0
    desk.get(path)
    assert list(conditions._mails()) == [] and rule.erase(run) == 0
    KeptMail.update(seen_at=now() - run.period).execute()
    assert rule.erase(run) == 1 and not KeptMail.select().exists()
