"""Forms of the public pages: contacts, and "I posted it". The desk uses some of them for callers."""

import re

import phonenumbers
from flask import current_app
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from phonenumbers import PhoneNumberType
from wtforms import BooleanField, HiddenField, StringField, TelField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models.dossiers.registered import registered_number
from models.notifications.domains import meant
from models.notifications.pasted import mail_address, telephone
from web.form_fields import MailField, NeededWhen, PhoneField, email_address, strip

LETTER_INSIDE = re.compile(r"\d\s*[^\W\d_]+\s*\d")


def mobile_number(_form: FlaskForm, field: TelField) -> None:
    """Validator: a mobile number of a country in SMS_REGIONS; without a country code, of Luxembourg. Stores E.164."""
    try:
        if LETTER_INSIDE.search(field.data):
            raise phonenumbers.NumberParseException(0, "a letter would be skipped")
        phone = phonenumbers.parse(field.data, "LU")
    except phonenumbers.NumberParseException:
        raise ValidationError(
            _("This is not a telephone number. Write it like 621 123 456 or +352 621 123 456.")
        ) from None
    phone.extension = None
    if not phonenumbers.is_valid_number(phone):
        raise ValidationError(
            _("This number does not exist: please check the digits. From abroad, begin with + and the country code.")
        )
    if phonenumbers.region_code_for_number(phone) not in current_app.config["SMS_REGIONS"]:
        raise ValidationError(_("We cannot send SMS to this country. Please choose e-mail instead."))
    if phonenumbers.number_type(phone) != PhoneNumberType.MOBILE:
        raise ValidationError(_("This is not a mobile number, so it cannot receive an SMS."))
    field.data = phonenumbers.format_number(phone, phonenumbers.PhoneNumberFormat.E164)


def registered_mail(_form: FlaskForm, field: StringField) -> None:
    """Validator: the number of a registered letter with a correct check digit. Stores the standard spelling."""
    field.data = registered_number(field.data) or field.data
    if not registered_number(field.data):
        raise ValidationError(
            _("This is no number of registered mail: two letters, nine digits, two letters, as in RR473124829LU.")
        )


class ContactForm(FlaskForm):
    """How the citizen wants to be notified: by e-mail, by SMS, by both, or not at all."""

    key = HiddenField()
    by_email = BooleanField(_l("By e-mail"))
    email = MailField(
        _l("E-mail address"),
        filters=[mail_address],
        suggest=meant,
        validators=[
            NeededWhen(lambda form: form.by_email.data, _l("Please type your e-mail address or untick it.")),
            Length(max=254, message=_l("This address is too long.")),
            email_address,
        ],
    )
    by_sms = BooleanField(_l("By SMS"))
    mobile = PhoneField(
        _l("Mobile number"),
        filters=[telephone],
        validators=[
            NeededWhen(lambda form: form.by_sms.data, _l("Please type your mobile number or untick it.")),
            Length(max=40, message=_l("This number is too long.")),
            mobile_number,
        ],
    )
    website = StringField()  # honeypot: hidden from people, filled in by programs

    TYPED = ("by_email", "email", "email-asked", "email-meant", "by_sms", "mobile")  # what a person fills in

    def contacts(self) -> list[tuple[str, str]]:
        """The chosen contacts, as (channel, address)."""
        chosen = [("email", self.email.data)] if self.by_email.data else []
        return chosen + ([("sms", self.mobile.data)] if self.by_sms and self.by_sms.data else [])


class MailAddressForm(FlaskForm):
    """An e-mail address that an existing contact gives."""

    address = MailField(
        _l("E-mail address"),
        filters=[mail_address],
        suggest=meant,
        validators=[
            InputRequired(_l("Please type an e-mail address.")),
            Length(max=254, message=_l("This address is too long.")),
            email_address,
        ],
    )


class MobileNumberForm(FlaskForm):
    """A mobile number that an existing contact gives."""

    address = PhoneField(
        _l("Mobile number"),
        filters=[telephone],
        validators=[
            InputRequired(_l("Please type a mobile number.")),
            Length(max=40, message=_l("This number is too long.")),
            mobile_number,
        ],
    )


class PostedForm(FlaskForm):
    """The form to say "I posted it". No CSRF token: the number is the key, and no session is needed."""

    class Meta:
        csrf = False

    registered = StringField(
        _l("Registered mail? Its number (optional)"), filters=[strip], validators=[Optional(), registered_mail]
    )
