"""CSRF tokens of the staff: new at each sign-in and sign-out, and bound to the account whose pages have them."""

import hmac

from flask import g, request, session
from itsdangerous import URLSafeTimedSerializer

from models import Staff
from models.security import keys
from models.security.tokens import new_token

FIELD = "csrf_token"  # of the session and of forms, as Flask-WTF names it
PURPOSE = "owner of a form"


def renew(staff: Staff | None) -> None:
    """Give this browser a new token, for pages of `staff` or of nobody. Forms with the former one are refused."""
    g.pop(FIELD, None)
    if staff is None:
        session.pop(FIELD, None)
    else:
        start = f"{new_token()}.{staff.id}"
        session[FIELD] = f"{start}.{keys.digest(PURPOSE, start)}"


def bind(staff: Staff) -> None:
    """Renew the token unless it is one for pages of `staff`."""
    if _owner(session.get(FIELD)) != staff.id:
        renew(staff)


def sender() -> int | None:
    """The id of the account on whose page the form of this request stood, even if its token is no longer valid.

    None for a page of nobody, and for a token that is not ours: no other site can make one for an account.
    """
    sent = request.form.get(FIELD) or request.headers.get("X-CSRFToken", "")
    _valid, token = URLSafeTimedSerializer("").loads_unsafe(sent)  # the owner has a seal of its own
    return _owner(token)


def _owner(token: object) -> int | None:
    start, _, seal = token.rpartition(".") if isinstance(token, str) else ("", "", "")
    if not any(hmac.compare_digest(known.encode(), seal.encode()) for known in keys.digests(PURPOSE, start)):
        return None
    return int(start.rpartition(".")[2])
