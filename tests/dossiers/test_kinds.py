"""Each kind of event is complete: what it lacks is named, and where that belongs. And nothing belongs to no kind."""

import re
from collections.abc import Iterator

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from wtforms.fields.core import UnboundField

from blueprints.desk.dossier_page import ACT_FORMS
from models import Dossier, Event, Form, Staff, now
from models.catalogue.procedure import LANGUAGES
from models.dossiers import kinds
from models.dossiers.kinds import KINDS, MOVES, STATUSES
from paths import ROOT
from support.moves import in_status
from support.visitor import Page, Visitor
from wording import dossier as dossier_words
from wording import events as event_words
from wording import samples
from wording.kinds import WORDS, KindWords

TEXTS = ("subject.txt", "body.txt", "sms.txt")
TONES = ("", "good", "wait")
MAX_NAME = 12  # characters, in the columns of Event and Dossier
NOT_OF_A_KIND = {"digest"}  # several news in one
BY_MOVE_FORM = (*kinds.TARGETS, "transferred")  # the acts that have no form of their own
NOTIFICATIONS = ROOT / "templates" / "notifications"

# What each table says of today's kinds, written out: whoever changes an entry sees here what follows from it.
EXPECTED = {
    "STATUSES": "announced received incomplete examination decided closed lapsed withdrawn",
    "ENTERING": "announced received incomplete examination decided closed lapsed withdrawn supplied",
    "WITH_AUTHORITY": "received incomplete examination",
    "AWAITING_AUTHORITY": "received examination",
    "AWAITING_PAPER": "announced incomplete lapsed",
    "TARGETS": "received incomplete examination decided closed lapsed withdrawn",
    "FINAL": "closed withdrawn",
    "TAKING_PAPERS": "received examination decided closed withdrawn",
    "UNDOABLE": ("received incomplete examination decided closed lapsed withdrawn supplied further forwarded absent"),
    "TOLD": (
        "announced received incomplete examination decided closed lapsed withdrawn reminder unarrived supplied "
        "further forwarded absent transferred corrected returned"
    ),
    "SAYS_STATUS": (
        "announced received incomplete examination decided closed lapsed withdrawn reminder unarrived supplied"
    ),
    "PROVING_PAPER": "received forwarded absent",
    "ENVELOPES": "received supplied further",
    "BY_STAFF": (
        "announced received incomplete examination decided closed lapsed withdrawn supplied further forwarded absent "
        "transferred corrected returned undone"
    ),
    "WITH_NOTE": (
        "received incomplete examination decided closed lapsed withdrawn further transferred corrected returned"
    ),
    "IN_BULK": "examination decided closed lapsed",
    "RARE": "lapsed withdrawn further transferred corrected returned",
    "ASIDE": "further transferred corrected returned",
    "SENT": "posted forwarded",
    "ABOUT_ENVELOPE": "posted unarrived forwarded absent",
    "ASKING": "announced added",
    "ABOUT_CONTACT": "added changed",
    "APART": "announced added changed",
}
EXPECTED_MOVES = {
    "announced": "received lapsed withdrawn",
    "received": "examination incomplete withdrawn",
    "incomplete": "received examination lapsed withdrawn",
    "examination": "decided incomplete withdrawn",
    "decided": "closed",
    "closed": "",
    "lapsed": "received",
    "withdrawn": "",
}
EXPECTED_CLOCK = {
    "received": "arrival",
    "supplied": "arrival",
    "incomplete": "request",
    "examination": "complete",
    "decided": "end",
    "closed": "end",
    "lapsed": "end",
    "withdrawn": "end",
    "transferred": "transfer",
    "corrected": "correction",
}
EXPECTED_NEEDS = {
    "received": ("arrived_on", "postmark_on"),
    "incomplete": ("missing", "until"),
    "transferred": ("authority",),
}
EXPECTED_ARRIVALS = {"announced": "arrived", "incomplete": "supplied", "lapsed": "revived"}
TODAY = {name for names in EXPECTED.values() for name in names.split()} | {"undone"}


def of_today(names) -> list[str]:
    return [name for name in names if name in TODAY]


@pytest.mark.parametrize("table", EXPECTED)
def test_each_table_says_of_todays_kinds_what_was_agreed(table):
    assert of_today(getattr(kinds, table)) == EXPECTED[table].split()


def test_moves_clocks_and_fields_of_todays_kinds_are_what_was_agreed():
    assert {name: of_today(MOVES[name]) for name in EXPECTED_MOVES} == {
        name: moves.split() for name, moves in EXPECTED_MOVES.items()
    }
    assert {name: KINDS[name].clock for name in TODAY if KINDS[name].clock} == EXPECTED_CLOCK
    fields = {name: (*KINDS[name].fields_needed, *KINDS[name].fields_taken) for name in TODAY}
    assert {name: names for name, names in fields.items() if names} == EXPECTED_NEEDS
    assert {name: kinds.ARRIVALS[name] for name in EXPECTED_ARRIVALS} == EXPECTED_ARRIVALS


@pytest.mark.parametrize("kind", KINDS)
def test_kind_lacks_nothing(kind):
    lacks = [*_entry(kind), *_words(kind), *_notification(kind), *_translations(kind)]
    assert not lacks, "\n".join(["", *lacks])


@pytest.mark.parametrize("status", STATUSES)
def test_status_lacks_nothing(status):
    lacks = [*_status_entry(status), *_status_words(status), *_tone(status)]
    assert not lacks, "\n".join(["", *lacks])


def test_nothing_belongs_to_no_kind():
    told = {name for name, kind in KINDS.items() if kind.told}
    folders = {path.name for path in NOTIFICATIONS.iterdir() if path.is_dir()}
    assert set(WORDS) <= set(KINDS), "wording/kinds.py: words of no kind"  # those without words fail above, by name
    assert folders - NOT_OF_A_KIND <= told, "templates/notifications/: texts of no kind that is told"
    assert set(samples.FIELDS) <= told
    assert set(event_words.SPECIAL) | set(dossier_words.ASTRAY) | set(ACT_FORMS) <= set(KINDS)
    assert set(dossier_words.SPECIAL) <= set(STATUSES)
    assert not [kind for kind in KINDS if kind not in STATUSES and (WORDS[kind].meaning or WORDS[kind].now)]


def test_styles_know_tones_and_no_status():
    for name in ("site", "desk"):
        classes = set(re.findall(r"\.([a-z-]+)", (ROOT / f"static/{name}.css").read_text()))
        assert not classes & set(STATUSES), "a colour belongs to a tone, which wording/kinds.py gives to a status"


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("status", STATUSES)
def test_status_page_says_it_in_its_words(app, form, clerk, status, language):
    dossier = Dossier.announce(form, language, f"{status}-{language}")
    if status != "announced":
        Event.create(dossier=dossier, kind=status, from_status="announced", to_status=status, at=now(), by=clerk)
        Dossier.update(status=status).execute()
    assert WORDS.get(status), f"wording/kinds.py: no entry for {status!r}"
    page = Visitor(app, language).get(f"/t/{dossier.number}")
    card = page.soup.select_one("section.status")
    assert WORDS[status].tone in ("", *card["class"])
    assert all(part.get_text(strip=True) for part in (card.h1, card.select_one(".lead"), *card.select("dd")))
    assert "%(" not in page.text


def test_each_act_of_the_desk_is_possible_and_its_form_draws_its_fields(desk, form, clerk):
    pages = _pages_of_the_desk(desk, form, clerk)
    acts = dict.fromkeys((*kinds.TARGETS, *ACT_FORMS, *kinds.WITH_NOTE, *pages))
    lacks = [line for act in acts for line in _act(act, pages)]
    assert not lacks, "\n".join(["", *lacks])


def _pages_of_the_desk(desk: Visitor, form: Form, clerk: Staff) -> dict[str, Page | None]:
    """The acts that are possible in some status, each with a page that offers it, if that has all its words."""
    pages: dict[str, Page | None] = {}
    for status in STATUSES:
        dossier = in_status(form, status, clerk)
        whole = {status, *dossier.possible} <= set(WORDS)
        page = desk.get(f"/desk/dossiers/{dossier.number}") if whole else None
        pages |= {act: page or pages.get(act) for act in dossier.possible}
    return pages


def _act(act: str, pages: dict[str, Page | None]) -> Iterator[str]:
    if act not in pages:
        yield f"models/dossiers/dossier.py: Dossier.possible names {act!r} in no status"
    if act not in (*ACT_FORMS, *BY_MOVE_FORM):
        yield f"blueprints/desk/dossier_page.py: no form for {act!r} in ACT_FORMS"
    elif page := pages.get(act):
        drawn = page.soup.select_one(f"form:has(#{act}-note)")
        for name in _fields(act):
            if not drawn.select_one(f"[name={name}]"):
                yield f"templates/desk/_act.html: the form of {act!r} does not draw its field {name!r}"


def _fields(act: str) -> list[str]:
    """The fields of its form. Text blocks are drawn only where one fits."""
    if act not in ACT_FORMS:
        return [*KINDS[act].fields_needed, *KINDS[act].fields_taken]
    form = ACT_FORMS[act]
    return [name for name in dir(form) if isinstance(getattr(form, name), UnboundField) and name != "block"]


def _entry(kind: str) -> Iterator[str]:
    entry = KINDS[kind]
    if len(kind) > MAX_NAME:
        yield f"models/dossiers/kinds.py: the name {kind!r} has more than {MAX_NAME} characters"
    if entry.enters and entry.enters not in STATUSES:
        yield f"models/dossiers/kinds.py: {kind!r} enters {entry.enters!r}, which is no status"


def _status_entry(status: str) -> Iterator[str]:
    for target in MOVES[status]:
        if target not in STATUSES:
            yield f"models/dossiers/kinds.py: {status!r} moves to {target!r}, which is no status"
    if status != "announced" and status not in kinds.TARGETS:
        yield f"models/dossiers/kinds.py: no status moves to {status!r}"


def _words(kind: str) -> Iterator[str]:
    if kind not in WORDS:
        yield f"wording/kinds.py: no entry for {kind!r}"
        return
    words, entry = WORDS[kind], KINDS[kind]
    if not words.title:
        yield f"wording/kinds.py: no title for {kind!r}"
    at_the_desk = entry.with_note or entry.enters not in ("", kind)  # the latter: another name for a move
    if at_the_desk and not words.verb:
        yield f"wording/kinds.py: no verb for {kind!r}, which the desk offers as a button"


def _status_words(status: str) -> Iterator[str]:
    words = WORDS.get(status)
    if words is None or not words.meaning:
        yield f"wording/kinds.py: no meaning for {status!r}, for the help page"
    if (words is None or not (words.now and words.next)) and status not in dossier_words.SPECIAL:
        yield f"wording/kinds.py: no `now` or `next` for {status!r}, for the status page"


def _tone(status: str) -> Iterator[str]:
    tone, styles = WORDS[status].tone if status in WORDS else "", (ROOT / "static/site.css").read_text()
    if tone not in TONES:
        yield f"wording/kinds.py: {status!r} has the tone {tone!r}; there are {', '.join(TONES)}"
    for name in (".pill", ".status"):
        if tone and f"{name}.{tone}" not in styles:
            yield f"static/site.css: no style {name}.{tone}, the tone of {status!r}"


def _notification(kind: str) -> Iterator[str]:
    if not KINDS[kind].told:
        return
    for name in TEXTS:
        path = NOTIFICATIONS / kind / name
        if not path.exists() or not path.read_text().strip():
            yield f"templates/notifications/{kind}/{name}: missing or empty, though {kind!r} is told"


def _translations(kind: str) -> Iterator[str]:
    sentences = _sentences(kind)
    for language, known in TRANSLATED.items():
        for text in sorted(sentences - known):
            yield f"translations/{language}/LC_MESSAGES/messages.po: not translated: {text!r}"


def _sentences(kind: str) -> set[str]:
    """Its sentences in English: its words, and the texts of its notification."""
    words = WORDS.get(kind, KindWords(title=""))
    own = filter(None, (words.title, words.deed, words.verb, words.label, words.meaning, words.now, words.next))
    texts = extract_from_dir(NOTIFICATIONS / kind, [("**.txt", "jinja2")], {"**.txt": {"trimmed": "true"}})
    return {str(word) for word in own} | {_key(found[2]) for found in texts}


def _key(message_id: str | tuple[str, ...]) -> str:
    return message_id if isinstance(message_id, str) else message_id[0]


def _translated(language: str) -> set[str]:
    with (ROOT / f"translations/{language}/LC_MESSAGES/messages.po").open("rb") as file:
        return {_key(message.id) for message in read_po(file, locale=language) if message.id and message.string}


TRANSLATED = {language: _translated(language) for language in LANGUAGES if language != "en"}
