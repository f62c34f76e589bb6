"""Every column that can hold anything of a person is encrypted, or stands here with the reason why it is not."""

import re

import pytest
from peewee import AutoField, BooleanField, DateTimeField, ForeignKeyField

from models import MODELS, Contact, Event, Note, Subscription, db
from models.dossiers.dossier import Dossier
from models.security.encrypted import EncryptedField, NotLoadedError, UnreadableError, encrypted_fields
from paths import ROOT

CODE = "a word of ours: kind, state, status, channel or language"
HASH = "a hash of a random token, or a keyed one"
ERROR = "a code or a word of ours; never what a provider or a database quotes"
FIGURE = "a count, an age, a place in a list or the number of a row"
OPERATORS = "a word of ours, of a machine or of operators"
# Tables whose content everybody may read.
CATALOGUE = ("authority", "form", "form_file", "procedure", "text_block", "topic", "catalogue_revision")
CLEAR = {
    "counter.key used.key tries.key": HASH,
    "counter.count tries.count security_count.count notice.attempts delivery.attempts notification.attempts": FIGURE,
    "notification.failures notification.unknowns notification.refusals channel.errors channel.failures": FIGURE,
    "dossier.version dossier.round dossier.handled_days read.round reply.status recovery_code.length": FIGURE,
    "passkey.sign_count totp.last_step backup.size backup.seconds erasure.row tally.authority tally.form": FIGURE,
    "tally.cases waiting_time.cases waiting_time.half waiting_time.most waiting_time.counted_on": FIGURE,
    "audit.id audit.staff audit.dossier audit_cut.last_id audit_watch.bad": FIGURE,
    "batch.arrived_on dossier.look_on dossier.arrived_on dossier.target_on dossier.due_on dossier.decided_on"
    " event.arrived_on event.postmark_on": "a day of the paper or of the authority, shown to whoever has the number",
    "tally.subject tally.status tally.value alarm.name alarm.machine alarm.text backup.act channel.name": OPERATORS,
    "channel.why channel.cause channel.refused heartbeat.name erasure.table sweep.name": OPERATORS,
    "security_count.kind security_count.detail": OPERATORS,
    "staff_session.token_hash known_browser.token_hash invitation.token_hash recovery_code.code_hash": HASH,
    "system.token_hash api_token.token_hash reply.request_hash contact.address_hash": HASH,
    "kept_mail.digest": "the hash of a whole mail, with the token in it",
    "contact.row_key event.row_key note.row_key kept_key.key_id": "random, or an id: tells a row or a key",
    "contact.channel contact.language contact.refused dossier.status dossier.language batch.kind bulk.to": CODE,
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
    "audit_cut.seal audit_cut.file": "seals and files of the audit log",
    "reply.key": "random, chosen by an authority's system",
}
HARMLESS = (AutoField, BooleanField, DateTimeField, ForeignKeyField)


def known() -> set[str]:
    return {name for names in CLEAR for name in names.split()}


def columns() -> dict[str, object]:
    fields = [field for model in MODELS for field in model._meta.sorted_fields if not isinstance(field, HARMLESS)]
    named = {f"{field.model._meta.table_name}.{field.name}": field for field in fields}
    return {name: field for name, field in named.items() if name.partition(".")[0] not in CATALOGUE}


def test_every_column_is_encrypted_or_has_its_reason():
    clear = {name for name, field in columns().items() if not isinstance(field, EncryptedField)}
    assert clear - known() == set(), "declare it as an EncryptedField, or say in CLEAR why nobody's person stands in it"
    assert known() - clear == set(), "is gone"


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


def test_column_that_a_query_left_out_is_not_read_as_empty(either, with_mail):
    contact = Contact.select(*(field for field in Contact._meta.sorted_fields if field is not Contact.link)).get()
    assert contact.address and contact.readable
    with pytest.raises(NotLoadedError, match=r"contact\.link"):
        _ = contact.link
    contact.link = "set anew"
    assert contact.link == "set anew"
    assert Event(kind="note").note == "", "not loaded, but new"


def test_an_encrypted_column_is_neither_asked_for_nor_written_in_clear(either, with_mail):
    for query in (
        lambda: Contact.get_or_none(Contact.address == "somebody@example.org"),
        lambda: Note.update(text="Call her").execute(),
        lambda: Subscription.update(endpoint="https://push.example").execute(),
    ):
        with pytest.raises(TypeError, match="encrypted"):
            query()
