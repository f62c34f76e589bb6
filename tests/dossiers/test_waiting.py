"""Honest waiting times: counted from finished dossiers, without what the citizen took, and silent about a few."""

import datetime as dt
from collections import Counter

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from commands import worker
from models import ConflictError, Dossier, Form, Procedure, WaitingTime, today
from models.deadlines.facts import Fact, handled
from models.dossiers.moves import Act, Move
from models.dossiers.waiting_times import LOOK_BACK, MIN_CASES, spread
from support.moves import HOLD
from support.visitor import Visitor

FAR = dt.date(2026, 3, 2)


def day(number: int) -> dt.date:
    return FAR + dt.timedelta(days=number)


def finished(form: Form, days: int, decided_on: dt.date | None = None, key: str = "") -> Dossier:
    """A dossier of `form` that took so many days."""
    dossier = Dossier.announce(form, "en", f"key {form.id} {days} {decided_on} {key}")
    changes = {"status": "decided", "decided_on": decided_on or today(), "handled_days": days}
    Dossier.update(**changes).where(Dossier.id == dossier.id).execute()
    return dossier


def many(form: Form, *lengths: int) -> None:
    for index, length in enumerate(lengths):
        finished(form, length, key=str(index))


def stored(dossier: Dossier) -> tuple[dt.date | None, int | None]:
    row = Dossier.get_by_id(dossier.id)
    return row.decided_on, row.handled_days


@pytest.mark.parametrize(
    ("facts", "days"),
    [
        ([("arrived", 0)], 30),
        ([("arrived", 0), ("requested", 10), ("supplied", 15), ("complete", 16)], 25),
        ([("arrived", 0), ("requested", 10), ("complete", 16)], 24),
        ([("arrived", 0), ("requested", 5), ("requested", 8), ("supplied", 12), ("supplied", 15)], 20),
        ([("arrived", 0), ("requested", 5), ("supplied", 9), ("requested", 20), ("supplied", 26)], 20),
        ([("arrived", 0), ("requested", 28)], 28),
        ([("arrived", 30)], 0),
        ([], None),
    ],
)
def test_what_the_citizen_took_is_not_the_authoritys_time(facts, days):
    assert handled([Fact(kind, day(on)) for kind, on in facts], day(30)) == days


def test_decision_keeps_how_long_it_took_and_nothing_earlier_does(either, form, clerk):
    with time_machine.travel("2026-03-02 10:00 +0100", tick=False) as clock:
        dossier = Dossier.announce(form, "en", "key")
        for moment, to, fields in (
            ("03-04", "received", {"arrived_on": day(1)}),
            ("03-10", "incomplete", {"missing": ["Lease"], "until": day(40)}),
            ("03-24", "received", {"arrived_on": day(20)}),
            ("03-25", "examination", {}),
        ):
            clock.move_to(f"2026-{moment} 10:00 +0100")
            dossier.move(Move(to, by=clerk, version=dossier.version, **fields))
            assert stored(dossier) == (None, None)
        clock.move_to("2026-04-13 23:30 +0200")
        event = dossier.move(Move("decided", by=clerk, version=dossier.version, hold=HOLD))
        assert stored(dossier) == (dt.date(2026, 4, 13), 41 - 12)  # 3 March to 13 April, 10 to 22 March waited
        dossier.correct_arrival(day(0), Act(by=clerk, version=dossier.version))
        assert stored(dossier) == (dt.date(2026, 4, 13), 42 - 12)
        with pytest.raises(ConflictError):  # the correction came after it
            dossier.undo(event, Act(by=clerk, version=dossier.version))


def test_decision_that_was_taken_back_was_none(either, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    dossier.move(Move("examination", by=clerk, version=2))
    event = dossier.move(Move("decided", by=clerk, version=3, hold=HOLD))
    assert stored(dossier) == (today(), 0)
    dossier.undo(event, Act(by=clerk, version=4))
    assert stored(dossier) == (None, None) and Dossier.get_by_id(dossier.id).status == "examination"


def test_withdrawn_and_lapsed_dossiers_were_not_decided(app, form, clerk):
    dossier = Dossier.announce(form, "en", "key")
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    dossier.move(Move("withdrawn", by=clerk, version=2))
    assert stored(dossier) == (None, None)


@given(st.lists(st.integers(0, 400), min_size=MIN_CASES, max_size=200))
def test_sentence_is_true_of_the_dossiers_it_was_counted_from(lengths):
    found = spread(Counter(lengths))
    assert found.cases == len(lengths) and found.half <= found.most
    for length, share in ((found.half, 0.5), (found.most, 0.9)):
        assert sum(days <= length for days in lengths) >= share * len(lengths)
        assert sum(days < length for days in lengths) < share * len(lengths)  # and no smaller number would be


def test_nothing_is_said_before_there_are_enough_cases(either, form):
    citizen = Visitor(either)
    many(form, *range(1, MIN_CASES))
    WaitingTime.count()
    assert WaitingTime.of(form.procedure) is None
    assert "How long it took others" not in citizen.get("/procedures/rent-subsidy").text
    finished(form, MIN_CASES)
    WaitingTime.count()
    found = WaitingTime.of(form.procedure)
    assert (found.cases, found.half, found.most) == (20, 10, 18)
    page = citizen.get("/procedures/rent-subsidy")
    assert "Half were decided within 10 and nine of ten within 18 days." in page.text
    assert "no promise" in page.text


def test_each_procedure_has_its_own_and_only_the_last_year_counts(either, form):
    other = Form.select().join(Procedure).where(Procedure.id != form.procedure.id, Form.tracked).first()
    many(form, *[7] * MIN_CASES)
    many(other, *[70] * (MIN_CASES - 1))
    for index in range(MIN_CASES):
        finished(other, 1, today() - LOOK_BACK, key=f"old {index}")
    WaitingTime.count()
    assert [(row.procedure_id, row.half) for row in WaitingTime.select()] == [(form.procedure_id, 7)]
    finished(other, 70, today() - LOOK_BACK + dt.timedelta(days=1))
    WaitingTime.count()
    assert WaitingTime.of(other.procedure).half == 70


def test_figures_go_when_there_are_too_few_cases_again(app, form):
    many(form, *[7] * MIN_CASES)
    WaitingTime.count()
    Dossier.delete().where(Dossier.id == Dossier.select(Dossier.id).limit(1)).execute()
    WaitingTime.count()
    assert WaitingTime.of(form.procedure) is None


def test_worker_counts_once_a_day_however_many_there_are(app, form):
    many(form, *[7] * MIN_CASES)
    worker.tidy()
    assert WaitingTime.of(form.procedure).half == 7
    WaitingTime.update(half=99).execute()
    worker.tidy()  # another worker, the same day
    assert WaitingTime.of(form.procedure).half == 99
    with time_machine.travel(dt.datetime.now(dt.UTC) + dt.timedelta(days=1)):
        worker.tidy()
    assert WaitingTime.of(form.procedure).half == 7


def test_status_page_looks_back_while_the_authority_has_the_papers_and_only_then(app, visitor, form, clerk):
    many(form, *[23] * 10, *[41] * 10)
    WaitingTime.count()
    dossier = Dossier.announce(form, "en", "key")
    said = (
        "How long it took others in the last twelve months: Half were decided within 23 and nine of ten within 41 days."
    )
    assert said not in visitor.get(f"/t/{dossier.number}").text
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today()))
    assert said in visitor.get(f"/t/{dossier.number}").text
    dossier.move(Move("examination", by=clerk, version=2))
    assert said in visitor.get(f"/t/{dossier.number}").text
    dossier.move(Move("decided", by=clerk, version=3))
    assert said not in visitor.get(f"/t/{dossier.number}").text


def test_what_took_no_day_is_said_to_take_one(app, visitor, form):
    many(form, *[0] * MIN_CASES)
    WaitingTime.count()
    assert "within 1 and nine of ten within 1 day." in visitor.get("/procedures/rent-subsidy").text
