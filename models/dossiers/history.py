"""What has happened to a dossier, read in several ways; nothing but the events is ever the truth of it."""

import datetime as dt
from typing import Any

from peewee import ModelSelect

from models.base import db
from models.deadlines.clock import Reading, read
from models.deadlines.facts import facts, handled, local_day
from models.dossiers.event import ASIDE, Event, standing


class History:
    """The history of a dossier, read once: like its status, as it was when the dossier was read.

    What happens to the dossier by this object is in it; to see what others did meanwhile, read the dossier anew. No
    verb can act on what is old, because each raises Conflict if the version has changed.
    """

    id: Any
    status: Any
    form: Any
    arrived_on: Any
    events: "ModelSelect[Event]"
    _events: list[Event] | None = None

    @property
    def on_its_way(self) -> Event | None:
        """What says that an envelope is under way, the citizen or an office that sent it on; unless it was missed."""
        said = self.events_of("posted", "forwarded", "absent", "unarrived")
        return said[-1] if said and said[-1].kind in ("posted", "forwarded") else None

    @property
    def latest(self) -> Event:
        """What happened last."""
        return self.events.where(Event.kind.not_in(ASIDE)).order_by(Event.id.desc()).get()

    @property
    def present(self) -> Event:
        """What brought the dossier into the status that it has now."""
        return [event for event in self.history() if event.kind in (event.to_status, "supplied")][-1]

    def all_events(self) -> list[Event]:
        """Every row of the history, oldest first, what was undone too.

        Written out in SQL: building this query takes four times as long as answering it, and every look-up asks it.
        """
        if self._events is None:
            rows = Event.raw(f"SELECT * FROM event WHERE dossier_id = {db.param} ORDER BY id", self.id)  # noqa: S608
            self._events = [event for event in rows if event.kind not in ASIDE]
        return self._events

    def history(self) -> list[Event]:
        """The events a citizen is shown, oldest first: what was undone in time never happened."""
        return standing(self.all_events())

    def reading(self, history: list[Event]) -> Reading | None:
        """What the legal clock shows after `history`; None if the form has no period, or nothing has arrived."""
        return read(self.form.rules, facts(history))

    def events_of(self, *kinds: str) -> list[Event]:
        """Those of the history that are of these kinds, oldest first."""
        return [event for event in self.history() if event.kind in kinds]

    def earlier_arrival(self, event: Event) -> dt.date | None:
        """The day of the first arrival as it stood before `event`."""
        days = [e.arrived_on for e in self.history() if e.id < event.id and e.kind in ("received", "corrected")]
        return days[-1] if days else None

    def keep_clock(self) -> None:
        """Keep what lists and statistics ask for, as the history tells it now: nothing of it is ever only stored."""
        history = self.history()
        reading, known = self.reading(history), facts(history)
        running = reading if reading and not reading.ended else None
        decided = next((local_day(event.at) for event in history if event.kind == "decided"), None)
        kept = {
            "target_on": running.target if running else None,
            "due_on": running.limit if running else None,
            "decided_on": decided,
            "handled_days": handled(known, decided) if decided else None,
        }
        changed = {name: value for name, value in kept.items() if getattr(self, name) != value}
        if changed:
            self._table.update(**changed).where(self._table.id == self.id).execute()
        for name, value in changed.items():
            setattr(self, name, value)

    @property
    def _table(self) -> Any:
        """The model itself, for writing to its row."""
        return type(self)
