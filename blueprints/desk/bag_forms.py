"""What a clerk sets once a post-bag, and what comes with each code."""

import datetime as dt
import uuid

from flask import abort
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectChoice, SelectField, StringField
from wtforms.validators import InputRequired, Optional

from models import today
from models.batch import REASONS, RECENT

from ..forms import DayField, NeededWhen, not_in_future

LONGEST = 300  # characters of a code
WHY = {
    "closed": _l("The office was closed"),
    "waiting": _l("The post had not been opened"),
    "internal": _l("It came on from another unit"),
    "stamped": _l("The papers carry a stamp of that day"),
}


def _old(form: FlaskForm) -> bool:
    return bool(form.arrived_on.data) and form.arrived_on.data < today() - RECENT


class BagForm(FlaskForm):
    """The day of arrival of everything in the bag."""

    arrived_on = DayField(
        _l("When did this post arrive?"), validators=[InputRequired(_l("When did it arrive?")), not_in_future]
    )
    reason = SelectField(
        _l("Why so late?"),
        choices=[SelectChoice("", "–"), *(SelectChoice(reason, WHY[reason]) for reason in REASONS)],
        validators=[NeededWhen(_old, _l("This day is more than three days ago. Please say why."))],
    )


class ReadForm(FlaskForm):
    """One code, as it came from camera, scanner or keyboard. Its key is made where it was read."""

    key = HiddenField()
    text = StringField(_l("Scan or type a number"))
    postmark_on = DayField(_l("Postmark of the next envelope"), validators=[Optional()])

    @property
    def scan(self) -> uuid.UUID:
        """The key; 400 if it is none."""
        try:
            return uuid.UUID(self.key.data)
        except ValueError:
            abort(400)

    @property
    def typed(self) -> str:
        return (self.text.data or "").strip()[:LONGEST]

    @property
    def postmark(self) -> dt.date | None:
        """The day of the postmark. What is no date is later than every arrival, and so is said to be impossible."""
        return dt.date.max if self.postmark_on.errors else self.postmark_on.data
