"""A dossier's life: only the allowed moves, each exactly once, everything it causes or nothing. On both databases."""

import datetime as dt
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import Authority, ConflictError, Contact, Dossier, Event, Notification, Outcome, Scope, db, now, today
from models.desk import helpdesk
from models.dossiers.kinds import MOVES, STATUSES
from models.dossiers.moves import Act, Move
from models.notifications import consent, outbox
from support.moves import EMAIL, HOLD, SMS, in_status, move, states
from support.postgresql_server import somebody_waits


@pytest.mark.long
def test_every_status_is_moved_as_the_table_says_and_not_otherwise(either, form, clerk):
    for status in STATUSES:
        for to in STATUSES:
            dossier = in_status(form, status, clerk)
            rows = Event.select().count()
            if to in MOVES[status]:
                move(dossier, to, clerk)
                assert Dossier.get_by_id(dossier.id).status == to
            else:
                with pytest.raises(ConflictError):
                    move(dossier, to, clerk)
                assert Dossier.get_by_id(dossier.id).status == status and Event.select().count() == rows


def test_a_form_sent_twice_is_one_dossier(either, form):
    first = Dossier.announce(form, "de", "the-same-key", [EMAIL])
    second = Dossier.announce(form, "fr", "the-same-key", [EMAIL, SMS])
    assert first.number == second.number
    assert (Dossier.select().count(), Contact.select().count(), Notification.select().count()) == (1, 1, 1)


def test_a_form_sent_many_times_at_once_is_one_dossier(either, form):
    numbers, barrier = [], threading.Barrier(6)

    def announce() -> None:
        with db.connection_context():
            barrier.wait()
            numbers.append(Dossier.announce(form, "de", "pressed-six-times", [EMAIL]).number)

    run(announce, 6)
    assert len(numbers) == 6 and len(set(numbers)) == 1
    assert (Dossier.select().count(), Notification.select().count()) == (1, 1)


def test_of_two_clerks_at_once_one_wins_and_the_other_is_told(either, form, clerk):
    number = in_status(form, "received", clerk, [EMAIL]).number
    outcomes, barrier = [], threading.Barrier(4)

    def decide(to: str) -> None:
        with db.connection_context():
            dossier = Dossier.get(Dossier.number == number)
            barrier.wait()
            try:
                move(dossier, to, clerk)
                outcomes.append(to)
            except ConflictError:
                outcomes.append("conflict")

    run(decide, 4, ["examination", "withdrawn", "examination", "incomplete"])
    assert outcomes.count("conflict") == 3
    assert Event.select().where(Event.kind.in_(("examination", "withdrawn", "incomplete"))).count() == 1


def run(target, count: int, arguments: list | None = None) -> None:
    threads = [threading.Thread(target=target, args=(arguments or [])[i : i + 1]) for i in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_message_is_queued_with_its_cause_or_not_at_all(either, form, clerk):
    dossier = in_status(form, "announced", clerk, [EMAIL])
    with pytest.raises(ZeroDivisionError), db.atomic():
        move(dossier, "received", clerk)
        raise ZeroDivisionError
    stored = Dossier.get_by_id(dossier.id)
    assert (stored.status, stored.version, states()) == ("announced", 1, [("announced", "queued")])


def test_arrival_confirms_the_contacts(either, form, clerk):
    dossier = in_status(form, "announced", clerk, [EMAIL, SMS])
    assert not any(contact.confirmed_at for contact in dossier.contacts)
    move(dossier, "received", clerk)
    assert all(contact.confirmed_at for contact in dossier.contacts)
    assert states() == [("announced", "queued")] * 2 + [("received", "queued")] * 2


def test_unconfirmed_contact_hears_exactly_one_message_before_the_paper_arrives(either, form, clerk):
    dossier = in_status(form, "announced", clerk, [EMAIL])
    move(dossier, "lapsed", clerk)
    assert states() == [("announced", "queued")]


def test_stopped_contact_hears_nothing_more(either, form, clerk):
    dossier = in_status(form, "received", clerk, [EMAIL, SMS])
    consent.stop(dossier.contacts.where(Contact.channel == "email").get())
    move(dossier, "examination", clerk)
    kinds = [
        kind
        for kind, _state in Notification.select(Event.kind, Contact.channel)
        .join(Event)
        .switch(Notification)
        .join(Contact)
        .where(Contact.channel == "email")
        .tuples()
    ]
    assert kinds == ["announced", "received"]
    assert {state for kind, state in states() if kind == "examination"} == {"queued"}


def test_scan_undone_in_time_is_never_heard_of(either, form, clerk):
    dossier = in_status(form, "announced", clerk, [EMAIL])
    event = move(dossier, "received", clerk, hold=HOLD)
    held = dossier.history.undoable_until
    assert held and held > now() + dt.timedelta(minutes=9)
    dossier.undo(event, Act(by=clerk, version=dossier.version))
    stored = Dossier.get_by_id(dossier.id)
    assert (stored.status, stored.arrived_on, stored.version) == ("announced", None, 3)
    assert states() == [("announced", "queued"), ("received", "cancelled")]
    assert [event.kind for event in stored.history.standing] == ["announced"]
    assert [event.kind for event in stored.events] == ["announced", "received", "undone"]
    assert not any(contact.confirmed_at for contact in stored.contacts), "no paper arrived: nothing is confirmed"


def test_scan_cannot_be_undone_once_a_message_is_on_its_way(either, form, clerk):
    dossier = in_status(form, "announced", clerk, [EMAIL])
    outbox.claim("worker", "email").record_outcome(Outcome.SENT)
    event = move(dossier, "received", clerk, hold=HOLD)
    Notification.update(run_at=now()).where(Notification.event == event).execute()
    assert outbox.claim("worker", "email")
    with pytest.raises(ConflictError):
        dossier.undo(event, Act(by=clerk, version=dossier.version))
    assert Dossier.get_by_id(dossier.id).status == "received"


def test_only_the_latest_move_can_be_undone(either, form, clerk):
    dossier = in_status(form, "announced", clerk)
    received = move(dossier, "received", clerk, hold=HOLD)
    move(dossier, "examination", clerk, hold=HOLD)
    with pytest.raises(ConflictError):
        dossier.undo(received, Act(by=clerk, version=dossier.version))


def test_dossier_can_be_received_again_after_an_undo(either, form, clerk):
    dossier = in_status(form, "announced", clerk, [EMAIL])
    dossier.undo(move(dossier, "received", clerk, hold=HOLD), Act(by=clerk, version=dossier.version))
    move(dossier, "received", clerk)
    assert [event.kind for event in dossier.history.standing] == ["announced", "received"]
    assert states()[-1] == ("received", "queued")


def test_arrival_in_the_future_is_refused(either, form, clerk):
    dossier = in_status(form, "announced", clerk)
    with pytest.raises(ConflictError):
        dossier.move(Move("received", by=clerk, version=1, arrived_on=today() + dt.timedelta(days=1)))


def test_late_paper_revives_a_lapsed_dossier(either, form, clerk):
    dossier = in_status(form, "lapsed", clerk)
    move(dossier, "received", clerk)
    assert Dossier.get_by_id(dossier.id).status == "received"


def test_hand_over_keeps_the_status_and_changes_who_sees_it(either, form, clerk, other_clerk):
    dossier = in_status(form, "received", clerk, [EMAIL])
    assert Scope(clerk).dossiers().count() == 1 and Scope(other_clerk).dossiers().count() == 0
    dossier.transfer(Authority.get_by_id(other_clerk.authority), Act(by=clerk, version=dossier.version))
    stored = Dossier.get_by_id(dossier.id)
    assert (stored.status, stored.authority) == ("received", other_clerk.authority)
    assert Scope(clerk).dossiers().count() == 0 and Scope(other_clerk).dossiers().count() == 1
    assert states()[-1] == ("transferred", "queued")


def test_helpdesk_sees_every_authority(either, form, clerk, helpdesk):
    in_status(form, "received", clerk)
    assert Scope(helpdesk).dossiers().count() == 1


def test_citizen_says_once_that_it_was_posted_and_not_in_the_future(either, form, clerk):
    dossier = in_status(form, "announced", clerk)
    with pytest.raises(ConflictError):
        dossier.post(today() + dt.timedelta(days=1))
    dossier.post(today())
    assert dossier.history.on_its_way.details["on"] == today().isoformat() and dossier.status == "announced"
    with pytest.raises(ConflictError):
        dossier.post(today())


def test_forgotten_contact_leaves_no_trace_of_its_address(either, form, clerk):
    dossier = in_status(form, "received", clerk, [EMAIL])
    dossier.contacts.get().erase()
    assert (Contact.select().count(), Notification.select().count()) == (0, 0)
    assert Dossier.get_by_id(dossier.id).status == "received"


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from([*STATUSES, "undo", "transfer"]), max_size=12))
def test_whatever_is_tried_in_whatever_order_the_history_explains_the_status(app, form, clerk, other_clerk, wishes):
    with db.atomic() as transaction:
        dossier = in_status(form, "announced", clerk, [EMAIL])
        for wish in wishes:
            try:
                attempt(dossier, wish, clerk, other_clerk)
            except ConflictError:
                continue
        stored = Dossier.get_by_id(dossier.id)
        events = list(stored.events.order_by(Event.id))
        assert events[-1].to_status == stored.status and stored.version == len(events)
        assert all(a.to_status == b.from_status for a, b in zip(events, events[1:], strict=False))
        assert stored.history.standing[-1].to_status == stored.status
        assert (stored.arrived_on is not None) == any(event.kind == "received" for event in stored.history.standing)
        transaction.rollback()


def attempt(dossier: Dossier, wish: str, clerk, other_clerk) -> None:
    if wish == "undo":
        dossier.undo(dossier.events.order_by(Event.id.desc()).first(), Act(by=clerk, version=dossier.version))
    elif wish == "transfer":
        dossier.transfer(other_clerk.authority, Act(by=clerk, version=dossier.version))
    else:
        move(dossier, wish, clerk, hold=HOLD)


@pytest.mark.parametrize("act", ["undo", "move", "assign", "stop"])
def test_acts_that_meet_wait_for_each_other_and_none_is_broken_off(either, form, clerk, act):
    """Two who hold what the other waits for: PostgreSQL would end one of them with an error."""
    first, second = (Dossier.announce(form, "en", key, [("email", f"{key}@example.org")]) for key in "ab")
    event = second.move(Move("received", by=clerk, version=1, arrived_on=today(), hold=dt.timedelta(minutes=10)))
    begun, errors = threading.Event(), []
    acts = {
        "undo": lambda mine: mine.undo(Event.get_by_id(event.id), Act(by=clerk, version=2)),
        "move": lambda mine: mine.move(Move("examination", by=clerk, version=2)),
        "assign": lambda mine: mine.assign(clerk, by=clerk),
        "stop": lambda mine: helpdesk.stop(mine.contacts.get(), clerk, "wish"),
    }

    def meet() -> None:
        begun.wait()
        try:
            acts[act](Dossier.get_by_id(second.id))
        except Exception as error:
            errors.append(type(error))
        db.close()

    thread = threading.Thread(target=meet)
    thread.start()
    with db.atomic():
        first.move(Move("received", by=clerk, version=1, arrived_on=today()))
        begun.set()
        while db.for_update and not somebody_waits():
            pass  # until the other one waits, too
        second.move(Move("incomplete", by=clerk, version=2, missing=["Lease"]))
    thread.join()
    assert set(errors) <= {ConflictError} and Dossier.get_by_id(second.id).status == "incomplete"
