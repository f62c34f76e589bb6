"""The numbers for whoever watches over the service: there for those who hold the token, and about nobody."""

import datetime as dt

import pytest

from models import Channel, Notification, db, now
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
    assert answer.status_code == 200 and answer.content_type.startswith("text/plain; version=0.0.4")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def test_numbers_tell_where_everything_stands(watched, with_mail):
    Notification.update(run_at=now() - dt.timedelta(seconds=90)).execute()
    shown = numbers(watched)
    assert (
        shown['etracking_dossiers{status="announced"}']
        == shown['etracking_messages{channel="email",state="queued"}']
        == 1
    )
    assert 90 <= shown["etracking_message_oldest_seconds"] < 120 and shown["etracking_dossiers_overdue"] == 0


def test_numbers_tell_of_a_channel_that_rests_and_of_messages_given_up(watched, with_mail):
    assert numbers(watched)['etracking_channel_stopped{channel="email"}'] == 0
    Channel.trip("email", "535 5.7.8")
    Notification.update(state="failed", run_at=None).execute()
    shown = numbers(watched)
    assert shown['etracking_channel_stopped{channel="email"}'] == shown["etracking_messages_given_up"] == 1
    assert shown['etracking_channel_stopped{channel="sms"}'] == 0


def test_numbers_of_an_empty_service_are_zero_and_no_error(watched):
    assert numbers(watched)["etracking_message_oldest_seconds"] == 0


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}])
def test_without_the_token_there_are_no_numbers(watched, header):
    assert watched.get("/metrics", headers=header).status_code == 401


def test_without_the_setting_there_is_no_such_page(visitor):
    assert visitor.get("/metrics", 404).title == "This page does not exist"
