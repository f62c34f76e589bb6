"""`flask --app app demo`: sample dossiers in every status and one account of each role, for a first look."""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import click
from flask import current_app
from flask.cli import with_appcontext
from peewee import ModelSelect

from models import Authority, Dossier, Form, Note, Procedure, Staff, db, now, today
from models.base import LUXEMBOURG, as_if
from models.catalogue.procedure import LANGUAGES
from models.deadlines.clock import add
from models.deadlines.workdays import is_working_day, working_days_after
from models.dossiers.moves import Move
from models.dossiers.number import grouped
from models.staff import accounts, credentials, rights
from models.staff.staff import ROLES

# How a dossier comes to each status.
PATHS = {
    "announced": (),
    "received": ("received",),
    "incomplete": ("received", "incomplete"),
    "examination": ("received", "incomplete", "received", "examination"),
    "decided": ("received", "examination", "decided"),
    "closed": ("received", "incomplete", "received", "examination", "decided", "closed"),
    "lapsed": ("reminder", "lapsed"),
    "withdrawn": ("received", "withdrawn"),
}
# The work list: how many days are left, and how far each dossier has come.
DUE = (-9, -2, 0, 1, 3, 4, 6, 7, 9, 12, 14, 20, 33, 45)
WAITING = (("received",), ("received", "examination"), ("received", "examination"), ("received", "incomplete"))
# How many working days after the step before: the post takes three, an answer of the citizen eight.
LATER = {
    "received": 3,
    "incomplete": 4,
    "examination": 2,
    "decided": 12,
    "closed": 6,
    "withdrawn": 5,
    "reminder": 43,
    "lapsed": 22,
}
ANSWER = 8
NOTE = "Called and asked when it will be decided; will call again on Monday."
CONTACT = ("email", "citizen@example.com")  # a domain kept for examples (RFC 2606)
DAY = dt.timedelta(days=1)

Deed = tuple[dt.datetime, Callable[[], None]]  # something that is done, and when


@dataclass
class Sample:
    """A dossier to be: the steps of its life, and the evening on which its number is given out."""

    form: Form
    clerk: Staff
    path: tuple[str, ...]
    announced_on: dt.date
    place: int = 0  # among its like, so that not all happens at the same minute
    language: str = "de"
    assignee: Staff | None = None
    note: str = ""
    dossier: Dossier = field(init=False)

    def deeds(self) -> list[Deed]:
        """All that happens to it up to now, each on a working day in office hours; the citizen has the evening."""
        evening = dt.time(18 + self.place % 4, self.place * 7 % 60)
        deeds: list[Deed] = [(_moment(self.announced_on, evening), self._announce)]
        for place, (status, day) in enumerate(_days(self.path, self.announced_on)):
            opened = dt.time(8 + (place > 0) * 2 + self.place % 2, self.place * 13 % 60)  # the post comes first
            deeds.append((_moment(day, opened), partial(self._move, status)))
            if place == 0 and (self.assignee or self.note):
                deeds.append((_moment(day, opened) + dt.timedelta(minutes=40), self._take))
        return [deed for deed in deeds if deed[0] <= now()]

    def _announce(self) -> None:
        self.dossier = Dossier.announce(self.form, self.language, secrets.token_urlsafe(18), [CONTACT])

    def _take(self) -> None:
        self.dossier.assign(self.assignee, by=self.clerk)
        if self.note:
            Note.write(self.dossier, self.clerk, self.note)

    def _move(self, status: str) -> None:
        if status == "reminder":
            self.dossier.remark(status, today() + 30 * DAY)
            return
        asks = status == "incomplete"
        move = Move(
            status,
            by=None if status == "lapsed" else self.clerk,
            version=self.dossier.version,
            arrived_on=today() if status == "received" else None,
            missing=tuple(self.form.enclosures[:1] or [self.form.title]) if asks else (),
            until=today() + 30 * DAY if asks else None,
        )
        self.dossier.move(move)


@click.command()
@with_appcontext
def demo() -> None:
    """Fill the database with sample dossiers and accounts. For development only."""
    if not current_app.config["INBOX"]:
        raise click.ClickException("the demo is for development: it needs ETRACKING_INBOX=true")
    with db.connection_context():
        form = _form()
        with as_if(now() - 365 * DAY):
            people = [_account(role, form.procedure.authority) for role in ROLES]
            colleague = _account("clerk", form.procedure.authority, "colleague@example.com")[0]
        clerk = people[0][0]
        shown = {status: _example(form, clerk, status, place) for place, status in enumerate(PATHS)}
        _live([*shown.values(), *_work_list(form, clerk, colleague), *_others(form, clerk)])
    _tell(people, {status: sample.dossier for status, sample in shown.items()})


def _live(samples: list[Sample]) -> None:
    """Let everything happen in its order, as if on its day."""
    for moment, happen in sorted((deed for sample in samples for deed in sample.deeds()), key=lambda deed: deed[0]):
        with as_if(moment):
            happen()


def _form() -> Form:
    """The first form, if possible one with a period: its dossiers have a date that they are due on."""
    forms = list(_tracked())
    if not forms:
        raise click.ClickException("the catalogue is empty: run `flask --app app catalogue load` first")
    return max(forms, key=lambda form: bool(form.period))


def _tracked() -> "ModelSelect[Form]":
    joined = Form.select(Form, Procedure, Authority).join(Procedure).join(Authority)
    return joined.where(Form.tracked & ~Form.retired).order_by(Form.id)


def _example(form: Form, clerk: Staff, status: str, place: int) -> Sample:
    """A dossier that has come to `status` within the last days."""
    path = PATHS[status]
    needed = sum(days for _status, days in _waits(path))
    return Sample(form, clerk, path, _working_days_before(today() - DAY, needed + 1), place)


def _work_list(form: Form, clerk: Staff, colleague: Staff) -> list[Sample]:
    """Dossiers due in DUE days, in every language, some taken, some with a note."""
    return [
        Sample(
            form,
            clerk,
            path := WAITING[place % len(WAITING)],
            _announced_before(_arrival(form, left) if path[-1] != "incomplete" else today() - (9 + place) * DAY),
            place,
            LANGUAGES[place % len(LANGUAGES)],
            (clerk, None, colleague)[place % 3],
            NOTE if place % 4 == 0 else "",
        )
        for place, left in enumerate(DUE)
    ]


def _others(form: Form, clerk: Staff) -> list[Sample]:
    """A dossier of each other form, arrived on one of the last days."""
    others = _tracked().where(Form.id != form.id)
    return [
        Sample(other, clerk, ("received",), _announced_before(today() - (1 + place) * DAY), place)
        for place, other in enumerate(others)
    ]


def _arrival(form: Form, left: int) -> dt.date:
    """The day on which paper arrived that is due in some `left` days; yesterday where there is no period."""
    rule = form.period_at(today())
    period = add(today(), rule.length, rule.unit) - today() if rule else dt.timedelta()
    return min(today() + left * DAY - period, today() - DAY)


def _announced_before(arrived_on: dt.date) -> dt.date:
    """When the number was given out of a letter that arrived on this day, or the working day before."""
    arrived_on += DAY
    return _working_days_before(arrived_on, 1 + LATER["received"])


def _waits(path: tuple[str, ...]) -> list[tuple[str, int]]:
    """Each step with the working days since the one before. What comes a second time is the citizen's answer."""
    return [(status, ANSWER if status in path[:place] else LATER[status]) for place, status in enumerate(path)]


def _days(path: tuple[str, ...], day: dt.date) -> list[tuple[str, dt.date]]:
    """The day of each step of a dossier that was announced on `day`."""
    return [(status, day := working_days_after(day, wait)) for status, wait in _waits(path)]


def _working_days_before(day: dt.date, count: int) -> dt.date:
    """The day that many working days before `day`, which is not counted itself."""
    for _ in range(count):
        day -= DAY
        while not is_working_day(day):
            day -= DAY
    return day


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, LUXEMBOURG).astimezone(dt.UTC)


def _account(role: str, authority: Authority, email: str = "") -> tuple[Staff, str]:
    """The account of `role`, made or given a new password."""
    email, password = email or f"{role}@example.com", secrets.token_urlsafe(16)
    staff = Staff.get_or_none(Staff.email == email)
    if staff:
        credentials.set_password(staff, password)
        return staff, password
    return accounts.add(email, role, authority if rights.has_authority(role) else None, password), password


def _tell(people: list[tuple[Staff, str]], dossiers: dict[str, Dossier]) -> None:
    site = current_app.config["SITE_URL"]
    click.echo(f"Sign in at {site}/sign-in")
    for staff, password in people:
        click.echo(f"  {staff.role:12} {staff.email:24} {password}")
    click.echo("Dossiers")
    for status, dossier in dossiers.items():
        click.echo(f"  {status:12} {grouped(dossier.number)}  {site}/t/{dossier.number}")
