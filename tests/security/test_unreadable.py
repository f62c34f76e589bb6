"""A value that was moved to another row, or whose key is gone: pages say so, and show all the rest."""

import pytest

from models import Dossier, Note, Notification, System, db, today
from models.dossiers.moves import Move
from support.site import account, signed_in
from support.visitor import Visitor

ADDRESSES = [("email", "somebody@example.org"), ("sms", "+352621123456")]
COLUMNS = {
    "event": ("note", "details"),
    "note": ("text",),
    "contact": ("address", "link"),
    "notification": ("written",),
}


@pytest.fixture
def pair(form, clerk):
    """Two dossiers with a note, internal notes and a request for papers; and the token of a system."""
    dossiers = []
    for key in ("one", "two"):
        dossier = Dossier.announce(form, "en", key, ADDRESSES)
        dossier.move(Move("received", by=clerk, version=1, arrived_on=today(), note=f"Public of {key}"))
        dossier.move(Move("incomplete", by=clerk, version=2, missing=(f"Lease of {key}",), until=today()))
        Note.write(dossier, clerk, f"Internal of {key}")
        dossiers.append(dossier)
    for row in list(Notification.select()):
        row.keep_text({"subject": "News", "text": "A sentence"})
    _system, made = System.add(form.procedure.authority, "post")
    return dossiers, made.token


def swap(table: str, column: str) -> None:
    rows = db.execute_sql(f"SELECT id, {column} FROM {table} WHERE {column} IS NOT NULL ORDER BY id").fetchall()  # noqa: S608
    for (key, _value), (_key, other) in zip(rows, rows[1:] + rows[:1], strict=True):
        db.execute_sql(f"UPDATE {table} SET {column} = {db.param} WHERE id = {key}", (other,))  # noqa: S608


def lose(table: str, column: str) -> None:
    db.execute_sql(f"UPDATE {table} SET {column} = 'e1.deadbeef' || substr({column}, 12)")  # noqa: S608


@pytest.mark.parametrize("spoil", [swap, lose])
def test_pages_say_what_cannot_be_read_and_show_the_rest(app, pair, clerk, spoil, caplog):
    caplog.set_level("INFO")
    dossiers, token = pair
    for table, columns in COLUMNS.items():
        for column in columns:
            spoil(table, f"encrypted_{column}")
    helper, citizen, desk = signed_in(app, account("h@example.lu", "helpdesk")), Visitor(app), signed_in(app, clerk)
    for dossier in dossiers:
        page = citizen.get(f"/t/{dossier.number}")
        assert "This text cannot be read at the moment." in page.text and page.title == "Documents are missing"
        assert not any(f"of {key}" in page.text for key in ("one", "two"))
        for browser in (desk, helper):
            shown = browser.get(f"/desk/dossiers/{dossier.number}")
            assert "This text cannot be read at the moment." in shown.soup.select_one(".internal").text
        answer = citizen.open(f"/api/v1/dossiers/{dossier.number}", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (200, 503)
    assert f"key-problem: {'unreadable' if spoil is swap else 'unknown-key'}" in caplog.text
