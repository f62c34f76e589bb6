"""Form fields and validators. Each error is shown beside its field, in the visitor's language."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import get_timezone
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, EmailField
from wtforms.validators import StopValidation, ValidationError


def strip(text: str | None) -> str:
    """Filter: remove white space at both ends."""
    return (text or "").strip()


class NeededWhen:
    """Validator: the field is required if `needed(form)`; otherwise its value is ignored, even a wrong one."""

    def __init__(self, needed: Callable[[Any], bool], message: Any) -> None:
        self.needed, self.message = needed, message

    def __call__(self, form: FlaskForm, field: Any) -> None:
        typed = any(text.strip() for text in field.raw_data or [] if text)
        if not self.needed(form) or not typed:
            field.errors = []
            raise StopValidation(str(self.message) if self.needed(form) else "")


class DayField(DateField):
    """A date field with its error in the visitor's language."""

    def process_formdata(self, valuelist: list[str]) -> None:
        try:
            super().process_formdata(valuelist)
        except ValueError:
            raise ValueError(_("This is not a date. Write it like 2026-03-31.")) from None


def email_address(_form: FlaskForm, field: EmailField) -> None:
    """Validator: a valid e-mail address. Writes its domain in lower case; makes no DNS query."""
    try:
        checked = validate_email(field.data, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValidationError(
            _("This does not look like an e-mail address. It needs a name, an @ and a domain, as in name@example.lu.")
        ) from None
    field.data = checked.ascii_email or checked.normalized


def not_in_future(_form: FlaskForm, field: DateField) -> None:
    """Validator: today or earlier."""
    if field.data and field.data > dt.datetime.now(get_timezone()).date():
        raise ValidationError(_("This day has not come yet."))


class ButtonForm(FlaskForm):
    """A form of one button: it carries the CSRF token and no other field."""
