"""Forms of the helpdesk. A reason is a choice, because the audit log must hold no free text."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import AnyOf, InputRequired, Length
from wtforms.widgets import TextInput

from blueprints.public.forms import mobile_number
from models.desk.helpdesk import REASONS
from models.notifications.domains import meant
from models.notifications.pasted import mail_address, telephone
from models.typed import readable
from web.form_fields import MailField, NeededWhen, email_address


def reasons() -> list[tuple[str, str]]:
    """The reasons to look up, unmask or change an address."""
    return [("", _("Please choose")), *((reason, reason_said(reason)) for reason in REASONS)]


def reason_said(reason: str) -> str:
    """A reason in words."""
    return {
        "status": _("Caller asks for the status"),
        "not-received": _("Message not received"),
        "correct": _("Correct the address"),
        "wish": _("Caller wants no more messages"),
        "data": _("Data protection request"),
    }[reason]


def any_reading(text: str | None) -> str:
    """Filter: what was pasted as an e-mail address or a mobile number."""
    return mail_address(text) if "@" in readable(text or "") else telephone(text)


def any_address(form: Any, field: StringField) -> None:
    """Validator: an e-mail address or a mobile number. Stores which of the two as `channel` of the form."""
    form.channel = "email" if "@" in field.data else "sms"
    (email_address if form.channel == "email" else mobile_number)(form, field)


class ReasonForm(FlaskForm):
    """An access that needs a reason for the audit log."""

    reason = SelectField(
        _l("Reason"),
        choices=reasons,
        validate_choice=False,
        validators=[AnyOf(REASONS, message=_l("Please choose why: it is kept in the audit log."))],
    )


class LookUpForm(ReasonForm):
    """The e-mail address or mobile number of a caller."""

    address = StringField(
        _l("E-mail address or mobile number"),
        filters=[any_reading],
        validators=[InputRequired(_l("Please type what the caller says.")), Length(max=254), any_address],
    )


class ContactForm(ReasonForm):
    """An act on a contact, with its reason; the button sets `act`."""

    ACTS = ("unmask", "correct", "stop", "erase")
    act = StringField(validators=[AnyOf(ACTS)])
    address = MailField(
        _l("New e-mail address or mobile number"),
        filters=[any_reading],
        suggest=meant,
        widget=TextInput(),
        validators=[
            NeededWhen(lambda form: form.act.data == "correct", _l("Please type the new address.")),
            Length(max=254, message=_l("This address is too long.")),
            any_address,
        ],
    )
