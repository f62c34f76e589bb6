"""What the status page of a dossier shows: where it stands, its number, and what its reader can do."""

from typing import Any, NamedTuple

from flask import current_app, request

from blueprints.public import contact_limits, contacts, push
from blueprints.public.forms import MailAddressForm, MobileNumberForm, PostedForm
from models import Contact, Dossier
from models.dossiers.kinds import WITH_AUTHORITY
from models.notifications import addresses
from web.languages import current
from wording import dossier as dossier_words
from wording import events as event_words
from wording import retention as retention_words
from wording import spelling
from wording.sheets import printed_url

NO_SESSION = {"csrf": False}  # no CSRF token: the number is the key, and no session is needed


class Unreached(NamedTuple):
    """A contact that could not be reached, with the new address that was asked, or a form to correct the address."""

    contact: Contact
    pending: Contact | None
    correction: MailAddressForm | MobileNumberForm | None  # None if the number is not enough to correct it


def context(dossier: Dossier, answer: PostedForm, fresh: bool = False, missed: bool = True) -> dict[str, Any]:
    """What the template is given. `fresh`: the number was just given out; `missed`: somebody could not be reached."""
    to_be_posted = dossier.status == "announced" and not dossier.history.on_its_way
    return {
        "dossier": dossier,
        "answer": answer if to_be_posted else None,
        "unreached": unreached(dossier) if missed else [],
        **_standing(dossier),
        **_number(dossier),
        **_news(dossier, fresh),
    }


def unreached(dossier: Dossier) -> list[Unreached]:
    """The contacts of `dossier` that could not be reached."""
    found = []
    for contact in Contact.unreached().where(Contact.dossier == dossier):
        pending = addresses.pending(contact)
        possible = contact.channel != "sms" or contact_limits.offers_sms(dossier.form.procedure)
        free = possible and not pending and addresses.mistyped(contact)
        correction = contacts.FORMS[contact.channel](formdata=None, meta=NO_SESSION) if free else None
        found.append(Unreached(contact, pending, correction))
    return found


def _standing(dossier: Dossier) -> dict[str, Any]:
    """Where it stands, and how it came there."""
    return {
        "words": dossier_words.of(dossier),
        "recording": dossier_words.recording(dossier.history),
        "waited": dossier_words.waited(dossier.form.procedure) if dossier.status in WITH_AUTHORITY else "",
        "history": event_words.lines(dossier.history.standing),
        "note": dossier_words.note(dossier),
        "missing": dossier.history.missing(current()),
        "erased": retention_words.of_dossier(dossier, current_app.config),
    }


def _number(dossier: Dossier) -> dict[str, Any]:
    """The number in all its forms, and the words beside it on the form."""
    return {
        "status_url": printed_url(dossier.number),
        "marks": dossier.form.marks(current()),
        "spelling": spelling.spelled(dossier.number, current()),
    }


def _news(dossier: Dossier, fresh: bool) -> dict[str, Any]:
    """How its reader hears of news: by which channels now, and by which only later."""
    without = set(request.args.getlist("without")) if fresh else set()
    channels = {contact.channel for contact in Contact.of(dossier)} if fresh else set()
    return {
        "fresh": fresh,
        "channels": channels - without,
        "later": channels & without,
        "without": without,
        "news": push.News(),
    }
