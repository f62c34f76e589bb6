"""News on the installed app: it hears of every step, in its language, and is forgotten when it is gone."""

import datetime as dt
import re

import pytest
from py_vapid import Vapid

from models import Contact, Notification, Subscription, now
from models.dossiers.moves import Move
from senders import push as sender
from support.push import HOSTS, arrive, ask, work
from support.push_stand_in import Device
from support.visitor import Visitor


@pytest.mark.parametrize("site", ["sqlite", "postgresql"], indirect=True)
def test_device_hears_of_the_next_step_in_its_language(site, push_service, dossier, clerk):
    device = push_service.device()
    ask(Visitor(site, "fr"), dossier, device)
    notification = arrive(dossier, clerk)
    work(site)
    path, headers, body = push_service.posts[0]
    said = device.read(body)
    assert said["lang"] == "fr" and said["page"] == f"/t/{dossier.number}" and "arrivé" in said["title"]
    assert dossier.number[:4] not in said["title"] + said["body"] and len(body) < 4096
    assert (
        Notification.get_by_id(notification.id).state == "sent" and path == "/push/one" and len(push_service.posts) == 1
    )
    assert Notification.get_by_id(notification.id).written == {"subject": said["title"], "text": said["body"]}


def test_service_is_told_who_we_are_and_how_long_it_may_keep_it(site, citizen, push_service, dossier, clerk):
    ask(citizen, dossier, push_service.device())
    arrive(dossier, clerk)
    work(site)
    headers = {name.lower(): value for name, value in push_service.posts[0][1].items()}
    assert Vapid.verify(headers["authorization"]) and headers["ttl"] == "604800" and headers["urgency"] == "normal"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["topic"]) and headers["content-encoding"] == "aes128gcm"
    assert dossier.number.lower() not in str(headers).lower()


@pytest.mark.parametrize(
    ("answer", "state", "error"),
    [
        (200, "sent", ""),
        (204, "sent", ""),
        (400, "failed", "push refused: HTTP 400"),
        (403, "failed", "push refused: HTTP 403"),
        (413, "failed", "push refused: HTTP 413"),
        (429, "deferred", "push refused: HTTP 429"),
        (500, "deferred", "push refused: HTTP 500"),
        ("elsewhere", "failed", "push refused: it leads elsewhere"),
        ("drop", "unknown", "no clear answer from the push service: ConnectionError"),
    ],
)
def test_each_answer_ends_in_its_state_after_one_request(
    site, citizen, push_service, dossier, clerk, answer, state, error
):
    push_service.answer = answer
    ask(citizen, dossier, push_service.device())
    notification = arrive(dossier, clerk)
    work(site)
    row = Notification.get_by_id(notification.id)
    assert (row.state, row.error, len(push_service.posts)) == (state, error, 1)


@pytest.mark.parametrize("answer", [404, 410])
def test_device_that_is_gone_is_forgotten(site, citizen, push_service, dossier, clerk, answer):
    push_service.answer = answer
    ask(citizen, dossier, push_service.device())
    arrive(dossier, clerk)
    work(site)
    assert not Contact.select().exists() and not Subscription.select().exists() and not Notification.select().exists()
    assert len(push_service.posts) == 1


def test_service_that_never_answers_is_given_up_in_time(site, citizen, push_service, dossier, clerk, monkeypatch):
    monkeypatch.setattr(sender, "TIMEOUT", (1, 0.05))
    push_service.answer = "hold"
    ask(citizen, dossier, push_service.device())
    notification = arrive(dossier, clerk)
    work(site)
    assert (
        Notification.get_by_id(notification.id).state == "unknown"
        and "ReadTimeout" in Notification.get_by_id(notification.id).error
    )


def test_service_that_is_down_is_tried_again(site, citizen, push_service, dossier, clerk):
    ask(citizen, dossier, Device(f"https://{push_service.place}/push/one"))
    notification = arrive(dossier, clerk)
    site.config["PUSH_HOSTS"] = ["127.0.0.1:1"]
    subscription = Subscription.get()
    subscription.endpoint = "https://127.0.0.1:1/push/one"
    subscription.save()
    work(site)
    row = Notification.get_by_id(notification.id)
    assert row.state == "deferred" and "not reached" in row.error and row.run_at > now()


def test_host_that_is_not_on_the_list_any_more_gets_nothing(site, citizen, push_service, dossier, clerk):
    ask(citizen, dossier, push_service.device())
    notification = arrive(dossier, clerk)
    site.config["PUSH_HOSTS"] = HOSTS
    work(site)
    assert Notification.get_by_id(notification.id).state == "failed" and not push_service.posts


def test_news_of_a_day_come_in_one_after_the_third_and_at_any_hour(site, citizen, push_service, dossier, clerk):
    site.config |= {"SMS_FROM_HOUR": 0, "SMS_UNTIL_HOUR": 1}
    ask(citizen, dossier, push_service.device())
    arrive(dossier, clerk)
    for status in ("examination", "decided", "closed"):
        work(site)
        dossier.move(Move(status, by=clerk, version=dossier.version))
    work(site)
    assert len(push_service.posts) == 3
    held = Notification.select().order_by(Notification.id.desc()).get()
    assert (held.state, held.kind) == ("held", "digest") and held.run_at > now() + dt.timedelta(minutes=1)
