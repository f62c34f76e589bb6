"""A link into the desk leads there after sign-in, by whatever way; it never leads anywhere else."""

import re

import pytest

from models import StaffSession
from support.authenticator import Device, add_passkey, csrf, options, send, sign_in_with
from support.office import NEW, invite, link
from support.second_factor import codes, later, set_up_app
from support.site import PASSWORD, signed_in
from support.visitor import Visitor


@pytest.fixture
def page(dossier) -> str:
    """A link as it stands in a mail: to a page of the desk, with a query."""
    return f"/desk/dossiers/{dossier.number}?from=mail"


def sign_in(browser: Visitor, email: str) -> object:
    return browser.submit(browser.get("/sign-in"), "/sign-in", email=email, password=PASSWORD)


def where(answer) -> str:
    """Path and query of a page."""
    return answer.response.request.full_path.rstrip("?")


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_link_leads_there_after_password_and_is_in_no_url_meanwhile(app, clerk, page, method):
    browser = Visitor(app)
    assert browser.open(page, method).location == "/sign-in"
    assert where(sign_in(browser, clerk.email)) == page
    assert browser.get("/desk").url == "/desk"
    browser.post("/sign-out", data={"csrf_token": csrf(browser.get("/desk"))})
    assert where(sign_in(browser, clerk.email)) == "/desk"  # once


def test_link_leads_there_after_passkey_app_and_recovery_code(app, desk, clerk, page):
    device, secret = Device(), set_up_app(desk)
    add_passkey(desk, device)
    recovery = codes(desk)
    browser = Visitor(app)
    browser.open(page)
    assert where(browser.submit(sign_in(browser, clerk.email), "/sign-in/code", code=later(secret))) == page
    browser = Visitor(app)
    browser.open(page)
    account = browser.submit(sign_in(browser, clerk.email), "/sign-in/code", code=recovery[0])
    assert (
        account.url == "/desk/account"
        and account.soup.find("a", string="Go on to the page you came for")["href"] == page
    )
    browser = Visitor(app)
    browser.open(page)
    assert where(sign_in_with(browser, device)) == page


def test_link_leads_there_after_invitation_and_set_up_of_a_second_factor(app, office, form, page):
    invitation = link(invite(office, role="clerk", authority=form.procedure.authority.slug))
    app.config["STAFF_SECOND_FACTOR"] = True
    new = Visitor(app)
    new.open(page)
    account = new.submit(new.get(invitation), "/invitation/", password=NEW, again=NEW)
    assert account.url == "/desk/account" and not account.soup.find("a", href=page)
    set_up_app(new)
    account = new.get("/desk/account")
    assert account.soup.find("a", string="Go on to the page you came for")["href"] == page
    assert where(new.get(page)) == page and not new.get("/desk/account").soup.find("a", href=page)


def test_passkey_of_an_invitation_leads_there_at_once(app, office, form, page):
    new, device = Visitor(app), Device()
    invitation = link(invite(office, role="clerk", authority=form.procedure.authority.slug))
    new.open(page)
    welcome = new.get(invitation)
    assert where(send(new, welcome, "create", device.make(options(new, welcome, "create")))) == page


@pytest.mark.parametrize(
    "foreign",
    [
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"},
        {
            "Sec-Fetch-Site": "same-origin",
            "Sec-Fetch-Mode": "same-origin",
            "Sec-Fetch-Dest": "empty",
        },  # Firefox's worker
    ],
)
def test_who_is_signed_in_already_is_not_asked_again_after_a_link_on_another_site(app, desk, page, foreign):
    cookie = desk.client.get_cookie("desk")
    desk.client.delete_cookie("desk")  # SameSite=Strict: not sent with such a link
    shown = desk.get(page, headers=foreign)
    onward = shown.soup.select_one("meta[http-equiv=refresh]")["content"].partition("url=")[2]
    assert onward == page == shown.soup.main.a["href"]
    desk.client.set_cookie("desk", cookie.value)
    assert where(desk.get(onward)) == page
    desk.client.delete_cookie("desk")
    assert desk.get(page, headers=foreign).soup.select_one("meta[http-equiv=refresh]")
    assert desk.open(page, headers=foreign).location == "/sign-in"  # whatever a browser makes of it: not for ever


@pytest.mark.parametrize(
    "path",
    [
        *(
            "//evil.example/desk",
            "/\\evil.example",
            "/desk\\evil.example",
            "/desk//evil.example",
            "/desk/%0d%0aLocation: /x",
        ),
        *(
            "/desk/..//evil.example",
            "/desk/%2e%2e/%2fevil.example",
            "/desk/\tx",
            "/desk/account/..%2f..%2f",
            "/desk/%E2%80%A8",
        ),
        *(
            "/desk?next=https://evil.example",
            "/desk/dossiers?url=//evil.example",
            "/desk@evil.example",
            "/desk.evil.example",
        ),
    ],
)
@pytest.mark.parametrize("way", ["asked", "referrer", "htmx"])
def test_sign_in_leads_to_pages_of_the_desk_and_nowhere_else(app, clerk, dossier, path, way):
    browser = signed_in(app, clerk)
    data = {"csrf_token": csrf(browser.get("/desk")), "text": "typed"}
    StaffSession.delete().execute()
    if way == "asked":
        browser.open(path)
    else:
        told = {"referrer": "Referer", "htmx": "HX-Current-URL"}[way]
        for host in ("http://localhost", "http://localhost@evil.example", "https:evil.example", ""):
            headers = {told: (host + path).replace("\t", "%09")}
            browser.open(f"/desk/dossiers/{dossier.number}/notes", "POST", way == "htmx", data=data, headers=headers)
    led = browser.open(
        "/sign-in",
        "POST",
        data={"csrf_token": csrf(browser.get("/sign-in"))} | {"email": clerk.email, "password": PASSWORD},
    )
    assert re.fullmatch(r"/desk(/[\w-]+)*(\?[ -~]*)?", led.location), led.location
    assert browser.open(led.location).status_code == 200


def test_no_parameter_names_where_sign_in_leads(app, clerk):
    browser = Visitor(app)
    names = ("next", "url", "to", "return", "redirect", "continue")
    query = "&".join(f"{name}=https://evil.example" for name in names)
    page = browser.get(f"/sign-in?{query}")
    data = {"csrf_token": csrf(page), "email": clerk.email, "password": PASSWORD} | dict.fromkeys(
        names, "//evil.example"
    )
    assert browser.open(f"/sign-in?{query}", "POST", data=data).location == "/desk"
