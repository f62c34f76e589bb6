"""The page of a dossier: where it stands, what may be done, what happened, and what colleagues say about it."""

import datetime as dt
from typing import Any, NamedTuple

from flask import Response, g, url_for
from flask_babel import force_locale
from peewee import ModelSelect
from wtforms import SelectChoice

from blueprints.desk import caller
from blueprints.desk.blueprint import bp, undo_time
from blueprints.desk.forms import (
    TIME_FOR_DOCUMENTS,
    ActForm,
    CorrectionForm,
    MoveForm,
    NoteForm,
    OriginalsForm,
    PapersForm,
)
from models import Authority, Dossier, Event, Note, Notification, Staff, TextBlock, now, today
from models.catalogue.procedure import LOCALES
from models.dossiers.history import History
from models.dossiers.kinds import RARE, UNDOABLE
from models.notifications import announce
from web import htmx
from web.languages import NAMES, in_language
from wording import deadlines as deadline_words
from wording import dossier as dossier_words
from wording import events as event_words

ACT_FORMS: dict[str, type[ActForm]] = {form.act: form for form in (CorrectionForm, PapersForm, OriginalsForm)}


class Told(NamedTuple):
    """A row of the history for the desk: the citizen's words, and what only the desk sees."""

    event: Event
    line: event_words.Line
    undone: bool
    by: str  # whose account did it, if it was one of the staff
    origin: str  # transferred: where it came from


class Conflicted(NamedTuple):
    """Somebody was quicker: what happened meanwhile, and what was typed for a step that is not possible any more."""

    news: list[Told]
    lost: list[str]


@bp.app_template_global()
def act_url(kind: str, number: str) -> str:
    """Where the form of an act is sent to."""
    return url_for(f"desk.{ACT_FORMS.get(kind, MoveForm).endpoint}", number=number)


def show(dossier: Dossier, answer: ActForm | None = None, status: int = 200, note: NoteForm | None = None) -> Response:
    """The page. `answer` is what was refused or is to be looked at first: it is shown as it was typed."""
    events, notifications = dossier.history.rows, announce.notifications_of(dossier.history.latest)
    history, until = _told(dossier.history), _undo_until(dossier.history.latest, notifications)
    conflict = _conflict(dossier, history, answer) if status == 409 else None
    return htmx.page(
        "desk/show.html",
        status,
        push=url_for("desk.show", number=dossier.number),
        dossier=dossier,
        history=history,
        may_move=g.staff.may("move"),
        undoable=events[-1] if until and g.staff.may("move") else None,
        undo_until=until,
        told=bool(notifications),
        rare=RARE,
        forms=_forms(dossier, answer, events[-1].id),
        answer=answer.kind if answer and answer.kind in possible(dossier) else "",
        preview=_preview(dossier, answer) if answer and status == 200 else None,
        conflict=conflict,
        clock=_clock(dossier),
        notes=list(Note.of(dossier)),
        note_form=note or NoteForm(formdata=None),
        colleagues=list(colleagues(dossier)) if g.staff.may("move") else [],
        assignee=dossier.assignee,
        reads=NAMES[dossier.language],
        seen=dossier_words.of(dossier),
        contacts=caller.contact_cards(dossier) if g.staff.may("help") else None,
        notifications=caller.sent_cards(dossier) if g.staff.may("help") else None,
    )


def possible(dossier: Dossier) -> tuple[str, ...]:
    """What this member of staff may do with the dossier now, as the kinds of event that it would be."""
    return dossier.possible if g.staff.may("move") else ()


def undo_until(event: Event) -> dt.datetime | None:
    """Until when `event` can be taken back; nobody is told of it earlier."""
    return _undo_until(event, announce.notifications_of(event))


def _undo_until(event: Event, notifications: list[Notification]) -> dt.datetime | None:
    until = event.at + undo_time()
    if event.kind not in UNDOABLE or event.by_id is None or until <= now():
        return None
    told_at = announce.held_until(notifications)
    return min(told_at, until) if told_at else None if notifications else until


def as_read(event: Event, language: str) -> event_words.Line:
    """`event` as a citizen reads it in `language`."""
    with force_locale(LOCALES[language]):
        line = event_words.lines([event])[0]
    return line._replace(missing=event.missing(language))


def blocks(dossier: Dossier) -> list[TextBlock]:
    """The text blocks for this dossier's citizen."""
    return TextBlock.fitting([dossier.form.procedure])


def colleagues(dossier: Dossier) -> "ModelSelect[Staff]":
    """Who can be given this dossier: the clerks of its authority."""
    return g.scope.colleagues().where(Staff.authority == dossier.authority)


def _clock(dossier: Dossier) -> list[deadline_words.Due]:
    """What the legal clock shows; and by when the citizen must answer, while the authority waits for that."""
    reading = dossier.reading
    dues = deadline_words.for_desk(reading, today()) if reading else []
    if dossier.status == "incomplete":
        dues += deadline_words.theirs(dossier.history)
    return dues


def _told(record: History) -> list[Told]:
    """The history with what the citizen is not shown. Staff and authorities are asked for only where there are any."""
    events = record.rows
    moved = {event.details.get("from") for event in events if event.kind == "transferred"}
    former = Authority.select().where(Authority.slug.in_(moved)) if moved else ()
    names = {authority.slug: in_language(authority.name) for authority in former}
    acting = {event.by_id for event in events} - {None}
    emails = {staff.id: staff.email for staff in Staff.select().where(Staff.id.in_(acting))} if acting else {}
    return [
        Told(
            event,
            line,
            event.id in record.undone,
            emails.get(event.by_id, ""),
            names.get(event.details.get("from"), ""),
        )
        for event, line in zip(events, event_words.lines(events), strict=True)
    ]


def _forms(dossier: Dossier, answer: ActForm | None, seen: int) -> dict[str, ActForm]:
    """The form of each act: what was typed if it is the one that was answered, else its defaults."""
    offered = blocks(dossier)
    forms = {}
    for kind in possible(dossier):
        form = answer if answer is not None and answer.kind == kind else _fresh(dossier, kind)
        form.version.data, form.seen.data = dossier.version, seen
        form.offer(offered)
        if kind == "transferred":
            form.authority.choices = _authorities(dossier)
        forms[kind] = form
    return forms


def _fresh(dossier: Dossier, kind: str) -> ActForm:
    defaults: dict[str, Any] = {"arrived_on": today(), "until": today() + TIME_FOR_DOCUMENTS, "sent_on": today()}
    if kind == "corrected":
        defaults["arrived_on"] = dossier.arrived_on
    return ACT_FORMS.get(kind, MoveForm)(formdata=None, to=kind, **defaults).prepare(dossier)


def _authorities(dossier: Dossier) -> list[SelectChoice]:
    others = Authority.select().where(Authority.id != dossier.authority.id)
    return [SelectChoice(authority.slug, in_language(authority.name)) for authority in others]


def _preview(dossier: Dossier, answer: ActForm) -> event_words.Line:
    """How the citizen will read it, in the citizen's language."""
    return as_read(answer.draft(dossier), dossier.language)


def _conflict(dossier: Dossier, history: list[Told], answer: ActForm | None) -> Conflicted:
    seen = (answer.seen.data if answer else None) or history[-1].event.id
    lost = answer.typed() if answer and answer.kind not in possible(dossier) else []
    return Conflicted([told for told in history if told.event.id > seen], lost)
