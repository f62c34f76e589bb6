"""Every status in every language, as it is served: no page, letter or answer says anything in the source language."""

import pytest

from commands.outgoing import write
from models import Authority, Contact, Event, Form, Notification, db
from models.catalogue.procedure import LANGUAGES
from models.notifications import consent
from support.languages import ALIKE, left_over, of_the_catalogue, runs
from support.sending import close
from support.site import running
from support.stories import ITEM, OTHER, RENT, STUDENT, Story
from support.visitor import Visitor

TYPED = {"missing": "Zyxwv", "note": "Vwxyz"}  # the clerk's own words, in whatever language
DATED, AGAIN = {**TYPED, "until": "2026-05-09"}, {**TYPED, "until": "2026-06-20"}
RESTART, COMPLETE = {"missing": "restart"}, {"start": "completeness"}


def forwarded(story: Story) -> None:
    story.scan(story.staff(Authority.get(slug=OTHER)), "forward")


def confirmed(_story: Story) -> None:
    """The citizen says yes to every address."""
    for contact in Contact.select():
        consent.confirm(contact)


def handed_over(story: Story) -> None:
    """To another authority, whose clerk goes on with it."""
    story.do("transferred", authority=OTHER)
    story.clerk = story.staff(Authority.get(slug=OTHER))


def undated(story: Story) -> None:
    """Documents are asked for without a date, as it could be done once."""
    story.do("incomplete", **DATED)
    asked = Event.select().where(Event.kind == "incomplete").order_by(Event.id.desc()).get()
    Event.update(details=asked.sealed("details", asked.details | {"until": None})).where(Event.id == asked.id).execute()


# A name, the form, what is different about its period, and each day: what happens on it, with which fields.
STORIES = [
    (
        "straight road",
        STUDENT,
        {},
        ("2026-03-03", "posted", {"registered": ITEM}),
        ("2026-03-06", "received", {"postmark_on": "2026-03-04"}),
        ("2026-03-16", "incomplete", DATED),
        ("2026-05-12", "", {}),
        ("2026-05-21", "received", {}),
        ("2026-05-22", "examination", {}),
        ("2026-05-28", "arrival", {"arrived_on": "2026-03-05"}),
        ("2026-07-15", "", {}),
        ("2026-07-16", "decided", {}),
        ("2026-07-17", "originals", {"what": "Zyxwv", "registered": ITEM}),
        ("2026-07-18", "closed", {}),
        ("2026-07-19", "papers", {}),
    ),
    (
        "never arrived",
        STUDENT,
        {},
        ("2026-03-02", confirmed, {}),
        ("2026-03-02", "posted", {}),
        ("2026-03-12", "look", {}),
        ("2026-05-31", "look", {}),
        ("2026-07-02", "received", {}),
    ),
    (
        "never used",
        RENT,
        {},
        ("2026-03-02", confirmed, {}),
        ("2026-05-01", "look", {}),
        ("2026-05-31", "look", {}),
    ),
    (
        "too late",
        STUDENT,
        {},
        ("2026-03-06", "received", {}),
        ("2026-03-16", "incomplete", DATED),
        ("2026-05-12", "lapsed", {}),
        ("2026-05-25", "received", {}),
        ("2026-05-26", "incomplete", AGAIN),
        ("2026-05-26", "received", {}),
    ),
    (
        "withdrawn",
        RENT,
        {},
        ("2026-03-02", confirmed, {}),
        ("2026-03-06", "withdrawn", {}),
        ("2026-03-08", "papers", {}),
    ),
    (
        "handed over",
        STUDENT,
        {},
        ("2026-03-06", "received", {}),
        ("2026-03-10", handed_over, {}),
        ("2026-03-12", undated, {}),
    ),
    (
        "forwarded",
        STUDENT,
        {},
        ("2026-03-06", forwarded, {}),
        ("2026-03-18", "look", {}),
        ("2026-03-20", "received", {}),
        ("2026-03-21", "incomplete", DATED),
        ("2026-03-23", forwarded, {}),
    ),
    (
        "absent",
        STUDENT,
        {},
        ("2026-03-06", Story.absent, {}),
        ("2026-03-20", "received", {}),
        ("2026-03-21", undated, {}),
        ("2026-03-23", Story.absent, {}),
    ),
    (
        "clock restarted",
        STUDENT,
        RESTART,
        ("2026-03-06", "received", {}),
        ("2026-03-16", undated, {}),
        ("2026-03-20", "received", {}),
        ("2026-03-21", handed_over, {}),
    ),
    (
        "clock from completeness",
        STUDENT,
        COMPLETE,
        ("2026-03-06", "received", {}),
        ("2026-03-16", "incomplete", DATED),
        ("2026-03-20", "received", {}),
        ("2026-03-21", "examination", {}),
    ),
    ("no clock", RENT, {}, ("2026-03-06", "received", {}), ("2026-03-16", undated, {})),
]


@pytest.fixture
def told(sqlite_url, tmp_path):
    """Tells a story: what is read of it in each language, step by step."""
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    db.connect(reuse_if_open=True)
    begun: list[Story] = []

    def told(path: str, rule: dict, *days: tuple) -> dict[str, dict[tuple, set[str]]]:
        change_period(path, rule)
        begun.append(Story(app, path))
        said = [(("2026-03-02", "announced"), read(begun[0]))]
        for day, act, fields in days:
            begun[0].on(day)
            act(begun[0]) if callable(act) else begun[0].do(act, **fields)
            begun[0].later()
            said.append(((day, getattr(act, "__name__", act)), read(begun[0])))
        return {
            language: {(*step, part): texts for step, parts in said for part, texts in parts[language].items()}
            for language in LANGUAGES
        }

    yield told
    for story in begun:
        story.end()
    close()


def change_period(path: str, rule: dict) -> None:
    form = Form.get(Form.slug == path.partition("/")[2])
    if rule:
        Form.update(period=[version | rule for version in form.period]).where(Form.id == form.id).execute()


def read(story: Story) -> dict[str, dict[str, set[str]]]:
    """All that can be read of the dossier now, in each language."""
    desk, written = story.desk(), letters(story)
    return {language: pages(story, desk, language) | {"letters": written[language]} for language in LANGUAGES}


def pages(story: Story, desk: Visitor, language: str) -> dict[str, set[str]]:
    """What its citizen, a program and the desk are shown."""
    number, citizen = story.number, Visitor(story.app, language)
    desk.language = language
    shown = {
        "status": citizen.open(f"/t/{number}"),
        "sheet": citizen.open(f"/t/{number}/sheet"),
        "desk": desk.open(f"/desk/dossiers/{number}"),
    }
    assert [answer.status_code for answer in shown.values()] == [200] * 3
    data = citizen.open(f"/t/{number}.json").json
    labels = {data[name] for name in ("procedure", "form", "authority", "label")}
    return {name: runs(answer.text) for name, answer in shown.items()} | {"labels": labels}


def letters(story: Story) -> dict[str, set[str]]:
    """The lines of the mails and SMS that wait to be sent, as each language has them; then they count as read."""
    waiting = list(Notification.select(Notification.id).where(Notification.run_at.is_null(False)))
    written = {}
    for language in LANGUAGES:
        Contact.update(language=language).execute()
        with story.app.app_context():
            said = [write(Notification.get_by_id(one.id)) for one in waiting]
        db.connect(reuse_if_open=True)
        written[language] = {line.strip("> -") for one in said for line in [one.subject or "", *one.text.splitlines()]}
    Contact.update(language="en").execute()
    Notification.update(state="delivered", run_at=None).where(Notification.run_at.is_null(False)).execute()
    return written


@pytest.mark.long
@pytest.mark.parametrize("story", STORIES, ids=[story[0] for story in STORIES])
def test_no_status_is_told_in_the_source_language(told, story):
    said = told(*story[1:])
    english = said.pop("en")
    for language, shown in said.items():
        own = " ".join([of_the_catalogue(language), ALIKE, *TYPED.values()])
        left = {step: found for step in english if (found := left_over(english[step], shown[step], own))}
        assert not left, language
    assert any("letters" in step and texts for step, texts in english.items())
