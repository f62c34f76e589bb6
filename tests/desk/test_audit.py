"""The audit log: the database refuses to change it, and what was changed in spite of that is found and named."""

import random
import threading

import pytest
from peewee import SQL, DatabaseError
from playhouse.test_utils import count_queries

from models import Audit, Contact, Note, Staff, db
from models.staff import accounts, audit, credentials
from support.audit import open_to_changes
from support.desk_pages import move
from support.site import PASSWORD, account, signed_in

TRIALS = 1000


def verify(app, *arguments: str):
    result = app.test_cli_runner().invoke(args=["audit", "verify", *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    db.connect(reuse_if_open=True)  # a command gives its connection back when it ends
    return result


def filled(clerk, rows: int = 12) -> list[Audit]:
    with db.atomic():
        for index in range(rows):
            Audit.record(clerk if index % 3 else None, f"act-{index % 4}", index or None, event=index, why="slip")
    return list(Audit.select().order_by(Audit.id))


def test_database_itself_refuses_to_change_a_row(either, clerk):
    filled(clerk, 4)
    before = db.execute_sql("SELECT * FROM audit ORDER BY id").fetchall()
    replace = "REPLACE INTO audit SELECT id, at, staff, 'x', dossier, details, seal FROM audit"
    for statement in (
        "UPDATE audit SET action = 'other'",
        "UPDATE audit SET at = at WHERE id = 2",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 3",
        "INSERT INTO audit SELECT * FROM audit WHERE id = 2 ON CONFLICT (id) DO UPDATE SET action = 'other'",
        "TRUNCATE audit" if db.for_update else replace,
    ):
        with pytest.raises(DatabaseError, match="the audit log is only ever added to"), db.atomic():
            db.execute_sql(statement)
        assert db.execute_sql("SELECT * FROM audit ORDER BY id").fetchall() == before


def test_log_as_it_was_written_is_whole_and_its_last_seal_is_told(either, clerk):
    assert verify(either).stdout == "audit: no rows\n"
    last = filled(clerk)[-1]
    assert verify(either).stdout == f"audit: 12 rows, all as they were written; last seal {last.seal}\n"
    assert Audit.verify()[0] is None


def damage(rows: list[Audit], dice: random.Random) -> tuple[int, str]:
    """Do one thing to the table that nobody may; which row is the first bad one then, and what was done."""
    index = dice.randrange(len(rows) - 1)  # the last one is another matter
    row, other = rows[index], rows[dice.randrange(index + 1, len(rows))]
    kind = dice.choice(["flip"] * 6 + ["delete", "insert", "swap", "copy"])
    if kind == "delete":
        run("DELETE FROM audit WHERE id = ?", row.id)
    elif kind == "insert":  # between the two, with all that follows moved on
        run("UPDATE audit SET id = -id - 1 WHERE id > ?", row.id)
        run("UPDATE audit SET id = -id WHERE id < 0")
        put_in(row, row.id + 1)
        return row.id + 1, kind
    elif kind == "swap":
        for key, to in ((row.id, -1), (other.id, row.id), (-1, other.id)):
            run("UPDATE audit SET id = ? WHERE id = ?", to, key)
    elif kind == "copy":  # one row says what another says
        Audit.update(action=other.action, details=other.details, at=other.at).where(Audit.id == row.id).execute()
    else:
        return row.id, flip(row, dice)
    return row.id, kind


def put_in(row: Audit, key: int) -> None:
    Audit.insert(
        id=key,
        at=row.at,
        staff=row.staff,
        action=row.action,
        dossier=row.dossier,
        details=row.details,
        seal=row.compute_seal(row.seal),
    ).execute()


def flip(row: Audit, dice: random.Random) -> str:
    """Change one bit of one cell, whatever is in it."""
    column = dice.choice(["at", "staff", "action", "dossier", "details", "seal"])
    if column in ("staff", "dossier"):
        Audit.update({column: (getattr(row, column) or 0) ^ 1 << dice.randrange(30)}).where(
            Audit.id == row.id
        ).execute()
        return f"bit of {column}"
    field = getattr(Audit, column)
    content = bytes(Audit.select(field.cast("BLOB")).where(Audit.id == row.id).tuples().get()[0])
    changed = one_bit_off(content, dice)
    while column == "at" and field.python_value(changed.decode(errors="replace")) == row.at:
        # the same time in another spelling, which is read as before
        changed = one_bit_off(content, dice)
    Audit.update({column: SQL("CAST(? AS TEXT)", [changed])}).where(Audit.id == row.id).execute()
    return f"bit of {column}: {changed!r}"


def one_bit_off(content: bytes, dice: random.Random) -> bytes:
    changed = bytearray(content)
    changed[dice.randrange(len(content))] ^= 1 << dice.randrange(8)
    return bytes(changed)


def run(statement: str, *values: object) -> list[tuple]:
    return db.execute_sql(statement, values).fetchall()


@pytest.mark.long
def test_any_change_is_found_and_the_first_bad_row_is_named(app, clerk):
    rows = filled(clerk)
    open_to_changes()
    for trial in range(TRIALS):
        with db.atomic() as transaction:
            bad, kind = damage(rows, random.Random(trial))
            assert Audit.verify()[0] == bad, (trial, kind)
            transaction.rollback()
    assert Audit.verify()[0] is None


def test_change_is_found_on_both_databases_and_the_command_names_its_row(either, clerk):
    filled(clerk)
    open_to_changes()
    for change in (
        "UPDATE audit SET action = 'other' WHERE id = 7",
        "UPDATE audit SET dossier = NULL WHERE id = 7",
        "UPDATE audit SET staff = 99 WHERE id = 7",
        "UPDATE audit SET details = '{}' WHERE id = 7",
        "UPDATE audit SET id = 99 WHERE id = 7",
    ):
        with db.atomic() as transaction:
            db.execute_sql(change)
            assert Audit.verify()[0] == 7, change
            transaction.rollback()
    db.execute_sql("DELETE FROM audit WHERE id = 7")
    refused = verify(either)
    assert refused.exit_code == 1 and "audit: row 7 was changed, removed or put in" in refused.stderr


def test_log_of_years_is_checked_piece_by_piece(either, monkeypatch):
    """All of it would not fit in the memory of the worker, which checks it every day."""
    monkeypatch.setattr(audit, "PIECE", 2)
    for dossier in range(5):
        Audit.record(None, "note", dossier)
    with count_queries() as asked:
        assert Audit.verify()[0] is None
    assert sum('FROM "audit" AS' in record.msg[0] for record in asked.get_queries()) == 4  # the last finds nothing


def test_rows_cut_off_at_the_end_show_by_a_seal_that_was_kept_elsewhere(either, clerk):
    kept = filled(clerk)[-1].seal
    assert verify(either, kept).exit_code == 0
    Audit.record(clerk, "later")
    assert verify(either, kept).exit_code == 0
    open_to_changes()
    db.execute_sql("DELETE FROM audit WHERE id > 10")
    assert verify(either).exit_code == 0
    refused = verify(either, kept)
    assert refused.exit_code == 1 and "the row with this seal is gone" in refused.stderr


def test_writers_at_once_make_one_chain(either, clerk):
    def write() -> None:
        for _ in range(20):
            with db.atomic():
                Audit.record(clerk, "act")
        db.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert Audit.verify()[0] is None and Audit.select().count() == 80


def test_act_that_was_rolled_back_was_never_recorded(either, clerk):
    with db.atomic() as transaction:
        Audit.record(clerk, "act")
        transaction.rollback()
    assert verify(either).stdout == "audit: no rows\n"


def test_log_holds_no_word_of_a_person_and_forgets_nothing_when_one_is_erased(either, with_mail, clerk):
    desk = signed_in(either, clerk)
    move(desk, with_mail, "received", note="Canary Miller called")
    Note.write(with_mail, clerk, "Canary Miller is his name")
    move(desk, with_mail, "incomplete", missing="Lease of Canary Miller")
    contact = Contact.get()
    told = db.execute_sql("SELECT * FROM audit").fetchall()
    assert len(told) >= 3
    for word in ("Canary", "Miller", contact.address, "somebody", clerk.email):
        assert word not in str(told)
    contact.erase()
    assert Audit.verify()[0] is None


def test_every_act_of_a_clerk_is_recorded_and_none_of_a_citizen(app, visitor, desk, clerk, dossier):
    visitor.post(f"/t/{dossier.number}/posted")
    for to in ("received", "examination", "decided", "closed"):
        move(desk, dossier, to)
    desk.post("/sign-out", data={"csrf_token": desk.get("/desk").soup.select_one("[name=csrf_token]")["value"]})
    told = [(row.staff, row.action, row.dossier) for row in Audit.select().order_by(Audit.id)]
    moves = [(clerk.id, to, dossier.id) for to in ("received", "examination", "decided", "closed")]
    begin = [(clerk.id, "signed in", None), (clerk.id, "opened", dossier.id)]
    assert told == [*begin, *moves, (clerk.id, "signed out", None)]


def test_what_is_done_to_an_account_is_recorded_with_who_did_it(either, clerk):
    admin = account("admin@example.lu", "admin")
    accounts.invite("new@example.lu", "helpdesk", None, by=admin)
    accounts.reset(clerk, by=admin)
    accounts.end_sessions(clerk, by=admin)
    accounts.disable(clerk, by=admin)
    accounts.enable(clerk, by=admin)
    credentials.set_password(clerk, PASSWORD)
    told = [(row.staff, row.action, row.details.get("account")) for row in Audit.select().order_by(Audit.id)]
    done = ("account reset", "account signed out", "account closed", "account opened")
    new = Staff.get(Staff.email == "new@example.lu").id
    assert told == [
        (admin.id, "account added", new),
        *((admin.id, action, clerk.id) for action in done),
        (clerk.id, "password changed", None),
    ]
    assert "@" not in str(db.execute_sql("SELECT * FROM audit").fetchall()) and Audit.verify()[0] is None
