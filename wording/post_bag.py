"""The outcome of a scanned code in plain words, with the next step."""

from collections.abc import Callable
from typing import NamedTuple

from flask_babel import gettext as _

from models import Contact, Dossier, Event, Read, Scope, Staff
from models.base import local_day
from models.dossiers.kinds import ENVELOPES, FINAL
from web.languages import current, in_language
from wording.deadlines import day
from wording.kinds import label


class Answer(NamedTuple):
    """`tone` is good, wait (look at it) or bad (nothing was recorded): seen, heard and felt; the words say the same."""

    tone: str
    title: str
    text: str = ""
    then: str = ""


def answer(read: Read, dossier: Dossier | None, staff: Staff) -> Answer:
    """The answer to one number. `dossier` may be another authority's: then no more than whose it is is said."""
    if dossier is None:
        return _without(read)
    found: dict[str, Callable[[Read, Dossier, Staff], Answer]] = {
        "again": _again,
        "early": _early,
        "supplied": _supplied,
        "elsewhere": _elsewhere,
        "forwarded": _forwarded,
    }
    return found[read.outcome](read, dossier, staff) if read.outcome in found else _plain(read)


def _without(read: Read) -> Answer:
    """There is no dossier to it (any more)."""
    then = _("Keep the envelope aside. If the papers are yours, you can record them without a number.")
    return {
        "unknown": Answer(
            "bad",
            _("Unknown number"),
            _("It is well formed, but no dossier has it. Please compare it with the paper."),
            then,
        ),
        "malformed": Answer(
            "bad",
            _("Not a whole number"),
            _("An eTracking number has 13 characters, and the last one checks the others."),
            _("Scan it again or type it. You can also find it by its first characters."),
        ),
        "foreign": Answer(
            "bad",
            _("Not a code of ours"),
            _("Nothing was recorded."),
            _("Look for the code beside the words “eTracking number”."),
        ),
        "two": Answer(
            "bad",
            _("Two codes in one go"),
            _("Nothing was recorded: two different codes came as one."),
            _("Scan each of the two envelopes again, one after the other."),
        ),
        "postmark": Answer(
            "bad",
            _("Postmark later than the arrival"),
            _("Nothing was recorded: a letter is not posted after it has arrived."),
            _("Correct the postmark, or leave it empty, and scan the code again."),
        ),
    }.get(read.outcome, Answer("wait", _("Deleted in the meantime"), _("Its time was over.")))


def _plain(read: Read) -> Answer:
    return {
        "arrived": Answer("good", _("Arrived")),
        "revived": Answer("good", _("Arrived after all"), _("The number had lapsed; now it is valid again.")),
        "asked": Answer(
            "good",
            _("Arrived, and asked for what is missing"),
            _("One message tells the citizen both, with a sheet for what is missing."),
        ),
        "further": Answer("good", _("Further papers recorded"), _("The citizen is told that they have arrived.")),
        "absent": Answer(
            "wait", _("Not in the envelope"), _("The citizen is told that the envelope came without this form.")
        ),
        "twice": Answer(
            "wait",
            _("Already in this bag"),
            _("It was scanned a moment ago; nothing changed."),
            _("Go on with the next."),
        ),
        "undone": Answer("wait", _("Taken back"), _("As if it had never been scanned: nobody hears of it.")),
    }[read.outcome]


def _supplied(read: Read, dossier: Dossier, _staff: Staff) -> Answer:
    text = _("The clock goes on by itself from the day of arrival.")
    if read.round and read.round < dossier.round:
        text = _("This sheet is of an earlier request (%(round)s); the list here is of the latest.", round=read.round)
    elif not read.round:
        text = _("It came with the first sheet instead of the follow-up sheet: that is fine.")
    return Answer("good", _("Missing documents arrived"), text)


def _again(read: Read, dossier: Dossier, staff: Staff) -> Answer:
    if not Scope(staff).sees(dossier):  # what became of it there is not for the former authority
        text = _("Another authority has it now.")
    elif dossier.status in FINAL:
        text = _("Nothing more was expected: %(status)s.", status=label(dossier.status))
    else:
        text = _("Its status: %(status)s.", status=label(dossier.status))
    earlier = [event for event in dossier.history.of(*ENVELOPES) if event.at < read.at]
    if earlier:
        text = f"{_earlier(earlier[-1], staff)} {text}"
    return Answer("wait", _("Already here"), text, _("Are there further papers in this envelope? Then record them."))


def _earlier(event: Event, staff: Staff) -> str:
    arrived, scanned = day(event.arrived_on or local_day(event.at)), day(local_day(event.at))
    if event.by_id == staff.id:
        return _("Arrived on %(arrived)s, scanned by you on %(scanned)s.", arrived=arrived, scanned=scanned)
    return _("Arrived on %(arrived)s, scanned by a colleague on %(scanned)s.", arrived=arrived, scanned=scanned)


def _early(read: Read, dossier: Dossier, _staff: Staff) -> Answer:
    made, arrival = day(local_day(dossier.created_at)), day(read.batch.arrived_on)
    text = _(
        "Nothing was recorded: the number was made on %(made)s, and this bag arrived on %(arrival)s.",
        made=made,
        arrival=arrival,
    )
    return Answer("bad", _("Younger than this bag"), text, _("Begin a bag with the right day and scan it again."))


def _elsewhere(_read: Read, dossier: Dossier, _staff: Staff) -> Answer:
    text = _("This envelope is for: %(authority)s.", authority=in_language(dossier.authority.name))
    return Answer("bad", _("Not for this authority"), text, _("Forward it: the citizen is told where it is going."))


def _forwarded(_read: Read, dossier: Dossier, _staff: Staff) -> Answer:
    name = dossier.authority.name[current()]
    text = _("The citizen is told that it came here and goes on to: %(authority)s.", authority=name)
    return Answer("good", _("Forwarded"), text, _("Now send the envelope on to this address:"))


def nobody(dossier: Dossier, contacts: list[Contact]) -> str:
    """Why nobody is told of this arrival, if none of the dossier's `contacts` is."""
    if any(contact.stopped_at is None for contact in contacts):
        return ""
    if contacts:
        return _("The citizen has stopped the messages: nobody is told. The status page shows the arrival.")
    if dossier.history.rows[0].details.get("told"):
        return _("The citizen has had the address erased: nobody is told. The status page shows the arrival.")
    return _("The citizen gave no address: nobody is told. The status page shows the arrival.")
