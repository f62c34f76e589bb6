"""The scope of a member of staff: every query of the desk starts here, so none shows more than its reader may see."""

from typing import Any

from peewee import JOIN, SQL, ModelSelect

from models.catalogue.procedure import SHORT, Authority, Form, Procedure
from models.desk.tally import Tally
from models.dossiers.batch import Batch
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.kinds import AWAITING_PAPER
from models.dossiers.waiting_times import WaitingTime
from models.notifications.contact import Contact
from models.notifications.notification import Notification
from models.staff import rights
from models.staff.audit import Audit
from models.staff.staff import Staff


class Scope:
    """The rows that `staff` may see, count, search and export: those of the own authority, or all with "see-all".

    Every method returns a query that can be narrowed further, never widened.
    """

    def __init__(self, staff: Staff) -> None:
        self.staff = staff

    def dossiers(self) -> "ModelSelect[Dossier]":
        """Dossiers with form, procedure and authority loaded."""
        loaded = Dossier.loaded()
        return loaded.where(Dossier.authority == self.staff.authority) if self._limited else loaded

    def dossier_rows(self) -> "ModelSelect[Dossier]":
        """The same without joins, so that an index alone can count them."""
        return self._of(Dossier.select())

    def dossier(self, number: str) -> Dossier | None:
        """The dossier with this number; another authority's looks like one that does not exist."""
        return self.dossiers().where(Dossier.number == number).first()

    def events(self) -> "ModelSelect[Event]":
        """Events of the dossiers in scope."""
        return self._of(Event.select(Event, Dossier).join_from(Event, Dossier))

    def contacts(self) -> "ModelSelect[Contact]":
        """Contacts of the dossiers in scope."""
        return self._of(Contact.select(Contact, Dossier).join_from(Contact, Dossier))

    def contact(self, key: int) -> Contact | None:
        """One of them, if no other address has taken its place."""
        return self.contacts().where((Contact.id == key) & Contact.replaced_at.is_null()).first()

    def unreached(self) -> "ModelSelect[Contact]":
        """Contacts that we could not reach, of dossiers in scope where nobody else is told instead."""
        return self._of(Contact.unreached().select(Contact, Dossier).join_from(Contact, Dossier))

    def notification(self, key: int) -> Notification | None:
        """The notification with this id; another authority's looks like one that does not exist."""
        return self.notifications().where(Notification.id == key).first()

    def dead_letters(self) -> "ModelSelect[Notification]":
        """Notifications in scope that we have given up."""
        joined = (
            Notification.dead_letters().select(Notification, Contact, Event, Dossier).join_from(Notification, Contact)
        )
        return self._of(joined.join_from(Notification, Event).join_from(Event, Dossier))

    def notifications(self) -> "ModelSelect[Notification]":
        """Notifications of the dossiers in scope."""
        joined = Notification.select(Notification, Contact, Event, Dossier).join_from(Notification, Contact)
        return self._of(joined.join_from(Notification, Event).join_from(Event, Dossier))

    def tally(self, *subjects: str) -> "ModelSelect[Tally]":
        """The kept counts of what is in scope."""
        rows = Tally.select().where(Tally.subject.in_(subjects))
        return rows.where(Tally.authority == self.staff.authority_id) if self._limited else rows

    def batches(self) -> "ModelSelect[Batch]":
        """The post-bags and bulk moves of the authority's own staff."""
        joined = Batch.select(Batch, Staff).join(Staff)
        return joined.where(Staff.authority == self.staff.authority) if self._limited else joined

    def bags(self) -> "ModelSelect[Batch]":
        """The post-bags of the authority's own staff, the newest first."""
        return self.batches().where(Batch.kind == "post-bag").order_by(Batch.id.desc())

    def sees(self, dossier: Dossier) -> bool:
        """True if `dossier` is in scope. A bag of the own staff may lead to one that is not, or no longer is."""
        return not self._limited or dossier.authority_id == self.staff.authority_id

    def procedures(self) -> "ModelSelect[Procedure]":
        """The procedures whose paper comes here, without their long texts."""
        offered = Procedure.offered().select(*SHORT)
        return offered.where(Procedure.authority == self.staff.authority) if self._limited else offered

    def forms(self) -> "ModelSelect[Form]":
        """The forms for which a number may be given out: their paper comes here."""
        tracked = Form.select(Form, Procedure).join(Procedure).where(Form.tracked & ~Form.retired & ~Procedure.retired)
        tracked = tracked.order_by(Procedure.position, Form.position)
        return tracked.where(Procedure.authority == self.staff.authority) if self._limited else tracked

    def expected(self, begin: str, procedure: str) -> "ModelSelect[Dossier]":
        """Dossiers of a procedure that wait for paper, whose number begins with `begin`; the newest first."""
        waiting = Dossier.status.in_(AWAITING_PAPER)
        which = Dossier.begins(begin) & (Procedure.slug == procedure) & waiting
        return self.dossiers().where(which).order_by(Dossier.id.desc())

    def colleagues(self) -> "ModelSelect[Staff]":
        """The clerks to whom a dossier can be assigned: of the own authority, or of all with "see-all"."""
        working = Staff.role.in_(rights.roles_with("take")) & Staff.disabled_at.is_null()
        clerks = Staff.select().where(working).order_by(Staff.email)
        return clerks.where(Staff.authority == self.staff.authority) if self._limited else clerks

    def authorities(self) -> "ModelSelect[Authority]":
        """The authorities whose statistics may be shown."""
        authorities = Authority.select().order_by(Authority.slug)
        return authorities.where(Authority.id == self.staff.authority) if self._limited else authorities

    def waiting_times(self) -> "ModelSelect[WaitingTime]":
        """Waiting times, with the procedure loaded."""
        joined = WaitingTime.select(WaitingTime, Procedure).join(Procedure).order_by(Procedure.slug)
        return joined.where(Procedure.authority == self.staff.authority) if self._limited else joined

    def audit(self) -> "ModelSelect[Audit]":
        """What the staff did, with account (`actor`) and dossier (`about`) loaded; empty without the right to it."""
        joined = Audit.select(Audit, Staff, Dossier).join_from(
            Audit, Staff, JOIN.LEFT_OUTER, on=(Audit.staff == Staff.id), attr="actor"
        )
        # SQLite may give the id of an erased dossier to another: what happened before that was made was not about it.
        same = (Audit.dossier == Dossier.id) & (Audit.at >= Dossier.created_at)
        joined = joined.join_from(Audit, Dossier, JOIN.LEFT_OUTER, on=same, attr="about")
        return joined if self.staff.may("audit") else joined.where(SQL("1 = 0"))

    def staff_accounts(self) -> "ModelSelect[Staff]":
        """Everybody who works or worked at the desk, for those who read the audit log; the others see themselves."""
        accounts = Staff.select().order_by(Staff.email)
        return accounts if self.staff.may("audit") else accounts.where(Staff.id == self.staff.id)

    @property
    def _limited(self) -> bool:
        return not self.staff.may("see-all")

    def _of(self, query: "ModelSelect[Any]") -> "ModelSelect[Any]":
        return query.where(Dossier.authority == self.staff.authority) if self._limited else query
