"""Deliver the events of a dossier to the hook of its authority's system. Called by the worker."""

import json
import logging

from flask import current_app

from blueprints.api.schemas import dossier_schema, event_schema
from models import Delivery, Dossier, db
from senders import webhook
from senders.base import SendError

log = logging.getLogger("etracking.systems")


def deliver_next() -> bool:
    """Send one due delivery; False if none is due. No database connection stays open during the request."""
    with db.connection_context():
        delivery = Delivery.claim()
    if delivery is None:
        return False
    error = _send(delivery)
    with db.connection_context():
        delivery.record_failure(error) if error else delivery.record_sent()
    fields = {"delivery": delivery.id, "system": delivery.system_id, "outcome": error or "sent"}
    log.info("delivery %(delivery)d for system %(system)d: %(outcome)s", fields, extra=fields)
    return True


def _send(delivery: Delivery) -> str:
    """Send `delivery` to its hook; return the error in words, or an empty text."""
    try:
        with db.connection_context():
            system, body = delivery.system, _body(delivery)
        if system.revoked_at:
            return "revoked"
        webhook.send(system.hook_url, system.hook_secret, body, current_app.config["HOOK_PRIVATE"])
    except SendError as error:
        return str(error)
    except Exception:  # a bug on our side: counted as a failure, or the delivery would be retried for ever
        log.exception("delivery %d", delivery.id)
        return "a fault on our side"
    return ""


def _body(delivery: Delivery) -> bytes:
    event = delivery.event
    dossier = Dossier.loaded().where(Dossier.id == event.dossier_id).get()
    content = {
        "event": event_schema(event).model_dump(mode="json"),
        "dossier": dossier_schema(dossier, with_history=False),
    }
    return json.dumps(content, separators=(",", ":")).encode()
