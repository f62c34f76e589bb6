"""The page of a dossier at the desk: status, deadlines, possible acts, history, notes."""

from typing import Any, NamedTuple

from flask import Response, g, url_for
from flask_babel import force_locale
from peewee import ModelSelect
from wtforms import SelectChoice

from blueprints.desk import caller
from blueprints.desk.blueprint import bp
from blueprints.desk.forms import (
    TIME_FOR_DOCUMENTS,
    ActForm,
    CorrectionForm,
    MoveForm,
    NoteForm,
    OriginalsForm,
    PapersForm,
)
from models import Authority, Dossier, Event, Note, Staff, TextBlock, today
from models.catalogue.procedure import LOCALES
from models.dossiers.history import History
from models.dossiers.kinds import RARE
from models.notifications import announce
from web import htmx
from web.languages import NAMES, in_language
from wording import deadlines as deadline_words
from wording import dossier as dossier_words
from wording import events as event_words

ACT_FORMS: dict[str, type[ActForm]] = {form.act: form for form in (CorrectionForm, PapersForm, OriginalsForm)}


class Told(NamedTuple):
    """A row of the history for the desk: the words that the citizen reads, and details that only staff see."""

    event: Event
    line: event_words.Line
    undone: bool
    by: str  # the e-mail address of the account, if staff did it
    origin: str  # transferred: the authority it came from


class Conflicted(NamedTuple):
    """An edit conflict: the events since the page was loaded, and the typed texts of an act that is now impossible."""

    news: list[Told]
    lost: list[str]


@bp.app_template_global()
def act_url(kind: str, number: str) -> str:
    """The URL that the form of an act is posted to."""
    return url_for(f"desk.{ACT_FORMS.get(kind, MoveForm).endpoint}", number=number)


def show(dossier: Dossier, answer: ActForm | None = None, status: int = 200, note: NoteForm | None = None) -> Response:
    """Show the page. `answer` is a form that was refused or is previewed; it keeps what was typed."""
    history, undoable = _history_rows(dossier.history), dossier.history.undoable if g.staff.may("move") else None
    conflict = _conflict(dossier, history, answer) if status == 409 else None
    return htmx.page(
        "desk/show.html",
        status,
        push=url_for("desk.show", number=dossier.number),
        dossier=dossier,
        history=history,
        may_move=g.staff.may("move"),
        undoable=undoable,
        undo_until=dossier.history.undoable_until,
        told=undoable is not None and announce.is_told(undoable),
        rare=RARE,
        act_forms=_act_forms(dossier, answer, dossier.history.latest.id),
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
    """The kinds of event that this account may cause on the dossier now."""
    return dossier.possible if g.staff.may("move") else ()


def as_read(event: Event, language: str) -> event_words.Line:
    """The text of `event` for a citizen, in `language`."""
    with force_locale(LOCALES[language]):
        line = event_words.lines([event])[0]
    return line._replace(missing=event.missing(language))


def blocks(dossier: Dossier) -> list[TextBlock]:
    """The text blocks that fit the procedure of this dossier."""
    return TextBlock.fitting([dossier.form.procedure])


def colleagues(dossier: Dossier) -> "ModelSelect[Staff]":
    """Query: the clerks of the dossier's authority, whom it can be assigned to."""
    return g.scope.colleagues().where(Staff.authority == dossier.authority)


def _clock(dossier: Dossier) -> list[deadline_words.Due]:
    """The deadlines: those of the authority, and while documents are missing, that of the citizen."""
    reading = dossier.reading
    dues = deadline_words.for_desk(reading, today()) if reading else []
    if dossier.status == "incomplete":
        dues += deadline_words.theirs(dossier.history)
    return dues


def _history_rows(record: History) -> list[Told]:
    """The history with the details for staff. Queries accounts and authorities only if an event names some."""
    events = record.rows
    moved = {event.shown.get("from") for event in events if event.kind == "transferred"}
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
            names.get(event.shown.get("from", ""), ""),
        )
        for event, line in zip(events, event_words.lines(events), strict=True)
    ]


def _act_forms(dossier: Dossier, answer: ActForm | None, seen: int) -> dict[str, ActForm]:
    """{kind: form} of each possible act: with the typed values if it is `answer`, else with defaults."""
    offered = blocks(dossier)
    forms = {}
    for kind in possible(dossier):
        act_form = answer if answer is not None and answer.kind == kind else _fresh(dossier, kind)
        act_form.version.data, act_form.seen.data = dossier.version, seen
        act_form.offer(offered)
        if kind == "transferred":
            act_form.authority.choices = _authorities(dossier)
        forms[kind] = act_form
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
    """The text that the citizen will read, in the citizen's language."""
    return as_read(answer.draft(dossier), dossier.language)


def _conflict(dossier: Dossier, history: list[Told], answer: ActForm | None) -> Conflicted:
    seen = (answer.seen.data if answer else None) or history[-1].event.id
    lost = answer.typed() if answer and answer.kind not in possible(dossier) else []
    return Conflicted([told for told in history if told.event.id > seen], lost)
