"""The words of a dossier's history, one line for each event."""

import datetime as dt
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from flask_babel import gettext as _

from models import Authority, Event
from models.dossiers.kinds import ENVELOPES
from models.security.encrypted import UnreadableError
from web.languages import current
from wording.deadlines import day
from wording.kinds import title


class Line(NamedTuple):
    """One event as a citizen reads it."""

    title: str
    at: dt.datetime
    text: str
    note: str
    missing: list[str]


def lines(history: list[Event]) -> list[Line]:
    """The history, oldest first, in words."""
    return [Line(title(event.kind), event.at, text(event), note(event), event.missing(current())) for event in history]


def note(event: Event) -> str:
    """The note of an event, or that it cannot be decrypted; "" if there is none."""
    with suppress(UnreadableError):
        return str(event.note)
    return _("This text cannot be read at the moment.")


def text(event: Event) -> str:
    """The sentence below the title; "" if there is none."""
    if event.kind in ENVELOPES and event.arrived_on:
        return _("Arrived by post on %(day)s.", day=day(event.arrived_on))
    if event.kind == "incomplete" and event.until:
        return _("To arrive by %(day)s.", day=day(event.until))
    with suppress(UnreadableError):  # the title says the rest
        return SPECIAL[event.kind](event) if event.kind in SPECIAL else ""
    return ""


def date(event: Event, name: str) -> str:
    """The day in the details of `event` that is called so."""
    return day(dt.date.fromisoformat(event.details[name]))


def _posted(event: Event) -> str:
    if registered := event.details.get("registered"):
        return _("Posted on %(day)s by registered mail %(registered)s.", day=date(event, "on"), registered=registered)
    return _("Posted on %(day)s.", day=date(event, "on"))


def _corrected(event: Event) -> str:
    return _("Arrived on %(day)s, not on %(earlier)s.", day=day(event.arrived_on), earlier=date(event, "from"))


def _returned(event: Event) -> str:
    return _(
        "%(what)s, on %(day)s by registered mail %(registered)s.",
        what=event.details["what"],
        day=date(event, "on"),
        registered=event.details["registered"],
    )


def _transferred(event: Event) -> str:
    to = name(event, "to")
    return _("Now with: %(name)s", name=to) if to else ""


def forwarded(event: Event) -> str:
    """Where the envelope came, and where it goes."""
    names = {"first": name(event, "from"), "name": name(event, "to")}
    return _("It came to %(first)s on %(day)s and was sent on to %(name)s.", day=day(event.arrived_on), **names)


def absent(event: Event) -> str:
    """The envelope came without the form."""
    return _("An envelope with this number came on %(day)s, but this form was not in it.", day=day(event.arrived_on))


def name(event: Event, which: str) -> str:
    """The name of an authority in the details of `event`, if there still is one."""
    authority = Authority.get_or_none(Authority.slug == event.details.get(which))
    return authority.name[current()] if authority else ""


# The kinds whose text is a sentence of their own.
SPECIAL: dict[str, Callable[[Event], str]] = {
    "posted": _posted,
    "corrected": _corrected,
    "returned": _returned,
    "transferred": _transferred,
    "forwarded": forwarded,
    "absent": absent,
}
