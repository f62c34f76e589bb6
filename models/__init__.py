"""The domain: catalogue, dossiers and their moves, contacts and messages, staff."""

from .audit import Audit
from .base import Base, Conflict, db, make_database, now, today
from .batch import Batch
from .catalogue import Authority, Form, FormFile, Procedure, Topic
from .contact import Contact
from .delivery import Delivery
from .dossier import Dossier
from .event import Event
from .message import Message
from .note import Note
from .read import Read
from .scope import Scope
from .staff import Staff, StaffSession
from .system import Reply, System
from .throttle import Counter, Used
from .waiting import WaitingTime

MODELS = (
    Authority,
    Topic,
    Procedure,
    Form,
    FormFile,
    Staff,
    StaffSession,
    Audit,
    Batch,
    System,
    Reply,
    Dossier,
    Note,
    Event,
    Delivery,
    Read,
    Contact,
    Message,
    WaitingTime,
    Counter,
    Used,
)
