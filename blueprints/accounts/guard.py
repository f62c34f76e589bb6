"""The guard of the staff's pages: closed by default, opened by the right that a view or blueprint declares."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, abort, current_app, g, request, url_for

from models.staff.rights import Right
from web import htmx

View = TypeVar("View", bound=Callable[..., Any])


def needs(right: Right) -> Callable[[View], View]:
    """Declare the right that a view of the desk needs: `@bp.post(...)`, and below it `@needs("move")`."""

    def declare(view: View) -> View:
        vars(view)["needs"] = right
        return view

    return declare


def needed(view: Callable[..., Any]) -> Right | None:
    """The right that `view` declares; None if it declares nothing, and so opens to nobody."""
    return getattr(view, "needs", None)


def by_view() -> Response | None:
    """Guard of a blueprint whose views each declare their right. One that declares nothing is refused to everybody."""
    return _admit(needed(current_app.view_functions[request.endpoint or ""]))


def with_right(right: Right) -> Callable[[], Response | None]:
    """Guard of a blueprint whose views all need the same right."""
    return lambda: _admit(right)


def require(right: Right) -> None:
    """403 without `right`: for what one answer of an open view needs besides."""
    if not g.staff.may(right):
        abort(403)


def _admit(right: Right | None) -> Response | None:
    """To the sign-in page without a session; 403 without the right."""
    if g.staff is None:
        return htmx.goto(url_for("sign_in.show"))
    if right is None or not g.staff.may(right):
        abort(403)
    return None
