"""A session that has ended loses no typed word, does nothing twice, and leads back to where somebody was."""

import datetime as dt

import pytest

from models import Audit, Event, KeptForm, Note, StaffSession, db, now
from models.staff.kept_form import KEPT_FOR, MAX_KEPT
from models.staff.session import IDLE_TIMEOUT
from support.routes import Site
from support.sending import close
from support.site import PASSWORD, account, running, signed_in
from support.typed_forms import found, typed_forms
from support.visitor import Visitor, values

WORDS = "The citizen asks for more time, his mother is ill."


def time_out() -> None:
    """Every session has ended by itself."""
    StaffSession.update(seen_at=now() - IDLE_TIMEOUT - dt.timedelta(minutes=1)).execute()


def sign_in(browser: Visitor, email: str, status: int = 200):
    return browser.submit(browser.get("/sign-in"), "/sign-in", status, email=email, password=PASSWORD)


def note_form(browser: Visitor, dossier):
    """The page of a dossier, with the URL and the fields of its form for notes."""
    page = browser.get(f"/desk/dossiers/{dossier.number}")
    form = page.form("/notes")
    return page, form["action"], values(form) | {"text": WORDS}


def typed_note(page) -> str:
    return page.soup.select_one("textarea[name=text]").get_text().strip()


@pytest.fixture
def site(sqlite_url, tmp_path):
    """A site with something to see at every address."""
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    db.connect(reuse_if_open=True)
    site = Site(app)
    yield site
    site.story.end()
    close()


def test_every_form_of_the_desk_has_what_was_typed_again_after_sign_in(site):
    """A new form is covered by itself: the walk finds all of them."""
    forms = 0
    site.story.clerk.password_hash = account("with-password@example.lu", "helpdesk").password_hash
    site.story.clerk.save()
    for typed in list(typed_forms(site)):
        forms += 1
        before = [model.select().count() for model in (Event, Note)]
        time_out()
        email = "admin@example.lu" if typed.browser is site.admin else site.story.clerk.email
        headers = {"Referer": f"http://localhost{typed.page}"}
        data = {name: [value for key, value in typed.sent if key == name] for name, _value in typed.sent}
        assert typed.browser.open(typed.action, "POST", data=data, headers=headers).location == "/sign-in", typed
        page = sign_in(typed.browser, email)
        assert sorted(found(page.html, typed.action, typed.kept)) == sorted(typed.kept), typed
        if typed.kept:
            assert "Nothing of it was saved yet" in page.text, typed.action
        assert [model.select().count() for model in (Event, Note)] == before, typed.action
        KeptForm.delete().execute()
    assert forms > 15


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize("ended", ["idle", "after eight hours", "signed out in another tab", "signed in anew"])
def test_note_is_in_its_form_again_and_is_written_once(profile, clerk, dossier, ended, htmx):
    profile.config["STAFF_SECOND_FACTOR"] = False  # here a password will do
    browser = signed_in(profile, clerk)
    page, action, data = note_form(browser, dossier)
    if ended == "signed out in another tab":
        browser.post("/sign-out", data={"csrf_token": data["csrf_token"]})
    if ended == "after eight hours":
        browser.client.delete_cookie("desk")
        browser.client.delete_cookie("__Host-desk", domain="etracking.example.lu")
    time_out()
    if ended == "signed in anew":
        sign_in(browser, clerk.email)
    site = profile.config["SITE_URL"]
    headers = {"HX-Current-URL": f"{site}{page.url}"} if htmx else {}
    answer = browser.open(action, "POST", htmx=htmx, data=data, headers=headers | {"Origin": site})
    assert not answer.data or not htmx
    led = answer.headers["HX-Redirect" if htmx else "Location"]
    assert led == (page.url if ended == "signed in anew" else "/sign-in") and not Note.select().exists()
    if ended != "signed in anew":
        assert "What you typed is kept for you" in browser.get("/sign-in").text
        sign_in(browser, clerk.email)
    shown = browser.get(page.url)
    assert typed_note(shown) == WORDS and "Nothing of it was saved yet" in shown.text
    assert typed_note(browser.get(page.url)) == WORDS  # also when the page is loaded again
    sent = values(shown.form("/notes"))
    assert sent["csrf_token"] != data["csrf_token"]
    browser.post(action, data=sent)
    assert [note.text for note in Note.select()] == [WORDS] and not KeptForm.select().exists()
    assert "Nothing of it" not in browser.get(page.url).text


def test_words_are_in_no_cookie_url_or_readable_row_and_for_their_account_alone(app, clerk, helpdesk, dossier):
    browser = signed_in(app, clerk)
    page, action, data = note_form(browser, dossier)
    time_out()
    answer = browser.open(action, "POST", data=data)
    assert "mother" not in str(answer.headers) and answer.location == "/sign-in"
    assert "mother" not in str(list(db.execute_sql("SELECT * FROM kept_form")))
    other = sign_in(browser, helpdesk.email)
    assert other.url == "/desk" and "mother" not in browser.get(page.url).html
    browser.post("/sign-out", data={"csrf_token": other.soup.select_one("[name=csrf_token]")["value"]})
    sign_in(browser, clerk.email)
    assert typed_note(browser.get(page.url)) == WORDS
    assert typed_note(signed_in(app, clerk).get(page.url)) == ""  # another browser


def test_another_account_is_shown_nothing_that_an_old_tab_sends(app, clerk, helpdesk, dossier):
    browser = signed_in(app, clerk)
    page, action, data = note_form(browser, dossier)
    time_out()
    sign_in(browser, helpdesk.email)
    refused = browser.post(action, 400, data=data, headers={"Origin": "http://localhost"})
    assert "mother" not in refused.html and "mother" not in browser.get(page.url).html


def test_words_without_a_field_are_shown_all_the_same(app, clerk, dossier):
    browser = signed_in(app, clerk)
    page, action, data = note_form(browser, dossier)
    time_out()
    browser.open(action, "POST", data=data | {"gone": "<i>a field of yesterday</i>"})
    sign_in(browser, clerk.email)
    notice = browser.get(page.url).soup.select_one("#kept")
    assert "<i>a field of yesterday</i>" in notice.get_text() and WORDS not in notice.get_text()


def test_what_was_kept_is_little_and_short(app, clerk, dossier):
    browser = signed_in(app, clerk)
    page, action, data = note_form(browser, dossier)
    time_out()
    for number in [*range(MAX_KEPT + 2), MAX_KEPT + 1]:
        browser.open(action, "POST", data=data | {"text": f"{WORDS} {number}"})
    assert KeptForm.select().count() == MAX_KEPT
    KeptForm.update(at=now() - KEPT_FOR).execute()
    sign_in(browser, clerk.email)
    assert typed_note(browser.get(page.url)) == ""
    assert KeptForm.purge() == MAX_KEPT


def test_nobody_from_outside_can_put_words_into_a_form(app, clerk, dossier):
    browser = signed_in(app, clerk)
    _page, action, data = note_form(browser, dossier)
    public = Visitor(app).get("/sign-in").soup.select_one("[name=csrf_token]")["value"]
    time_out()
    for token in ("", "x", public, data["csrf_token"][:-20] + "A" * 20, data["csrf_token"].replace(".", "-")):
        browser.open(action, "POST", data=data | {"csrf_token": token}, headers={"Origin": "https://evil.example"})
    assert not KeptForm.select().exists()


def test_password_that_was_typed_is_never_kept(app, clerk):
    browser = signed_in(app, clerk)
    page = browser.get("/desk/account/password")
    time_out()
    browser.submit(page, "/password", password="a password of many words", again="a password of many words")
    assert not KeptForm.select().exists()
    assert sign_in(browser, clerk.email).url == "/desk/account/password"


def test_sign_in_is_in_the_audit_log_and_the_refused_form_is_not(app, clerk, dossier):
    browser = signed_in(app, clerk)
    _page, action, data = note_form(browser, dossier)
    time_out()
    browser.open(action, "POST", data=data)
    assert "note" not in {row.action for row in Audit.select()}
