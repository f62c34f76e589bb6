"""The catalogue: find a procedure, read what it needs, download its forms."""

from flask import Blueprint, Response, abort, request
from peewee import ModelSelect, prefetch
from playhouse.flask_utils import get_object_or_404

from models import Authority, Form, FormFile, Procedure, Topic
from models.catalogue.procedure import AUDIENCES
from web import htmx
from web.languages import current
from web.responses import pdf
from wording import dossier as dossier_words

bp = Blueprint("procedures", __name__, url_prefix="/procedures")


@bp.get("")
def index() -> Response:
    """List the procedures by topic. ?q= and the filters narrow the list, live under htmx."""
    audience = request.args.get("audience", "")
    filters = {
        "words": request.args.get("q", "")[:100],
        "audience": audience if audience in AUDIENCES else "",
        "topic": request.args.get("topic", "")[:60],
        "life_event": request.args.get("event", "")[:60],
    }
    found = Procedure.find(current(), **filters)
    return htmx.page(
        "public/procedures/index.html", count=len(found), groups=grouped(found, filters["audience"]), **filters
    )


@bp.get("/<slug>")
def show(slug: str) -> Response:
    """Show one procedure: for whom, steps, documents, forms (with a link if there is a file), the authority."""
    procedure = get_object_or_404(Procedure.offered(), Procedure.slug == slug)
    forms = procedure.forms.where(~Form.retired).order_by(Form.position)
    with_files = prefetch(forms, FormFile.select(FormFile.id, FormFile.form))
    waited = dossier_words.waited(procedure)
    return htmx.page("public/procedures/show.html", procedure=procedure, forms=with_files, waited=waited)


@bp.get("/<slug>/forms/<form>")
def blank(slug: str, form: str) -> Response:
    """The blank form, without a number."""
    file = get_object_or_404(offered_forms(), Procedure.slug == slug, Form.slug == form).file(current())
    if file is None:
        abort(404)
    return pdf(bytes(file.data), f"{form}.pdf")


def offered_forms() -> "ModelSelect[Form]":
    """Query: the forms on offer, each with its procedure, authority and topic."""
    joined = Form.select(Form, Procedure, Authority, Topic).join(Procedure).join(Authority)
    return joined.join_from(Procedure, Topic).where(~Form.retired & ~Procedure.retired)


def grouped(procedures: list[Procedure], audience: str = "") -> list[tuple[str, list[tuple[Topic, list[Procedure]]]]]:
    """Group the procedures by audience (or only for one `audience`), then by topic; keeps their order.

    A procedure for both audiences is in both groups, so that nobody must look in the other one.
    """
    return [
        (name, topics)
        for name in AUDIENCES
        if audience in ("", name) and (topics := _by_topic([p for p in procedures if name in p.audiences]))
    ]


def _by_topic(procedures: list[Procedure]) -> list[tuple[Topic, list[Procedure]]]:
    topics: dict[int, tuple[Topic, list[Procedure]]] = {}
    for procedure in procedures:
        topics.setdefault(procedure.topic.id, (procedure.topic, []))[1].append(procedure)
    return list(topics.values())
