"""Every column that can hold a text is either encrypted, or stands here with the reason why it is not."""

import re

import pytest
from peewee import BlobField, CharField, JSONField, TextField, UUIDField

from models import MODELS, Contact, Event, Note, Subscription, db
from models.dossiers.dossier import Dossier
from models.security.encrypted import EncryptedField, UnreadableError, encrypted_fields
from paths import ROOT

CODE = "a word of ours: kind, state, status, channel or language"
HASH = "a hash of a random token, or a keyed one"
PUBLIC = "content that everybody may read"
ERROR = "a code or a word of ours; never what a provider or a database quotes"
CLEAR = {
    "authority form form_file procedure text_block topic catalogue_revision": PUBLIC,
    "tally alarm backup channel heartbeat erasure sweep security_count": "figures and words of operators: no person",
    "counter used tries": HASH,
    "staff_session.token_hash known_browser.token_hash invitation.token_hash recovery_code.code_hash": HASH,
    "system.token_hash api_token.token_hash reply.request_hash contact.address_hash": HASH,
    "contact.row_key event.row_key note.row_key kept_key.key_id": "random, or an id: tells a row or a key",
    "contact.channel contact.language dossier.status dossier.language batch.kind bulk.to": CODE,
    "event.kind event.from_status event.to_status read.outcome staff.role staff_session.factor": CODE,
    "notification.channel notification.kind notification.state delivery.state": CODE,
    "notification.error delivery.error": ERROR,
    "notification.claimed_by": "the name of a worker",
    "notification.provider_id": "names a message at its provider; erased with its row",
    "dossier.number": "names no person, and is what everybody looks up",
    "dossier.edition dossier.key": "of a form; the hash of a CAPTCHA's pass",
    "read.key read.scan read.text": "random; the first characters of a number that led nowhere",
    "bulk.seen": "ids and versions of dossiers",
    "staff.email": "the name of an account, by which it is found, and which colleagues see",
    "staff.password_hash": "argon2id",
    "staff_session.browser passkey.name": "how staff call their own devices; shown to them, to end one",
    "passkey.credential_id passkey.public_key": "public by their nature",
    "audit.action audit.details audit.seal": "ids, kinds and counts, never what somebody typed; sealed, so unchangeable",
    "system.name api_token.name": "how operators call the systems of the authorities and their tokens",
    "kept_form.id kept_form.browser kept_form.page kept_form.action": "random, a hash, and paths of the desk",
    "audit_watch.name": "a digest's name",
    "notice.kind notice.browser approval.kind approval.role": "kinds, and the name of a browser, told to its owner",
    "approval.email": "the name of an account of the staff that is to be",
    "audit_cut": "seals and files of the audit log",
    "reply.key": "random, chosen by an authority's system",
}
TEXTS = (CharField, TextField, JSONField, BlobField, UUIDField)


def known() -> set[str]:
    return {name for names in CLEAR for name in names.split()}


def columns() -> dict[str, object]:
    fields = [field for model in MODELS for field in model._meta.sorted_fields]
    return {f"{field.model._meta.table_name}.{field.name}": field for field in fields if isinstance(field, TEXTS)}


def test_every_column_of_text_is_encrypted_or_has_its_reason():
    clear = {name for name, field in columns().items() if not isinstance(field, EncryptedField)}
    unknown = {name for name in clear if name not in known() and name.partition(".")[0] not in known()}
    assert unknown == set(), "declare it as an EncryptedField, or say in CLEAR why nobody's person stands in it"
    tables = {name.partition(".")[0] for name in columns()}
    assert {name for name in known() if name not in clear and name not in tables} == set(), "is gone"


def test_document_names_what_is_encrypted():
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+\.\w+)`", text.partition("Encrypted are:")[2].partition("\n\n")[0]))
    assert named == {name for name, field in columns().items() if isinstance(field, EncryptedField)}


def test_value_that_was_moved_to_another_row_or_column_cannot_be_read(either, form, clerk):
    """Whoever writes into the database, but has no key, sends nobody's news to somebody else."""
    for key in ("one", "two"):
        Dossier.announce(form, "en", key, [("email", f"{key}@example.org"), ("sms", f"+35262112345{len(key)}")])
    first, second, sibling = (Contact.get_by_id(each) for each in (1, 3, 2))
    for other, column in ((second, "address"), (sibling, "address"), (first, "link")):
        moved = {"encrypted_address": other.__data__[column], "id": first.id}
        db.execute_sql(f"UPDATE contact SET encrypted_address = {db.param} WHERE id = {db.param}", [*moved.values()])  # noqa: S608
        with pytest.raises(UnreadableError):
            _ = Contact.get_by_id(first.id).address


def test_what_is_nothing_is_stored_as_nothing(either, with_mail):
    assert [field.name for field in encrypted_fields(Event)] == ["note", "details"]
    assert db.execute_sql("SELECT encrypted_note FROM event").fetchone() == (None,) and Event.get().note == ""


def test_an_encrypted_column_is_neither_asked_for_nor_written_in_clear(either, with_mail):
    for query in (
        lambda: Contact.get_or_none(Contact.address == "somebody@example.org"),
        lambda: Note.update(text="Call her").execute(),
        lambda: Subscription.update(endpoint="https://push.example").execute(),
    ):
        with pytest.raises(TypeError, match="encrypted"):
            query()
