"""The domain: catalogue, dossiers and their moves, contacts and notifications, staff."""

from models.backup import Backup
from models.base import Base, ConflictError, db, make_database, now, today
from models.catalogue.procedure import Authority, Form, FormFile, Procedure, Topic
from models.catalogue.revision import CatalogueRevision
from models.catalogue.text_block import TextBlock
from models.desk.bulk_move import Bulk
from models.desk.scan import Read
from models.desk.scope import Scope
from models.desk.tally import Tally
from models.desk.work_list import WorkList
from models.dossiers.audience import subscribe
from models.dossiers.batch import Batch
from models.dossiers.dossier import Dossier
from models.dossiers.event import Event
from models.dossiers.moves import Act, Move, Originals
from models.dossiers.note import Note
from models.dossiers.waiting_times import WaitingTime
from models.erasure import Erasure, erase, erase_again
from models.monitoring.alarm import Alarm
from models.notifications.announce import Contacts
from models.notifications.channel import Channel
from models.notifications.contact import Contact
from models.notifications.heartbeat import Heartbeat
from models.notifications.kept_mail import KeptMail
from models.notifications.notification import Notification
from models.notifications.outcome import Outcome
from models.notifications.subscription import Subscription
from models.security.events import SecurityCount
from models.security.kept_keys import KeptKey
from models.security.throttle import Counter, Used
from models.security.tries import Tries
from models.staff.approval import Approval
from models.staff.audit import Audit
from models.staff.audit_cut import AuditCut
from models.staff.codes import RecoveryCode, Totp
from models.staff.digest import AuditWatch
from models.staff.invitation import Invitation
from models.staff.kept_form import KeptForm
from models.staff.notice import Notice
from models.staff.passkey import Passkey
from models.staff.session import KnownBrowser, StaffSession
from models.staff.staff import Staff
from models.sweep import Sweep
from models.systems.delivery import Delivery, Systems
from models.systems.system import ApiToken, Reply, System

# Who hears of a dossier's events, in this order.
subscribe(Contacts())
subscribe(Systems())

MODELS = (
    Authority,
    Topic,
    Procedure,
    Form,
    FormFile,
    TextBlock,
    CatalogueRevision,
    Staff,
    StaffSession,
    Audit,
    AuditCut,
    AuditWatch,
    Batch,
    System,
    ApiToken,
    Reply,
    KnownBrowser,
    Passkey,
    Totp,
    RecoveryCode,
    Invitation,
    Notice,
    Approval,
    KeptForm,
    Bulk,
    Dossier,
    Note,
    Event,
    Delivery,
    Read,
    Contact,
    Subscription,
    Notification,
    KeptMail,
    Channel,
    Heartbeat,
    WaitingTime,
    Tally,
    Counter,
    Tries,
    Used,
    SecurityCount,
    Erasure,
    Sweep,
    Backup,
    Alarm,
    KeptKey,
)
