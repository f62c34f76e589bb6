"""What is erased is remembered by table, id and instant, and erased again where a copy still holds it."""

import ast
import datetime as dt
import json

import pytest

from backups import journal
from commands.sending import Leases
from commands.worker import Housekeeping
from models import MODELS, Contact, Dossier, Erasure, Notification, db, erase, erase_again, now
from models.notifications import addresses, consent
from paths import ROOT

HOLDING_PEOPLE = ("dossiers", "notifications", "desk")
UNSENT = "verdicts: Notification.delete"  # queued in the place of another, and never sent
NO_PERSON = {"WaitingTime", "Batch", "Heartbeat"}  # figures; the plan of a bulk move; the names of workers


def entries() -> set[tuple]:
    return {(each.table, each.row) for each in Erasure.select()}


def test_erased_contact_leaves_its_id_and_nothing_of_the_person(either, with_mail):
    contact = with_mail.contacts.get()
    contact.erase()
    [entry] = Erasure.select().dicts()
    assert (entry["table"], entry["row"], entry["made_at"]) == ("contact", contact.id, contact.created_at)
    assert "somebody" not in str(entry) and not entry["journaled"]
    assert not Contact.select().exists() and not Notification.select().exists()


def test_replaced_contact_leaves_an_entry_when_it_goes(either, with_mail):
    old = with_mail.contacts.get()
    consent.confirm(old)
    consent.confirm(addresses.exchange(Contact.get_by_id(old.id), "email", "other@example.org"))
    assert Contact.purge() == 0
    Contact.update(replaced_at=now() - dt.timedelta(days=4)).where(Contact.id == old.id).execute()
    assert (Contact.purge(), entries()) == (1, {("contact", old.id)})


def test_erasure_that_is_rolled_back_leaves_no_entry(either, with_mail):
    class Stop(Exception): ...

    def erase_and_fail() -> None:
        with Contact._meta.database.atomic():
            with_mail.contacts.get().erase()
            raise Stop

    with pytest.raises(Stop):
        erase_and_fail()
    assert (Contact.select().count(), Erasure.select().count()) == (1, 0)


def test_copy_that_still_holds_the_row_loses_it_with_what_belongs_to_it(either, with_mail, dossier):
    contact = with_mail.contacts.get()
    entry = ("contact", contact.id, contact.created_at)
    assert erase_again([entry, entry], MODELS) == 1
    assert (Contact.select().count(), Notification.select().count(), Dossier.select().count()) == (0, 0, 2)
    assert erase_again([entry], MODELS) == 0


def test_another_row_that_got_the_same_id_stays(either, with_mail):
    contact = with_mail.contacts.get()
    other = ("contact", contact.id, contact.created_at - dt.timedelta(microseconds=1))
    assert erase_again([other, ("contact", contact.id + 1, contact.created_at), ("gone", 1, now())], MODELS) == 0
    assert Contact.select().count() == 1


def test_thousands_of_rows_are_erased_at_once(either, dossier):
    same = {"dossier": dossier, "channel": "email", "language": "en", "created_at": now()}
    Contact.insert_many({"address_hash": str(n)} | same for n in range(1200)).execute()
    assert (erase(Contact, Contact.channel == "email"), Erasure.select().count()) == (1200, 1200)


def test_entries_go_once_no_copy_can_be_as_old(either, with_mail):
    with_mail.contacts.get().erase()
    assert Erasure.purge() == 0
    Erasure.update(at=now() - dt.timedelta(days=91)).execute()
    assert Erasure.purge() == 1


def test_nothing_of_a_person_is_deleted_in_another_way():
    found = {
        f"{path.stem}: {ast.unparse(node)}"
        for folder in HOLDING_PEOPLE
        for path in (ROOT / "models" / folder).glob("*.py")
        for owner in ast.parse(path.read_text()).body
        if getattr(owner, "name", "") not in NO_PERSON
        for node in ast.walk(owner)
        if isinstance(node, ast.Attribute) and node.attr in ("delete", "delete_instance")
        if ast.unparse(node.value) not in NO_PERSON
    }
    assert found == {UNSENT}


def test_worker_writes_erasures_to_the_journal_and_goes_on_where_it_cannot(app, with_mail, tmp_path, caplog):
    app.config["BACKUP_DIR"] = str(tmp_path)
    with_mail.contacts.get().erase()
    with app.app_context():
        Housekeeping(Leases()).step()
    assert [entry[:2] for entry in journal.read(tmp_path / "erasures.jsonl")] == [("contact", 1)]
    app.config["BACKUP_DIR"] = str(tmp_path / "away")
    db.connect(reuse_if_open=True)
    Erasure.update(journaled=False).execute()
    with app.app_context():
        Housekeeping(Leases()).step()
    assert "no erasures written to the journal: No such file or directory" in caplog.text


def test_torn_line_of_the_journal_harms_no_other(app, with_mail, tmp_path):
    (tmp_path / "erasures.jsonl").write_text('["contact", 5, "2026-')
    with_mail.contacts.get().erase()
    assert (journal.flush(tmp_path), journal.flush(tmp_path)) == (1, 0)
    assert [entry[:2] for entry in journal.read(tmp_path / "erasures.jsonl")] == [("contact", 1)]


def test_journal_keeps_no_entry_that_is_older_than_any_copy(app, with_mail, tmp_path):
    with_mail.contacts.get().erase()
    old = ["contact", 9, "2020-01-01T00:00:00+00:00", "2020-01-01T00:00:00+00:00"]
    (tmp_path / "erasures.jsonl").write_text(json.dumps(old) + "\n")
    journal.flush(tmp_path)
    journal.trim(tmp_path, now())
    assert [entry[:2] for entry in journal.read(tmp_path / "erasures.jsonl")] == [("contact", 1)]
