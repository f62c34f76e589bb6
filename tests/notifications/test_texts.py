"""What a notification said is erased seven days after it left or was given up; the row stays."""

import datetime as dt

import pytest

from models import Dossier, Notification, db, now
from models.notifications.texts import erase_texts

DAY = dt.timedelta(days=1)
WORDS = {"subject": "Your dossier", "text": "A sentence that nobody else would write"}


@pytest.fixture
def told(either, form) -> Notification:
    Dossier.announce(form, "en", "key", [("email", "somebody@example.org")])
    notification = Notification.get()
    notification.keep_text(WORDS)
    notification.put(state="sent", run_at=None, claimed_by="worker")
    return notification


@pytest.mark.parametrize(
    ("since", "changes", "erased"),
    [
        (8 * DAY, {"sent_at": 8 * DAY}, True),
        (8 * DAY, {"sent_at": 6 * DAY}, False),
        (6 * DAY, {"sent_at": 6 * DAY}, False),
        (11 * DAY, {"state": "failed"}, True),
        (8 * DAY, {"state": "failed"}, False),  # it may have been given up three days after its first attempt
        (11 * DAY, {"state": "deferred", "run_at": 0 * DAY}, False),
    ],
)
def test_text_is_erased_when_its_time_is_over(told, since, changes, erased):
    told.put(tried_at=now() - since, **{k: now() - v if isinstance(v, dt.timedelta) else v for k, v in changes.items()})
    assert erase_texts(7 * DAY) == erased
    row = Notification.get()
    assert (row.written is None, row.claimed_by == "") == (erased, erased)
    assert row.state == changes.get("state", "sent") and row.written in (None, WORDS)


def test_erased_text_is_nowhere_in_the_file(app, form, tmp_path):
    Dossier.announce(form, "en", "key", [("email", "somebody@example.org")])
    ago = now() - 8 * DAY
    notification = Notification.get()
    notification.keep_text(WORDS)
    text = Notification.get().__data__["written"]
    notification.put(state="sent", run_at=None, tried_at=ago, sent_at=ago)
    assert erase_texts(7 * DAY) == 1 and erase_texts(7 * DAY) == 0
    db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    assert not [path for path in tmp_path.glob("etracking.db*") if text.encode() in path.read_bytes()]
