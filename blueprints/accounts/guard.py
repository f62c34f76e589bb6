"""Access control of the staff pages: closed by default; a view or blueprint declares the right that opens it."""

from collections.abc import Callable
from typing import Any, TypeVar

from flask import Response, abort, current_app, g, request

from blueprints.accounts import returning
from models.staff.rights import Right

View = TypeVar("View", bound=Callable[..., Any])


def needs(right: Right) -> Callable[[View], View]:
    """Decorator: declare the right that a view needs. Write it below the route: `@bp.post(...)`, `@needs("move")`."""

    def declare(view: View) -> View:
        vars(view)["needs"] = right
        return view

    return declare


def needed(view: Callable[..., Any]) -> Right | None:
    """The right that `view` declares; None if it declares none, which refuses everybody."""
    return getattr(view, "needs", None)


def by_view() -> Response | None:
    """Guard for a blueprint whose views each declare their right; a view without one is refused to everybody."""
    return _admit(needed(current_app.view_functions[request.endpoint or ""]))


def with_right(right: Right) -> Callable[[], Response | None]:
    """Guard for a blueprint whose views all need the same right."""
    return lambda: _admit(right)


def require(right: Right) -> None:
    """Abort with 403 without `right`; for a view that needs a further right in one case only."""
    if not g.staff.may(right):
        abort(403)


def _admit(right: Right | None) -> Response | None:
    """Redirect to the sign-in page without a session; abort with 403 without the right."""
    if g.staff is None:
        return returning.ask_to_sign_in()
    if right is None or not g.staff.may(right):
        abort(403)
    return None
