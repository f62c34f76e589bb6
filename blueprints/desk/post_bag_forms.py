"""Forms for opening the post: the bag, one scanned code, a new number, the search by first characters."""

import datetime as dt
import uuid
from collections.abc import Callable

from flask import abort
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import BooleanField, HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Optional, ValidationError

from blueprints.public.forms import ContactForm
from models import today
from models.dossiers.batch import MAX_AGE_WITHOUT_REASON, REASONS
from models.dossiers.codes import find
from models.dossiers.number import LENGTH, clean
from models.security.crockford import ALPHABET
from web.form_fields import DayField, NeededWhen, not_in_future
from web.languages import NAMES

MIN_BEGIN_LENGTH = 4  # characters of a number that a search needs
MAX_CODE_LENGTH = 1000  # characters of scanned codes
REASON_NAMES = {
    "closed": _l("The office was closed"),
    "waiting": _l("The post had not been opened"),
    "internal": _l("It came on from another unit"),
    "stamped": _l("The papers carry a stamp of that day"),
}


def _old(form: FlaskForm) -> bool:
    return bool(form.arrived_on.data) and form.arrived_on.data < today() - MAX_AGE_WITHOUT_REASON


def _reason(needed: Callable[[FlaskForm], bool]) -> SelectField:
    return SelectField(
        _l("Why so late?"),
        choices=[SelectChoice("", "–"), *(SelectChoice(reason, REASON_NAMES[reason]) for reason in REASONS)],
        validators=[NeededWhen(needed, _l("This day is more than three days ago. Please say why."))],
    )


class BagForm(FlaskForm):
    """The day of arrival of everything in the bag."""

    arrived_on = DayField(
        _l("When did this post arrive?"), validators=[InputRequired(_l("When did it arrive?")), not_in_future]
    )
    reason = _reason(_old)


class ReadForm(FlaskForm):
    """One code from camera, scanner or keyboard. The page makes its key (idempotency)."""

    key = HiddenField()
    text = StringField(_l("Scan or type a number"))
    postmark_on = DayField(_l("Postmark of the next envelope"), validators=[Optional()])

    @property
    def scan(self) -> uuid.UUID:
        """The key as UUID; 400 if it is not one."""
        try:
            return uuid.UUID(self.key.data or "")
        except ValueError:
            abort(400)

    @property
    def typed(self) -> str:
        return (self.text.data or "").strip()[:MAX_CODE_LENGTH]

    @property
    def postmark(self) -> dt.date | None:
        """The day of the postmark. An invalid date becomes date.max, which the model refuses as after the arrival."""
        return dt.date.max if self.postmark_on.errors else self.postmark_on.data


class NumberForm(ContactForm):
    """A new number: for papers that arrived without one, or for a caller who will post them."""

    tracked = SelectField(_l("Form"), choices=[])
    language = SelectField(
        _l("Language of the citizen"), choices=[SelectChoice(code, name) for code, name in NAMES.items()]
    )
    here = BooleanField(_l("The papers are here"))
    arrived_on = DayField(
        _l("Date of arrival"),
        validators=[NeededWhen(lambda form: form.here.data, _l("When did it arrive?")), not_in_future],
    )
    reason = _reason(lambda form: form.here.data and _old(form))


class BeginForm(FlaskForm):
    """The first characters of a number, and the procedure of the paper."""

    begin = StringField(_l("First characters of the number"))
    procedure = SelectField(_l("Procedure"), choices=[])

    def validate_begin(self, field: StringField) -> None:
        """At least MIN_BEGIN_LENGTH characters of the number's alphabet, in any spelling."""
        field.data = find(field.data or "") or clean(field.data or "")[:LENGTH]
        if len(field.data) < MIN_BEGIN_LENGTH or set(field.data) - set(ALPHABET):
            raise ValidationError(
                _("Please type at least %(least)s letters or digits of the number.", least=MIN_BEGIN_LENGTH)
            )
