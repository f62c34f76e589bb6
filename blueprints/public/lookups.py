"""Look a dossier up by its number, with lookup throttling (see models/security/lookups.py)."""

from flask import Response, abort, after_this_request, current_app, g, request, session
from werkzeug.exceptions import TooManyRequests

from models import Dossier
from models.notifications import version_key as version_keys
from models.notifications.version_key import CatalogueCache, VersionKey
from models.security import events, lookups
from models.security.lookups import MAX_KNOWN_NUMBERS, Asker, BlockedClients
from models.security.throttle import networks
from web.state import state

COOKIE_SECONDS = 365 * 86400


class BlockedError(TooManyRequests):
    """Too many look-ups failed. With `payable`, a solved CAPTCHA opens `number` all the same."""

    def __init__(self, number: str, wait: int, payable: bool) -> None:
        super().__init__(retry_after=wait)
        self.number, self.payable = number, payable


def dossier(number: str, of_seal: bool = False) -> Dossier:
    """The dossier with this number, or 404; a miss is counted. `of_seal`: it is looked up to try a seal."""
    return find(number, of_seal) or abort(404)


def find(number: str, of_seal: bool = False) -> Dossier | None:
    """The dossier with this number, or None; a miss is counted."""
    key = version_key(number, of_seal)
    return with_key(key) if key else None


def version_key(number: str, of_seal: bool = False, paid: bool = False) -> VersionKey | None:
    """The version key of this number's pages, or None; a miss is counted.

    Raises BlockedError, unless the number was found in this browser before: that is no guess, but a seal may be one.
    """
    _admit(number, of_seal, paid)
    key = version_keys.look_up(number)
    if key is None:
        count_miss(detail="price" if paid else "number")
    else:
        _remember(number)
    return key


def with_key(key: VersionKey) -> Dossier:
    """Load the dossier of a version key, with all that its pages show."""
    return version_keys.load(key, state().cache(CatalogueCache))


def count_miss(detail: str = "number") -> None:
    """Count a failed look-up: of a number, or of a seal."""
    asker = g.get("asker") or _asker(of_seal=detail == "seal")
    share = g.get("share") or asker.shares[0]
    lookups.count_miss(asker, share, state().cache(BlockedClients))
    events.record("lookup-missed", detail)


def _admit(number: str, of_seal: bool, paid: bool) -> None:
    blocked = state().cache(BlockedClients)
    if not blocked:
        return
    if not of_seal and (lookups.is_tagged(number, _tags()) or _was_given(number)):
        return
    g.asker = _asker(paid, of_seal)
    g.share, wait = lookups.admit(g.asker, blocked)
    if wait:
        events.record("limit-reached", blocked.reached(g.asker.limits(g.asker.shares[-1])))
        payable = not paid and not blocked.wait(g.asker.limits(lookups.PAID))
        raise BlockedError(number, wait, payable)


def _asker(paid: bool = False, of_seal: bool = False) -> Asker:
    return Asker(networks(request.remote_addr), () if of_seal else _tags(), paid)


def _tags() -> tuple[str, ...]:
    cookie = request.cookies.get(_cookie(), "")
    return lookups.unsealed(cookie) if cookie else ()


def _remember(number: str) -> None:
    """Let this browser keep that the number was found in it, by a keyed hash."""
    tags = g.get("found") or _tags()
    if lookups.is_tagged(number, tags):
        return
    if "found" not in g:
        after_this_request(_set_cookie)
    g.found = (*tags, lookups.tag(number))[-MAX_KNOWN_NUMBERS:]


def _set_cookie(response: Response) -> Response:
    response.set_cookie(
        _cookie(),
        lookups.sealed(g.found),
        max_age=COOKIE_SECONDS,
        samesite="Lax",
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )
    return response


def _cookie() -> str:
    return "__Host-found" if current_app.config["SESSION_COOKIE_SECURE"] else "found"


def _was_given(number: str) -> bool:
    keys = list(session.get("passes", {}))
    return bool(keys) and Dossier.select().where(Dossier.number == number, Dossier.key.in_(keys)).exists()
