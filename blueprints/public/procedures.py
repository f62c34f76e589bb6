"""The catalogue: find a procedure, read what it needs, download its forms."""

from typing import Any

from flask import Blueprint, Response, abort, request, url_for
from peewee import ModelSelect
from playhouse.flask_utils import get_object_or_404

from blueprints.public import catalogue
from models import Authority, Form, Procedure, Topic
from models.catalogue.procedure import AUDIENCES
from models.dossiers.codes import find
from web import htmx, page_cache
from web.languages import current
from web.responses import pdf
from wording import dossier as dossier_words
from wording.sheets import form_name

bp = Blueprint("procedures", __name__, url_prefix="/procedures")

PAGE_SIZE = 50  # procedures
FILTERS = ("q", "audience", "topic", "event")


@bp.get("")
@page_cache.shared(*FILTERS, "page")
def index() -> Response:
    """List the procedures by topic. ?q= and the filters narrow the list, live under htmx."""
    if number := _number(request.args.get("q", "")):
        return htmx.goto(url_for("status.show", number=number))
    audience = request.args.get("audience", "")
    filters = {
        "words": request.args.get("q", "")[:100],
        "audience": audience if audience in AUDIENCES else "",
        "topic": request.args.get("topic", "")[:60],
        "life_event": request.args.get("event", "")[:60],
    }
    found = catalogue.listing().find(current(), **filters)
    last = max((len(found) - 1) // PAGE_SIZE + 1, 1)
    page = min(max(request.args.get("page", 1, type=int), 1), last)
    groups = catalogue.grouped(found[PAGE_SIZE * (page - 1) : PAGE_SIZE * page], filters["audience"])
    context: dict[str, Any] = {"count": len(found), "groups": groups, "pages": _pages(page, last)}
    return htmx.page("public/procedures/index.html", **context, **filters)


@bp.get("/<slug>")
@page_cache.shared()
def show(slug: str) -> Response:
    """Show one procedure: for whom, steps, documents, forms (with a link if there is a file), the authority."""
    procedure, forms, time = catalogue.shown(slug)
    waited = dossier_words.spread(time.half, time.most) if time else ""
    return htmx.page("public/procedures/show.html", procedure=procedure, forms=forms, waited=waited)


@bp.get("/<slug>/forms/<form>")
def blank(slug: str, form: str) -> Response:
    """The blank form, without a number."""
    offered = get_object_or_404(offered_forms(), Procedure.slug == slug, Form.slug == form)
    file = offered.file(current())
    if file is None:
        abort(404)
    return pdf(bytes(file.data), form_name(offered, current()))


def _number(words: str) -> str | None:
    """The eTracking number that was typed into the search. Words without a digit may look like one by chance."""
    return find(words) if any(map(str.isdigit, words)) else None


def offered_forms() -> "ModelSelect[Form]":
    """Query: the forms on offer, each with its procedure, authority and topic."""
    joined = Form.select(Form, Procedure, Authority, Topic).join(Procedure).join(Authority)
    return joined.join_from(Procedure, Topic).where(~Form.retired & ~Procedure.retired)


def _pages(page: int, last: int) -> dict[str, str]:
    """The URLs of the pages before and after this one; empty if there is none."""
    filters: dict[str, Any] = {name: value for name in FILTERS if (value := request.args.get(name))}
    there = {"before": page - 1, "after": page + 1}
    return {
        name: url_for(".index", **filters, page=other) if 1 <= other <= last else "" for name, other in there.items()
    }
