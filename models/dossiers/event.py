"""A dossier's history, row by row."""

import datetime as dt
from functools import cached_property
from typing import Any

from peewee import CharField, DateField, DeferredForeignKey, ForeignKeyField, JSONField, ModelSelect, TextField

from models.base import Base, Conflict, UTCDateTimeField, now
from models.catalogue.procedure import Authority
from models.deadlines.workdays import working_day
from models.dossiers.batch import Batch
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.staff.staff import Staff
from models.systems.delivery import Delivery

# What can be taken back: somebody's slip at scanner or list. Who announced or posted, did so.
UNDOABLE = (
    "received",
    "supplied",
    "further",
    "forwarded",
    "absent",
    "incomplete",
    "examination",
    "decided",
    "closed",
    "lapsed",
    "withdrawn",
)
ASIDE = ("added", "changed")  # of a contact, not of the dossier: between the steps, and nobody else's business


class Event(Base):
    """One row of a dossier's history; never changed.

    Its kind is a status, or: posted; reminder (to post it); unarrived (posted, but not scanned in time); supplied (the
    missing documents came); further (more paper came); forwarded (the envelope came to another authority, which sent
    it on); absent (its envelope came without this form); transferred; corrected (the day of arrival); returned
    (originals went back); undone (`details["event"]` never happened). Aside from the dossier's life: added, changed
    (an address of a contact).
    """

    dossier = DeferredForeignKey("Dossier", backref="events", on_delete="CASCADE")
    kind = CharField(max_length=12)
    from_status = CharField(max_length=12, default="")
    to_status = CharField(max_length=12)
    at = UTCDateTimeField()
    by = ForeignKeyField(Staff, null=True)
    note = TextField(default="")  # public: the citizen reads it
    arrived_on = DateField(null=True)  # the day this paper came; with corrected, the right day
    postmark_on = DateField(null=True)
    details = JSONField(default=dict)
    batch = ForeignKeyField(Batch, null=True, backref="events")
    batch_id: Any  # peewee makes them; its stubs do not say so
    by_id: Any
    notifications: "ModelSelect[Notification]"
    dossier_id: int  # peewee makes it; its stubs do not say so

    def tell(self, at: dt.datetime | None = None) -> None:
        """Queue one notification for each contact of the dossier that may hear of it, to leave at `at` or at once.

        The authority's own systems hear of it at the same time.
        """
        for contact in Contact.listening(self):
            Notification.queue(self, contact, at or self.at)
        Delivery.queue(self, at or self.at)

    @property
    def authority(self) -> Authority:
        """Who had the dossier after this event: a later hand-over does not change who did what."""
        history = self.dossier.all_events()
        handed = next((event for event in history if event.kind == "transferred" and event.id > self.id), None)
        first = Authority.get_or_none(Authority.slug == handed.details.get("from")) if handed else None
        return first or self.dossier.authority

    def missing(self, language: str) -> list[str]:
        """The documents that were asked for: as the catalogue names them in `language`, or as a clerk wrote them."""
        return [item if isinstance(item, str) else item[language] for item in self.details.get("missing", [])]

    @property
    def until_set(self) -> dt.date | None:
        """incomplete: the day by which the documents should come, as the clerk set it."""
        until = self.details.get("until")
        return dt.date.fromisoformat(until) if until else None

    @property
    def until(self) -> dt.date | None:
        """The same, as it counts: a day that is not a working day moves to the next (Basel Convention, art. 5)."""
        return working_day(self.until_set) if self.until_set else None

    def cancel_notifications(self) -> None:
        """Cancel this event's notifications. Raises Conflict if one of them is already on its way."""
        if not Delivery.cancel(self):
            raise Conflict
        Notification.cancel(
            (Notification.event == self) & (Notification.attempts == 0)
        )  # one that was tried has replaced older news
        if Notification.select().where((Notification.event == self) & (Notification.state != "cancelled")).exists():
            raise Conflict

    @cached_property
    def told(self) -> list[Notification]:
        """Its notifications, as they stood when they were asked for first."""
        return list(self.notifications)

    @property
    def public_at(self) -> dt.datetime | None:
        """When the notifications of this event leave, while all of them still can be cancelled."""
        held = [
            notification.run_at
            for notification in self.told
            if notification.state == "held" and notification.run_at > now()
        ]
        return min(held) if held and not any(notification.attempts for notification in self.told) else None


def standing(events: list[Event]) -> list[Event]:
    """`events` without what was undone in time: it never happened."""
    undone = {event.details["event"] for event in events if event.kind == "undone"}
    return [event for event in events if event.kind != "undone" and event.id not in undone]
