"""Forms of the desk for acts on dossiers. They check format and length; the models check what may happen."""

import datetime as dt

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import (
    HiddenField,
    IntegerField,
    SelectChoice,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.validators import AnyOf, DataRequired, InputRequired, Length, Optional

from blueprints.desk.checks import (
    another_day,
    backdated,
    in_future,
    not_after_arrival,
    not_for_years,
    required_by_kind,
    since_the_number,
    some_document,
)
from blueprints.desk.post_bag_forms import REASON_NAMES
from blueprints.public.forms import registered_mail
from models import Dossier, Event, TextBlock, now, today
from models.base import LUXEMBOURG
from web.form_fields import DayField, NeededWhen, not_in_future, strip
from web.languages import in_language

NO_REASON = SelectChoice("", "–")
SLIP = SelectChoice("slip", _l("Another day was typed by mistake"))
REASONS = [SelectChoice(key, why) for key, why in REASON_NAMES.items()]
LATE_MESSAGE = _l("This day is more than three days earlier. Please say why.")
TIME_FOR_DOCUMENTS = dt.timedelta(days=30)  # default time for a citizen to send missing documents


def _blocks(blocks: list[TextBlock]) -> list[SelectChoice]:
    return [SelectChoice("", _("None")), *(SelectChoice(str(block.id), in_language(block.title)) for block in blocks)]


class ReturnedForm(FlaskForm):
    """What a mail that came back means: its message has failed, or nothing."""

    act = StringField(validators=[AnyOf(("failed", "nothing"))])


class ActForm(FlaskForm):
    """An act on a dossier. It carries the dossier's version and latest event that the clerk saw (edit conflicts)."""

    act = ""  # the kind of event that it causes
    endpoint = "change_status"  # the view that receives it
    earliest: dt.date | None = None  # the day on which the number was given out; no paper can arrive before it
    entered: dt.date | None = None  # the day on which the arrival is (or was) recorded

    version = IntegerField(validators=[InputRequired()])
    seen = IntegerField()
    block = SelectField(_l("Text block"), choices=[], validate_choice=False, validators=[Optional()])
    note = TextAreaField(
        _l("Note for the citizen (optional)"),
        filters=[strip],
        validators=[Optional(), Length(max=1000, message=_l("At most 1,000 characters."))],
    )

    def prepare(self, dossier: Dossier) -> "ActForm":
        """Set choices and earliest dates from `dossier`."""
        self.earliest = dossier.created_at.astimezone(LUXEMBOURG).date()
        self.entered = today()
        return self

    def offer(self, blocks: list[TextBlock]) -> None:
        """Offer the `blocks` that fit this act."""
        fitting = [block for block in blocks if self.kind in block.moves]
        self.block.choices = _blocks(fitting) if fitting else []

    @property
    def kind(self) -> str:
        """The kind of event that this act causes."""
        return self.act

    def draft(self, dossier: Dossier) -> Event:
        """The event of this act for the preview; it is not stored."""
        return Event(dossier=dossier, kind=dossier.kind_of(self.kind), at=now(), note=self.note.data, details={})

    def typed(self) -> list[str]:
        """The texts that the clerk typed, to show them again after an edit conflict."""
        return [self.note.data] if self.note.data else []

    def insert(self, blocks: list[TextBlock], language: str) -> None:
        """Append the chosen text block to the note, where the clerk can edit it."""
        chosen = next((block for block in blocks if str(block.id) == self.block.data), None)
        if chosen:
            self.note.data = "\n\n".join(filter(None, [self.note.data, chosen.text[language]]))
        self.block.data = ""


class MoveForm(ActForm):
    """A move to another status or authority; `to` decides which fields count."""

    to = HiddenField(validators=[InputRequired()])
    arrived_on = DayField(
        _l("Date of arrival"),
        validators=[
            NeededWhen(required_by_kind("arrived_on"), _l("When did it arrive?")),
            not_in_future,
            since_the_number,
        ],
    )
    postmark_on = DayField(
        _l("Date of the postmark, if it can be read"), validators=[Optional(), not_in_future, not_after_arrival]
    )
    reason = SelectField(
        _l("Why so late?"),
        choices=[NO_REASON, *REASONS],
        validators=[NeededWhen(lambda form: required_by_kind("arrived_on")(form) and backdated(form), LATE_MESSAGE)],
    )
    documents = SelectMultipleField(_l("What is missing"), choices=[])
    missing = TextAreaField(
        _l("Anything else that is missing, one a line"),
        filters=[strip],
        validators=[Length(max=2000, message=_l("At most 2,000 characters.")), some_document],
    )
    until = DayField(
        _l("To arrive by"),
        validators=[NeededWhen(required_by_kind("until"), _l("By when should it arrive?")), in_future, not_for_years],
    )
    authority = SelectField(
        _l("New authority"),
        choices=[],
        validate_choice=False,
        validators=[NeededWhen(required_by_kind("authority"), _l("Please choose the authority."))],
    )

    @property
    def kind(self) -> str:
        return self.to.data or ""

    def prepare(self, dossier: Dossier) -> "MoveForm":
        super().prepare(dossier)
        self.enclosures = dossier.form.enclosures
        titles = enumerate(map(in_language, self.enclosures))
        self.documents.choices = [SelectChoice(str(index), title) for index, title in titles]
        return self

    def draft(self, dossier: Dossier) -> Event:
        event = super().draft(dossier)
        if required_by_kind("arrived_on")(self):
            event.arrived_on = self.arrived_on.data
        if required_by_kind("missing")(self):
            event.details = {"missing": self.asked_for(), "until": self.until.data.isoformat()}
        if required_by_kind("authority")(self):
            event.details = {"to": self.authority.data}
        return event

    def typed(self) -> list[str]:
        return [text for text in (self.missing.data, *super().typed()) if text]

    def asked_for(self) -> list[str | dict[str, str]]:
        """The missing documents: the ticked ones in every language, then the typed lines without bullets."""
        ticked = [text for index, text in enumerate(self.enclosures) if str(index) in (self.documents.data or [])]
        lines = [line.strip(" \t-•*") for line in (self.missing.data or "").splitlines()]
        return ticked + [line for line in lines if line]


class CorrectionForm(ActForm):
    """A correction of the day on which the first envelope arrived."""

    act = "corrected"
    endpoint = "correct_arrival"
    before: dt.date | None = None

    arrived_on = DayField(
        _l("It arrived on"),
        validators=[InputRequired(_l("When did it arrive?")), not_in_future, since_the_number, another_day],
    )
    reason = SelectField(
        _l("Why so long before the scan?"),
        choices=[NO_REASON, SLIP, *REASONS],
        validators=[NeededWhen(backdated, LATE_MESSAGE)],
    )

    def prepare(self, dossier: Dossier) -> "CorrectionForm":
        super().prepare(dossier)
        self.before = dossier.arrived_on
        scan = dossier.history.first("received")
        self.entered = scan.at.astimezone(LUXEMBOURG).date() if scan else today()
        return self

    def draft(self, dossier: Dossier) -> Event:
        event = super().draft(dossier)
        event.arrived_on, event.details = self.arrived_on.data, {"from": str(dossier.arrived_on)}
        return event


class PapersForm(ActForm):
    """Further papers that were not asked for."""

    act = "further"
    endpoint = "add_papers"

    arrived_on = DayField(
        _l("They arrived on"), validators=[InputRequired(_l("When did it arrive?")), not_in_future, since_the_number]
    )

    def draft(self, dossier: Dossier) -> Event:
        event = super().draft(dossier)
        event.arrived_on = self.arrived_on.data
        return event


class OriginalsForm(ActForm):
    """Originals go back to the citizen by registered mail."""

    act = "returned"
    endpoint = "return_originals"

    what = StringField(
        _l("What was sent back"),
        filters=[strip],
        validators=[
            DataRequired(_l("Please say what was sent back.")),
            Length(max=200, message=_l("At most 200 characters.")),
        ],
    )
    sent_on = DayField(
        _l("Sent on"), validators=[InputRequired(_l("When was it sent?")), not_in_future, since_the_number]
    )
    registered = StringField(
        _l("Number of the registered item"),
        filters=[strip],
        validators=[DataRequired(_l("Please type the number on the receipt of the post.")), registered_mail],
    )

    def draft(self, dossier: Dossier) -> Event:
        event = super().draft(dossier)
        sent_on = self.sent_on.data.isoformat()
        event.details = {"what": self.what.data, "on": sent_on, "registered": self.registered.data}
        return event

    def typed(self) -> list[str]:
        return [text for text in (self.what.data, self.registered.data, *super().typed()) if text]


class NoteForm(FlaskForm):
    """An internal note, which only staff can read."""

    text = TextAreaField(
        _l("Internal note"),
        filters=[strip],
        validators=[
            DataRequired(_l("Please write something first.")),
            Length(max=2000, message=_l("At most 2,000 characters.")),
        ],
    )


class BulkForm(FlaskForm):
    """The text for the citizens of a bulk move: a text block in each citizen's language, and a note for all."""

    block = SelectField(_l("Text block, for each citizen in the own language"), choices=[], validators=[Optional()])
    note = TextAreaField(
        _l("Words for all of them (optional)"),
        filters=[strip],
        validators=[Optional(), Length(max=1000, message=_l("At most 1,000 characters."))],
    )

    def offer(self, blocks: list[TextBlock]) -> None:
        """Offer `blocks` as choices."""
        self.blocks = blocks
        self.block.choices = _blocks(blocks)

    def chosen(self) -> TextBlock | None:
        """The chosen text block, or None."""
        return next((block for block in self.blocks if str(block.id) == self.block.data), None)
