"""Metrics for monitoring, in the formats of Prometheus. Not public; they say nothing about a person."""

import datetime as dt
import hmac
from collections.abc import Callable, Iterable

from flask import Blueprint, Response, abort, current_app, request
from peewee import PeeweeException
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

import senders
from blueprints.public import contact_limits
from models import Backup, Channel, Heartbeat, KeptMail, Notification, now
from models.monitoring import conditions, figures
from models.notifications import outbox, sms_limits
from models.notifications.channel import CHANNELS
from models.security import events
from models.security.events import SecurityCount
from models.staff import digest
from web import schema
from web.state import state

bp = Blueprint("metrics", __name__)

Samples = Iterable[tuple[tuple[str, ...], float]]  # the values of the labels, and the figure


class Figures(Collector):
    """All figures, read from the database when they are asked for: they are the same in every process."""

    def collect(self) -> Iterable[Metric]:
        """The metrics, one family after the other."""
        for family in (_service, _alarms, _security, _dossiers, _notifications, _channels, _sms):
            yield from family()


registry = CollectorRegistry()
registry.register(Figures())


@bp.get("/metrics")
def show() -> Response:
    """All figures. Needs METRICS_TOKEN as bearer token; 404 if none is set, 503 while the database is away."""
    token = current_app.config["METRICS_TOKEN"]
    if not token:
        abort(404)
    if not hmac.compare_digest(request.headers.get("Authorization", "").encode(), f"Bearer {token}".encode()):
        events.record("token-refused", "metrics")
        return Response("a token is needed\n", 401, {"WWW-Authenticate": "Bearer"}, mimetype="text/plain")
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    try:
        return Response(encode(registry), 200, {"Cache-Control": "no-store"}, content_type=content_type)
    except PeeweeException:
        return Response("the database does not answer\n", 503, {"Retry-After": "30"}, mimetype="text/plain")


def _service() -> Iterable[Metric]:
    database = state().database
    free, total = figures.disk_free(database)
    yield _gauge("build_info", "The release that answers", [((figures.version(),), 1)], "version")
    yield _gauge("migrations_missing", "Migrations that the database lacks", len(schema.read(database).missing))
    yield _gauge("workers", "Workers that live: heard of within two minutes", Heartbeat.alive())
    yield _gauge("database_bytes", "Size of the database", figures.database_size(database))
    yield _gauge("disk_free_bytes", "Free room on its disk; with PostgreSQL, on ours", free)
    yield _gauge("disk_bytes", "Size of that disk", total)
    yield _gauge("audit_rows", "Rows of the audit log", figures.audit_rows())


def _alarms() -> Iterable[Metric]:
    max_backup_age = dt.timedelta(hours=current_app.config["ALARM_BACKUP_HOURS"])
    places = digest.places(current_app.config)
    watch = conditions.Watch(state().database, max_backup_age, senders.configured(), places)
    found = {each.name for each in conditions.ringing(watch)}
    yield _gauge("alarm", "1 while it rings", [((name,), name in found) for name in conditions.NAMES], "name")
    backups = [((row.act,), row.at.timestamp()) for row in Backup.select()]
    yield _gauge("backup_timestamp_seconds", "When a backup was last made and tried", backups, "act")


def _security() -> Iterable[Metric]:
    events.flush()  # of this process; the others add theirs within seconds
    counts = CounterMetricFamily("etracking_security_events", "Security events", labels=("kind", "detail"))
    for key, count in SecurityCount.totals().items():
        counts.add_metric(key, count)
    yield counts


def _dossiers() -> Iterable[Metric]:
    yield _gauge("dossiers", "Dossiers by status", _single(figures.dossiers_by_status()), "status")
    yield _gauge("dossiers_overdue", "Past their legal limit", figures.overdue())
    states = _single(figures.deliveries_by_state())
    yield _gauge("deliveries", "News for the authorities' systems by state", states, "state")


def _notifications() -> Iterable[Metric]:
    samples = [((channel, name), float(cases)) for channel, name, cases in figures.notifications()]
    undelivered = figures.undelivered_since()
    waits = [((channel,), _age(undelivered.get(channel))) for channel in CHANNELS]
    oldest, given_up = _age(outbox.waiting_since()), Notification.dead_letters().count()
    yield _gauge("notifications", "Notifications by channel and state", samples, "channel", "state")
    yield _gauge("notification_oldest_seconds", "How long the one due longest has waited", oldest)
    text = "How long the oldest has waited that could have arrived, whatever its next attempt"
    yield _gauge("notification_undelivered_seconds", text, waits, "channel")
    yield _gauge("notifications_given_up", "Dead letters, for staff to send again", given_up)
    yield _gauge("mails_kept", "Mails that came back and that a person has to read", KeptMail.select().count())
    former = "The former name of a metric, gone with the next release"
    yield _gauge("messages", former, samples, "channel", "state")
    yield _gauge("message_oldest_seconds", former, oldest)
    yield _gauge("messages_given_up", former, given_up)


def _channels() -> Iterable[Metric]:
    rows = {channel.name: channel for channel in Channel.select()}

    def each(value: Callable[[Channel], float]) -> Samples:
        return [((name,), value(rows.get(name) or Channel(name=name))) for name in CHANNELS]

    yield _gauge(
        "channel_stopped", "1 while nothing leaves by it", each(lambda row: row.probe_at is not None), "channel"
    )
    yield _gauge("channel_failures", "Attempts in a row that failed", each(lambda row: row.failures), "channel")
    successes = [((name,), row.last_success_at.timestamp()) for name, row in rows.items() if row.last_success_at]
    yield _gauge("channel_success_timestamp_seconds", "When one was last sent", successes, "channel")


def _sms() -> Iterable[Metric]:
    statistics = sms_limits.statistics(contact_limits.tariff())
    yield _gauge("sms_spent_cents", "What the SMS of this month cost", statistics.spent)
    yield _gauge("sms_budget_cents", "What they may cost", statistics.budget)
    yield _gauge("sms_confirmed_share", "Share of those asked by SMS last who said yes", statistics.confirmed)


def _gauge(name: str, text: str, samples: Samples | float, *labels: str) -> Metric:
    family = GaugeMetricFamily(f"etracking_{name}", text, labels=labels)
    for values, figure in samples if isinstance(samples, Iterable) else [((), samples)]:
        family.add_metric(values, figure)
    return family


def _single(counts: dict[str, int]) -> Samples:
    return [((name,), count) for name, count in counts.items()]


def _age(since: dt.datetime | None) -> float:
    """Seconds since that moment; 0 if there is none."""
    return max(0.0, (now() - since).total_seconds()) if since else 0.0
