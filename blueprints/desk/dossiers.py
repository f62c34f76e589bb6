"""One dossier at the desk: show it, move it, correct it, write notes, assign it."""

from collections.abc import Callable

from flask import Response, abort, g, request, url_for
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts.guard import needs
from blueprints.desk import dossier_page
from blueprints.desk.blueprint import bp, readable
from blueprints.desk.forms import ActForm, CorrectionForm, MoveForm, NoteForm, OriginalsForm, PapersForm
from models import Authority, ConflictError, Dossier, Note, Staff
from models.desk import disclosure
from models.dossiers.moves import Act, Move, Originals
from web import htmx
from web.form_fields import ButtonForm
from web.settings import undo_time


@bp.get("/dossiers/<number:number>")
@needs("look")
def show(number: str) -> Response:
    """Show a dossier with its history and the possible acts."""
    dossier = readable(number)
    disclosure.opened(g.staff, dossier.id)
    return dossier_page.show(dossier)


@bp.post("/dossiers/<number:number>/status")
@needs("move")
def change_status(number: str) -> Response:
    """Move a dossier to another status, or transfer it to another authority."""
    return _act(readable(number), MoveForm(), _move)


@bp.post("/dossiers/<number:number>/arrival")
@needs("move")
def correct_arrival(number: str) -> Response:
    """Correct the day on which the first envelope arrived."""

    def correct(dossier: Dossier, answer: CorrectionForm, act: Act) -> None:
        dossier.correct_arrival(answer.arrived_on.data, act, answer.reason.data or "")

    return _act(readable(number), CorrectionForm(), correct)


@bp.post("/dossiers/<number:number>/papers")
@needs("move")
def add_papers(number: str) -> Response:
    """Record further papers that were not asked for."""

    def add(dossier: Dossier, answer: PapersForm, act: Act) -> None:
        dossier.add_papers(answer.arrived_on.data, act)

    return _act(readable(number), PapersForm(), add)


@bp.post("/dossiers/<number:number>/originals")
@needs("move")
def return_originals(number: str) -> Response:
    """Record that originals were sent back to the citizen."""

    def send_back(dossier: Dossier, answer: OriginalsForm, act: Act) -> None:
        originals = Originals(answer.what.data, answer.sent_on.data, answer.registered.data)
        dossier.return_originals(originals, act)

    return _act(readable(number), OriginalsForm(), send_back)


@bp.post("/dossiers/<number:number>/undo")
@needs("move")
def undo(number: str) -> Response:
    """Undo the latest event while nobody is told of it."""
    dossier = readable(number)
    if not ButtonForm().validate_on_submit():
        abort(400)
    undoable = dossier.history.undoable
    seen = request.form.get("event", type=int), request.form.get("version", type=int)
    try:
        if undoable is None or seen != (undoable.id, dossier.version):
            raise ConflictError
        dossier.undo(undoable, Act(by=g.staff, version=dossier.version))
    except ConflictError:
        return dossier_page.show(readable(number), status=409)
    return htmx.follow(url_for(".show", number=number))


@bp.post("/dossiers/<number:number>/notes")
@needs("move")
def write_note(number: str) -> Response:
    """Write an internal note, which only staff can read."""
    dossier, answer = readable(number), NoteForm()
    if not answer.validate_on_submit():
        return dossier_page.show(dossier, status=422, note=answer)
    Note.write(dossier, g.staff, answer.text.data)
    return htmx.follow(url_for(".show", number=number, _anchor="notes"))


@bp.post("/dossiers/<number:number>/assignee")
@needs("move")
def assign(number: str) -> Response:
    """Assign the dossier to a clerk of its authority; with an empty choice, unassign it."""
    dossier, chosen = readable(number), request.form.get("colleague", "")
    colleagues = dossier_page.colleagues(dossier)
    to = get_object_or_404(colleagues, Staff.id == int(chosen)) if chosen.isdecimal() and len(chosen) < 10 else None
    if chosen and to is None:
        abort(404)
    try:
        dossier.assign(to, by=g.staff)
    except ConflictError:
        abort(409)
    return htmx.follow(url_for(".show", number=number))


def _act(dossier: Dossier, answer: ActForm, do: Callable[..., None]) -> Response:
    """Carry an act out, or show its preview; 422 with errors beside the fields, 409 after an edit conflict."""
    answer.prepare(dossier)
    if answer.version.data != dossier.version or answer.kind not in dossier_page.possible(dossier):
        return dossier_page.show(dossier, answer, 409)
    preview = "preview" in request.form
    if preview:
        answer.insert(dossier_page.blocks(dossier), dossier.language)
    if not answer.validate_on_submit() or preview:
        return dossier_page.show(dossier, answer, 422 if answer.errors else 200)
    try:
        do(dossier, answer, Act(by=g.staff, version=answer.version.data, note=answer.note.data, hold=undo_time()))
    except ConflictError:
        return dossier_page.show(readable(dossier.number), answer, 409)
    if not g.scope.sees(dossier):  # it was transferred and belongs to another authority now
        return htmx.goto(url_for(".index", handed_over=1))
    return htmx.follow(url_for(".show", number=dossier.number))


def _move(dossier: Dossier, answer: MoveForm, act: Act) -> None:
    if answer.kind == "transferred":
        authority = get_object_or_404(Authority.select(), Authority.slug == answer.authority.data)
        dossier.transfer(authority, act)
    elif answer.kind == "received":
        days = {"arrived_on": answer.arrived_on.data, "postmark_on": answer.postmark_on.data}
        dossier.move(Move("received", reason=answer.reason.data or "", **days, **vars(act)))
    elif answer.kind == "incomplete":
        dossier.move(Move("incomplete", missing=tuple(answer.asked_for()), until=answer.until.data, **vars(act)))
    else:
        dossier.move(Move(answer.kind, **vars(act)))
