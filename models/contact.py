"""Whom one dossier's messages go to."""

from typing import TYPE_CHECKING

from peewee import CharField, DeferredForeignKey, ModelSelect

from .base import Base, UTCDateTimeField, db, now

if TYPE_CHECKING:
    from .event import Event
    from .message import Message


class Contact(Base):
    """Where one dossier's messages go: one e-mail address or one mobile number (E.164)."""

    dossier = DeferredForeignKey("Dossier", backref="contacts", on_delete="CASCADE")
    channel = CharField(max_length=5)
    address = CharField(max_length=254)
    language = CharField(max_length=2)
    created_at = UTCDateTimeField()
    confirmed_at = UTCDateTimeField(null=True)
    stopped_at = UTCDateTimeField(null=True)
    messages: "ModelSelect[Message]"

    class Meta:
        indexes = ((("dossier", "channel", "address"), True),)

    @classmethod
    def listening(cls, event: "Event") -> list["Contact"]:
        """The contacts that may hear of `event`: all of the first event, later only those confirmed, never stopped."""
        may = (cls.dossier == event.dossier) & cls.stopped_at.is_null()
        if event.kind != "announced":
            may &= cls.confirmed_at.is_null(False)
        return list(cls.select().where(may))

    def confirm(self) -> None:
        """The holder of the address says: yes, this is mine. Once is enough; a stopped contact stays stopped."""
        unconfirmed = (Contact.id == self.id) & Contact.confirmed_at.is_null()
        Contact.update(confirmed_at=now()).where(unconfirmed).execute()

    def stop(self) -> None:
        """No more messages to this address: those still waiting are cancelled with it."""
        with db.atomic():
            Contact.update(stopped_at=now()).where((Contact.id == self.id) & Contact.stopped_at.is_null()).execute()
            for message in self.messages.where(self.messages.model.state == "queued"):
                message.cancel()

    def erase(self) -> None:
        """Forget the address and, with it, every message to it. The dossier and its number go on."""
        self.delete_instance()
