"""Web Push (RFC 8030, 8291, 8292) by pywebpush, imported late: 0.4 s and 19 packages that no web process needs.

401 and 403 end one notification, not the channel: a browser subscribes for one VAPID key, and somebody who registers a
subscription for another key must not stop the channel for all.
"""

import json
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from models.notifications.letter import Letter
from models.notifications.outcome import Outcome
from models.notifications.push_services import permitted
from models.security import keys
from senders.base import SendError, never_connected

TIMEOUT = (5, 10)  # seconds to connect, and to wait for the answer
TTL = 7 * 24 * 3600  # seconds that the push service keeps it for a device that is switched off
MEANING = {
    404: Outcome.GONE,
    410: Outcome.GONE,
    400: Outcome.NEVER,
    401: Outcome.NEVER,
    403: Outcome.NEVER,
    413: Outcome.NEVER,
}


def send(letter: Letter) -> str:
    """Hand `letter`, encrypted for one device, to its push service, which gives it no id. Raises SendError.

    While the device has not fetched it, a newer one about the same dossier takes its place there.
    """
    from pywebpush import WebPusher
    from requests import RequestException, Session

    device = _device(letter)
    headers = _signed_headers(device["endpoint"]) | {"Urgency": "normal", "Topic": _topic(letter)}
    with Session() as session:
        session.max_redirects = 0  # following a redirect would bypass the list of hosts
        try:
            pusher = WebPusher(device, requests_session=session)
            answer = pusher.send(_payload(letter), headers, ttl=TTL, timeout=TIMEOUT)
        except RequestException as error:
            raise _unanswered(error) from error
    if not 200 <= answer.status_code < 300:
        raise SendError(f"push refused: HTTP {answer.status_code}", _meaning(answer.status_code))
    return ""


def _device(letter: Letter) -> dict[str, Any]:
    """What the browser of its device gave out. Raises SendError if it names no push service of PUSH_HOSTS."""
    device = json.loads(letter.to or "{}")
    if not permitted(device.get("endpoint", ""), current_app.config["PUSH_HOSTS"]):
        raise SendError("not a push service that we know", Outcome.NEVER)
    return device


def _signed_headers(endpoint: str) -> dict[str, str]:
    """The headers that say who we are (VAPID). Raises SendError if there is no key for it."""
    from py_vapid import Vapid

    config, service = current_app.config, urlsplit(endpoint)
    if not config["PUSH_PRIVATE_KEY"]:
        raise SendError("no keys for push configured", Outcome.ACCOUNT)
    contact = config["HELPDESK_EMAIL"] or f"noreply@{urlsplit(config['SITE_URL']).hostname}"
    claims = {"aud": f"https://{service.netloc}", "sub": f"mailto:{contact}"}
    return Vapid.from_string(config["PUSH_PRIVATE_KEY"]).sign(claims)


def _topic(letter: Letter) -> str:
    """The same for all notifications of one dossier, and tells nobody which one it is."""
    return keys.digest("topic", letter.page)[:32]


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
