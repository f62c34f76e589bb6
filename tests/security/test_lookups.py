"""Guessing numbers: whatever it costs whom, fewer are tried than find one of ten million in a hundred years."""

import datetime as dt
import itertools

import pytest
import time_machine

from models import Counter
from models.dossiers.number import new_number
from models.security import lookups
from models.security.lookups import FREE, KNOWN, PAID
from models.security.throttle import networks
from support.registration import digits
from support.visitor import Page, Visitor

MINUTE = dt.timedelta(minutes=1)
LIVE, BITS, THREADS = 10_000_000, 60, 64  # THREADS: requests at once that one more miss of each minute slips through
HOMES = ("192.0.2.1", "2001:db8:1:2::1")


def everywhere(index: int) -> str:
    """One of very many networks of the widest kind."""
    return f"{11 + index % 80}.{index // 80 % 250}.9.1"


def guess(app, address: str, **more) -> int:
    return Visitor(app, address=address).open(f"/t/{new_number()}", **more).status_code


def flood(app, count: int, address=everywhere) -> list[int]:
    return [guess(app, address(index)) for index in range(count)]


@pytest.fixture
def few(monkeypatch):
    """Shares of a size that a test can fill, and a minute that does not end while a busy machine fills them."""
    for share, maximum in {KNOWN: 3, FREE: 12, PAID: 3}.items():
        monkeypatch.setitem(lookups.PER_MINUTE, share, maximum)
    with time_machine.travel(dt.datetime.now(dt.UTC), tick=False):
        yield


def pays(browser: Visitor, page: Page, status: int = 200) -> Page:
    return browser.submit(page, "/t/", status, captcha_code=digits(page))


def test_ten_million_numbers_keep_the_chance_of_a_hit_in_a_year_below_one_percent():
    guesses = (sum(lookups.PER_MINUTE.values()) + THREADS) * dt.timedelta(days=365.25) / MINUTE
    assert len(new_number()) == BITS / 5 + 1
    assert LIVE * guesses / 2**BITS < 0.01


def test_flood_from_everywhere_costs_a_stranger_one_check_and_who_found_a_number_before_nothing(either, dossier, few):
    regular, stranger = Visitor(either), Visitor(either, address="198.51.100.7")
    regular.get(f"/t/{dossier.number}")
    assert set(flood(either, 12)) == {404} and set(flood(either, 5)) == {429}
    assert regular.get(f"/t/{dossier.number}").title == regular.get(f"/t?number={dossier.number}").title
    assert Visitor(either, address=everywhere(3)).open(f"/t/{dossier.number}").status_code == 429
    page = stranger.get(f"/t/{dossier.number}", 429)
    assert page.title == "One more step to your dossier" and int(page.response.headers["Retry-After"]) <= 61
    assert "not the right digits" in stranger.submit(page, "/t/", 422, captcha_code="222222").text
    assert pays(stranger, stranger.get(f"/t/{dossier.number}", 429)).title == "Not arrived yet"
    assert stranger.open(f"/t/{dossier.number}/sheet.pdf").status_code == 200, "and everything else of this number"


def test_paid_guesses_have_an_end_of_their_own(app, dossier, few):
    flood(app, 12)
    answers = []
    for index in range(4):
        browser = Visitor(app, address=everywhere(index + 100))
        page = browser.get(f"/t/{new_number()}", 429)
        if not page.soup.select("form[action^='/t/']"):
            answers.append("closed")
            continue
        answers.append(pays(browser, page, 404).title)
    assert answers == ["We do not know this number"] * 3 + ["closed"]


def test_third_of_a_share_is_kept_for_networks_where_nothing_failed(app, dossier, few):
    one = "2001:db8:{:x}::1".format
    assert flood(app, 12, one).count(404) == 8, "a /32 with a /48 for each guess"
    assert Visitor(app, address="198.51.100.7").get(f"/t/{dossier.number}").title == "Not arrived yet"


@pytest.mark.parametrize(
    ("address", "most"),
    [
        (lambda _index: "192.0.2.7", lookups.PER_VISITOR),
        (lambda index: f"2001:db8:1:{index:x}::1", lookups.PER_NETWORK),
        (lambda index: f"2001:db8:{index:x}::1", lookups.PER_PROVIDER),
    ],
    ids=["visitor", "network", "provider"],
)
def test_guesses_end_with_the_limit_of_each_width(app, address, most):
    blocked = lookups.BlockedClients()
    with time_machine.travel(dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC), tick=False) as clock:
        for index in range(most + 1):
            if index % 300 == 299:
                clock.shift(61)
            asker = lookups.Asker(networks(address(index)))
            share, wait = lookups.admit(asker, blocked)
            assert bool(share) == (index < most), index
            if share:
                lookups.count_miss(asker, share, blocked)
        assert 3000 < wait <= 3601
        assert lookups.admit(lookups.Asker(networks("198.51.100.7")), blocked) == (FREE, 0)
        clock.shift(3601)
        assert lookups.admit(asker, blocked) == (FREE, 0)


def test_found_number_lets_guess_ten_more_and_no_two_browsers_twice_that(app, dossier, monkeypatch):
    monkeypatch.setitem(lookups.PER_MINUTE, FREE, 1)
    first, second = Visitor(app), Visitor(app, address="198.51.100.7")
    for browser in (first, second):
        browser.get(f"/t/{dossier.number}")
    guess(app, everywhere(1))
    answers = [browser.open(f"/t/{new_number()}").status_code for browser in (first, second) * 8]
    assert answers.count(404) in (lookups.PER_KNOWN_NUMBER, lookups.PER_KNOWN_NUMBER + 1) and answers[-1] == 429
    assert first.get(f"/t/{dossier.number}")


def test_mistyped_number_costs_nothing(app, few):
    number = new_number()
    wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
    before = Counter.select().count()
    assert {Visitor(app).open(f"/t/{wrong}").status_code for _ in range(40)} == {404}
    assert Visitor(app).post("/t", 404, data={"number": wrong}) and Counter.select().count() == before


def test_cookie_that_was_not_made_here_opens_nothing(app, dossier, few):
    found = Visitor(app)
    found.get(f"/t/{dossier.number}")
    cookie = found.client.get_cookie("found").value
    assert dossier.number not in cookie
    flood(app, 12)
    for forged in (cookie[:-1] + ("0" if cookie[-1] != "0" else "1"), lookups.tag(dossier.number), ".", "a" * 900):
        browser = Visitor(app, address=everywhere(1))
        browser.client.set_cookie("found", forged)
        assert browser.open(f"/t/{dossier.number}").status_code == 429, forged


def test_wrong_seals_are_guesses_too_even_where_the_number_was_found(app, dossier, few):
    browser = Visitor(app)
    browser.get(f"/t/{dossier.number}")
    flood(app, 12)
    assert browser.open(f"/t/{dossier.number}").status_code == 200
    assert browser.open(f"/r/{dossier.number}/{new_number()}").status_code == 429


def test_every_address_with_a_number_in_it_looks_it_up_in_the_same_way(app, dossier, few):
    """A new page that forgets it would be a free door for guesses."""
    flood(app, 12)
    values = {"number": dossier.number, "numbers": (dossier.number, new_number()), "seal": new_number()}
    values |= {"round_": 1, "contact": 1}
    urls, walked = app.url_map.bind("localhost"), 0
    app.config["PUSH_PUBLIC_KEY"] = "so that devices can be told"
    for rule in app.url_map.iter_rules():
        if not {"number", "numbers"} & rule.arguments or rule.endpoint.startswith(("desk.", "v1.")):
            continue
        for method, address in itertools.product(sorted(rule.methods & {"GET", "POST"}), HOMES):
            path = urls.build(rule.endpoint, {name: values[name] for name in rule.arguments}, method)
            status = Visitor(app, address=address).open(path, method).status_code
            wanted = {422} if (method, rule.endpoint) == ("POST", "status.pay") else {429}
            assert status in wanted or rule.endpoint in ("status.pay",), f"{method} {path}: {status}"
            walked += 1
    assert walked > 40
