"""The catalogue as this process keeps it in memory, so that its pages go on while the database is away."""

import threading
import time
from contextlib import suppress
from typing import NamedTuple

from flask import Flask, abort
from peewee import PeeweeException, prefetch

from models import Form, FormFile, Procedure, WaitingTime
from models.catalogue.listing import Listed, ListedTopic, Listing
from models.catalogue.procedure import AUDIENCES
from web import page_cache
from web.state import state

MAX_KEPT = 100  # procedures with all their texts, about 50 kB each
WARM_AGAIN = 5  # seconds

Groups = list[tuple[str, list[tuple[ListedTopic, list[Listed]]]]]


class Shown(NamedTuple):
    """What the page of a procedure shows."""

    procedure: Procedure
    forms: list[Form]  # with their files
    time: WaitingTime | None


class Kept:
    """The listing of one revision of the catalogue, and procedures with all their texts."""

    def __init__(self) -> None:
        self.listing = Listing(page_cache.revision())
        self.shown = {listed.slug: load(listed.slug) for listed in self.listing.procedures[:MAX_KEPT]}


def warm(app: Flask) -> None:
    """Load the catalogue in the background, as soon as the database is there.

    So a process that was asked for no page of it yet has them, too, when the database goes away.
    """

    def load_when_there() -> None:
        while True:
            with suppress(PeeweeException), app.app_context(), state().database.connection_context():
                _kept()
                return
            time.sleep(WARM_AGAIN)

    threading.Thread(target=load_when_there, daemon=True).start()


def listing() -> Listing:
    """All procedures on offer."""
    return _kept().listing


def shown(slug: str) -> Shown:
    """The procedure of this name with its forms, or 404."""
    return _kept().shown.get(slug) or load(slug)


def load(slug: str) -> Shown:
    """The same from the database."""
    procedure = Procedure.offered().where(Procedure.slug == slug).first() or abort(404)
    forms = procedure.forms.where(~Form.retired).order_by(Form.position)
    with_files = list(prefetch(forms, FormFile.select(FormFile.id, FormFile.form)))
    return Shown(procedure, with_files, WaitingTime.of(procedure))


def grouped(procedures: list[Listed], audience: str = "") -> Groups:
    """Group the procedures by audience (or only for one `audience`), then by topic; keeps their order.

    A procedure for both audiences is in both groups, so that nobody must look in the other one.
    """
    return [
        (name, topics)
        for name in AUDIENCES
        if audience in ("", name) and (topics := _by_topic([p for p in procedures if name in p.audiences]))
    ]


def _by_topic(procedures: list[Listed]) -> list[tuple[ListedTopic, list[Listed]]]:
    topics: dict[str, tuple[ListedTopic, list[Listed]]] = {}
    for procedure in procedures:
        topics.setdefault(procedure.topic.slug, (procedure.topic, []))[1].append(procedure)
    return list(topics.values())


def _kept() -> Kept:
    kept = state().cache(Kept)
    if kept.listing.revision != page_cache.revision():
        kept = Kept()
        state().replace(kept)
    return kept
