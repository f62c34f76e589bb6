"""Mails that came back and that no program can read: kept until a person has read them.

One table for both ways in. A mail server hands over the only copy, so all that it sent is kept here. In a mailbox the
mail itself is moved to a folder; its beginning is kept here, so that staff need no access to that mailbox.
"""

import datetime as dt
import hashlib
from typing import Any

from peewee import JOIN, CharField, ForeignKeyField, ModelSelect

from models.base import UTCDateTimeField, db, now
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.erasure import erase, erase_some
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.security.encrypted import EncryptedField, SealedModel

MAX_KEPT = 500  # more than that is no work for a person: mail servers are told to keep the others
PURGED_AT_ONCE = 50
HEAD = ("server", "subject")  # who wrote it, and about what
SHOWN = (*HEAD, "readable", "text")  # and what a server said in words, and the mail as it came


class TooManyMailsError(Exception):
    """MAX_KEPT mails wait for a person already."""


class KeptMail(SealedModel):
    """One mail for a person to read. It goes with the notification that its token names, so with the contact."""

    digest = CharField(max_length=64, unique=True)  # of the mail: read twice, it is kept once
    notification = ForeignKeyField(Notification, null=True, on_delete="CASCADE")
    head = EncryptedField("digest", json=True, empty=dict)  # see HEAD; empty in rows from before there was this column
    mail = EncryptedField("digest", json=True, empty=dict)  # see SHOWN
    at = UTCDateTimeField(index=True)
    seen_at = UTCDateTimeField(null=True)  # when somebody opened it: it is erased by itself only after that
    notification_id: int | None  # peewee makes it; its stubs do not say so

    @classmethod
    def keep(cls, raw: bytes, mail: dict[str, str], notification: Notification | None) -> None:
        """Keep a mail. Raises TooManyMailsError."""
        digest = hashlib.sha256(raw).hexdigest()
        with db.atomic():
            if cls.select().where(cls.digest == digest).exists():
                return
            if cls.select().count() >= MAX_KEPT:
                raise TooManyMailsError
            row: Any = cls(digest=digest, notification=notification, at=now())
            row.head, row.mail = {name: mail.get(name, "") for name in HEAD}, mail
            row.save(force_insert=True)

    @classmethod
    def waiting(cls) -> "ModelSelect[KeptMail]":
        """Those that nobody has opened, the oldest first."""
        return cls.select().where(cls.seen_at.is_null()).order_by(cls.at, cls.id)

    @classmethod
    def listed(cls) -> "ModelSelect[KeptMail]":
        """All of them with what they are about, the oldest first: without the mails, which are long."""
        return cls._joined(cls.id, cls.digest, cls.notification, cls.head, cls.at, cls.seen_at)

    @classmethod
    def whole(cls, key: int) -> "KeptMail | None":
        """The one with this id, its mail and what it is about."""
        return cls._joined(cls).where(cls.id == key).first()

    @classmethod
    def _joined(cls, *columns: Any) -> "ModelSelect[KeptMail]":
        found = cls.select(*columns, Notification, Contact, Event, Dossier)
        found = found.join_from(cls, Notification, JOIN.LEFT_OUTER).join_from(Notification, Contact, JOIN.LEFT_OUTER)
        found = found.join_from(Notification, Event, JOIN.LEFT_OUTER).join_from(Event, Dossier, JOIN.LEFT_OUTER)
        return found.order_by(cls.at, cls.id)

    @property
    def summary(self) -> dict[str, str]:
        """What a list shows of it; nothing if its key is gone, or if a colleague has finished it meanwhile."""
        nothing = dict.fromkeys(HEAD, "")
        if not self.readable or self.head:
            return self.head if self.readable else nothing
        whole = KeptMail.get_or_none(KeptMail.id == self.id)
        return whole.shown if whole else nothing

    @property
    def shown(self) -> dict[str, str]:
        """What there is to show of it; nothing if its key is gone."""
        return dict.fromkeys(SHOWN, "") | (self.mail if self.readable else {})

    def mark_seen(self) -> None:
        """Record that somebody opened it."""
        KeptMail.update(seen_at=now()).where((KeptMail.id == self.id) & KeptMail.seen_at.is_null()).execute()

    def finish(self) -> None:
        """Erase it: a person has done what there was to do."""
        erase(KeptMail, KeptMail.id == self.id)

    @classmethod
    def purge(cls, period: dt.timedelta) -> int:
        """Erase some of those that were opened so long ago. Returns how many."""
        return erase_some(cls, cls.seen_at <= now() - period, PURGED_AT_ONCE)
