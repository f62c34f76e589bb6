"""The words of the status page. They stay truthful: printed is not posted, posted not arrived, arrived not complete."""

import datetime as dt
from collections.abc import Callable
from typing import NamedTuple

from flask_babel import format_time, ngettext
from flask_babel import gettext as _

from models import Dossier, Event, Procedure, WaitingTime, today
from models.base import LUXEMBOURG, local_day
from models.dossiers.history import History
from models.dossiers.kinds import ASIDE, AWAITING_PAPER, ENTERING, ENVELOPES, KINDS, WITH_AUTHORITY
from models.dossiers.moves import expected_by
from web.languages import current
from wording import deadlines as deadline_words
from wording import events as event_words
from wording import kinds
from wording.deadlines import Due, day
from wording.kinds import WORDS, label, title


class Standing(NamedTuple):
    """Where a dossier stands now, what happens next, who must act, and by when."""

    label: str
    now: str
    next: str
    who: str
    dues: list[Due] = []

    @property
    def dated(self) -> Due | None:
        """The first date still to come: the one that goes into a calendar."""
        return next((due for due in self.dues if due.date and due.date >= today()), None)


def of(dossier: Dossier) -> Standing:
    """Where `dossier` stands, in words for its status page."""
    standing = _standing(dossier)
    return standing._replace(dues=[*standing.dues, *_aside(dossier.history)])


class Recording(NamedTuple):
    """What staff did last and can still undo: what the page says of it. `arrival`: papers arrived just before."""

    text: str
    arrival: bool


def recording(history: History) -> Recording | None:
    """What is said while the latest event can be undone; None if it stands."""
    until = history.undoable_until
    if until is None:
        return None
    time = format_time(until.astimezone(LUXEMBOURG), "short", rebase=False)
    text = _("Being recorded until %(time)s: until then the authority can still take it back.", time=time)
    return Recording(text, any(event in history.held for event in history.of(*ENVELOPES)))


def note(dossier: Dossier) -> event_words.Line | None:
    """The authority's latest note about the present status.

    After a hand-over the note of the former authority no longer counts, unless it says what is still missing.
    """
    first = ENTERING if dossier.status == "incomplete" else (*ENTERING, "transferred")
    noted = [line for line in event_words.lines(dossier.history.since(*first)) if line.note]
    return noted[-1] if noted else None


def waited(procedure: Procedure) -> str:
    """The waiting time of others, if there were enough cases; "" if not."""
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


def _standing(dossier: Dossier) -> Standing:
    last = dossier.history.last_but("reminder")
    if last.kind in ASTRAY and dossier.status in AWAITING_PAPER:
        return ASTRAY[last.kind](dossier, last)
    return SPECIAL.get(dossier.status, _plain)(dossier)


def _plain(dossier: Dossier) -> Standing:
    """A status with fixed words: those in kinds.py."""
    status, since = dossier.status, day(local_day(dossier.history.present.at))
    who = _who(WORDS[status].who, dossier)
    return Standing(label(status), kinds.now(status, since), kinds.next_step(status), who, _dues(dossier))


def _who(acts: str, dossier: Dossier) -> str:
    return {"you": _("You"), "authority": dossier.authority.name[current()], "nobody": _("Nobody")}[acts]


def _aside(history: History) -> list[Due]:
    """Events to tell beside the status: those of the present status, and originals sent back at any time."""
    meanwhile = history.since(*ENTERING)
    told = [event for event in history.of(*ASIDE) if KINDS[event.kind].aside == "always" or event in meanwhile]
    return [Due(title(event.kind), event_words.text(event)) for event in told]


def _dues(dossier: Dossier) -> list[Due]:
    """The deadlines of the citizen and of the authority, while the authority has the dossier."""
    if dossier.status not in WITH_AUTHORITY:
        return []
    asked = KINDS[dossier.status].clock == "request"
    yours = deadline_words.yours(dossier.history, today()) if asked else []
    reading = dossier.reading
    return [*yours, deadline_words.deadline(reading, today())] if reading else yours


def _period(dossier: Dossier) -> list[Due]:
    """The period of the form, before anything has arrived."""
    rule = dossier.form.period_at(today())
    return [deadline_words.before_arrival(rule)] if rule else []


def _announced(dossier: Dossier) -> Standing:
    last = dossier.history.last_but("reminder")
    if last.kind == "announced":
        return _to_be_posted(dossier)
    if last.kind == "unarrived":
        return _late(dossier, last)
    now = _("You posted your papers on %(day)s. They have not arrived yet.", day=event_words.date(last, "on"))
    then = _scanned_by(dt.date.fromisoformat(last.details["on"]))
    return Standing(label("announced"), now, then, _who("nobody", dossier), _period(dossier))


def _to_be_posted(dossier: Dossier) -> Standing:
    now = _("Your number is ready. Your papers have not arrived at the authority yet.")
    then = _("You post the form and the sheet in one envelope.")
    return Standing(label("announced"), now, then, _who("you", dossier), [*_ending(dossier), *_period(dossier)])


def _late(dossier: Dossier, event: Event) -> Standing:
    """The envelope was posted, or sent on, and should have been scanned by now."""
    on = event_words.date(event, "on")
    now = _("You posted your papers on %(day)s. They should have arrived by now.", day=on)
    then = _("Ask the authority, or the post if they were registered. If nobody has them, post them once more.")
    if first := event_words.name(event, "from"):
        now = _(
            "Your envelope came to %(first)s on %(day)s and was sent on. It should have arrived by now.",
            first=first,
            day=on,
        )
        then = _("Ask one of the two authorities. If nobody has it, post your papers once more.")
    return Standing(label("announced"), now, then, _who("you", dossier), _period(dossier))


def _ending(dossier: Dossier) -> list[Due]:
    """After the reminder: the day on which an unused number lapses."""
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


def _forwarded(dossier: Dossier, event: Event) -> Standing:
    """The envelope came to another authority, which sent it on."""
    then = _("The authority scans the code when it has the envelope. You need do nothing.")
    if dossier.status == "announced":
        nothing = _("You need do nothing now.")
        then = f"{_scanned_by(event.arrived_on or today())} {nothing}"
    now, who = event_words.forwarded(event), _who("authority", dossier)
    return Standing(label(dossier.status), now, then, who, _dues_astray(dossier))


def _absent(dossier: Dossier, event: Event) -> Standing:
    """An envelope with this number came without this form."""
    then = _("You post the form by itself, with its own sheet.")
    if dossier.status == "incomplete":
        then = kinds.next_step("incomplete")
    now, who = event_words.absent(event), _who("you", dossier)
    return Standing(label(dossier.status), now, then, who, _dues_astray(dossier))


def _dues_astray(dossier: Dossier) -> list[Due]:
    return _dues(dossier) if dossier.status in WITH_AUTHORITY else _period(dossier)


def _received(dossier: Dossier) -> Standing:
    supplied = dossier.history.last("supplied", "incomplete")
    now = _("Your envelope arrived on %(day)s.", day=day(dossier.arrived_on))
    if supplied and supplied.kind == "supplied":
        now = _("The missing documents arrived on %(day)s.", day=day(supplied.arrived_on))
    return _plain(dossier)._replace(now=now)


def _lapsed(dossier: Dossier) -> Standing:
    if dossier.arrived_on is None:
        since = day(local_day(dossier.history.present.at))
        now = _("This form has not arrived at the authority, so the number lapsed on %(day)s.", day=since)
        then = _("If you have posted it after all, please ask the authority. If it arrives, the number is valid again.")
        return Standing(label("lapsed"), now, then, _("You, if you have posted it"))
    now = _("The missing documents have not arrived in time.")
    return Standing(label("lapsed"), now, _("Please ask the authority what you can do."), _who("you", dossier))


# Statuses whose words depend on more than the status; and events after which a dossier that waits for paper has other
# words than those of its status.
SPECIAL: dict[str, Callable[[Dossier], Standing]] = {
    "announced": _announced,
    "received": _received,
    "lapsed": _lapsed,
}
ASTRAY: dict[str, Callable[[Dossier, Event], Standing]] = {"forwarded": _forwarded, "absent": _absent}
