"""Bulk moves: dossiers that are ticked in the work list are moved together, after a preview, and undone together."""

from collections import Counter, defaultdict
from contextlib import suppress
from urllib.parse import parse_qsl

from flask import Response, abort, g, request, url_for
from flask_babel import gettext as _
from peewee import fn
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts.guard import needs
from blueprints.desk import dossier_page, work_list
from blueprints.desk.blueprint import bp
from blueprints.desk.forms import BulkForm
from models import Batch, Bulk, ConflictError, Contact, Dossier, Event, Staff, TextBlock, WorkList, now
from models.desk.bulk_move import MAX_DOSSIERS, Row
from models.dossiers.kinds import IN_BULK
from web import htmx
from web.form_fields import ButtonForm
from web.languages import NAMES
from web.settings import undo_time
from wording.events import Line

ASSIGN_PREFIX = "assign:"  # followed by the id of a colleague; by nothing, to unassign


@bp.post("/bulk-moves")
@needs("move")
def plan_bulk() -> Response:
    """Plan a move of the ticked dossiers and show its preview; or assign them to a colleague at once."""
    chosen = WorkList.of(dict(parse_qsl(request.form.get("filters", "")[:500])))
    act = f"{ASSIGN_PREFIX}{g.staff.id}" if "take" in request.form else request.form.get("act", "")
    dossiers, page = _ticked(chosen), request.form.get("page", 1, type=int)
    if not dossiers:
        return work_list.show(chosen, page, 422, _("Please tick at least one dossier first."))
    if act.startswith(ASSIGN_PREFIX):
        return _assign(chosen, dossiers, act.removeprefix(ASSIGN_PREFIX))
    if act not in IN_BULK:
        return work_list.show(chosen, page, 422, _("Please choose what to do with the ticked dossiers."))
    return htmx.goto(url_for(".show_bulk", batch=Bulk.plan(g.staff, act, dossiers).batch.id))


@bp.get("/bulk-moves/<int(max=2147483647):batch>")
@needs("move")
def show_bulk(batch: int) -> Response:
    """Show the preview of a planned move, or the result of one that was carried out."""
    return _show(_bulk(batch))


@bp.post("/bulk-moves/<int(max=2147483647):batch>")
@needs("move")
def carry_out_bulk(batch: int) -> Response:
    """Store the text for the citizens and show the preview again, or carry the move out (once)."""
    bulk = _bulk(batch)
    answer = BulkForm()
    answer.offer(_blocks(bulk.rows(g.scope), bulk.to))
    if not answer.validate_on_submit():
        return _show(bulk, answer, 422)
    if not bulk.done_at:
        bulk.say(answer.chosen(), answer.note.data)
        if "preview" not in request.form:
            bulk.carry_out(g.scope, undo_time())
    return htmx.follow(url_for(".show_bulk", batch=batch))


@bp.post("/bulk-moves/<int(max=2147483647):batch>/undo")
@needs("move")
def undo_bulk(batch: int) -> Response:
    """Undo all moves of which no citizen has been notified."""
    if not ButtonForm().validate_on_submit():
        abort(400)
    _bulk(batch).undo(g.scope)
    return htmx.follow(url_for(".show_bulk", batch=batch))


def _ticked(chosen: WorkList) -> list[Dossier]:
    """The ticked dossiers, or all that match the filters, or the one whose "take" button was pressed."""
    if "all" in request.form and "take" not in request.form:
        return chosen.page(g.scope, MAX_DOSSIERS)
    ids = request.form.getlist("take") or request.form.getlist("dossier")
    known = [int(each) for each in ids if each.isascii() and each.isdecimal() and len(each) < 10]
    return list(g.scope.dossiers().where(Dossier.id.in_(known)).order_by(Dossier.id))


def _assign(chosen: WorkList, dossiers: list[Dossier], colleague: str) -> Response:
    """Assign the dossiers to a colleague of their authority, or unassign them."""
    known = colleague.isascii() and colleague.isdecimal() and len(colleague) < 10
    to = get_object_or_404(g.scope.colleagues(), Staff.id == int(colleague)) if known else None
    if colleague and to is None:
        abort(404)
    given = 0
    for dossier in dossiers:
        with suppress(ConflictError):  # a dossier of another authority, or one that was transferred at this moment
            dossier.assign(to, by=g.staff)
            given += 1
    return htmx.goto(work_list.list_url(chosen, assigned=given))


def _bulk(batch: int) -> Bulk:
    """The bulk move if this account may see it; else 404."""
    mine = g.scope.batches().where(Batch.id == batch)
    return get_object_or_404(Bulk.select(Bulk, Batch).join(Batch), Bulk.batch.in_(mine.select(Batch.id)))


def _show(bulk: Bulk, answer: BulkForm | None = None, status: int = 200) -> Response:
    rows = bulk.rows(g.scope)
    states: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        states[row.state].append(row)
    can = [row.dossier for row in states["can"]]
    if answer is None:
        answer = BulkForm(formdata=None, block=str(bulk.block_id or ""), note=bulk.note)
        answer.offer(_blocks(rows, bulk.to))
    return htmx.page(
        "desk/bulk.html",
        status,
        push=url_for(".show_bulk", batch=bulk.batch.id),
        bulk=bulk,
        states=states,
        moved=sum(len(states[state]) for state in ("done", "late")),
        answer=answer,
        can=len(can),
        told=_count_notified(can),
        languages=_as_read(bulk, Counter(dossier.language for dossier in can)),
        undo_until=bulk.held_until,
        titles=_titles(rows),
    )


def _blocks(rows: list[Row], move: str) -> list[TextBlock]:
    blocks = TextBlock.fitting(row.dossier.form.procedure for row in rows)
    return [block for block in blocks if move in block.moves]


def _count_notified(dossiers: list[Dossier]) -> int:
    """How many of the citizens get a notification."""
    listening = Contact.dossier.in_([dossier.id for dossier in dossiers]) & Contact.stopped_at.is_null()
    contacts = g.scope.contacts().where(listening & Contact.confirmed_at.is_null(False))
    return contacts.select(fn.COUNT(Contact.dossier.distinct())).scalar()


def _as_read(bulk: Bulk, languages: Counter[str]) -> list[tuple[str, str, int, Line]]:
    """For each language of the citizens: its code, its name, how many read it, and the text of the move in it."""
    return [
        (language, NAMES[language], many, dossier_page.as_read(_draft(bulk, language), language))
        for language, many in languages.most_common()
    ]


def _draft(bulk: Bulk, language: str) -> Event:
    return Event(kind=bulk.to, at=now(), note=bulk.words(language), details={})


def _titles(rows: list[Row]) -> dict[int, str]:
    """{event id: title} of the events that changed a dossier since the move was planned."""
    events = [row.since for row in rows if row.since]
    return {event.id: line.title for event, line in zip(events, dossier_page.event_words.lines(events), strict=True)}
