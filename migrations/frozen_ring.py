"""What migrations need of the key ring, as it was when encryption at rest came. Never changed: see frozen.py."""

import base64
import datetime as dt
import hashlib
import hmac
import json
import os
import secrets as random

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from flask import current_app


def secrets():
    """The secrets of the ring, newest first."""
    return [key.secret.encode() for key in current_app.config['KEY_RING']]


def derived(secret, purpose):
    return hmac.digest(secret, f'etracking {purpose}'.encode(), hashlib.sha256)


def encrypt(context, text):
    """`text` encrypted with the newest key for its place."""
    newest, nonce = secrets()[0], os.urandom(12)
    sealed = nonce + AESGCM(derived(newest, 'at rest')).encrypt(nonce, text.encode(), context.encode())
    return f"e1.{derived(newest, 'key id')[:4].hex()}.{base64.urlsafe_b64encode(sealed).decode()}"


def decrypt(context, value):
    """What encrypt() was given; None if it cannot be read."""
    _version, named, text = value.split('.')
    sealed = base64.urlsafe_b64decode(text)
    for secret in secrets():
        if derived(secret, 'key id')[:4].hex() == named:
            try:
                return AESGCM(derived(secret, 'at rest')).decrypt(sealed[:12], sealed[12:], context.encode()).decode()
            except InvalidTag:
                return None
    return None


def decrypt_fernet(purpose, value):
    """What frozen.encrypt() was given, with any key of the ring; None if it cannot be read."""
    for secret in secrets():
        try:
            return Fernet(base64.urlsafe_b64encode(derived(secret, f'encrypted {purpose}'))).decrypt(value).decode()
        except InvalidToken:
            continue
    return None


def as_json(value):
    """A value of a JSON column of either database as text; None for nothing."""
    found = json.loads(value) if isinstance(value, str) else value
    return json.dumps(found, ensure_ascii=False, separators=(',', ':')) if found else None


def link(key, created_at):
    """The secret part of the link that a contact had before, in hex: the key of the site has signed it."""
    at = dt.datetime.fromisoformat(created_at) if isinstance(created_at, str) else created_at
    text = f'contact {key} {at.replace(tzinfo=dt.UTC).timestamp()}'
    return hmac.digest(secrets()[-1], text.encode(), hashlib.sha256)[:11].hex()  # the oldest: no ring was there before


def address_hash(channel, address):
    """The keyed hash that an address is looked up by."""
    if channel == 'email':
        name, _, domain = address.lower().rpartition('@')
        name, domain = name.split('+')[0], 'gmail.com' if domain in ('gmail.com', 'googlemail.com') else domain
        address = f"{name.replace('.', '') if domain == 'gmail.com' else name}@{domain}"
    return hmac.digest(derived(secrets()[0], 'address'), f'{channel} {address}'.encode(), hashlib.sha256).hex()


TABLES = {  # table: what tells a row, and its columns in clear
    'contact': (('dossier_id', 'channel', 'row_key'), ('address',)),
    'notification': (('event_id', 'contact_id'), ('written',)),
    'subscription': (('contact_id',), ('endpoint', 'p256dh', 'auth')),
    'system': (('staff_id',), ('hook_url', 'hook_secret')),
    'totp': (('staff_id',), ('secret',)),
    'note': (('dossier_id', 'row_key'), ('text',)),
    'event': (('dossier_id', 'kind', 'row_key'), ('note', 'details')),
    'bulk': (('batch_id',), ('note',)),
    'reply': (('system_id', 'key'), ('body',)),
}
JSON = ('written', 'details', 'body')
PIECE = 500  # rows


def pieces(db, table, again):
    """Encrypt a table, PIECE rows at each step of this iterator. With `again`, also what was changed since in clear."""
    told_by, columns = TABLES[table]
    new = [f'encrypted_{column}' for column in columns]
    names = ', '.join(('id', *told_by, *columns, *new, *(('created_at',) if table == 'contact' else ())))
    last = 0
    while rows := db.execute_sql(
        f'SELECT {names} FROM "{table}" WHERE id > {last} ORDER BY id LIMIT {PIECE}'  # noqa: S608
    ).fetchall():
        for row in rows:
            _encrypt_row(db, table, dict(zip(names.split(', '), row, strict=True)), again)
        last = rows[-1][0]
        yield last


def _encrypt_row(db, table, row, again):
    told_by, columns = TABLES[table]
    changes = {}
    if 'row_key' in told_by and not row['row_key'] and any(_clear(db, table, row, column) for column in columns):
        row['row_key'] = changes['row_key'] = random.token_urlsafe(8)
    told = ' '.join(str(row[name]) for name in told_by)
    for column in columns:
        clear, context = _clear(db, table, row, column), f'{table}.{column} {told}'
        before = row[f'encrypted_{column}']
        if (before is None) != (clear is None) or again and before and decrypt(context, before) != clear:
            changes[f'encrypted_{column}'] = encrypt(context, clear) if clear is not None else None
    if table == 'contact' and changes:
        changes['encrypted_link'] = encrypt(f'contact.link {told}', link(row['id'], row['created_at']))
        changes['address_hash'] = address_hash(row['channel'], _clear(db, table, row, 'address'))
    if changes:
        sets = ', '.join(f'{name} = {db.param}' for name in changes)
        db.execute_sql(f'UPDATE "{table}" SET {sets} WHERE id = {row["id"]}', list(changes.values()))  # noqa: S608


def _clear(db, table, row, column):
    """The text of a column; None for nothing."""
    value = row[column]
    if column in JSON:
        return as_json(value)
    if table == 'totp':
        return decrypt_fernet(f"totp {row['staff_id']}", value)
    if table == 'contact' and row['channel'] == 'push':  # its address was a keyed hash: it is one without a key
        found = db.execute_sql(f"SELECT endpoint FROM subscription WHERE contact_id = {row['id']}").fetchone()  # noqa: S608
        return hashlib.sha256(found[0].encode()).hexdigest() if found else value
    return value or None
