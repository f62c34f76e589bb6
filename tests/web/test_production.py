"""A site in production, as a browser behind its proxy meets it: headers, host names, cookies, forms, forged headers."""

import re

import pytest

from models import Contact, Dossier, db
from models.dossiers.number import new_number
from support.commands import run
from support.production import HOST, SITE
from support.registration import START, past_the_captcha
from support.site import PASSWORD, signed_in
from support.systems import MOVES, received
from support.visitor import Visitor, values

HEADERS = {
    "Strict-Transport-Security": "max-age=63072000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANSWERS = [  # status, method, path, and what else is sent
    (200, "GET", "/", {}),
    (200, "HEAD", "/", {}),
    (200, "OPTIONS", "/", {}),
    (200, "GET", "/healthz", {}),
    (200, "GET", "/manifest.webmanifest", {}),
    (200, "GET", "/sw.js", {}),
    (200, "GET", "/.well-known/security.txt", {}),
    (200, "GET", "/api/v1/openapi.json", {}),
    (200, "GET", "/t/{number}/sheet.pdf", {}),
    (200, "GET", "/t/{number}/qr.svg", {}),
    (200, "GET", "/t/{number}.json", {}),
    (200, "GET", "/procedures/rent-subsidy/forms/application", {}),
    (200, "GET", "/static/site.css", {}),
    (200, "HEAD", "/static/icon.svg", {}),
    (206, "GET", "/static/site.css", {"headers": {"Range": "bytes=0-9"}}),
    (304, "GET", "/static/site.css", {"headers": {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}}),
    (405, "POST", "/static/site.css", {}),
    (404, "GET", "/static/nothing.css", {}),
    (303, "GET", "/desk", {}),
    (308, "GET", "/procedures?q=visa", {"base_url": f"http://{HOST}"}),
    (308, "GET", "/static/site.css", {"base_url": f"http://{HOST}"}),
    (308, "GET", "/nothing", {"base_url": f"http://{HOST}"}),
    (308, "POST", "/t", {"base_url": f"http://{HOST}"}),
    (400, "GET", "/", {"base_url": "https://evil.example"}),
    (400, "GET", "/static/site.css", {"base_url": "https://evil.example"}),
    (400, "GET", "/api/v1/dossiers", {"base_url": "https://evil.example"}),
    (400, "POST", "/sign-in", {}),
    (400, "GET", "/?q=%00", {}),
    (401, "GET", "/api/v1/dossiers", {}),
    (404, "GET", "/nothing", {}),
    (404, "GET", "/t/{unknown}", {}),
    (404, "GET", "/dev/inbox", {}),
    (404, "POST", "/webhooks/vonage/status", {}),
    (405, "POST", "/procedures", {}),
    (405, "TRACE", "/", {}),
    (413, "POST", "/t", {"data": {"number": "x" * 70_000}}),
]


@pytest.fixture
def app(production):
    return production


def test_every_kind_of_answer_carries_the_headers(visitor, dossier):
    wrong = {}
    for status, method, path, sent in ANSWERS:
        path = path.format(number=dossier.number, unknown=new_number())
        answer = visitor.open(path, method, **sent)
        missing = HEADERS.items() - dict(answer.headers).items()
        policy = answer.headers.get("Content-Security-Policy", "")
        if (
            answer.status_code != status
            or missing
            or not {"default-src 'none'", "frame-ancestors 'none'"} <= {*policy.split("; ")}
        ):
            wrong[f"{method} {path} {sent}"] = answer.status, missing, policy
        assert answer.headers.get("Cache-Control") or path.startswith("/static"), path
        assert "Server" not in answer.headers and "Access-Control-Allow-Origin" not in answer.headers
    assert not wrong, "\n".join(f"{asked}: {found}" for asked, found in wrong.items())


def test_page_that_a_browser_has_already_and_a_refusal_carry_the_headers(app, visitor):
    etag = visitor.open("/procedures").headers["ETag"]
    unchanged = visitor.open("/procedures", headers={"If-None-Match": etag})
    assert unchanged.status_code == 304 and HEADERS.items() <= dict(unchanged.headers).items()
    for _ in range(31):
        refused = visitor.open(f"/t/{new_number()}")
    assert refused.status_code == 429 and HEADERS.items() <= dict(refused.headers).items()


def test_fault_of_ours_carries_the_headers(app, visitor):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    db.execute_sql("ALTER TABLE procedure RENAME TO hidden")
    broken = visitor.open("/procedures")
    db.execute_sql("ALTER TABLE hidden RENAME TO procedure")
    assert broken.status_code == 500 and HEADERS.items() <= dict(broken.headers).items()


@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:443", f"{HOST}.", f"{HOST.title()}.:443"])
@pytest.mark.parametrize("path", ["/", "/static/site.css", "/sign-in"])
def test_host_is_known_however_it_is_spelled(visitor, host, path):
    assert visitor.open(path, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"{HOST}.evil.example", f"evil.{HOST}", "127.0.0.1", "localhost", "", f"{HOST}@evil", f"{HOST}.."],
)
@pytest.mark.parametrize("path", ["/", "/static/site.css", "/sw.js"])
def test_no_other_host_is_answered(visitor, host, path):
    answer = visitor.open(path, headers={"Host": host})
    assert answer.status_code == 400 and "evil" not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz?only=web"])
@pytest.mark.parametrize("host", ["127.0.0.1:8000", "10.0.0.7", HOST])
def test_health_is_told_to_machines_close_by_without_tls_under_any_name(visitor, path, host):
    assert visitor.open(path, base_url=f"http://{host}").text in ("ok\n", "not ready\n")  # no worker lives here


@pytest.mark.parametrize(
    "path", ["/procedures?q=visa&lang=fr", "/t/K7Q2MX4P9TRWY", "/static/site.css", "/%C3%A9?x=%26"]
)
@pytest.mark.parametrize("host", [HOST, HOST.upper(), f"{HOST}:80", f"{HOST}:8080"])
def test_plain_http_leads_to_the_same_page_of_the_site(visitor, path, host):
    answer = visitor.open(path, base_url=f"http://{HOST}", headers={"Host": host})
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{SITE}{path}")


@pytest.mark.parametrize("path", ["/api/v1/dossiers", "/webhooks/vonage/status"])
def test_program_that_asks_without_https_is_refused_and_not_redirected(visitor, path):
    answer = visitor.open(path, base_url=f"http://{HOST}")
    assert (answer.status_code, "Location" in answer.headers) == (403, False)


def test_forged_headers_neither_change_the_visitor_nor_the_way_nor_the_name(app, dossier):
    guesser = Visitor(app, address="198.51.100.7")
    for index in range(31):
        forged = {
            "X-Forwarded-For": f"203.0.113.{index}",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "http",
            "X-Forwarded-Prefix": "/evil",
            "X-Forwarded-Port": "81",
            "X-Real-IP": f"203.0.113.{index}",
            "Forwarded": f"for=203.0.113.{index};host=evil.example;proto=http",
        }
        assert guesser.open(f"/t/{new_number()}", headers=forged).status_code in (404, 429)
    assert guesser.open(f"/t/{dossier.number}", headers=forged).status_code == 429
    assert Visitor(app).open(f"/t/{dossier.number}").status_code == 200
    assert "evil" not in Visitor(app).open("/procedures", headers=forged).text


def test_cookies_are_bound_to_the_host(app, visitor, clerk):
    cookies = visitor.open("/sign-in").headers.getlist("Set-Cookie")
    cookies += visitor.open("/?lang=fr").headers.getlist("Set-Cookie")
    page = visitor.get("/sign-in")
    data = values(page.form("/sign-in")) | {"email": clerk.email, "password": PASSWORD}
    cookies += visitor.open("/sign-in", "POST", data=data).headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} >= {"__Host-etracking", "__Host-desk", "lang"}
    for cookie in cookies:
        parts = {part.partition("=")[0] for part in cookie.split("; ")}
        assert {"Secure", "HttpOnly", "Path", "SameSite"} <= parts and "Domain" not in parts, cookie


def test_citizen_registers_and_clerk_works_over_https(visitor, app, clerk):
    page = visitor.submit(past_the_captcha(visitor), "/contact", by_email="y", email="citizen@example.lu")
    number = page.soup.select_one(".ticket .number").get_text().replace("-", "")
    assert f"{HOST}/t/{number}" in page.text.replace("-", "") or number in page.text.replace("-", "")
    desk = signed_in(app, clerk)
    assert desk.get(f"/desk/dossiers/{number}").status == 200


@pytest.mark.parametrize(
    ("referer", "status"),
    [(f"{SITE}/sign-in", 422), ("", 400), (f"http://{HOST}/sign-in", 400), ("https://evil.example/", 400)],
)
def test_form_is_taken_from_a_page_of_the_site_alone(visitor, referer, status):
    data = values(visitor.get("/sign-in").form("/sign-in")) | {"email": "somebody@example.lu", "password": PASSWORD}
    assert visitor.open("/sign-in", "POST", data=data, headers={"Referer": referer}).status_code == status


def test_machines_need_no_page_of_the_site(app, visitor, with_mail):
    """One click in a mail program (RFC 8058), a provider's report, another system: none sends a Referer."""
    with app.app_context():
        stop = f"/c/{with_mail.contacts.get().token}/stop"
    data = {"List-Unsubscribe": "One-Click"}
    assert visitor.open(stop, "POST", data=data, headers={"Referer": ""}).status_code == 200
    assert Contact.get().stopped_at
    system = run(app, "systems", "add", with_mail.authority.slug, "registry").stdout
    db.connect(reuse_if_open=True)
    token = re.search(r"token +(\S+)", system)[1]
    sent = {"Referer": "", "Authorization": f"Bearer {token}", "Idempotency-Key": "request-1"}
    answer = visitor.open(MOVES.format(with_mail.number), "POST", json=received(), headers=sent)
    assert answer.status_code == 201 and Dossier.get().status == "received"
    forged = {"Referer": "", "Authorization": "Bearer x"}
    assert visitor.open("/webhooks/vonage/status", "POST", json={}, headers=forged).status_code == 404


def test_pages_name_no_other_address_than_that_of_the_site(visitor, dossier):
    for path in (
        "/",
        f"/t/{dossier.number}",
        "/accessibility",
        "/.well-known/security.txt",
        "/api/v1/openapi.json",
        START,
    ):
        text = visitor.open(path, follow_redirects=True).text
        assert not re.search(r"http://(?!www\.w3\.org)|localhost|127\.0\.0\.1", text), path
