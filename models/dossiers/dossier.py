"""A dossier: one posted (or to be posted) form with its number. What can happen to it stands in life.py."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from peewee import CharField, DateField, Expression, ForeignKeyField, IntegerField, IntegrityError, ModelSelect

from models.base import Base, UTCDateTimeField, db, now
from models.catalogue.procedure import SHORT, Authority, Form, Procedure
from models.dossiers.event import Event
from models.dossiers.life import ARRIVED, REMIND_AFTER, Life
from models.dossiers.number import LENGTH, new_number
from models.notifications.contact import Contact
from models.security.crockford import ALPHABET
from models.staff.audit import Audit
from models.staff.staff import Staff


class Glance(NamedTuple):
    """What a status page depends on, in one cheap look-up."""

    id: int
    version: int
    revision: str
    missed: bool  # a notification to one of its contacts was given up: that changes without a version


Shelf = dict[tuple[int, int], tuple[Form, Authority]]  # what of the catalogue was read before: (form, authority) -> ...


class Dossier(Life, Base):
    """It knows no person: who is told stands in its contacts."""

    number = CharField(max_length=13, unique=True)
    form = ForeignKeyField(Form, backref="dossiers")
    edition = CharField(max_length=20, default="")  # of the form that its citizen was given
    authority = ForeignKeyField(Authority, backref="dossiers")
    status = CharField(max_length=12, default="announced")
    version = IntegerField(default=1)
    language = CharField(max_length=2)
    key = CharField(max_length=40, unique=True)  # the pass of the CAPTCHA step: the same form sent twice is one dossier
    created_at = UTCDateTimeField()
    changed_at = UTCDateTimeField()
    issued_by = ForeignKeyField(Staff, null=True)  # given out at the desk: for a caller, or for paper without a number
    assignee = ForeignKeyField(Staff, null=True)
    look_on = DateField(null=True)  # when to see whether it has arrived, while it is announced (watch.py)
    arrived_on = DateField(null=True)  # the day the first envelope came
    round = IntegerField(default=0)  # how often documents have been asked for
    # What the clock says after the latest event; kept here so that lists can ask for it. None while it is stopped.
    target_on = DateField(null=True)
    due_on = DateField(null=True)
    decided_on = DateField(null=True, index=True)
    handled_days = IntegerField(null=True)  # from arrival to decision, without waiting for the citizen's documents
    form_id: int  # peewee makes both; its stubs do not say so
    authority_id: int

    class Meta:
        indexes = (
            (("authority", "status", "changed_at"), False),
            (("authority", "due_on"), False),
            (("authority", "arrived_on"), False),
            (("assignee", "status"), False),
            (("status", "look_on"), False),
            (("changed_at",), False),  # this and the next for those who see the dossiers of all
            (("arrived_on",), False),
        )

    @classmethod
    def announce(
        cls,
        form: Form,
        language: str,
        key: str,
        contacts: Iterable[tuple[str, str]] = (),
        at: dt.datetime | None = None,
        by: Staff | None = None,
    ) -> "Dossier":
        """Give out a number for `form`: dossier, first event, contacts (channel, address) and notifications, or nothing.

        The same `key` always gives the same dossier, whoever asks first; what came with the later call is dropped.
        `by` is who gave it out at the desk.
        """
        try:
            with db.atomic():
                return cls._create(form, language, key, list(contacts), at or now(), by)
        except IntegrityError:  # the same form once more: hardly ever, so nobody else is made to look first
            return cls.get(cls.key == key)

    @classmethod
    def _create(
        cls,
        form: Form,
        language: str,
        key: str,
        contacts: list[tuple[str, str]],
        at: dt.datetime,
        by: Staff | None,
    ) -> "Dossier":
        dossier = cls.create(
            number=new_number(),
            form=form,
            edition=form.edition,
            issued_by=by,
            authority=form.procedure.authority,
            language=language,
            key=key,
            created_at=at,
            changed_at=at,
            look_on=at.date() + REMIND_AFTER,
        )
        for channel, address in contacts:
            Contact.create(dossier=dossier, channel=channel, address=address, language=language, created_at=at)
        told = sorted({channel for channel, _address in contacts})
        event = Event.create(
            dossier=dossier, kind="announced", at=at, by=by, to_status="announced", details={"told": told}
        )
        event.tell()
        if by:
            Audit.record(by, "announced", dossier.id)
        return dossier

    @property
    def outdated(self) -> bool:
        """Whether its citizen was given an older edition of the form than the present one."""
        return bool(self.edition) and self.edition != self.form.edition

    @classmethod
    def loaded(cls) -> "ModelSelect[Dossier]":
        """Dossiers with form, procedure (without its long texts) and authority, in one query."""
        joined = cls.select(cls, Form, *SHORT, Authority).join_from(cls, Form).join_from(Form, Procedure)
        return joined.join_from(cls, Authority)

    @classmethod
    def begins(cls, begin: str) -> Expression:
        """Its number begins with these characters, at least one.

        A pattern would be compared with every number, and a range beside other conditions often is, too, by the
        planner's choice. So the few that begin so are looked up first, by the index of the numbers.
        """
        other = cls.alias()
        first, last = (begin.ljust(LENGTH, sign) for sign in (ALPHABET[0], ALPHABET[-1]))
        return cls.id.in_(other.select(other.id).where(other.number.between(first, last)))

    @classmethod
    def keep_clocks(cls) -> None:
        """Reckon the dates of all dossiers in hand anew: a period, or the holidays, may have changed."""
        for dossier in cls.loaded().where(cls.status.in_(ARRIVED)):
            dossier.keep_clock()

    @classmethod
    def glance(cls, number: str) -> Glance | None:
        """What the status page of `number` depends on, or None if there is no such dossier.

        Written out in SQL: building this query takes five times as long as answering it, and it is the one that
        every look-up asks.
        """
        row = db.execute_sql(
            f"SELECT d.id, d.version, f.revision, EXISTS (SELECT 1 FROM contact c WHERE c.dossier_id = d.id "  # noqa: S608
            f"AND c.failed_at IS NOT NULL) FROM dossier d JOIN form f ON f.id = d.form_id WHERE d.number = {db.param}",
            (number,),
        ).fetchone()
        return Glance(row[0], row[1], row[2], bool(row[3])) if row else None

    @classmethod
    def seen(cls, glance: Glance, shelf: Shelf) -> "Dossier":
        """The dossier of `glance` with form, procedure and authority, which are taken from `shelf` if they are there.

        What lies there is never out of date: it was read together with the form's revision, which changes with every
        word about form, procedure and authorities, and counts only while the glance shows the same revision.
        """
        dossier = cls.raw(f"SELECT * FROM dossier WHERE id = {db.param}", glance.id).execute()[0]  # noqa: S608
        kept = shelf.get((dossier.form_id, dossier.authority_id))
        if kept and kept[0].revision == glance.revision:
            dossier.form, dossier.authority = kept
            return dossier
        dossier = cls.loaded().where(cls.id == glance.id).get()
        shelf[dossier.form_id, dossier.authority_id] = dossier.form, dossier.authority
        return dossier
