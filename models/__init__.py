"""The domain: catalogue, dossiers and their moves, contacts and messages, staff."""

from .base import Base, Conflict, db, make_database, now, today
from .batch import Batch
from .bulk import Bulk
from .catalogue.procedure import Authority, Form, FormFile, Procedure, Topic
from .catalogue.text_block import TextBlock
from .dossier import Dossier
from .event import Event
from .messages.channel import Channel
from .messages.contact import Contact
from .messages.delivery import Delivery
from .messages.message import Message
from .messages.outcome import Outcome
from .messages.subscription import Subscription
from .note import Note
from .read import Read
from .scope import Scope
from .staff.audit import Audit
from .staff.codes import RecoveryCode, Totp
from .staff.invitation import Invitation
from .staff.passkey import Passkey
from .staff.session import KnownBrowser, StaffSession
from .staff.staff import Staff
from .system import Reply, System
from .throttle import Counter, Tries, Used
from .waiting import WaitingTime
from .work_list import WorkList

MODELS = (
    Authority,
    Topic,
    Procedure,
    Form,
    FormFile,
    TextBlock,
    Staff,
    StaffSession,
    Audit,
    Batch,
    System,
    Reply,
    KnownBrowser,
    Passkey,
    Totp,
    RecoveryCode,
    Invitation,
    Bulk,
    Dossier,
    Note,
    Event,
    Delivery,
    Read,
    Contact,
    Subscription,
    Message,
    Channel,
    WaitingTime,
    Counter,
    Tries,
    Used,
)
