"""Validators of the desk's forms. Each raises ValidationError with a sentence for the clerk."""

from collections.abc import Callable
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from wtforms import DateField, TextAreaField
from wtforms.validators import ValidationError

from models import today
from models.dossiers.batch import MAX_AGE_WITHOUT_REASON
from models.dossiers.kinds import KINDS
from models.dossiers.moves import MAX_GRANTED


def since_the_number(form: FlaskForm, field: DateField) -> None:
    """Not before the day on which the number was given out."""
    if field.data and form.earliest and field.data < form.earliest:
        raise ValidationError(_("On this day the number did not exist yet."))


def not_after_arrival(form: FlaskForm, field: DateField) -> None:
    """A postmark on the day of arrival or before."""
    if field.data and form.arrived_on.data and field.data > form.arrived_on.data:
        raise ValidationError(_("The postmark cannot be later than the arrival."))


def another_day(form: FlaskForm, field: DateField) -> None:
    """A correction must change the recorded day."""
    if field.data and field.data == form.before:
        raise ValidationError(_("This is the day that is recorded already."))


def in_future(_form: FlaskForm, field: DateField) -> None:
    """Tomorrow or later."""
    if field.data and field.data <= today():
        raise ValidationError(_("Please choose a day in the future."))


def not_for_years(_form: FlaskForm, field: DateField) -> None:
    """Not further ahead than MAX_GRANTED."""
    if field.data and field.data > today() + MAX_GRANTED:
        raise ValidationError(_("Please choose a day within the next two years."))


def some_document(form: FlaskForm, _field: TextAreaField) -> None:
    """At least one missing document, if the act asks for documents."""
    if required_by_kind("missing")(form) and not form.asked_for():
        raise ValidationError(_("Please say what is missing: the citizen gets exactly this list."))


def required_by_kind(name: str) -> Callable[[Any], bool]:
    """True for a form whose kind of move needs the field `name`."""
    return lambda form: form.kind in KINDS and name in KINDS[form.kind].fields_needed


def backdated(form: Any) -> bool:
    """True if the day of arrival is so long ago that a reason is needed."""
    arrived = form.arrived_on.data
    return bool(arrived and form.entered and arrived < form.entered - MAX_AGE_WITHOUT_REASON)
