"""Who owns an account is told by mail of every change of what opens it, whatever becomes of the mail server."""

import datetime as dt
import re

import pytest

from commands.account_mails import send_next
from models import Notice, Staff, db, now
from models.staff import accounts, credentials
from senders import inbox
from support.authenticator import Device, add_passkey
from support.commands import run
from support.second_factor import codes, half_in, set_up_app
from support.site import PASSWORD, running, signed_in
from support.visitor import Visitor

NEW = "a password of many letters"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def posted(app, tmp_path):
    """posted(): the mails that have left since it was last asked, as the development inbox has them."""
    app.config.update(INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    seen = set()

    def leave() -> list[inbox.Entry]:
        with app.app_context():
            while send_next():
                pass
            db.connect(reuse_if_open=True)
            new = [entry for entry in reversed(inbox.entries()) if entry.name not in seen]
        seen.update(entry.name for entry in new)
        return new

    return leave


def by_firefox(app, staff: Staff) -> Visitor:
    browser = signed_in(app, staff)
    browser.client.environ_base["HTTP_USER_AGENT"] = FIREFOX
    return browser


def change_password(browser: Visitor) -> None:
    browser.submit(browser.get("/desk/account/password"), "/password", password=NEW, again=NEW)


CHANGES = [
    ("A passkey was added", lambda browser: add_passkey(browser, Device())),
    ("An authenticator app was set up", set_up_app),
    ("New recovery codes were made", codes),
    ("A passkey of your account was removed", lambda browser: browser.submit(browser.get("/desk/account"), "/remove")),
    ("The password of your account was changed", change_password),
]


def test_each_change_is_told_in_four_languages_with_time_and_browser(app, clerk, posted, time_machine):
    time_machine.move_to(dt.datetime(2026, 11, 30, 17, 5, tzinfo=dt.UTC))
    browser = by_firefox(app, clerk)
    for told, change in CHANGES:
        change(browser)
        (mail,) = posted()
        assert told in mail.text and mail.to == clerk.email
        assert mail.text.count("Firefox, Windows") == 4 and "18:05" in mail.text and "30. November 2026" in mail.text
        for words in (
            "If it was not you",
            "Wenn Sie es nicht waren",
            "Si ce n’était pas vous",
            "Wann Dir et net waart",
        ):
            assert words in mail.text
        assert set(re.findall(r"https?://\S+", mail.text)) == {"http://localhost/sign-in"}
    assert not Notice.select().exists()


def test_removing_the_app_is_told_too(app, clerk, posted):
    browser = signed_in(app, clerk)
    set_up_app(browser)
    add_passkey(browser, Device())
    posted()
    browser.submit(browser.get("/desk/account"), "/authenticator/remove")
    assert ["app of your account was removed" in mail.text for mail in posted()] == [True]


def test_sign_in_and_proof_by_a_recovery_code_are_told_and_the_mail_gives_nothing_away(app, clerk, posted):
    browser = signed_in(app, clerk)
    secret = set_up_app(browser)
    mine = codes(browser)
    posted()
    other, page = half_in(app, clerk)
    other.submit(page, "/sign-in/code", code=mine[0])
    page = other.get("/desk/account/proof")
    other.submit(page, "/proof", password=PASSWORD, code=mine[1])
    mails = posted()
    assert ["One of your recovery codes was used" in mail.text for mail in mails] == [True, True]
    assert not [one for one in (*mine, PASSWORD, secret) for mail in mails if one in mail.text]


def test_what_a_command_does_is_told_as_such(app, clerk, posted):
    run(app, "staff", "password", clerk.email, text=f"{NEW}\n")
    run(app, "staff", "reset", clerk.email)
    run(app, "staff", "disable", clerk.email)
    db.connect(reuse_if_open=True)
    told = ("The password of your account was changed", "Your account was reset", "Your account was closed")
    mails = posted()
    assert len(mails) == len(told)
    assert all(
        words in mail.text and "a command on the server" in mail.text for words, mail in zip(told, mails, strict=True)
    )


def test_invited_person_is_told_what_now_opens_the_account(app, helpdesk, posted):
    token = accounts.reset(helpdesk)
    posted()
    browser = Visitor(app)
    browser.submit(browser.get(f"/sign-in/invitation/{token}"), "/invitation/", password=NEW, again=NEW)
    assert ["password of your account was changed" in mail.text for mail in posted()] == [True]


def test_change_that_does_not_happen_is_not_told(either, clerk):
    with pytest.raises(RuntimeError), db.atomic():
        credentials.set_password(clerk, NEW)
        raise RuntimeError
    assert not Notice.select().exists() and Staff.get_by_id(clerk.id).password_hash == clerk.password_hash


def test_mail_waits_while_the_server_is_away_and_leaves_once(sqlite_url, mail_server, certificate, time_machine):
    time_machine.move_to(now(), tick=False)
    app = running(sqlite_url, MAIL_CA_FILE=str(certificate), MAIL_TIMEOUT=5, **mail_server.settings)
    db.connect(reuse_if_open=True)
    clerk = Staff.register("clerk@example.lu", "helpdesk", None)
    accounts.end_sessions(clerk)
    accounts.disable(clerk)
    mail_server.answers["MAIL"] = "451 4.3.0 come back later"
    with app.app_context():
        assert send_next() and not send_next(), "not again before its pause is over"
        mail_server.answers.clear()
        time_machine.move_to(now() + dt.timedelta(seconds=61), tick=False)
        assert send_next() and not send_next()
    (mail,) = mail_server.mails
    assert mail["To"] == clerk.email and mail["List-Unsubscribe"] is None and "closed" in mail.get_content()


def test_mail_that_a_worker_died_with_leaves_after_its_lease(either, clerk, time_machine):
    time_machine.move_to(now(), tick=False)
    accounts.enable(clerk)
    first = Notice.claim()
    assert first and Notice.claim() is None
    time_machine.move_to(now() + dt.timedelta(hours=1, seconds=1), tick=False)
    second = Notice.claim()
    assert second.id == first.id and second.reference == first.reference
    first.finish()
    assert Notice.select().exists(), "the one that came late has no say any more"
    second.finish()
    assert not Notice.select().exists()


def test_refused_mailbox_is_given_up_and_the_log_says_so(sqlite_url, mail_server, certificate, caplog):
    app = running(sqlite_url, MAIL_CA_FILE=str(certificate), MAIL_TIMEOUT=5, **mail_server.settings)
    db.connect(reuse_if_open=True)
    accounts.enable(Staff.register("clerk@example.lu", "helpdesk", None))
    mail_server.answers["RCPT"] = "550 5.1.1 unknown"
    with app.app_context():
        assert send_next() and not Notice.select().exists()
    assert "given up" in caplog.text and "clerk@" not in caplog.text
