"""What holds for every address: headers, guards, errors in plain words, and nothing that a visitor can break."""

import re
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Dossier, db
from models.dossiers.number import new_number
from support.database import dump
from support.site import PASSWORD
from support.visitor import Page, Visitor
from web.security_headers import POLICY, READING_POLICY, STATIC_HEADERS

FORMS = [
    "/",
    "/procedures",
    "/procedures/rent-subsidy",
    "/t",
    "/track/rent-subsidy/application",
    "/c/x",
    "/envelope",
    "/r",
]
FIELDS = ["q", "number", "numbers", "seal", "lang", "audience", "code", "captcha_proof", "x"]
ODD = [
    "/t/%00",
    "/t/" + "A" * 3000,
    "/t/%F0%9F%92%8C",
    "/procedures/%2e%2e%2f",
    "/static/../app.py",
    "/t/K7Q2MX4P9TRWY/sheet/" + "9" * 5000,
]
OPEN_TO_ALL = (
    "status.look_up",
    "status.pay",
    "status.report_posted",
    "status.correct_address",
    "push.tell",
    "push.renew",
    "envelopes.create",
    "receipts.check",
    "captcha.challenge",
    "tracking.check",
    "contacts.stop",
    "webhooks.inbound",
    "webhooks.status",
    "webhooks.bounce",
)  # no session has a part in them
ROW = UUID("5d1b7a1e-3c52-4b8e-9c0c-0f2f1d6a7b11")
PRIVATE = ("desk.", "account.", "staff.", "systems.", "sign_in.second_step")  # everything else is open to the world


@pytest.fixture
def app(profile):
    """In development and in production."""
    return profile


def addresses(app, dossier: Dossier) -> dict[str, str]:
    """One address for each endpoint that answers GET."""
    values = {
        "number": dossier.number,
        "slug": "rent-subsidy",
        "form": "application",
        "token": "x",
        "filename": "site.css",
    }
    with app.test_request_context():
        return {
            rule.endpoint: app.url_map.bind("localhost").build(rule.endpoint, {k: values[k] for k in rule.arguments})
            for rule in app.url_map.iter_rules()
            if "GET" in rule.methods and rule.arguments <= set(values)
        }


def test_every_answer_carries_the_headers(app, visitor, dossier):
    for address in [*addresses(app, dossier).values(), "/nothing", f"/t/{new_number()}"]:
        headers = visitor.open(address).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        if address.startswith("/static/"):
            assert headers["Content-Security-Policy"] in (POLICY, STATIC_HEADERS["Content-Security-Policy"])
            continue
        assert headers["Content-Security-Policy"] == (READING_POLICY if address == "/scan" else POLICY), address
        assert headers["Referrer-Policy"] == "same-origin"
        if headers["Content-Type"].startswith("text/html"):
            assert headers["Cross-Origin-Opener-Policy"] == "same-origin" and headers["Permissions-Policy"]
        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Cache-Control"]


def test_policy_allows_nothing_inline_and_nothing_from_elsewhere():
    assert "default-src 'none'" in POLICY and "unsafe" not in POLICY and "http" not in POLICY
    assert "frame-ancestors 'none'" in POLICY and "base-uri 'none'" in POLICY


def test_look_at_home_and_catalogue_sets_no_cookie(visitor, dossier):
    for address in ("/", "/procedures", "/procedures/rent-subsidy", "/t", "/help", "/privacy"):
        assert "Set-Cookie" not in visitor.open(address).headers, address


def test_look_at_a_dossier_sets_the_cookie_of_numbers_that_were_found_and_no_other(visitor, dossier):
    cookies = visitor.open(f"/t/{dossier.number}").headers.getlist("Set-Cookie")
    assert [cookie.partition("=")[0].removeprefix("__Host-") for cookie in cookies] == ["found"]
    assert dossier.number not in cookies[0]
    assert "Set-Cookie" not in visitor.open(f"/t/{dossier.number}").headers, "it is known already"


def test_desk_is_closed_and_all_else_is_open_on_purpose(app, visitor, dossier):
    for endpoint, address in addresses(app, dossier).items():
        closed = endpoint.startswith(PRIVATE)
        response = visitor.open(address)
        assert (response.headers.get("Location") == "/sign-in") == closed, f"GET {address}"


def test_changes_need_a_token_of_the_own_session(app, visitor, dossier, clerk):
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint not in OPEN_TO_ALL:
            values = {"number": dossier.number, "slug": "rent-subsidy", "form": "application", "token": "x"}
            values |= {
                "account": clerk.id,
                **dict.fromkeys(("passkey", "approval", "system", "api_token"), 1),
                "bag": 1,
                "batch": 1,
                "mail": 1,
                "contact": 1,
                "notification": 1,
                "key": ROW,
                "scan": ROW,
                "verb": "add",
                "channel": "sms",
            }
            address = app.url_map.bind("localhost").build(rule.endpoint, {k: values[k] for k in rule.arguments}, "POST")
            answer = visitor.open(address, "POST", data={"email": clerk.email, "password": PASSWORD})
            assert answer.status_code in (400, 303, 401), rule
    assert Dossier.get_by_id(dossier.id).version == 1


def test_addresses_are_plain_nouns(app):
    for rule in app.url_map.iter_rules():
        words = re.sub(r"<[^>]+>|^/[TER](?=/)", "", rule.rule)  # codes are in capitals
        assert re.fullmatch(r"[a-z0-9/.\-]*", words), rule.rule


def test_get_changes_nothing(app, visitor, dossier):
    before = dump()
    for address in addresses(app, dossier).values():
        visitor.open(address)
    assert dump() == before


@pytest.mark.parametrize("language", ["de", "fr", "en", "lb"])
@pytest.mark.parametrize(
    ("code", "method", "path", "kwargs"),
    [
        (404, "GET", "/nothing", {}),
        (404, "GET", "/procedures/nothing", {}),
        (405, "POST", "/procedures", {}),
        (400, "POST", "/sign-in", {}),
        (404, "GET", "/c/nonsense", {}),
        (413, "POST", "/t", {"data": {"number": "x" * 70_000}}),
    ],
)
def test_every_error_is_a_page_in_every_language_with_a_way_on(app, language, code, method, path, kwargs):
    response = Visitor(app, language).open(path, method, **kwargs)
    page = Page(response)
    assert response.status_code == code and page.soup.html["lang"] == language
    assert page.soup.main.select_one("a[href='/']")


def test_wrong_method_says_which_are_right(visitor):
    assert "GET" in visitor.open("/procedures", "POST").headers["Allow"]


def test_error_for_htmx_is_a_part(visitor):
    part = Page(visitor.open("/nothing", htmx=True), part=True)
    assert part.soup.h1


def test_fault_of_ours_is_a_kind_page_with_a_reference_and_shows_nothing_of_the_inside(app, visitor, dossier, caplog):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.execute_sql("ALTER TABLE procedure RENAME TO hidden")
    page = visitor.get("/procedures", status=500)
    reference = page.soup.code.get_text()
    assert "no such table" not in page.html and reference in caplog.text
    db.execute_sql("ALTER TABLE hidden RENAME TO procedure")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(FORMS),
    method=st.sampled_from(["GET", "POST", "HEAD", "PUT"]),
    data=st.dictionaries(st.sampled_from(FIELDS), st.text(max_size=60)),
)
def test_nothing_a_visitor_sends_is_a_fault_of_ours(visitor, path, method, data):
    where = "query_string" if method in ("GET", "HEAD") else "data"
    assert visitor.open(path, method, **{where: data}).status_code < 500


@pytest.mark.parametrize("path", ODD)
def test_odd_addresses_are_not_found(visitor, path):
    assert visitor.open(path).status_code == 404


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("lb-LU,fr;q=0.8", "lb"),
        ("fr-FR,fr;q=0.9,en;q=0.8", "fr"),
        ("pt-PT,en;q=0.5", "en"),
        ("pt", "de"),
        ("", "de"),
        ("de-LU", "de"),
        ("EN-us", "en"),
        ("*", "de"),
        ("x" * 500, "de"),
    ],
)
def test_language_is_the_one_the_browser_asks_for(app, asked, language):
    assert Visitor(app, asked).get("/").soup.html["lang"] == language


def test_language_once_chosen_stays(app):
    browser = Visitor(app, "fr")
    assert browser.get("/?lang=lb").soup.html["lang"] == "lb"
    assert browser.get("/procedures").soup.html["lang"] == "lb"
    assert browser.get("/procedures?lang=xx").soup.html["lang"] == "lb"


def test_health_is_told(visitor):
    assert visitor.open("/healthz").data == visitor.open("/readyz?only=web").data == b"ok\n"


def test_security_contact_is_told(visitor):
    lines = visitor.open("/.well-known/security.txt").text
    assert re.search(r"^Contact: mailto:", lines) and re.search(r"^Expires: 20\d\d-", lines, re.M)


def test_forged_proxy_headers_change_nothing(app, dossier):
    guesser = Visitor(app, address="198.51.100.7")
    for index in range(31):
        guesser.open(f"/t/{new_number()}", headers={"X-Forwarded-For": f"203.0.113.{index}"})
    assert guesser.open(f"/t/{dossier.number}", headers={"X-Forwarded-For": "203.0.113.99"}).status_code == 429
