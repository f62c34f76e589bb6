"""Paper that does not come: whoever said that it was posted hears of it once; a number that is not used lapses."""

import datetime as dt

import pytest
import time_machine

from models import Contact, Dossier, Notification, now
from models.dossiers import reminders as watch
from models.dossiers.moves import DAYS_IN_POST, Move, expected_by
from support.moves import EMAIL

MONDAY = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)
FIRST = MONDAY.date()


@pytest.fixture
def announced(either, form) -> Dossier:
    """A dossier announced on a Monday, by somebody who confirmed the address at once."""
    with time_machine.travel(MONDAY, tick=False):
        dossier = Dossier.announce(form, "en", "key", [EMAIL])
        Contact.update(confirmed_at=now()).execute()
    return dossier


def on(day: dt.date) -> list[str]:
    """Let the service look on `day`; what has happened to the dossier by then."""
    with time_machine.travel(dt.datetime.combine(day, dt.time(9), dt.UTC), tick=False):
        watch.look()
        return [event.kind for event in Dossier.get().history.standing]


def days(count: int) -> dt.date:
    return FIRST + dt.timedelta(days=count)


def post(dossier: Dossier, day: dt.date = FIRST, registered: str = "") -> None:
    with time_machine.travel(dt.datetime.combine(day, dt.time(9), dt.UTC), tick=False):
        Dossier.get_by_id(dossier.id).post(day, registered)


def test_envelope_has_seven_working_days_and_holidays_are_none():
    assert expected_by(dt.date(2026, 3, 2)) == dt.date(2026, 3, 11)
    assert expected_by(dt.date(2026, 12, 22)) == dt.date(2027, 1, 4) and DAYS_IN_POST == 7


def test_posted_paper_that_is_not_scanned_in_time_is_told_once_with_its_registered_number(announced):
    post(announced, registered="RR473124829LU")
    assert on(dt.date(2026, 3, 11)) == ["announced", "posted"]
    assert on(dt.date(2026, 3, 12)) == on(dt.date(2026, 3, 30)) == ["announced", "posted", "unarrived"]
    assert Dossier.get().history.latest.details["registered"] == "RR473124829LU" and Notification.select().count() == 2


def test_paper_that_was_scanned_is_not_missed(announced, clerk):
    post(announced)
    with time_machine.travel(MONDAY + dt.timedelta(days=3), tick=False):
        Dossier.get().move(Move("received", by=clerk, version=2, arrived_on=days(2)))
    assert on(days(200)) == ["announced", "posted", "received"]


def test_paper_posted_once_more_is_waited_for_once_more(announced):
    post(announced)
    on(dt.date(2026, 3, 12))
    post(announced, dt.date(2026, 3, 12))
    assert on(dt.date(2026, 3, 23))[-1] == "posted"
    assert on(dt.date(2026, 3, 24))[-1] == "unarrived"


def test_whoever_was_told_that_it_is_missing_is_not_reminded_to_post_it(announced):
    post(announced)
    assert on(dt.date(2026, 3, 12))[-1] == on(days(89))[-1] == "unarrived"
    assert on(days(90)) == ["announced", "posted", "unarrived", "lapsed"]


def test_number_that_nobody_used_is_remembered_once_and_lapses(announced):
    assert on(days(59)) == ["announced"]
    assert on(days(60)) == on(days(89)) == ["announced", "reminder"]
    assert on(days(90)) == ["announced", "reminder", "lapsed"]


def test_nobody_is_cut_off_without_a_warning_when_the_service_has_slept(announced):
    assert on(days(150))[-1] == "reminder"
    assert on(days(179))[-1] == "reminder"
    assert on(days(180))[-1] == "lapsed"


def test_unconfirmed_address_is_not_reminded_of_anything(announced):
    Contact.update(confirmed_at=None).execute()
    assert on(days(60))[-1] == "reminder" and Notification.select().count() == 1


def test_citizen_reads_when_it_should_be_there_and_what_to_do_when_it_is_not(visitor, announced):
    with time_machine.travel(MONDAY, tick=False):
        page = visitor.submit(visitor.get(f"/t/{announced.number}"), "/posted", registered="rr 473 124 829 lu")
        assert "11 March 2026" in page.text and "RR473124829LU" in page.text
        assert not page.soup.select("form[action$='/posted']")
    on(dt.date(2026, 3, 12))
    page = visitor.get(f"/t/{announced.number}")
    assert "They should have arrived by now" in page.text and page.soup.select("form[action$='/posted']")


@pytest.mark.parametrize("htmx", [False, True])
def test_wrong_registered_number_is_said_beside_its_field_and_kept(visitor, announced, htmx):
    with time_machine.travel(MONDAY, tick=False):
        page = visitor.post(f"/t/{announced.number}/posted", 422, data={"registered": "RR473124828LU"}, htmx=htmx)
    assert page.soup.select_one("#registered")["value"] == "RR473124828LU"
    assert "no number of registered mail" in page.soup.select_one("#registered-error").get_text()
    assert Dossier.get().history.on_its_way is None
