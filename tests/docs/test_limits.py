"""The table of limits in docs/operating.md: each is tried as often as it says, and once more."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
import time_machine
from werkzeug.exceptions import TooManyRequests

from blueprints.public import captcha as captcha_pages
from blueprints.public import contact_limits, push
from models import Contact, Counter, Tries, Used, now
from models.notifications import conversion, mail_limits, sms_limits
from models.notifications.allowance import DAY, HOUR, MINUTE, MONTH, Asker, LimitError
from models.security import captcha_price, lookups, throttle
from models.security.lookups import FREE, KNOWN, PAID
from models.security.throttle import Networks
from paths import ROOT
from support.commands import run
from support.site import account, signed_in
from support.sms_limits import MONDAY, TARIFF, mobile
from support.visitor import values

TABLE = ROOT / "docs/operating.md"
WINDOWS = {"a minute": MINUTE, "an hour": HOUR, "a day": DAY, "30 days": MONTH, "10 minutes": 10 * MINUTE, "a row": DAY}
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| (\d+) \| ([^|]+) \| [^|]+ \| `([\w/.]+)` \|$", re.MULTILINE)


class Probe(NamedTuple):
    """One try (True if it is let through), and the counter of the limit if that is too large to be filled by tries."""

    once: Callable[[int], bool]
    counter: str = ""
    rolling: bool = True


def networks(index: int, **same: str) -> Networks:
    """A visitor from networks of their own, but for those that are the `same` for all."""
    own = {width: f"{width} {index}" for width in Networks._fields}
    return Networks(**(own | same))


def allowed(count: Callable[..., Any], *given: Any) -> bool:
    try:
        count(*given)
    except LimitError:
        return False
    return True


def mails(name: str = "", who: str = "", address: str = "", account: int | None = None, **same: str) -> Probe:
    def once(index: int) -> bool:
        asker = Asker(account=account) if account else Asker(networks(index, **same), "")
        return allowed(mail_limits.count_request, address or f"a{index}@example{index}.lu", asker, 2000)

    return Probe(once, f"mail {name} {who}" if name else "")


def domain() -> Probe:
    asker = lambda index: Asker(networks(index), "")  # noqa: E731
    return Probe(
        lambda index: allowed(mail_limits.count_request, f"a{index}@example.lu", asker(index), 2000),
        "mail domain example.lu",
    )


def sms(name: str = "", who: str = "", number: str = "", customer: str = "", account: int | None = None, **same: str):
    def once(index: int) -> bool:
        asker = Asker(account=account) if account else Asker(networks(index, **same), customer or f"customer {index}")
        return allowed(sms_limits.count_request, number.format(index) or mobile(index), asker, TARIFF)

    return Probe(once, f"asked {name} {who}" if name else "")


def misses(share: str, counter: str, tag: str = "", **same: str) -> Probe:
    blocked = lookups.BlockedClients()

    def once(index: int) -> bool:
        if share != FREE:
            blocked.block("miss free", MINUTE)
        tags = (tag or f"tag {index}",) if share == KNOWN else ()
        asker = lookups.Asker(networks(index, **same), tags, paid=share == PAID)
        admitted, _wait = lookups.admit(asker, blocked)
        if admitted:
            lookups.count_miss(asker, admitted, blocked)
        return admitted == share

    return Probe(once, f"miss {counter}" if counter else "", rolling=False)


def solved(name: str, **same: str) -> Probe:
    def once(index: int) -> bool:
        try:
            captcha_price.count_solved(networks(index, **same))
        except captcha_price.TooManySolvedError:
            return False
        return True

    return Probe(once, f"captcha solved {name}", rolling=False)


def few_confirm(rules: conversion.Rules, probe: Probe) -> Probe:
    def once(index: int) -> bool:
        if not Used.until(rules.tripped_mark):
            Used.mark(rules.tripped_mark, DAY - 2 * HOUR)
        return probe.once(index)

    return probe._replace(once=once)


def pushes(app) -> Probe:
    def once(_index: int) -> bool:
        with app.test_request_context():
            try:
                push._limit()
            except TooManyRequests:
                return False
        return True

    return Probe(once)


def digits_(kind: str) -> Probe:
    once = lambda index: not captcha_pages._above_limit(kind, networks(index, visitor="v"))  # noqa: E731
    return Probe(once, f"captcha {kind} v", rolling=False)


def requests(app, clerk) -> Probe:
    shown = run(app, "systems", "add", clerk.authority.slug, "registry").output
    token = re.search(r"token +(\S+)", shown)[1]
    bearer = {"Authorization": f"Bearer {token}"}
    once = lambda _index: app.test_client().get("/api/v1/dossiers", headers=bearer).status_code == 200  # noqa: E731
    return Probe(once, "api|1", rolling=False)


def look_ups(app) -> Probe:
    staff = account("helpdesk@example.lu", "helpdesk")
    data = {"address": "nobody@example.lu", "reason": "status"}

    def once(_index: int) -> bool:
        browser = signed_in(app, staff)
        page = browser.get("/desk/helpdesk")
        return (
            browser.open(
                page.form("/helpdesk")["action"], "POST", data=values(page.form("/helpdesk")) | data
            ).status_code
            == 200
        )

    return Probe(once, f"look-ups of {staff.id}")


@pytest.fixture
def clock():
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def probes(clock, app, dossier, clerk) -> dict[tuple[str, str, str], Probe]:
    """How each row of the table is tried, by its first two columns and its window."""
    contact = Contact.create(dossier=dossier, channel="email", address="a@b.lu", language="en", created_at=now())
    either_window = {
        **{("first mails", "a network"): lambda: mails("network", "n", network="n")},
        **{("first mails", "a provider"): lambda: mails("provider", "p", provider="p")},
        **{("first mails", "a domain"): domain, ("first mails", "everybody"): lambda: mails("everybody")},
        **{("first SMS", "a customer"): lambda: sms(customer="c")},
        **{("first SMS", "a network"): lambda: sms("network", "n", network="n")},
        **{("first SMS", "a provider"): lambda: sms("provider", "p", provider="p")},
    }
    return {
        ("failed look-ups", "a visitor", "an hour"): misses(FREE, "free v", visitor="v"),
        ("failed look-ups", "a network", "an hour"): misses(FREE, "free n", network="n"),
        ("failed look-ups", "a provider", "an hour"): misses(FREE, "free p", provider="p"),
        ("failed look-ups", "everybody", "a minute"): misses(FREE, "free"),
        ("failed look-ups, paid", "a visitor", "an hour"): misses(PAID, "paid v", visitor="v"),
        ("failed look-ups, paid", "a network", "an hour"): misses(PAID, "paid n", network="n"),
        ("failed look-ups, paid", "everybody", "a minute"): misses(PAID, "paid"),
        ("failed look-ups, known browser", "a number found in it", "an hour"): misses(KNOWN, "", tag="t"),
        ("failed look-ups, known browser", "everybody", "a minute"): misses(KNOWN, "known"),
        ("first mails", "an address", "a day"): mails(address="victim@example.lu"),
        ("first mails", "an address, from one network", "a day"): mails(address="victim@example.lu", network="n"),
        ("first mails", "a visitor", "a day"): mails("visitor", "v", visitor="v"),
        ("first mails, while few confirm", "everybody", "an hour"): few_confirm(conversion.MAIL, mails("probe")),
        ("first mails", "an account of the staff", "a day"): mails("account", "7", account=7),
        ("first SMS", "a mobile number", "a minute"): sms(number="+352621123456"),
        ("first SMS", "a mobile number", "a day"): sms(number="+352621123456"),
        ("first SMS", "a mobile number", "30 days"): sms(number="+352621123456"),
        ("first SMS", "a block (first eight digits)", "an hour"): sms("block", "+35262112", number="+35262112{:04}"),
        ("first SMS", "a region other than Luxembourg", "a day"): sms("region", "FR", number="+336{0:02}{0:06}"),
        ("first SMS", "everybody", "an hour"): sms("hour"),
        ("first SMS", "everybody", "a day"): sms("day"),
        ("first SMS, while few confirm", "everybody", "an hour"): few_confirm(conversion.SMS, sms()),
        ("first SMS", "an account of the staff", "a day"): sms("account", "7", account=7),
        ("further addresses", "the contact that gives them", "a day"): Probe(
            lambda _index: contact_limits.may_give(contact)
        ),
        ("devices for push", "a visitor", "an hour"): pushes(app),
        ("solved challenges", "a visitor", "10 minutes"): solved("v", visitor="v"),
        ("solved challenges", "a network", "10 minutes"): solved("n", network="n"),
        ("solved challenges", "a provider", "10 minutes"): solved("p", provider="p"),
        ("pictures of digits", "a visitor", "10 minutes"): digits_("picture"),
        ("recordings of digits", "a visitor", "10 minutes"): digits_("recording"),
        ("typed digits", "a visitor", "10 minutes"): digits_("code"),
        ("wrong passwords or codes", "an account, a visitor", "a row"): Probe(lambda _index: not Tries.take("who")),
        ("requests to the API", "a system", "a minute"): requests(app, clerk),
        ("look-ups at the helpdesk", "an account of the staff", "an hour"): look_ups(app),
        **{(*of, window): make() for of, make in either_window.items() for window in ("an hour", "a day")},
    }


def test_every_limit_of_the_table_is_what_it_says_and_the_code_names_no_other(probes, clock):
    rows = ROW.findall(TABLE.read_text(encoding="utf-8"))
    assert {row[:2] + row[3:4] for row in rows} == set(probes)
    wrong = []
    for of, who, most, window, _where in rows:
        Counter.delete().execute(), Used.delete().execute()
        results = tried(probes[of, who, window], int(most), window, clock)
        if results != [True] * (len(results) - 1) + [False]:
            wrong.append(f"{of}, {who}, {most} in {window}: {results}")
    assert not wrong, "\n".join(wrong)


def tried(probe: Probe, most: int, window: str, clock) -> list[bool]:
    """What became of tries 1, `most` and `most` + 1, or of all of them if they are few."""
    waits = {"a day": 61 * MINUTE, "30 days": 2 * DAY}.get(window) if not probe.counter else None
    results = []
    for index in range(most + 1):
        if probe.counter and index == 1 and most > 2:
            fill(probe, WINDOWS[window], most - 2)
        if not probe.counter or index in (0, most - 1, most):
            results.append(probe.once(index))
            clock.shift(waits or 0)
    return results


def fill(probe: Probe, window, count: int) -> None:
    size = window / throttle.WINDOW_SLICES if probe.rolling else window
    key, ends = throttle._window(probe.counter, size, now())
    Counter.update(count=Counter.count + count).where(Counter.key == key).execute() or pytest.fail(probe.counter)
