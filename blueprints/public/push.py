"""Push notifications: subscribe a device to the news of a dossier. Needs no e-mail address, and costs nothing."""

import datetime as dt
from typing import NamedTuple

from flask import Blueprint, Response, abort, current_app, request
from werkzeug.exceptions import TooManyRequests

from blueprints.public import contacts, lookups
from models import Counter, Dossier, Subscription
from models.notifications.subscription import SubscriptionError, TooManyDevicesError
from models.security import events
from models.security.throttle import networks
from web import htmx
from web.languages import current
from web.responses import private

bp = Blueprint("push", __name__)

ACTIONS = ("ask", "tell", "stop", "data")
HOUR, MAX_CHANGES_PER_HOUR = dt.timedelta(hours=1), 20


class News(NamedTuple):
    """What the card for news on this device shows: nothing yet, or the answer to what was asked of it."""

    device: Subscription | None = None
    told: bool = False
    done: str = ""  # the action
    fault: bool = False
    full: bool = False  # the fault: too many devices are told


@bp.post("/t/<number:number>/push")
def tell(number: str) -> Response:
    """Subscribe this device (tell), unsubscribe it (stop), show its state (ask), or download its data (data)."""
    action = request.form.get("action", "")
    if not current_app.config["PUSH_PUBLIC_KEY"]:
        abort(404)
    dossier = lookups.dossier(number)
    if action not in ACTIONS:
        abort(400)
    try:
        device = Subscription.read(request.form, current_app.config["PUSH_HOSTS"])
        if action in ("tell", "stop"):
            _change(action, device, dossier)
    except (SubscriptionError, TooManyDevicesError) as error:
        full = isinstance(error, TooManyDevicesError)
        return private(
            htmx.page("public/pwa/push.html", 409 if full else 422, dossier=dossier, news=News(fault=True, full=full))
        )
    contact = device.contact_of(dossier)
    if action == "data":
        return contacts.export(contact or abort(404))
    told = contact is not None and contact.stopped_at is None
    return private(htmx.page("public/pwa/push.html", dossier=dossier, news=News(device, told, action)))


@bp.post("/push")
def renew() -> Response:
    """Replace the endpoint of a device. Its service worker calls this when the browser changes the subscription."""
    if not current_app.config["PUSH_PUBLIC_KEY"]:
        abort(404)
    try:
        device = Subscription.read(request.form, current_app.config["PUSH_HOSTS"])
    except SubscriptionError:
        abort(422)
    _limit()
    device.replace_endpoint(request.form.get("old", ""))
    return Response(status=204)  # also if the old endpoint is unknown


def _change(action: str, device: Subscription, dossier: Dossier) -> None:
    if action == "stop":
        return device.unsubscribe(dossier)
    _limit()
    return device.subscribe(dossier, current())


def _limit() -> None:
    if Counter.hit(f"push|{networks(request.remote_addr).visitor}", HOUR) > MAX_CHANGES_PER_HOUR:
        events.record("limit-reached", "push")
        raise TooManyRequests(retry_after=int(HOUR.total_seconds()))
