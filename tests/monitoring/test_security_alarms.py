"""Alarms of security ring for attacks on a pilot and on a country, and for no usual hour of either."""

import datetime as dt

import pytest
import time_machine

from commands import alarms
from models import SecurityCount

HOUR = dt.timedelta(hours=1)


@pytest.fixture
def clock(either):
    with either.app_context(), time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False) as clock:
        yield clock


def names() -> set[str]:
    return {condition.name for condition in alarms.ringing()}


# What a usual hour brings to a pilot and to a country: (kind, detail) -> how often.
PILOT = {
    ("signed-in", "passkey"): 5,
    ("sign-in-failed", "password"): 4,
    ("lookup-missed", "number"): 12,
    ("captcha", "proof-passed"): 18,
    ("captcha", "both-passed"): 4,
    ("captcha", "code-waiting"): 30,
    ("captcha", "ticket-passed"): 6,
    ("captcha", "code-wrong"): 9,
    ("captcha", "proof-expired"): 2,
    ("webhook-refused", "signature"): 1,
}
COUNTRY = {
    ("signed-in", "passkey"): 1500,
    ("signed-in", "totp"): 500,
    ("sign-in-failed", "password"): 300,
    ("sign-in-locked", "wait"): 25,
    ("lookup-missed", "number"): 400,
    ("limit-reached", "lookups-visitor"): 20,
    ("captcha", "proof-passed"): 19000,
    ("captcha", "proof-expired"): 900,
    ("captcha", "both-passed"): 9000,
    ("captcha", "code-passed"): 1000,
    ("captcha", "code-wrong"): 1500,
    ("captcha", "code-unticked"): 3000,
    ("webhook-refused", "stale"): 3,
}
ATTACKS = [
    ("sign-ins-failing", {("sign-in-failed", "password"): 40}, {("sign-in-failed", "password"): 3000}),
    ("sign-ins-failing", {("sign-in-locked", "wait"): 40}, {("sign-in-locked", "hour"): 200}),
    ("lookup-flood", {("lookup-missed", "number"): 700}, {("lookup-missed", "number"): 700}),
    ("lookup-flood", {("limit-reached", "lookups-network"): 120}, {("limit-reached", "lookups-everybody"): 120}),
    ("captcha-failing", {("captcha", "proof-invalid"): 60}, {("captcha", "code-wrong"): 40_000}),
    ("captcha-by-code", {("captcha", "code-passed"): 60}, {("captcha", "ticket-passed"): 14_000}),
    ("webhooks-refused", {("webhook-refused", "signature"): 20}, {("webhook-refused", "replayed"): 20}),
    ("keys-missing", {("key-problem", "unreadable"): 1}, {("key-problem", "unreadable"): 1}),
]


@pytest.mark.parametrize("usual", [PILOT, COUNTRY], ids=["pilot", "country"])
def test_usual_hours_ring_no_alarm_of_security(clock, usual):
    for _ in range(6):  # each hour as the one before
        SecurityCount.add({key: count // 6 for key, count in usual.items() if count >= 6})
        clock.shift(dt.timedelta(minutes=10))
        assert names() == set()


@pytest.mark.parametrize("volume", [0, 1], ids=["pilot", "country"])
def test_attack_rings_within_an_hour_and_is_over_two_hours_later(clock, volume):
    for name, *attack in ATTACKS:
        SecurityCount.add((PILOT, COUNTRY)[volume])
        SecurityCount.add(attack[volume])
        assert names() == {name}
        clock.shift(2 * HOUR)
        assert names() == set()
