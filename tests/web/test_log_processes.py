"""What the service's processes write while every logger writes every line: JSON, and nothing that is anybody's."""

import json
import re
import socket
import sqlite3
from urllib.parse import urlsplit

import pytest
import requests

from models.security import captcha, keys
from paths import ROOT
from support.living import SECRET, service
from support.registration import START
from support.wire import Browser

pytest_plugins = ["support.outside"]

PASSWORD = "correct horse battery"
MAIL, MOBILE, NETWORK, STAFF = "jemand.besonders@example.lu", "621 123 456", "198.51.100.77", "clerk@example.lu"


@pytest.fixture
def log(tmp_path):
    return tmp_path / "log"


@pytest.fixture
def loud(tmp_path, stocked_sqlite, log, certificate, mail_server, sms_provider, monkeypatch):
    """The service behind a proxy, with a clerk, and with all loggers at DEBUG."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "tests" / "support" / "loud"))
    settings = {"MAIL_CA_FILE": str(certificate), **mail_server.settings, **sms_provider.settings}
    with service(tmp_path, stocked_sqlite, log, LOG_FORMAT="json", PROXY_HOPS=1, **settings) as running:
        add = ("staff", "add", STAFF, "--role", "clerk", "--authority", "housing-aid-service")
        running.flask(*add, text=PASSWORD)
        yield running


def registered(citizen: Browser) -> str:
    """Register; return the number."""
    citizen.go(START)
    token = citizen.soup.select_one("[name=captcha_token]")["value"]
    keys.initialize(SECRET)
    citizen.send(START, captcha_code=captcha.digits(captcha.code_id(token)))
    citizen.send("/contact", by_email="y", email=MAIL, by_sms="y", mobile=MOBILE)
    return citizen.soup.select_one(".ticket .number").get_text(strip=True)


def say(url: str, request: bytes) -> None:
    """Send something that is hardly HTTP, and wait for the line to be closed."""
    with socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), timeout=10) as line:
        line.sendall(request)
        while line.recv(1000):
            pass


def provoke(url: str, database: str, number: str, headers: dict[str, str]) -> None:
    """Errors of all kinds, in which a number, an address or a token could be quoted."""

    def statuses(*paths: str) -> list[int]:
        return [requests.get(url + path, headers=headers, timeout=30).status_code for path in paths]

    plain = number.replace("-", "")
    assert statuses(f"/nothing/{plain}", f"/t/{plain[:-1]}?email={MAIL}", f"/c/{plain}{'x' * 40}") == [404] * 3
    assert requests.put(f"{url}/t/{plain}", headers=headers, timeout=30).status_code == 405
    say(url, f"GET /t/{plain} HTTP/9.1\r\n\r\n".encode())
    say(url, f"GET /t/{plain}?{MAIL} {MOBILE} HTTP/1.1\r\nHost: {MAIL}\r\n\r\n".encode())
    say(url, f"GET /t/{plain} HTTP/1.1\r\n{MAIL}\r\nContent-Length: {plain}\r\n\r\n".encode())
    with sqlite3.connect(database) as other:
        (status,) = other.execute("SELECT status FROM dossier").fetchone()
        other.execute("UPDATE dossier SET status = ?, version = version + 1", (number,))
    assert statuses(f"/t/{plain}") == [500], "an error while a page is written"
    with sqlite3.connect(database) as other:
        other.execute("UPDATE dossier SET status = ?, version = version - 1", (status,))


def fail_to_write(citizen: Browser, database: str) -> None:
    """A database error that quotes the row."""
    with sqlite3.connect(database) as other:
        other.execute("CREATE TABLE strict (address INTEGER) STRICT")
        other.execute(
            "CREATE TRIGGER quoting BEFORE INSERT ON contact BEGIN INSERT INTO strict VALUES (new.encrypted_address); END"
        )
    with pytest.raises(AssertionError):
        registered(citizen)
    with sqlite3.connect(database) as other:
        other.execute("DROP TRIGGER quoting")


@pytest.mark.long
def test_whole_story_leaves_nothing_in_the_log_that_is_anybodys(loud, log, tmp_path, mail_server, sms_provider):
    database, headers = str(tmp_path / "etracking.db"), {"X-Forwarded-For": NETWORK, "X-Request-ID": "f" * 32}
    mail_server.answers["RCPT"] = f"451 4.2.1 <{MAIL}> is busy"
    citizen = Browser(loud.url, **headers)
    number = registered(citizen)
    sms = sms_provider.arrivals.get(timeout=30)
    token = re.search(r"/c/(\w+)", sms["text"])[1]
    citizen.go(f"/c/{token}")
    desk = Browser(loud.url + "/sign-in", **headers)
    desk.send("/sign-in", email=STAFF, password=PASSWORD)
    desk.send("/desk/scan", number=number)
    sms_provider.answer = 400
    desk.send("/status", note=f"Call {MOBILE}.")
    sms_provider.arrivals.get(timeout=30)
    provoke(loud.url, database, number, headers)
    fail_to_write(citizen, database)

    cookies = [cookie.value for browser in (citizen, desk) for cookie in browser.session.cookies]
    with sqlite3.connect(database) as other:
        hashes = [row[0] for row in other.execute("SELECT address_hash FROM contact")]
    secrets = [number, number.replace("-", ""), number[:-1], MAIL, MAIL.split("@")[0], MOBILE, "621123456", NETWORK]
    secrets += [token, *cookies, *hashes, STAFF, PASSWORD, "198.51.100", SECRET]
    said = log.read_text()
    assert len(cookies) >= 2 and [each for each in secrets if each.lower() in said.lower()] == []
    lines = [json.loads(line) for line in said.splitlines()]
    assert {"time", "level", "logger", "event"} <= set.intersection(*map(set, lines))
    errors = [line for line in lines if line["level"] == "ERROR" and line["logger"] == "etracking"]
    assert {line["request_id"] for line in errors} == {"f" * 32} and len(errors) >= 2
    assert all(line["trace"] and line["endpoint"] and line["error"] for line in errors)
    assert [line for line in lines if line["logger"] == "etracking.notifications" and line.get("outcome") == "later"]
