"""The browser of the installed app subscribes to news, renews that and ends it; nobody else can."""

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid

from blueprints.public import push
from models import Contact, Dossier, Subscription
from models.notifications import addresses, consent
from models.notifications.push_services import permitted
from models.notifications.subscription import MAX_DEVICES
from support.push import HOSTS, arrive, ask, renew, work
from support.push_stand_in import Device, text
from support.site import running


def test_asking_telling_and_stopping(citizen, push_service, dossier):
    device = push_service.device()
    assert ask(citizen, dossier, device, "ask").soup.select_one("[value=tell]") and not Contact.select().exists()
    for _ in range(2):
        assert ask(citizen, dossier, device).soup.select_one("[value=stop]")
    contact = Contact.get()
    assert contact.confirmed_at and contact.by_link and contact.masked.startswith("App ***")
    assert device.endpoint not in str(contact.__data__)
    assert ask(citizen, dossier, device, "ask").soup.select_one("[value=stop]")
    assert ask(citizen, dossier, device, "stop").soup.select_one("[value=tell]")
    assert not Contact.select().exists() and not Subscription.select().exists()
    ask(citizen, dossier, device, "stop")


def test_device_reads_all_that_is_kept_of_it_and_no_other_device_does(site, citizen, push_service, dossier):
    device, other = push_service.device(), Device(f"{push_service.device().endpoint}-other")
    page = ask(citizen, dossier, device)
    (form,) = [form for form in page.soup("form") if form.select_one("[value=data]")]
    data = {field["name"]: field["value"] for field in form.select("input[type=hidden]")} | {"action": "data"}
    answer = site.test_client().post(form["action"], data=data)
    assert answer.json["device"]["endpoint"] == device.endpoint and answer.json["channel"] == "push"
    assert "attachment" in answer.headers["Content-Disposition"] and answer.headers["Cache-Control"] == "no-store"
    assert site.test_client().post(form["action"], data=other.gives | {"action": "data"}).status_code == 404


def test_answer_is_a_page_of_its_own_without_htmx(citizen, push_service, dossier):
    citizen.get(f"/t/{dossier.number}")  # sets the cookie of numbers that were found
    data = push_service.device().gives | {"action": "tell"}
    page = citizen.post(f"/t/{dossier.number}/push", data=data)
    assert page.title == "News on this device" and page.response.headers["Cache-Control"] == "no-store"
    assert page.soup.select_one(f"a[href='/t/{dossier.number}']") and "Set-Cookie" not in page.response.headers


@pytest.mark.parametrize("site", ["sqlite", "postgresql"], indirect=True)
def test_device_to_which_its_browser_gave_another_subscription_goes_on_being_told(
    site, citizen, push_service, form, clerk
):
    first, second = Device(push_service.device().endpoint), Device(f"{push_service.device().endpoint}-anew")
    told = [Dossier.announce(form, "en", key) for key in ("one", "two", "both")]
    for dossier in told:
        ask(citizen, dossier, first)
    ask(citizen, told[2], second)
    renew(site, first, second)
    assert {row.endpoint for row in Subscription.select()} == {second.endpoint} and Contact.select().count() == 3
    arrive(told[0], clerk)
    work(site)
    ((path, _headers, body),) = push_service.posts
    assert second.endpoint.endswith(path) and second.read(body)["title"] == "Your papers have arrived"
    assert ask(citizen, told[1], second, "ask").soup.select_one("[value=stop]")
    renew(site, first, second)  # sent twice, or unknown: the same answer


def test_renewal_that_is_none_changes_nothing(site, citizen, push_service, dossier):
    device, new = Device(push_service.device().endpoint), Device(f"{push_service.device().endpoint}-anew")
    ask(citizen, dossier, device)
    renew(site, device, new, 422, endpoint="https://evil.example/x")
    renew(site, device, new, 422, p256dh="x")
    renew(site, device, new, old="")
    renew(site, device, new, old="https://fcm.googleapis.com/somebody-elses")
    renew(site, device, device)
    assert Subscription.get().endpoint == device.endpoint and Contact.select().count() == 1
    citizen.get("/push", 405)
    site.config["PUSH_PUBLIC_KEY"] = ""
    renew(site, device, new, 404)


def test_device_that_the_desk_stopped_may_ask_again(citizen, push_service, dossier):
    device = push_service.device()
    ask(citizen, dossier, device)
    consent.stop(Contact.get())
    assert ask(citizen, dossier, device, "ask").soup.select_one("[value=tell]")
    assert ask(citizen, dossier, device).soup.select_one("[value=stop]") and Contact.get().stopped_at is None


def test_only_a_few_devices_are_told_and_they_take_no_addresss_place(citizen, push_service, with_mail):
    for name in range(MAX_DEVICES):
        ask(citizen, with_mail, push_service.device(f"n{name}"))
    assert "As many devices" in ask(citizen, with_mail, push_service.device("more"), status=409).text
    assert Subscription.select().count() == MAX_DEVICES
    addresses.add(Contact.get(Contact.channel == "email"), "email", "helper@example.org")


def test_visitor_who_asks_too_often_is_refused(citizen, push_service, dossier, monkeypatch):
    monkeypatch.setattr(push, "MAX_CHANGES_PER_HOUR", 1)
    ask(citizen, dossier, push_service.device())
    answer = citizen.open(f"/t/{dossier.number}/push", "POST", data=push_service.device().gives | {"action": "tell"})
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    ask(citizen, dossier, push_service.device(), "stop")


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "x",
        "http://fcm.googleapis.com/fcm/send/x",
        "//fcm.googleapis.com/x",
        "https://fcm.googleapis.com",
        "https://127.0.0.1/x",
        "https://localhost/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evilfcm.googleapis.com/x",
        "https://evil.example/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example@fcm.googleapis.com/x",
        "https://user:pw@fcm.googleapis.com/x",
        "https://evil.example@eu.push.services.mozilla.com/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://evil.example/@fcm.googleapis.com/x\\",
        "https://evil.example#@fcm.googleapis.com/x",
        "https://evil.example?@web.push.apple.com/x",
        "https://push.apple.com/x",
        "https://web.push.apple.com:444/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com:443/x",
        "https://FCM.googleapis.com/x",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\nHost: evil",
        "https://fcm.googleapis.com/é",
        "https://fcm%2egoogleapis.com/x",
        "https://ｆcm.googleapis.com/x",
        " https://fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#y",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/" + "x" * 701,
    ],
)
def test_endpoint_that_is_not_at_a_known_push_service_is_refused(site, citizen, push_service, dossier, endpoint):
    site.config["PUSH_HOSTS"] = HOSTS
    assert not permitted(endpoint, HOSTS)
    ask(citizen, dossier, push_service.device(), status=422, endpoint=endpoint)
    assert not Contact.select().exists()


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/dW5z:APA91bH-x_y",
        "https://web.push.apple.com/QAbc-_",
        "https://eu.push.services.mozilla.com/wpush/v2/gAAAAAB==",
    ],
)
def test_endpoints_as_browsers_give_them_out_are_taken(endpoint):
    assert permitted(endpoint, HOSTS)


@pytest.mark.parametrize(
    "changes",
    [
        {"p256dh": ""},
        {"p256dh": "AAAA"},
        {"p256dh": "B" + "A" * 86},
        {"p256dh": "é" * 87},
        {"auth": ""},
        {"auth": "A" * 21},
        {"auth": "A" * 23},
        {"auth": "!" * 22},
        {"p256dh": "A" * 5000},
    ],
)
def test_key_that_is_none_is_refused(citizen, push_service, dossier, changes):
    ask(citizen, dossier, push_service.device(), status=422, **changes)
    assert not Contact.select().exists()


def test_stranger_malformed_missing_and_wrong_method(citizen, push_service, dossier):
    data = push_service.device().gives
    assert citizen.open("/t/K7Q2MX4P9TRWY/push", "POST", data=data | {"action": "tell"}).status_code == 404
    assert citizen.open("/t/x/push", "POST").status_code == 404
    assert citizen.open(f"/t/{dossier.number}/push").status_code == 405
    for action in ("", "x"):
        assert citizen.open(f"/t/{dossier.number}/push", "POST", data=data | {"action": action}).status_code == 400


def test_site_without_keys_offers_nothing(visitor, dossier):
    assert visitor.open(f"/t/{dossier.number}/push", "POST", data={"action": "tell"}).status_code == 404
    assert not visitor.get(f"/t/{dossier.number}").soup.select("[data-push]")


def test_status_page_hides_the_offer_until_a_script_shows_it(citizen, dossier):
    part = citizen.get(f"/t/{dossier.number}").soup.select_one("[data-push]")
    assert part.has_attr("hidden") and len(part["data-key"]) == 87


def test_app_is_nobody_that_mail_failing_could_be_told_to(citizen, push_service, with_mail):
    ask(citizen, with_mail, push_service.device())
    contact = Contact.get(Contact.channel == "email")
    consent.confirm(contact)
    Contact.mark_failed(contact.id)
    assert list(Contact.unreached()) == [contact]
    Contact.mark_failed(Contact.get(Contact.channel == "push").id)
    assert list(Contact.unreached()) == [contact]


def test_command_makes_keys_that_the_settings_take(app, sqlite_url):
    lines = app.test_cli_runner().invoke(args=["push", "keys"]).output.split()
    made = dict(line.removeprefix("ETRACKING_").split("=", 1) for line in lines)
    assert set(made) == {"PUSH_PUBLIC_KEY", "PUSH_PRIVATE_KEY"}
    assert running(sqlite_url, **made).config["PUSH_PUBLIC_KEY"] == made["PUSH_PUBLIC_KEY"]
    pair = Vapid.from_string(made["PUSH_PRIVATE_KEY"]).public_key
    assert text(pair.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)) == made["PUSH_PUBLIC_KEY"]
