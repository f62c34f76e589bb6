"""The numbers for whoever watches over the service: there for those who hold the token, and about nobody."""

import datetime as dt

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from models import Channel, Contact, Notification, Outcome, db, now
from support.sending import close
from support.site import running

TOKEN = "a token for the numbers"


@pytest.fixture(params=["sqlite", "postgresql"])
def watched(request):
    app = running(request.getfixturevalue(f"{request.param}_url"), METRICS_TOKEN=TOKEN)
    db.connect(reuse_if_open=True)
    yield app.test_client()
    close()


def numbers(client) -> dict[str, float]:
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200 and answer.content_type == "text/plain; version=0.0.4; charset=utf-8"
    return {_name(sample): sample.value for family in prometheus(answer.text) for sample in family.samples}


def _name(sample) -> str:
    labels = ",".join(f'{key}="{value}"' for key, value in sample.labels.items())
    return sample.name.removeprefix("etracking_") + (f"{{{labels}}}" if labels else "")


def test_numbers_tell_where_everything_stands(watched, with_mail):
    Notification.update(run_at=now() - dt.timedelta(seconds=90)).execute()
    shown = numbers(watched)
    assert shown['dossiers{status="announced"}'] == shown['notifications{channel="email",state="queued"}'] == 1
    assert 90 <= shown["notification_oldest_seconds"] < 120 and shown["dossiers_overdue"] == 0
    assert 90 <= shown['notification_undelivered_seconds{channel="email"}'] < 120
    assert shown["message_oldest_seconds"] == pytest.approx(shown["notification_oldest_seconds"], abs=5), (
        "for a release"
    )


def test_oldest_undelivered_counts_from_the_first_attempt_whenever_the_next_one_is(watched, with_mail):
    earlier, later = now() - dt.timedelta(hours=20), now() + dt.timedelta(hours=1)
    Notification.update(state="deferred", tried_at=earlier, run_at=later).execute()
    shown = numbers(watched)
    assert shown["notification_oldest_seconds"] == 0, "it is not due"
    assert shown['notification_undelivered_seconds{channel="email"}'] >= 20 * 3600


def test_what_waits_for_the_morning_or_can_be_undone_is_not_undelivered(watched, with_mail):
    Notification.update(state="held", run_at=now() + dt.timedelta(hours=8)).execute()
    assert numbers(watched)['notification_undelivered_seconds{channel="email"}'] == 0


def test_numbers_tell_of_a_channel_that_rests_and_of_messages_given_up(watched, with_mail):
    assert numbers(watched)['channel_stopped{channel="email"}'] == 0
    Channel.trip("email", "535 5.7.8")
    Notification.update(state="failed", run_at=None).execute()
    shown = numbers(watched)
    assert shown['channel_stopped{channel="email"}'] == shown["notifications_given_up"] == 1
    assert shown['channel_stopped{channel="sms"}'] == 0


def test_numbers_tell_how_a_channel_does(watched):
    for outcome in (Outcome.SENT, Outcome.DOWN, Outcome.DOWN):
        Channel.record_outcome("email", outcome, "mail server not reached")
    shown = numbers(watched)
    assert shown['channel_failures{channel="email"}'] == 2 and shown['channel_failures{channel="sms"}'] == 0
    assert 0 <= now().timestamp() - shown['channel_success_timestamp_seconds{channel="email"}'] < 60


def test_numbers_of_an_empty_service_are_zero_and_no_error(watched):
    shown = numbers(watched)
    assert shown["notification_oldest_seconds"] == shown["audit_rows"] == shown["migrations_missing"] == 0
    assert shown["database_bytes"] > 0 and 0 < shown["disk_free_bytes"] < shown["disk_bytes"]
    assert [name for name in shown if name.startswith("build_info")] == ['build_info{version="0.1.0"}']


def test_open_metrics_are_spoken_to_whoever_asks_for_them(watched, with_mail):
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"}
    answer = watched.get("/metrics", headers=headers)
    assert answer.content_type.startswith("application/openmetrics-text; version=1.0.0")
    assert "etracking_notifications" in {family.name for family in open_metrics(answer.text)}


def test_no_label_holds_what_is_somebodys(watched, with_mail, clerk):
    known = {with_mail.number, clerk.email, *(contact.address for contact in Contact.select())}
    shown = "\n".join(numbers(watched))
    assert len(known) == 3 and [each for each in known if each in shown] == []


def test_other_methods_are_answered_as_everywhere(watched):
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert watched.head("/metrics", headers=headers).status_code == 200
    assert set(watched.options("/metrics").headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_while_the_database_is_away_there_are_no_numbers_and_no_fault_of_ours(watched):
    db.execute_sql("ALTER TABLE dossier RENAME TO elsewhere")
    answer = watched.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.text) == (503, "the database does not answer\n")


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_without_the_token_there_are_no_numbers(watched, header):
    assert watched.get("/metrics", headers=header).status_code == 401


def test_without_the_setting_there_is_no_such_page(visitor):
    assert visitor.get("/metrics", 404).title == "This page does not exist"
