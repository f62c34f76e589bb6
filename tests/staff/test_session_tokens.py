"""Session fixation: what a browser had before sign-in opens nothing afterwards, and what it had inside nothing after sign-out."""

import pytest

from models import Note, SecurityCount, StaffSession
from models.security import events
from support.authenticator import csrf
from support.site import PASSWORD, signed_in
from support.visitor import Page, Visitor, values

FOREIGN = {"Origin": "https://evil.example"}


def sign_in(browser: Visitor, email: str):
    StaffSession.delete().execute()  # the one before is over
    return browser.submit(browser.get("/sign-in"), "/sign-in", email=email, password=PASSWORD)


def test_token_from_before_sign_in_is_refused_after_it_and_from_before_sign_out_too(app, clerk, dossier):
    browser = Visitor(app)
    planted = csrf(browser.get("/sign-in"))
    inside = csrf(sign_in(browser, clerk.email))
    notes = f"/desk/dossiers/{dossier.number}/notes"
    assert browser.open(notes, "POST", data={"csrf_token": planted, "text": "x"}).status_code == 400
    assert browser.open(notes, "POST", data={"csrf_token": inside, "text": "x"}).status_code == 303
    browser.post("/sign-out", data={"csrf_token": inside})
    outside = csrf(browser.get("/sign-in"))
    assert len({planted, inside, outside}) == 3
    data = {"email": clerk.email, "password": PASSWORD, "csrf_token": inside}
    assert browser.open("/sign-in", "POST", data=data).status_code == 400
    assert Note.select().count() == 1 and not StaffSession.select().exists()


def test_planted_cookies_open_nothing_once_their_victim_has_signed_in(app, clerk):
    thief = Visitor(app)
    known = csrf(thief.get("/sign-in"))
    planted = thief.client.get_cookie("etracking").value
    victim = Visitor(app)
    victim.client.set_cookie("etracking", planted)
    victim.client.set_cookie("desk", "chosen-by-the-thief")
    assert sign_in(victim, clerk.email).url == "/desk"
    assert victim.client.get_cookie("desk").value != "chosen-by-the-thief"
    thief.client.set_cookie("desk", "chosen-by-the-thief")
    assert thief.open("/desk").status_code == 303
    answer = victim.open("/desk/account/sessions/end", "POST", data={"csrf_token": known}, headers=FOREIGN)
    assert answer.status_code == 400 and StaffSession.select().exists()


def test_token_of_one_account_is_worth_nothing_for_another_in_the_same_browser(app, clerk, helpdesk, dossier):
    browser = signed_in(app, clerk)
    former = csrf(browser.get("/desk"))
    sign_in(browser, helpdesk.email)
    data = {"csrf_token": former, "address": "somebody@example.org", "reason": "call"}
    assert browser.open("/desk/helpdesk", "POST", data=data).status_code == 400


def test_sign_out_ends_the_session_also_from_a_page_opened_before(app, clerk):
    browser = signed_in(app, clerk)
    former = csrf(browser.get("/desk"))
    sign_in(browser, clerk.email)
    data = {"csrf_token": former}
    assert browser.open("/sign-out", "POST", data=data, headers=FOREIGN).status_code == 400
    assert browser.open("/desk").status_code == 200
    assert browser.open("/sign-out", "POST", data=data, headers={"Origin": "http://localhost"}).location == "/sign-in"
    assert browser.open("/desk").status_code == 303


def test_browser_forgets_pages_at_sign_out_and_keeps_cookies_of_others_and_what_citizens_saved(app, clerk):
    browser = signed_in(app, clerk)
    answer = browser.open("/sign-out", "POST", data={"csrf_token": csrf(browser.get("/desk"))})
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    browser.client.set_cookie("desk", "of a session that is over")
    assert browser.open("/desk").headers["Clear-Site-Data"] == '"cache"'
    assert "Clear-Site-Data" not in Visitor(app).open("/desk").headers


@pytest.mark.parametrize("origin", ["http://localhost", None])
def test_public_form_from_before_sign_in_is_sent_again_with_one_click(app, clerk, with_mail, origin):
    browser = Visitor(app)
    with app.app_context():
        page = browser.get(f"/c/{with_mail.contacts.get().token}")
    form = page.soup.select_one("main form[method=post]:has([name=csrf_token])")
    data = {"csrf_token": csrf(page), "address": "typed <by> hand@example.lu"}
    sign_in(browser, clerk.email)
    headers = {"Origin": origin} if origin else {}
    again = browser.post(form["action"], 400, data=data, headers=headers)
    resent = again.form(form["action"])
    assert resent.select_one("[name=address]")["value"] == data["address"]
    assert resent.select_one("[name=csrf_token]")["value"] != data["csrf_token"]
    assert Page(browser.open(form["action"], "POST", data=values(resent))).title != again.title
    refused = browser.post(form["action"], 400, data=data, headers=FOREIGN)
    assert "typed &lt;by" not in refused.html  # an attacker's form is not one click away from being sent


def test_sign_in_page_that_was_too_old_says_so_and_works(app, clerk):
    browser = Visitor(app)
    page = browser.get("/sign-in")
    browser.client.delete_cookie("etracking")
    again = browser.submit(page, "/sign-in", 400, email=clerk.email, password=PASSWORD)
    assert "this page was too old" in again.text and PASSWORD not in again.html
    assert browser.submit(again, "/sign-in", email=clerk.email, password=PASSWORD).url == "/desk"


def test_refused_tokens_and_missing_sessions_are_counted(app, clerk, visitor):
    visitor.open("/desk")
    visitor.open("/sign-in", "POST", data={"csrf_token": "x"})
    events.flush()
    counts = SecurityCount.totals()
    assert counts["route-denied", "session"] >= 1 and counts["csrf-refused", "missing"] >= 1
