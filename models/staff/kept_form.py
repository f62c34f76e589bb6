"""Forms of the desk that were sent after their session had ended: kept until their account has signed in again."""

import datetime as dt
import uuid
from collections.abc import Iterable, Sequence

from peewee import CharField, ForeignKeyField, ModelSelect

from models.base import UTCDateTimeField, db, now
from models.security.encrypted import EncryptedField, SealedModel
from models.security.tokens import hashed
from models.staff.staff import Staff

KEPT_FOR = dt.timedelta(hours=8)
MAX_KEPT = 10  # forms of one account; the oldest goes first
MAX_URL_LENGTH = 500


class KeptForm(SealedModel):
    """One form with what was typed into it, encrypted. Only its account sees it, in the browser that sent it."""

    id = CharField(max_length=32, primary_key=True)
    staff = ForeignKeyField(Staff, on_delete="CASCADE")
    browser = CharField(max_length=64, index=True)  # hash of the token in the browser's session cookie
    page = CharField(max_length=MAX_URL_LENGTH)  # path of the page that has the form
    action = CharField(max_length=MAX_URL_LENGTH)  # path that it was sent to
    fields = EncryptedField("id", json=True, empty=list)  # names and values
    at = UTCDateTimeField(index=True)
    staff_id: int  # peewee makes it; its stubs do not say so

    @classmethod
    def keep(cls, staff: int, browser: str, page: str, action: str, fields: Sequence[tuple[str, str]]) -> None:
        """Keep the form for the account with id `staff`; the same form sent twice is kept once.

        Nothing is kept for an account that is closed or unknown.
        """
        row = cls(id=uuid.uuid4().hex, staff=staff, browser=hashed(browser), page=page, action=action, at=now())
        row.fields = [list(field) for field in fields]
        with db.atomic():
            cls.purge()
            if not Staff.select().where((Staff.id == staff) & Staff.disabled_at.is_null()).exists():
                return
            cls.forget(other for other in cls.of_browser(browser) if other._repeats(row))
            row.save(force_insert=True)
            latest = cls.select(cls.id).where(cls.staff == staff).order_by(cls.at.desc(), cls.id).limit(MAX_KEPT)
            cls.delete().where((cls.staff == staff) & cls.id.not_in(list(latest))).execute()

    @classmethod
    def of_browser(cls, browser: str) -> "ModelSelect[KeptForm]":
        """Query: the forms that this browser sent, oldest first."""
        fresh = cls.at > now() - KEPT_FOR
        return cls.select().where((cls.browser == hashed(browser)) & fresh).order_by(cls.at)

    @classmethod
    def forget(cls, forms: "Iterable[KeptForm]") -> None:
        """Delete these forms."""
        cls.delete().where(cls.id.in_([form.id for form in forms])).execute()

    def _repeats(self, other: "KeptForm") -> bool:
        return (self.staff_id, self.action, self.typed) == (other.staff_id, other.action, other.typed)

    @property
    def typed(self) -> list[tuple[str, str]]:
        """The fields; none if their key is gone."""
        return [(name, value) for name, value in self.fields] if self.readable else []

    @classmethod
    def purge(cls) -> int:
        """Delete what was kept longer than KEPT_FOR. Returns how many."""
        return cls.delete().where(cls.at <= now() - KEPT_FOR).execute()
