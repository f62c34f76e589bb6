"""API for the authorities' own systems: look dossiers up and move them. JSON, a bearer token, no cookies.

/api/v1/openapi.json describes it; that is generated from the schemas that validate the requests.
"""

import datetime as dt
from collections.abc import Callable
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, request
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException, TooManyRequests

from blueprints.api import description
from blueprints.api.problems import PREFIX, Problem, response_to, set_headers
from blueprints.api.schemas import Move, dossier_schema
from models import ApiToken, Authority, ConflictError, Counter, Dossier, Reply, Scope, db
from models.base import local_day
from models.dossiers import moves
from models.security import events
from web.links import link_to

bp = Blueprint("v1", __name__, url_prefix=PREFIX)
bp.after_request(set_headers)

MAX_REQUESTS_PER_MINUTE = 600  # for each system
PAGE_SIZE = 100  # dossiers


@bp.before_request
def require_token() -> None:
    """Require a bearer token for every endpoint but the API description; apply the rate limit."""
    if request.endpoint == "v1.openapi":
        return
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    token = ApiToken.find(text) if kind.lower() == "bearer" and text else None
    if token is None or not token.system.staff.may("api"):
        events.record("token-refused", "api")
        raise Problem(401, "Send the header Authorization: Bearer <token>; this token is unknown or was revoked.")
    if token.expired:
        events.record("token-refused", "api")
        raise Problem(401, "The time of this token is over. Ask the administrators of eTracking for another one.")
    g.system, g.token_expires_at = token.system, token.expires_at
    if Counter.hit(f"api|{g.system.id}", dt.timedelta(minutes=1)) > MAX_REQUESTS_PER_MINUTE:
        events.record("limit-reached", "api")
        raise TooManyRequests(retry_after=60)
    g.scope = Scope(g.system.staff)


@bp.get("/openapi.json")
def openapi() -> Response:
    """The description of this API (OpenAPI 3.1)."""
    return jsonify(description.describe(link_to("v1.openapi").removesuffix("/openapi.json")))


@bp.get("/dossiers")
def index() -> Response:
    """One page of the authority's dossiers, oldest first; `after` is the `next` of the page before."""
    after, status = _after(), _once("status")
    dossiers = g.scope.dossiers()
    row = dossiers.model
    wanted = (row.id > min(max(after, 0), 2**31 - 1)) & ((row.status == status) if status else (row.id > 0))
    rows = list(dossiers.where(wanted).order_by(row.id).limit(PAGE_SIZE))
    more = rows[-1].id if len(rows) == PAGE_SIZE else None
    return jsonify(dossiers=[dossier_schema(dossier, with_history=False) for dossier in rows], next=more)


def _after() -> int:
    """The query parameter `after`. What is no number would begin at the first page again, without end."""
    try:
        return int(_once("after") if "after" in request.args else 0)
    except ValueError:
        raise Problem(422, "after is a whole number: `next` of the page before.") from None


def _once(name: str) -> str:
    """A query parameter that may come once, or empty."""
    values = request.args.getlist(name)
    if len(values) > 1:
        raise Problem(422, f"{name} may come once.")
    return values[0] if values else ""


@bp.get("/dossiers/<number:number>")
def show(number: str) -> Response:
    """One dossier with its history."""
    return jsonify(dossier_schema(_dossier(number)))


def idempotent(view: Callable[..., tuple[dict[str, Any], int]]) -> Callable[..., Response]:
    """Decorator: do a request once for each Idempotency-Key; a repeat gets the stored answer.

    The answer is stored in the transaction of what it tells: a crash loses both or neither.
    """

    @wraps(view)
    def answer(**values: Any) -> Response:
        with db.atomic():
            reply, first = _reply()
            if first:
                body, status = _done(view, **values)
                reply.end(status, body)
            else:
                body, status = reply.body, reply.status or 500
        response = jsonify(body)
        response.status_code = status
        if status >= 400:
            response.content_type = "application/problem+json"
        return response

    return answer


def _done(view: Callable[..., tuple[dict[str, Any], int]], **values: Any) -> tuple[dict[str, Any], int]:
    """The answer of `view`; what a refused request has written is rolled back."""
    try:
        with db.atomic():
            return view(**values)
    except HTTPException as error:
        return response_to(error).get_json(), error.code or 500


@bp.post("/dossiers/<number:number>/moves")
@idempotent
def move(number: str) -> tuple[dict[str, Any], int]:
    """Move a dossier. With a test token the move is checked and answered, then rolled back."""
    asked = _asked()
    with db.atomic() as transaction:
        dossier = _dossier(number)
        try:
            _move(dossier, asked)
        except ConflictError:
            raise Problem(
                409,
                "The dossier is not, or no longer, in a state that allows this.",
                dossier=dossier_schema(_dossier(number)),
            ) from None
        body = dossier_schema(Dossier.loaded().where(Dossier.id == dossier.id).get()) | {"test": g.system.test}
        if g.system.test:
            transaction.rollback()
    return body, 200 if g.system.test else 201


def _reply() -> tuple[Reply, bool]:
    """The stored reply for the Idempotency-Key of this request, and True if this is the first request with it."""
    key = request.headers.get("Idempotency-Key", "")
    if not 8 <= len(key) <= 100:
        raise Problem(400, "Send the header Idempotency-Key with 8 to 100 characters, another one for each request.")
    try:
        return Reply.begin(g.system, key, f"{request.path}\n{request.get_data(as_text=True)}")
    except ConflictError:
        raise Problem(409, "This request is being answered already; ask again in a moment.") from None
    except ValueError:
        raise Problem(422, "This Idempotency-Key came with another request before.") from None


def _asked() -> Move:
    """The move in the body of this request. Raises Problem with the errors of each field."""
    if not request.is_json:
        raise Problem(415, "Send JSON, with Content-Type: application/json.")
    try:
        return Move.model_validate_json(request.get_data())
    except ValidationError as error:
        faults = [{"field": ".".join(map(str, fault["loc"])), "text": fault["msg"]} for fault in error.errors()]
        raise Problem(422, "Something in the request is wrong; see errors.", errors=faults) from None


def _dossier(number: str) -> Dossier:
    """The dossier if it belongs to the authority; 404 for one of another authority, as for an unknown number."""
    return g.scope.dossier(number) or abort(404)


def _move(dossier: Dossier, asked: Move) -> None:
    by, version = g.system.staff, asked.version
    if asked.to == "transferred":
        authority = Authority.get_or_none(Authority.slug == asked.authority)
        if authority is None:
            raise Problem(422, "There is no authority of this name; see /api/v1/openapi.json.")
        dossier.transfer(authority, moves.Act(by=by, version=version, note=asked.note))
        return
    if asked.arrived_on and asked.arrived_on < local_day(dossier.created_at):
        raise Problem(422, "arrived_on lies before the day on which the number was given out.")
    move = moves.Move(
        asked.to,
        by=by,
        version=version,
        note=asked.note,
        arrived_on=asked.arrived_on,
        postmark_on=asked.postmark_on,
        missing=tuple(asked.missing),
        until=asked.until,
    )
    dossier.move(move)
