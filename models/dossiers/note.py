"""Internal notes of colleagues about a dossier. The citizen never sees them: the public note is on an event."""

from peewee import ForeignKeyField, ModelSelect

from models.base import UTCDateTimeField, db, now
from models.dossiers.dossier import Dossier
from models.security.encrypted import EncryptedField, RowKey, SealedModel
from models.staff.audit import Audit
from models.staff.staff import Staff


class Note(SealedModel):
    """One internal note; written once, read by everybody at the desk who may see the dossier."""

    dossier = ForeignKeyField(Dossier, backref="notes", on_delete="CASCADE")
    by = ForeignKeyField(Staff)
    at = UTCDateTimeField()
    row_key = RowKey()
    text = EncryptedField("dossier", "row_key")

    @classmethod
    def of(cls, dossier: Dossier) -> "ModelSelect[Note]":
        """The notes on `dossier` with their writers, oldest first."""
        return cls.select(cls, Staff).join(Staff).where(cls.dossier == dossier).order_by(cls.id)

    @classmethod
    def write(cls, dossier: Dossier, by: Staff, text: str) -> "Note":
        """Add a note to `dossier`."""
        with db.atomic():
            note = cls.create(dossier=dossier, by=by, at=now(), text=text)
            Audit.record(by, "note", dossier.id, note=note.id)
        return note
