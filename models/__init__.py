"""The domain: catalogue, dossiers and their moves, contacts and messages, staff."""

from .audit import Audit
from .base import Base, Conflict, db, make_database, now, today
from .batch import Batch
from .bulk import Bulk
from .catalogue import Authority, Form, FormFile, Procedure, Topic
from .channel import Channel
from .codes import RecoveryCode, Totp
from .contact import Contact
from .delivery import Delivery
from .dossier import Dossier
from .event import Event
from .invitation import Invitation
from .message import Message
from .note import Note
from .outcome import Outcome
from .passkey import Passkey
from .read import Read
from .scope import Scope
from .staff import Staff
from .staff_session import KnownBrowser, StaffSession
from .subscription import Subscription
from .system import Reply, System
from .text_block import TextBlock
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
