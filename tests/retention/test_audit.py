"""The oldest part of the audit log is exported and cut off; the rest, and the export, still prove that they are whole."""

import datetime as dt
import json

import pytest
from peewee import DatabaseError

from models import Audit, AuditCut, db, now
from models.staff import audit_export
from support.commands import run
from support.erasing import DAY, later, worked

YEARS = 1826 * DAY


@pytest.fixture
def log(either, tmp_path):
    """A log of five old rows and two new ones."""
    either.config["AUDIT_DIR"] = str(tmp_path / "audit")
    for n in range(5):
        Audit.record(None, "note", n)
    with later(YEARS - 10 * DAY):
        Audit.record(None, "note", 6)
        Audit.record(None, "note", 7)
    return tmp_path / "audit"


def verify(app, *arguments: str, command: str = "verify"):
    done = run(app, "audit", command, *arguments)
    db.connect(reuse_if_open=True)
    return done


def test_what_is_older_than_five_years_is_exported_and_cut(either, log):
    seal = Audit.get_by_id(5).seal
    with later(YEARS + DAY):
        assert worked(either)["audit"] == 5
    assert [row.id for row in Audit.select().order_by(Audit.id)] == [6, 7, 8]
    [path] = log.glob("*")
    lines = path.read_text().splitlines()
    assert (path.name, path.stat().st_mode & 0o777) == ("audit-1-5.jsonl", 0o600)
    assert [json.loads(line)["dossier"] for line in lines] == [0, 1, 2, 3, 4]
    assert audit_export.verify(lines) == (5, seal)
    assert Audit.get_by_id(8).details == {"first": 1, "last": 5, "seal": seal}
    assert verify(either).exit_code == 0 and verify(either, seal).exit_code == 0
    assert verify(either, str(path), command="exported").exit_code == 0


def test_nothing_is_cut_without_a_place_for_it_nor_twice_a_day(either, log):
    either.config["AUDIT_DIR"] = ""
    with later(YEARS + DAY):
        assert "audit" not in worked(either)
        either.config["AUDIT_DIR"] = str(log)
        assert worked(either)["audit"] == 5 and "audit" not in worked(either)


def test_log_goes_on_after_a_cut_and_is_cut_again(either, log):
    with later(YEARS + DAY):
        worked(either)
        Audit.record(None, "note", 9)
    with later(YEARS + YEARS):
        assert worked(either)["audit"] == 2
    assert sorted(path.name for path in log.glob("*")) == ["audit-1-5.jsonl", "audit-6-7.jsonl"]
    assert verify(either).exit_code == 0
    assert verify(either, str(log / "audit-6-7.jsonl"), command="exported").exit_code == 0


def test_rows_cut_off_by_somebody_else_are_noticed(either, log):
    seal = Audit.get_by_id(3).seal
    with pytest.raises(DatabaseError):
        Audit.delete().where(Audit.id <= 3).execute()
    AuditCut.create(last_id=3, seal=seal, at=now(), file="x")
    Audit.delete().where(Audit.id <= 3).execute()
    found = verify(either)
    assert found.exit_code == 1 and "row 3 was changed, removed or put in" in found.stderr


def test_log_that_was_tampered_with_is_not_cut(either, log, caplog):
    trigger = "audit_append_only ON audit" if db.for_update else "audit_no_update"
    db.execute_sql(f"DROP TRIGGER {trigger}")
    Audit.update(action="nothing").where(Audit.id == 2).execute()
    with later(YEARS + DAY):
        assert "audit" not in worked(either)
    assert Audit.select().count() == 7 and "the audit log is not cut: row 2 was changed" in caplog.text


def test_killed_after_the_cut_was_recorded_the_next_run_removes_the_rows(either, log, monkeypatch):
    monkeypatch.setattr(audit_export, "_delete", lambda: 0)
    with later(YEARS + DAY):
        worked(either)
        assert Audit.select().count() == 8 and verify(either).exit_code == 0
        monkeypatch.undo()
        assert worked(either)["audit"] == 5 and verify(either).exit_code == 0


def test_changed_export_is_noticed(either, log):
    with later(YEARS + DAY):
        worked(either)
    [path] = log.glob("*")
    path.write_text(path.read_text().replace('"dossier":2', '"dossier":3'))
    found = verify(either, str(path), command="exported")
    assert found.exit_code == 1 and "row 3 of the export was changed" in found.stderr
    path.write_text("no export\n")
    assert verify(either, str(path), command="exported").exit_code == 1


def test_cut_is_dated(either, log):
    with later(YEARS + DAY):
        worked(either)
        assert abs(AuditCut.latest().at - now()) < dt.timedelta(minutes=1)
