"""The upgrade to encryption at rest: what stood in clear is read as before, and is in no file of the database."""

import hmac
import json
import subprocess
import sys

import pyotp
import pytest
from playhouse.migrations import Runner

from migrations import frozen, frozen_ring
from models import Bulk, Contact, Event, Note, Notification, Reply, Subscription, System, Totp, db
from models.notifications import expiry
from models.security import signed_links
from paths import MIGRATIONS, ROOT
from support.commands import run
from support.first_shape import THEN, fill, insert
from support.raw_files import holding
from support.sending import close, environment
from support.site import SETTINGS, running
from support.waiting import eventually
from web.schema import KNOWN
from web.state import state

LAST = KNOWN[KNOWN.index("0031_contract_clear_columns")]
BEFORE = KNOWN[KNOWN.index("0029_encrypted_columns") - 1]
MANY = 1200
SECRET = pyotp.random_base32()
ENDPOINT, HOOK = "https://push.example/canary-device", "https://user:canary@hook.example"
WORDS = {"subject": "Canary subject", "text": "Canary text"}
CANARIES = (
    *("somebody@example.org", "canary.7@example.org", f"canary.{MANY - 1}@example.org", ENDPOINT, HOOK, SECRET),
    *("canary-hook-secret", "canary-p256dh", *WORDS.values(), "Canary note", "Canary missing", "Canary public"),
    *("Canary for all", "Canary reply"),
)


@pytest.fixture
def before(empty):
    """The site before encryption, with canaries in everything that is encrypted now."""
    fill(empty)
    with empty.app_context():
        db.connect(reuse_if_open=True)
        Runner(state(empty).database, str(MIGRATIONS)).up(BEFORE)
        plant()
    assert holding(*CANARIES) >= set(CANARIES) - {SECRET}
    return empty


def plant() -> None:
    details = json.dumps({"missing": ["Canary missing"]})
    put("event", "note", "Canary public")
    put("event", "details", details)
    put("notification", "written", json.dumps(WORDS))
    insert("note", by_id=1, at=THEN, text="Canary note", dossier_id=1)
    insert("totp", staff_id=1, secret=frozen.encrypt("totp 1", SECRET), last_step=0)
    insert("system", staff_id=1, name="post", token_hash="x", test=False, hook_url=HOOK,
           hook_secret="canary-hook-secret", created_at=THEN)  # fmt: skip
    insert("reply", system_id=1, key="k", request_hash="x", status=200, body='{"number": "Canary reply"}', at=THEN)
    insert("batch", staff_id=1, kind="bulk", created_at=THEN)
    insert("bulk", batch_id=1, to="decided", seen="[]", note="Canary for all")
    contact(2, "push", frozen.digest("push", ENDPOINT))
    insert("subscription", contact_id=2, endpoint=ENDPOINT, p256dh="canary-p256dh", auth="canary-auth")
    with db.atomic():
        for place in range(3, MANY):
            contact(place, "email", f"canary.{place}@example.org")


def contact(key: int, channel: str, address: str) -> None:
    hashed = frozen.digest("address", f"{channel} {address}")
    insert("contact", id=key, channel=channel, address=address, language="en", created_at=THEN, dossier_id=1,
           address_hash=hashed, by_link=False)  # fmt: skip


def put(table: str, column: str, value: str, key: int = 1) -> None:
    db.execute_sql(f'UPDATE "{table}" SET {column} = {db.param} WHERE id = {key}', (value,))  # noqa: S608


def former_token(key: int) -> str:
    """The token that the release before had made for a contact."""
    instant = Contact.get_by_id(key).created_at
    mac = hmac.digest(SETTINGS["SECRET_KEY"].encode(), f"contact {key} {instant.timestamp()}".encode(), "sha256")
    return signed_links._encode(key.to_bytes(4, "big") + mac[:11])


def is_all_there() -> None:
    assert {row.address for row in Contact.select() if row.channel == "email"} == {
        "somebody@example.org",
        *(f"canary.{place}@example.org" for place in range(3, MANY)),
    }
    assert Contact.get(Contact.at("email", "canary.7@example.org")).id == 7
    assert {key: Contact.of_link(former_token(key)) for key in (1, 2, 7)} == {
        1: contact_of(1),
        2: contact_of(2),
        7: contact_of(7),
    }
    device = Subscription.get()
    assert device.contact_of(1).id == 2 and (device.endpoint, device.p256dh) == (ENDPOINT, "canary-p256dh")
    assert Notification.get().written == WORDS and Note.get().text == "Canary note"
    event = Event.get()
    assert event.note == "Canary public" and event.missing("en") == ["Canary missing"]
    assert (System.get().hook_url, System.get().hook_secret) == (HOOK, "canary-hook-secret")
    assert Totp.get().secret == SECRET and Bulk.get().note == "Canary for all"
    assert Reply.get().body == {"number": "Canary reply"}


def contact_of(key: int) -> Contact:
    return Contact.get_by_id(key)


def test_all_that_stood_in_clear_is_read_as_before_and_is_in_no_file(before):
    done = run(before, "db", "upgrade")
    assert done.exit_code == 0, done.output
    db.connect(reuse_if_open=True)
    assert holding(*CANARIES) == set()
    is_all_there()


def test_no_copy_is_left_in_the_gaps_of_pages_that_were_split(before):
    """SQLite overwrites what it deletes, but leaves rows where they stood when it moves them to another page."""
    notes = [f"Canary {place} {'x' * (place * 7 % 90)}" for place in range(600)]
    for note in notes:
        insert("note", by_id=1, at=THEN, text=note, dossier_id=1)
    db.execute_sql("ANALYZE")  # as PostgreSQL does by itself after a minute: it keeps samples of the columns
    run(before, "db", "upgrade")
    db.connect(reuse_if_open=True)
    assert holding(*notes, *(f"canary.{place}@example.org" for place in range(3, MANY))) == set()


def test_links_of_before_are_known_after_their_contact_was_erased(before):
    run(before, "db", "upgrade")
    db.connect(reuse_if_open=True)
    token = former_token(7)
    Contact.get_by_id(7).erase()
    assert Contact.of_link(token) is None and expiry.was_erased(token)


def test_upgrade_killed_in_the_middle_goes_on_where_it_was(before):
    """kill -9: the release before still runs on what is there, and what it writes meanwhile is encrypted in the end."""
    with before.app_context():
        Runner(state(before).database, str(MIGRATIONS)).up("0029_encrypted_columns")
    close()
    command = [sys.executable, "-m", "flask", "--app", "app", "db", "upgrade"]
    upgrading = subprocess.Popen(command, cwd=ROOT, env=environment(before), stdout=subprocess.DEVNULL)
    db.connect(reuse_if_open=True)
    done = "SELECT count(*) FROM contact WHERE encrypted_address IS NOT NULL"
    assert eventually(lambda: upgrading.poll() is not None or db.execute_sql(done).fetchone()[0], pause=0)
    upgrading.kill()
    upgrading.wait()
    db.close()
    db.connect()
    columns = {column.name for column in db.get_columns("contact")}
    if "address" in columns:
        put("contact", "address", "canary.moved@example.org", 5)
        put("contact", "address", "canary.5@example.org", 5)
    assert run(before, "db", "upgrade").exit_code == 0
    db.connect(reuse_if_open=True)
    assert holding(*CANARIES) == set()
    is_all_there()


def test_what_is_written_in_clear_meanwhile_is_encrypted_too(before):
    with before.app_context():
        Runner(state(before).database, str(MIGRATIONS)).up("0030_encrypt")
        contact(MANY, "email", "canary.late@example.org")
    put("contact", "address", "canary.moved@example.org", 5)
    run(before, "db", "upgrade")
    db.connect(reuse_if_open=True)
    assert [contact_of(key).address for key in (5, MANY)] == ["canary.moved@example.org", "canary.late@example.org"]


def test_what_migrations_know_of_the_ring_is_what_the_product_does(app):
    """The migrations have a copy of it; it is made for today's ring."""
    site = running(app.config["DATABASE_URL"], KEYS=f"new:{SETTINGS['SECRET_KEY'][::-1]}")
    with site.app_context():
        row = Contact(dossier=1, channel="email", row_key="abc")
        value = frozen_ring.encrypt("contact.address 1 email abc", "somebody@example.org")
        row.__data__["address"] = Contact.address.python_value(value)
        assert row.address == "somebody@example.org" == frozen_ring.decrypt("contact.address 1 email abc", value)
