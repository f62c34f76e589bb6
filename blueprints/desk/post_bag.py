"""Open the post: scan the QR codes of one bag (post of one day of arrival), with an answer to each."""

import datetime as dt
import uuid
from collections import Counter
from collections.abc import Callable

from flask import Response, abort, g, request, url_for
from peewee import ModelSelect
from playhouse.flask_utils import get_object_or_404

from blueprints.accounts.guard import needs
from blueprints.desk import opened_form, readings
from blueprints.desk.blueprint import bp
from blueprints.desk.post_bag_forms import BagForm, ReadForm
from models import Batch, ConflictError, Read, now, today
from models.base import LUXEMBOURG
from models.dossiers.batch import MAX_AGE_WITHOUT_REASON
from models.staff.session import SESSION_LIFETIME
from web import htmx
from web.form_fields import ButtonForm
from web.responses import camera
from web.settings import undo_time


@bp.get("/post-bag")
@needs("receive")
def post_bag() -> Response:
    """Show the scanner for today's bag, or ask for the day of arrival of a new bag."""
    bag = own_bags().first()
    if bag is None or not bag.of_today or "new" in request.args:
        return _ask(BagForm(formdata=None, arrived_on=today()))
    return _scanner(bag)


@bp.post("/post-bag")
@needs("receive")
def open_bag() -> Response:
    """Open a bag. 422 for an impossible day, or a day long ago without a reason."""
    answer = BagForm()
    if not answer.validate_on_submit():
        return _ask(answer, 422)
    Batch.open_bag(g.staff, answer.arrived_on.data, answer.reason.data or "")
    return htmx.follow(url_for(".post_bag"))


@bp.post("/post-bag/<row:bag>/reads")
@needs("receive")
def add_read(bag: int) -> Response:
    """Record one scanned code and answer with its result. Idempotent by the key of the scan."""
    own, answer = get_object_or_404(own_bags(), Batch.id == bag), ReadForm()
    answer.validate()
    try:
        reads = Read.take(own, answer.scan, answer.typed, hold=undo_time(), postmark_on=answer.postmark)
    except ConflictError:
        abort(409)
    return _answer(own, reads)


@bp.post("/post-bag/<row:bag>/reads/<uuid:key>")
@needs("receive")
def change_read(bag: int, key: uuid.UUID) -> Response:
    """Take the next step that an answer offers: further papers, forward, or undo."""
    read = _read(bag, key)
    steps: dict[str, Callable[[], object]] = {
        "further": lambda: read.add_papers(by=g.staff, hold=undo_time()),
        "forward": lambda: read.forward(by=g.staff, hold=undo_time()),
        "undo": lambda: read.undo(by=g.staff),
        "undo-all": lambda: read.undo_envelope(by=g.staff),
    }
    step = steps.get(request.form.get("step", "")) or abort(400)
    try:
        step()
    except ConflictError:
        return _answer(read.batch, Read.of(read.batch, read.scan), conflict=True)
    return _answer(read.batch, Read.of(read.batch, read.scan))


@bp.get("/post-bag/<row:bag>/envelopes/<uuid:scan>")
@needs("receive")
def show_envelope(bag: int, scan: uuid.UUID) -> Response:
    """Show the answer to one code again, with what can still be said of its envelope."""
    batch = _bag(bag)
    return _part(batch, readings.of_envelope(batch, Read.of(batch, scan) or abort(404)), 200)


@bp.post("/post-bag/<row:bag>/envelopes/<uuid:scan>")
@needs("receive")
def open_envelope(bag: int, scan: uuid.UUID) -> Response:
    """Ask for what was not in the envelope; 422 with the errors beside the fields. The same form twice is once."""
    batch, sent = _bag(bag), request.form
    rows = readings.of_envelope(batch, Read.of(batch, scan), sent)
    forms = {row.read: row.opened for row in rows if row.opened}
    if not opened_form.validate(list(forms.values())):
        return _part(batch, rows, 422)
    conflict = len(forms) < sum(name.endswith("-seen") for name in sent)  # one was taken back, or handed over
    for read, form in forms.items():
        try:
            read.settle(form.found(), by=g.staff, hold=undo_time())
        except ConflictError:
            conflict = True
    return _answer(batch, Read.of(batch, scan) or abort(404), conflict=conflict)


@bp.get("/post-bag/<row:bag>")
@needs("receive")
def show_bag(bag: int) -> Response:
    """Show everything that was scanned from one bag, with counts, and what can still be undone."""
    return _summary(_bag(bag))


@bp.post("/post-bag/<row:bag>/undo")
@needs("receive")
def undo_bag(bag: int) -> Response:
    """Undo everything in the bag that still can be undone; count the rest."""
    batch = _bag(bag)
    if not ButtonForm().validate_on_submit():
        abort(400)
    left = Read.undo_all(batch, by=g.staff)
    return htmx.follow(url_for(".show_bag", bag=bag, left=left or None))


def own_bags() -> "ModelSelect[Batch]":
    """Query: the bags that this account opened."""
    return g.scope.bags().where(Batch.staff == g.staff)


def _bag(bag: int) -> Batch:
    """A bag of one's own authority, or 404. Colleagues may look at it and undo."""
    return get_object_or_404(g.scope.bags(), Batch.id == bag)


def _read(bag: int, key: uuid.UUID) -> Read:
    return get_object_or_404(Read, (Read.batch == _bag(bag)) & (Read.key == key))


def _ask(answer: BagForm, status: int = 200) -> Response:
    bags = [bag for bag in own_bags().limit(5)]
    return camera(
        htmx.page(
            "desk/bag_new.html", status, answer=answer, bags=bags, recent=MAX_AGE_WITHOUT_REASON.days, today=today()
        )
    )


def _scanner(bag: Batch) -> Response:
    """Show the page to scan on; without JavaScript, with the answer to the last code."""
    last = request.args.get("read", type=uuid.UUID)
    reads = Read.of(bag, last) if last else []
    return camera(
        htmx.page(
            "desk/post_bag.html",
            bag=bag,
            key=uuid.uuid4(),
            clock=_clock(),
            recorded=_recorded(bag),
            rows=readings.of_envelope(bag, reads),
            conflict=False,
        )
    )


def _clock() -> dict[str, int]:
    """For the script, in milliseconds: the time now and at the end of the day; how long the session can last."""
    session_ends = g.staff_session.created_at + SESSION_LIFETIME
    end_of_day = dt.datetime.combine(today() + dt.timedelta(days=1), dt.time(), LUXEMBOURG)
    seconds = {"now": now().timestamp(), "until": end_of_day.timestamp()}
    seconds["session"] = session_ends.timestamp() - seconds["now"]
    return {name: int(of * 1000) for name, of in seconds.items()}


def _answer(bag: Batch, reads: list[Read], conflict: bool = False) -> Response:
    """The answer to a code: only the part for htmx and post-bag.js; else redirect to the page it came from."""
    if conflict or htmx.headers().part:
        return _part(bag, readings.of_envelope(bag, reads), 409 if conflict else 200)
    if "back" in request.form or bag.staff != g.staff:
        return htmx.follow(url_for(".show_bag", bag=bag.id))
    return htmx.follow(url_for(".post_bag", read=reads[0].scan))


def _part(bag: Batch, rows: list[readings.Reading], status: int) -> Response:
    recorded, conflict = _recorded(bag), status == 409
    return htmx.page("desk/read.html", status, bag=bag, conflict=conflict, recorded=recorded, rows=rows)


def _recorded(bag: Batch) -> int:
    """How many papers of the bag were recorded, to compare with the pile."""
    return Read.recorded_in(bag).count()


def _summary(bag: Batch) -> Response:
    rows = readings.of_bag(bag)
    return htmx.page(
        "desk/bag.html",
        bag=bag,
        rows=rows,
        counts=Counter(row.words.title for row in rows),
        undoable=sum(bool(row.undoable_until) for row in rows),
        left=request.args.get("left", 0, type=int),
    )
