"""Forms of staff accounts."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import EmailField, PasswordField, SelectField, StringField
from wtforms.validators import InputRequired, Length, Optional, ValidationError

from models.notifications.domains import meant
from models.notifications.pasted import mail_address
from models.staff import passwords, rights
from models.staff.staff import ROLES
from web.form_fields import MailField, NeededWhen, email_address, strip
from wording import staff as staff_words


class SignInForm(FlaskForm):
    """The first step of signing in: e-mail address and password."""

    email = EmailField(
        _l("E-mail address"),
        filters=[mail_address],
        validators=[InputRequired(_l("Please type your e-mail address.")), Length(max=254)],
    )
    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Please type your password."))])


class CodeForm(FlaskForm):
    """The second step of signing in: a code of the app, or a recovery code."""

    code = StringField(
        _l("Code"),
        filters=[strip],
        validators=[InputRequired(_l("Please type the code.")), Length(max=40, message=_l("This code is too long."))],
    )


class ProofForm(FlaskForm):
    """Re-authentication: password and code again, before something important changes."""

    password = PasswordField(_l("Password"), validators=[InputRequired(_l("Please type your password."))])
    code = StringField(_l("Code"), filters=[strip], validators=[Length(max=40, message=_l("This code is too long."))])


class PasswordForm(FlaskForm):
    """A new password, typed twice because the fields do not show it."""

    password = PasswordField(
        _l("New password"),
        validators=[
            InputRequired(_l("Please type a password.")),
            Length(
                min=passwords.MIN_PASSWORD_LENGTH,
                message=_l("At least 15 characters: a few words are easy to remember."),
            ),
            Length(max=passwords.MAX_PASSWORD_LENGTH, message=_l("At most 1,000 characters.")),
        ],
    )
    again = PasswordField(_l("The same once more"), validators=[InputRequired(_l("Please type it once more."))])

    def validate_again(self, field: PasswordField) -> None:
        if field.data != self.password.data:
            raise ValidationError(_("This is not the same."))

    def refuse(self, error: passwords.EasyPasswordError) -> None:
        """Add the error that the password is too easy to guess, and why."""
        self.password.errors = [staff_words.weakness(error.weakness)]


def _has_authority(form: Any) -> bool:
    return form.role.data in ROLES and rights.has_authority(form.role.data)


class InvitationForm(FlaskForm):
    """A new account: e-mail address, role and authority. The view sets the choices."""

    email = MailField(
        _l("E-mail address"),
        filters=[mail_address],
        suggest=meant,
        validators=[
            InputRequired(_l("Please type an e-mail address.")),
            Length(max=254, message=_l("This address is too long.")),
            email_address,
        ],
    )
    role = SelectField(_l("Role"), validators=[InputRequired(_l("Please choose a role."))])
    authority = SelectField(
        _l("Authority, for a clerk"),
        validate_choice=False,
        validators=[NeededWhen(_has_authority, _l("A clerk belongs to an authority: please choose it.")), Optional()],
    )
