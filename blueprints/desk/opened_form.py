"""What was in an opened envelope: a box for each document that should be, and what else is missing."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField, Form, HiddenField, SelectChoice, SelectMultipleField, TextAreaField
from wtforms.validators import Length

from blueprints.desk.checks import in_future, not_for_years
from blueprints.desk.forms import TIME_FOR_DOCUMENTS
from models import ConflictError, Dossier, Event, Read, today
from models.desk.opening import Opened, expected, new_form, request_since
from models.dossiers.moves import Document
from web.form_fields import DayField, NeededWhen, strip
from web.languages import in_language


class OpenedForm(Form):
    """What a clerk found for one number. An envelope of several is one HTML form: each number has a prefix."""

    seen = HiddenField()  # the version of the dossier, and a hash of the documents that the boxes stand for
    present = BooleanField(_l("The form itself (else it counts as not arrived)"))
    ticked = SelectMultipleField(_l("Should be in the envelope:"), choices=[], validate_choice=False)
    renew = BooleanField(_l("Ask for the new form"))
    missing = TextAreaField(
        _l("Anything else that is missing, one a line"),
        filters=[strip],
        validators=[Length(max=2000, message=_l("At most 2,000 characters."))],
    )
    until = DayField(
        _l("To arrive by"),
        validators=[
            NeededWhen(lambda form: bool(form.asked_for()), _l("By when should it arrive?")),
            in_future,
            not_for_years,
        ],
    )
    documents: Sequence[Document] = ()
    new_form: Document = ""
    stamp = ""  # the hash of the documents as they are now
    recorded = Opened(0)  # what is recorded now

    @property
    def elaborate(self) -> bool:
        """True if more than the boxes is filled in, or wrong."""
        return bool(self.missing.data or self.missing.errors or self.until.errors)

    def asked_for(self) -> tuple[Document, ...]:
        """What is missing: the new form, what is not ticked in every language, then the typed lines without bullets."""
        if not self.present.data:
            return ()
        ticked = self.ticked.data or []
        form = [self.new_form] if self.renew.data else []
        unticked = [document for place, document in enumerate(self.documents) if str(place) not in ticked]
        lines = [line.strip(" \t-•*") for line in (self.missing.data or "").splitlines()]
        return (*form, *unticked, *filter(None, lines))

    def found(self) -> Opened:
        """What was found. Raises ConflictError if the boxes stood for other documents."""
        version, _space, stamp = (self.seen.data or "").partition(" ")
        if stamp != self.stamp or not version.isdecimal() or len(version) > 9:
            raise ConflictError
        asked = self.asked_for()
        return Opened(int(version), bool(self.present.data), asked, self.until.data if asked else None)

    @property
    def is_new(self) -> bool:
        """True if it says something else than what is recorded, or what was recorded when it was made."""
        try:
            return self.found() != self.recorded
        except ConflictError:
            return True


def name(document: Document) -> str:
    """A document in the reader's language, or as a clerk typed it."""
    return document if isinstance(document, str) else in_language(document)


def of(read: Read, dossier: Dossier, sent: Mapping[str, Any] | None = None) -> OpenedForm | None:
    """The form for one number with what is recorded, or as it was `sent`; None if there is none."""
    prefix = f"of-{read.key}"
    if read.event is None or (sent is not None and f"{prefix}-seen" not in sent):
        return None
    documents, renewed = expected(dossier, read.event), new_form(dossier)
    stamp = hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()[:12]
    recorded = _recorded(read, dossier, read.event)
    form = OpenedForm(
        sent,
        prefix=prefix,
        seen=f"{dossier.version} {stamp}",
        present=recorded.present,
        ticked=[str(place) for place, document in enumerate(documents) if document not in recorded.missing],
        renew=renewed in recorded.missing and renewed not in documents,
        missing="\n".join(item for item in recorded.missing if isinstance(item, str) and item not in documents),
        until=recorded.until or today() + TIME_FOR_DOCUMENTS,
    )
    form.ticked.choices = [SelectChoice(str(place), name(document)) for place, document in enumerate(documents)]
    form.documents, form.new_form, form.stamp, form.recorded = documents, renewed, stamp, recorded
    return form


def _recorded(read: Read, dossier: Dossier, event: Event) -> Opened:
    request = request_since(dossier, event, read.batch)
    missing = tuple(request.details["missing"]) if request else ()
    return Opened(dossier.version, read.outcome != "absent", missing, request.until_set if request else None)


def validate(forms: Sequence[OpenedForm]) -> bool:
    """True if all `forms` are right, and one of them says something new; else the errors stand beside the fields."""
    right = all([form.validate() for form in forms])
    if right and forms and not any(form.is_new for form in forms):
        forms[0].missing.errors = [_("Untick what is missing, or write it here.")]
        return False
    return right
