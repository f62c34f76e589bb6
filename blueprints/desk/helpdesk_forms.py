"""What is typed for somebody on the telephone. Reasons are choices: the audit log holds no free text."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField, StringField
from wtforms.validators import AnyOf, InputRequired, Length

from blueprints.public.forms import mobile_number
from models.desk.helpdesk import REASONS
from web.form_fields import NeededWhen, email_address, strip


def reasons() -> list[tuple[str, str]]:
    """Why an address is looked up, read or changed."""
    return [("", _("Please choose")), *((reason, reason_said(reason)) for reason in REASONS)]


def reason_said(reason: str) -> str:
    return {
        "status": _("Caller asks for the status"),
        "not-received": _("Message not received"),
        "correct": _("Correct the address"),
        "wish": _("Caller wants no more messages"),
        "data": _("Data protection request"),
    }[reason]


def any_address(form: Any, field: StringField) -> None:
    """An e-mail address or a mobile number; which of the two, is kept as the form's `channel`."""
    form.channel = "email" if "@" in field.data else "sms"
    (email_address if form.channel == "email" else mobile_number)(form, field)


class ReasonForm(FlaskForm):
    reason = SelectField(
        _l("Reason"),
        choices=reasons,
        validate_choice=False,
        validators=[AnyOf(REASONS, message=_l("Please choose why: it is kept in the audit log."))],
    )


class LookUpForm(ReasonForm):
    """An address that the caller says."""

    address = StringField(
        _l("E-mail address or mobile number"),
        filters=[strip],
        validators=[InputRequired(_l("Please type what the caller says.")), Length(max=254), any_address],
    )


class ContactForm(ReasonForm):
    """What the caller wants done with a contact: the button says what, the reason says why."""

    ACTS = ("unmask", "correct", "stop", "erase")
    act = StringField(validators=[AnyOf(ACTS)])
    address = StringField(
        _l("New e-mail address or mobile number"),
        filters=[strip],
        validators=[
            NeededWhen(lambda form: form.act.data == "correct", _l("Please type the new address.")),
            Length(max=254, message=_l("This address is too long.")),
            any_address,
        ],
    )
