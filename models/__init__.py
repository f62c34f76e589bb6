"""The domain: catalogue, dossiers and their moves, contacts and messages, staff."""

from .base import Base, Conflict, db, make_database, now, today
from .catalogue import Authority, Form, FormFile, Procedure, Topic
from .contact import Contact
from .dossier import Dossier
from .event import Event
from .message import Message
from .staff import Staff, StaffSession
from .throttle import Counter, Used

MODELS = (
    Authority,
    Topic,
    Procedure,
    Form,
    FormFile,
    Staff,
    StaffSession,
    Dossier,
    Event,
    Contact,
    Message,
    Counter,
    Used,
)
