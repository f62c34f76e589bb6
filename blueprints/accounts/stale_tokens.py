"""A form of the staff whose CSRF token is no longer valid: its page was opened before the last sign-in or sign-out."""

from flask import Response, g, request, url_for

from blueprints.accounts import form_tokens, returning, signed_in
from web import errors, htmx


def answer() -> Response | None:
    """The answer to such a form; None for one that no page of this account has, which is an error like any other.

    Nothing is done, but what was typed is not lost: it is in its form again, at once or after the next sign-in.
    """
    signed_in.load()  # the token is checked before anything else
    sender = form_tokens.sender()
    if sender is None or not errors.from_own_page():
        return None
    if request.path == url_for("sign_in.close_session"):
        return signed_in.leave(url_for("sign_in.show"))
    if not request.path.startswith("/desk"):
        return None
    if g.staff is None:
        return returning.ask_to_sign_in()
    page = returning.keep(sender)
    return htmx.goto(page) if g.staff.id == sender else None
