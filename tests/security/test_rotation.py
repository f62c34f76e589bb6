"""A key is replaced while the site runs: every link, receipt, app, look-up and stop works as before without the old one."""

import os
import signal
import subprocess
import sys
import time

import pyotp
import pytest

from models import Contact, Dossier, Notification, Subscription, System, Totp, db, today
from models.desk import helpdesk as desk
from models.desk.scope import Scope
from models.dossiers import receipt
from models.dossiers.moves import Move
from models.notifications import consent
from models.notifications.contact import stopped_mark
from models.security import keys, rotation
from models.security.throttle import Used
from models.systems.system import ApiToken
from paths import ROOT
from support.commands import run
from support.push_stand_in import Device
from support.raw_files import holding
from support.sending import close, environment
from support.site import SETTINGS, running, signed_in
from support.visitor import Visitor

OLD, NEW = SETTINGS["SECRET_KEY"], "Jk7cYbN2dHs9-GfA4uRiE6oXwM-Vq3xW8mZ0pT5r"
BOTH, ALONE = {"KEYS": f"new:{NEW} old:{OLD}", "SECRET_KEY": ""}, {"KEYS": f"new:{NEW}", "SECRET_KEY": ""}
MAIL, MOBILE, BARRED = ("email", "somebody@example.org"), ("sms", "+352621123456"), ("sms", "+352661999999")
HOOK = "https://user:password@hook.example/secret-path"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/device"


def first_mail() -> Notification:
    return Notification.select().where(Notification.channel == "email").order_by(Notification.id).get()


def restarted(site, ring: dict):
    """The site, as if it had been started anew with another ring."""
    close()
    site = running(site.config["DATABASE_URL"], **ring)
    db.connect(reuse_if_open=True)
    return site


@pytest.fixture
def lived(either, form, clerk):
    """Everything that depends on a key, made with the old one: what has to go on afterwards."""
    dossier = Dossier.announce(form, "en", "key", [MAIL, MOBILE])
    dossier.move(Move("received", by=clerk, version=1, arrived_on=today(), note="Call her mother"))
    device = Device(ENDPOINT)
    Subscription(**{name: device.gives[name] for name in ("endpoint", "p256dh", "auth")}).subscribe(dossier, "en")
    consent.stop_everywhere(*BARRED)
    system, _keys = System.add(dossier.authority, "post", HOOK)
    secret = pyotp.random_base32()
    Totp.create(staff=clerk, secret=secret, last_step=0)
    mail = first_mail()
    mail.keep_text({"subject": "News", "text": "A sentence"})
    return {
        "number": dossier.number,
        "links": [contact.token for contact in Contact.of(dossier)],
        "seal": receipt.present(dossier).seal,
        "return": mail.return_token,
        "token": _keys.token,
        "hook": system.hook_secret,
        "totp": secret,
    }


def lives(site, lived: dict, helpdesk) -> None:
    """All of it works."""
    visitor = Visitor(site)
    for link in lived["links"]:
        visitor.get(f"/c/{link}")
    visitor.get(f"/r/{lived['number']}/{lived['seal']}")
    assert "Call her mother" in visitor.get(f"/t/{lived['number']}").text
    for address in (MAIL, MOBILE):
        assert [each.number for each in desk.find(Scope(helpdesk), *address, "status")] == [lived["number"]]
    device = Subscription(endpoint=ENDPOINT)
    assert device.contact_of(Dossier.get()) and Subscription.get().endpoint == ENDPOINT
    assert Used.until(stopped_mark(*BARRED)) and not Used.until(stopped_mark(*MOBILE))
    assert ApiToken.find(lived["token"]).system.hook_url == HOOK and System.get().hook_secret == lived["hook"]
    assert Totp.get().secret == lived["totp"] and pyotp.TOTP(Totp.get().secret)
    assert first_mail().written == {"subject": "News", "text": "A sentence"}
    Notification.record_bounce([lived["return"].upper()], "5.1.1")
    assert first_mail().state == "failed"
    Notification.update(state="sent", run_at=None).where(Notification.channel == "email").execute()


def test_nothing_is_lost_when_the_old_key_has_gone(either, lived, clerk, helpdesk):
    Notification.update(state="sent", attempts=1, run_at=None).execute()
    lives(either, lived, helpdesk)
    site = restarted(either, BOTH)
    lives(site, lived, helpdesk)
    old = keys.ids()[1]
    assert f"{old}  needed until" in run(site, "keys", "status").stdout
    next(rotation.rotate())  # killed after the first piece
    lives(site, lived, helpdesk)
    assert run(site, "keys", "rotate").exit_code == 0 and run(site, "keys", "rotate").stdout.startswith("keys: 0 rows")
    assert f"{old}  may be removed: used by nothing" in run(site, "keys", "status").stdout
    lives(site, lived, helpdesk)
    lives(restarted(site, ALONE), lived, helpdesk)


def test_nothing_personal_stands_in_the_files_of_the_database(either, lived):
    secrets = [MAIL[1], MOBILE[1], MOBILE[1][4:], ENDPOINT, HOOK, "Call her mother", "A sentence"]
    secrets += [lived[name] for name in ("hook", "totp", "token")] + lived["links"]
    assert holding(*secrets) == set() and holding(lived["number"]), "the search would notice"


def test_old_key_without_rotation_is_missed_and_named(either, lived):
    site = restarted(either, ALONE)
    lost = run(site, "keys", "status")
    assert lost.exit_code == 1 and "cannot be read: add the key again" in lost.stderr
    Visitor(site).get(f"/c/{lived['links'][0]}", 404)


def test_value_that_somebody_has_changed_stops_no_rotation(either, lived):
    """It stays as it is, evidence, and is told of; all others are written anew."""
    db.execute_sql("UPDATE notification SET encrypted_written = encrypted_written || 'AAAA'")
    site = restarted(either, BOTH)
    told = run(site, "keys", "rotate")
    assert told.exit_code == 1 and "1 values are left under older keys" in told.stderr
    assert rotation.usage()[keys.ids()[1]] == {"notification": 1}


def test_nobody_is_signed_out_and_no_open_form_is_lost(either, clerk, dossier):
    browser = signed_in(either, clerk)
    page = browser.get(f"/desk/dossiers/{dossier.number}")
    site = restarted(either, BOTH)
    browser.client.application = site
    browser.submit(page, "/notes", text="Written before, sent after")
    assert browser.open("/desk").status_code == 200


@pytest.mark.slow
def test_ten_thousand_rows_under_load_killed_half_way(either, form, clerk, helpdesk, lived):
    """kill -9 in the middle of `keys rotate`, while numbers are given out; then it goes on where it was."""
    Notification.update(state="sent", attempts=1, run_at=None).execute()
    for place in range(5000):
        with db.atomic():
            Dossier.announce(form, "en", f"key {place}", [("email", f"somebody.{place}@example.org")])
    site = restarted(either, BOTH)
    command = [sys.executable, "-m", "flask", "--app", "app", "keys", "rotate"]
    rotating = subprocess.Popen(command, cwd=ROOT, env=environment(site), stderr=subprocess.DEVNULL)
    old, before = keys.ids()[1], rotation.usage()[keys.ids()[1]].total()
    while rotation.usage()[old].total() > before / 2:
        Dossier.announce(form, "en", f"meanwhile {time.monotonic()}", [("email", "meanwhile@example.org")])
        Visitor(site).get(f"/t/{lived['number']}")
    os.kill(rotating.pid, signal.SIGKILL)
    rotating.wait()
    assert 0 < rotation.usage()[old].total() < before
    lives(site, lived, helpdesk)
    assert run(site, "keys", "rotate").exit_code == 0 and old not in rotation.usage()
    site = restarted(site, ALONE)
    lives(site, lived, helpdesk)
    assert {contact.address for contact in Contact.select()} >= {
        f"somebody.{place}@example.org" for place in range(5000)
    }
    assert all(contact.readable for contact in Contact.select())
