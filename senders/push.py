"""Web Push (RFC 8030, 8291, 8292) by pywebpush, loaded with the first one: 0.4 s and 19 packages no web process needs.

What a push service answers about our rights is about one device: its browser made the subscription for one key, and
whoever registers one that was made for another key must not stop the channel for all.
"""

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import current_app

from models import Outcome
from models.notifications.subscription import permitted
from models.security import keys
from senders.base import Letter, SendError, never_connected

if TYPE_CHECKING:
    from pywebpush import WebPusher

TIMEOUT = (5, 10)  # seconds to connect, and to wait for the answer
KEPT = 7 * 24 * 3600  # seconds that the push service keeps it for a device that is switched off
MEANING = {
    404: Outcome.GONE,
    410: Outcome.GONE,
    400: Outcome.NEVER,
    401: Outcome.NEVER,
    403: Outcome.NEVER,
    413: Outcome.NEVER,
}


def send(letter: Letter) -> str:
    """Hand `letter`, encrypted for one device, to its push service, which gives it no name. Raises SendError.

    While the device has not fetched it, a newer one about the same dossier takes its place there.
    """
    from requests import RequestException, Session

    pusher, headers = _prepare(letter)
    with Session() as session:
        session.max_redirects = 0  # an answer that leads elsewhere would lead around the list of hosts
        pusher.mod_or_session = session
        try:
            answer = pusher.send(_payload(letter), headers, ttl=KEPT, timeout=TIMEOUT)
        except RequestException as error:
            raise _unanswered(error) from error
    if not 200 <= answer.status_code < 300:
        raise SendError(f"push refused: HTTP {answer.status_code}", _meaning(answer.status_code))
    return ""


def _prepare(letter: Letter) -> "tuple[WebPusher, dict[str, str]]":
    """What sends to the device of `letter`, and the headers that say who we are."""
    from py_vapid import Vapid
    from pywebpush import WebPusher

    device, config = json.loads(letter.to or "{}"), current_app.config
    if not permitted(device.get("endpoint", ""), config["PUSH_HOSTS"]):
        raise SendError("not a push service that we know", Outcome.NEVER)
    if not config["PUSH_PRIVATE_KEY"]:
        raise SendError("no keys for push configured", Outcome.ACCOUNT)
    service = urlsplit(device["endpoint"])
    contact = config["HELPDESK_EMAIL"] or f"noreply@{urlsplit(config['SITE_URL']).hostname}"
    claims = {"aud": f"https://{service.netloc}", "sub": f"mailto:{contact}"}
    headers = Vapid.from_string(config["PUSH_PRIVATE_KEY"]).sign(claims)
    return WebPusher(device), headers | {"Urgency": "normal", "Topic": keys.digest("topic", letter.page)[:32]}


def _payload(letter: Letter) -> str:
    """What templates/public/pwa/sw.js shows."""
    return json.dumps({"title": letter.subject, "body": letter.text, "lang": letter.language, "page": letter.page})


def _meaning(status: int) -> Outcome:
    if status in MEANING:
        return MEANING[status]
    return Outcome.DOWN if status >= 500 else Outcome.LATER


def _unanswered(error: Any) -> SendError:
    from requests import TooManyRedirects

    if isinstance(error, TooManyRedirects):
        return SendError("push refused: it leads elsewhere", Outcome.NEVER)
    if never_connected(error):
        return SendError(f"push service not reached: {type(error).__name__}", Outcome.DOWN)
    return SendError(f"no clear answer from the push service: {type(error).__name__}", Outcome.UNKNOWN)
