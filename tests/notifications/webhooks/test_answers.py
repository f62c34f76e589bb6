"""What people answer to an SMS: STOP and START are obeyed to the letter."""

import pytest

from blueprints.operations import webhooks
from models import Contact, Counter, Dossier, Notification, Used
from models.notifications.contact import stopped_mark
from support.webhooks import INBOUND, send


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop!", "STOPP", "Stoppen bitte", "Arrêt", "ARRÊTER", "STOPALL", "stop sms"]
)
def test_stop_ends_all_messages_to_the_number_in_every_dossier(app, form, text):
    for key in ("one", "two"):
        Dossier.announce(form, "en", key, [("sms", "+352621123456"), ("email", "a@example.lu")])
    Dossier.announce(form, "en", "other", [("sms", "+352661999999")])
    assert send(app, INBOUND, {"from": "352621123456", "to": "352600", "channel": "sms", "text": text}) == 200
    stopped = {each.address for each in Contact.select().where(Contact.stopped_at.is_null(False))}
    assert stopped == {"+352621123456"}
    assert not [m for m in Notification.select().join(Contact).where(Contact.at("sms", "+352621123456")) if m.wanted]
    assert Notification.select().where(Notification.state == "cancelled").count() == 2
    assert Notification.select().count() == 5  # nothing is answered


@pytest.mark.parametrize("text", ["START", "unstop please"])
def test_start_takes_a_stop_back_for_the_number_and_for_nobody_else(app, form, text):
    for key, number in (("one", "+352621123456"), ("two", "+352621123456"), ("other", "+352661999999")):
        Dossier.announce(form, "en", key, [("sms", number), ("email", f"{key}@example.lu")])
    for number in ("352621123456", "352661999999"):
        send(app, INBOUND, {"from": number, "text": "STOP"})
    waiting = Notification.select().count()
    assert send(app, INBOUND, {"from": "352621123456", "text": text}) == 200
    hears = {each.address for each in Contact.select().where(Contact.stopped_at.is_null() & (Contact.channel == "sms"))}
    assert hears == {"+352621123456"} and Notification.select().count() == waiting  # nothing is answered
    assert all(each.confirmed_at for each in Contact.select().where(Contact.at("sms", "+352621123456")))
    marks = {number: Used.until(stopped_mark("sms", number)) for number in ("+352621123456", "+352661999999")}
    assert [number for number, until in marks.items() if until] == ["+352661999999"]


@pytest.mark.parametrize(
    "notice",
    [
        {"from": "352621123456", "text": "Thank you"},
        {"from": "352621123456", "text": "please do not stop"},
        {"from": "352621123456", "text": ""},
        {"from": "352621123456"},
        {"from": "somebody", "text": "STOP"},
        {"from": "352621123456' OR 1", "text": "STOP"},
        {"from": None, "text": "STOP"},
        {"text": "STOP"},
    ],
)
def test_other_answers_change_nothing(app, form, notice):
    Dossier.announce(form, "en", "one", [("sms", "+352621123456")])
    assert send(app, INBOUND, notice) == 200
    assert Contact.get().stopped_at is None and Counter.peek("inbound that changed nothing", webhooks.DAY) == 1
