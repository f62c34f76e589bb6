"""Everything that can happen to notifications, in any order, against a model of what each citizen was sent."""

import datetime as dt
from collections import Counter

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from models import ConflictError, Contact, Dossier, Notification, Outcome, Staff, db, now
from models.base import LUXEMBOURG
from models.dossiers.kinds import APART
from models.dossiers.moves import Act, Move
from models.notifications import consent, outbox
from models.notifications.states import LEFT, TRANSITIONS
from models.notifications.timetable import LEASE, MAX_PER_DAY
from support.sending import make_app, make_dossier

START = dt.datetime(2026, 10, 23, 14, 0, tzinfo=dt.UTC)  # two days before the clocks change
CONTACTS = {"email": ("email", "someone@example.org"), "sms": ("sms", "+352621123456")}
ANSWERS = [Outcome.SENT] * 4 + [
    Outcome.LATER,
    Outcome.DOWN,
    Outcome.ACCOUNT,
    Outcome.UNWRITTEN,
    Outcome.NEVER,
    Outcome.UNKNOWN,
]
RECEIPTS = [Outcome.SENT, Outcome.DELIVERED, Outcome.LATER, Outcome.NEVER]
PAUSES = [dt.timedelta(seconds=30), dt.timedelta(minutes=11), dt.timedelta(hours=3), dt.timedelta(hours=13)]


def reachable(state: str) -> set[str]:
    """Where a notification may be next, and the step after that: a rule may take two."""
    return {state, *TRANSITIONS[state], *(far for near in TRANSITIONS[state] for far in TRANSITIONS[near])}


class Story(RuleBasedStateMachine):
    """One dossier, two contacts at most, and a world that answers as it likes."""

    claimed = Bundle("claimed")
    named = Bundle("named")  # references that a provider may have heard

    def __init__(self) -> None:
        super().__init__()
        self.clock = time_machine.travel(START, tick=False)
        self.time = self.clock.start()
        self.stage = db.atomic()
        self.transaction = self.stage.__enter__()
        self.states: dict[int, str] = {}
        self.sent: dict[int, list[tuple[int, dt.date]]] = {}  # contact -> event and day of each accepted notification

    @initialize(channels=st.sets(st.sampled_from(["email", "sms"]), min_size=1))
    def announce(self, channels: set[str]) -> None:
        self.dossier = make_dossier(*(CONTACTS[name] for name in sorted(channels)))

    @rule(
        to=st.sampled_from(["received", "incomplete", "examination", "decided", "closed", "withdrawn"]),
        held=st.booleans(),
    )
    def move(self, to: str, held: bool) -> None:
        dossier = self.now_stored()
        hold = dt.timedelta(minutes=10) if held else dt.timedelta()
        arrived = now().astimezone(LUXEMBOURG).date() if to == "received" else None
        try:
            dossier.move(Move(to, by=None, version=dossier.version, arrived_on=arrived, hold=hold))
        except ConflictError:
            return

    @rule()
    def correct(self) -> None:
        dossier = self.now_stored()
        if dossier.arrived_on:
            earlier = dossier.arrived_on - dt.timedelta(days=1)
            dossier.correct_arrival(earlier, Act(by=Staff.get(), version=dossier.version))

    @rule()
    def undo(self) -> None:
        dossier = self.now_stored()
        try:
            dossier.undo(dossier.history.latest, Act(by=Staff.get(), version=dossier.version))
        except ConflictError:
            return

    @rule(channel=st.sampled_from(["email", "sms"]))
    def confirm(self, channel: str) -> None:
        for contact in self.dossier.contacts.where(Contact.channel == channel):
            consent.confirm(contact)

    @precondition(lambda self: len(self.states) > 4)
    @rule(channel=st.sampled_from(["email", "sms"]))
    def stop(self, channel: str) -> None:
        for contact in self.dossier.contacts.where(Contact.channel == channel):
            consent.stop(contact)

    @rule(target=claimed, channel=st.sampled_from(["email", "sms"]))
    def claim(self, channel: str) -> Notification | None:
        notification = outbox.claim("worker", channel)
        if notification is None:
            return None
        assert channel == "email" or 8 <= now().astimezone(LUXEMBOURG).hour < 20, "an SMS at night"
        assert notification.state == "sending" and notification.run_at == now() + LEASE[channel]
        if notification.wanted:
            return notification
        notification.record_outcome(Outcome.UNWANTED)
        return None

    @rule(target=named, notification=consumes(claimed), answer=st.sampled_from(ANSWERS))
    def answer(self, notification: Notification | None, answer: Outcome) -> str:
        if notification is None:
            return "0"
        if notification.record_outcome(answer, "said so") and answer is Outcome.SENT:
            self.note(notification)
        return notification.reference

    @rule(notification=consumes(claimed))
    def lose_the_worker(self, notification: Notification | None) -> None:
        """It is killed before it could write anything down."""

    @rule(reference=named, outcome=st.sampled_from(RECEIPTS))
    def receive(self, reference: str, outcome: Outcome) -> None:
        before = self.snapshot()
        changed = Notification.record_delivery_report(reference, outcome, error="receipt")
        assert changed == (self.snapshot() != before)
        assert not Notification.record_delivery_report(reference, outcome, error="receipt") or outcome is Outcome.LATER

    @rule(pause=st.sampled_from(PAUSES))
    def wait(self, pause: dt.timedelta) -> None:
        self.time.shift(pause)
        outbox.reclaim()

    @rule()
    def send_again(self) -> None:
        for notification in list(Notification.dead_letters()):
            assert notification.send_again()
            self.states[notification.id] = "queued"

    @invariant()
    def messages_go_forward_only(self) -> None:
        for key, state in self.snapshot().items():
            assert state in reachable(self.states.get(key, "queued")), (self.states.get(key), state)
            self.states[key] = state

    @invariant()
    def what_is_over_has_no_time_and_what_waits_has_one(self) -> None:
        for notification in Notification.select():
            waits = notification.state in ("queued", "held", "sending", "deferred")
            assert (notification.run_at is not None) == waits or notification.state == "unknown"

    @invariant()
    def nobody_is_flooded(self) -> None:
        days = Counter((contact, day) for contact, sent in self.sent.items() for _event, day in sent)
        assert all(count <= MAX_PER_DAY for count in days.values())

    @invariant()
    def what_was_replaced_is_told_by_something_newer(self) -> None:
        for notification in Notification.select().where(Notification.state == "superseded"):
            newer = (
                (Notification.contact == notification.contact)
                & (Notification.id > notification.id)
                & Notification.kind.not_in(APART)
            )
            assert (
                Notification.select().where(newer & (Notification.state != "cancelled")).exists()
                or notification.contact.stopped_at
            )

    def teardown(self) -> None:
        try:
            if hasattr(self, "dossier"):
                self.end_well()
        finally:
            self.transaction.rollback()
            self.stage.__exit__(None, None, None)
            self.clock.stop()

    def end_well(self) -> None:
        """From here on everything works; after some days everybody knows where the dossier stands."""
        for _ in range(60):
            self.time.shift(dt.timedelta(hours=3))
            outbox.reclaim()
            for channel in ("email", "sms"):
                while notification := outbox.claim("worker", channel):
                    notification.record_outcome(Outcome.SENT if notification.wanted else Outcome.UNWANTED)
        for contact in self.dossier.contacts.where(Contact.stopped_at.is_null() & Contact.confirmed_at.is_null(False)):
            told = contact.notifications.where((Notification.state != "cancelled") & Notification.kind.not_in(APART))
            newest = told.order_by(Notification.id.desc()).first()
            assert newest is None or newest.state in (*LEFT, "failed"), newest.state
        assert not Notification.select().where(Notification.run_at.is_null(False)).exists()

    def note(self, notification: Notification) -> None:
        if notification.kind in APART:
            return
        sent = self.sent.setdefault(notification.contact_id, [])
        sent.append((notification.event_id, now().astimezone(LUXEMBOURG).date()))

    def now_stored(self) -> Dossier:
        """The dossier, a moment later: no two events have the same instant."""
        self.time.shift(dt.timedelta(seconds=1))
        return Dossier.get_by_id(self.dossier.id)

    def snapshot(self) -> dict[int, str]:
        return {notification.id: notification.state for notification in Notification.select()}


@pytest.fixture
def stage(tmp_path):
    """An app with a member of staff; whatever happens in a story is rolled back."""
    app = make_app(f"sqlite:///{tmp_path}/test.db")
    db.connect(reuse_if_open=True)
    make_dossier()
    Staff.create(email="clerk@example.lu", role="clerk", password_hash="", created_at=now())
    yield app
    db.close()


PHASES = [phase for phase in Phase if phase is not Phase.shrink]  # a story of fifty steps shrinks for many minutes
QUIET = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@pytest.mark.long
@pytest.mark.parametrize(
    ("stories", "length"), [(12, 40), pytest.param(200, 50, marks=pytest.mark.slow, id="ten thousand steps")]
)
def test_whatever_happens_in_whatever_order(stage, stories, length):
    run_state_machine_as_test(
        Story, settings=settings(phases=PHASES, max_examples=stories, stateful_step_count=length, **QUIET)
    )
