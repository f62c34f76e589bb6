"""Metrics for monitoring, in the text format of Prometheus. Not public; they say nothing about a person."""

import hmac
from collections.abc import Iterable
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, request
from peewee import Field, fn

from blueprints.public import contact_limits
from models import Base, Channel, Delivery, Dossier, Notification, now, today
from models.dossiers.kinds import AWAITING_AUTHORITY
from models.notifications import limits as sms_limits
from models.notifications import outbox
from models.notifications.channel import CHANNELS

bp = Blueprint("metrics", __name__)


@bp.get("/metrics")
def show() -> Response:
    """Counts of dossiers, notifications and deliveries. Needs METRICS_TOKEN as bearer token; 404 if none is set."""
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        abort(404)
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        return Response("a token is needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    return Response("".join(f"{line}\n" for line in _lines()), mimetype="text/plain; version=0.0.4")


def _lines() -> Iterable[str]:
    yield from _gauge("dossiers", "Dossiers by status", _counted(Dossier, Dossier.status))
    yield from _gauge("dossiers_overdue", "Past their legal limit", [({}, _overdue())])
    by = _counted(Notification, Notification.channel, Notification.state)
    yield from _gauge("messages", "Messages by channel and state", by)
    yield from _gauge("message_oldest_seconds", "How long the message due longest has waited", [({}, _oldest())])
    yield from _gauge("channel_stopped", "1 while nothing leaves by this channel", _stopped())
    yield from _gauge(
        "messages_given_up", "Dead letters, for staff to send again", [({}, Notification.dead_letters().count())]
    )
    for name, (text, value) in _sms().items():
        yield from _gauge(name, text, [({}, value)])
    yield from _gauge("deliveries", "News for the authorities' systems by state", _counted(Delivery, Delivery.state))


def _sms() -> dict[str, tuple[str, float]]:
    figures = sms_limits.statistics(contact_limits.tariff())
    return {
        "sms_spent_cents": ("What the SMS of this month cost", figures.spent),
        "sms_budget_cents": ("What they may cost", figures.budget),
        "sms_confirmed_share": ("Of the contacts asked by SMS last, how many said yes", figures.confirmed),
    }


def _gauge(name: str, text: str, values: Iterable[tuple[dict[str, str], float]]) -> Iterable[str]:
    yield f"# HELP etracking_{name} {text}"
    yield f"# TYPE etracking_{name} gauge"
    for labels, value in values:
        pairs = ",".join(f'{key}="{label}"' for key, label in labels.items())
        yield f"etracking_{name}{{{pairs}}} {value}" if pairs else f"etracking_{name} {value}"


def _counted(model: type[Base], *fields: Field) -> list[tuple[dict[str, str], int]]:
    counted = model.select(*fields, fn.COUNT(model.id)).group_by(*fields).order_by(*fields)
    rows = cast(Iterable[tuple[Any, ...]], counted.tuples())
    names = [field.name for field in fields]
    return [(dict(zip(names, row, strict=False)), row[-1]) for row in rows]


def _stopped() -> list[tuple[dict[str, str], int]]:
    resting = {channel.name for channel in Channel.select().where(Channel.probe_at.is_null(False))}
    return [({"channel": name}, int(name in resting)) for name in CHANNELS]


def _overdue() -> int:
    return Dossier.select().where(Dossier.status.in_(AWAITING_AUTHORITY) & (Dossier.due_on < today())).count()


def _oldest() -> int:
    """Seconds that the oldest due notification has waited; 0 if none is due."""
    since = outbox.waiting_since()
    return int((now() - since).total_seconds()) if since else 0
