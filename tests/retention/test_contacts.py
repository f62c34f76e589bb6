"""An address goes by itself: without a yes after 14 days, with its dossier 30 days after that was over."""

import datetime as dt

import pytest

from commands import erasing
from models import Act, Contact, Dossier, Erasure, Notification
from models.notifications import addresses, consent, expiry
from support.erasing import DAY, HOUR, later, worked
from support.moves import HOLD, move

SECOND = dt.timedelta(seconds=1)


def there() -> int:
    return Contact.select().count()


def sent() -> None:
    Notification.update(state="sent", run_at=None, sent_at=Notification.created_at).execute()


def ended(dossier: Dossier, clerk, to: str) -> Dossier:
    """A dossier whose address said yes, and that is over; all has been sent."""
    for status in {"closed": ("received", "examination", "decided", "closed")}.get(to, (to,)):
        move(dossier, status, clerk)
    Contact.update(confirmed_at=dossier.created_at).execute()
    sent()
    return dossier


def test_address_that_never_said_yes_goes_14_days_after_the_last_notification(erased, with_mail):
    sent()
    assert "unconfirmed" not in erased(14 * DAY - HOUR) and there() == 1
    assert erased(14 * DAY + HOUR)["unconfirmed"] == 1
    assert (there(), Notification.select().count(), Dossier.select().count()) == (0, 0, 1)


def test_the_14_days_begin_when_the_notification_left(erased, with_mail):
    Notification.update(state="sent", run_at=None, sent_at=with_mail.created_at + 3 * DAY).execute()
    assert not {"unconfirmed", "ended"} & erased(16 * DAY).keys() and erased(17 * DAY + HOUR)["unconfirmed"] == 1


def test_address_waits_for_what_is_still_to_be_sent_but_90_days_at_most(erased, with_mail):
    assert not {"unconfirmed", "ended"} & erased(89 * DAY).keys() and there() == 1
    assert erased(90 * DAY + HOUR)["unconfirmed"] == 1 and there() == 0


def test_address_that_said_yes_by_link_or_paper_stays_while_its_dossier_is_open(erased, with_mail, form, clerk):
    by_link = Dossier.announce(form, "en", "by-link", [("email", "other@example.org")])
    consent.confirm(by_link.contacts.get())
    move(with_mail, "received", clerk)
    sent()
    assert not {"unconfirmed", "ended"} & erased(400 * DAY).keys() and there() == 2


@pytest.mark.parametrize("to", ["closed", "lapsed", "withdrawn"])
def test_address_goes_30_days_after_its_dossier_is_over(erased, with_mail, clerk, to):
    ended(with_mail, clerk, to)
    assert "ended" not in erased(30 * DAY - HOUR) and there() == 1
    assert erased(30 * DAY + HOUR)["ended"] == 1 and there() == 0
    assert [(each.table, each.row) for each in Erasure.select()] == [("contact", 1)]


def test_end_that_was_undone_starts_no_period_and_a_new_end_its_own(erased, with_mail, clerk):
    for status in ("received", "examination", "decided"):
        move(with_mail, status, clerk)
    sent()
    closing = move(with_mail, "closed", clerk, hold=HOLD)
    with_mail.undo(closing, Act(by=clerk, version=with_mail.version))
    assert "ended" not in erased(100 * DAY) and there() == 1
    with later(100 * DAY):
        move(Dossier.get(), "closed", clerk)
        sent()
    assert "ended" not in erased(129 * DAY) and erased(130 * DAY + HOUR)["ended"] == 1


def test_revived_dossier_keeps_its_address(erased, with_mail, clerk):
    ended(with_mail, clerk, "lapsed")
    move(Dossier.get(), "received", clerk)
    sent()
    assert not {"unconfirmed", "ended"} & erased(100 * DAY).keys() and there() == 1


def test_what_is_held_or_put_off_is_sent_before_its_address_goes(erased, with_mail, clerk):
    ended(with_mail, clerk, "closed")
    waits = {"state": "deferred", "run_at": with_mail.created_at + 31 * DAY}
    Notification.update(waits).where(Notification.kind == "closed").execute()
    Notification.update(created_at=with_mail.created_at + 5 * DAY).execute()
    assert "ended" not in erased(31 * DAY) and there() == 1
    assert erased(36 * DAY)["ended"] == 1, "no notification is tried for a month: its channel is off"


def test_replaced_address_goes_after_three_days(erased, with_mail):
    old = with_mail.contacts.get()
    consent.confirm(old)
    consent.confirm(addresses.exchange(Contact.get_by_id(old.id), "email", "other@example.org"))
    assert "replaced" not in erased(2 * DAY)
    assert erased(3 * DAY + HOUR)["replaced"] == 1 and [each.address for each in Contact.select()] == [
        "other@example.org"
    ]


def test_period_is_that_of_the_settings(either, erased, with_mail, clerk):
    ended(with_mail, clerk, "withdrawn")
    either.config["RETENTION_CONTACT_DAYS"] = 3
    assert "ended" not in erased(3 * DAY - HOUR) and erased(3 * DAY + HOUR)["ended"] == 1


def test_killed_between_two_pieces_the_next_run_goes_on(either, form, clerk, monkeypatch):
    monkeypatch.setattr(expiry, "CONTACTS_AT_ONCE", 2)
    for n in range(5):
        Dossier.announce(form, "en", f"key-{n}", [("email", f"citizen{n}@example.org")])
    sent()
    with later(15 * DAY):
        with either.app_context():
            killed = erasing.steps()
            assert next(killed) == ("unconfirmed", 2)
            killed.close()
        assert there() == 3 and Erasure.select().count() == 2
        assert worked(either)["unconfirmed"] == 3 and there() == 0
