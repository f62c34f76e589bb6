"""A digest of the audit log leaves the machine each day, so that rows that were cut off show at a second place."""

import datetime as dt
import json

import pytest
import time_machine

from commands import alarms, digests
from models import Audit, AuditWatch, db
from models.security import keys
from support.audit import open_to_changes
from support.commands import run
from support.site import SETTINGS, running
from support.sms_stand_in import SmsProvider

pytest_plugins = ["support.outside"]
TO = "keeper@archive.example.org"
DAY = dt.timedelta(days=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request, mail_server, certificate, monkeypatch):
    """A site whose digests go to a mailbox and to a hook; each is a real server."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with SmsProvider(certificate) as hook:
        url = f"https://127.0.0.1:{hook.server_port}/digests"
        places = {"AUDIT_DIGEST_EMAIL": TO, "AUDIT_DIGEST_URL": url}
        site = running(
            request.getfixturevalue(f"{request.param}_url"),
            **mail_server.settings | {"MAIL_CA_FILE": str(certificate)} | places,
        )
        site.hook = hook
        with site.app_context(), time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False) as clock:
            site.clock = clock
            filled(12)
            yield site
    db.close()


def filled(rows: int) -> None:
    for index in range(rows):
        Audit.record(None, f"act-{index}", event=index)
    db.close()


def work() -> None:
    """What the worker does every few minutes."""
    digests.keep()
    db.close()


def written_anew() -> None:
    """The log as somebody with the database's own password would write it, so that its chain is whole."""
    seal = "0" * 64
    for row in list(Audit.select().order_by(Audit.id)):
        row.action = "nothing" if row.id == 5 else row.action
        row.seal = seal = row.compute_seal(seal)
        row.save()


def verified(site, tmp_path, text: str):
    path = tmp_path / "digest"
    path.write_text(text)
    db.close()
    return run(site, "audit", "verify", "--digest", str(path))


def test_digest_is_mailed_and_posted_once_a_day_and_names_nobody(site, mail_server):
    for _ in range(3):
        work()
    [(path, _headers, posted)] = site.hook.posts
    (mail,) = mail_server.mails
    last = Audit.select().order_by(Audit.id.desc()).get()
    assert (path, mail["To"], mail["List-Unsubscribe"]) == ("/digests", TO, None)
    assert (posted["rows"], posted["seal"], posted["date"], posted["whole"]) == (12, last.seal, "2026-11-24", True)
    assert posted["key"] == keys.newest_id() and posted["site"] == SETTINGS["SITE_URL"]
    site.clock.shift(DAY)
    work()
    assert [each["date"] for *_, each in site.hook.posts] == ["2026-11-24", "2026-11-25"]
    assert len(mail_server.mails) == 2


def test_rows_cut_off_or_a_log_written_anew_do_not_fit_the_digest_that_was_mailed(site, mail_server, tmp_path):
    work()
    mail = mail_server.raw[-1].decode()
    filled(3)
    done = verified(site, tmp_path, mail)
    assert done.exit_code == 0 and "all as in the digest of 2026-11-24, up to row 12" in done.output
    open_to_changes()
    written_anew()
    done = verified(site, tmp_path, mail)
    assert done.exit_code == 1 and "row 12 has another seal than on 2026-11-24" in done.output
    Audit.delete().where(Audit.id > 10).execute()
    done = verified(site, tmp_path, mail)
    assert done.exit_code == 1 and "ended with row 12, now with row 10: rows were cut off" in done.output


def test_digest_that_this_site_has_not_signed_is_refused(site, tmp_path):
    with db.connection_context():
        genuine = json.loads(run(site, "audit", "digest").stdout)
    for change in ({"rows": 11}, {"seal": "0" * 64}, {"signature": "x"}, {"date": "2026-11-23"}):
        done = verified(site, tmp_path, json.dumps(genuine | change))
        assert done.exit_code == 1 and "is not what this site has signed" in done.output, change
    for text in ("", "{}", '{"rows": 12}', "Dear keeper"):
        assert "there is no digest in" in verified(site, tmp_path, text).output
    done = verified(site, tmp_path, json.dumps(genuine | {"key": "00000000"}))
    assert done.exit_code == 0 and "no longer in the ring" in done.stderr


def test_digest_that_does_not_leave_is_tried_again_and_rings_after_two_days(site, mail_server, caplog):
    mail_server.answers["RCPT"] = "451 4.7.1 later"
    site.hook.answer = 503
    for hours in (0, 24, 47):
        site.clock.move_to(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC) + dt.timedelta(hours=hours))
        work()
        assert "audit-digest" not in names()
    attempts = len(site.hook.posts)
    work()
    assert len(site.hook.posts) == attempts, "a quarter of an hour between two attempts"
    site.clock.shift(dt.timedelta(hours=2))
    work()
    assert (len(site.hook.posts), "audit-digest" in names()) == (attempts + 1, True)
    assert TO not in caplog.text and "127.0.0.1" not in caplog.text
    mail_server.answers.clear()
    site.hook.answer = "ok"
    site.clock.shift(dt.timedelta(minutes=16))
    work()
    assert "audit-digest" not in names() and len(mail_server.mails) == 1


def test_worker_sees_a_row_that_was_changed_within_a_day_and_its_digest_says_so(site):
    work()
    open_to_changes()
    Audit.update(action="nothing").where(Audit.id == 5).execute()
    assert "audit-broken" not in names()
    site.clock.shift(DAY)
    work()
    assert "audit-broken" in names()
    assert (AuditWatch.bad_row(), site.hook.posts[-1][2]["whole"]) == (5, False)


def names() -> set[str]:
    found = {condition.name for condition in alarms.ringing()}
    db.close()
    return found
