"""The access log of nginx: no number, no key of a contact, no invitation, in whatever spelling it is asked for."""

import json
import re

import pytest

from paths import ROOT
from support.nginx import HOST
from support.waiting import eventually

pytestmark = pytest.mark.long

SECRET = "Zm9vYmFyQmF6"
SPELT = ("/t/<number:number>", "/c/<token>", "/sign-in/invitation/<token>", "/desk/dossiers/<number:number>")
LISTED = {"/t", "/e", "/r", "/c", "/sign-in", "/desk/dossiers", "/desk/registrations", "/captcha", "/procedures", "/"}


def addresses(app) -> set[str]:
    """An address for every rule that has a variable, with SECRET for each, some of them in many spellings."""
    rules = {rule.rule for rule in app.url_map.iter_rules() if rule.arguments}
    assert rules >= set(SPELT)
    plain = {rule: re.sub(r"<[^/]*>", SECRET, rule) for rule in rules}
    return set(plain.values()).union(*(spellings(plain[rule]) for rule in SPELT))


def spellings(address: str) -> set[str]:
    """What browsers, scanners, typists and programs may make of an address."""
    first = address[1]
    return {
        address,
        address.upper(),
        address.replace("/", "//"),
        f"/%{ord(first):02x}{address[2:]}",
        f"/%{ord(first):02X}{address[2:]}",
        address.replace(SECRET, "%5a" + SECRET[1:]),
        f"/.{address}",
        f"/no-such-folder/..{address}",
        address + "/",
        address + ";v=1",
        f"{address}?number={SECRET}",
        address.replace("/", "/;/"),
        "/" + address[1:].replace("/", "%2f"),
    }


def test_no_secret_is_logged(front, app):
    before, asked = len(front.logged), 0
    telling = {"Host": HOST, "Referer": f"https://{HOST}/t/{SECRET}", "User-Agent": SECRET, "Cookie": f"a={SECRET}"}
    with front.pool("127.0.7.7") as pool:
        for path in addresses(app):
            pool.request("GET", path, headers=telling, redirect=False)
            asked += 1
        for query in (f"/t?number={SECRET}", f"/T?NUMBER={SECRET}", f"/?{SECRET}", f"/{SECRET}", f"/desk/{SECRET}"):
            pool.request("GET", query, headers=telling, redirect=False)
            asked += 1
    front.ask_plain(f"/t/{SECRET}")
    assert eventually(lambda: front.logged[before:].count("\n") > asked) and asked > 100
    written = front.logged[before:]
    lines = [json.loads(line) for line in written.splitlines()]
    assert len(lines) == asked + 1
    assert [secret for secret in (SECRET, SECRET.upper(), SECRET[1:], "7.7") if secret in written] == []
    assert {line["route"].lower() for line in lines} >= LISTED | {"-"}
    assert {line["network"] for line in lines} == {"127.0.7.0", "127.0.0.0"}


def test_every_route_has_a_name_in_the_log(app):
    """A new one is masked altogether until it stands in the list."""
    listed = (ROOT / "deploy" / "nginx" / "etracking.conf").read_text(encoding="utf-8")
    first = set(re.search(r"<etracking_first>/\(\?:([^)]*)\)", listed)[1].split("|"))
    desk = set(re.search(r"<etracking_desk>/desk/\(\?:([^)]*)\)", listed)[1].split("|"))
    development = {"dev", "styleguide", ".well-known"}
    rules = [rule.rule.lower().split("/") for rule in app.url_map.iter_rules()]
    assert {rule[1].partition(".")[0] or rule[1] for rule in rules if rule[1]} - first <= development
    assert {rule[2].partition(".")[0] for rule in rules if rule[1] == "desk" and len(rule) > 2} <= desk | {"manifest"}
