"""What comes later in a dossier's life: missing documents, more paper, corrections, originals that go back."""

import datetime as dt

import pytest

from models import Audit, Authority, ConflictError, Dossier, Note, today
from models.dossiers.moves import Act, Move, Originals
from models.dossiers.registered import registered_number
from support.moves import EMAIL, HOLD, in_status, move, states

YESTERDAY = today() - dt.timedelta(days=1)


def stored(dossier: Dossier) -> Dossier:
    return Dossier.get_by_id(dossier.id)


def kinds(dossier: Dossier) -> list[str]:
    return [event.kind for event in dossier.history.standing]


def test_documents_that_were_asked_for_leave_the_day_of_the_first_arrival_alone(either, form, clerk):
    dossier = Dossier.announce(form, "en", "key", [EMAIL])
    dossier.move(Move("received", by=clerk, version=1, arrived_on=YESTERDAY))
    move(dossier, "incomplete", clerk, missing=["Lease", {"de": "Pass", "en": "Passport"}])
    event = dossier.move(Move("received", by=clerk, version=3, arrived_on=today()))
    assert (event.kind, event.arrived_on, event.to_status) == ("supplied", today(), "received")
    assert (stored(dossier).arrived_on, stored(dossier).status, stored(dossier).round) == (YESTERDAY, "received", 1)
    asked = dossier.history.standing[2]
    assert (asked.missing("en"), asked.missing("de")) == (["Lease", "Passport"], ["Lease", "Pass"])


def test_every_round_of_missing_documents_has_its_number(either, form, clerk):
    dossier = in_status(form, "incomplete", clerk)
    move(dossier, "received", clerk)
    second = move(dossier, "incomplete", clerk, hold=HOLD)
    assert (second.details["round"], stored(dossier).round) == (2, 2)
    dossier.undo(second, Act(by=clerk, version=dossier.version))
    assert (stored(dossier).round, stored(dossier).status) == (1, "received")


def test_documents_that_revive_a_lapsed_dossier_do_not_count_as_its_first_arrival(either, form, clerk):
    dossier = in_status(form, "incomplete", clerk)
    move(dossier, "lapsed", clerk)
    assert move(dossier, "received", clerk).kind == "supplied"


def test_later_documents_undone_in_time_are_still_missing(either, form, clerk):
    dossier = in_status(form, "incomplete", clerk, [EMAIL])
    event = move(dossier, "received", clerk, hold=HOLD)
    dossier.undo(event, Act(by=clerk, version=dossier.version))
    assert (stored(dossier).status, stored(dossier).arrived_on) == ("incomplete", today())
    assert kinds(dossier) == ["announced", "received", "incomplete"] and states()[-1] == ("supplied", "cancelled")


@pytest.mark.parametrize("status", ["received", "examination", "decided", "closed", "withdrawn"])
def test_a_second_envelope_is_told_and_changes_nothing_else(either, form, clerk, status):
    dossier = in_status(form, status, clerk)
    event = dossier.add_papers(today(), Act(by=clerk, version=dossier.version))
    assert (event.kind, stored(dossier).status) == ("further", status)


@pytest.mark.parametrize("status", ["announced", "incomplete", "lapsed"])
def test_paper_that_is_waited_for_is_no_second_envelope(either, form, clerk, status):
    dossier = in_status(form, status, clerk)
    with pytest.raises(ConflictError):
        dossier.add_papers(today(), Act(by=clerk, version=dossier.version))


def test_a_corrected_day_of_arrival_replaces_the_first_and_keeps_what_was_said(either, form, clerk):
    dossier = in_status(form, "received", clerk, [EMAIL])
    event = dossier.correct_arrival(YESTERDAY, Act(by=clerk, version=2))
    assert (event.arrived_on, event.details) == (YESTERDAY, {"from": today().isoformat()})
    assert stored(dossier).arrived_on == YESTERDAY and states()[-1][0] == "corrected"
    for impossible in (YESTERDAY, today() + dt.timedelta(days=1)):
        with pytest.raises(ConflictError):
            dossier.correct_arrival(impossible, Act(by=clerk, version=3))


def test_nothing_is_corrected_or_sent_back_before_anything_came(either, form, clerk):
    dossier = in_status(form, "announced", clerk)
    with pytest.raises(ConflictError):
        dossier.correct_arrival(YESTERDAY, Act(by=clerk, version=1))
    with pytest.raises(ConflictError):
        dossier.return_originals(Originals("Diploma", today(), "RR473124829LU"), Act(by=clerk, version=1))


@pytest.mark.parametrize("status", ["received", "decided", "closed", "withdrawn"])
def test_originals_go_back_whenever_the_authority_has_had_them(either, form, clerk, status):
    dossier = in_status(form, "received", clerk)
    for to in {"received": (), "withdrawn": ("withdrawn",), "decided": ("examination", "decided")}.get(
        status, ("examination", "decided", "closed")
    ):
        move(dossier, to, clerk)
    dossier.return_originals(Originals("Diploma", today(), "RR473124829LU"), Act(by=clerk, version=dossier.version))
    assert (stored(dossier).status, kinds(dossier)[-1]) == (status, "returned")


def test_a_hand_over_takes_the_dossier_from_its_clerk(either, form, clerk):
    dossier = in_status(form, "received", clerk)
    dossier.assign(clerk, by=clerk)
    assert (stored(dossier).assignee, stored(dossier).version) == (clerk, 2)
    other = Authority.select().where(Authority.id != dossier.authority.id).first()
    dossier.transfer(other, Act(by=clerk, version=2))
    assert stored(dossier).assignee is None


def test_everything_the_staff_does_is_in_the_audit_with_what_it_did(either, form, clerk):
    dossier = in_status(form, "announced", clerk)
    dossier.undo(move(dossier, "received", clerk, hold=HOLD), Act(by=clerk, version=2))
    dossier.assign(clerk, by=clerk)
    Note.write(dossier, clerk, "Rang up, will send the lease")
    rows = list(Audit.select().order_by(Audit.id))
    assert [row.action for row in rows] == ["received", "undone", "assigned", "note"]
    assert {(row.staff, row.dossier) for row in rows} == {(clerk.id, dossier.id)}
    assert "lease" not in str([row.details for row in rows])


def test_a_move_that_is_refused_leaves_no_row_in_the_audit(either, form, clerk):
    dossier = in_status(form, "received", clerk)
    with pytest.raises(ConflictError):
        dossier.move(Move("examination", by=clerk, version=1))
    assert Audit.select().count() == 1


@pytest.mark.parametrize("typed", ["RR473124829LU", "rr 473 124 829 lu", "RR-473124829-LU"])
def test_a_registered_number_is_read_as_people_write_it(typed):
    assert registered_number(typed) == "RR473124829LU"


@pytest.mark.parametrize(
    "typed", ["", "RR473124828LU", "RR437124829LU", "R473124829LU", "RR47312482LU", "RR4731248299LU"]
)
def test_a_registered_number_with_a_slip_in_it_is_refused(typed):
    assert registered_number(typed) is None


def test_dossier_that_was_handed_over_is_given_to_nobody_of_the_former_authority(either, form, clerk, other_clerk):
    dossier = Dossier.announce(form, "en", "key")
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    seen = Dossier.get_by_id(dossier.id)
    dossier.transfer(other_clerk.authority, Act(by=clerk, version=2))
    with pytest.raises(ConflictError):
        seen.assign(clerk, by=clerk)
    assert Dossier.get_by_id(dossier.id).assignee is None
    dossier.assign(other_clerk, by=other_clerk)
    assert Dossier.get_by_id(dossier.id).assignee == other_clerk
