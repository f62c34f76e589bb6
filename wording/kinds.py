"""The words of each kind of event and each status: one entry for each entry of models/dossiers/kinds.py.

If the sentence of a kind depends on the event, there is a function in wording/events.py; if the words of a status
depend on the dossier, one in wording/dossier.py.
"""

from dataclasses import dataclass
from typing import Literal

from flask_babel import lazy_gettext as _l

Tone = Literal["good", "wait", ""]


@dataclass(frozen=True, kw_only=True)
class KindWords:
    """The words of one kind of event, translated where they are shown; empty: there are none."""

    title: str  # a row of the history
    deed: str = ""  # a row of the audit log, if it is called something else there
    verb: str = ""  # the button at the desk that brings it about
    # Of a status:
    label: str = ""  # in a word or two, if it is called something else than the event
    tone: Tone = ""  # its colour
    meaning: str = ""  # in a sentence, for the help page
    now: str = ""  # on the status page: where the dossier stands; %(day)s is the day since when
    next: str = ""  # what happens next
    who: Literal["you", "authority", "nobody"] = "nobody"  # who must act


WORDS: dict[str, KindWords] = {
    "announced": KindWords(
        title=_l("Number given out"),
        label=_l("Not arrived yet"),
        meaning=_l("You have a number. The authority has not scanned your envelope yet."),
    ),
    "received": KindWords(
        title=_l("Arrived"),
        deed=_l("Arrival recorded"),
        verb=_l("Mark as arrived"),
        tone="good",
        meaning=_l("The authority has opened your envelope. Whether everything is in it, is not checked yet."),
        next=_l("The authority checks whether all documents are there. You need do nothing."),
        who="authority",
    ),
    "incomplete": KindWords(
        title=_l("Documents are missing"),
        deed=_l("Documents asked for"),
        verb=_l("Ask for documents"),
        tone="wait",
        meaning=_l("Something is missing. The page and the message say what, and by when."),
        now=_l("The authority has your papers, but needs more to go on."),
        next=_l("You post the missing documents to the authority, with your number on them."),
        who="you",
    ),
    "examination": KindWords(
        title=_l("Examination begun"),
        verb=_l("Begin the examination"),
        label=_l("Being examined"),
        tone="good",
        meaning=_l("Your documents are there, and the authority is working on them."),
        now=_l("The authority has your documents and is examining your dossier."),
        next=_l("The authority decides, or asks you if something is missing. You need do nothing."),
        who="authority",
    ),
    "decided": KindWords(
        title=_l("Decided"),
        verb=_l("Mark as decided"),
        tone="good",
        meaning=_l("There is a decision. You get it in writing, from the authority itself."),
        now=_l("The authority decided on %(day)s. What it decided is not shown here."),
        next=_l("You get the decision in writing, from the authority itself."),
        who="authority",
    ),
    "closed": KindWords(
        title=_l("Closed"),
        verb=_l("Close"),
        meaning=_l("Everything is done."),
        now=_l("This dossier was closed on %(day)s."),
        next=_l("Nothing more is expected. If originals are sent back to you later, you read it here."),
    ),
    "lapsed": KindWords(
        title=_l("Lapsed"),
        verb=_l("Let it lapse"),
        tone="wait",
        meaning=_l("Nothing arrived, or the missing documents did not come in time."),
    ),
    "withdrawn": KindWords(
        title=_l("Withdrawn"),
        deed=_l("Withdrawal recorded"),
        verb=_l("Record a withdrawal"),
        meaning=_l("The application was withdrawn."),
        now=_l("The application was withdrawn on %(day)s."),
        next=_l("The authority does not go on with it. If you know nothing of this, please ask there soon."),
    ),
    # The dossier's other events.
    "posted": KindWords(title=_l("Reported as posted")),
    "reminder": KindWords(title=_l("Reminded")),
    "unarrived": KindWords(title=_l("Not arrived in time")),
    "supplied": KindWords(
        title=_l("Missing documents arrived"),
        deed=_l("Arrival of missing documents recorded"),
        verb=_l("The missing documents have arrived"),
    ),
    "further": KindWords(
        title=_l("Further papers arrived"),
        deed=_l("Arrival of further papers recorded"),
        verb=_l("Record further papers"),
    ),
    "forwarded": KindWords(title=_l("Forwarded to the right authority"), deed=_l("Envelope forwarded")),
    "absent": KindWords(title=_l("Envelope came without this form")),
    "transferred": KindWords(
        title=_l("Handed over to another authority"),
        deed=_l("Handed over"),
        verb=_l("Hand over to another authority"),
    ),
    "corrected": KindWords(title=_l("Date of arrival corrected"), verb=_l("Correct the date of arrival")),
    "returned": KindWords(title=_l("Originals sent back"), verb=_l("Record originals sent back")),
    "undone": KindWords(title=_l("Taken back")),
    # Of a contact.
    "added": KindWords(title=_l("Asked whether news are wanted")),
    "changed": KindWords(title=_l("Told that another address was given")),
}


def title(kind: str) -> str:
    """The title of an event of this kind."""
    return str(WORDS[kind].title)


def deed(kind: str) -> str:
    """Its name in the audit log."""
    return str(WORDS[kind].deed or WORDS[kind].title)


def verb(kind: str) -> str:
    """The text of its button at the desk."""
    return str(WORDS[kind].verb)


def label(status: str) -> str:
    """A status in a word or two."""
    return str(WORDS[status].label or WORDS[status].title)


def meaning(status: str) -> str:
    """A status in a sentence."""
    return str(WORDS[status].meaning)


def now(status: str, day: str) -> str:
    """The sentence of the status page about a dossier in `status` since `day`."""
    return str(WORDS[status].now) % {"day": day}


def next_step(status: str) -> str:
    """The sentence of the status page about what happens next."""
    return str(WORDS[status].next)


def tone(status: str) -> Tone:
    """The colour of a status, as a class of the styles."""
    return WORDS[status].tone


def tones() -> dict[str, Tone]:
    """The colour of every status that has one."""
    return {name: words.tone for name, words in WORDS.items() if words.tone}
