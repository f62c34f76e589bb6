"""Subscribers to a dossier's events. Dossiers do not import notifications or systems: these subscribe here."""

import datetime as dt
from collections.abc import Sequence
from typing import Protocol

from models.dossiers.event import Event

Address = tuple[str, str]  # a channel and an address: ("email", "name@example.lu")


class Audience(Protocol):
    """Each method is called inside the transaction that writes the event: what it raises rolls everything back."""

    def register(self, event: Event, addresses: Sequence[Address]) -> None:
        """The number was just given out; these addresses came with it."""

    def tell(self, event: Event, at: dt.datetime) -> None:
        """Tell of `event`, not before `at`."""

    def release(self, dossier_id: int, at: dt.datetime) -> None:
        """The dossier has moved on: notifications held for an undo leave at `at`, together with what is told next."""

    def retract(self, event: Event) -> None:
        """Take `event` back. Raises ConflictError if somebody may have heard of it."""


class Audiences(list[Audience]):
    """All that have subscribed: what is said here, each of them hears."""

    def register(self, event: Event, addresses: Sequence[Address]) -> None:
        """See Audience."""
        for audience in self:
            audience.register(event, addresses)

    def tell(self, event: Event, at: dt.datetime) -> None:
        """See Audience."""
        for audience in self:
            audience.tell(event, at)

    def release(self, dossier_id: int, at: dt.datetime) -> None:
        """See Audience."""
        for audience in self:
            audience.release(dossier_id, at)

    def retract(self, event: Event) -> None:
        """See Audience."""
        for audience in self:
            audience.retract(event)


AUDIENCES = Audiences()


def subscribe(audience: Audience) -> None:
    """Let `audience` hear of every event from now on."""
    AUDIENCES.append(audience)
