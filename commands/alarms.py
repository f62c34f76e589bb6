"""Look for what is wrong, and ring. Called by the worker once a minute, and by `notifications status`."""

import datetime as dt

from flask import current_app

import senders
from models import Alarm, db
from models.monitoring import conditions
from models.monitoring.alarm import Condition
from models.staff import digest
from web.state import state


def watch() -> None:
    """Ring for what is wrong, and say what is over; one worker for all of them."""
    with db.connection_context():
        Alarm.settle(ringing(), dt.timedelta(seconds=current_app.config["ALARM_REPEAT"]))


def ringing() -> list[Condition]:
    """What is wrong now."""
    max_backup_age = dt.timedelta(hours=current_app.config["ALARM_BACKUP_HOURS"])
    places = digest.places(current_app.config)
    return conditions.ringing(conditions.Watch(state().database, max_backup_age, senders.configured(), places))
