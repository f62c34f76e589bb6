"""What is erased, after how long, and by which setting that changes: one table for worker, command, pages and docs.

To add a table: cover it by a rule, or name in KEPT why it stays. tests/retention/test_table.py fails for any other.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from peewee import SQL, fn

from models import sweep
from models.backup import Backup
from models.base import Base, ConflictError, db, delete_some, now
from models.catalogue.procedure import Authority, Form, FormFile, Procedure, Topic
from models.catalogue.revision import CatalogueRevision
from models.catalogue.text_block import TextBlock
from models.desk.bulk_move import Bulk
from models.desk.scan import Read
from models.desk.tally import Tally
from models.dossiers.batch import Batch
from models.dossiers.dossier import Dossier
from models.dossiers.event import ENDING, Event
from models.dossiers.kinds import ENDS
from models.dossiers.moves import Move
from models.dossiers.note import Note
from models.dossiers.waiting_times import WaitingTime
from models.erasure import KEPT_FOR as ERASURES_KEPT_FOR
from models.erasure import Erasure, erase, erase_some, still
from models.monitoring.alarm import Alarm
from models.notifications import expiry
from models.notifications.channel import Channel
from models.notifications.contact import REPLACED_KEPT_FOR, Contact
from models.notifications.heartbeat import KEPT_FOR as HEARTBEATS_KEPT_FOR
from models.notifications.heartbeat import ONCE, PROBE, Heartbeat
from models.notifications.kept_mail import KeptMail
from models.notifications.notification import Notification
from models.notifications.subscription import Subscription
from models.notifications.texts import erase_texts
from models.security.events import KEEP_SLOTS, SecurityCount
from models.security.kept_keys import KeptKey
from models.security.throttle import Counter, Used
from models.security.tries import Tries
from models.staff.approval import APPROVAL_LIFETIME, Approval
from models.staff.audit import Audit
from models.staff.audit_cut import AuditCut
from models.staff.audit_export import cut
from models.staff.codes import RecoveryCode, Totp
from models.staff.digest import AuditWatch
from models.staff.invitation import INVITATION_LIFETIME, Invitation
from models.staff.kept_form import KEPT_FOR as FORMS_KEPT_FOR
from models.staff.kept_form import KeptForm
from models.staff.notice import Notice
from models.staff.passkey import Passkey
from models.staff.session import KNOWN_BROWSER_LIFETIME, SESSION_LIFETIME, KnownBrowser, StaffSession
from models.staff.staff import ROLES, Staff
from models.sweep import Sweep
from models.systems.delivery import Delivery
from models.systems.system import REPLY_KEPT_FOR, ApiToken, Reply, System

DAY = dt.timedelta(days=1)
ROWS_AT_ONCE = 50  # dossiers, bags or accounts of one transaction: with each go some dozen rows of others
CLOSED_AT_ONCE = 10  # decided dossiers, each in a transaction of its own
Settings = Mapping[str, Any]


class Run(NamedTuple):
    """What a rule is given: its period, the settings, and where the audit log is exported to."""

    period: dt.timedelta
    settings: Settings
    folder: str


@dataclass(frozen=True)
class Rule:
    """One row of the table. `erase` does one small piece, in one transaction, and returns how many rows it was."""

    name: str  # its words for citizens stand in wording/retention.py
    period: dt.timedelta  # what is kept by default
    erase: Callable[[Run], int]
    tables: tuple[type[Base], ...] = ()  # what is covered by it, with all that goes with its rows
    setting: str = ""  # the days instead; none where the period belongs to how something works

    def period_in(self, settings: Settings) -> dt.timedelta:
        """The period as the operator has set it."""
        return dt.timedelta(days=settings[self.setting]) if self.setting else self.period


def days(name: str, settings: Settings) -> dt.timedelta:
    """The period of the rule called `name`."""
    return RULE[name].period_in(settings)


def erase_steps(settings: Settings, folder: str = "") -> Iterator[tuple[str, int]]:
    """Erase all that is due, one small transaction a step: the name of the rule, and how many rows it was.

    Killed between two steps, the next run goes on. At the end it is recorded that all was done.
    """
    for rule in RULES:
        run = Run(rule.period_in(settings), settings, folder)
        while count := rule.erase(run):
            yield rule.name, count
    Sweep.record(sweep.RULES)


def over_since(dossier: Dossier) -> dt.datetime | None:
    """Since when this dossier is over (closed, lapsed or withdrawn); None if it is not. What was undone never was."""
    return dossier.history.present.at if dossier.status in ENDS else None


def dossier_until(dossier: Dossier, settings: Settings) -> dt.datetime | None:
    """When this dossier is erased; None while it is not over."""
    since = over_since(dossier)
    return since + days("dossier", settings) if since else None


def addresses_until(dossier: Dossier, settings: Settings) -> dt.datetime | None:
    """When the addresses of this dossier are erased; None while it is not over."""
    since = over_since(dossier)
    return since + min(days("ended", settings), days("dossier", settings)) if since else None


def contact_until(contact: Contact, settings: Settings) -> dt.datetime | None:
    """When this contact is erased; None if it says yes and its dossier is not over."""
    period, most = days("unconfirmed", settings), dt.timedelta(days=settings[MAX_SETTING])
    found = (expiry.unconfirmed_until(contact, period, most), addresses_until(contact.dossier, settings))
    return min((moment for moment in found if moment), default=None)


def _unconfirmed(run: Run) -> int:
    return expiry.erase_unconfirmed(run.period, dt.timedelta(days=run.settings[MAX_SETTING]))


def _close_decided(run: Run) -> int:
    """Close some decided dossiers to which nothing has happened for so long, as staff would. Returns how many."""
    quiet = (Dossier.status == "decided") & (Dossier.changed_at <= now() - run.period)
    closed = 0
    for dossier in list(Dossier.select().where(quiet).order_by(Dossier.id).limit(CLOSED_AT_ONCE)):
        try:
            dossier.move(Move("closed", by=None, version=dossier.version))
            closed += 1
        except ConflictError:  # somebody did something with it at this very moment
            continue
    return closed


def _dossiers(run: Run) -> int:
    """Erase some dossiers that have been over for so long, with all that belongs to them. Returns how many.

    One of which a notification or a delivery is still to leave waits for that.
    """
    before = now() - run.period
    ended = Event.select(Event.dossier).where(ENDING & (Event.at <= before))
    later = Event.select(SQL("1")).where(
        (Event.dossier == Dossier.id) & (Event.kind == Dossier.status) & (Event.at > before)
    )
    over = Dossier.id.in_(ended) & Dossier.status.in_(ENDS) & ~fn.EXISTS(later) & ~_leaving()
    found = [row.id for row in Dossier.select(Dossier.id).where(over).limit(ROWS_AT_ONCE)]
    if not found:
        return 0
    with db.atomic():  # the contacts first: each is remembered, so that its link can say what became of it
        going = still(Dossier, over, found)
        erase(Contact, Contact.dossier.in_(going))
        return erase(Dossier, Dossier.id.in_(going))


def _leaving() -> Any:
    mine = Event.select(SQL("1")).where(Event.dossier == Dossier.id)
    waits = Notification.run_at.is_null(False) & (Notification.created_at > now() - expiry.MAX_WAIT)
    told = fn.EXISTS(mine.join(Notification, on=(Notification.event == Event.id)).where(waits))
    sent = fn.EXISTS(
        mine.join(Delivery, on=(Delivery.event == Event.id)).where(Delivery.state.in_(("queued", "sending")))
    )
    return told | sent


def _batches(run: Run) -> int:
    """Erase some post-bags and bulk moves that no dossier refers to any more. Returns how many."""
    used = fn.EXISTS(Event.select(SQL("1")).where(Event.batch == Batch.id))
    over = (Batch.created_at <= now() - run.period) & ~used
    return erase_some(Batch, over, ROWS_AT_ONCE)


def _accounts(run: Run) -> int:
    """Erase some accounts that were disabled so long ago and that nothing refers to any more. Returns how many."""
    over = Staff.disabled_at.is_null(False) & (Staff.disabled_at <= now() - run.period) & Staff.role.in_(ROLES)
    for field, model in Staff._meta.backrefs.items():
        if field.on_delete != "CASCADE":
            over &= ~fn.EXISTS(model.select(SQL("1")).where(field == Staff.id))
    return erase_some(Staff, over, ROWS_AT_ONCE)


# In this order: a decided dossier is closed before what follows from that is looked for.
RULES: tuple[Rule, ...] = (
    Rule("decided", 180 * DAY, _close_decided, setting="RETENTION_DECIDED_DAYS"),
    Rule("unconfirmed", 14 * DAY, _unconfirmed, setting="RETENTION_UNCONFIRMED_DAYS"),
    Rule(
        "ended",
        30 * DAY,
        lambda run: expiry.erase_ended(run.period),
        (Contact, Subscription, Notification),
        "RETENTION_CONTACT_DAYS",
    ),
    Rule("replaced", REPLACED_KEPT_FOR, lambda _run: Contact.purge()),
    Rule("text", 7 * DAY, lambda run: erase_texts(run.period), setting="RETENTION_TEXT_DAYS"),
    Rule("returned", 30 * DAY, lambda run: KeptMail.purge(run.period), (KeptMail,)),
    Rule("dossier", 365 * DAY, _dossiers, (Dossier, Event, Note, Delivery), "RETENTION_DOSSIER_DAYS"),
    Rule("bag", 365 * DAY, _batches, (Batch, Read, Bulk), "RETENTION_DOSSIER_DAYS"),
    Rule("plan", DAY, lambda _run: Bulk.forget()),
    Rule("counter", 30 * DAY, lambda _run: Counter.purge() + Used.purge() + Tries.purge(), (Counter, Used, Tries)),
    Rule("security", KEEP_SLOTS, lambda _run: SecurityCount.purge(), (SecurityCount,)),
    Rule(
        "session",
        SESSION_LIFETIME,
        lambda run: delete_some(StaffSession, StaffSession.created_at <= now() - run.period),
        (StaffSession,),
    ),
    Rule("form", FORMS_KEPT_FOR, lambda _run: KeptForm.purge(), (KeptForm,)),
    Rule(
        "invitation",
        INVITATION_LIFETIME,
        lambda _run: delete_some(Invitation, Invitation.expires_at <= now()),
        (Invitation,),
    ),
    Rule(
        "approval",
        APPROVAL_LIFETIME,
        lambda run: delete_some(Approval, Approval.asked_at <= now() - run.period),
        (Approval,),
    ),
    Rule("notice", 7 * DAY, lambda run: delete_some(Notice, Notice.at <= now() - run.period), (Notice,)),
    Rule(
        "browser",
        KNOWN_BROWSER_LIFETIME,
        lambda run: delete_some(KnownBrowser, KnownBrowser.seen_at <= now() - run.period),
        (KnownBrowser,),
    ),
    Rule("account", 1826 * DAY, _accounts, (Staff, Passkey, Totp, RecoveryCode), "RETENTION_AUDIT_DAYS"),
    Rule("audit", 1826 * DAY, lambda run: cut(run.folder, run.period), (Audit,), "RETENTION_AUDIT_DAYS"),
    Rule("reply", REPLY_KEPT_FOR, lambda _run: Reply.purge(), (Reply,)),
    Rule(
        "heartbeat",
        HEARTBEATS_KEPT_FOR,
        lambda run: delete_some(Heartbeat, (Heartbeat.at <= now() - run.period) & Heartbeat.name.not_in((PROBE, ONCE))),
        (Heartbeat,),
    ),
    Rule("erasure", ERASURES_KEPT_FOR, lambda _run: Erasure.purge(), (Erasure,)),
)
RULE = {rule.name: rule for rule in RULES}
MAX_SETTING = "RETENTION_UNCONFIRMED_MAX_DAYS"

# Tables without a period, and why: none holds anything about a citizen.
KEPT: dict[type[Base], str] = {
    KeptKey: "keys that only verify what is printed or on its way; they name no person",
    Authority: "the catalogue, which is content of files",
    Topic: "the catalogue",
    Procedure: "the catalogue",
    Form: "the catalogue",
    FormFile: "the catalogue",
    TextBlock: "the catalogue",
    CatalogueRevision: "the catalogue",
    WaitingTime: "figures of twenty cases and more, counted anew every day",
    Tally: "counts: the statistics stay when what was counted is erased",
    Channel: "one row a channel: whether it works",
    ApiToken: "hashes, names and dates of the tokens of the systems",
    System: "systems of the authorities, which are no persons; revoked ones tell who did what",
    AuditWatch: "when the audit log was last checked, and its digest last sent",
    AuditCut: "seals of the parts of the audit log that were cut off",
    Sweep: "when erasing was last done",
    Backup: "when a copy was last made and tried",
    Alarm: "goes when the alarm is over",
}
