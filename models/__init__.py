"""The domain: catalogue, dossiers and their moves, contacts and messages, staff."""

from .base import Base, db, make_database, now, today
from .catalogue import Authority, Form, FormFile, Procedure, Topic
from .dossier import Conflict, Dossier, Event
from .message import Contact, Message
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
