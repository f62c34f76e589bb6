"""A dossier in plain, truthful words: printed is not posted, posted is not arrived, arrived is not complete."""

import datetime as dt
from typing import NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from models import Dossier, Event, Procedure, WaitingTime, today
from models.base import local_day
from models.dossiers.history import History
from models.dossiers.kinds import AWAITING_PAPER, ENTERING
from models.dossiers.moves import expected_by
from web.languages import current
from wording import deadlines as clock_words
from wording import events as event_words
from wording.deadlines import Due, day

LABELS = {
    "announced": _l("Not arrived yet"),
    "received": _l("Arrived"),
    "incomplete": _l("Documents are missing"),
    "examination": _l("Being examined"),
    "decided": _l("Decided"),
    "closed": _l("Closed"),
    "lapsed": _l("Lapsed"),
    "withdrawn": _l("Withdrawn"),
}

MEANINGS = {
    "announced": _l("You have a number. The authority has not scanned your envelope yet."),
    "received": _l("The authority has opened your envelope. Whether everything is in it, is not checked yet."),
    "incomplete": _l("Something is missing. The page and the message say what, and by when."),
    "examination": _l("Your documents are there, and the authority is working on them."),
    "decided": _l("There is a decision. You get it in writing, from the authority itself."),
    "closed": _l("Everything is done."),
    "lapsed": _l("Nothing arrived, or the missing documents did not come in time."),
    "withdrawn": _l("The application was withdrawn."),
}


class Words(NamedTuple):
    label: str
    now: str
    next: str
    who: str
    dues: list[Due] = []

    @property
    def dated(self) -> Due | None:
        """The date of them that goes into a calendar, if it is still to come."""
        return next((due for due in self.dues if due.date and due.date >= today()), None)


def label(status: str) -> str:
    """A status in a word or two."""
    return str(LABELS[status])


def meaning(status: str) -> str:
    """The same in a sentence, for the help page."""
    return str(MEANINGS[status])


def of(dossier: Dossier) -> Words:
    """Where `dossier` stands, what happens next, who must act, and by when."""
    words = _standing(dossier)
    return words._replace(dues=[*words.dues, *_aside(dossier.history)])


def note(dossier: Dossier) -> event_words.Line | None:
    """What the authority wrote last about where the dossier stands now.

    A new authority does not repeat the words of the one before, but what was asked for is still asked for.
    """
    first = ENTERING if dossier.status == "incomplete" else (*ENTERING, "transferred")
    last = next(event for event in reversed(dossier.history.standing) if event.note or event.kind in first)
    return event_words.lines([last])[0] if last.note else None


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


def _standing(dossier: Dossier) -> Words:
    last = dossier.history.last_but("reminder")
    if last.kind in ("forwarded", "absent") and dossier.status in AWAITING_PAPER:
        return _astray(dossier, last)
    return {
        "announced": _announced,
        "received": _received,
        "incomplete": _incomplete,
        "examination": _examination,
        "decided": _decided,
        "closed": _closed,
        "lapsed": _lapsed,
        "withdrawn": _withdrawn,
    }[dossier.status](dossier)


def _aside(history: History) -> list[Due]:
    """What else there is to know: since the present status began, and what went back to the citizen at any time."""
    since = history.present.id
    kinds = ("further", "corrected", "transferred")
    told = [event for event in history.of("returned", *kinds) if event.kind == "returned" or event.id > since]
    return [Due(event_words.title(event.kind), event_words.text(event)) for event in told]


def _announced(dossier: Dossier) -> Words:
    last = dossier.history.last_but("reminder")
    dues = _period(dossier)
    if last.kind == "announced":
        now = _("Your number is ready. Your papers have not arrived at the authority yet.")
        then = _("You post the form and the sheet in one envelope.")
        return Words(label("announced"), now, then, _you(), [*_ending(dossier), *dues])
    if last.kind == "unarrived":
        now = _("You posted your papers on %(day)s. They should have arrived by now.", day=event_words.date(last, "on"))
        then = _("Ask the authority, or the post if they were registered. If nobody has them, post them once more.")
        if first := event_words.name(last, "from"):
            now = _(
                "Your envelope came to %(first)s on %(day)s and was sent on. It should have arrived by now.",
                first=first,
                day=event_words.date(last, "on"),
            )
            then = _("Ask one of the two authorities. If nobody has it, post your papers once more.")
        return Words(label("announced"), now, then, _you(), dues)
    now = _("You posted your papers on %(day)s. They have not arrived yet.", day=event_words.date(last, "on"))
    return Words(label("announced"), now, _scanned_by(dt.date.fromisoformat(last.details["on"])), _("Nobody"), dues)


def _ending(dossier: Dossier) -> list[Due]:
    """Until when a number is good that nobody seems to use."""
    if dossier.history.standing[-1].kind != "reminder":
        return []
    text = _(
        "On %(day)s the number lapses. Papers that come later are accepted all the same.", day=day(dossier.look_on)
    )
    return [Due(_("By when"), text)]


def _scanned_by(sent_on: dt.date) -> str:
    late = day(expected_by(sent_on))
    return _(
        "The authority scans the code when it opens your envelope. If it has not by %(day)s, you read here what "
        "you can do.",
        day=late,
    )


def _astray(dossier: Dossier, event: Event) -> Words:
    """The envelope came, but to another authority, or without this form."""
    waiting = dossier.status == "incomplete"
    dues = [*clock_words.yours(dossier.history, today()), *_limit(dossier)] if waiting else _period(dossier)
    if event.kind == "forwarded":
        then = _("The authority scans the code when it has the envelope. You need do nothing.")
        if dossier.status == "announced":
            nothing = _("You need do nothing now.")
            then = f"{_scanned_by(event.arrived_on or today())} {nothing}"
        return Words(label(dossier.status), event_words.forwarded(event), then, _authority(dossier), dues)
    then = _("You post the form by itself, with its own sheet.")
    if waiting:
        then = _("You post the missing documents to the authority, with your number on them.")
    return Words(label(dossier.status), event_words.absent(event), then, _you(), dues)


def _period(dossier: Dossier) -> list[Due]:
    """How long it will take, as far as can be said before anything has arrived."""
    rule = dossier.form.period_at(today())
    return [clock_words.before_arrival(rule)] if rule else []


def _received(dossier: Dossier) -> Words:
    return Words(
        label("received"),
        _arrival(dossier),
        _("The authority checks whether all documents are there. You need do nothing."),
        _authority(dossier),
        _limit(dossier),
    )


def _arrival(dossier: Dossier) -> str:
    supplied = dossier.history.last("supplied", "incomplete")
    if supplied and supplied.kind == "supplied":
        return _("The missing documents arrived on %(day)s.", day=day(supplied.arrived_on))
    return _("Your envelope arrived on %(day)s.", day=day(dossier.arrived_on))


def _incomplete(dossier: Dossier) -> Words:
    return Words(
        label("incomplete"),
        _("The authority has your papers, but needs more to go on."),
        _("You post the missing documents to the authority, with your number on them."),
        _you(),
        [*clock_words.yours(dossier.history, today()), *_limit(dossier)],
    )


def _examination(dossier: Dossier) -> Words:
    return Words(
        label("examination"),
        _("The authority has your documents and is examining your dossier."),
        _("The authority decides, or asks you if something is missing. You need do nothing."),
        _authority(dossier),
        _limit(dossier),
    )


def _decided(dossier: Dossier) -> Words:
    return Words(
        label("decided"),
        _("The authority decided on %(day)s. What it decided is not shown here.", day=_since(dossier)),
        _("You get the decision in writing, from the authority itself."),
        _authority(dossier),
    )


def _closed(dossier: Dossier) -> Words:
    now = _("This dossier was closed on %(day)s.", day=_since(dossier))
    then = _("Nothing more is expected. If originals are sent back to you later, you read it here.")
    return Words(label("closed"), now, then, _("Nobody"))


def _lapsed(dossier: Dossier) -> Words:
    if dossier.arrived_on is None:
        now = _("This form has not arrived at the authority, so the number lapsed on %(day)s.", day=_since(dossier))
        then = _("If you have posted it after all, please ask the authority. If it arrives, the number is valid again.")
        return Words(label("lapsed"), now, then, _("You, if you have posted it"))
    now = _("The missing documents have not arrived in time.")
    return Words(label("lapsed"), now, _("Please ask the authority what you can do."), _you())


def _withdrawn(dossier: Dossier) -> Words:
    now = _("The application was withdrawn on %(day)s.", day=_since(dossier))
    then = _("The authority does not go on with it. If you know nothing of this, please ask there soon.")
    return Words(label("withdrawn"), now, then, _("Nobody"))


def _since(dossier: Dossier) -> str:
    """The day on which the present status began."""
    return day(local_day(dossier.history.present.at))


def _limit(dossier: Dossier) -> list[Due]:
    """By when the authority answers: a rule, never a promise."""
    reading = dossier.reading
    return [clock_words.limit(reading, today())] if reading else []
