"""What is erased, and when, in words: from the table in models/retention.py, for /privacy and pages of a dossier."""

import datetime as dt
from collections.abc import Mapping
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from models import Contact, Dossier, now, retention
from models.base import local_day
from models.retention import MAX_SETTING, RULES, Rule
from wording.deadlines import day

Settings = Mapping[str, Any]

# Of each rule: what it is about, and how long that stays. %(time)s is the period.
WORDS: dict[str, tuple[Any, Any]] = {
    "unconfirmed": (
        _l("An address whose owner never said yes, and for whose dossier no paper has arrived"),
        _l("%(time)s after the last message to it, and at most %(most)s after it was given"),
    ),
    "ended": (
        _l("Your e-mail address, mobile number or device, and which messages went there"),
        _l("%(time)s after the dossier is closed, lapsed or withdrawn. You can have it erased at once by your link"),
    ),
    "replaced": (_l("An address that another one has replaced"), _l("%(time)s after that")),
    "text": (_l("What a message said"), _l("%(time)s after it was sent, or given up")),
    "returned": (
        _l("A mail that came back and that no program could read; encrypted"),
        _l("%(time)s after staff have read it, and together with the address that it is about"),
    ),
    "decided": (
        _l("A dossier that is decided and that nobody closes"),
        _l("It is closed by itself %(time)s after the last step"),
    ),
    "dossier": (
        _l("The dossier: its number, status and history, and what the authority noted about it"),
        _l("%(time)s after it is closed, lapsed or withdrawn. Counts for statistics stay: they name nobody"),
    ),
    "bag": (
        _l("Which envelopes an authority opened together"),
        _l("%(time)s, and until the last of their dossiers is erased"),
    ),
    "plan": (_l("A change of several dossiers that staff prepared and did not make"), "%(time)s"),
    "counter": (
        _l("Against misuse: counters and marks from which neither an address nor a visitor can be read"),
        _l("%(time)s at most after they count"),
    ),
    "security": (_l("How many attacks there were, without who they came from"), _l("%(time)s; the totals stay")),
    "session": (_l("Sessions of the staff"), "%(time)s"),
    "form": (_l("What staff had typed into a form when their session ended; encrypted"), "%(time)s"),
    "invitation": (_l("Invitations of the staff"), _l("%(time)s, or until they are used")),
    "approval": (_l("What an administrator asked a second one to confirm"), "%(time)s"),
    "notice": (
        _l("Mails to the staff about their own accounts that have not left yet"),
        _l("%(time)s, or until they have left"),
    ),
    "browser": (_l("Browsers in which staff have signed in"), _l("%(time)s after they last did")),
    "account": (
        _l("Accounts of the staff"),
        _l("%(time)s after they are closed, and until the last dossier on which they worked is erased"),
    ),
    "audit": (
        _l("Who among the staff did and read what: numbers of accounts and dossiers, no names and no addresses"),
        _l("%(time)s; then it is taken out of the service, into a sealed file"),
    ),
    "reply": (_l("Answers to the computer systems of the authorities"), "%(time)s"),
    "heartbeat": (_l("Which of our programs are running"), _l("%(time)s after they have stopped")),
    "erasure": (
        _l("That something was erased, and when, so that no copy brings it back; it names nobody"),
        "%(time)s",
    ),
}
UNCUT = _l("They stay: no place is set for what is older")
ABOUT_STAFF = (
    "session",
    "form",
    "invitation",
    "approval",
    "notice",
    "browser",
    "account",
    "audit",
    "reply",
    "heartbeat",
    "plan",
    "bag",
)


class Line(NamedTuple):
    """One row of the table in words."""

    name: str
    what: str
    until: str
    about_staff: bool


def lines(settings: Settings) -> list[Line]:
    """The table in words: what citizens gave first."""
    found = [
        Line(rule.name, str(WORDS[rule.name][0]), _until(rule, settings), rule.name in ABOUT_STAFF) for rule in RULES
    ]
    order = [*WORDS]
    return sorted(found, key=lambda line: order.index(line.name))


def of_dossier(dossier: Dossier, settings: Settings) -> list[str]:
    """The sentences of the status page: when the dossier and its addresses are erased."""
    until = retention.dossier_until(dossier, settings)
    if until is None:
        period = span(retention.days("dossier", settings))
        return [_("The dossier will be erased %(time)s after it is closed, lapsed or withdrawn.", time=period)]
    sentences = [_("This page and the dossier will be erased on %(day)s.", day=day(local_day(until)))]
    addresses = retention.addresses_until(dossier, settings)
    if addresses and now() < addresses < until:
        sentences.append(_("Addresses for messages will be erased on %(day)s.", day=day(local_day(addresses))))
    return sentences


def of_contact(contact: Contact, settings: Settings) -> str:
    """The sentence of a contact's page: when it is erased."""
    until = retention.contact_until(contact, settings)
    if until is None:
        period = span(retention.days("ended", settings))
        return _("This address will be erased %(time)s after the dossier is closed, lapsed or withdrawn.", time=period)
    said = day(local_day(until))
    if contact.confirmed_at is None and retention.over_since(contact.dossier) is None and not contact.by_link:
        return _(
            "This address will be erased on %(day)s, unless you confirm it or your papers arrive before.", day=said
        )
    if contact.confirmed_at is None and retention.over_since(contact.dossier) is None:
        return _("This address will be erased on %(day)s, unless you confirm it before.", day=said)
    return _("This address will be erased on %(day)s.", day=said)


def span(period: dt.timedelta) -> str:
    """A period as people say it: hours below a day, else days, or years where they are whole."""
    if period < retention.DAY:
        hours = round(period.total_seconds() / 3600)
        return ngettext("%(num)d hour", "%(num)d hours", hours)
    years = round(period.days / 365.25)
    if years and period.days in (years * 365, int(years * 365.25)):
        return ngettext("%(num)d year", "%(num)d years", years)
    return ngettext("%(num)d day", "%(num)d days", period.days)


def _until(rule: Rule, settings: Settings) -> str:
    if rule.name == "audit" and not (settings["AUDIT_DIR"] or settings["BACKUP_DIR"]):
        return str(UNCUT)
    most = span(dt.timedelta(days=settings[MAX_SETTING]))
    return str(WORDS[rule.name][1]) % {"time": span(rule.period_in(settings)), "most": most}
