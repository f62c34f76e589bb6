"""When security events ring. Each rule takes a number that no pilot reaches and a share that no country does.

A pilot sees 20 registrations an hour and five sign-ins a morning, a country 20,000 and 2,000. Every hour of either has
wrong passwords, codes that were misread and numbers that do not exist.
"""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator

from models.monitoring.alarm import Condition
from models.security.events import SecurityCount

WINDOW = dt.timedelta(hours=1)
MIN_SIGN_INS_FAILED, MIN_LOCKED, MAX_LOCKED_SHARE = 30, 30, 0.05  # of those that succeeded
MIN_MISSED, MIN_LOOKUPS_LIMITED = 600, 100
MIN_CAPTCHAS_FAILED, MAX_FAILED_SHARE = 20, 0.5
MIN_CODES, MAX_CODE_SHARE = 30, 0.3  # of the CAPTCHAs that were solved; without scripts come a few in a hundred
MIN_WEBHOOKS_REFUSED = 10
NO_ANSWER = ("unticked", "untyped", "waiting")  # verdicts on a form that was sent without an answer, or too early

Counts = Counter[tuple[str, str]]


def ringing() -> Iterator[Condition]:
    """What rings now, by the events of the last hour."""
    counts = SecurityCount.within(WINDOW)
    for name, rule in RULES.items():
        if text := rule(counts):
            yield Condition(name, f"{text} within an hour")


def _sign_ins(counts: Counts) -> str:
    """Somebody tries passwords: more fail than succeed, or many are locked out."""
    failed, locked, succeeded = _of(counts, "sign-in-failed"), _of(counts, "sign-in-locked"), _of(counts, "signed-in")
    many_failed = failed >= MIN_SIGN_INS_FAILED and failed > succeeded
    many_locked = locked >= MIN_LOCKED and locked > MAX_LOCKED_SHARE * succeeded
    return (
        f"{failed} sign-ins failed, {locked} were locked, {succeeded} succeeded" if many_failed or many_locked else ""
    )


def _lookups(counts: Counts) -> str:
    """Somebody guesses numbers."""
    missed = _of(counts, "lookup-missed")
    limited = sum(count for (kind, detail), count in counts.items() if kind == "limit-reached" and "lookup" in detail)
    flood = missed >= MIN_MISSED or limited >= MIN_LOOKUPS_LIMITED
    return f"{missed} look-ups found nothing, {limited} were refused" if flood else ""


def _captcha_fails(counts: Counts) -> str:
    """Programs try to pass it, or it is broken and nobody can."""
    verdicts = _captcha(counts, "")
    failed = sum(count for verdict, count in verdicts.items() if verdict not in ("passed", *NO_ANSWER))
    many = failed >= MIN_CAPTCHAS_FAILED and failed > MAX_FAILED_SHARE * (failed + verdicts["passed"])
    return f"{failed} CAPTCHAs were not passed, {verdicts['passed']} were" if many else ""


def _captcha_by_code(counts: Counts) -> str:
    """Programs read the digits: the way without scripts is the way of few people."""
    every = _captcha(counts, "")["passed"]
    proofs = _captcha(counts, "proof-")["passed"] + _captcha(counts, "both-")["passed"]
    many = every - proofs >= MIN_CODES and every - proofs > MAX_CODE_SHARE * every
    return f"{every - proofs} of {every} CAPTCHAs were passed by a code" if many else ""


def _webhooks(counts: Counts) -> str:
    """A provider's secret is not the one that we have, or somebody makes up delivery reports."""
    refused = _of(counts, "webhook-refused")
    return f"{refused} requests of providers were refused" if refused >= MIN_WEBHOOKS_REFUSED else ""


def _keys(counts: Counts) -> str:
    """What was stored can no longer be read: a key is missing in the ring, or a row was tampered with."""
    problems = _of(counts, "key-problem")
    return f"{problems} stored values could not be decrypted" if problems else ""


def _of(counts: Counts, kind: str) -> int:
    return sum(count for (name, _detail), count in counts.items() if name == kind)


def _captcha(counts: Counts, path: str) -> Counter[str]:
    """The verdicts on CAPTCHAs solved by this path; by any, if it is empty."""
    verdicts: Counter[str] = Counter()
    for (kind, detail), count in counts.items():
        if kind == "captcha" and detail.startswith(path):
            verdicts[detail.partition("-")[2]] += count
    return verdicts


RULES: dict[str, Callable[[Counts], str]] = {
    "sign-ins-failing": _sign_ins,
    "lookup-flood": _lookups,
    "captcha-failing": _captcha_fails,
    "captcha-by-code": _captcha_by_code,
    "webhooks-refused": _webhooks,
    "keys-missing": _keys,
}
NAMES = tuple(RULES)
