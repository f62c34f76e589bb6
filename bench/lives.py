"""Dossiers by the million, written to the database in bulk: their histories, contacts and notifications.

Most are closed, an eighth is with an authority, some wait for paper; half belong to the largest authority, one in a
hundred to the smallest. Rows are made without the verbs of the models, which would take hours, and as the verbs leave
them: a test of the desk's pages on such a database finds the same counts as one over the rows.
"""

import datetime as dt
import importlib
import itertools
import json
import random
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from models import Form, db, now
from models.base import OPTIMIZE, PRAGMAS, today
from models.security import keys
from models.security.signed_links import new_link

QUICK = {"foreign_keys": 0, "synchronous": 0, "cache_size": -500_000}  # of SQLite, for a while
SPAN = 400  # days from the first number to now: what is closed for a year is no longer here
PIECE = 20_000  # dossiers at a time
STAFF_ID = 1  # does everything that staff does
LETTER = {"subject": "Your dossier has been received", "text": "Your paper has arrived. " * 40}
TEXT_KEPT = 7  # days
TABLES = {
    "dossier": "id number form_id edition authority_id status version language key created_at changed_at issued_by_id"
    " assignee_id look_on arrived_on round target_on due_on decided_on handled_days",
    "event": "id dossier_id kind from_status to_status at by_id row_key arrived_on postmark_on"
    " encrypted_details batch_id",
    "contact": "id dossier_id channel row_key encrypted_address encrypted_link address_hash language created_at by_link"
    " replaces_id asked_at confirmed_at stopped_at replaced_at failed_at",
    "notification": "id event_id contact_id channel kind state created_at run_at attempts failures unknowns claimed_by"
    " tried_at sent_at provider_id error encrypted_written",
    "audit": "id at staff action dossier details seal",
}
# What follows in most lives, in days after the step before (the least, the most).
USUAL = {"posted": (0, 3), "received": (1, 6), "examination": (1, 6), "decided": (2, 90), "closed": (1, 20)}
ASKED = {"incomplete": (1, 8), "supplied": (3, 40)}


class Step(NamedTuple):
    """One event to be: its kind and when."""

    kind: str
    at: dt.datetime


def fill(count: int, seed: int = 1984, clerks: Iterable[int] = ()) -> None:
    """Write `count` dossiers with all that belongs to them. The tables must be empty.

    `clerks` are the ids of accounts to assign dossiers to. Indexes and triggers are away meanwhile.
    """
    writer = Lives(random.Random(seed), tracked(), [*clerks])
    with bulk_load():
        for first in range(0, count, PIECE):
            store(writer.rows(min(PIECE, count - first)))


def tracked() -> list[Form]:
    """The forms that dossiers are made for, the most asked for first."""
    return list(Form.select().where(Form.tracked).order_by(Form.id))


class Lives:
    """Makes the rows of dossiers, one life after the other."""

    def __init__(self, chance: random.Random, forms: list[Form], clerks: list[int]) -> None:
        self.chance, self.forms, self.clerks = chance, forms, clerks
        self.shares = list(itertools.accumulate(1 / place**1.5 for place in range(1, len(forms) + 1)))
        self.authorities = {form.id: form.procedure.authority_id for form in forms}
        self.ids = {table: itertools.count(1) for table in TABLES}
        self.now, self.today = now().replace(tzinfo=None), today()

    def rows(self, count: int) -> dict[str, list[tuple[Any, ...]]]:
        """The rows of `count` more dossiers, by table."""
        self.made: dict[str, list[tuple[Any, ...]]] = {table: [] for table in TABLES}
        for _ in range(count):
            self._live()
        return self.made

    def _live(self) -> None:
        dossier, form = next(self.ids["dossier"]), self.chance.choices(self.forms, cum_weights=self.shares)[0]
        steps = [step for step in self._steps() if step.at <= self.now]
        contacts = self._contacts(dossier, steps)
        status = "announced"
        for step in steps:
            status = self._event(dossier, step, status, contacts)
        self._dossier(dossier, form, steps, status)

    def _steps(self) -> Iterator[Step]:
        """All that happens to one dossier, whether it has happened by now or not."""
        at = self.now - dt.timedelta(days=self.chance.random() * SPAN)
        yield Step("announced", at)
        if self.chance.random() < 0.08:  # never posted
            yield Step("reminder", at + dt.timedelta(days=60))
            yield Step("lapsed", at + dt.timedelta(days=90))
            return
        for kind, (least, most) in USUAL.items():
            if kind == "decided" and self.chance.random() < 0.15:
                for extra, (short, long) in ASKED.items():
                    yield Step(extra, at := at + dt.timedelta(days=self.chance.uniform(short, long)))
                yield Step("examination", at := at + dt.timedelta(days=1))
            if kind == "decided" and self.chance.random() < 0.02:
                yield Step("withdrawn", at + dt.timedelta(days=3))
                return
            yield Step(kind, at := at + dt.timedelta(days=self.chance.uniform(least, most)))

    def _dossier(self, key: int, form: Form, steps: list[Step], status: str) -> None:
        at = {step.kind: step.at for step in steps}
        arrived, decided = at.get("received"), at.get("decided")
        due = None
        if status in ("received", "examination") and arrived and self.chance.random() < 0.8:
            due = arrived.date() + dt.timedelta(days=self.chance.choice((30, 60, 90)))
        taken = self.clerks and arrived and self.chance.random() < 0.6
        self.made["dossier"].append(
            (key, number(key), form.id, form.edition, self.authorities[form.id], status, len(steps))
            + (self.chance.choice(("de", "fr", "lb", "en")), secrets.token_urlsafe(18), steps[0].at, steps[-1].at, None)
            + (self.chance.choice(self.clerks) if taken else None, steps[0].at.date() + dt.timedelta(days=60))
            + (arrived and arrived.date(), int("incomplete" in at), due, due, decided and decided.date())
            + (decided and arrived and (decided - arrived).days,)
        )

    def _contacts(self, dossier: int, steps: list[Step]) -> list[tuple[int, str, bool]]:
        """One address for most, two for some, none for a few: [(id, channel, reached)]."""
        channels = self.chance.choices(((), ("email",), ("email", "sms")), (15, 60, 25))[0]
        confirmed = next((step.at for step in steps if step.kind == "received"), None)
        found = []
        for channel in channels:
            key, reached = next(self.ids["contact"]), self.chance.random() > 0.01
            address = f"somebody.{key}@example.org" if channel == "email" else f"+352621{key % 1_000_000:06}"
            self.made["contact"].append(
                (key, dossier, channel, row_key(key), *self._encrypted(f"{dossier} {channel} {row_key(key)}", address))
                + (f"{self.chance.getrandbits(256):064x}", "de", steps[0].at, False)
                + (None, steps[0].at, confirmed, None, None, None if reached else steps[-1].at)
            )
            found.append((key, channel, reached))
        return found

    def _encrypted(self, row: str, address: str) -> tuple[str, str]:
        """Address and link of a contact."""
        return keys.encrypt(f"contact.address {row}", address), keys.encrypt(f"contact.link {row}", new_link())

    def _event(self, dossier: int, step: Step, before: str, contacts: list[tuple[int, str, bool]]) -> str:
        """Write one event, with its audit row and its notifications; the status after it."""
        key, kind, at = next(self.ids["event"]), step.kind, step.at
        status = {"supplied": "received", "posted": before, "reminder": before}.get(kind, kind)
        by = STAFF_ID if kind not in ("announced", "posted", "reminder") else None
        details: dict[str, Any] = {"told": [channel for _id, channel, _reached in contacts]} if not before else {}
        if kind == "incomplete":
            until = (at + dt.timedelta(days=30)).date().isoformat()
            details = {"missing": ["Lease", "Certificate of residence"], "until": until, "round": 1}
        arrived = at.date() if kind in ("received", "supplied") else None
        row = f"{dossier} {kind} {row_key(key)}"
        written = keys.encrypt(f"event.details {row}", json.dumps(details)) if details else None
        self.made["event"].append(
            (key, dossier, kind, "" if kind == "announced" else before, status, at, by, row_key(key), arrived)
            + (None, written)
            + (None,)
        )
        if by:
            audit = next(self.ids["audit"]), at, by, kind, dossier, json.dumps({"event": key})
            self.made["audit"].append((*audit, f"{self.chance.getrandbits(256):064x}"))
        if kind != "posted":
            for contact in contacts:
                self._notification(key, kind, at, *contact)
        return status

    def _notification(self, event: int, kind: str, at: dt.datetime, contact: int, channel: str, reached: bool) -> None:
        state = self.chance.choice(("sent", "sent", "delivered")) if reached else "failed"
        sent = at + dt.timedelta(seconds=20)
        fresh = (self.now - at).days < TEXT_KEPT
        text = keys.encrypt(f"notification.written {event} {contact}", json.dumps(LETTER)) if fresh else None
        self.made["notification"].append(
            (next(self.ids["notification"]), event, contact, channel, kind, state, at, None, 1, 0, 0, "")
            + (at, sent if reached else None, secrets.token_hex(8) if channel == "sms" else "", "", text)
        )


def number(key: int) -> str:
    """A number of thirteen characters, another for each key. Its check character is not right: nobody looks it up."""
    return f"{key * 0x9E3779B97F4A7C15 % 2**48:012X}0"


def row_key(key: int) -> str:
    """What tells a row from the others of its parent (models/security/encrypted.py)."""
    return f"{key:011x}"


def store(rows: dict[str, list[tuple[Any, ...]]]) -> None:
    """Write the rows of each table."""
    for table, found in rows.items():
        columns = TABLES[table].split()
        names = ", ".join(f'"{name}"' for name in columns)
        if db.for_update:  # PostgreSQL
            with db.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
            continue
        with db.atomic():
            marks = ", ".join("?" * len(columns))
            statement = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # noqa: S608
            db.connection().executemany(statement, [[stored(value) for value in row] for row in found])


def stored(value: Any) -> Any:
    """A value as SQLite keeps it."""
    return str(value) if isinstance(value, dt.date) else value


@contextmanager
def bulk_load() -> Iterator[None]:
    """Without indexes, triggers and foreign keys inside the block: with them it takes ten times as long."""
    held = [
        index for table in TABLES for index in db.get_indexes(table) if index.sql and not index.name.endswith("_pkey")
    ]
    for index in held:
        db.execute_sql(f'DROP INDEX "{index.name}"')
    if db.for_update:
        db.execute_sql("SET session_replication_role = replica")
    else:
        for name, value in QUICK.items():
            db.pragma(name, value)
        db.connection().set_triggers_enabled(False)
    yield
    for index in held:
        db.execute_sql(index.sql)
    if db.for_update:
        for table in (name for name in TABLES if name != "audit"):
            db.execute_sql(f"SELECT setval('{table}_id_seq', (SELECT MAX(id) FROM {table}))")  # noqa: S608
        db.execute_sql("SET session_replication_role = origin")
        db.execute_sql("ANALYZE")  # as its autovacuum does
    else:
        for name in QUICK:
            db.pragma(name, PRAGMAS[name])
        db.connection().set_triggers_enabled(True)
        db.execute_sql(OPTIMIZE)  # as the worker does
    importlib.import_module("migrations.0020_tally").count(db.obj)
