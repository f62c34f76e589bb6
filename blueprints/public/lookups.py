"""Look a dossier up by its number, with lookup throttling (see models/security/lookups.py)."""

from flask import abort, current_app, request, session
from werkzeug.exceptions import TooManyRequests

from models import Dossier
from models.notifications import version_key as version_keys
from models.notifications.version_key import CatalogueCache, VersionKey
from models.security import lookups
from models.security.lookups import BlockedClients, Limits
from web.state import state


def dossier(number: str) -> Dossier:
    """The dossier with this number, or 404; a miss is counted."""
    return find(number) or abort(404)


def find(number: str) -> Dossier | None:
    """The dossier with this number, or None; a miss is counted."""
    key = version_key(number)
    return with_key(key) if key else None


def version_key(number: str) -> VersionKey | None:
    """The version key of this number's pages, or None; a miss is counted."""
    refuse_blocked(number)
    key = version_keys.look_up(number)
    if key is None:
        count_miss()
    return key


def with_key(key: VersionKey) -> Dossier:
    """Load the dossier of a version key, with all that its pages show."""
    return version_keys.load(key, state().cache(CatalogueCache))


def refuse_blocked(number: str) -> None:
    """Raise TooManyRequests if this visitor, or their network, had too many misses.

    A number that was given out in this session is shown all the same.
    """
    blocked = state().cache(BlockedClients)
    wait = blocked.wait(_limits()) if blocked else 0
    if wait and not _was_given(number):
        raise TooManyRequests(retry_after=wait)


def count_miss() -> None:
    """Count a failed look-up."""
    lookups.count_miss(_limits(), state().cache(BlockedClients))


def _limits() -> Limits:
    return lookups.limits(request.remote_addr, current_app.config["SECRET_KEY"])


def _was_given(number: str) -> bool:
    keys = list(session.get("passes", {}))
    return Dossier.select().where(Dossier.number == number, Dossier.key.in_(keys)).exists()
