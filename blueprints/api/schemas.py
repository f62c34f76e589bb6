"""Schemas of the requests and answers of the API. Their class names are part of its OpenAPI description."""

import datetime as dt
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from models import Dossier, Event, today
from models.dossiers.kinds import KINDS, MOVES, TARGETS
from models.dossiers.moves import MAX_GRANTED

NO_NUL = r"^[^\x00]*$"  # PostgreSQL cannot store NUL characters
Plain = Annotated[str, Field(pattern=NO_NUL)]
Text = Annotated[str, Field(min_length=1, max_length=300, pattern=NO_NUL)]
Version = Annotated[int, Field(ge=1, lt=2**31 - 1)]  # below the maximum, so that version + 1 fits into its column
ACTS = (*TARGETS, "transferred")


def _known(act: str) -> str:
    if act not in ACTS:
        expected = f"{', '.join(map(repr, ACTS[:-1]))} or {ACTS[-1]!r}"
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
    return act


Act = Annotated[str, AfterValidator(_known), Field(json_schema_extra={"enum": list(ACTS)})]


class Move(BaseModel):
    """A step in a dossier's life. Which fields count depends on `to`."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"to": "examination", "version": 2}]})

    to: Act = Field(description="The new status, or `transferred` to hand the dossier over.")
    version: Version = Field(description="The version that was read: if the dossier has changed, the answer is 409.")
    arrived_on: dt.date | None = Field(None, description="With `received`: the day the envelope came. Needed.")
    postmark_on: dt.date | None = Field(None, description="With `received`: the date of the postmark.")
    missing: list[Text] = Field([], max_length=30, description="With `incomplete`: the documents. At least one.")
    until: dt.date | None = Field(
        None, description="With `incomplete`: the day they should be there by, after today, within two years. Needed."
    )
    authority: Plain = Field("", max_length=60, description="With `transferred`: the name (slug) of the new authority.")
    note: Plain = Field("", max_length=1000, description="A public note: everybody who has the number can read it.")

    @model_validator(mode="after")
    def complete(self) -> "Move":
        """Check that the fields a step needs are there, and no others."""
        kind = KINDS[self.to]
        for name in ("arrived_on", "postmark_on", "missing", "until", "authority"):
            given = bool(getattr(self, name))
            if name in kind.fields_needed and not given:
                raise ValueError(f"{name} is needed with {self.to}")
            if given and name not in (*kind.fields_needed, *kind.fields_taken):
                raise ValueError(f"{name} does not go with {self.to}")
        if self.arrived_on and self.postmark_on and self.postmark_on > self.arrived_on:
            raise ValueError("postmark_on lies after arrived_on")
        if self.arrived_on and self.arrived_on > today():
            raise ValueError("arrived_on lies in the future")
        if self.until and not today() < self.until <= today() + MAX_GRANTED:
            raise ValueError("until does not lie in the future, or more than two years ahead")
        return self


class EventShape(BaseModel):
    """One row of a dossier's history. `details` depends on `kind`."""

    id: int
    kind: str
    at: dt.datetime
    arrived_on: dt.date | None
    postmark_on: dt.date | None
    note: str
    details: dict[str, Any]


class DossierShape(BaseModel):
    """A dossier as its authority's own system sees it. It names no person."""

    number: str
    procedure: str
    form: str
    edition: str
    authority: str
    language: str
    status: str
    version: int
    moves: list[str]
    created_at: dt.datetime
    changed_at: dt.datetime
    arrived_on: dt.date | None
    due_on: dt.date | None
    history: list[EventShape] | None = None


def dossier_schema(dossier: Dossier, with_history: bool = True) -> dict[str, Any]:
    """The schema of a dossier as a dict, ready for JSON."""
    names = ("number", "edition", "language", "status", "version", "created_at", "changed_at", "arrived_on", "due_on")
    history = [event_schema(event) for event in dossier.history.standing] if with_history else None
    schema = DossierShape(
        **{name: getattr(dossier, name) for name in names},
        procedure=dossier.form.procedure.slug,
        form=dossier.form.slug,
        authority=dossier.authority.slug,
        moves=list(MOVES[dossier.status]),
        history=history,
    )
    return schema.model_dump(mode="json", exclude=None if with_history else {"history"})


def event_schema(event: Event) -> EventShape:
    """The schema of an event."""
    names = ("id", "kind", "at", "arrived_on", "postmark_on", "note", "details")
    return EventShape(**{name: getattr(event, name) for name in names})
