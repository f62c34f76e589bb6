"""Bulk moves: planned for the versions seen, previewed, then made, each dossier in a transaction of its own."""

import datetime as dt
from collections.abc import Iterable
from typing import NamedTuple

from peewee import CharField, ForeignKeyField, JSONField

from models.base import ConflictError, UTCDateTimeField, db, delete_some, now
from models.catalogue.text_block import TextBlock
from models.desk.scope import Scope
from models.dossiers.batch import Batch
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import ABOUT_CONTACT
from models.dossiers.moves import Act, Move
from models.security.encrypted import EncryptedField, SealedModel
from models.staff.staff import Staff

MAX_DOSSIERS = 500
PLAN_LIFETIME = dt.timedelta(days=1)  # then a plan that nobody carried out is deleted


class Row(NamedTuple):
    """One dossier of a plan: what became of it, or what would."""

    dossier: Dossier
    state: str  # can, cannot, changed (since it was seen), done, undone, late (done, and too late to take it back)
    since: Event | None = None  # changed: what happened last


class Bulk(SealedModel):
    """The plan of a bulk move, stored with its batch, so that what was previewed is done, and only once."""

    batch = ForeignKeyField(Batch, backref="plans", unique=True, on_delete="CASCADE")
    to = CharField(max_length=12)
    seen = JSONField()  # [[dossier, version], ...] in the order of the list
    block = ForeignKeyField(TextBlock, null=True, on_delete="SET NULL")
    note = EncryptedField("batch")
    done_at = UTCDateTimeField(null=True)
    block_id: int | None  # peewee makes it; its stubs do not say so

    @classmethod
    def plan(cls, staff: Staff, to: str, dossiers: Iterable[Dossier]) -> "Bulk":
        """Plan the move of `dossiers`, as they stand now, to `to`. Raises ValueError for none, or too many."""
        seen = [[dossier.id, dossier.version] for dossier in dossiers]
        if not 0 < len(seen) <= MAX_DOSSIERS:
            raise ValueError(f"a bulk move has 1 to {MAX_DOSSIERS} dossiers")
        with db.atomic():
            cls.forget()
            return cls.create(batch=Batch.begin(staff, "bulk"), to=to, seen=seen)

    @classmethod
    def forget(cls) -> int:
        """Delete some plans that were never carried out. Returns how many."""
        unused = cls.select(cls.batch).where(cls.done_at.is_null())
        used = Event.select(Event.batch).where(Event.batch.is_null(False))
        old = (Batch.created_at < now() - PLAN_LIFETIME) & Batch.id.in_(unused) & Batch.id.not_in(used)
        return delete_some(Batch, old)

    def say(self, block: TextBlock | None, note: str) -> None:
        """Set the note: a text block in each citizen's own language, and words that are the same for all."""
        self.block, self.note = block, note
        self.save(only=[Bulk.block, Bulk.note])

    def words(self, language: str) -> str:
        """The note for a citizen who reads `language`."""
        return "\n\n".join(filter(None, [self.block.text[language] if self.block else "", self.note]))

    def carry_out(self, scope: Scope, hold: dt.timedelta) -> None:
        """Move all that still stand as they were seen; nobody is told before `hold` is over.

        Each dossier is a transaction of its own. What has changed since is left alone, and so is what this plan has
        moved already: to carry it out once more goes on where an interrupted one stopped.
        """
        for row in self.rows(scope):
            if row.state == "can":
                try:
                    row.dossier.move(self._move(row.dossier, scope, hold))
                except ConflictError:
                    continue  # somebody was quicker; its row says so
        self.done_at = now()
        self.save(only=[Bulk.done_at])

    def undo(self, scope: Scope) -> None:
        """Take back every move of which nobody has been told and after which nothing happened."""
        dossiers = self._dossiers(scope)
        for event in Event.of_batch(self.batch):
            dossier = dossiers.get(event.dossier_id)
            if dossier:
                try:
                    dossier.undo(event, Act(by=scope.staff, version=dossier.version))
                except ConflictError:
                    continue  # it happened too late; its row says so

    def rows(self, scope: Scope) -> list[Row]:
        """Every dossier of the plan that `scope` still shows, with what became of it."""
        dossiers, latest = self._dossiers(scope), self._latest()
        moved = {event.dossier_id: event for event in Event.of_batch(self.batch)}
        return [
            self._row(dossiers[key], version, moved.get(key), latest.get(key))
            for key, version in self.seen
            if key in dossiers
        ]

    @property
    def held_until(self) -> dt.datetime | None:
        """The time until which nobody is told of at least one of its moves; None if it is over."""
        latest = Event.of_batch(self.batch).first()
        until = latest.held_until if latest else None
        return until if until and until > now() else None

    def _move(self, dossier: Dossier, scope: Scope, hold: dt.timedelta) -> Move:
        note = self.words(dossier.language)
        return Move(self.to, by=scope.staff, version=dossier.version, note=note, hold=hold, batch=self.batch)

    def _row(self, dossier: Dossier, version: int, moved: Event | None, latest: Event | None) -> Row:
        if moved is None and dossier.version != version:
            return Row(dossier, "changed", latest)
        if moved is None:
            return Row(dossier, "can" if self.to in dossier.moves else "cannot")
        if latest and latest.kind == "undone" and latest.details["event"] == moved.id:
            return Row(dossier, "undone", latest)
        return Row(dossier, "done" if latest == moved else "late", latest)

    def _dossiers(self, scope: Scope) -> dict[int, Dossier]:
        ids = [key for key, _version in self.seen]
        return {dossier.id: dossier for dossier in scope.dossiers().where(Dossier.id.in_(ids))}

    def _latest(self) -> dict[int, Event]:
        """{dossier id: latest event since the plan was made}."""
        ids = [key for key, _version in self.seen]
        since = Event.select(Event, Staff).left_outer_join(Staff)
        since = since.where(
            Event.dossier.in_(ids) & (Event.at >= self.batch.created_at) & Event.kind.not_in(ABOUT_CONTACT)
        )
        since = since.order_by(Event.id)
        return {event.dossier_id: event for event in since}
