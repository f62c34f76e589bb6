"""A dossier in plain, truthful words: printed is not posted, posted is not arrived, arrived is not complete."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from models import Authority, Dossier, Event, Procedure, WaitingTime, today
from models.life import expected_by

from . import clock_words
from .clock_words import Due, day
from .languages import current


class Words(NamedTuple):
    label: str
    now: str
    next: str
    who: str
    dues: list[Due] = []


class Line(NamedTuple):
    """One event as a citizen reads it."""

    title: str
    at: dt.datetime
    text: str
    note: str
    missing: list[str]


def label(status: str) -> str:
    """A status in a word or two."""
    return {
        "announced": _("Not arrived yet"),
        "received": _("Arrived"),
        "incomplete": _("Documents are missing"),
        "examination": _("Being examined"),
        "decided": _("Decided"),
        "closed": _("Closed"),
        "lapsed": _("Lapsed"),
        "withdrawn": _("Withdrawn"),
    }[status]


def meaning(status: str) -> str:
    """The same in a sentence, for the help page."""
    return {
        "announced": _("You have a number. The authority has not scanned your envelope yet."),
        "received": _("The authority has opened your envelope. Whether everything is in it, is not checked yet."),
        "incomplete": _("Something is missing. The page and the message say what, and by when."),
        "examination": _("Your documents are there, and the authority is working on them."),
        "decided": _("There is a decision. You get it in writing, from the authority itself."),
        "closed": _("Everything is done."),
        "lapsed": _("Nothing arrived, or the missing documents did not come in time."),
        "withdrawn": _("The application was withdrawn."),
    }[status]


def of(dossier: Dossier, history: list[Event]) -> Words:
    """Where `dossier` stands, what happens next, who must act, and by when."""
    if history[-1].kind in ("forwarded", "absent") and dossier.status in ("announced", "lapsed", "incomplete"):
        return _astray(dossier, history[-1])
    return {
        "announced": _announced,
        "received": _received,
        "incomplete": _incomplete,
        "examination": _examination,
        "decided": _decided,
        "closed": _closed,
        "lapsed": _lapsed,
        "withdrawn": _withdrawn,
    }[dossier.status](dossier, history)


def lines(history: list[Event]) -> list[Line]:
    """The history, oldest first, in words."""
    return [Line(title(event.kind), event.at, _text(event), event.note, event.missing(current())) for event in history]


def waited(procedure: Procedure) -> str:
    """How long others waited, if enough did: a look back, no promise that it goes on like this."""
    time = WaitingTime.of(procedure)
    return spread(time.half, time.most) if time else ""


def spread(half: int, most: int) -> str:
    """The days within which half, and nine of ten, were decided. What took no day is said to take one."""
    return ngettext(
        "Half were decided within %(half)d and nine of ten within %(num)d day.",
        "Half were decided within %(half)d and nine of ten within %(num)d days.",
        max(most, 1),
        half=max(half, 1),
    )


def _you() -> str:
    return _("You")


def _authority(dossier: Dossier) -> str:
    return dossier.authority.name[current()]


def _announced(dossier: Dossier, history: list[Event]) -> Words:
    said = [event for event in history if event.kind in ("posted", "unarrived")]
    rule = dossier.form.period_at(today())
    dues = [clock_words.before_arrival(rule)] if rule else []
    if not said:
        now = _("Your number is ready. Your papers have not arrived at the authority yet.")
        return Words(label("announced"), now, _("You post the form and the sheet in one envelope."), _you(), dues)
    posted = _date(said[-1], "on")
    if said[-1].kind == "unarrived":
        now = _("You posted your papers on %(day)s. They should have arrived by now.", day=posted)
        then = _("Ask the authority, or the post if they were registered. If nobody has them, post them once more.")
        return Words(label("announced"), now, then, _you(), dues)
    now = _("You posted your papers on %(day)s. They have not arrived yet.", day=posted)
    late = day(expected_by(dt.date.fromisoformat(said[-1].details["on"])))
    then = _(
        "The authority scans the code when it opens your envelope. If it has not by %(day)s, you hear of it.", day=late
    )
    return Words(label("announced"), now, then, _("Nobody"), dues)


def _astray(dossier: Dossier, event: Event) -> Words:
    """The envelope came, but to another authority, or without this form."""
    if event.kind == "forwarded":
        then = _("The authority scans the code when it has the envelope. You need do nothing.")
        return Words(label(dossier.status), _forwarded(event), then, _authority(dossier))
    return Words(label(dossier.status), _absent(event), _("You post the form by itself, with its own sheet."), _you())


def _received(dossier: Dossier, history: list[Event]) -> Words:
    return Words(
        label("received"),
        _arrival(dossier, history),
        _("The authority checks whether all documents are there. You need do nothing."),
        _authority(dossier),
        _limit(dossier, history),
    )


def _arrival(dossier: Dossier, history: list[Event]) -> str:
    supplied = next((event for event in reversed(history) if event.kind in ("supplied", "incomplete")), None)
    if supplied and supplied.kind == "supplied":
        return _("The missing documents arrived on %(day)s.", day=day(supplied.arrived_on))
    return _("Your envelope arrived on %(day)s.", day=day(dossier.arrived_on))


def _incomplete(dossier: Dossier, history: list[Event]) -> Words:
    return Words(
        label("incomplete"),
        _("The authority has your papers, but needs more to go on."),
        _("You post the missing documents to the authority, with your number on them."),
        _you(),
        [*clock_words.yours(history), *_limit(dossier, history)],
    )


def _examination(dossier: Dossier, history: list[Event]) -> Words:
    return Words(
        label("examination"),
        _("The authority has your documents and is examining your dossier."),
        _("The authority decides, or asks you if something is missing. You need do nothing."),
        _authority(dossier),
        _limit(dossier, history),
    )


def _decided(dossier: Dossier, _history: list[Event]) -> Words:
    return Words(
        label("decided"),
        _("The authority has decided. What it decided is not shown here."),
        _("You get the decision in writing, from the authority itself."),
        _authority(dossier),
    )


def _closed(_dossier: Dossier, _history: list[Event]) -> Words:
    then = _("Nothing more happens with this number.")
    return Words(label("closed"), _("This dossier is closed."), then, _("Nobody"))


def _lapsed(dossier: Dossier, _history: list[Event]) -> Words:
    if dossier.arrived_on is None:
        now = _("No envelope with this number has arrived, so the number has lapsed.")
        return Words(label("lapsed"), now, _("If you have posted it after all, please ask the authority."), _you())
    now = _("The missing documents have not arrived in time.")
    return Words(label("lapsed"), now, _("Please ask the authority what you can do."), _you())


def _withdrawn(_dossier: Dossier, _history: list[Event]) -> Words:
    now = _("The application was withdrawn.")
    return Words(label("withdrawn"), now, _("Nothing more happens with this number."), _("Nobody"))


def _limit(dossier: Dossier, history: list[Event]) -> list[Due]:
    """By when the authority answers: a rule, never a promise."""
    reading = dossier.reading(history)
    return [clock_words.limit(reading, today())] if reading else []


def title(kind: str) -> str:
    """What an event of this kind is called."""
    titles = {
        "announced": _("Number given out"),
        "posted": _("Reported as posted"),
        "reminder": _("Reminded"),
        "unarrived": _("Not arrived in time"),
        "received": _("Arrived"),
        "incomplete": _("Documents are missing"),
        "examination": _("Examination begun"),
        "decided": _("Decided"),
        "closed": _("Closed"),
        "lapsed": _("Lapsed"),
        "withdrawn": _("Withdrawn"),
        "supplied": _("Missing documents arrived"),
        "further": _("Further papers arrived"),
        "corrected": _("Date of arrival corrected"),
        "returned": _("Originals sent back"),
        "transferred": _("Handed over to another authority"),
        "forwarded": _("Forwarded to the right authority"),
        "absent": _("Envelope came without this form"),
        "undone": _("Taken back"),
    }
    return titles[kind]


def _text(event: Event) -> str:
    if event.kind in ("received", "supplied", "further") and event.arrived_on:
        return _("Arrived by post on %(day)s.", day=day(event.arrived_on))
    if event.kind == "incomplete" and event.until:
        return _("To arrive by %(day)s.", day=day(event.until))
    special = {
        "posted": _posted,
        "corrected": _corrected,
        "returned": _returned,
        "transferred": _transferred,
        "forwarded": _forwarded,
        "absent": _absent,
    }
    return special[event.kind](event) if event.kind in special else ""


def _date(event: Event, name: str) -> str:
    return day(dt.date.fromisoformat(event.details[name]))


def _posted(event: Event) -> str:
    if registered := event.details.get("registered"):
        return _("Posted on %(day)s by registered mail %(registered)s.", day=_date(event, "on"), registered=registered)
    return _("Posted on %(day)s.", day=_date(event, "on"))


def _corrected(event: Event) -> str:
    return _("Arrived on %(day)s, not on %(earlier)s.", day=day(event.arrived_on), earlier=_date(event, "from"))


def _returned(event: Event) -> str:
    return _("%(what)s, on %(day)s by registered mail %(registered)s.",
             what=event.details["what"], day=_date(event, "on"), registered=event.details["registered"])  # fmt: skip


def _transferred(event: Event) -> str:
    name = _name(event, "to")
    return _("Now with: %(name)s", name=name) if name else ""


def _forwarded(event: Event) -> str:
    names = {"first": _name(event, "from"), "name": _name(event, "to")}
    return _("It came to %(first)s on %(day)s and was sent on to %(name)s.", day=day(event.arrived_on), **names)


def _absent(event: Event) -> str:
    return _("An envelope with this number came on %(day)s, but this form was not in it.", day=day(event.arrived_on))


def _name(event: Event, which: str) -> str:
    """The name of an authority in the details of `event`, if there still is one."""
    authority = Authority.get_or_none(Authority.slug == event.details.get(which))
    return authority.name[current()] if authority else ""
