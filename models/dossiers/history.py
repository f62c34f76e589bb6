"""The history of one dossier as a value: its valid events, the latest of a kind, the facts for the legal clock."""

import datetime as dt
from collections.abc import Iterable, Sequence
from functools import cached_property

from models.base import local_day, now, today
from models.catalogue.procedure import Authority
from models.deadlines.clock import Reading, Rule, read
from models.deadlines.facts import Fact, handled
from models.dossiers.event import Event
from models.dossiers.kinds import ABOUT_CONTACT, ABOUT_ENVELOPE, ENTERING, KINDS, SENT, UNDOABLE
from models.security.throttle import CLOCK_TOLERANCE


class History:
    """A dossier's events, oldest first, as they were when they were read (a snapshot).

    Events about a contact are left out. After a verb, ask the dossier for its new history.
    """

    def __init__(self, rows: Iterable[Event]) -> None:
        self.rows: list[Event] = [event for event in rows if event.kind not in ABOUT_CONTACT]

    @classmethod
    def of_each(cls, dossiers: Iterable[int]) -> "dict[int, History]":
        """{dossier id: history} of these dossiers, in one query."""
        rows: dict[int, list[Event]] = {dossier: [] for dossier in dossiers}
        for event in Event.select().where(Event.dossier.in_(list(rows))).order_by(Event.id):
            rows[event.dossier_id].append(event)
        return {dossier: cls(events) for dossier, events in rows.items()}

    @cached_property
    def standing(self) -> list[Event]:
        """The events that count: without those undone, and without the undoing."""
        return [event for event in self.rows if event.kind != "undone" and event.id not in self.undone]

    @cached_property
    def undone(self) -> frozenset[int]:
        """The ids of the events that were undone."""
        return frozenset(event.details["event"] for event in self.rows if event.kind == "undone")

    @property
    def latest(self) -> Event:
        """The newest row, undone or not."""
        return self.rows[-1]

    def of(self, *kinds: str) -> list[Event]:
        """The standing events of these kinds."""
        return [event for event in self.standing if event.kind in kinds]

    def first(self, *kinds: str) -> Event | None:
        """The oldest standing event of these kinds, if there is one."""
        return next(iter(self.of(*kinds)), None)

    def last(self, *kinds: str) -> Event | None:
        """The newest standing event of these kinds, if there is one."""
        return next(reversed(self.of(*kinds)), None)

    def last_but(self, *kinds: str) -> Event:
        """The newest standing event that is of none of these kinds."""
        return [event for event in self.standing if event.kind not in kinds][-1]

    def since(self, *kinds: str) -> list[Event]:
        """The standing events from the newest one of these kinds on; all if there is none."""
        start = self.last(*kinds)
        return [event for event in self.standing if start is None or event.id >= start.id]

    @property
    def present(self) -> Event:
        """The event that brought the dossier into its present status."""
        return self.since(*ENTERING)[0]

    @property
    def awaits_documents(self) -> bool:
        """True until the day set for the missing documents is over."""
        return self.present.until is not None and self.present.until >= today()

    @property
    def on_its_way(self) -> Event | None:
        """The event by which an envelope is under way (posted, or sent on by an office), unless it was missed since."""
        last = self.last(*ABOUT_ENVELOPE)
        return last if last and last.kind in SENT else None

    @property
    def held(self) -> list[Event]:
        """The rows of which nobody is told yet, newest first: each was written while the one before it was held.

        What a clock wrote that ran ahead is not among them: its notifications leave when the clock is right again.
        """
        held: list[Event] = []
        if self.latest.at > now() + CLOCK_TOLERANCE:
            return held
        for event in reversed(self.rows):
            if event.held_until is None or event.held_until <= (held[-1].at if held else now()):
                break
            held.append(event)
        return held

    @property
    def undoable(self) -> Event | None:
        """What staff may undo now: what they did last, as long as nobody is told of it."""
        last = self.standing[-1]
        return last if last.kind in UNDOABLE and last in self.held else None

    @property
    def undoable_until(self) -> dt.datetime | None:
        """The time until which it may be undone: all that is held leaves with the newest row. None if nothing may."""
        return self.latest.held_until if self.undoable else None

    def missing(self, language: str) -> list[str]:
        """The documents that the authority waits for now: none unless the dossier is incomplete."""
        return self.present.missing(language) if self.present.kind == "incomplete" else []

    @property
    def facts(self) -> list[Fact]:
        """The facts for the legal clock, in the order in which they became known."""
        found: list[Fact] = []
        for event in self.standing:
            _apply(event, found)
        return found

    def reading(self, rules: Sequence[Rule]) -> Reading | None:
        """The legal clock; None if there is no rule, or nothing has arrived."""
        return read(rules, self.facts)

    def dates(self, rules: Sequence[Rule]) -> dict[str, dt.date | int | None]:
        """The columns of a dossier that follow from its history, for lists and statistics.

        `handled_days` are those from arrival to the first decision, less those spent waiting for documents.
        """
        reading, facts, decision = self.reading(rules), self.facts, self.first("decided")
        running = reading if reading and not reading.ended else None
        decided = local_day(decision.at) if decision else None
        return {
            "target_on": running.target if running else None,
            "due_on": running.deadline if running else None,
            "decided_on": decided,
            "handled_days": handled(facts, decided) if decided else None,
        }

    def arrival_before(self, event: Event) -> dt.date | None:
        """The day of the first arrival as it was recorded before `event`."""
        days = [each.arrived_on for each in self.of("received", "corrected") if each.id < event.id]
        return days[-1] if days else None

    def authority_at(self, event: Event, present: Authority) -> Authority:
        """The authority that had the dossier after `event`; `present` has it now."""
        handed = next((each for each in self.rows if each.kind == "transferred" and each.id > event.id), None)
        first = Authority.get_or_none(Authority.slug == handed.details.get("from")) if handed else None
        return first or present


def _apply(event: Event, facts: list[Fact]) -> None:
    """Add the fact that `event` is for the clock to `facts`; a correction replaces the arrival."""
    clock, day = KINDS[event.kind].clock, local_day(event.at)
    arrived = next((index for index, fact in enumerate(facts) if fact.kind == "arrived"), None)
    if clock == "correction" and arrived is not None and event.arrived_on:
        facts[arrived] = Fact("arrived", event.arrived_on)
    elif clock == "arrival":
        facts.append(Fact("arrived" if arrived is None else "supplied", event.arrived_on or day))
    elif clock == "request":
        facts.append(Fact("requested", day))
    elif clock == "complete":
        facts.append(Fact("complete", day))
    elif clock == "transfer":
        facts.append(Fact("transferred", day))
    elif clock == "end":
        facts.append(Fact("ended", day))
