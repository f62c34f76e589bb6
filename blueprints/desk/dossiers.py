"""One dossier: what happened to it, and the moves it may make."""

import datetime as dt

from flask import Response, abort, current_app, g, request, url_for
from flask_babel import gettext as _
from playhouse.flask_utils import get_object_or_404

from models import Authority, Conflict, Dossier, Event, now, today
from models.base import LUXEMBOURG
from models.event import standing
from models.life import ARRIVED

from .. import clock_words, hx, words
from ..forms import ButtonForm, MoveForm
from ..languages import in_language
from . import bp, readable, writable

SCANNED = ("received", "supplied", "further")  # what a slip at the scanner can bring about


@bp.get("/dossiers/<number:number>")
def show(number: str) -> Response:
    """One dossier with its history and the moves it may make."""
    return _show(readable(number))


@bp.post("/dossiers/<number:number>/status")
def change_status(number: str) -> Response:
    """Make one move. 422 with the reason beside the field, 409 if somebody was quicker."""
    dossier, answer = writable(number), MoveForm()
    answer.authority.choices = _authorities(dossier)
    answer.earliest = dossier.created_at.astimezone(LUXEMBOURG).date()
    if answer.version.data != dossier.version or answer.to.data not in _moves(dossier):
        return _show(dossier, answer, 409)
    if not answer.validate_on_submit():
        return _show(dossier, answer, 422)
    try:
        _move(dossier, answer)
    except Conflict:
        return _show(readable(number), answer, 409)
    if g.scope.dossier(number) is None:  # handed over: it is the other authority's now
        return hx.goto(url_for(".index", handed_over=1))
    return hx.follow(url_for(".show", number=number))


@bp.post("/dossiers/<number:number>/undo")
def undo(number: str) -> Response:
    """Take the latest move back while nobody has been told."""
    dossier = writable(number)
    if not ButtonForm().validate_on_submit():
        abort(400)
    latest = dossier.latest
    seen = request.form.get("event", type=int), request.form.get("version", type=int)
    try:
        if seen != (latest.id, dossier.version) or not _undo_until(latest):
            raise Conflict
        dossier.undo(latest, by=g.staff, version=dossier.version)
    except Conflict:
        return _show(readable(number), None, 409)
    return hx.follow(url_for(".show", number=number))


def _authorities(dossier: Dossier) -> list[tuple[str, str]]:
    others = Authority.select().where(Authority.id != dossier.authority.id)
    return [(authority.slug, in_language(authority.name)) for authority in others]


def _move(dossier: Dossier, answer: MoveForm) -> None:
    version = answer.version.data
    if answer.to.data == "transferred":
        authority = get_object_or_404(Authority.select(), Authority.slug == answer.authority.data)
        dossier.transfer(authority, by=g.staff, version=version, note=answer.note.data)
        return
    hold = dt.timedelta(seconds=current_app.config["UNDO_SECONDS"])
    dossier.move(
        answer.to.data,
        by=g.staff,
        version=version,
        note=answer.note.data,
        arrived_on=answer.arrived_on.data if answer.to.data == "received" else None,
        postmark_on=answer.postmark_on.data if answer.to.data == "received" else None,
        missing=answer.missing_lines(),
        until=answer.until.data,
        hold=hold if answer.to.data == "received" else dt.timedelta(),
    )


def _show(dossier: Dossier, answer: MoveForm | None = None, status: int = 200) -> Response:
    """The dossier's page; `answer` is a move that was refused, with its errors and all that was typed."""
    events = dossier.all_events()
    error = _("Somebody was quicker, or this move is not allowed any more. This is how the dossier stands now.")
    return hx.page(
        "desk/show.html",
        status,
        push=url_for(".show", number=dossier.number),
        dossier=dossier,
        history=list(zip(events, words.lines(events), strict=True)),
        undoable=events[-1] if _undo_until(events[-1]) and g.staff.role != "helpdesk" else None,
        undo_until=_undo_until(events[-1]),
        forms={to: _form(dossier, to, answer) for to in _moves(dossier)},
        refused=answer.to.data if answer and answer.to.data in _moves(dossier) else "",
        conflict=error if status == 409 else "",
        contacts=list(dossier.contacts),
        clock=_clock(dossier, standing(events)),
    )


def _clock(dossier: Dossier, history: list[Event]) -> list[clock_words.Due]:
    """What the legal clock shows; and by when the citizen must answer, while the authority waits for that."""
    reading = dossier.reading(history)
    dues = clock_words.for_desk(reading, today()) if reading else []
    if dossier.status == "incomplete":
        dues += clock_words.theirs(history)
    return dues


def _undo_until(event: Event) -> dt.datetime | None:
    """Until when a scan can be taken back; nobody is told of it earlier."""
    until = event.at + dt.timedelta(seconds=current_app.config["UNDO_SECONDS"])
    return until if event.kind in SCANNED and until > now() else None


def _moves(dossier: Dossier) -> tuple[str, ...]:
    """What this member of staff may do with the dossier now."""
    if g.staff.role == "helpdesk":
        return ()
    return (*dossier.moves, "transferred") if dossier.status in ARRIVED else dossier.moves


def _form(dossier: Dossier, to: str, answer: MoveForm | None) -> MoveForm:
    """The form of one move: what was typed if it is the one that was refused, else its defaults."""
    if answer is not None and answer.to.data == to:
        return answer
    form = MoveForm(formdata=None, to=to, version=dossier.version, arrived_on=today())
    form.authority.choices = _authorities(dossier) if to == "transferred" else []
    form.until.data = form.default_until()
    return form
