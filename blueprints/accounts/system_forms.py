"""Forms of the authorities' systems and their tokens."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, DateField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models import today
from models.systems.system import end_of
from web.form_fields import strip

MAX_NAME = 60
TOO_LONG = _l("At most 60 characters.")


class TokenForm(FlaskForm):
    """A further token of a system."""

    name = StringField(
        _l("Name"),
        filters=[strip],
        validators=[InputRequired(_l("Please type a name.")), Length(max=MAX_NAME, message=TOO_LONG)],
    )
    expires_on = DateField(_l("Last day of the token"), validators=[Optional()])

    def validate_expires_on(self, field: DateField) -> None:
        if field.data and field.data <= today():
            raise ValidationError(_("Please choose a day in the future."))

    @property
    def expires_at(self) -> dt.datetime | None:
        """When the token ends; None if no day was chosen."""
        return end_of(self.expires_on.data) if self.expires_on.data else None


class SystemForm(TokenForm):
    """A new system. The view sets the choices."""

    authority = SelectField(_l("Authority"), validators=[InputRequired(_l("Please choose the authority."))])
    hook_url = StringField(
        _l("Where it is told what happens (optional)"),
        filters=[strip],
        validators=[Length(max=300, message=_l("This address is too long."))],
    )
    test = BooleanField(_l("Only to try it out: its requests change and send nothing"))

    def validate_hook_url(self, field: StringField) -> None:
        if field.data and not field.data.startswith("https://"):
            raise ValidationError(_("The address has to begin with https://"))
