"""Security events: one line and one count for each, in all processes together, and nothing of a person in either."""

import datetime as dt
import logging
import re
import time

import peewee
import pytest
import time_machine

from models import SecurityCount, db
from models.security import captcha, events
from paths import ROOT
from support.site import running

TOKEN = "of the watcher of events"


@pytest.fixture
def said(caplog):
    """The security events that were logged, as (kind, detail)."""
    caplog.set_level(logging.INFO, "etracking.security")
    return lambda: [(each.kind, each.detail) for each in caplog.records if each.name == "etracking.security"]


def counted(client) -> dict[tuple[str, str], int]:
    """What /metrics says of security events, without those that never were."""
    text = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"}).text
    found = re.findall(r'etracking_security_events_total\{detail="([^"]+)",kind="([^"]+)"\} (\d+)\.0', text)
    assert len(found) == sum(map(len, events.KINDS.values())), "also those that never were: a rate begins at zero"
    return {(kind, detail): int(count) for detail, kind, count in found if int(count)}


def refused_webhook(client) -> None:
    assert client.post("/webhooks/bounces", data=b"x", headers={"X-Signature": "1.00"}).status_code == 401


@pytest.fixture
def site(sqlite_url):
    yield running(sqlite_url, METRICS_TOKEN=TOKEN, MAIL_BOUNCE_SECRET="bounces")
    events.flush()
    db.close()


def test_events_of_all_processes_are_in_the_metrics_and_cost_one_write_in_ten_seconds(site, said, monkeypatch):
    client, writes, add = site.test_client(), [], SecurityCount.add
    events.flush()  # what other tests have left
    before = counted(client)
    monkeypatch.setattr(SecurityCount, "add", lambda counts: writes.append(counts) or add(counts))
    for _ in range(200):
        refused_webhook(client)
    assert said() == 200 * [("webhook-refused", "signature")] and len(writes) <= 1
    SecurityCount.add({("webhook-refused", "signature"): 7})  # of another process
    after = counted(client)
    assert after["webhook-refused", "signature"] - before.get(("webhook-refused", "signature"), 0) == 207


def test_first_request_after_ten_seconds_adds_what_was_counted(site, monkeypatch):
    client = site.test_client()

    def refused() -> int:
        with db.connection_context():
            return SecurityCount.totals()["webhook-refused", "signature"]

    events.flush()  # what other tests have left
    before = refused()
    refused_webhook(client)
    assert refused() == before
    monkeypatch.setattr(events._pending, "due_at", 0)
    assert client.get("/t").status_code == 200 and refused() == before + 1
    assert time.monotonic() < events._pending.due_at <= time.monotonic() + events.FLUSH_SECONDS


def test_database_that_cannot_be_written_loses_no_count_and_no_page(site, monkeypatch):
    client = site.test_client()
    before = counted(client)
    with monkeypatch.context() as away:
        away.setattr(SecurityCount, "add", lambda counts: (_ for _ in ()).throw(peewee.OperationalError("locked")))
        refused_webhook(client)
        assert counted(client) == before
    assert sum(counted(client).values()) == sum(before.values()) + 1


def test_totals_never_go_back_when_old_slots_are_deleted(either):
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, tzinfo=dt.UTC), tick=False) as clock:
        key = ("lookup-missed", "number")
        SecurityCount.add({key: 3})
        clock.shift(dt.timedelta(minutes=30))
        SecurityCount.add({key: 2, ("signed-in", "passkey"): 1})
        assert SecurityCount.within(dt.timedelta(minutes=15))[key] == 2
        assert SecurityCount.within(dt.timedelta(hours=1))[key] == 5
        clock.shift(dt.timedelta(days=31))
        assert (SecurityCount.purge(), SecurityCount.totals()[key]) == (3, 5)
        assert SecurityCount.within(dt.timedelta(days=40)) == {}


def test_event_is_of_a_kind_and_detail_of_the_table(said):
    with pytest.raises(KeyError):
        events.record("unheard-of", "number")
    events.record("lookup-missed", "K7Q2MX4P9TRWY")
    assert said() == [("lookup-missed", "other")]
    assert {each.value.replace(" ", "-") for each in captcha.Verdict} == set(events.CAPTCHA_VERDICTS)


def test_operator_is_told_what_each_kind_means():
    text = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    table = re.search(r"^## Security events\n(.*?)(?=^## )", text, re.MULTILINE | re.DOTALL)[1]
    assert re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE) == ["kind", *events.KINDS]
