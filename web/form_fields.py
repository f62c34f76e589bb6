"""Form fields and validators. Each error is shown beside its field, in the visitor's language."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from email_validator import EmailNotValidError, validate_email
from flask_babel import get_timezone
from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, EmailField, TelField
from wtforms.validators import StopValidation, ValidationError


def strip(text: str | None) -> str:
    """Filter: remove white space at both ends."""
    return (text or "").strip()


class PhoneField(TelField):
    """A telephone number. If it is refused, the field shows it again as it was typed, not as its filters read it."""

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Restore what was typed."""
        if self.errors and self.raw_data:
            self.data = strip(self.raw_data[0])


class MailField(EmailField):
    """An e-mail address. One that looks mistyped is asked about once: `suggest` gives what may be meant, or nothing.

    The question comes as an error with `suggestion` set. The same address sent again passes, as does the suggestion,
    whose button is named after the field with "-meant".
    """

    suggestion = ""
    data: str

    def __init__(self, *args: Any, suggest: Callable[[str], str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._suggest, self._asked = suggest, ""

    def process(self, formdata: Any, *args: Any, **kwargs: Any) -> None:
        """Take the suggestion in place of the address it was made for, if its button was pressed."""
        super().process(formdata, *args, **kwargs)
        sent = formdata or {}
        self._asked, meant = sent.get(f"{self.name}-asked", ""), sent.get(f"{self.name}-meant", "")
        if meant and self._asked == self.data:
            self.data, self.raw_data = meant, [meant]

    def post_validate(self, form: Any, validation_stopped: bool) -> None:
        """Ask once if the address is right; of one that is refused, restore what was typed."""
        if self.errors and self.raw_data:
            self.data = strip(self.raw_data[0])
        if validation_stopped or self.errors or self.data == self._asked or "@" not in (self.data or ""):
            return
        self.suggestion = self._suggest(self.data)
        if self.suggestion:
            raise ValidationError(
                _("Did you mean %(address)s? If yours is right, send it once more.", address=self.suggestion)
            )


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
    """Validator: a valid e-mail address. Writes its domain in lower case; makes no DNS query.

    Refuses what a header would decode (RFC 2047), as in =?utf-8?q?a?=@example.lu: such a mail cannot be made.
    """
    try:
        if "=?" in (field.data or ""):
            raise EmailNotValidError
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
